"""Lines: columns of prices and indicators that show what is known now, and nothing after it.

A line is as long as the bars that have closed. `[-1]` is now, `[-2]` the bar before, a slice is a NumPy array; there is
no way from a line to a later value.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, overload
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from walras.errors import DataError

if TYPE_CHECKING:
    from walras._core import Bar
    from walras.data import BarColumns

FloatArray = NDArray[np.float64]


class Clock:
    """How many bars are known."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0


class Values(np.ndarray):
    """What arithmetic with lines gives: an array whose truth and number are those of its last value, which is now."""

    def __bool__(self) -> bool:
        return bool(self[-1]) if self.ndim == 1 and self.size else False

    def __float__(self) -> float:
        return float(self[-1]) if self.ndim == 1 and self.size else float("nan")


def _operator(name: str, *, turned: bool = False) -> Callable[[Line, Any], Any]:
    work = getattr(operator, name)

    def method(self: Line, other: Any) -> Any:
        a, b = np.asarray(self), np.asarray(other) if isinstance(other, Line) else other
        return np.asarray(work(b, a) if turned else work(a, b)).view(Values)

    return method


class Line:
    """One column, revealed as far as the clock says."""

    __slots__ = ("_clock", "_floats", "_values", "name")

    def __init__(self, name: str, values: NDArray[Any], clock: Clock, *, growing: bool = False) -> None:
        self.name = name
        self._values = values
        self._clock = clock
        # Python's own numbers are three times as quick as NumPy's, one at a time.
        self._floats: list[Any] | None = None if growing else values.tolist()

    def __len__(self) -> int:
        return self._clock.n

    @overload
    def __getitem__(self, key: int) -> float: ...
    @overload
    def __getitem__(self, key: slice) -> FloatArray: ...
    def __getitem__(self, key: int | slice) -> float | FloatArray:
        n = self._clock.n
        if isinstance(key, slice):
            return self._known()[key]
        place = key + n if key < 0 else key
        if not 0 <= place < n:
            raise IndexError(f"{self.name}[{key}]: {n} bars are known; [-1] is now and [{-n}] the first")
        floats = self._floats
        value: float = self._values[place].item() if floats is None else floats[place]
        return value

    def follow(self, values: NDArray[Any]) -> None:
        """Takes new values, for the bars that are known."""
        self._values, self._floats = values, None

    def _known(self) -> NDArray[Any]:
        out = self._values[: self._clock.n]
        out.flags.writeable = False
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        known = self._known() if dtype is None else self._known().astype(dtype)
        return known.copy() if copy else known

    @property
    def values(self) -> NDArray[Any]:
        """The known values as a read-only array, shape (time,)."""
        return self._known()

    @property
    def s(self) -> Any:
        """The known values as a pandas Series."""
        import pandas as pd

        return pd.Series(self._known(), name=self.name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._known().tolist())

    def __bool__(self) -> bool:
        return bool(self[-1]) if self._clock.n else False

    def __float__(self) -> float:
        return float(self[-1]) if self._clock.n else float("nan")

    def __repr__(self) -> str:
        n = self._clock.n
        return f"<Line {self.name}: {n} values{f', now {self[-1]}' if n else ''}>"

    __hash__ = None  # type: ignore[assignment]
    __lt__, __le__, __gt__, __ge__ = (_operator(w) for w in ("lt", "le", "gt", "ge"))
    __eq__, __ne__ = _operator("eq"), _operator("ne")
    __add__, __sub__, __mul__ = _operator("add"), _operator("sub"), _operator("mul")
    __truediv__, __pow__ = _operator("truediv"), _operator("pow")
    __radd__, __rsub__ = _operator("add", turned=True), _operator("sub", turned=True)
    __rmul__, __rtruediv__ = _operator("mul", turned=True), _operator("truediv", turned=True)

    def __neg__(self) -> Any:
        return (-self._known()).view(Values)

    def __abs__(self) -> Any:
        return np.abs(self._known()).view(Values)


class TimeLine(Line):
    """The opens of bars as naive datetimes in the bars' zone: a daily bar has its date."""

    __slots__ = ("_zone",)

    def __init__(self, values: NDArray[np.int64], clock: Clock, tz: str, *, growing: bool = False) -> None:
        super().__init__("index", values, clock, growing=growing)
        self._zone = ZoneInfo(tz)

    def __getitem__(self, key: Any) -> Any:
        ns = super().__getitem__(key)
        if isinstance(key, slice):
            return np.array([self._when(t) for t in ns.tolist()], dtype="datetime64[us]")
        return self._when(ns)

    def _when(self, ns: Any) -> datetime:
        return (
            datetime.fromtimestamp(ns // 1_000_000_000, UTC)
            .astimezone(self._zone)
            .replace(tzinfo=None, microsecond=ns // 1_000 % 1_000_000)
        )


class Prices:
    """`self.data`: the lines Open, High, Low, Close, Volume (small letters work too) and index."""

    __slots__ = ("Close", "High", "Low", "Open", "Volume", "_capacity", "_clock", "index", "instrument")

    def __init__(self, clock: Clock, bars: BarColumns | None, instrument: str, tz: str = "UTC") -> None:
        self._clock = clock
        self.instrument = instrument
        self._capacity = 0 if bars is None else len(bars)
        for name in _NAMES:
            values = np.empty(0) if bars is None else getattr(bars, name.lower())
            setattr(self, name, Line(name, values, clock, growing=bars is None))
        opens = np.empty(0, dtype=np.int64) if bars is None else bars.ts_open
        self.index = TimeLine(opens, clock, tz, growing=bars is None)

    Open: Line
    High: Line
    Low: Line
    Close: Line
    Volume: Line

    def append(self, bar: Bar) -> None:
        """A bar that nobody knew before: a live or simulated market."""
        n = self._clock.n
        if n == self._capacity:
            self._capacity = max(256, 2 * n)
            for line in (*(getattr(self, name) for name in _NAMES), self.index):
                grown = np.empty(self._capacity, dtype=line._values.dtype)
                grown[:n] = line._values[:n]
                line._values = grown
        for name in _NAMES:
            getattr(self, name)._values[n] = getattr(bar, name.lower())
        self.index._values[n] = bar.open_ts
        self._clock.n = n + 1

    def __len__(self) -> int:
        return self._clock.n

    def __getitem__(self, name: str) -> Line:
        line = getattr(self, name, None)
        if not isinstance(line, Line):
            raise KeyError(f"there is no column {name!r}; there are {', '.join(_NAMES)} and index")
        return line

    def __getattr__(self, name: str) -> Line:
        known = _SMALL.get(name)
        if known is None:
            raise AttributeError(f"self.data has no {name!r}; it has {', '.join(_NAMES)} and index")
        line: Line = getattr(self, known)
        return line

    @property
    def df(self) -> Any:
        """What is known as a pandas frame."""
        import pandas as pd

        columns = {name: getattr(self, name).values for name in _NAMES}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(self.index[:]))

    def __repr__(self) -> str:
        return f"<Prices {self.instrument}: {len(self)} bars>"


_NAMES = ("Open", "High", "Low", "Close", "Volume")
_SMALL = {name.lower(): name for name in _NAMES}


def crossover(a: Any, b: Any) -> bool:
    """`a` has just risen above `b`: below at the bar before, above now. Lines, arrays, or a number.

    >>> import walras as wl
    >>> wl.crossover([1.0, 3.0], [2.0, 2.0]), wl.crossover([1.0, 3.0], 2), wl.crossover([3.0, 4.0], 2)
    (True, True, False)
    """
    try:
        a_before, a_now = (a, a) if isinstance(a, int | float) else (a[-2], a[-1])
        b_before, b_now = (b, b) if isinstance(b, int | float) else (b[-2], b[-1])
    except IndexError:
        return False
    except TypeError:
        raise DataError(
            f"crossover takes two of lines, arrays and numbers, not {type(a).__name__} and {type(b).__name__}"
        ) from None
    return bool(a_before < b_before and a_now > b_now)
