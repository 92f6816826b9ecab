"""Returns of calendar days, months and years, in UTC. The first and the last of them may be partial."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl

from walras import _core
from walras.errors import ConfigError
from walras.stats._drawdowns import as_given
from walras.stats._input import Answer, Columns, Returns, metric, nanoseconds, read

Period: TypeAlias = Literal["day", "month", "year"]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def periods_per_year(times: Any) -> float:
    """How many rows make a year, by their calendar; NaN for fewer than two.

    The median spacing decides: about a day is 252, or 365 where weekends are traded; about a week 52; a month 12; a
    quarter 4; a year 1. Below a day: rows per day that has any, times 252 or 365. Otherwise 365.25 days / spacing.

    >>> import walras as wl
    >>> wl.stats.periods_per_year(np.arange("2024-01-01", "2024-03-01", dtype="M8[h]"))
    8760.0
    """
    return _core.stats_periods_per_year(nanoseconds(times))


def best(returns: Returns, period: Period = "day", *, times: Any = None) -> Answer:
    """The highest return of a calendar day, month or year. Needs the times of the rows.

    >>> import walras as wl
    >>> when = np.array(["2024-01-02", "2024-01-03", "2024-02-01"], dtype="M8[D]")
    >>> round(wl.stats.best([0.01, 0.01, -0.02], "month", times=when), 6)
    0.0201
    """
    return _of_periods("best_{}", returns, period, times)


def worst(returns: Returns, period: Period = "day", *, times: Any = None) -> Answer:
    """The lowest return of a calendar day, month or year. Needs the times of the rows.

    >>> import walras as wl
    >>> when = np.array(["2024-01-02", "2024-01-03", "2024-02-01"], dtype="M8[D]")
    >>> round(wl.stats.worst([0.01, 0.01, -0.02], "month", times=when), 6)
    -0.02
    """
    return _of_periods("worst_{}", returns, period, times)


def positive_periods(returns: Returns, period: Literal["day", "month"] = "day", *, times: Any = None) -> Answer:
    """The share of calendar days or months with a return above 0. Needs the times of the rows.

    >>> import walras as wl
    >>> when = np.array(["2024-01-02", "2024-01-03", "2024-02-01"], dtype="M8[D]")
    >>> wl.stats.positive_periods([0.01, 0.01, -0.02], "month", times=when)
    0.5
    """
    return _of_periods("positive_{}s", returns, period, times)


def period_returns(returns: Returns, period: Period = "month", *, times: Any = None) -> Any:
    """One row a calendar period: its first day (`start`) and its `return`. A polars frame, pandas for pandas.

    >>> import walras as wl
    >>> when = np.array(["2024-01-02", "2024-01-03", "2024-02-01"], dtype="M8[D]")
    >>> wl.stats.period_returns([0.01, 0.01, -0.02], times=when)["return"].round(6).to_list()
    [0.0201, -0.02]
    """
    columns = _with_times(returns, times, "period_returns")
    start, value = _periods(columns, period)
    frame = pl.DataFrame({"start": pl.Series(start).cast(pl.Datetime("ns")).cast(pl.Date), "return": value})
    return as_given(frame, returns)


def annual_returns(returns: Returns, *, times: Any = None) -> Any:
    """One row a calendar year: `year` and `return`.

    >>> import walras as wl
    >>> when = np.array(["2023-12-29", "2024-01-02"], dtype="M8[D]")
    >>> wl.stats.annual_returns([0.25, -0.5], times=when).rows()
    [(2023, 0.25), (2024, -0.5)]
    """
    columns = _with_times(returns, times, "annual_returns")
    start, value = _periods(columns, "year")
    years = start.astype("datetime64[ns]").astype("datetime64[Y]").astype(np.int64) + 1970
    return as_given(pl.DataFrame({"year": years, "return": value}), returns)


def monthly_table(returns: Returns, *, times: Any = None) -> Any:
    """A row a year, a column a month, and `year` for the whole of it; null (NaN in pandas) where there is no row.

    >>> import walras as wl
    >>> when = np.array(["2023-12-29", "2024-01-02", "2024-01-03"], dtype="M8[D]")
    >>> wl.stats.monthly_table([0.25, 0.5, 0.5], times=when).select("year", "Jan", "Dec", "total").rows()
    [(2023, None, 0.25, 0.25), (2024, 1.25, None, 1.25)]
    """
    columns = _with_times(returns, times, "monthly_table")
    start, value = _periods(columns, "month")
    months = start.astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    first, of_year = months // 12 + 1970, months % 12
    years = np.unique(first)
    table = np.full((len(years), 12), np.nan)
    table[np.searchsorted(years, first), of_year] = value
    _, total = _periods(columns, "year")
    frame = pl.DataFrame({"year": years, **{name: table[:, i] for i, name in enumerate(MONTHS)}, "total": total})
    return as_given(frame.fill_nan(None), returns)


def _periods(columns: Columns, period: str) -> tuple[Any, Any]:
    return _core.stats_period_returns(columns.growth(), columns.times, 1.0, period)


def _with_times(returns: Returns, times: Any, what: str) -> Columns:
    columns = read(returns, times=times)
    if len(columns.times) == 0 and len(columns.values):
        raise ConfigError(f"{what} follows the calendar: give times=, or returns with dates as their index")
    return columns


def _of_periods(key: str, returns: Returns, period: str, times: Any) -> Answer:
    known = ("day", "month") if key.startswith("positive") else ("day", "month", "year")
    if period not in known:
        raise ConfigError(f"period is {period!r}; give one of {', '.join(map(repr, known))}")
    _with_times(returns, times, key.format(period))
    return metric(key.format(period), returns, times=times)
