"""The rules that market data must obey, each as one vectorised test. Readers raise the first problem; `inspect` counts
them all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walras.data._errors import fail

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# |price| below this fits int64 at 1e-9.
PRICE_LIMIT = 9.2e9


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows that break one rule."""

    name: str
    count: int
    rows: tuple[int, ...]  # the first few, counted from 0
    fact: str  # about the first row
    remedy: str
    severity: str = "error"  # "error": a reader refuses the data; "warning": it does not


def _find(name: str, bad: BoolArray, fact: str, remedy: str, severity: str = "error") -> Problem | None:
    """`fact` may name arrays' values through {i}."""
    rows = np.flatnonzero(bad)
    if rows.size == 0:
        return None
    return Problem(name, int(rows.size), tuple(int(r) for r in rows[:5]), fact, remedy, severity)


def iso(ns: int) -> str:
    """1381152660000000000 -> "2013-10-07T13:31:00Z"."""
    text = str(np.datetime64(int(ns), "ns"))
    head, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{head}.{fraction}Z" if fraction else f"{head}Z"


def number(value: float) -> str:
    """The shortest text that reads back as the same double; integers without a point."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def time_problems(ts: IntArray, *, repeats_allowed: bool) -> list[Problem]:
    step = np.diff(ts, prepend=ts[:1] - 1) if ts.size else ts
    found = []
    back = np.flatnonzero(step < 0)
    if back.size:
        i = int(back[0])
        found.append(
            _find(
                "unsorted",
                step < 0,
                f"the time {iso(ts[i])} is earlier than {iso(ts[i - 1])} of the row before",
                "sort the rows by time",
            )
        )
    same = np.flatnonzero(step == 0)
    if same.size and not repeats_allowed:
        i = int(same[0])
        found.append(
            _find(
                "duplicates",
                step == 0,
                f"the time {iso(ts[i])} repeats that of the row before",
                "keep one row for each time",
            )
        )
    return [p for p in found if p is not None]


def price_problems(name: str, price: FloatArray, *, nonpositive_allowed: bool = False) -> list[Problem]:
    found = []
    bad = ~np.isfinite(price)
    if bad.any():
        i = int(np.flatnonzero(bad)[0])
        word = "missing (NaN)" if np.isnan(price[i]) else "infinite"
        found.append(_find("not finite", bad, f"the {name} is {word}", "repair or remove the row"))
    with np.errstate(invalid="ignore"):
        if not nonpositive_allowed:
            bad = price <= 0
            if bad.any():
                i = int(np.flatnonzero(bad)[0])
                word = "zero" if price[i] == 0 else "negative"
                found.append(
                    _find(
                        f"{word} price",
                        bad,
                        f"the {name} is {number(price[i])}",
                        "repair or remove the row, or say nonpositive=True where such prices are real",
                    )
                )
        bad = np.isfinite(price) & (np.abs(price) >= PRICE_LIMIT)
        if bad.any():
            i = int(np.flatnonzero(bad)[0])
            found.append(
                _find(
                    "huge price",
                    bad,
                    f"the {name} is {number(price[i])}, and prices end at +-9.2e9",
                    "check price_scale=, or count in a larger currency unit",
                )
            )
    return [p for p in found if p is not None]


def size_problems(name: str, size: FloatArray, *, nan_allowed: bool) -> list[Problem]:
    with np.errstate(invalid="ignore"):
        bad = (size < 0) | np.isinf(size)
    if not nan_allowed:
        bad |= np.isnan(size)
    if not bad.any():
        return []
    i = int(np.flatnonzero(bad)[0])
    found = _find(
        "bad size",
        bad,
        f"the {name} is {number(size[i])}" if np.isfinite(size[i]) else f"the {name} is {size[i]}",
        "repair the row; sizes are at least 0",
    )
    return [found] if found is not None else []


def bar_problems(
    ts_open: IntArray,
    ts_close: IntArray,
    open_: FloatArray,
    high: FloatArray,
    low: FloatArray,
    close: FloatArray,
    volume: FloatArray,
    *,
    nonpositive_allowed: bool = False,
) -> list[Problem]:
    """Everything that a reader refuses in one instrument's bars."""
    found: list[Problem | None] = [*time_problems(ts_close, repeats_allowed=False)]
    if not found and ts_close.size > 1:
        overlap = np.zeros(ts_close.size, dtype=np.bool_)
        overlap[1:] = ts_open[1:] < ts_close[:-1]
        if overlap.any():
            i = int(np.flatnonzero(overlap)[0])
            found.append(
                _find(
                    "overlap",
                    overlap,
                    f"the bar opens at {iso(ts_open[i])}, before the one before it closed at {iso(ts_close[i - 1])}",
                    "check step=, and whether stamp= is the bars' open or close",
                )
            )
    for name, column in (("open", open_), ("high", high), ("low", low), ("close", close)):
        found.extend(price_problems(name, column, nonpositive_allowed=nonpositive_allowed))
    with np.errstate(invalid="ignore"):
        bad = high < low
        if bad.any():
            i = int(np.flatnonzero(bad)[0])
            found.append(
                _find(
                    "high below low",
                    bad,
                    f"the high {number(high[i])} is below the low {number(low[i])}",
                    "repair or remove the row",
                )
            )
        for name, column in (("open", open_), ("close", close)):
            outside = ((column < low) | (column > high)) & ~bad
            if outside.any():
                i = int(np.flatnonzero(outside)[0])
                found.append(
                    _find(
                        f"{name} outside range",
                        outside,
                        f"the {name} {number(column[i])} is outside the bar's range "
                        f"[{number(low[i])}, {number(high[i])}]",
                        "repair or remove the row",
                    )
                )
    found.extend(size_problems("volume", volume, nan_allowed=True))
    return [p for p in found if p is not None]


def quote_problems(
    ts: IntArray,
    bid: FloatArray,
    ask: FloatArray,
    bid_size: FloatArray,
    ask_size: FloatArray,
    *,
    one_sided: bool = False,
    nonpositive_allowed: bool = False,
) -> list[Problem]:
    found: list[Problem | None] = [*time_problems(ts, repeats_allowed=True)]
    for name, column, other in (("bid", bid, ask), ("ask", ask, bid)):
        if one_sided:
            column = np.where((column == 0) & (other != 0), 1.0, column)
        found.extend(price_problems(name, column, nonpositive_allowed=nonpositive_allowed))
    with np.errstate(invalid="ignore"):
        crossed = (bid > ask) & ~(one_sided & (ask == 0))
    if crossed.any():
        i = int(np.flatnonzero(crossed)[0])
        found.append(
            _find(
                "crossed quote",
                crossed,
                f"the bid {number(bid[i])} is above the ask {number(ask[i])}",
                "repair or remove the row, or say crossed=True where the rows are of several venues",
            )
        )
    found.extend(size_problems("bid size", bid_size, nan_allowed=True))
    found.extend(size_problems("ask size", ask_size, nan_allowed=True))
    return [p for p in found if p is not None]


def trade_problems(
    ts: IntArray, price: FloatArray, size: FloatArray, *, nonpositive_allowed: bool = False
) -> list[Problem]:
    return [
        *time_problems(ts, repeats_allowed=True),
        *price_problems("price", price, nonpositive_allowed=nonpositive_allowed),
        *size_problems("size", size, nan_allowed=False),
    ]


def raise_first(problems: list[Problem], source: str, first_line: int | None) -> None:
    """Raises the problem that comes first in the source."""
    errors = [p for p in problems if p.severity == "error"]
    if not errors:
        return
    worst = min(errors, key=lambda p: p.rows[0])
    more = f" ({worst.count} rows break this rule)" if worst.count > 1 else ""
    row = worst.rows[0]
    if first_line is not None:
        fail(source, worst.fact + more, worst.remedy, line=first_line + row)
    fail(source, worst.fact + more, worst.remedy, row=row)
