"""Returns as a report shows them: rolling statistics, the histogram, and tables by month and by year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras import _core, stats
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
    r, b = (frame[name].to_numpy() for name in ("r", "b"))
    out = [frame["ts"]]
    for series, name in ((r, ""), (b, "_hold")):
        for metric in ("sharpe", "volatility"):
            values = stats.rolling(series, metric, window.rows, periods_per_year=per_year)
            out.append(pl.Series(f"{metric}{name}", values))
    out.append(pl.Series("beta", stats.rolling(r, "beta", window.rows, benchmark=b)))
    return pl.DataFrame(out).slice(window.rows - 1)


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


def _calendar(values: pl.Series, ts: pl.Series, start: float, period: str) -> tuple[Any, Any]:
    """Months since 1970 of each period's begin, and its return; the first one counts from `start`."""
    times = ts.to_physical().to_numpy()
    begins, change = _core.stats_period_returns(values.to_numpy().astype(np.float64), times, start, period)
    return begins.astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64), change


def monthly_returns(result: BacktestResult) -> dict[int, dict[int, float]]:
    """Return of each month by year; month 0 is the whole year."""
    out: dict[int, dict[int, float]] = {}
    equity = result.equity
    for period, offset in (("month", 1), ("year", 0)):
        begins, change = _calendar(equity["equity"], equity["ts"], starting_equity(result), period)
        for begin, value in zip(begins.tolist(), change.tolist(), strict=True):
            out.setdefault(begin // 12 + 1970, {})[begin % 12 + offset] = value
    return out


def annual_returns(result: BacktestResult) -> pl.DataFrame:
    """`year`, `r` and the benchmark's `b` (null where unknown); the first and the last year may be parts."""
    start, ts = starting_equity(result), result.equity["ts"]
    begins, mine = _calendar(result.equity["equity"], ts, start, "year")
    _, theirs = _calendar(pl.Series(buy_and_hold(result)), ts, start, "year")
    return pl.DataFrame({"year": begins // 12 + 1970, "r": mine, "b": theirs}).fill_nan(None)


# ---- how sure --------------------------------------------------------------------------------------------------------

UNCERTAIN = ("cagr", "volatility", "sharpe", "sortino", "max_drawdown", "alpha", "beta")
SAMPLES = 1_000
MOST_ROWS, LEAST_RETURNS = 50_000, 60  # for an interval


def intervals(result: BacktestResult) -> dict[str, stats.Interval]:
    """95 % intervals of key statistics by stationary block bootstrap; none of runs too short or too long for one.

    Blocks are as long as the dependence of the returns asks for, and n^(1/3) at least: their volatility depends on its
    past for longer than they do themselves.
    """
    frame, per_year = returns(levels(result)), _per_year(result)
    if not LEAST_RETURNS <= len(frame) <= MOST_ROWS or frame["r"].n_unique() < 3:
        return {}
    r, b = (frame[name].to_numpy() for name in ("r", "b"))
    block = max(stats.optimal_block_length(r), len(r) ** (1 / 3))
    out = {}
    for key in UNCERTAIN:
        relative = key in ("alpha", "beta")
        if isinstance(result.stats.get(key), float) and not (relative and np.isnan(b).any()):
            more: Any = {"benchmark": b} if relative else {}
            out[key] = stats.bootstrap(r, key, periods_per_year=per_year, samples=SAMPLES, block_length=block, **more)
    return out


def by_period(frame: pl.DataFrame, every: str) -> pl.DataFrame:
    """The last row of each calendar period, UTC."""
    period = pl.col("ts").dt.truncate(every).alias("period")
    return frame.group_by(period, maintain_order=True).last().drop("period")
