"""Readers of quotes and trades."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.data._bars import default_name
from walras.data._factors import FactorFile, read_factors
from walras.data._numbers import adjust_prices, number_column, price_columns
from walras.data._roles import find_roles
from walras.data._stamps import bar_times, read_stamps
from walras.data._store import is_ours, kind_of_meta, ticks_of
from walras.data._table import Columns, Source, Table, load
from walras.data._ticks import Quotes, Trades
from walras.data._times import parse_step, session_days

IntArray = NDArray[np.int64]


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
