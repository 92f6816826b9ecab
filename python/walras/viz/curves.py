"""What a report draws, from a result's frames: benchmark, drawdowns, monthly returns and where the profit went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.result import BacktestResult

Array = NDArray[np.float64]

FLOWS = ("deposit", "withdrawal")  # the owner's money, no profit and no cost


def starting_equity(result: BacktestResult) -> float:
    """The cash that the run began with; its first equity where the settings do not say."""
    cash = result.settings.get("cash")
    if isinstance(cash, int | float):
        return float(cash)
    return float(result.equity["equity"][0]) if len(result.equity) else 0.0


def drawdown(equity: Array, start: float) -> Array:
    """Loss since the highest equity so far, as a fraction <= 0. The start counts as a height."""
    peak = np.maximum(np.maximum.accumulate(equity), start) if len(equity) else equity
    return np.divide(equity, peak, out=np.ones_like(equity), where=peak > 0) - 1.0


def buy_and_hold(result: BacktestResult) -> Array:
    """Equity of the starting cash spread evenly over the instruments and held, without costs; NaN where unknown.

    An instrument that begins later waits in cash until its first price (the engine's column `benchmark`).
    """
    if "benchmark" not in result.equity.columns:
        return np.full(len(result.equity), np.nan)
    return starting_equity(result) * result.equity["benchmark"].to_numpy().astype(np.float64)


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One fall from a peak; `recovered` is None while the peak is not reached again."""

    depth: float
    peak: datetime
    trough: datetime
    recovered: datetime | None


def worst_drawdowns(result: BacktestResult, count: int = 5) -> list[Drawdown]:
    """The deepest falls, deepest first."""
    ts, fall = result.equity["ts"], drawdown(result.equity["equity"].to_numpy(), starting_equity(result))
    under = np.concatenate(([False], fall < 0, [False]))
    begins, ends = np.flatnonzero(~under[:-1] & under[1:]), np.flatnonzero(under[:-1] & ~under[1:])
    found = []
    for begin, end in zip(begins, ends, strict=True):
        trough = int(begin + np.argmin(fall[begin:end]))
        recovered = ts[int(end)] if end < len(ts) else None
        found.append(Drawdown(float(fall[trough]), ts[max(int(begin) - 1, 0)], ts[trough], recovered))
    return sorted(found, key=lambda d: d.depth)[:count]


def monthly_returns(result: BacktestResult) -> dict[int, dict[int, float]]:
    """Return of each month by year; month 0 is the whole year."""
    out: dict[int, dict[int, float]] = {}
    for every, month in (("1mo", pl.col("ts").dt.month()), ("1y", pl.lit(0))):
        last = (
            result.equity.group_by(pl.col("ts").dt.truncate(every).alias("period"), maintain_order=True)
            .agg(pl.col("equity").last(), pl.col("ts").last())
            .with_columns(change=pl.col("equity") / pl.col("equity").shift(1, fill_value=starting_equity(result)) - 1)
        )
        for year, number, change in last.select(pl.col("ts").dt.year(), month.alias("m"), "change").iter_rows():
            out.setdefault(year, {})[number] = change
    return out


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the profit before costs to the net profit."""

    label: str
    amount: float
    is_total: bool = False


def cost_steps(result: BacktestResult) -> list[Step]:
    """Profit before costs, less slippage and fees, plus or minus interest, borrow and dividends, is the net profit."""
    flows: dict[str, float] = dict(
        result.cash_flows.group_by("kind").agg(pl.col("amount").sum()).sort("kind").iter_rows()
    )
    owner = sum(flows.pop(kind, 0.0) for kind in FLOWS)
    final = float(result.equity["equity"][-1]) if len(result.equity) else starting_equity(result)
    net = final - starting_equity(result) - owner
    costs = {"Slippage": -_sum(result.fills, "slippage"), "Fees": -_sum(result.fills, "fee")}
    costs |= {kind.replace("_", " ").capitalize(): amount for kind, amount in flows.items()}
    steps = [Step(label, amount) for label, amount in costs.items()]
    return [
        Step("Before costs", net - sum(costs.values()), is_total=True),
        *steps,
        Step("Net profit", net, is_total=True),
    ]


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].fill_nan(0).sum()) if column in frame.columns else 0.0


def thin(frame: pl.DataFrame, rows: int) -> pl.DataFrame:
    """At most `rows` rows: neighbours merge, each column by its nature (highest high, lowest low, worst drawdown)."""
    if len(frame) <= rows:
        return frame
    how: dict[str, Any] = {"open": pl.Expr.first, "high": pl.Expr.max, "low": pl.Expr.min, "drawdown": pl.Expr.min}
    bucket = (pl.int_range(pl.len()) * rows // pl.len()).alias("bucket")
    merged = [how.get(name, pl.Expr.last)(pl.col(name)) for name in frame.columns]
    return frame.group_by(bucket, maintain_order=True).agg(merged).drop("bucket")
