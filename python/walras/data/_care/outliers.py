"""Bad ticks: prices that jump away and come back.

The yardstick of a row is s = 1.4826 x the median absolute deviation of log returns in a window of rows around it, which
a few wild rows do not move; at least the median of all returns that are not zero, and at least one tick (the smallest
change of price in the file), so that a quiet hour does not make the next price an outlier. The bound is `sigma` x s,
and at least `min_move`: what moves less does no harm and is mostly the market's own.

- A close (or bid, ask, trade) is a bad tick where it leaves by more than the bound and within `revert_rows` rows three
  quarters of the way are gone back. What stays away is not: it is reported and kept, for it may be news or a split.
- An open is one where it lies further than that outside both the close before and its own close; a high or low where
  it lies further than that from the higher or lower of open and close. Here s is at least the median of log(high / low)
  in the window.

Repair. If shifting the decimal point brings the price back, that is it. Else a close or open becomes the close before,
which was known then; a high or low becomes the higher or lower of open and close. Nothing is interpolated: a mean with
the row after would look ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl

from walras.data._bars import FloatArray, IntArray
from walras.data._care.audit import Edit
from walras.data._care.view import Leg, View, decimal, plain

_NORMAL = 1.4826  # median absolute deviation to standard deviation, for a normal distribution
_WAY_BACK = 0.25  # of the jump that may remain
_SHIFTS = (10, 100, 1000)


@dataclass(frozen=True)
class Path:
    """One instrument's good prices in order of time. Arrays of shape (n,) but `moves`, (n - 1,)."""

    rows: IntArray  # places in the view
    log: FloatArray
    moves: FloatArray  # log returns
    scale: FloatArray  # s at each price
    bound: FloatArray  # how far a price may go


def path_of(view: View, rows: IntArray, prices: FloatArray) -> Path | None:
    """None where there are too few prices to know what is usual."""
    good = rows[view.is_price(prices[rows]) & (prices[rows] > 0)]
    if good.size < 8:
        return None
    s = view.settings
    log = np.log(prices[good])
    moves = np.diff(log)
    scale = scales(prices[good], moves, s.window)
    return Path(good, log, moves, scale, np.maximum(s.sigma * scale, np.log1p(s.min_move)))


def scales(prices: FloatArray, moves: FloatArray, window: int) -> FloatArray:
    """s at each price, as on top of this file."""
    middle = _rolling_median(moves, window)
    spread = _NORMAL * _rolling_median(np.abs(moves - middle), window)
    nonzero = np.abs(moves[moves != 0])
    steps = np.abs(np.diff(prices))
    tick = float(np.min(steps[steps > 0], initial=np.inf))
    usual = float(np.median(nonzero)) if nonzero.size else 0.0
    ticks = tick / prices if np.isfinite(tick) else np.zeros(prices.size)
    return np.maximum(np.maximum(np.append(spread[:1], spread), ticks), max(usual, 1e-9))


def _rolling_median(values: FloatArray, window: int) -> FloatArray:
    size = min(window, values.size)
    rolled = pl.Series(values).rolling_median(size, min_samples=max(size // 2, 1), center=True)
    return rolled.fill_null(strategy="forward").fill_null(strategy="backward").to_numpy()


def _wild(path: Path) -> IntArray:
    """Prices further from the one before than the bound."""
    return (np.flatnonzero(np.abs(path.moves) > path.bound[1:]) + 1).astype(np.int64)


def spikes(path: Path, revert_rows: int) -> list[tuple[int, int]]:
    """[first, end) of each run of prices that leaves and comes back."""
    out: list[tuple[int, int]] = []
    done = 0
    for first in _wild(path).tolist():
        if first < done:
            continue
        start = path.log[first - 1]
        jump = path.log[first] - start
        for end in range(first + 1, min(first + revert_rows, path.log.size - 1) + 1):
            if np.any((path.log[first:end] - start) * np.sign(jump) <= path.bound[first]):
                break
            if abs(path.log[end] - start) <= _WAY_BACK * abs(jump):
                out.append((first, end))
                done = end + 1
                break
    return out


def jumps(path: Path, revert_rows: int) -> list[int]:
    """Prices that leave and stay away."""
    back: set[int] = set()
    for first, end in spikes(path, revert_rows):
        back.update(range(first, end + 1))
    return [i for i in _wild(path).tolist() if i not in back]


def outliers(view: View, mode: str) -> list[Edit]:
    """See the top of this file."""
    out: list[Edit] = []
    for leg in view.legs:
        for group in view.groups:
            path = path_of(view, group, view.numbers(leg.columns["close"]))
            if path is None:
                continue
            found = _closes(view, leg, path, mode)
            out += found
            if leg.is_bar:
                touched = {e.row for e in found if e.action != "report"}
                out += _inside(view, leg, path, mode, touched)
    dropped = {e.row for e in out if e.action == "drop"}
    once: set[int] = set()
    result = []
    for e in out:
        if e.row in dropped and (e.action != "drop" or e.row in once):
            continue
        once.add(e.row)
        result.append(e)
    return result


def _closes(view: View, leg: Leg, path: Path, mode: str) -> list[Edit]:
    s = view.settings
    out: list[Edit] = []
    column = leg.columns["close"]
    for first, end in spikes(path, s.revert_rows):
        before = int(path.rows[first - 1])
        for i in range(first, end):
            place = int(path.rows[i])
            far = abs(path.log[i] - path.log[first - 1]) / path.scale[first]
            reason = (
                f"{_name(leg, 'close')} {view.text(place, column)} after {view.text(before, column)} is {far:.0f} "
                f"robust standard deviations away and back within {end - first} row{'s' if end - first > 1 else ''}"
            )
            if mode == "report":
                out.append(view.report(place, column, "outliers", reason))
            elif mode == "drop":
                out.append(
                    view.set(place, column, "", "outliers", reason)
                    if leg.optional
                    else view.drop(place, "outliers", reason)
                )
            else:
                out += _mend_bar(view, leg, place, before, float(path.bound[first]), reason)
    for i in jumps(path, s.revert_rows):
        place = int(path.rows[i])
        far = abs(path.moves[i - 1]) / path.scale[i]
        reason = (
            f"{_name(leg, 'close')} moves from {view.text(int(path.rows[i - 1]), column)} by {far:.0f} robust standard "
            "deviations and does not come back: kept; check for a split or news"
        )
        out.append(view.report(place, column, "outliers", reason))
    return out


def _mend_bar(view: View, leg: Leg, place: int, before: int, bound: float, reason: str) -> list[Edit]:
    """A close that is a bad tick, and what else in its bar went the same way."""
    reference = float(view.numbers(leg.columns["close"])[before])
    text = view.text(before, leg.columns["close"])
    out = []
    for word in ("close", "open", "high", "low"):
        column = leg.columns.get(word)
        if column is None:
            continue
        value = float(view.numbers(column)[place])
        if not value > 0 or abs(np.log(value / reference)) <= bound:
            continue
        shifted = _shift(view.text(place, column), value, reference, bound)
        if shifted is not None:
            new, how = plain(shifted), "the decimal point is shifted back"
        else:
            new, how = text, "becomes the close before"
        why = f"{reason}: {how}" if word == "close" else f"as far off as its close: {how}"
        out.append(view.set(place, column, new, "outliers", why))
    return out


def _shift(text: str, value: float, reference: float, bound: float) -> Decimal | None:
    """The price with its decimal point moved, where that brings it near the reference."""
    for by in _SHIFTS:
        for exact, moved in ((decimal(text) / by, value / by), (decimal(text) * by, value * by)):
            if abs(np.log(moved / reference)) <= min(bound, 0.2):
                return exact
    return None


def _name(leg: Leg, word: str) -> str:
    return f"the {leg.name or word}" if not leg.is_bar or not leg.name else f"the {leg.name} {word}"


def _inside(view: View, leg: Leg, path: Path, mode: str, touched: set[int]) -> list[Edit]:
    """Opens, highs and lows beyond what the closes around them explain."""
    rows = path.rows
    value = {w: view.numbers(leg.columns[w])[rows] for w in ("open", "high", "low", "close")}
    fine = np.logical_and.reduce([view.is_price(v) & (v > 0) for v in value.values()])
    with np.errstate(invalid="ignore", divide="ignore"):
        log = {w: np.log(v) for w, v in value.items()}
    spread = np.where(fine & (value["high"] > value["low"]), log["high"] - log["low"], 0.0)
    scale = np.maximum(path.scale, _rolling_median(spread, view.settings.window))
    bound = np.maximum(view.settings.sigma * scale, path.bound)
    before = np.append(log["close"][:1], log["close"][:-1])
    with np.errstate(invalid="ignore"):
        over = log["open"] - np.maximum(before, log["close"])
        under = np.minimum(before, log["close"]) - log["open"]
        bad_open = fine & (np.maximum(over, under) > bound)
        bad_open[0] = False
        top = np.where(bad_open, log["close"], np.maximum(log["open"], log["close"]))
        bottom = np.where(bad_open, log["close"], np.minimum(log["open"], log["close"]))
        # A high may also be far too low: 9.98 for 99.8.
        bad = {"high": fine & (np.abs(log["high"] - top) > bound), "low": fine & (np.abs(log["low"] - bottom) > bound)}
    out: list[Edit] = []
    opens: dict[int, str] = {}  # as repaired
    for word, flags in (("open", bad_open), *bad.items()):
        for i in np.flatnonzero(flags).tolist():
            if int(view.ids[rows[i]]) in touched:
                continue
            far = abs(log[word][i] - log["close"][i]) / scale[i]
            made = _mend_inside(view, leg, path, word, i, far, float(bound[i]), mode, opens.get(i))
            if word == "open" and made.action == "set":
                opens[i] = made.new
            out.append(made)
    return out


def _mend_inside(
    view: View, leg: Leg, path: Path, word: str, i: int, far: float, bound: float, mode: str, new_open: str | None
) -> Edit:
    place, column = int(path.rows[i]), leg.columns[word]
    text, close = view.text(place, column), view.text(place, leg.columns["close"])
    reason = f"{_name(leg, word)} {text} is {far:.0f} robust standard deviations from the close {close}"
    if mode == "report":
        return view.report(place, column, "outliers", reason)
    if mode == "drop":
        return view.drop(place, "outliers", reason)
    value = float(view.numbers(column)[place])
    open_ = new_open or view.text(place, leg.columns["open"])
    shifted = _shift(text, value, float(np.exp(path.log[i])), bound)
    within = {"high": max(open_, close, key=decimal), "low": min(open_, close, key=decimal)}
    is_wrong_side = shifted is not None and (
        (word == "high" and shifted < decimal(within["high"])) or (word == "low" and shifted > decimal(within["low"]))
    )
    if shifted is not None and not is_wrong_side:
        return view.set(place, column, plain(shifted), "outliers", f"{reason}: the decimal point is shifted back")
    if word == "open":
        before = view.text(int(path.rows[i - 1]), leg.columns["close"])
        return view.set(place, column, before, "outliers", f"{reason}: becomes the close before")
    which = "higher" if word == "high" else "lower"
    return view.set(place, column, within[word], "outliers", f"{reason}: becomes the {which} of open and close")
