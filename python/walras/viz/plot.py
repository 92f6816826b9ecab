"""Plotly figures of a run, for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walras.result import BacktestResult
from walras.viz.curves import buy_and_hold, drawdown, starting_equity

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def equity_figure(result: BacktestResult) -> Figure:
    """Equity against buy-and-hold above the drawdown, on one time axis."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    ts, equity, start = result.equity["ts"], result.equity["equity"].to_numpy(), starting_equity(result)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.72, 0.28], vertical_spacing=0.04)
    x = ts.dt.replace_time_zone(None).to_numpy()
    figure.add_scatter(x=x, y=equity, name="equity", line={"color": "#2563eb", "width": 1.6}, row=1, col=1)
    if "benchmark" in result.equity.columns:
        hold = buy_and_hold(result)
        figure.add_scatter(x=x, y=hold, name="buy and hold", line={"color": "#94a3b8", "width": 1.2}, row=1, col=1)
    fall = go.Scatter(
        x=x, y=drawdown(equity, start), name="drawdown", fill="tozeroy", line={"color": "#dc2626", "width": 1}
    )
    figure.add_trace(fall, row=2, col=1)
    figure.update_yaxes(title_text=result.currency, row=1, col=1)
    figure.update_yaxes(tickformat=".0%", row=2, col=1)
    return figure.update_layout(
        title=result.title, hovermode="x unified", height=560, margin={"l": 60, "r": 20, "t": 48, "b": 32}
    )
