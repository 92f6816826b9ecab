"""Readers: any source to checked Bars, Quotes and Trades.

Time rules. A bar's event time is its close. Intraday stamps are the bars' opens unless stamp="close" (LEAN's
milliseconds are the bar's start), and close = open + step. A date without a time is a session: it opens at 00:00 in
`tz` and closes 1 ns before the next midnight there, so that the date of the close is the date in the file; with
calendar="XNYS" it opens and closes when that exchange did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.data import _calendar, _check
from walras.data._bars import BarColumns, Bars, default_name
from walras.data._errors import DataError
from walras.data._factors import FactorFile, read_factors
from walras.data._store import bars_of, kind_of_meta, ticks_of
from walras.data._table import Columns, Source, Table, load
from walras.data._ticks import Quotes, Trades
from walras.data._times import (
    DAY,
    infer_step,
    localize,
    midnights,
    parse_step,
    parse_times,
    session_days,
    zone,
)

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

# Role -> names that columns have in the wild, lower case, best first. "_e4" and "_e9" endings are units, see scale_of.
ALIASES: dict[str, tuple[str, ...]] = {
    "time": (
        "ts_close",
        "ts_open",
        "ts_event",
        "ts",
        "timestamp",
        "timestamp_utc",
        "datetime",
        "date_time",
        "time_utc",
        "date",
        "day",
        "gmt time",
        "local time",
        "time",
        "",
    ),
    "clock": ("time", "clock"),
    "ms": ("ms", "ms_ny", "ms_utc"),
    "open": ("open", "o", "op", "<open>"),
    "high": ("high", "h", "hi", "<high>"),
    "low": ("low", "l", "lo", "<low>"),
    "close": ("close", "c", "cl", "<close>", "last"),
    "volume": ("volume", "vol", "v", "<vol>", "tick_volume", "tickvol"),
    "bid": ("bid", "bid_price", "bidprice", "best_bid", "bid_c"),
    "ask": ("ask", "ask_price", "askprice", "best_ask", "ask_c", "offer"),
    "bid_size": ("bid_size", "bidsize", "bid_qty", "bid_quantity", "best_bid_size"),
    "ask_size": ("ask_size", "asksize", "ask_qty", "ask_quantity", "best_ask_size"),
    "price": ("price", "px", "last", "trade_price"),
    "size": ("size", "quantity", "qty", "amount", "volume"),
    "aggressor": ("aggressor", "aggressor_side", "side", "taker_side"),
    "trade_id": ("trade_id", "tradeid", "id"),
    "suspicious": ("suspicious",),
}
for _side in ("bid", "ask"):
    for _word in ("open", "high", "low", "close"):
        ALIASES[f"{_side}_{_word}"] = (f"{_side}_{_word[0]}", f"{_side}_{_word}", f"{_side}{_word}")


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column plays which role."""

    table: Table
    names: dict[str, str]

    def __contains__(self, role: str) -> bool:
        return role in self.names

    def require(self, role: str) -> str:
        if role not in self.names:
            self.table.fail(
                f"there is no column for {role!r} among {', '.join(repr(c) for c in self.table.frame.columns[:12])}",
                f'name it: columns={{"{role}": "..."}}',
            )
        return self.names[role]


def find_roles(table: Table, columns: Columns | None) -> Roles:
    """Explicit names first, then well-known ones. An explicit name that does not exist is an error."""
    frame = table.frame
    names: dict[str, str] = {}
    if isinstance(columns, Mapping):
        for role, name in columns.items():
            if role not in ALIASES:
                raise DataError(f"columns= names the unknown role {role!r}; roles are {', '.join(ALIASES)}")
            if name not in frame.columns:
                table.fail(
                    f"there is no column {name!r}, only {', '.join(repr(c) for c in frame.columns[:12])}",
                    "correct columns=",
                )
            names[role] = name
    lower: dict[str, str] = {}
    for c in frame.columns:
        lower.setdefault(base_name(c), c)
    for role, aliases in ALIASES.items():
        if role in names:
            continue
        for alias in aliases:
            if alias in lower:
                names[role] = lower[alias]
                break
    # A date column with a clock column beside it, "2006-01-02","09:01:00": both make the time.
    if names.get("time") == names.get("clock"):
        names.pop("clock", None)
    if "clock" in names and base_name(names.get("time", "")) not in {"date", "day"}:
        names.pop("clock")
    if "volume" in names and "size" in names and names["size"] == names["volume"] and "close" in names:
        names.pop("size")
    return Roles(table, names)


def base_name(name: str) -> str:
    low = name.strip().lower()
    for ending in ("_e4", "_e9"):
        low = low.removesuffix(ending)
    return low


def scale_of(
    names: list[str], price_scale: str | float | Decimal | None, table: Table, integers: bool
) -> tuple[float, float]:
    """(multiplier, divisor): whole divisors keep prices exact."""
    if price_scale is None:
        if names and all(n.lower().endswith("_e4") for n in names):
            return 1.0, 1e4
        if names and all(n.lower().endswith("_e9") for n in names):
            return 1.0, 1e9
        if table.layout == "lean" and integers:
            return 1.0, 1e4  # LEAN writes equity prices times 10,000 and all others as they are
        return 1.0, 1.0
    try:
        scale = Decimal(str(price_scale))
    except InvalidOperation:
        raise DataError(
            f"price_scale {price_scale!r} is not a number; write '0.0001' where 12345 means 1.2345"
        ) from None
    if not scale.is_finite() or scale <= 0:
        raise DataError(f"price_scale is {price_scale}; it must be positive, '0.0001' where 12345 means 1.2345")
    inverse = 1 / scale
    return (1.0, float(inverse)) if inverse == inverse.to_integral_value() else (float(scale), 1.0)


def number_column(
    table: Table, name: str, role: str, *, empty_is_nan: bool = False, lenient: bool = False
) -> FloatArray:
    """A column as float64; an empty cell or a text that is no number is an error that names the line."""
    column = table.frame[name]
    if column.dtype == pl.String:
        numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
        broken = numbers.is_null() & column.is_not_null()
        if broken.any() and not lenient:
            row = int(np.flatnonzero(broken.to_numpy())[0])
            table.fail(
                f"the {role} {column[row]!r} in column {name!r} is not a number", "repair or remove the row", row
            )
    elif column.dtype.is_numeric() or column.dtype == pl.Null:
        numbers = column.cast(pl.Float64)
    else:
        table.fail(f"the column {name!r} of type {column.dtype} holds no numbers", f"give the {role} as numbers")
    if numbers.null_count() and not (empty_is_nan or lenient):
        row = int(np.flatnonzero(numbers.is_null().to_numpy())[0])
        table.fail(f"the {role} in column {name!r} is missing", "repair or remove the row", row)
    return numbers.fill_null(float("nan")).to_numpy().astype(np.float64)


def price_columns(
    table: Table, names: dict[str, str], price_scale: str | float | Decimal | None, *, lenient: bool = False
) -> dict[str, FloatArray]:
    """Role -> prices in currency units."""
    out = {role: number_column(table, name, role, lenient=lenient) for role, name in names.items()}
    with np.errstate(invalid="ignore"):
        integers = table.layout == "lean" and all(bool(np.all(v == np.floor(v))) for v in out.values())
    times, divisor = scale_of(list(names.values()), price_scale, table, integers)
    if divisor != 1.0:
        return {role: v / divisor for role, v in out.items()}
    if times != 1.0:
        return {role: v * times for role, v in out.items()}
    return out


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
    chosen = tz or "UTC"
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


def bar_times(
    stamps: Stamps, table: Table, step: int | None, stamp: str, calendar: str | None
) -> tuple[IntArray, IntArray, int | None]:
    """(opens, closes, step), by the rules on top of this file."""
    if stamp not in {"open", "close"}:
        raise DataError(f"stamp is {stamp!r}; it must be 'open' or 'close', which end of the bar the file's times are")
    if stamps.is_date_only and (step is None or step % DAY == 0):
        days = np.floor_divide(stamps.wall, DAY)
        length = step or DAY
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


def is_ours(table: Table, *meant_otherwise: object) -> bool:
    """walras wrote the file, and nothing says to read it in another way."""
    return bool(kind_of_meta(table.meta)) and all(m is None for m in meant_otherwise)


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


def _only_close(roles: Roles, instrument: str | None) -> str:
    """The column of closes in a frame of dates and symbols."""
    table = roles.table
    others = [c for c in table.frame.columns if c not in roles.names.values()]
    symbol = (instrument or "").partition(".")[0]
    for name in (instrument, symbol):
        if name in others:
            return str(name)
    if len(others) == 1 and len(table.frame.columns) == 2:
        return others[0]
    raise table.error(
        f"there is no column for 'close' among {', '.join(repr(c) for c in table.frame.columns[:12])}",
        'name it: columns={"close": "..."}; a frame with one column of closes for each symbol is read by '
        "bars_from_frame, or one of them by instrument=",
    )


def bar_columns(
    roles: Roles,
    price_scale: str | float | Decimal | None,
    side: str,
    *,
    instrument: str | None = None,
    lenient: bool = False,
) -> tuple[dict[str, FloatArray], FloatArray | None, bool]:
    """(open, high, low, close), volume, and whether the source had closes only."""
    table = roles.table
    words = ("open", "high", "low", "close")
    if "close" not in roles and all(f"{s}_{w}" in roles for s in ("bid", "ask") for w in words):
        if side not in {"mid", "bid", "ask"}:
            raise DataError(f"side is {side!r}; it must be 'mid', 'bid' or 'ask'")
        both = price_columns(
            table,
            {f"{s}_{w}": roles.names[f"{s}_{w}"] for s in ("bid", "ask") for w in words},
            price_scale,
            lenient=lenient,
        )
        if side == "mid":
            prices = {w: (both[f"bid_{w}"] + both[f"ask_{w}"]) / 2 for w in words}
        else:
            prices = {w: both[f"{side}_{w}"] for w in words}
        return prices, None, False
    if "close" not in roles and "price" in roles:
        roles.names["close"] = roles.names["price"]
    close = roles.names.get("close") or _only_close(roles, instrument)
    volume = (
        number_column(table, roles.names["volume"], "volume", empty_is_nan=True, lenient=lenient)
        if "volume" in roles
        else None
    )
    if not any(w in roles for w in words[:3]):
        only = price_columns(table, {"close": close}, price_scale, lenient=lenient)["close"]
        return dict.fromkeys(words, only), volume, True
    return price_columns(table, {w: roles.require(w) for w in words}, price_scale, lenient=lenient), volume, False


def adjust_prices(
    prices: dict[str, FloatArray], volume: FloatArray | None, factors: FactorFile, days: IntArray
) -> tuple[dict[str, FloatArray], FloatArray | None]:
    """Prices times their factor at the nearest 1e-9, volumes divided by the split factor."""
    price_factor, split_factor = factors.at(days)
    adjusted = {name: np.rint(column * price_factor * 1e9) / 1e9 for name, column in prices.items()}
    return adjusted, volume / split_factor if volume is not None else None


def read_quotes(
    source: Source,
    *,
    instrument: str | None = None,
    tz: str | None = None,
    price_scale: str | float | Decimal | None = None,
    adjust: Source | FactorFile | None = None,
    columns: Columns | None = None,
    step: str | int | None = None,
    stamp: Literal["open", "close"] = "open",
    crossed: bool = False,
    time_format: str | None = None,
    nonpositive: bool = False,
) -> Quotes:
    """Reads quotes of one instrument; the arguments are those of `read_bars`.

    Bars of bid and ask (LEAN's minute quotes) become one quote a bar, the closes, at the time the bar closes; `step` is
    then the length of a bar. `crossed=True` accepts rows with bid above ask and rows that hold one side only (the other
    is 0): those of LEAN's equity ticks, where each row is one exchange's.
    """
    table = load(source, columns)
    if is_ours(table, columns, price_scale, time_format, adjust) and kind_of_meta(table.meta) != "bars":
        found = ticks_of(table, "quotes", instrument, tz)
        assert isinstance(found, Quotes)
        return found
    roles = find_roles(table, columns)
    name = instrument or (default_name(table.path) if table.path is not None else "QUOTES")
    stamps = read_stamps(roles, tz, time_format)
    is_bars = "bid_close" in roles and "bid_open" in roles
    sides = {"bid": "bid_close", "ask": "ask_close"} if is_bars else {"bid": "bid", "ask": "ask"}
    prices = price_columns(table, {side: roles.require(role) for side, role in sides.items()}, price_scale)
    if is_bars:
        _, ts, _ = bar_times(stamps, table, parse_step(step), stamp, None)
    else:
        ts = stamps.utc(table)
    sizes = {
        r: number_column(table, roles.names[r], r.replace("_", " "), empty_is_nan=True)
        for r in ("bid_size", "ask_size")
        if r in roles
    }
    if adjust is not None:
        prices, _ = adjust_prices(prices, None, read_factors(adjust), session_days(ts, stamps.tz))
    return Quotes.from_columns(
        name,
        ts,
        prices["bid"],
        prices["ask"],
        sizes.get("bid_size"),
        sizes.get("ask_size"),
        tz=stamps.tz,
        crossed=crossed,
        nonpositive=nonpositive,
        source=table.source,
        first_line=table.first_line,
    )


def read_trades(
    source: Source,
    *,
    instrument: str | None = None,
    tz: str | None = None,
    price_scale: str | float | Decimal | None = None,
    adjust: Source | FactorFile | None = None,
    columns: Columns | None = None,
    time_format: str | None = None,
    suspicious: Literal["keep", "drop"] = "keep",
    nonpositive: bool = False,
) -> Trades:
    """Reads trade prints of one instrument; the arguments are those of `read_bars`.

    `suspicious="drop"` leaves out the rows that LEAN flags as suspicious. The aggressor may be written buy/sell,
    buyer/seller, b/s or +1/-1.
    """
    table = load(source, columns)
    if is_ours(table, columns, price_scale, time_format, adjust) and suspicious == "keep":
        found = ticks_of(table, "trades", instrument, tz)
        assert isinstance(found, Trades)
        return found
    roles = find_roles(table, columns)
    name = instrument or (default_name(table.path) if table.path is not None else "TRADES")
    ts = read_stamps(roles, tz, time_format)
    utc = ts.utc(table)
    price = price_columns(table, {"price": roles.require("price")}, price_scale)["price"]
    size = number_column(table, roles.require("size"), "size")
    if adjust is not None:
        adjusted, volume = adjust_prices({"price": price}, size, read_factors(adjust), session_days(utc, ts.tz))
        price, size = adjusted["price"], size if volume is None else volume
    sides = _aggressors(table, roles.names["aggressor"]) if "aggressor" in roles else None
    ids = _trade_ids(table, roles.names["trade_id"]) if "trade_id" in roles else None
    trades = Trades.from_columns(
        name,
        utc,
        price,
        size,
        sides,
        ids,
        tz=ts.tz,
        nonpositive=nonpositive,
        source=table.source,
        first_line=table.first_line,
    )
    if suspicious == "drop" and "suspicious" in roles:
        return trades.take(number_column(table, roles.names["suspicious"], "flag") == 0)
    return trades


def _aggressors(table: Table, name: str) -> NDArray[np.int8]:
    column = table.frame[name]
    words = {
        "buy": 1,
        "buyer": 1,
        "b": 1,
        "+1": 1,
        "1": 1,
        "1.0": 1,
        "sell": -1,
        "seller": -1,
        "s": -1,
        "-1": -1,
        "-1.0": -1,
        "none": 0,
        "no_aggressor": 0,
        "unknown": 0,
        "0": 0,
        "0.0": 0,
    }
    text = column.cast(pl.String).str.to_lowercase().fill_null("none")
    sides = text.replace_strict(words, default=None, return_dtype=pl.Int8)
    if sides.null_count():
        row = int(np.flatnonzero(sides.is_null().to_numpy())[0])
        table.fail(f"the aggressor {column[row]!r} is not known", "write buy, sell or none", row)
    return sides.to_numpy().astype(np.int8)


def _trade_ids(table: Table, name: str) -> IntArray | None:
    """The venue's own ids where they are integers; else rows are counted."""
    ids = table.frame[name].cast(pl.Int64, strict=False)
    return None if ids.null_count() else ids.to_numpy().astype(np.int64)


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
