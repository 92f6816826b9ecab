"""Splits that the prices show and nothing explains: overnight, the price is divided (or multiplied) by nearly k.

Found where close before / open lies within `split_tolerance` (log units; twice that from 4:1 on) of a usual ratio,
beyond the bound of outliers, and stays there. They are reported. `adjust` divides the prices before by k and multiplies
the volumes, in exact decimals rounded to 1e-9 of a currency unit (half to even). With a factor file only its splits are
made, and only those that the prices still show: prices that are adjusted already, and factors below 10 %, are left
alone.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import numpy as np

from walras.data._bars import IntArray
from walras.data._care.audit import Edit
from walras.data._care.outliers import Path, jumps, path_of
from walras.data._care.view import Leg, View, decimal, plain
from walras.data._factors import read_factors
from walras.data._numbers import scale_of
from walras.data._times import DAY, session_days

RATIOS = tuple(
    Fraction(a, b) for a, b in ((3, 2), *((k, 1) for k in (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100)))
)
_VISIBLE = 0.1  # log units: a smaller factor cannot be told from an ordinary night


def splits(view: View, mode: str) -> list[Edit]:
    """See the top of this file."""
    if view.kind in ("quotes", "trades"):
        return []
    from_file = view.settings.factors is not None
    out: list[Edit] = []
    for leg in view.legs:
        for group in view.groups:
            path = path_of(view, group, view.numbers(leg.columns["close"]))
            if path is None and not from_file:
                continue
            found = _from_factors(view, leg, group) if from_file else _seen(view, leg, path)
            if mode == "report":
                out += [view.report(place, leg.columns["close"], "splits", reason) for place, _, reason in found]
            elif found:
                out += _adjust(view, leg, group, found)
    return out


def _days(view: View) -> IntArray:
    times = view.opens if view.step is not None and view.step < DAY else view.closes
    return session_days(times, view.tz)


def _overnight(view: View, leg: Leg, before: int, after: int) -> float:
    """Price before the night / price after it."""
    first = leg.columns.get("open", leg.columns["close"])
    return float(view.numbers(leg.columns["close"])[before] / view.numbers(first)[after])


def _seen(view: View, leg: Leg, path: Path | None) -> list[tuple[int, Fraction, str]]:
    if path is None:
        return []
    s = view.settings
    days = _days(view)
    out = []
    for i in jumps(path, s.revert_rows):
        before, after = int(path.rows[i - 1]), int(path.rows[i])
        if days[before] == days[after]:
            continue
        ratio = _overnight(view, leg, before, after)
        if not (np.isfinite(ratio) and ratio > 0):
            continue
        near = min((k for r in RATIOS for k in (r, 1 / r)), key=lambda k: abs(np.log(ratio / float(k))))
        # Far from 1 there is nothing else that it could be.
        tolerance = s.split_tolerance * (1 if max(near, 1 / near) < 4 else 2)
        if abs(np.log(ratio / float(near))) > tolerance:
            continue
        reason = (
            f"from {_texts(view, leg, before, after)} overnight is nearly {_say(near)}: a split that nobody adjusted?"
        )
        out.append((after, near, reason))
    return out


def _texts(view: View, leg: Leg, before: int, after: int) -> str:
    first = leg.columns.get("open", leg.columns["close"])
    return f"{view.text(before, leg.columns['close'])} to {view.text(after, first)}"


def _say(k: Fraction) -> str:
    return f"{k.numerator}:{k.denominator}"


def _from_factors(view: View, leg: Leg, group: IntArray) -> list[tuple[int, Fraction, str]]:
    factors = read_factors(view.settings.factors)
    days = _days(view)[group]
    out = []
    following = np.append(factors.split_factor[1:], 1.0)
    for last_day, factor, then in zip(factors.last_day, factors.split_factor, following, strict=True):
        k = Fraction(float(then / factor)).limit_denominator(1000)
        at = int(np.searchsorted(days, last_day, side="right"))
        if k == 1 or at == 0 or at == group.size:
            continue
        before, after = int(group[at - 1]), int(group[at])
        wanted = np.log(float(k))
        if abs(wanted) < _VISIBLE or not abs(np.log(_overnight(view, leg, before, after)) - wanted) < abs(wanted) / 2:
            continue  # adjusted already, or too small to tell
        date = np.datetime64(int(last_day), "D")
        reason = f"{_say(k)} split after {date} by {factors.source}: from {_texts(view, leg, before, after)}"
        out.append((after, k, reason))
    return out


def _adjust(view: View, leg: Leg, group: IntArray, found: list[tuple[int, Fraction, str]]) -> list[Edit]:
    """Every row before a split, by the product of the splits after it."""
    if view.table.layout == "lean":
        view.table.fail(
            "LEAN's own layout counts in whole 1/10,000, which an adjusted price is not",
            "convert the file to CSV first: walras data convert IN OUT.csv",
        )
    times, divisor = scale_of(list(leg.columns.values()), view.settings.price_scale, view.table, integers=False)
    # 1e-9 of a currency unit, in the file's units.
    quantum = Decimal(1).scaleb(-9) * Decimal(repr(divisor)) / Decimal(repr(times))
    ratio = np.ones(group.size, dtype=object)
    cause = np.full(group.size, "", dtype=object)
    product, reasons = Fraction(1), ""
    ends = sorted(((int(np.flatnonzero(group == place)[0]), k, reason) for place, k, reason in found), reverse=True)
    for at, k, reason in ends:
        product *= k
        reasons = (
            f"{_say(product)} before {view.time_text(int(group[at]))}: {reason}"
            if not reasons
            else (f"{_say(product)} in all; {reason}")
        )
        ratio[:at] = product
        cause[:at] = reasons
    columns: list[tuple[str, Callable[[Decimal, Fraction], Decimal]]] = [
        (c, lambda v, k: v * k.denominator / k.numerator) for c in leg.columns.values()
    ]
    volumes = [] if leg.optional else list(view.size_columns.values())
    out: list[Edit] = []
    for i in range(ends[0][0]):
        place, k = int(group[i]), ratio[i]
        for column, scaled in columns:
            if not np.isfinite(view.numbers(column)[place]):
                continue
            new = scaled(decimal(view.text(place, column)), k).quantize(quantum.normalize(), ROUND_HALF_EVEN)
            out.append(view.set(place, column, plain(new), "splits", cause[i]))
        for column in volumes if leg is view.legs[0] else ():
            if not np.isfinite(view.numbers(column)[place]):
                continue
            new = (decimal(view.text(place, column)) * k.numerator / k.denominator).quantize(
                Decimal("1e-9"), ROUND_HALF_EVEN
            )
            out.append(view.set(place, column, plain(new), "splits", cause[i]))
    return [e for e in out if e.old != e.new]
