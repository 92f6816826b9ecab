"""The same strategy in the plain replay and in a market that reacts, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from walras.errors import ConfigError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from walras.result import BacktestResult

__all__ = ["ImpactComparison", "compare_impact"]

_SIGN = pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ImpactComparison:
    """Two runs of one strategy. `replay`: our orders changed nothing; `reacts`: the market answered."""

    replay: BacktestResult
    reacts: BacktestResult

    @property
    def table(self) -> pl.DataFrame:
        """One row a number: `replay`, `reacts` and `difference` of profit, fills, quantity and average prices."""
        sides = [_numbers(self.replay), _numbers(self.reacts)]
        rows = [(key, sides[0][key], sides[1][key]) for key in sides[0]]
        frame = pl.DataFrame(rows, schema={"key": pl.String, "replay": pl.Float64, "reacts": pl.Float64}, orient="row")
        return frame.with_columns((pl.col("reacts") - pl.col("replay")).alias("difference"))

    @property
    def orders(self) -> pl.DataFrame:
        """One row an order that traded in either run: quantities, average prices, and `shortfall_bps`.

        `shortfall_bps`: how much worse the price is where the market reacts, in basis points of the replay's price;
        positive is a cost. Orders have the same number in both runs as long as the strategy does the same.
        """
        both = _by_order(self.replay).join(_by_order(self.reacts), on="order", how="full", coalesce=True, suffix="_r")
        worse = (pl.col("price_r") - pl.col("price")) / pl.col("price") * 1e4
        return both.sort("order").select(
            "order",
            pl.coalesce("instrument", "instrument_r").alias("instrument"),
            pl.coalesce("side", "side_r").alias("side"),
            pl.col("quantity").fill_null(0).alias("quantity_replay"),
            pl.col("quantity_r").fill_null(0).alias("quantity_reacts"),
            pl.col("price").alias("price_replay"),
            pl.col("price_r").alias("price_reacts"),
            (worse * pl.when(pl.coalesce("side", "side_r") == "buy").then(1.0).otherwise(-1.0)).alias("shortfall_bps"),
        )

    @property
    def path(self) -> pl.DataFrame:
        """`ts`, `instrument`, `recorded_mid`, `mid` and `impact_bps`: a row whenever the distance changed."""
        mid = (pl.col("bid") + pl.col("ask")) / 2
        recorded = (pl.col("recorded_bid") + pl.col("recorded_ask")) / 2
        return self.reacts.impact.select(
            "ts",
            "instrument",
            recorded.alias("recorded_mid"),
            mid.alias("mid"),
            ((mid - recorded) / recorded * 1e4).alias("impact_bps"),
        )

    def plot(self) -> Figure:
        """A plotly figure: how far our orders moved the middle of the book, over time, in basis points."""
        import plotly.graph_objects as go

        figure = go.Figure()
        for (name,), rows in self.path.group_by("instrument", maintain_order=True):
            line = {"shape": "hv"}
            figure.add_scatter(x=rows["ts"].to_list(), y=rows["impact_bps"].to_list(), name=str(name), line=line)
        figure.update_layout(
            title="Impact of our own orders", xaxis_title="time (UTC)", yaxis_title="middle against the record (bp)"
        )
        return figure

    def __repr__(self) -> str:
        return f"ImpactComparison\n{self.table}"


def compare_impact(strategy: Callable[[], Any], data: Any, **settings: Any) -> ImpactComparison:
    """Run a strategy twice on the same ticks, in the plain replay and against a market that reacts.

    `strategy`: makes the strategy, once for each run (a class of `walras.Strategy`, or any callable without arguments).
    `settings`: those of `run`, the same for both. Raises what `run` raises.

    >>> import walras as wl
    >>> ticks = wl.data.Ticks.from_columns(
    ...     "XYZ", ts_init=[1_704_067_200_000_000_000 + i * 1_000_000_000 for i in range(4)], kind=["quote"] * 4,
    ...     price=[0.0] * 4, size=[0] * 4, side=["buy"] * 4, bid=[99.99] * 4, ask=[100.01] * 4, bid_size=[5] * 4,
    ...     ask_size=[5] * 4)
    >>> class BuyOnce(wl.Strategy):
    ...     def on_quote(self, ctx, quote):
    ...         if not ctx.position(quote.instrument) and not ctx.open_orders:
    ...             ctx.buy(quote.instrument, quantity=2)
    >>> impact = wl.backtest.compare_impact(BuyOnce, ticks, cash=10_000, fees=0)
    >>> impact.orders["shortfall_bps"].to_list()
    [0.0]
    """
    from walras.backtest import run

    if "market" in settings:
        raise ConfigError("compare_impact runs both markets; leave `market` out")
    if not callable(strategy):
        raise ConfigError(f"{strategy!r} makes no strategy; give its class, or a function that returns a new one")
    return ImpactComparison(
        replay=run(strategy(), data, market="replay", **settings),
        reacts=run(strategy(), data, market="reacts", **settings),
    )


def _by_order(result: BacktestResult) -> pl.DataFrame:
    value = (pl.col("price") * pl.col("quantity")).sum() / pl.col("quantity").sum()
    return result.fills.group_by("order", maintain_order=True).agg(
        pl.col("instrument").first(),
        pl.col("side").cast(pl.String).first(),
        pl.col("quantity").sum(),
        value.alias("price"),
    )


def _numbers(result: BacktestResult) -> dict[str, float]:
    fills = result.fills
    quantity = float(fills["quantity"].sum())
    value = float((fills["price"] * fills["quantity"]).sum())
    out = {"fills": float(len(fills)), "quantity": quantity}
    out["average_price"] = value / quantity if quantity else float("nan")
    out["cash_paid"] = float(fills.select((_SIGN * pl.col("price") * pl.col("quantity")).sum()).item() or 0.0)
    out["makers"] = float((fills["liquidity"].cast(pl.String) == "maker").sum())
    equity = result.equity["equity"]
    out["profit"] = float(equity[-1] - equity[0]) if len(equity) else float("nan")
    return out
