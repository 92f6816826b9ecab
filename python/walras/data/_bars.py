"""Bars: columns of one or many instruments, checked, read-only, times in nanoseconds UTC."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from walras.data import _check
from walras.data._errors import DataError
from walras.data._times import format_step, midnights, parse_step, session_days, zone

if TYPE_CHECKING:
    from walras._core import BarSeries

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_FLOATS = ("open", "high", "low", "close", "volume")


def int_column(values: ArrayLike, name: str) -> IntArray:
    """A contiguous read-only int64 copy or view."""
    array = np.asarray(values)
    if array.dtype.kind == "M":
        array = array.astype("datetime64[ns]").astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise DataError(
            f"the column {name!r} has type {array.dtype} and {array.ndim} dimensions; "
            "give int64 nanoseconds UTC in one dimension"
        )
    return _freeze(np.ascontiguousarray(array, dtype=np.int64))


def float_column(values: ArrayLike, name: str) -> FloatArray:
    """A contiguous read-only float64 copy or view."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" or array.ndim != 1:
        raise DataError(
            f"the column {name!r} has type {array.dtype} and {array.ndim} dimensions; give numbers in one dimension"
        )
    return _freeze(np.ascontiguousarray(array, dtype=np.float64))


def _freeze(array: NDArray[Any]) -> NDArray[Any]:
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class BarColumns:
    """One instrument's bars. All arrays have shape (time,) and are read-only.

    `ts_open`, `ts_close`: int64, ns UTC; a bar is known at its close. Prices: float64, currency units, exact at 1e-9.
    `volume`: float64, units of the instrument, NaN where unknown.
    """

    instrument: str
    ts_open: IntArray
    ts_close: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    step: int | None = None  # ns; None where bars have no common length
    tz: str = "UTC"  # in which a bar's session date is read
    closes_only: bool = False  # the source had closes: open = high = low = close
    source: str = "columns"

    def __len__(self) -> int:
        return int(self.ts_close.size)

    def take(self, rows: slice) -> BarColumns:
        """The rows of a slice, as views."""
        return replace(
            self,
            ts_open=self.ts_open[rows],
            ts_close=self.ts_close[rows],
            **{name: getattr(self, name)[rows] for name in _FLOATS},
        )


_HASHES: WeakKeyDictionary[BarColumns, str] = WeakKeyDictionary()


def series_hash(s: BarColumns, series: BarSeries | None = None) -> str:
    """sha256 over one instrument's name and columns; remembered as long as the columns live.

    With `series`, the rows that the core has made of the columns are hashed: what a run has read, whatever has become
    of the arrays since.
    """
    known = _HASHES.get(s)
    if known is None:
        digest = hashlib.sha256(b"walras-bars-2")
        digest.update(f"{s.instrument}\0{len(s)}\0".encode())
        if series is None:
            times, volume = (s.ts_open, s.ts_close), s.volume
            prices = (np.rint(getattr(s, name) * 1e9).astype("<i8") for name in ("open", "high", "low", "close"))
        else:
            rows = series.columns()
            times, volume = (rows["open_time"], rows["close_time"]), rows["volume"]
            prices = (rows[name] for name in ("open", "high", "low", "close"))
        for column in (*times, *prices):
            digest.update(column.astype("<i8").tobytes())
        digest.update(np.where(np.isnan(volume), -1.0, volume).astype("<f8").tobytes())
        known = _HASHES[s] = digest.hexdigest()
    return known


def joined_hash(parts: Sequence[str]) -> str:
    """One hash for several."""
    return parts[0] if len(parts) == 1 else hashlib.sha256("".join(parts).encode()).hexdigest()


class Bars:
    """Bars of one or many instruments.

    `bars.close` and the other columns are NumPy views where there is one instrument; `bars["KO"]` picks one of many;
    `bars.matrix("close")` lines all of them up on one time axis. Iterating gives one Bars per instrument.

    Example:
        >>> import walras as wl
        >>> prices = wl.data.bars_from_frame(wl.data.load_demo_prices())
        >>> prices["KO"].close[:2]
        array([2.235, 2.203])
    """

    __slots__ = ("_by_name", "_hash", "_series")

    def __init__(self, series: Iterable[BarColumns]) -> None:
        self._series = tuple(series)
        self._by_name = {s.instrument: s for s in self._series}
        self._hash: str | None = None
        if not self._series:
            raise DataError("there are no bars; give at least one instrument")
        if len(self._by_name) != len(self._series):
            names = [s.instrument for s in self._series]
            twice = next(n for n in names if names.count(n) > 1)
            raise DataError(f"the instrument {twice!r} comes twice; give each of them its own name with instrument=")

    @classmethod
    def from_columns(
        cls,
        instrument: str,
        ts_close: ArrayLike,
        open: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
        volume: ArrayLike | None = None,
        *,
        ts_open: ArrayLike | None = None,
        step: str | int | None = None,
        tz: str = "UTC",
        closes_only: bool = False,
        nonpositive: bool = False,
        source: str = "columns",
        first_line: int | None = None,
    ) -> Bars:
        """Arrays of shape (time,) to checked bars. Give `ts_open`, or `step` as the length of each bar.

        Raises DataError at the first row that breaks a rule (docs/concepts/data.md).
        """
        zone(tz)
        closes = int_column(ts_close, "ts_close")
        length = parse_step(step)
        if ts_open is None:
            if length is None:
                raise DataError(
                    "neither ts_open nor step is given, so nobody knows when the bars open; give one of them"
                )
            opens = _freeze(closes - length)
        else:
            opens = int_column(ts_open, "ts_open")
        n = closes.size
        columns = {
            "open": float_column(open, "open"),
            "high": float_column(high, "high"),
            "low": float_column(low, "low"),
            "close": float_column(close, "close"),
            "volume": float_column(volume, "volume") if volume is not None else _freeze(np.full(n, np.nan)),
        }
        for name, column in (("ts_open", opens), *columns.items()):
            if column.size != n:
                raise DataError(
                    f"{source}: the column {name!r} has {column.size} rows and ts_close has {n}; "
                    "give columns of one length"
                )
        if n == 0:
            raise DataError(f"{source}: there are no rows; give at least one bar")
        late = np.flatnonzero(opens > closes)
        if late.size:
            raise DataError(f"{source}, row {late[0]}: the bar opens after it closes; check ts_open and step")
        problems = _check.bar_problems(
            opens,
            closes,
            columns["open"],
            columns["high"],
            columns["low"],
            columns["close"],
            columns["volume"],
            nonpositive_allowed=nonpositive,
        )
        _check.raise_first(problems, source, first_line)
        return cls(
            [
                BarColumns(
                    instrument, opens, closes, step=length, tz=tz, closes_only=closes_only, source=source, **columns
                )
            ]
        )

    # ---- what is inside ----------------------------------------------------------------------------------------

    @property
    def instruments(self) -> tuple[str, ...]:
        """Names, in the order in which they were given."""
        return tuple(self._by_name)

    @property
    def series(self) -> tuple[BarColumns, ...]:
        """The columns of each instrument, in order."""
        return self._series

    def __len__(self) -> int:
        return sum(len(s) for s in self._series)

    def __iter__(self) -> Iterator[Bars]:
        return (Bars([s]) for s in self._series)

    def __contains__(self, instrument: object) -> bool:
        return instrument in self._by_name

    def __getitem__(self, key: str | Sequence[str] | slice) -> Bars:
        """`bars["KO"]` and `bars[["KO", "PEP"]]` pick instruments, slices pick rows.

        `bars[:50]` and `bars[-250:]` count rows: the times at which any instrument's bar closes, as in `matrix`.
        `bars["2020":"2021-06-30"]`, with texts, dates, datetimes or np.datetime64, is `between`: rows that close in
        [start, end).

        >>> import walras as wl
        >>> ko = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
        >>> len(ko[-250:]), len(ko["2020-01-01":"2020-02-01"])
        (250, 21)
        """
        if isinstance(key, slice):
            return self._slice(key)
        if isinstance(key, (int, np.integer)):
            raise DataError(f"bars[{key}] is neither an instrument nor rows; write bars[{key}:{key + 1}] for one row")
        names = [key] if isinstance(key, str) else list(key)
        for name in names:
            if name not in self._by_name:
                raise DataError(f"there are no bars of {name!r}; known are {', '.join(self.instruments)}")
        return Bars([self._by_name[name] for name in names])

    def _slice(self, key: slice) -> Bars:
        if key.step is not None:
            raise DataError("bars cannot be sliced with a stride; take rows from the columns instead")
        ends = [end for end in (key.start, key.stop) if end is not None]
        counts = [isinstance(end, (int, np.integer)) for end in ends]
        if not any(counts):
            return self.between(key.start, key.stop)
        if not all(counts):
            raise DataError(f"bars[{key.start}:{key.stop}] mixes a row and a time; give two of one kind")
        times = np.unique(np.concatenate([s.ts_close for s in self._series]))
        chosen = times[key]
        if not chosen.size:
            raise DataError(f"bars[{key.start}:{key.stop}] holds no row; there are {times.size}")
        return self.between(int(chosen[0]), int(chosen[-1]) + 1)

    def between(self, start: object = None, end: object = None) -> Bars:
        """Rows that close in [start, end). Dates mean midnight in the bars' time zone; integers are ns UTC."""
        out = []
        for s in self._series:
            first = 0 if start is None else int(np.searchsorted(s.ts_close, instant(start, s.tz)))
            last = len(s) if end is None else int(np.searchsorted(s.ts_close, instant(end, s.tz)))
            if last > first:
                out.append(s.take(slice(first, last)))
        if not out:
            since = "" if start is None else f" from {start} on"
            before = "" if end is None else f" before {end}"
            raise DataError(f"no bar closes{since}{before}; the bars span {self.span_text}")
        return Bars(out)

    @property
    def span(self) -> tuple[int, int]:
        """First open and last close, ns UTC."""
        return min(int(s.ts_open[0]) for s in self._series), max(int(s.ts_close[-1]) for s in self._series)

    @property
    def span_text(self) -> str:
        first, last = self.span
        return f"{_check.iso(first)} to {_check.iso(last)}"

    def _one(self) -> BarColumns:
        if len(self._series) != 1:
            raise DataError(
                f"these are bars of {len(self._series)} instruments; "
                f"pick one, for example bars[{self.instruments[0]!r}], "
                "or line them up with bars.matrix('close')"
            )
        return self._series[0]

    @property
    def instrument(self) -> str:
        return self._one().instrument

    @property
    def ts_open(self) -> IntArray:
        return self._one().ts_open

    @property
    def ts_close(self) -> IntArray:
        return self._one().ts_close

    @property
    def open(self) -> FloatArray:
        return self._one().open

    @property
    def high(self) -> FloatArray:
        return self._one().high

    @property
    def low(self) -> FloatArray:
        return self._one().low

    @property
    def close(self) -> FloatArray:
        return self._one().close

    @property
    def volume(self) -> FloatArray:
        return self._one().volume

    @property
    def step(self) -> int | None:
        """Length of a bar in ns; None where instruments differ or it is unknown."""
        steps = {s.step for s in self._series}
        return steps.pop() if len(steps) == 1 else None

    @property
    def tz(self) -> str:
        """The time zone of session dates; "UTC" where instruments differ."""
        zones = {s.tz for s in self._series}
        return zones.pop() if len(zones) == 1 else "UTC"

    @property
    def closes_only(self) -> bool:
        """The source had no opens: orders then fill at the next close by default."""
        return any(s.closes_only for s in self._series)

    @property
    def source(self) -> str:
        """Where the bars come from: paths, comma-separated, each once."""
        return ", ".join(dict.fromkeys(s.source for s in self._series))

    @property
    def price_decimals(self) -> int:
        """The fewest decimals (0 to 9) that write every price exactly."""
        return max(decimals_of(s.open, s.high, s.low, s.close) for s in self._series)

    @property
    def data_hash(self) -> str:
        """sha256 over names, times, prices in 1e-9 and volumes: equal data, equal hash, whatever the file."""
        if self._hash is None:
            self._hash = joined_hash([series_hash(s) for s in self._series])
        return self._hash

    # ---- other shapes ------------------------------------------------------------------------------------------

    def frame(self) -> pl.DataFrame:
        """A polars frame in order of time, then of instruments: instrument, ts_open, ts_close (UTC), prices, volume."""
        parts = [
            pl.DataFrame(
                {
                    "instrument": pl.Series([s.instrument], dtype=pl.String).new_from_index(0, len(s)),
                    "ts_open": pl.Series(s.ts_open).cast(pl.Datetime("ns", "UTC")),
                    "ts_close": pl.Series(s.ts_close).cast(pl.Datetime("ns", "UTC")),
                    **{name: getattr(s, name) for name in _FLOATS},
                }
            )
            for s in self._series
        ]
        frame = pl.concat(parts)
        return frame.sort("ts_close", maintain_order=True) if len(parts) > 1 else frame

    def frame_of_rows(self, rows: IntArray) -> pl.DataFrame:
        """The rows of `frame()` with these numbers, counted through the instruments one after the other."""
        starts = np.cumsum([0, *(len(s) for s in self._series)])
        which = np.searchsorted(starts, rows, side="right") - 1
        columns = {n: np.empty(rows.size, dtype=np.int64) for n in ("ts_open", "ts_close")} | {
            n: np.empty(rows.size, dtype=np.float64) for n in _FLOATS
        }
        for i in np.unique(which).tolist():
            here = which == i
            for name, column in columns.items():
                column[here] = getattr(self._series[i], name)[rows[here] - starts[i]]
        names = pl.Series("instrument", list(self.instruments), dtype=pl.String).gather(pl.Series(which))
        times = [pl.Series(n, columns.pop(n)).cast(pl.Datetime("ns", "UTC")) for n in ("ts_open", "ts_close")]
        return pl.DataFrame([names, *times, *(pl.Series(n, c) for n, c in columns.items())])

    def matrix(self, column: str = "close") -> tuple[IntArray, FloatArray]:
        """(times, values): all instruments on one axis of closes, shape (time, asset); NaN where one has no bar."""
        if column not in _FLOATS:
            raise DataError(f"there is no column {column!r}; choose one of {', '.join(_FLOATS)}")
        times = np.unique(np.concatenate([s.ts_close for s in self._series]))
        values = np.full((times.size, len(self._series)), np.nan)
        for i, s in enumerate(self._series):
            values[np.searchsorted(times, s.ts_close), i] = getattr(s, column)
        return times, values

    def session_dates(self) -> NDArray[np.datetime64]:
        """The date of each close in the bars' zone, datetime64[D]; one instrument only."""
        s = self._one()
        return session_days(s.ts_close, s.tz).astype("datetime64[D]")

    def rename(self, instrument: str) -> Bars:
        """The same bars under another name; one instrument only."""
        return Bars([replace(self._one(), instrument=instrument)])

    def __repr__(self) -> str:
        names = ", ".join(self.instruments[:4]) + (", ..." if len(self.instruments) > 4 else "")
        step = format_step(self.step) if self.step is not None else "mixed steps"
        return f"<Bars {names}: {len(self):,} rows of {step}, {self.span_text}>"


def combine(bars: Bars | Iterable[Bars]) -> Bars:
    """Several Bars as one, in the order given. Raises DataError if an instrument comes twice."""
    if isinstance(bars, Bars):
        return bars
    parts = list(bars)
    for part in parts:
        if not isinstance(part, Bars):
            raise DataError(f"a {type(part).__name__} is not Bars; read it with walras.data.read_bars first")
    return Bars([s for part in parts for s in part.series])


def decimals_of(*columns: FloatArray) -> int:
    """The fewest decimals, 0 to 9, that write all values exactly at 1e-9."""
    most = 0
    for column in columns:
        raw = np.rint(column[np.isfinite(column)] * 1e9).astype(np.int64)
        while most < 9 and bool(np.any(raw % 10 ** (9 - most))):
            most += 1
    return most


def instant(when: object, tz: str) -> int:
    """A date, datetime, text or integer as ns UTC. Without an offset it is wall time in `tz`."""
    if isinstance(when, (int, np.integer)) and not isinstance(when, bool):
        return int(when)
    if isinstance(when, np.datetime64):
        return int(when.astype("datetime64[ns]").astype(np.int64))
    if isinstance(when, str):
        fraction = re.search(r":\d\d\.(\d{7,9})", when)
        if fraction is not None:  # datetime would cut it to microseconds
            coarse = when[: fraction.start(1)] + fraction[1][:6] + when[fraction.end(1) :]
            return instant(coarse, tz) + int(fraction[1][6:].ljust(3, "0"))
        try:
            when = datetime.fromisoformat(when)
        except ValueError:
            raise DataError(f"{when!r} is not a time; write it like '2013-10-07' or '2013-10-07T09:30'") from None
    if isinstance(when, datetime):
        aware = when if when.tzinfo is not None else when.replace(tzinfo=zone(tz))
        since = aware.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
    if isinstance(when, date):
        return int(midnights(np.array([when.toordinal() - 719_163], dtype=np.int64), tz)[0])
    raise DataError(f"a {type(when).__name__} is not a time; give a date, a datetime, its text or nanoseconds")


def default_name(path: Path) -> str:
    """ "data/aapl.csv.gz" -> "AAPL"."""
    name = path.name
    for suffix in (
        ".gz",
        ".csv",
        ".txt",
        ".tsv",
        ".dat",
        ".parquet",
        ".pq",
        ".feather",
        ".arrow",
        ".h5",
        ".hdf5",
        ".zip",
    ):
        name = name.removesuffix(suffix)
    return name.upper()
