"""Rules about one row's values: prices that are none, ranges that contradict themselves, crossed quotes, sizes."""

from __future__ import annotations

import numpy as np

from walras.data._bars import FloatArray
from walras.data._care.audit import Edit
from walras.data._care.view import WORDS, BoolArray, Leg, View, decimal, plain


def _word(view: View, place: int, column: str) -> str:
    value = view.numbers(column)[place]
    text = view.text(place, column)
    if np.isnan(value):
        return f"{column!r} is missing" if text in {"", "nan", "NaN"} else f"{column!r} holds {text!r}, no number"
    if np.isinf(value):
        return f"{column!r} is infinite"
    return f"{column!r} is {text}, and prices are positive" if value <= 0 else f"{column!r} is {text}, too large"


def _given(view: View, column: str) -> BoolArray:
    """Cells that hold something (an empty cell of a wide table is no price that went wrong)."""
    series = view.frame[column]
    given = series.is_not_null()
    if series.dtype.is_float():
        given &= series.is_not_nan()
    return given.to_numpy()


def prices(view: View, mode: str) -> list[Edit]:
    """Missing, infinite, zero and negative prices.

    A high or low is rebuilt from open and close, an open from the close before (within the bar's range). Nothing stands
    for a missing close, bid, ask or trade: the row is dropped; of a table of many instruments the cell is emptied.
    """
    out: list[Edit] = []
    gone = np.zeros(view.rows, dtype=np.bool_)
    for leg in view.legs:
        fine = {w: view.is_price(view.numbers(c)) for w, c in leg.columns.items()}
        bad = ~np.logical_and.reduce(list(fine.values()))
        if leg.optional:
            bad &= _given(view, leg.columns["close"])
        if mode != "report":
            view.guard("prices", int(np.count_nonzero(bad)))
        for place in np.flatnonzero(bad & ~gone).tolist():
            first = next(w for w in leg.columns if not fine[w][place])
            reason = _word(view, place, leg.columns[first])
            if mode == "report":
                out.append(view.report(place, leg.columns[first], "prices", reason))
                continue
            if leg.optional:
                out.append(view.set(place, leg.columns["close"], "", "prices", f"{reason}: no bar at this time"))
                continue
            rebuilt = _rebuild(view, leg, fine, place) if leg.is_bar and mode == "repair" else None
            if rebuilt is None:
                gone[place] = True
                out.append(view.drop(place, "prices", reason))
            else:
                out += rebuilt
    return _without_dropped(view, out)


def _without_dropped(view: View, edits: list[Edit]) -> list[Edit]:
    """A row that goes is not repaired first, and goes once."""
    dropped = {e.row for e in edits if e.action == "drop"}
    seen: set[int] = set()
    out = []
    for e in edits:
        if e.action == "set" and e.row in dropped:
            continue
        if e.action == "drop":
            if e.row in seen:
                continue
            seen.add(e.row)
        out.append(e)
    del view
    return out


def _rebuild(view: View, leg: Leg, fine: dict[str, BoolArray], place: int) -> list[Edit] | None:
    columns = leg.columns
    if not fine["close"][place]:
        return None
    now = {w: decimal(view.text(place, columns[w])) for w in WORDS if fine[w][place]}
    out = []
    if "open" not in now:
        before = _close_before(view, leg, fine["close"], place)
        if before is None:
            return None
        value = decimal(view.text(before, columns["close"]))
        if "low" in now:
            value = max(value, now["low"])
        if "high" in now:
            value = min(value, now["high"])
        reason = f"{_word(view, place, columns['open'])}: the close before, within the bar's range"
        out.append(view.set(place, columns["open"], plain(value), "prices", reason))
        now["open"] = value
    for word, choose in (("high", max), ("low", min)):
        if word not in now:
            known = [now[w] for w in ("open", "close")]
            reason = (
                f"{_word(view, place, columns[word])}: the {'higher' if word == 'high' else 'lower'} of open and close"
            )
            out.append(view.set(place, columns[word], plain(choose(known)), "prices", reason))
    return out


def _close_before(view: View, leg: Leg, fine: BoolArray, place: int) -> int | None:
    """The last row before this one, of the same instrument, whose close is a price."""
    del leg
    group = view.groups[0] if len(view.groups) == 1 else next(g for g in view.groups if place in g)
    at = int(np.flatnonzero(group == place)[0])
    known = group[:at][fine[group[:at]]]
    return int(known[-1]) if known.size else None


def ranges(view: View, mode: str) -> list[Edit]:
    """high < low, and open or close outside [low, high].

    High and low are swapped where that alone makes sense; else the range is widened to hold all four prices.
    """
    out: list[Edit] = []
    for leg in view.legs:
        if not leg.is_bar:
            continue
        value = {w: view.numbers(leg.columns[w]) for w in WORDS}
        fine = np.logical_and.reduce([np.isfinite(v) for v in value.values()])
        with np.errstate(invalid="ignore"):
            crossed = value["high"] < value["low"]
            outside = np.logical_or.reduce(
                [(value[w] < value["low"]) | (value[w] > value["high"]) for w in ("open", "close")]
            )
        for place in np.flatnonzero(fine & (crossed | outside)).tolist():
            reason = _range_reason(value, place)
            if mode == "report":
                out.append(view.report(place, leg.columns["high"], "range", reason))
            elif mode == "drop":
                out.append(view.drop(place, "range", reason))
            else:
                out += _mend_range(view, leg, value, place, reason)
    return _without_dropped(view, out)


def _range_reason(value: dict[str, FloatArray], place: int) -> str:
    o, h, low, c = (value[w][place] for w in WORDS)
    if h < low:
        return f"the high {h:g} is below the low {low:g}"
    word, price = ("open", o) if not low <= o <= h else ("close", c)
    return f"the {word} {price:g} is outside [{low:g}, {h:g}]"


def _mend_range(view: View, leg: Leg, value: dict[str, FloatArray], place: int, reason: str) -> list[Edit]:
    o, h, low, c = (float(value[w][place]) for w in WORDS)
    high_column, low_column = leg.columns["high"], leg.columns["low"]
    if h < low and all(h <= x <= low for x in (o, c)):
        return [
            view.set(place, high_column, view.text(place, low_column), "range", f"{reason}: they are swapped"),
            view.set(place, low_column, view.text(place, high_column), "range", f"{reason}: they are swapped"),
        ]
    out = []
    for column, now, choose in ((high_column, h, max), (low_column, low, min)):
        wanted = choose(o, h, low, c)
        if wanted != now:
            word = next(w for w in WORDS if value[w][place] == wanted)
            why = f"{reason}: widened to the {word}"
            out.append(view.set(place, column, view.text(place, leg.columns[word]), "range", why))
    return out


def crossed(view: View, mode: str) -> list[Edit]:
    """bid > ask. Which side is stale nobody knows: the row is dropped, or bid and ask are swapped on request."""
    if view.kind != "quotes":
        return []
    bid_column, ask_column = view.roles.names["bid"], view.roles.names["ask"]
    bid, ask = view.numbers(bid_column), view.numbers(ask_column)
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero((bid > ask) & view.is_price(bid) & view.is_price(ask))
    out: list[Edit] = []
    if mode != "report":
        view.guard("crossed", rows.size)
    for place in rows.tolist():
        reason = f"the bid {bid[place]:g} is above the ask {ask[place]:g}"
        if mode == "report":
            out.append(view.report(place, bid_column, "crossed", reason))
        elif mode == "drop":
            out.append(view.drop(place, "crossed", reason))
        else:
            out.append(view.set(place, bid_column, view.text(place, ask_column), "crossed", f"{reason}: swapped"))
            out.append(view.set(place, ask_column, view.text(place, bid_column), "crossed", f"{reason}: swapped"))
    return out


def sizes(view: View, mode: str) -> list[Edit]:
    """Negative and infinite volumes and sizes, and cells that are no numbers: emptied, which says unknown.

    A trade without a size is none: the row is dropped.
    """
    out: list[Edit] = []
    for role, column in view.size_columns.items():
        value = view.numbers(column)
        with np.errstate(invalid="ignore"):
            bad = (value < 0) | np.isinf(value) | (np.isnan(value) & _given(view, column))
        if role == "size":
            bad |= np.isnan(value)
        for place in np.flatnonzero(bad).tolist():
            text = view.text(place, column)
            reason = f"{column!r} is {text or 'missing'}, and sizes are numbers of at least 0"
            if mode == "report":
                out.append(view.report(place, column, "sizes", reason))
            elif mode == "drop" or role == "size":
                out.append(view.drop(place, "sizes", reason))
            else:
                out.append(view.set(place, column, "", "sizes", f"{reason}: emptied, which says unknown"))
    return _without_dropped(view, out)
