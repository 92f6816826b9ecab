"""Hours of exchange sessions, from the optional package exchange-calendars."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from walras.data._errors import DataError
from walras.data._table import Table

IntArray = NDArray[np.int64]


def sessions(calendar: str, days: IntArray, table: Table | None = None) -> tuple[IntArray, IntArray]:
    """(opens, closes) in ns UTC of the exchange's sessions on these days (numbers since 1970-01-01).

    Raises DataError where a day was not a session, or where the package or the calendar is missing.
    """
    first, last = int(days.min()), int(days.max())
    session_days, opens, closes = hours(calendar, first, last)
    place = np.searchsorted(session_days, days)
    place_in = np.minimum(place, session_days.size - 1)
    absent = np.flatnonzero(session_days[place_in] != days) if session_days.size else np.arange(days.size)
    if absent.size:
        day = np.datetime64(int(days[absent[0]]), "D")
        fact = f"{day} was no session of {calendar}"
        if table is not None:
            table.fail(fact, "remove the row, or leave calendar= out", int(absent[0]))
        raise DataError(f"{fact}; remove the day, or choose another calendar")
    return opens[place_in], closes[place_in]


def hours(calendar: str, first: int, last: int) -> tuple[IntArray, IntArray, IntArray]:
    """(days, opens, closes) of all sessions from day `first` to day `last`, inclusive."""
    try:
        import exchange_calendars
    except ImportError:
        raise DataError(
            "calendar= needs the package exchange-calendars; install it with: pip install 'walras[calendars]'"
        ) from None
    start, end = np.datetime64(first, "D"), np.datetime64(last, "D")
    try:
        # The library checks that the range holds a session: a few days around it always do.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library uses what pandas 3.1 deprecates
            found = exchange_calendars.get_calendar(calendar, start=str(start - 14), end=str(end + 14))
    except exchange_calendars.errors.InvalidCalendarName:
        raise DataError(
            f"the calendar {calendar!r} is not known; give an exchange's MIC such as 'XNYS', 'XNAS' or 'XLON'"
        ) from None
    except ValueError as error:
        raise DataError(
            f"the calendar {calendar!r} does not cover {start} to {end}: {error}; leave calendar= out"
        ) from None
    table = found.schedule.loc[str(start) : str(end)]
    days = table.index.to_numpy().astype("datetime64[D]").astype(np.int64)
    opens, closes = (
        table[c].dt.tz_localize(None).to_numpy().astype("datetime64[ns]").astype(np.int64) for c in ("open", "close")
    )
    return days, opens, closes
