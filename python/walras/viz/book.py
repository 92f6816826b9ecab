"""Fills drawn on the book: best prices, depth, own orders while they rest, and what traded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.errors import ConfigError, DataError
from walras.result import BacktestResult
from walras.strategy import Strategy

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from walras._core import Book, Context

BUY, SELL, BID, ASK = "#0b62b5", "#c8500a", "#64748b", "#94a3b8"
PACKETS = 20_000  # more are thinned
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BookPath:
    """The best levels of a book over time. `ts`: ns UTC, shape (time,), as it reached us; prices and sizes have shape
    (time, level), best first, NaN where there is no level.
    """

    ts: NDArray[np.int64]
    bid: Floats
    bid_size: Floats
    ask: Floats
    ask_size: Floats


class _Recorder(Strategy):
    """Keeps the best levels after each packet."""

    def __init__(self, instrument: str | None, levels: int) -> None:
        super().__init__()
        self._wanted, self._levels = instrument, levels
        self.ts: list[int] = []
        self.rows: list[tuple[list[Any], list[Any]]] = []

    def on_book(self, ctx: Context, book: Book) -> None:
        if self._wanted is not None and book.instrument.partition(".")[0] != self._wanted.partition(".")[0]:
            return
        bids, asks = book.depth(self._levels)
        if bids and asks:
            self.ts.append(ctx.now)
            self.rows.append((list(bids), list(asks)))


def book_path(
    data: Any, *, instrument: str | None = None, start: object = None, end: object = None, levels: int = 5
) -> BookPath:
    """Replay ticks and keep the best `levels` of both sides after each packet. Raises DataError where there is no book.

    `data`: what `walras.backtest.run` takes as books and ticks. `start`, `end`: as there.
    """
    from walras import backtest

    recorder = _Recorder(instrument, levels)
    backtest.run(recorder, data, cash=1.0, start=start, end=end, equity_step=3600)  # type: ignore[arg-type]
    if not recorder.ts:
        raise DataError("there is no book with two sides in this stretch of time; give ticks with book deltas")
    step = -(-len(recorder.ts) // PACKETS)
    ts = np.array(recorder.ts[::step], dtype=np.int64)
    sides = []
    for side in (0, 1):
        table = np.full((len(ts), levels, 2), np.nan)
        for row, both in enumerate(recorder.rows[::step]):
            found = both[side]
            table[row, : len(found)] = [(level[0], level[1]) for level in found]
        sides.append(table)
    return BookPath(ts, sides[0][:, :, 0], sides[0][:, :, 1], sides[1][:, :, 0], sides[1][:, :, 1])


def resting_orders(result: BacktestResult, instrument: str) -> pl.DataFrame:
    """Where limit orders rested: order, side, limit, start, end (datetimes); one row for each price that they had."""
    rests = pl.col("limit").ne(0) & (pl.col("tif") != "ioc")
    orders = result.orders.filter((pl.col("instrument") == instrument) & rests)
    last = orders.select("order", "side", "limit", pl.col("ts").alias("start"), pl.col("ts_last").alias("end"))
    if not result.revisions.height:
        return last
    changes = result.revisions.join(orders.select("order", "side", pl.col("ts").alias("placed")), on="order")
    changes = changes.sort("order", "revision").with_columns(
        pl.col("ts").shift(1).over("order").fill_null(pl.col("placed")).alias("start"), pl.col("ts").alias("end")
    )
    latest = changes.group_by("order").agg(pl.col("ts").max().alias("changed"))
    last = last.join(latest, on="order", how="left").with_columns(pl.coalesce("changed", "start").alias("start"))
    columns = ["order", "side", "limit", "start", "end"]
    return pl.concat([changes.select(columns), last.select(columns)]).sort("order", "start")


def book_figure(
    result: BacktestResult,
    data: Any,
    instrument: str | None = None,
    *,
    start: object = None,
    end: object = None,
    levels: int = 5,
) -> Figure:
    """The run's orders and fills on the book that it traded against.

    `data`: the ticks of the run. Best bid and ask are step lines, further levels are shaded by their size, own orders
    are horizontal lines while they rest, fills are triangles. Orders are drawn by our clock, fills by the exchange's.
    Raises ConfigError for an instrument that the run does not have, DataError where there is no book.
    """
    import plotly.graph_objects as go

    traded = result.orders["instrument"].unique().sort().to_list() if result.orders.height else []
    name = instrument or (traded[0] if traded else None)
    matches = [known for known in traded if name in (known, str(known).partition(".")[0])]
    if instrument is not None and traded and not matches:
        raise ConfigError(f"the run has no orders in {instrument!r}; it has {', '.join(map(str, traded))}")
    path = book_path(data, instrument=name, start=start, end=end, levels=levels)
    figure = go.Figure()
    x = path.ts.astype("datetime64[ns]")
    _shade(figure, x, path)
    for values, colour, label in ((path.bid, BID, "best bid"), (path.ask, ASK, "best ask")):
        look = {"color": colour, "width": 1.4, "shape": "hv"}
        figure.add_trace(go.Scatter(x=x, y=values[:, 0], name=label, line=look, mode="lines"))
    if matches:
        first, last = (pl.Series([end_of]).cast(pl.Datetime("ns", "UTC"))[0] for end_of in (path.ts[0], path.ts[-1]))
        _draw_orders(figure, resting_orders(result, matches[0]), first, last)
        fills = result.fills.filter(
            (pl.col("instrument") == matches[0]) & (pl.col("ts") >= first) & (pl.col("ts") <= last)
        )
        _draw_fills(figure, fills)
    figure.update_layout(
        title=f"{result.title}: {name or 'book'}", height=560, hovermode="closest",
        margin={"l": 70, "r": 20, "t": 84, "b": 40}, plot_bgcolor="white",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, range=[x[0], x[-1]])
    figure.update_yaxes(title_text="price", gridcolor="#eef2f6", tickformat=",.6~f")
    return figure


def _shade(figure: Figure, x: Any, path: BookPath) -> None:
    """Bands from each level to the next, darker where they hold more."""
    import plotly.graph_objects as go

    for prices, sizes, rgb in ((path.bid, path.bid_size, "11,98,181"), (path.ask, path.ask_size, "200,80,10")):
        mean = np.nanmean(sizes, axis=0)
        heaviest = float(np.nanmax(mean)) or 1.0
        for level in range(prices.shape[1]):
            fill = None if level == 0 else "tonexty"
            opacity = 0.0 if level == 0 else 0.05 + 0.25 * float(mean[level]) / heaviest
            figure.add_trace(
                go.Scatter(
                    x=x,
                    y=prices[:, level],
                    mode="lines",
                    line={"width": 0, "shape": "hv"},
                    fill=fill,
                    fillcolor=f"rgba({rgb},{opacity:.2f})",
                    hoverinfo="skip",
                    showlegend=False,
                )
            )


def _draw_orders(figure: Figure, orders: pl.DataFrame, first: Any, last: Any) -> None:
    """One line an order and price, cut to the window; a gap between them."""
    import plotly.graph_objects as go

    seen = orders.filter((pl.col("end") >= first) & (pl.col("start") <= last))
    for side, colour in (("buy", BUY), ("sell", SELL)):
        x: list[Any] = []
        y: list[Any] = []
        for row in seen.filter(pl.col("side") == side).iter_rows(named=True):
            begin, until = max(row["start"], first), min(row["end"], last)
            x += [begin.replace(tzinfo=None), until.replace(tzinfo=None), None]
            y += [row["limit"], row["limit"], None]
        if x:
            line = {"color": colour, "width": 2.2}
            figure.add_trace(go.Scatter(x=x, y=y, name=f"resting {side}", mode="lines", line=line, hoverinfo="skip"))


def _draw_fills(figure: Figure, fills: pl.DataFrame) -> None:
    import plotly.graph_objects as go

    for side, colour, symbol in (("buy", BUY, "triangle-up"), ("sell", SELL, "triangle-down")):
        rows = fills.filter(pl.col("side") == side)
        if not rows.height:
            continue
        text = [
            f"{side} {r['quantity']:g} at {r['price']:g}<br>order {r['order']}, {r['liquidity']}, {r['rule']}"
            for r in rows.iter_rows(named=True)
        ]
        marker = {"color": colour, "symbol": symbol, "size": 11, "line": {"color": "white", "width": 1.2}}
        figure.add_trace(
            go.Scatter(
                x=rows["ts"].dt.replace_time_zone(None).to_numpy(),
                y=rows["price"],
                mode="markers",
                name=f"{side} fills",
                marker=marker,
                text=text,
                hoverinfo="text",
            )
        )
