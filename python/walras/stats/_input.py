"""Returns in, answers out: what every statistic does with its arguments.

One series gives a float. A matrix of shape (time, column) gives one number a column, in the container and under the
labels that came in: a pandas Series for a DataFrame, a polars frame of one row for a frame, an array for an array.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras import _core
from walras.errors import ConfigError, DataError

Floats: TypeAlias = NDArray[np.float64]
Nanoseconds: TypeAlias = NDArray[np.int64]
# Simple returns: list, array, pandas or polars, shape (time,) or (time, column).
Returns: TypeAlias = Any
# A float for one series; for a matrix the container that came in, one number a column.
Answer: TypeAlias = Any

NO_TIMES: Nanoseconds = np.empty(0, dtype=np.int64)
NO_SERIES: Floats = np.empty(0)


@dataclass(frozen=True, slots=True)
class Columns:
    """What came in: `values` of shape (time, column), the times of its rows if it has any, and how to answer."""

    values: Floats
    times: Nanoseconds
    kind: Literal["series", "numpy", "pandas", "polars"]
    labels: tuple[Any, ...]
    index: Any = None  # the rows' own, to give rows back: pandas' index, polars' date column

    def one(self, what: str = "returns") -> Floats:
        """The only column, contiguous."""
        if self.values.shape[1] != 1:
            raise DataError(f"{what} have {self.values.shape[1]} columns; give one series, shape (time,)")
        return np.ascontiguousarray(self.values[:, 0])

    def growth(self) -> Floats:
        """What one unit of the only column becomes; a period without observation moves nothing."""
        moves = np.where(np.isnan(self.one()), 0.0, self.one())
        grown: Floats = np.cumprod(1 + moves)
        return grown

    def answer(self, numbers: Floats) -> Answer:
        """One number a column, as the caller knows columns."""
        if self.kind == "series":
            return float(numbers[0])
        if self.kind == "pandas":
            import pandas as pd

            return pd.Series(numbers, index=pd.Index(self.labels))
        if self.kind == "polars":
            return pl.DataFrame({str(label): [float(x)] for label, x in zip(self.labels, numbers, strict=True)})
        return numbers


def read(data: Returns, *, times: Any = None, what: str = "returns", finite: bool = False) -> Columns:
    """Any container as columns of float64. NaN is a period without observation; an infinity is refused."""
    found = _container(data, what)
    if times is not None:
        found = Columns(found.values, nanoseconds(times), found.kind, found.labels, found.index)
    if len(found.times) not in (0, len(found.values)):
        raise DataError(f"{len(found.times)} times for {len(found.values)} rows of {what}; give one for each")
    falls = np.flatnonzero(found.times[1:] < found.times[:-1])
    if len(falls):
        raise DataError(f"the times of the {what} fall at row {falls[0] + 1}; sort the rows by time")
    bad = ~np.isfinite(found.values) if finite else np.isinf(found.values)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        where = f" of column {found.labels[column]!r}" if len(found.labels) > 1 else ""
        remedy = "give a number for each row" if finite else "mend it, or write NaN for a period without observation"
        raise DataError(f"{what} are {found.values[row, column]} at row {row}{where}; {remedy}")
    return found


def _container(data: Returns, what: str) -> Columns:
    if isinstance(data, pl.DataFrame):
        return _polars(data, what)
    if isinstance(data, pl.Series):
        return Columns(_floats(data.to_numpy(), what).reshape(-1, 1), NO_TIMES, "series", (data.name,))
    if type(data).__module__.partition(".")[0] == "pandas":
        return _pandas(data, what)
    values = _floats(data, what)
    if values.ndim == 1:
        return Columns(values.reshape(-1, 1), NO_TIMES, "series", (0,))
    if values.ndim != 2:
        raise DataError(f"{what} have shape {values.shape}; give (time,) or (time, column)")
    return Columns(values, NO_TIMES, "numpy", tuple(range(values.shape[1])))


def _polars(data: pl.DataFrame, what: str) -> Columns:
    dates = [name for name, dtype in data.schema.items() if dtype.is_temporal()]
    times, index = NO_TIMES, None
    if dates:  # the first column of dates is the index, as in pandas
        index = data[dates[0]]
        times = nanoseconds(index)
        data = data.drop(dates[0])
    bad = [name for name, dtype in data.schema.items() if not dtype.is_numeric() and dtype != pl.Null]
    if bad:
        raise DataError(f"column {bad[0]!r} of the {what} is {data.schema[bad[0]]}; give columns of numbers")
    values = np.column_stack([_floats(data[c].cast(pl.Float64).to_numpy(), what) for c in data.columns] or [NO_SERIES])
    return Columns(values[:, : data.width], times, "polars", tuple(data.columns), index)


def _pandas(data: Any, what: str) -> Columns:
    import pandas as pd

    times = NO_TIMES
    if isinstance(data.index, pd.PeriodIndex):
        times = nanoseconds(data.index.to_timestamp())
    elif isinstance(data.index, pd.DatetimeIndex):
        times = nanoseconds(data.index)
    values = _floats(data.to_numpy(dtype=np.float64, na_value=np.nan), what)
    if data.ndim == 1:
        return Columns(values.reshape(-1, 1), times, "series", (data.name,), data.index)
    return Columns(values, times, "pandas", tuple(data.columns), data.index)


def _floats(data: Any, what: str) -> Floats:
    try:
        return np.asarray(data, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} are no numbers: {error}") from None


def nanoseconds(times: Any) -> Nanoseconds:
    """Times as nanoseconds since 1970 in UTC: integers are that already, dates without a zone are in UTC."""
    if isinstance(times, pl.Series):
        if times.dtype.is_integer():
            return times.cast(pl.Int64).to_numpy()
        return np.ascontiguousarray(times.cast(pl.Datetime("ns")).to_physical().to_numpy(), dtype=np.int64)
    if type(times).__module__.partition(".")[0] == "pandas":
        import pandas as pd

        index = pd.DatetimeIndex(times)
        return np.ascontiguousarray(index.as_unit("ns").asi8, dtype=np.int64)
    array = np.asarray(times)
    if array.dtype.kind in "iu":
        return np.ascontiguousarray(array, dtype=np.int64)
    if array.dtype.kind != "M":
        try:
            return nanoseconds(pl.Series(list(times), strict=True))
        except (TypeError, pl.exceptions.PolarsError):
            raise DataError(f"times are {array.dtype}; give datetimes, or nanoseconds since 1970 in UTC") from None
    return np.ascontiguousarray(array.astype("datetime64[ns]").astype(np.int64))


def periods(columns: Columns, periods_per_year: float | None) -> float:
    """How many returns make a year: as given, else by the calendar of the rows. Never a silent guess."""
    if periods_per_year is not None:
        if not (periods_per_year > 0 and math.isfinite(periods_per_year)):
            raise ConfigError(f"periods_per_year is {periods_per_year}; give a positive number: 252 for business days")
        return float(periods_per_year)
    if len(columns.values) == 0:
        return math.nan
    if len(columns.times) == 0:
        raise ConfigError(
            "how many returns make a year is not known: give periods_per_year=252 for business days (365 for every "
            "day, 52 for weeks, 12 for months), or times"
        )
    return _core.stats_periods_per_year(columns.times)


def measure(
    keys: str | Sequence[str],
    returns: Columns,
    *,
    benchmark: Columns | None = None,
    periods_per_year: float = math.nan,
    options: Mapping[str, float] | None = None,
    threads: int = 0,
) -> Floats:
    """Metrics by columns, shape (key, column)."""
    wanted = [keys] if isinstance(keys, str) else list(keys)
    other = np.empty((0, 0)) if benchmark is None else benchmark.values
    timed = benchmark is not None and len(benchmark.times) and len(returns.times)
    if benchmark is not None and timed and not np.array_equal(benchmark.times, returns.times):
        raise DataError(
            f"the times of the returns and of their benchmark differ ({len(returns.times)} and "
            f"{len(benchmark.times)} rows); give both for the same times"
        )
    settings = _core.MetricOptions(periods_per_year=periods_per_year, **(options or {}))
    return _core.stats_measure(returns.values, other, returns.times, wanted, settings, threads)


def metric(
    key: str,
    returns: Returns,
    *,
    benchmark: Returns = None,
    periods_per_year: float | None = None,
    annual: bool = False,
    times: Any = None,
    **options: float,
) -> Answer:
    """One metric of one series or of each column."""
    columns = read(returns, times=times)
    other = None if benchmark is None else read(benchmark, what="returns of the benchmark")
    per_year = periods(columns, periods_per_year) if annual else math.nan
    return columns.answer(measure(key, columns, benchmark=other, periods_per_year=per_year, options=options)[0])
