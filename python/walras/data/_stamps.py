"""When a bar opens and closes: the time column, by the rules below.

A bar's event time is its close. Intraday stamps are the bars' opens unless stamp="close" (LEAN's milliseconds are the
bar's start), and close = open + step. A date without a time is a session: it opens at 00:00 in `tz` and closes 1 ns
before the next midnight there, so that the date of the close is the date in the file; with calendar="XNYS" it opens and
closes when that exchange did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.data import _calendar, _check
from walras.data._errors import DataError
from walras.data._numbers import number_column
from walras.data._roles import Roles
from walras.data._table import Table
from walras.data._times import DAY, infer_step, localize, midnights, parse_times, session_days, zone

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stamps:
    """The time column: ns UTC if `is_utc`, else wall time in `tz`; or days of sessions."""

    wall: IntArray
    is_utc: bool
    is_date_only: bool
    tz: str

    def utc(self, table: Table) -> IntArray:
        return self.wall if self.is_utc else localize(self.wall, self.tz, table)


def read_stamps(roles: Roles, tz: str | None, time_format: str | None) -> Stamps:
    table = roles.table
    if "ms" in roles:
        return _lean_stamps(roles, tz)
    name = roles.require("time")
    wall, is_utc, is_date_only = parse_times(table, name, time_format)
    if "clock" in roles and is_date_only:
        clock = table.frame[roles.names["clock"]]
        if clock.dtype == pl.String:
            parsed = clock.str.strip_chars().str.to_time("%H:%M:%S%.f", strict=False)
            if parsed.null_count() == len(parsed):
                parsed = clock.str.strip_chars().str.to_time("%H:%M", strict=False)
            if parsed.null_count():
                row = int(np.flatnonzero(parsed.is_null().to_numpy())[0])
                table.fail(f"{clock[row]!r} is not a time of day", "write it like 09:31:00", row)
            wall = wall + parsed.to_physical().to_numpy().astype(np.int64)
            is_date_only = False
        elif clock.dtype == pl.Time:
            wall = wall + clock.to_physical().to_numpy().astype(np.int64)
            is_date_only = False
    kind = table.frame[name].dtype
    chosen = tz or (kind.time_zone if isinstance(kind, pl.Datetime) else None) or "UTC"
    zone(chosen)
    return Stamps(wall, is_utc, is_date_only, chosen)


def _lean_stamps(roles: Roles, tz: str | None) -> Stamps:
    """LEAN: milliseconds since midnight, beside a date column or with the date in the file's name."""
    table = roles.table
    name = roles.names["ms"]
    chosen = tz or {"ms_ny": "America/New_York", "ms_utc": "UTC"}.get(name.lower())
    if chosen is None and table.layout == "lean":
        chosen = "America/New_York"
    if chosen is None:
        table.fail(
            f"the column {name!r} counts from midnight of an unknown zone",
            "give tz=: 'America/New_York' for US equities, 'Etc/GMT+5' for FXCM, 'UTC' for OANDA and crypto",
        )
    zone(chosen)
    ms = number_column(table, name, "time")
    bad = np.flatnonzero(~((ms >= 0) & (ms <= 86_400_000)))
    if bad.size:
        table.fail(
            f"the milliseconds since midnight are {_check.number(ms[bad[0]])}",
            "they lie between 0 and 86,400,000",
            int(bad[0]),
        )
    if "time" in roles and roles.names["time"] != name:
        days, _, _ = parse_times(table, roles.names["time"], None)
    elif table.file_date is not None:
        year, month, day = int(table.file_date[:4]), int(table.file_date[4:6]), int(table.file_date[6:])
        try:
            date = np.datetime64(f"{year:04}-{month:02}-{day:02}")
        except ValueError:
            table.fail(
                f"the file's name holds no valid date ({table.file_date})",
                "name it as LEAN does: 20131007_spy_minute_trade.csv",
            )
        days = np.full(ms.size, int(date.astype(np.int64)) * DAY, dtype=np.int64)
    else:
        table.fail(
            "milliseconds since midnight need a date", "add a date column, or keep LEAN's file name, which holds it"
        )
    return Stamps(days + np.rint(ms * 1e6).astype(np.int64), False, False, chosen)


def _sessions_of(stamps: Stamps, step: int | None, stamp: str) -> tuple[IntArray, int] | None:
    """Days and the length of a bar, where the stamps are dates. So are times with offsets that all stand at midnight in
    their zone: days there have 23 to 25 hours. None where the stamps are anything else."""
    if step is not None and step % DAY != 0:
        return None
    if stamps.is_date_only:
        return np.floor_divide(stamps.wall, DAY), step or DAY
    if not stamps.is_utc or stamps.tz == "UTC" or stamp != "open":
        return None
    days = session_days(stamps.wall, stamps.tz)
    if not np.array_equal(midnights(days, stamps.tz), stamps.wall):
        return None
    return days, step or (infer_step(np.unique(days)) or 1) * DAY


def bar_times(
    stamps: Stamps, table: Table, step: int | None, stamp: str, calendar: str | None
) -> tuple[IntArray, IntArray, int | None]:
    """(opens, closes, step), by the rules on top of this file."""
    if stamp not in {"open", "close"}:
        raise DataError(f"stamp is {stamp!r}; it must be 'open' or 'close', which end of the bar the file's times are")
    sessions = _sessions_of(stamps, step, stamp)
    if sessions is not None:
        days, length = sessions
        if calendar is not None:
            if length != DAY:
                raise DataError("calendar= knows sessions of one day; leave step= out, or give '1d'")
            opens, closes = _calendar.sessions(calendar, days, table)
            return opens, closes, length
        return midnights(days, stamps.tz), midnights(days + length // DAY, stamps.tz) - 1, length
    if calendar is not None:
        table.fail("calendar= gives dates their hours, and these rows have times", "leave calendar= out")
    utc = stamps.utc(table)
    if step is None:
        step = infer_step(np.sort(utc))
        if step is None:
            table.fail("one row does not tell how long a bar is", "give step=, for example step='1m'")
    return (utc, utc + step, step) if stamp == "open" else (utc - step, utc, step)
