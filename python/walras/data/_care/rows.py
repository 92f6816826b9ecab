"""Rules about rows: times that cannot be read, order, duplicates and conflicts."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import polars as pl

from walras.data import _check
from walras.data._bars import IntArray
from walras.data._care.audit import Edit
from walras.data._care.view import TICKS, View


def times(view: View, mode: str) -> list[Edit]:
    """A row whose time cannot be read belongs nowhere."""
    names = " and ".join(repr(c) for c in view.time_columns)
    reason = f"the time in {names} is missing or not like the others"
    return [
        view.drop(p, "times", reason) if mode == "drop" else view.report(p, view.time_columns[0], "times", reason)
        for p in np.flatnonzero(view.bad_times).tolist()
    ]


def unsorted(view: View, mode: str) -> list[Edit]:
    """The fewest rows that must move for times not to go back; equal times keep their order."""
    ts = view.closes
    late = [g[1:][np.diff(ts[g]) < 0] for g in view.groups]
    if not any(rows.size for rows in late):
        return []
    if mode == "report":
        return [
            view.report(p, view.time_columns[0], "unsorted", "the time is earlier than that of the row before")
            for rows in late
            for p in rows.tolist()
        ]
    if len(view.groups) == 1 and view.rows > 2 and bool(np.all(np.diff(ts) <= 0)):
        return [Edit(-1, "", "reverse", "", "", "unsorted", "the newest row comes first: all rows are turned round")]
    out = []
    for group in view.groups:
        stays = _longest_rise(ts[group])
        order = group[np.argsort(ts[group], kind="stable")]
        still = np.zeros(view.rows, dtype=np.bool_)
        still[group[stays]] = True
        for i, place in enumerate(order.tolist()):
            if still[place]:
                continue
            before = f"after {view.ids[order[i - 1]]}" if i else "first"
            reason = f"its time {_check.iso(int(ts[place]))} belongs there"
            row = int(view.ids[place])
            out.append(Edit(row, "", "move", "", before, "unsorted", reason, view.time_text(place)))
    return out


def _longest_rise(ts: IntArray) -> IntArray:
    """Places of a longest subsequence that does not decrease (patience sorting, O(n log n))."""
    tops: list[int] = []
    where: list[int] = []
    back = np.full(ts.size, -1, dtype=np.int64)
    for i, t in enumerate(ts.tolist()):
        k = bisect_right(tops, t)
        if k:
            back[i] = where[k - 1]
        if k == len(tops):
            tops.append(t)
            where.append(i)
        else:
            tops[k], where[k] = t, i
    out = np.empty(len(where), dtype=np.int64)
    at = where[-1]
    for k in range(len(where) - 1, -1, -1):
        out[k] = at
        at = int(back[at])
    return out


def _first_of_equals(view: View) -> pl.Series:
    """True where no row before is the same in every cell."""
    return view.frame.select(pl.struct(pl.all()).is_first_distinct()).to_series()


def duplicates(view: View, mode: str) -> list[Edit]:
    """A row that repeats another in every cell. Two trades without ids may well be equal, and are left alone."""
    if view.kind == "trades" and "trade_id" not in view.roles:
        return []
    repeats = np.flatnonzero(~_first_of_equals(view).to_numpy())
    reason = "every cell repeats that of an earlier row"
    return [
        view.drop(p, "duplicates", reason)
        if mode == "drop"
        else view.report(p, view.time_columns[0], "duplicates", reason)
        for p in repeats.tolist()
    ]


def conflicts(view: View, mode: str) -> list[Edit]:
    """Different rows for one time. Of ticks there may be many at one time; of bars one."""
    if view.kind in TICKS:
        return []
    ts = view.closes
    first = _first_of_equals(view).to_numpy()
    out: list[Edit] = []
    for group in view.groups:
        rows = group[first[group]]
        starts = np.flatnonzero(np.diff(ts[rows], prepend=ts[rows[:1]] - 1))
        ends = np.append(starts[1:], rows.size)
        for a, b in zip(starts[ends - starts > 1].tolist(), ends[ends - starts > 1].tolist(), strict=True):
            same = rows[a:b].tolist()
            kept = {"last": same[-1:], "first": same[:1], "drop": []}.get(mode, same)
            fact = f"{len(same)} different rows have this time"
            for place in same:
                if mode == "report":
                    if place != same[0]:
                        out.append(view.report(place, view.time_columns[0], "conflicts", fact))
                elif place not in kept:
                    what = f"the {mode} one is kept" if kept else "none is kept"
                    out.append(view.drop(place, "conflicts", f"{fact}; {what}"))
    return out
