"""Holes in time. They are reported; `fill` puts in bars of the close before with no volume, never by default.

What is missing: inside a day, every step between neighbours; of days, those that the calendar has, or all where a
market never closes. Without a calendar nobody can tell a holiday from a missing day, so only gaps of three working days
and more are reported, and days are filled only with one.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from walras.data import _calendar, _check
from walras.data._bars import IntArray
from walras.data._care.audit import Edit, cell
from walras.data._care.view import TICKS, View, decimal, plain
from walras.data._times import DAY, format_step, localize, midnights, parse_times, session_days, write_times


def gaps(view: View, mode: str) -> list[Edit]:
    """See the top of this file."""
    step = view.step
    if view.kind in TICKS or step is None:
        return []
    out: list[Edit] = []
    number = max(int(view.ids.max()) + 1, view.source_rows)
    for group in view.groups:
        if group.size < 2:
            continue
        for before, missing, sure in _holes(view, group, step):
            what = (
                f"{len(missing)} bars of {format_step(step)} are missing"
                if len(missing) > 1
                else (f"1 bar of {format_step(step)} is missing")
            )
            reason = f"{what} after {view.time_text(before)}"
            if mode == "report" or not sure:
                hint = "" if sure or mode == "report" else "; give --calendar to fill days"
                after = before + 1 if len(view.groups) == 1 else before
                out.append(view.report(after, view.time_columns[0], "gaps", reason + hint))
            else:
                out += _fill(view, before, missing, step, number, reason)
                number += len(missing)
    return out


def _holes(view: View, group: IntArray, step: int) -> list[tuple[int, IntArray, bool]]:
    """(row before, opens of the missing bars, whether they are known to be missing)."""
    opens = view.opens[group]
    days = session_days(opens if step < DAY else view.closes[group], view.tz)
    if view.settings.calendar is not None:
        wanted = _wanted(view, days, step)
        have = opens if step < DAY else days
        absent = np.setdiff1d(wanted, have)
        at = np.searchsorted(have, absent)
        return [(int(group[p - 1]), absent[at == p], True) for p in np.unique(at[(at > 0) & (at < have.size)]).tolist()]
    out = []
    if step < DAY:
        rows = np.flatnonzero((np.diff(opens) > step) & (np.diff(days) == 0))
        for i in rows.tolist():
            missing = np.arange(opens[i] + step, opens[i + 1] - step + 1, step, dtype=np.int64)
            if missing.size:
                out.append((int(group[i]), missing, True))
        return out
    if step != DAY:
        return []
    always = bool(((days + 3) % 7 >= 5).mean() > 0.2)  # 1970-01-01 was a Thursday
    for i in np.flatnonzero(np.diff(days) > 1).tolist():
        between = np.arange(days[i] + 1, days[i + 1], dtype=np.int64)
        if not always:
            between = between[(between + 3) % 7 < 5]
        if always or between.size >= 3:
            out.append((int(group[i]), between, always))
    return out


def _wanted(view: View, days: IntArray, step: int) -> IntArray:
    sessions, starts, ends = _calendar.hours(str(view.settings.calendar), int(days.min()), int(days.max()))
    if step >= DAY:
        return sessions
    parts = [np.arange(a, b, step, dtype=np.int64) for a, b in zip(starts, ends, strict=True)]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _fill(view: View, before: int, missing: IntArray, step: int, number: int, reason: str) -> list[Edit]:
    times = _time_cells(view, missing, step)
    constant = {}
    for leg in view.legs:
        text = view.text(before, leg.columns["close"])
        if text:
            constant.update(dict.fromkeys(leg.columns.values(), plain(decimal(text))))
    if view.kind != "closes of many instruments":
        constant.update(dict.fromkeys(view.size_columns.values(), "0"))
    for name in view.frame.columns:
        if name not in constant and name not in times:
            kept = name == view.group_column or view.frame[name].n_unique() == 1
            constant[name] = cell(view.frame[name], before) if kept else ""
    out = []
    previous = int(view.ids[before])
    for i, ts in enumerate(missing.tolist()):
        when = str(np.datetime64(ts, "D")) if step >= DAY else _check.iso(ts)
        row = number + i
        out.append(Edit(row, "", "insert", "", f"after {previous}", "gaps", f"{reason}: filled", when))
        previous = row
    for i, ts in enumerate(missing.tolist()):
        when = str(np.datetime64(ts, "D")) if step >= DAY else _check.iso(ts)
        for name in view.frame.columns:
            text = times[name][i] if name in times else constant[name]
            if text:
                how = "time" if name in times else "the close before, no volume"
                out.append(Edit(number + i, name, "set", "", text, "gaps", f"filled: {how}", when))
    return out


def _time_cells(view: View, missing: IntArray, step: int) -> dict[str, list[str]]:
    """The cells of the time columns for bars that open at these ns UTC (or are these days)."""
    if view.has_both_ends:
        opens = midnights(missing, view.tz) if step >= DAY else missing
        closes = midnights(missing + 1, view.tz) - 1 if step >= DAY else missing + step
        return {"ts_open": _cells(view, "ts_open", opens), "ts_close": _cells(view, "ts_close", closes)}
    if step >= DAY:
        wall = missing * DAY
    else:
        utc = missing if view.settings.stamp == "open" else missing + step
        wall = _wall(utc, view.tz)
        if np.any(localize(wall, view.tz, view.table) != utc):
            view.table.fail(f"a gap lies in the hour that the clocks of {view.tz} repeat", "use --rule gaps=report")
    names = view.time_columns
    if len(names) == 1:
        if step < DAY and parse_times(view.table, names[0], view.settings.time_format)[1]:
            wall = missing if view.settings.stamp == "open" else missing + step
        return {names[0]: _cells(view, names[0], wall)}
    date, clock = names
    days = np.floor_divide(wall, DAY)
    if "ms" in view.roles:
        ms = [str(v) for v in ((wall - days * DAY) // 1_000_000).tolist()]
        return {date: _cells(view, date, days * DAY), clock: ms}
    seconds = pl.Series(wall - days * DAY).cast(pl.Time)
    pattern = "%H:%M" if len(view.text(0, clock)) <= 5 else "%H:%M:%S"
    return {date: _cells(view, date, days * DAY), clock: seconds.dt.strftime(pattern).to_list()}


def _wall(utc: IntArray, tz: str) -> IntArray:
    if tz == "UTC":
        return utc
    local = pl.Series(utc).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(tz).dt.replace_time_zone(None)
    return local.to_physical().to_numpy().astype(np.int64)


def _cells(view: View, name: str, values: IntArray) -> list[str]:
    return write_times(view.table, name, values, view.settings.time_format)
