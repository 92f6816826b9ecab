"""What a report draws, from a result's frames: benchmark, drawdowns, monthly returns and where the profit went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras import _core
from walras.result import BacktestResult

Array = NDArray[np.float64]

FLOWS = ("deposit", "withdrawal")  # the owner's money, no profit and no cost


def starting_equity(result: BacktestResult) -> float:
    """The cash that the run began with; its first equity where the settings do not say."""
    cash = result.settings.get("cash")
    if isinstance(cash, int | float):
        return float(cash)
    return float(result.equity["equity"][0]) if len(result.equity) else 0.0


def is_intraday(result: BacktestResult) -> bool:
    """Whether rows of equity are closer than a day, on average."""
    if result.period is None or len(result.equity) < 2:
        return False
    return (result.period[1] - result.period[0]).total_seconds() / (len(result.equity) - 1) < 80_000


def dated(result: BacktestResult) -> BacktestResult:
    """The run with each daily row on its own date, for tables and charts that know days in UTC only.

    A daily bar ends with the last nanosecond of its day where it was made: in New York that is five in the morning UTC
    of the next day, where a Friday would be a Saturday and December would end in January. Such times, and no others,
    move back by eleven hours, which is right from UTC-11 to UTC+12.
    """
    if is_intraday(result):
        return result

    def moved(frame: pl.DataFrame) -> pl.DataFrame:
        times = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
        return frame.with_columns(
            pl.when(pl.col(t).to_physical() % MINUTE == MINUTE - 1)
            .then(pl.col(t) - END_OF_DAY)
            .otherwise(pl.col(t))
            .alias(t)
            for t in times
        )

    return replace(
        result,
        equity=moved(result.equity),
        fills=moved(result.fills),
        trades=moved(result.trades),
        prices={name: moved(frame) for name, frame in result.prices.items()},
    )


MINUTE = 60_000_000_000
END_OF_DAY = pl.duration(hours=11, nanoseconds=1, time_unit="ns")  # the nanosecond: no time moves twice


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


def net_exposure(result: BacktestResult) -> list[pl.Series]:
    """The column `net` beside `gross`: what positions add to the cash.

    None of it where nothing was ever short, or where positions are not paid in full (futures), so that cash does not
    tell.
    """
    equity = result.equity
    if not {"cash", "gross"} <= set(equity.columns) or "short" not in result.trades["side"]:
        return []
    net = equity["equity"] - equity["cash"]
    first = result.fills.filter(pl.col("ts") == pl.col("ts").min())
    value = pl.when(pl.col("side") == "buy").then(1).otherwise(-1) * pl.col("quantity") * pl.col("price")
    paid, traded = first.select(value.sum().alias("paid"), value.abs().sum().alias("traded")).row(0)
    held = net.filter(equity["ts"] >= first["ts"][0]).head(1)
    is_full = len(held) == 1 and abs(held[0] - paid) < 0.05 * traded
    return [net.alias("net")] if is_full else []


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One fall from a peak; `recovered` is None while the peak is not reached again, and `end` the last time then."""

    depth: float
    peak: datetime
    trough: datetime
    recovered: datetime | None
    end: datetime


def worst_drawdowns(result: BacktestResult, count: int = 10) -> list[Drawdown]:
    """The deepest falls, deepest first."""
    ts, equity = result.equity["ts"], result.equity["equity"].to_numpy().astype(np.float64)
    columns = _core.stats_drawdowns(equity, starting_equity(result), count)
    return [
        Drawdown(depth, ts[peak], ts[low], ts[end] if recovered else None, ts[end])
        for peak, low, end, depth, recovered in zip(*(column.tolist() for column in columns), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Turnover:
    """Value traded over mean equity, by calendar period: `ts` (the period's last row) and `turnover`."""

    period: str
    frame: pl.DataFrame


PERIODS = (("by the minute", "1m", 60.0), ("hourly", "1h", 3600.0), ("daily", "1d", 86400.0),
           ("weekly", "1w", 604800.0), ("monthly", "1mo", 2629800.0), ("yearly", "1y", 31557600.0))  # fmt: skip


def turnover(result: BacktestResult, most: int = 500) -> Turnover | None:
    """By the shortest period that gives at most `most` rows; its sum is `traded_value`. None without fills."""
    span = (result.period[1] - result.period[0]).total_seconds() if result.period else 0.0
    if not len(result.fills) or span <= 0:
        return None
    name, every, _ = next((p for p in PERIODS if span / p[2] <= most), PERIODS[-1])
    period = pl.col("ts").dt.truncate(every).alias("period")
    value = (pl.col("quantity") * pl.col("price")).abs().sum().alias("value")
    traded = result.fills.group_by(period).agg(value)
    held = result.equity.group_by(period, maintain_order=True).agg(pl.col("ts").last(), pl.col("equity").mean())
    frame = held.join(traded, on="period", how="left", maintain_order="left").with_columns(pl.col("value").fill_null(0))
    total, known = float(frame["value"].sum()), result.stats.get("traded_value")
    scale = known / total if isinstance(known, int | float) and total > 0 else 1.0  # multipliers and rates
    share = pl.when(pl.col("equity") > 0).then(pl.col("value") * scale / pl.col("equity"))
    return Turnover(name, frame.select("ts", share.alias("turnover")))


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the profit before costs to the net profit."""

    label: str
    amount: float
    is_total: bool = False


def cost_steps(result: BacktestResult) -> list[Step]:
    """Profit before costs, less fees and slippage, plus or minus interest, borrow and dividends, is the net profit.

    Amounts in several currencies come from the accounts, at the last rates; slippage then counts where fees are paid in
    the run's currency.
    """
    start = starting_equity(result)
    final = float(result.equity["equity"][-1]) if len(result.equity) else start
    if _currencies(result) <= {result.currency}:
        flows: dict[str, float] = dict(
            result.cash_flows.group_by("kind").agg(pl.col("amount").sum()).sort("kind").iter_rows()
        )
        owner = sum(flows.pop(kind, 0.0) for kind in FLOWS)
        costs = {"Fees": -_sum(result.fills, "fee"), "Slippage": -_sum(result.fills, "slippage")}
        costs |= {kind.replace("_", " ").capitalize(): amount for kind, amount in flows.items()}
    else:
        explained = {key: sum(a["explained"][key] for a in result.accounts.values()) for key in EXPLAINED}
        own = result.fills.filter(pl.col("fee_currency") == result.currency)
        owner = explained["flows"]
        costs = {"Fees": explained["fees"], f"Slippage in {result.currency}": -_sum(own, "slippage")}
        costs |= {"Interest, borrow, dividends": explained["carry"], "Currency": explained["currency"]}
    net = final - start - owner
    steps = [Step(label, amount + 0.0) for label, amount in costs.items()]
    return [
        Step("Before costs", net - sum(costs.values()), is_total=True),
        *steps,
        Step("Net profit", net, is_total=True),
    ]


EXPLAINED = ("fees", "flows", "carry", "currency")


def _currencies(result: BacktestResult) -> set[str]:
    """The currencies of fees and cash flows; the run's alone where the accounts do not explain themselves in it."""
    if any(a.get("currency") != result.currency or "explained" not in a for a in result.accounts.values()):
        return set()
    tables = ((result.fills, "fee_currency"), (result.cash_flows, "currency"))
    return {word for frame, column in tables if column in frame.columns for word in frame[column].unique() if word}


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].fill_nan(0).sum()) if column in frame.columns else 0.0


def thin(frame: pl.DataFrame, rows: int) -> pl.DataFrame:
    """At most `rows` rows: neighbours merge, each column by its nature (highest high, sum of volumes)."""
    if len(frame) <= rows:
        return frame
    how: dict[str, Any] = {"open": pl.Expr.first, "high": pl.Expr.max, "low": pl.Expr.min, "drawdown": pl.Expr.min}
    how["volume"] = pl.Expr.sum
    bucket = (pl.int_range(pl.len()) * rows // pl.len()).alias("bucket")
    merged = [how.get(name.partition(" ")[0], pl.Expr.last)(pl.col(name)) for name in frame.columns]
    return frame.group_by(bucket, maintain_order=True).agg(merged).drop("bucket")
