"""Ticks as frames with words and doubles, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from walras import _core
from walras.data._bars import int_column
from walras.data._errors import DataError, fail
from walras.data._tick_records import ACTIONS, BOOK_DELTA, KINDS, QUOTE, TRADE, new_records

if TYPE_CHECKING:
    import polars as pl

    from walras.data._tick_set import Ticks

_SIDES = {"buy": 0, "sell": 1}
_TAKERS = {None: 0, "none": 0, "": 0, "buy": 1, "buyer": 1, "sell": 2, "seller": 2}


def to_frame(ticks: Ticks) -> pl.DataFrame:
    """See Ticks.frame."""
    import polars as pl

    r = ticks.records
    delta, quote, trade = (r["kind"] == k for k in (BOOK_DELTA, QUOTE, TRADE))
    state = delta & (r["action"] == ACTIONS.index("state"))
    clear = delta & (r["action"] == ACTIONS.index("clear"))
    level = (delta & ~state & ~clear) | trade

    def numbers(values: Any, mask: NDArray[np.bool_]) -> pl.Series:
        return pl.Series(values).set(pl.Series(~mask), None)

    def words(names: Sequence[str], index: NDArray[Any], mask: NDArray[np.bool_]) -> pl.Series:
        text = pl.Series(names, dtype=pl.String).cast(pl.Categorical)
        return text.gather(np.where(mask, index, 0)).set(pl.Series(~mask), None)

    # `side` of a delta is 0 or 1, a trade's aggressor 1 or 2.
    side = np.where(trade, r["aggressor"].astype(np.int64) - 1, r["side"])
    return pl.DataFrame(
        {
            "ts_event": pl.Series(r["ts_event"].copy()).cast(pl.Datetime("ns", "UTC")),
            "ts_init": pl.Series(r["ts_init"].copy()).cast(pl.Datetime("ns", "UTC")),
            "symbol": words(ticks.symbols or ("",), r["instrument"], np.ones(r.size, dtype=np.bool_)),
            "kind": words(["none", "bar", "quote", "trade", "book_delta"], r["kind"], r["kind"] > 0),
            "action": words(ACTIONS, r["action"], delta),
            "side": words(["buy", "sell"], side, level & (side >= 0) & (side <= 1)),
            "price": numbers(r["price"] / 1e9, level),
            "size": numbers(r["size"] * ticks.lot, level),
            "order": numbers(r["order"].copy(), delta & (r["order"] > 0)),
            "bid": numbers(r["bid"] / 1e9, quote),
            "bid_size": numbers(r["bid_size"] * ticks.lot, quote),
            "ask": numbers(r["ask"] / 1e9, quote),
            "ask_size": numbers(r["ask_size"] * ticks.lot, quote),
            "trade_id": numbers(r["trade"].copy(), trade),
            "sequence": r["sequence"].copy(),
            "flags": r["flags"].copy(),
        }
    )


def lots_of(lot_size: str | float) -> int:
    """A lot as a count of 1e-9 units. Raises DataError where it is none."""
    try:
        lot = int(_core.parse_fixed(str(lot_size)))
    except Exception:
        raise DataError(f"lot_size {lot_size!r} is no number; give the units in a lot, like '0.001'") from None
    if lot <= 0:
        raise DataError(f"lot_size is {lot_size}; give a positive one, like '0.001'")
    return lot


def _numbers(name: str, values: Any, n: int) -> NDArray[np.float64]:
    out = np.broadcast_to(np.asarray(values, dtype=np.float64), (n,))
    if name in ("bid", "ask", "bid_size", "ask_size"):
        out = np.where(np.isnan(out), 0.0, out)
    return out


def _prices(source: str, name: str, values: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.int64]:
    chosen = values[rows]
    bad = ~(np.abs(chosen) < 9.2e9)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        fail(source, f"{name} is {chosen[at]}", "prices are numbers below 9.2e9", row=int(rows[at]))
    return np.rint(chosen * 1e9).astype(np.int64)


def _lots(
    source: str, name: str, values: NDArray[np.float64], rows: NDArray[np.intp], lot_size: int
) -> NDArray[np.int64]:
    chosen = values[rows]
    lots = chosen * 1e9 / lot_size
    whole = np.rint(lots)
    with np.errstate(invalid="ignore"):
        bad = ~(np.abs(lots) < 9e18) | (lots < 0) | (np.abs(lots - whole) > 1e-6 + np.abs(lots) * 1e-12)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        fail(
            source,
            f"{name} is {chosen[at]}, no whole number of lots of {lot_size / 1e9:g}, 0 or more",
            "give the instrument's lot_size",
            row=int(rows[at]),
        )
    return whole.astype(np.int64)


def _codes(source: str, name: str, values: Any, known: dict[Any, int], n: int) -> NDArray[np.int64]:
    every = [values] * n if values is None or isinstance(values, str) else list(values)
    if len(every) != n:
        raise DataError(f"{source}: the column {name!r} has {len(every)} rows and ts_init has {n}; give equal lengths")
    found = {v: known.get(v, -1) for v in set(every)}
    for word, code in found.items():
        if code < 0:
            row = every.index(word)
            fail(source, f"{name} is {word!r}", f"use one of {', '.join(str(k) for k in known if k)}", row=row)
    return np.array([found[v] for v in every], dtype=np.int64)


def from_columns(
    symbol: str | Sequence[str],
    *,
    ts_init: Any,
    ts_event: Any = None,
    kind: Any = "trade",
    lot_size: str | float = "1",
    tz: str = "UTC",
    source: str = "columns",
    **columns: Any,
) -> Ticks:
    """See Ticks.from_columns."""
    from walras.data._tick_set import Ticks

    known = {
        "action", "side", "price", "size", "order", "bid", "bid_size", "ask", "ask_size", "trade_id", "sequence",
        "flags",
    }  # fmt: skip
    if unknown := sorted(set(columns) - known):
        raise DataError(f"{source}: there is no column {unknown[0]!r} of ticks; there are {', '.join(sorted(known))}")
    lot = lots_of(lot_size)
    times = int_column(ts_init, "ts_init")
    n = times.size
    back = np.flatnonzero(np.diff(times) < 0)
    if back.size:
        fail(source, "ts_init lies before that of the row above", "sort by the time of receipt", row=int(back[0]) + 1)
    r = new_records(n)
    r["ts_init"] = times
    r["ts_event"] = times if ts_event is None else int_column(ts_event, "ts_event")
    names = (symbol,) if isinstance(symbol, str) else tuple(dict.fromkeys(symbol))
    if not isinstance(symbol, str):
        r["instrument"] = _codes(source, "symbol", symbol, {s: i for i, s in enumerate(names)}, n)
    r["kind"] = _codes(source, "kind", kind, {word: code for code, word in KINDS.items()}, n)
    for name in ("sequence", "flags"):
        if columns.get(name) is not None:
            r[name] = np.asarray(columns[name])
    delta, quote, trade = (np.flatnonzero(r["kind"] == k) for k in (BOOK_DELTA, QUOTE, TRADE))

    def need(name: str, why: str) -> Any:
        if columns.get(name) is None:
            raise DataError(f"{source}: the column {name!r} is missing; {why} need it")
        return columns[name]

    if quote.size:
        for name in ("bid", "ask"):
            r[name][quote] = _prices(source, name, _numbers(name, need(name, "quotes"), n), quote)
            size = columns.get(f"{name}_size")
            if size is not None:
                r[f"{name}_size"][quote] = _lots(source, f"{name}_size", _numbers("bid", size, n), quote, lot)
    if trade.size:
        _levels(r, trade, need, "trades", source, lot)
        takers = _codes(source, "side", columns.get("side"), _TAKERS, n)
        r["aggressor"][trade] = takers[trade]
        if columns.get("trade_id") is not None:
            ids = np.nan_to_num(np.asarray(columns["trade_id"], dtype=np.float64)) if _holes(columns["trade_id"]) else columns["trade_id"]
            r["trade"][trade] = np.asarray(ids)[trade].astype(np.uint64)
    if delta.size:
        actions = _codes(source, "action", columns.get("action", "update"), {None: 1} | {a: i for i, a in enumerate(ACTIONS)}, n)
        priced = delta[(actions[delta] != ACTIONS.index("state")) & (actions[delta] != ACTIONS.index("clear"))]
        if priced.size:
            _levels(r, priced, need, "book deltas", source, lot)
            sides = _codes(source, "side", columns.get("side"), {None: 0} | _SIDES, n)
            r["side"][priced] = sides[priced]
        r["action"][delta] = actions[delta]
        if columns.get("order") is not None:
            r["order"][delta] = _integers(columns["order"], n)[delta]
    return Ticks(r, names, lot, tz, source)


def _holes(values: Any) -> bool:
    return np.asarray(values).dtype.kind in "fO"


def _integers(values: Any, n: int) -> NDArray[np.uint64]:
    every = np.broadcast_to(np.asarray(values), (n,))
    if every.dtype.kind == "O":
        return np.array([0 if v is None else int(v) for v in every], dtype=np.uint64)
    return (np.nan_to_num(every) if every.dtype.kind == "f" else every).astype(np.uint64)


def _levels(r: Any, rows: NDArray[np.intp], need: Any, why: str, source: str, lot: int) -> None:
    n = r.size
    r["price"][rows] = _prices(source, "price", _numbers("price", need("price", why), n), rows)
    r["size"][rows] = _lots(source, "size", _numbers("size", need("size", why), n), rows, lot)


def from_frame(frame: Any, *, lot_size: str | float = "1", source: str = "frame", tz: str = "UTC") -> Ticks:
    """See Ticks.from_frame."""
    import polars as pl

    table = frame if isinstance(frame, pl.DataFrame) else pl.from_pandas(frame)
    for name in ("ts_init", "symbol", "kind"):
        if name not in table.columns:
            raise DataError(f"{source}: the column {name!r} is missing; give the columns of Ticks.frame()")
    columns: dict[str, Any] = {}
    for name in table.columns:
        column = table[name]
        if column.dtype in (pl.Categorical, pl.Enum, pl.String):
            columns[name] = column.cast(pl.String).to_list()
        elif column.dtype.is_temporal():
            columns[name] = column.cast(pl.Datetime("ns", "UTC")).to_physical().to_numpy()
        elif column.dtype.is_integer() and column.null_count():
            columns[name] = column.fill_null(0).to_numpy()
        else:
            columns[name] = column.to_numpy()
    symbol = columns.pop("symbol")
    return from_columns(symbol, lot_size=lot_size, source=source, tz=tz, **columns)
