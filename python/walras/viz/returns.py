"""Returns as a report shows them: rolling statistics, the histogram, and tables by month and by year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.result import BacktestResult
from walras.viz.curves import buy_and_hold, starting_equity

Array = NDArray[np.float64]

WINDOWS = (("1 month", 1 / 12), ("3 months", 1 / 4), ("6 months", 1 / 2), ("1 year", 1.0), ("3 years", 3.0))
SHOWN_WINDOWS = 3
LEAST_ROWS = 10  # of a window
BINS = 61


def levels(result: BacktestResult, every: str | None = None) -> pl.DataFrame:
    """`ts`, `equity` and `hold` (null where unknown): all rows, or the last of each period `every`, after the start.

    Where the first row differs from the starting equity, the start is a row of its own: its return counts.
    Equity of zero or less has no return: it is null.
    """
    start = starting_equity(result)
    hold = pl.Series("hold", buy_and_hold(result), dtype=pl.Float64).fill_nan(None)
    frame = result.equity.select("ts", pl.col("equity").cast(pl.Float64), hold)
    began = len(frame) > 0 and frame["equity"][0] != start
    head = frame.head(1).with_columns(equity=pl.lit(start)) if began else frame.clear()
    frame = pl.concat([head, by_period(frame, every) if every else frame])
    return frame.with_columns(pl.when(pl.col("equity") > 0).then("equity"))


def returns(frame: pl.DataFrame) -> pl.DataFrame:
    """From row to row: `ts`, `r` of the equity and `b` of the benchmark."""
    change = [(pl.col(c) / pl.col(c).shift(1) - 1).alias(n) for c, n in (("equity", "r"), ("hold", "b"))]
    return frame.select("ts", *change).slice(1)


UNITS = {252.0: "days", 365.0: "days", 52.0: "weeks", 12.0: "months", 4.0: "quarters"}


def regular_returns(result: BacktestResult) -> tuple[pl.DataFrame, float, str]:
    """Returns, periods a year and the word for a period: of rows, or of days where rows are closer and days suffice."""
    per_year, days = _per_year(result), result.equity["ts"].dt.truncate("1d").unique()
    if len(days) > 60 and len(result.equity) > 1.5 * len(days):
        weekend = float((days.dt.weekday() > 5).sum()) / len(days)
        return returns(levels(result, "1d")), 365.0 if weekend > 0.6 * 2 / 7 else 252.0, "days"
    return returns(levels(result)), per_year, UNITS.get(per_year, "rows")


def _per_year(result: BacktestResult) -> float:
    value = result.stats.get("periods_per_year")
    return float(value) if isinstance(value, int | float) and value > 0 else 252.0


# ---- rolling ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """A span of returns, for example "6 months (126 days)"."""

    label: str
    rows: int


def windows(count: int, per_year: float, unit: str) -> list[Window]:
    """Up to three windows that `count` returns fill well; none where there are too few."""
    fit = [Window(f"{label} ({rows} {unit})", rows) for label, years in WINDOWS if (rows := round(years * per_year))]
    fit = [window for window in fit if LEAST_ROWS <= window.rows <= 0.6 * count]
    if not fit and count >= 4 * LEAST_ROWS:
        fit = [Window(f"{count // part} {unit}", count // part) for part in (8, 4) if count // part >= LEAST_ROWS]
    return fit[-SHOWN_WINDOWS:]


def rolling(frame: pl.DataFrame, window: Window, per_year: float) -> pl.DataFrame:
    """`ts`, and of the last `window.rows` returns: Sharpe ratio and volatility of both, beta to the benchmark."""
    n, root = window.rows, per_year**0.5
    out: list[Any] = [pl.col("ts")]
    for column, name in (("r", ""), ("b", "_hold")):
        deviation = pl.col(column).rolling_std(n, ddof=1)
        deviation = pl.when(deviation > 1e-12).then(deviation)  # a flat stretch has no ratio
        out.append((pl.col(column).rolling_mean(n) / deviation * root).alias(f"sharpe{name}"))
        out.append((pl.col(column).rolling_std(n, ddof=1) * root).alias(f"volatility{name}"))
    variance = pl.col("b").rolling_var(n, ddof=1)
    beta = pl.rolling_cov("r", "b", window_size=n, min_samples=n, ddof=1) / pl.when(variance > 1e-24).then(variance)
    return frame.select(*out, beta.alias("beta")).slice(n - 1)


# ---- histogram -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of returns by bin, what a normal distribution of the same mean and deviation expects, and named marks.

    The outermost bins hold everything beyond them.
    """

    centres: Array
    counts: NDArray[np.int64]
    normal: Array
    marks: dict[str, float]


def histogram(result: BacktestResult) -> Histogram | None:
    """Of the returns that `var_95` and `cvar_95` are made of; None where they do not vary."""
    r = returns(levels(result))["r"].drop_nulls().to_numpy()
    if len(r) < 2 or not r.std() > 0:
        return None
    mean, deviation = float(r.mean()), float(r.std(ddof=1))
    low, high = max(float(r.min()), mean - 6 * deviation), min(float(r.max()), mean + 6 * deviation)
    edges = np.linspace(low, high, min(BINS, max(8, int(2 * len(r) ** 0.5))) + 1)
    counts = np.histogram(np.clip(r, low, high), edges)[0]
    centres, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    density = np.exp(-(((centres - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))
    marks = {key: value for key in ("cvar_95", "var_95") if isinstance(value := result.stats.get(key), float)}
    return Histogram(centres, counts.astype(np.int64), density * len(r) * width, marks)


# ---- by month and by year --------------------------------------------------------------------------------------------


def monthly_returns(result: BacktestResult) -> dict[int, dict[int, float]]:
    """Return of each month by year; month 0 is the whole year."""
    start = starting_equity(result)
    out: dict[int, dict[int, float]] = {}
    for every, month in (("1mo", pl.col("ts").dt.month()), ("1y", pl.lit(0))):
        last = by_period(result.equity.select("ts", "equity"), every)
        change = pl.col("equity") / pl.col("equity").shift(1, fill_value=start) - 1
        for year, number, value in last.select(pl.col("ts").dt.year(), month.alias("m"), change).iter_rows():
            out.setdefault(year, {})[number] = value
    return out


def annual_returns(result: BacktestResult) -> pl.DataFrame:
    """`year`, `r` and the benchmark's `b` (null where unknown); the first and the last year may be parts."""
    start = starting_equity(result)
    hold = pl.Series("hold", buy_and_hold(result), dtype=pl.Float64).fill_nan(None)
    last = by_period(result.equity.select("ts", "equity", hold), "1y")
    return last.select(
        pl.col("ts").dt.year().alias("year"),
        (pl.col("equity") / pl.col("equity").shift(1, fill_value=start) - 1).alias("r"),
        (pl.col("hold") / pl.col("hold").shift(1, fill_value=start) - 1).alias("b"),
    )


def by_period(frame: pl.DataFrame, every: str) -> pl.DataFrame:
    """The last row of each calendar period, UTC."""
    period = pl.col("ts").dt.truncate(every).alias("period")
    return frame.group_by(period, maintain_order=True).last().drop("period")
