"""Plotly figures of simulated markets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from walras.sim._history import check_symbol
from walras.viz.curves import thin
from walras.viz.plot import ACCENT, HOLD, LOOK, PALETTE, ROWS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from walras.sim._history import History


_LAYOUT = {
    **LOOK,
    "margin": {**LOOK["margin"], "b": 90},
    "legend2": {"orientation": "h", "y": -0.06, "yanchor": "top", "x": 0},
}


def _times(frame: pl.DataFrame) -> object:
    return frame["ts"].dt.replace_time_zone(None).to_numpy()


def _what(history: History) -> str:
    return f"{history.market.agents:,} agents, seed {history.market.config['seed']}"


def _add_profits(figure: Figure, history: History, row: int) -> None:
    """A line for the mean profit of each group, with a legend of their own below the figure."""
    groups = history.groups_frame().filter(pl.col("agents") > 0)
    for i, name in enumerate(groups["group"].unique(maintain_order=True)):
        own = groups.filter(pl.col("group") == name)
        line = {**_line(i), "width": 1.4}
        figure.add_scatter(
            x=_times(own), y=own["mean_pnl"], name=name, mode="lines", line=line, row=row, col=1, legend="legend2"
        )
    figure.update_yaxes(title_text="mean P&L", row=row, col=1)


def _line(i: int) -> dict[str, object]:
    return {"color": PALETTE[i % len(PALETTE)], "width": 1.2, "dash": "solid" if i < len(PALETTE) else "dot"}


def market_figure(history: History, symbol: str) -> Figure:
    """One symbol: price against fair value, spread in basis points, volume; and below them the profit of each group.

    Raises ConfigError for a symbol that the market has not.
    """
    from plotly.subplots import make_subplots

    check_symbol(history.market, symbol)
    frame = thin(history.symbols_frame().filter(pl.col("symbol") == symbol), ROWS)
    figure = make_subplots(
        rows=4, cols=1, shared_xaxes=True, row_heights=[0.48, 0.14, 0.14, 0.24], vertical_spacing=0.03
    )
    x = _times(frame)
    fair = {"color": HOLD, "width": 1.2}
    figure.add_scatter(x=x, y=frame["fair_value"], name="fair value", line=fair, row=1, col=1)
    figure.add_scatter(x=x, y=frame["price"], name="price", line={"color": ACCENT, "width": 1.4}, row=1, col=1)
    spread = frame["spread"] / frame["mid"] * 1e4
    plain = {"showlegend": False, "col": 1}
    figure.add_scatter(x=x, y=spread, name="spread", line={"color": PALETTE[1], "width": 1}, row=2, **plain)
    figure.add_bar(x=x, y=frame["volume"], name="volume", marker={"color": HOLD, "line_width": 0}, row=3, **plain)
    _add_profits(figure, history, 4)
    for row, title in enumerate(("price", "spread, bp", "volume"), start=1):
        figure.update_yaxes(title_text=title, row=row, col=1)
    return figure.update_layout(title=f"{symbol}: {_what(history)}", height=820, bargap=0, **_LAYOUT)


def symbols_figure(history: History) -> Figure:
    """The prices of all symbols over their first ones, and the profit of each group."""
    from plotly.subplots import make_subplots

    frame = history.symbols_frame()
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.66, 0.34], vertical_spacing=0.04)
    for i, symbol in enumerate(history.market.symbols):
        own = thin(frame.filter(pl.col("symbol") == symbol), ROWS)
        figure.add_scatter(x=_times(own), y=own["price"] / own["price"][0], name=symbol, line=_line(i), row=1, col=1)
    _add_profits(figure, history, 2)
    figure.update_yaxes(title_text="price / first price", row=1, col=1)
    title = f"{len(history.market.symbols)} symbols, {_what(history)}"
    return figure.update_layout(title=title, height=760, **_LAYOUT)
