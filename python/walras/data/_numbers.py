"""Columns of text or numbers as prices and sizes in units; what is no number is an error that names the line."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.data._errors import DataError
from walras.data._factors import FactorFile
from walras.data._roles import Roles
from walras.data._table import Table

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


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
        numbers = column.cast(pl.Float64, strict=False)
        if numbers.null_count() != column.null_count():
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
