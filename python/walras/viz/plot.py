"""Plotly figures of runs, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import polars as pl

from walras.errors import ConfigError
from walras.result import BacktestResult
from walras.viz.curves import buy_and_hold, dated, drawdown, net_exposure, starting_equity, thin, worst_drawdowns

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from walras.comparison import Comparison

ACCENT, HOLD, BAD, GOOD, SHORT = "#2563eb", "#94a3b8", "#dc2626", "#0b7a4b", "#c2570c"
PALETTE = ("#0b62b5", "#c8500a", "#0a8a63", "#b0458a", "#b98500", "#2f9ec7", "#6a4fb3", "#6b7280")
ROWS = 12_000
LOG_FROM = 8  # largest value over smallest
LOOK: dict[str, Any] = {
    "hovermode": "x unified", "margin": {"l": 60, "r": 20, "t": 84, "b": 32},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
}  # fmt: skip


def _scaled(figure: Figure, curves: Iterable[pl.Series]) -> Figure:
    """The upper axis with its buttons: logarithmic where values span more than 8 to 1, as in the report."""
    values = pl.concat([curve.cast(pl.Float64) for curve in curves])
    values = values.filter(values.is_finite())
    low, high = (float(end) for end in (values.min() or 0.0, values.max() or 0.0))  # type: ignore[arg-type]
    scale = int(low > 0 and high > LOG_FROM * low)
    names = ("linear", "log")
    buttons = [{"label": name, "method": "relayout", "args": [{"yaxis.type": name}]} for name in names]
    place = {"direction": "right", "x": 1, "xanchor": "right", "y": 1.12}
    figure.update_yaxes(type=names[scale], row=1, col=1)
    return figure.update_layout(updatemenus=[{"type": "buttons", "active": scale, "buttons": buttons, **place}])


def _times(frame: pl.DataFrame) -> Any:
    return frame["ts"].dt.replace_time_zone(None).to_numpy()


def equity_figure(result: BacktestResult) -> Figure:
    """Equity against buy-and-hold with the worst drawdowns shaded, above drawdown and exposure, on one time axis."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    result = dated(result)
    start = starting_equity(result)
    frame = result.equity.with_columns(
        pl.Series("hold", buy_and_hold(result), dtype=pl.Float64),
        pl.Series("drawdown", drawdown(result.equity["equity"].to_numpy(), start), dtype=pl.Float64),
        *net_exposure(result),
    )
    frame = thin(frame, ROWS)
    shares = [name for name in ("gross", "net") if name in frame.columns]
    heights = [0.6, 0.22, 0.18] if shares else [0.72, 0.28]
    figure = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.04)
    x = _times(frame)
    figure.add_scatter(x=x, y=frame["equity"], name="equity", line={"color": ACCENT, "width": 1.6}, row=1, col=1)
    if frame["hold"].is_finite().any():
        figure.add_scatter(x=x, y=frame["hold"], name="buy and hold", line={"color": HOLD, "width": 1.2}, row=1, col=1)
    fall = go.Scatter(
        x=x, y=frame["drawdown"], name="drawdown", fill="tozeroy", line={"color": BAD, "width": 1}, showlegend=False
    )
    figure.add_trace(fall, row=2, col=1)
    for name in shares:
        share = frame[name] / frame["equity"]
        colour = ACCENT if name == "gross" else SHORT
        look = {"color": colour, "width": 1, "shape": "hv"}
        line = go.Scatter(x=x, y=share, name=f"{name} exposure", line=look, showlegend=len(shares) > 1)
        figure.add_trace(line, row=3, col=1)
        figure.update_yaxes(tickformat=".0%", title_text="exposure", row=3, col=1)
    for deep in worst_drawdowns(result, 5):
        band = {"x0": deep.peak.replace(tzinfo=None), "x1": deep.end.replace(tzinfo=None)}
        figure.add_vrect(**band, fillcolor=BAD, opacity=0.07, line_width=0, layer="below", row=1, col=1)
    figure.update_yaxes(title_text=result.currency, row=1, col=1)
    figure.update_yaxes(tickformat=".0%", title_text="drawdown", row=2, col=1)
    figure.update_layout(title=result.title, height=600, **LOOK)
    return _scaled(figure, [frame["equity"], frame["hold"]])


def trades_figure(result: BacktestResult, instrument: str) -> Figure:
    """The price of one instrument with the entries and exits of its trades; each exit tells what it earned.

    Raises ConfigError for an instrument that the run has no prices of.
    """
    import plotly.graph_objects as go

    if instrument not in result.prices:
        known = ", ".join(list(result.prices)[:20]) or "no instrument at all"
        raise ConfigError(f"the run has no prices of {instrument!r}; it has: {known}.")
    result = dated(result)
    prices = thin(result.prices[instrument], ROWS)
    trades = result.excursions().filter(pl.col("instrument") == instrument)
    figure = go.Figure()
    if "open" in prices.columns and len(prices) <= 400:
        columns = {name: prices[name] for name in ("open", "high", "low", "close")}
        figure.add_candlestick(x=_times(prices), **columns, name=instrument, showlegend=False)
        figure.update_layout(xaxis_rangeslider_visible=False)
    else:
        figure.add_scatter(x=_times(prices), y=prices["close"], name=instrument, line={"color": HOLD, "width": 1.2})
    closed = trades.filter(~pl.col("is_open"))
    for side, symbol, colour in (("long", "triangle-up", ACCENT), ("short", "triangle-down", SHORT)):
        part = trades.filter(pl.col("side") == side)
        if len(part):
            _marks(figure, part, "entry", f"{side} entry", {"symbol": symbol, "color": colour, "size": 10})
    for won, colour in ((True, GOOD), (False, BAD)):
        part = closed.filter((pl.col("net_pnl") > 0) == won)
        if len(part):
            look = {"symbol": "circle-open", "color": colour, "size": 9, "line": {"width": 2}}
            _marks(figure, part, "exit", "exit, won" if won else "exit, lost", look)
    return figure.update_layout(title=f"{result.title}: {instrument}", height=480, **{**LOOK, "hovermode": "closest"})


def _marks(figure: Figure, trades: pl.DataFrame, end: str, name: str, look: dict[str, Any]) -> None:
    texts = [
        f"{t['side']} {t['quantity']:,.6g} · net {t['net_pnl']:,.2f} · {t['return_pct']:.2f} %<br>"
        f"MAE {t['mae_pct']:.2f} % · MFE {t['mfe_pct']:.2f} % · held {t['duration']}"
        for t in trades.iter_rows(named=True)
    ]
    x = trades[f"{end}_ts"].dt.replace_time_zone(None).to_numpy()
    y = trades[f"{end}_price"]
    figure.add_scatter(x=x, y=y, mode="markers", name=name, marker=look, text=texts, hovertemplate="%{text}<br>%{y}")


def comparison_figure(comparison: Comparison) -> Figure:
    """Growth of one and drawdown of each run, on one time axis."""
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.04)
    drawn = []
    for i, (label, run) in enumerate(zip(comparison.labels, comparison.results, strict=True)):
        result = dated(run)
        equity, start = result.equity["equity"].to_numpy(), starting_equity(result)
        fall = pl.Series("drawdown", drawdown(equity, start), dtype=pl.Float64)
        frame = thin(result.equity.select("ts", pl.col("equity") / start, fall), ROWS)
        look = {"color": PALETTE[i % len(PALETTE)], "width": 1.5, "dash": "solid" if i < len(PALETTE) else "dash"}
        figure.add_scatter(x=_times(frame), y=frame["equity"], name=label, legendgroup=label, line=look, row=1, col=1)
        more = {"legendgroup": label, "showlegend": False, "line": {**look, "width": 1}, "row": 2, "col": 1}
        figure.add_scatter(x=_times(frame), y=frame["drawdown"], name=label, **more)
        drawn.append(frame["equity"])
    figure.update_yaxes(title_text="growth of 1", row=1, col=1)
    figure.update_yaxes(tickformat=".0%", title_text="drawdown", row=2, col=1)
    return _scaled(figure.update_layout(height=560, **LOOK), drawn)
