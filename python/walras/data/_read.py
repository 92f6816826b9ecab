"""Readers of bars: any source to checked Bars. The rules of time are in `_stamps`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import polars as pl

from walras.data import _check
from walras.data._bars import BarColumns, Bars, default_name
from walras.data._errors import DataError
from walras.data._factors import FactorFile, read_factors
from walras.data._numbers import adjust_prices, bar_columns, number_column, scale_of
from walras.data._roles import ALIASES, Roles, base_name, find_roles
from walras.data._stamps import bar_times, read_stamps
from walras.data._store import bars_of, is_ours
from walras.data._table import Columns, Source, Table, load
from walras.data._times import parse_step, parse_times, session_days


def read_bars(
    source: Source,
    *,
    instrument: str | None = None,
    step: str | int | None = None,
    tz: str | None = None,
    price_scale: str | float | Decimal | None = None,
    adjust: Source | FactorFile | None = None,
    columns: Columns | None = None,
    stamp: Literal["open", "close"] = "open",
    calendar: str | None = None,
    side: Literal["mid", "bid", "ask"] = "mid",
    time_format: str | None = None,
    nonpositive: bool = False,
) -> Bars:
    """Reads bars of one instrument from a CSV (.gz), Parquet or LEAN zip file, a frame or arrays.

    `instrument`: its name, "AAPL.XNAS"; by default the file's name. In a frame of closes by symbol, the symbol to read.
    `step`: length of a bar ("1m", "1d"); by default the most frequent distance of rows.
    `tz`: the zone of wall times and of dates; by default UTC, New York for LEAN equities.
    `price_scale`: currency units of 1 in the file, such as "0.0001".
    `adjust`: a LEAN factor file for splits and dividends.
    `columns`: all names in order, or {"close": "Adj Close"} for some.
    `stamp`: which end of the bar an intraday time is.
    `calendar`: an exchange ("XNYS") that gives dates their hours.
    `side`: which prices, where the file holds bars of bid and ask.
    `time_format`: as for strptime, where the form of the times is not known. `nonpositive`: allow prices <= 0.

    A file with closes and no opens becomes bars with open = high = low = close, marked `closes_only`.
    Raises DataError that names file, line, fact and remedy; no row is ever dropped.

    Example:
        >>> import walras as wl
        >>> bars = wl.data.read_bars({"date": ["2024-01-02", "2024-01-03"], "close": [10.0, 11.0]}, instrument="X.Y")
        >>> len(bars), bars.closes_only
        (2, True)
    """
    table = load(source, columns)
    if is_ours(table, columns, price_scale, time_format):
        found = bars_of(table, instrument, tz)
        return found if adjust is None else _adjust_bars(found, read_factors(adjust))
    roles = find_roles(table, columns)
    name = instrument or (default_name(table.path) if table.path is not None else "BARS")
    length = parse_step(step)
    if table.frame.height == 0:
        table.fail("there are no rows", "give at least one bar")
    stamps = read_stamps(roles, tz, time_format)
    own_layout = {"ts_open", "ts_close"} <= set(table.frame.columns) and columns is None
    if own_layout:
        # What Bars.frame() wrote.
        opens, closes = (parse_times(table, c, None)[0] for c in ("ts_open", "ts_close"))
    else:
        opens, closes, length = bar_times(stamps, table, length, stamp, calendar)
    prices, volume, closes_only = bar_columns(roles, price_scale, side, instrument=instrument)
    if adjust is not None:
        prices, volume = adjust_prices(prices, volume, read_factors(adjust), session_days(closes, stamps.tz))
    made: dict[str, Any] = {**prices, "volume": volume, "ts_open": opens}
    common: dict[str, Any] = {"step": length, "tz": stamps.tz, "closes_only": closes_only, "nonpositive": nonpositive}
    if own_layout and "instrument" in table.frame.columns:
        many = table.frame["instrument"].cast(pl.String).fill_null("")
        if many.n_unique() > 1:
            return _of_many(table, many, instrument, {"ts_close": closes, **made}, common)
    return Bars.from_columns(
        name,
        closes,
        **made,
        **common,
        source=table.source,
        first_line=table.first_line,
    )


def _of_many(
    table: Table, names: pl.Series, instrument: str | None, columns: dict[str, Any], common: dict[str, Any]
) -> Bars:
    """Rows of many instruments, as `Bars.frame()` writes them."""
    known = names.unique(maintain_order=True).to_list()
    if instrument is not None and instrument not in known:
        table.fail(f"there are no bars of {instrument!r}, only of {', '.join(known[:12])}", "correct instrument=")
    out: list[BarColumns] = []
    for name in known if instrument is None else [instrument]:
        rows = (names == name).arg_true().to_numpy()
        part: dict[str, Any] = {k: None if c is None else c[rows] for k, c in columns.items()}
        out.extend(Bars.from_columns(name, **part, **common, source=f"{table.source}, {name}").series)
    return Bars([replace(s, source=table.source) for s in out])


def _adjust_bars(bars: Bars, factors: FactorFile) -> Bars:
    if len(bars.series) > 1:
        raise DataError(
            f"{bars.source}: a factor file is of one instrument and these are {len(bars.series)}; name it: instrument="
        )
    s = bars.series[0]
    prices = {n: getattr(s, n) for n in ("open", "high", "low", "close")}
    adjusted, volume = adjust_prices(prices, s.volume, factors, session_days(s.ts_close, s.tz))
    columns: dict[str, Any] = {**adjusted, "volume": volume}
    return Bars([replace(s, **columns)])


def bars_from_frame(
    frame: Source,
    *,
    tz: str | None = None,
    step: str | int | None = None,
    stamp: Literal["open", "close"] = "open",
    calendar: str | None = None,
    venue: str | None = None,
    time_format: str | None = None,
    price_scale: str | float | Decimal | None = None,
) -> Bars:
    """A wide frame of closes (a date column and one column a symbol) as bars of many instruments.

    open = high = low = close, and `closes_only` is set, so that orders fill at the next close by default. An empty or
    NaN cell means that this instrument has no bar at this time. `venue="XNYS"` makes the names "KO.XNYS".

    Example:
        >>> import walras as wl
        >>> wl.data.bars_from_frame(wl.data.load_demo_prices()).instruments[:3]
        ('AAPL', 'AMD', 'BAC')
    """
    table = load(frame)
    known = set(ALIASES["time"])
    times = [c for c in table.frame.columns if base_name(c) in known] or table.frame.columns[:1]
    time = times[0]
    symbols = [c for c in table.frame.columns if c != time]
    if not symbols:
        table.fail("there are no columns beside the times", "give one column of closes for each symbol")
    if table.frame.height == 0:
        table.fail("there are no rows", "give at least one date")
    stamps = read_stamps(Roles(table, {"time": time}), tz, time_format)
    opens, closes, length = bar_times(stamps, table, parse_step(step), stamp, calendar)
    _check.raise_first(_check.time_problems(closes, repeats_allowed=False), table.source, table.first_line)
    times_, divisor = scale_of([], price_scale, table, integers=False)
    out: list[BarColumns] = []
    for symbol in symbols:
        column = number_column(table, symbol, "close", empty_is_nan=True) * times_ / divisor
        has = ~np.isnan(column)
        rows = np.flatnonzero(has)
        if rows.size == 0:
            table.fail(f"the column {symbol!r} holds no price", "remove the column")
        problems = _check.price_problems(f"close of {symbol}", np.where(has, column, 1.0))
        _check.raise_first(problems, table.source, table.first_line)
        close = column[has]
        name = f"{symbol}.{venue}" if venue else symbol
        out.extend(
            Bars.from_columns(
                name,
                closes[has],
                close,
                close,
                close,
                close,
                ts_open=opens[has],
                step=length,
                tz=stamps.tz,
                closes_only=True,
                source=table.source,
            ).series
        )
    return Bars(out)
