"""Arrays, pandas and polars frames as matrices (time, asset), and back with the labels that they came with."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras._arrays import labelled
from walras.errors import ConfigError, DataError

FloatMatrix = NDArray[np.float64]
IntArray = NDArray[np.int64]
DAY = 86_400_000_000_000
FIRST_DAY = 10_957  # 2000-01-01: where rows without times begin


def is_pandas(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas"


@dataclass(frozen=True)
class Axes:
    """The labels of a matrix: rows and columns as they came in, and what kind of thing carried them."""

    kind: Literal["numpy", "pandas", "polars"]
    rows: int
    columns: tuple[Hashable, ...]
    index: Any = None  # pandas.Index, or a polars Series of times; None where there is none
    one: bool = False  # a single column came without a second dimension
    bars: Any = field(default=None, compare=False)  # (opens, closes) where a Bars said when it trades

    @cached_property
    def names(self) -> list[str]:
        return [str(c) for c in self.columns]

    @cached_property
    def has_times(self) -> bool:
        return self.bars is not None or (self.index is not None and not _is_numbered(self.index))

    @cached_property
    def times(self) -> tuple[IntArray, IntArray]:
        """When each row opens and closes, ns UTC, by the rules of walras.data; rows without times are days."""
        if self.bars is not None:
            opens, closes = self.bars
        elif not self.has_times:
            opens = (FIRST_DAY + np.arange(self.rows, dtype=np.int64)) * DAY
            closes = opens + DAY - 1
        else:
            opens, closes = _times_of(self.index)
        late = np.flatnonzero(np.diff(closes) <= 0)
        if late.size:
            raise DataError(f"the time of row {late[0] + 1} does not come after the one before it; sort the rows")
        opens = opens.copy()
        opens[1:] = np.maximum(opens[1:], closes[:-1] + 1)  # a bar that opens as another closes opens after it
        return opens, closes

    @cached_property
    def days(self) -> IntArray:
        """The civil day of each row, since 1970."""
        if self.bars is None and self.has_times:
            series = _series_of(self.index)
            if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is not None:
                series = series.dt.replace_time_zone(None)  # the wall's day
            if isinstance(series.dtype, pl.Datetime | pl.Date):
                return series.cast(pl.Date).cast(pl.Int64).to_numpy()
        return self.times[0] // DAY

    def wrap(self, matrix: FloatMatrix, columns: Sequence[Hashable] | None = None, *, one: bool | None = None) -> Any:
        """A matrix of this many rows as the kind of thing that came in, with its labels."""
        names = list(self.columns if columns is None else columns)
        return labelled(matrix, self.kind, self.index, names, one=self.one if one is None else one)


def _is_numbered(index: Any) -> bool:
    return bool(_series_of(index).dtype.is_numeric())


def _series_of(index: Any) -> pl.Series:
    if isinstance(index, pl.Series):
        return index.alias("time")
    values = index
    if is_pandas(index) and getattr(index, "tz", None) is not None:
        zone = str(index.tz)
        values = index.tz_convert("UTC").tz_localize(None).to_numpy()
        return pl.Series("time", values).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    values = index.to_numpy() if hasattr(index, "to_numpy") else np.asarray(index)
    return pl.Series("time", values.tolist() if values.dtype == object else values)


def _times_of(index: Any) -> tuple[IntArray, IntArray]:
    from walras.data._roles import Roles
    from walras.data._stamps import bar_times, read_stamps
    from walras.data._table import Table

    table = Table(frame=pl.DataFrame({"time": _series_of(index)}), source="index")
    stamps = read_stamps(Roles(table, {"time": "time"}), None, None)
    if len(stamps.wall) == 1 and not stamps.is_date_only:
        utc = stamps.utc(table)
        return utc, utc + DAY
    opens, closes, _ = bar_times(stamps, table, None, "open", None)
    return opens, closes


# ---- in --------------------------------------------------------------------------------------------------------------


def read_close(close: Any, index: Any = None, names: Sequence[Hashable] | None = None) -> tuple[FloatMatrix, Axes]:
    """The matrix and the axes that everything else is measured by."""
    if is_pandas(close):
        one = close.ndim == 1
        columns = (close.name if close.name is not None else "close",) if one else tuple(close.columns)
        axes = Axes("pandas", len(close), columns, close.index, one)
    elif isinstance(close, pl.DataFrame):
        time = _time_column(close)
        labels = tuple(c for c in close.columns if c != time)
        axes = Axes("polars", close.height, labels, None if time is None else close[time])
    elif isinstance(close, pl.Series):
        axes = Axes("polars", len(close), (close.name or "close",), None, True)
    else:
        array = np.asarray(close)
        if array.ndim not in (1, 2):
            raise DataError(f"close has {array.ndim} dimensions; give (time,) or (time, asset)")
        count = 1 if array.ndim == 1 else array.shape[1]
        axes = Axes("numpy", array.shape[0], tuple(range(count)) if count > 1 else ("close",), None, array.ndim == 1)
    if index is not None:
        given = index if is_pandas(index) else pl.Series("time", index)
        if len(given) != axes.rows:
            raise DataError(f"index= has {len(given)} times for {axes.rows} rows; give one for each")
        axes = Axes(axes.kind, axes.rows, axes.columns, given, axes.one)
    if names is not None:
        if len(names) != len(axes.columns):
            raise DataError(f"names= has {len(names)} names for {len(axes.columns)} columns; give one for each")
        axes = Axes(axes.kind, axes.rows, tuple(names), axes.index, axes.one)
    if not isinstance(close, np.ndarray) and len(set(axes.names)) != len(axes.columns):
        twice = next(n for n in axes.names if axes.names.count(n) > 1)
        raise DataError(f"the column {twice!r} comes twice; give each column its own name")
    if axes.rows == 0 or not axes.columns:
        raise DataError("close is empty; give at least one row and one column")
    return read_matrix("close", close, axes), axes


def read_bars(bars: Any) -> tuple[dict[str, FloatMatrix], Axes]:
    """The matrices of a walras.data.Bars, and its axes: a polars frame of closing times."""
    times, close = bars.matrix("close")
    matrices = {"close": close}
    if not any(s.closes_only for s in bars):
        for name in ("open", "high", "low", "volume"):
            matrices[name] = bars.matrix(name)[1]
    opens = np.full(times.size, np.iinfo(np.int64).max)
    for one in bars:
        np.minimum.at(opens, np.searchsorted(times, one.ts_close), one.ts_open)
    index = pl.Series("ts", times).cast(pl.Datetime("ns", "UTC"))
    return matrices, Axes("polars", times.size, bars.instruments, index, bars=(opens, times))


def _time_column(frame: pl.DataFrame) -> str | None:
    """A column of times, or one called like one."""
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.Datetime | pl.Date) or name.lower() in ("date", "time", "ts", "timestamp", "datetime"):
            return name
    return None


def read_matrix(name: str, value: Any, axes: Axes) -> FloatMatrix:
    """Numbers in the shape of close: a scalar, (time,), (asset,) by label, or (time, asset)."""
    array = _array_of(name, value, axes)
    if array.dtype == object or array.dtype.kind not in "fiub":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise DataError(f"{name} holds {array.dtype} values that are no numbers; give floats") from None
    out: FloatMatrix = _shaped(name, np.asarray(array, dtype=np.float64), axes)
    return out


def read_flags(name: str, value: Any, axes: Axes) -> NDArray[np.uint8]:
    """Booleans in the shape of close, one byte each."""
    array = _array_of(name, value, axes)
    if array.dtype != np.bool_:
        if array.dtype.kind in "iu" and bool(np.all((array == 0) | (array == 1))):
            array = array != 0
        else:
            raise DataError(
                f"{name} holds {array.dtype} values, signals are booleans; write {name}.fillna(False).astype(bool), "
                "or compare, as in price > average"
            )
    out: NDArray[np.uint8] = _shaped(name, array.view(np.uint8), axes)
    return out


def _array_of(name: str, value: Any, axes: Axes) -> NDArray[Any]:
    if is_pandas(value):
        return _from_pandas(name, value, axes)
    if isinstance(value, pl.DataFrame):
        time = _time_column(value)
        labels = [c for c in value.columns if c != time]
        _same_columns(name, labels, axes)
        ordered = value.select(axes.names)
        if time is not None and axes.index is not None and isinstance(axes.index, pl.Series):
            _same_rows(name, bool((value[time] == axes.index).all()) if value.height == axes.rows else False)
        if ordered.width == 1:
            return ordered.to_series().to_numpy().reshape(-1, 1)
        return ordered.to_numpy()
    if isinstance(value, pl.Series):
        return value.to_numpy()
    return np.asarray(value)


def _from_pandas(name: str, value: Any, axes: Axes) -> NDArray[Any]:
    out: NDArray[Any]
    if value.ndim == 1:
        if axes.kind == "pandas" and len(value) == len(axes.columns) and len(value) != axes.rows:
            _same_columns(name, list(value.index), axes)
            out = value.reindex(list(axes.columns)).to_numpy().reshape(1, -1)
            return np.broadcast_to(out, (axes.rows, len(axes.columns)))
        if axes.kind == "pandas":
            _same_rows(name, value.index.equals(axes.index))
        out = value.to_numpy()
        return out
    if axes.kind == "pandas":
        _same_rows(name, value.index.equals(axes.index))
    if len(value.columns) == 1 and axes.one:
        out = value.to_numpy()
        return out
    _same_columns(name, list(value.columns), axes)
    if list(value.columns) != list(axes.columns):
        value = value[list(axes.columns)]
    out = value.to_numpy()
    return out


def _same_columns(name: str, labels: Sequence[Hashable], axes: Axes) -> None:
    if sorted(str(c) for c in labels) != sorted(axes.names):
        odd = sorted(set(map(str, labels)) ^ set(axes.names))
        raise DataError(f"{name} and close have other columns ({', '.join(odd[:4])}); give both the same ones")


def _same_rows(name: str, same: bool) -> None:
    if not same:
        raise DataError(f"{name} and close have other rows; give both one index, for example with reindex_like(close)")


def _shaped(name: str, array: NDArray[Any], axes: Axes) -> Any:
    shape = (axes.rows, len(axes.columns))
    if array.ndim == 1 and array.shape[0] == axes.rows:
        array = array[:, None]
    elif array.ndim != 0 and (array.ndim != 2 or array.shape not in (shape, (shape[0], 1), (1, shape[1]))):
        raise DataError(f"{name} has the shape {array.shape}; give {shape}, or ({axes.rows},) for all columns")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return np.broadcast_to(array, shape)


def is_one(value: object) -> bool:
    """One setting for all columns."""
    return isinstance(value, str) or not isinstance(value, Mapping | Sequence | np.ndarray)


def per_column(name: str, value: Any, axes: Axes) -> list[Any]:
    """One setting, or one for each column by order or by label."""
    if isinstance(value, Mapping):
        unknown = [k for k in value if k not in axes.columns]
        if unknown:
            raise ConfigError(f"{name} names {unknown[0]!r}, which is no column; there are: {', '.join(axes.names)}")
        missing = [c for c in axes.columns if c not in value]
        if missing:
            raise ConfigError(f"{name} does not name the column {missing[0]!r}; give every column its value")
        return [value[c] for c in axes.columns]
    if is_one(value):
        return [value] * len(axes.columns)
    if len(value) != len(axes.columns):
        raise ConfigError(f"{name} has {len(value)} values for {len(axes.columns)} columns; give one for each")
    return list(value)


def largest(matrix: FloatMatrix) -> float:
    """Of its numbers; 0 where they are all below."""
    own = matrix[tuple(slice(1) if stride == 0 else slice(None) for stride in matrix.strides)]  # not its repetitions
    return float(np.max(own[~np.isnan(own)], initial=0.0))


def check_shares(name: str, matrix: FloatMatrix, leverage: float) -> None:
    """Fractions of equity that the account could never hold are refused: all their orders would be denied."""
    most = largest(matrix)
    if most > leverage >= 1:
        remedy = f"; for {most:g} percent write {most / 100:g}" if most >= 10 else ""
        raise ConfigError(
            f"{name} = {most:g} is {100 * most:g} % of equity, more than leverage {leverage:g} allows{remedy}; "
            "make it smaller or raise leverage="
        )
