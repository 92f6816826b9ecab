"""NautilusTrader's Parquet as arrays: fixed-point numbers in 8 or 16 bytes, a file for each kind and instrument.

Numbers of 16 bytes count 1e-16, numbers of 8 bytes 1e-9. Everything is whole columns; no loop over rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from walras.data._errors import DataError
from walras.data._tick_records import ACTIONS, BOOK_DELTA, LAST, QUOTE, SNAPSHOT, TRADE, TickArray, new_records

if TYPE_CHECKING:
    import pyarrow as pa

_UNIT = 10**7  # 1e-9 in units of 1e-16
_LAST, _SNAPSHOT = 128, 32  # Nautilus's flags
_ACTION = {1: "add", 2: "update", 3: "remove", 4: "clear"}
COLUMNS = {
    "quote_tick": ("bid_price", "ask_price", "bid_size", "ask_size", "ts_event", "ts_init"),
    "trade_tick": ("price", "size", "aggressor_side", "trade_id", "ts_event", "ts_init"),
    "order_book_delta": (
        "action", "side", "price", "size", "order_id", "flags", "sequence", "ts_event", "ts_init",
    ),
}  # fmt: skip


def kind_of_schema(names: list[str], meta: dict[bytes, bytes]) -> str:
    """ "quote_tick", "trade_tick", "order_book_delta", or "" where the file is none of Nautilus's."""
    if b"instrument_id" not in meta or b"price_precision" not in meta:
        return ""
    return next((kind for kind, columns in COLUMNS.items() if set(columns) <= set(names)), "")


def _fixed(column: pa.ChunkedArray, source: str, name: str, first_row: int = 0) -> NDArray[np.int64]:
    """A column of fixed-point numbers as counts of 1e-9. Raises DataError where one does not fit or is missing."""
    import pyarrow as pa

    if column.null_count:
        raise DataError(f"{source}: {name} has {column.null_count} empty rows; fetch the file again")
    if pa.types.is_integer(column.type):
        return np.asarray(column.to_numpy()).astype(np.int64)
    if not pa.types.is_fixed_size_binary(column.type) or column.type.byte_width not in (8, 16):
        raise DataError(f"{source}: {name} is {column.type}; Nautilus's numbers are integers or 8 or 16 bytes")
    width = column.type.byte_width
    array = column.combine_chunks()
    raw = np.frombuffer(array.buffers()[1], dtype=np.uint8)[array.offset * width : (array.offset + len(array)) * width]
    if width == 8:
        return raw.view("<i8").astype(np.int64)
    words = raw.view("<u8").reshape(-1, 2)
    low, high = words[:, 0], words[:, 1].view(np.int64)
    if (np.abs(high) > 5_000_000).any():
        row = int(np.flatnonzero(np.abs(high) > 5_000_000)[0])
        raise DataError(f"{source}, row {first_row + row}: {name} is 9.2e9 or more; leave the row out")
    whole, part = divmod(2**64, _UNIT)
    rest = (low % np.uint64(_UNIT)).astype(np.int64) + high * part
    value = high * whole + (low // np.uint64(_UNIT)).astype(np.int64) + rest // _UNIT
    # Doubles that became 1e-16 are a little off: the nearest 1e-9 is meant.
    return np.asarray(value + (rest % _UNIT >= _UNIT // 2), dtype=np.int64)


def _binary(values: NDArray[np.int64]) -> pa.Array:
    """Counts of 1e-9 as numbers of 16 bytes that count 1e-16."""
    import pyarrow as pa

    low32, high32 = values & 0xFFFFFFFF, values >> 32
    first = low32 * _UNIT
    second = high32 * _UNIT + (first >> 32)
    words = np.empty((values.size, 2), dtype="<u8")
    words[:, 0] = (second.astype(np.uint64) << np.uint64(32)) | (first.astype(np.uint64) & np.uint64(0xFFFFFFFF))
    words[:, 1] = (second >> 32).view(np.uint64)
    return pa.Array.from_buffers(pa.binary(16), values.size, [None, pa.py_buffer(words.tobytes())])


def lots(values: NDArray[np.int64], lot_size: int, source: str, name: str, first_row: int = 0) -> NDArray[np.int64]:
    """Counts of 1e-9 units as whole lots."""
    bad = (values % lot_size != 0) | (values < 0)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{source}, row {first_row + row}: {name} is {values[row] / 1e9:g}, no whole number of lots of "
            f"{lot_size / 1e9:g}, 0 or more; give the instrument's lot_size"
        )
    return values // lot_size


def to_records(table: pa.Table, kind: str, lot_size: int, source: str, first_row: int = 0) -> TickArray:
    """One file's rows as records of instrument 0; `first_row` is the file's number of the table's first one."""
    r = new_records(table.num_rows)
    r["ts_event"] = table["ts_event"].to_numpy().astype(np.int64)
    r["ts_init"] = table["ts_init"].to_numpy().astype(np.int64)

    def price(name: str) -> NDArray[np.int64]:
        return _fixed(table[name], source, name, first_row)

    def size(name: str) -> NDArray[np.int64]:
        return lots(_fixed(table[name], source, name, first_row), lot_size, source, name, first_row)

    if kind == "quote_tick":
        r["kind"] = QUOTE
        r["bid"], r["ask"] = price("bid_price"), price("ask_price")
        r["bid_size"], r["ask_size"] = size("bid_size"), size("ask_size")
        return r
    if kind == "trade_tick":
        r["kind"] = TRADE
        r["price"], r["size"] = price("price"), size("size")
        r["aggressor"] = table["aggressor_side"].to_numpy()
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = table["trade_id"].cast(pa.string())
        numeric = pc.match_substring_regex(ids, r"^[0-9]{1,18}$")
        r["trade"] = pc.cast(pc.if_else(numeric, ids, "0"), pa.uint64()).to_numpy()
        r["sequence"] = r["trade"]
        return r
    r["kind"] = BOOK_DELTA
    code = np.full(256, 255, dtype=np.uint8)
    for number, word in _ACTION.items():
        code[number] = ACTIONS.index(word)
    r["action"] = code[table["action"].to_numpy()]
    if (r["action"] == 255).any():
        row = int(np.flatnonzero(r["action"] == 255)[0])
        raise DataError(f"{source}, row {row}: action {table['action'][row]}; actions are 1 add to 4 clear")
    clear = r["action"] == ACTIONS.index("clear")
    r["side"] = np.where(table["side"].to_numpy() == 2, 1, 0)
    r["price"] = np.where(clear, 0, price("price"))
    r["size"] = np.where(clear, 0, size("size"))
    r["order"] = np.where(clear, 0, table["order_id"].to_numpy())
    flags = table["flags"].to_numpy()
    r["flags"] = np.where(flags & _LAST, LAST, 0) | np.where(flags & _SNAPSHOT, SNAPSHOT, 0)
    r["sequence"] = table["sequence"].to_numpy()
    r["side"][clear] = 0
    return r


def decimals(*columns: NDArray[np.int64]) -> int:
    """How many decimals counts of 1e-9 need."""
    every = np.unique(np.concatenate(columns)) if columns else np.zeros(1, dtype=np.int64)
    return next((d for d in range(10) if not (every % 10 ** (9 - d)).any()), 9)


def from_records(r: TickArray, kind: str, lot_size: int) -> tuple[dict[str, Any], int, int]:
    """Records of one kind and instrument as Nautilus's columns, with the decimals of prices and sizes."""
    import pyarrow as pa

    times = {"ts_event": r["ts_event"].astype(np.uint64), "ts_init": r["ts_init"].astype(np.uint64)}
    prices: tuple[str, ...]
    sizes: tuple[str, ...]
    names: dict[str, str]
    if kind == "quote_tick":
        prices, sizes = ("bid", "ask"), ("bid_size", "ask_size")
        names = {"bid": "bid_price", "ask": "ask_price"}
    else:
        prices, sizes, names = ("price",), ("size",), {}
    fixed = {names.get(n, n): r[n].astype(np.int64) for n in prices}
    fixed |= {n: r[n].astype(np.int64) * lot_size for n in sizes}
    columns: dict[str, Any] = {n: _binary(v) for n, v in fixed.items()}
    if kind == "trade_tick":
        columns |= {"aggressor_side": r["aggressor"], "trade_id": pa.array(r["trade"]).cast(pa.string())}
    if kind == "order_book_delta":
        number = {word: n for n, word in _ACTION.items()}
        code = np.array([number.get(word, 0) for word in ACTIONS], dtype=np.uint8)
        clear = r["action"] == ACTIONS.index("clear")
        # By price an update to nothing is a delete; Nautilus refuses sizes of 0 elsewhere.
        gone = (r["action"] == ACTIONS.index("update")) & (r["size"] == 0) & (r["order"] == 0)
        columns |= {
            "action": np.where(gone, 3, code[r["action"]]).astype(np.uint8),
            "side": np.where(clear, 0, r["side"] + 1).astype(np.uint8),
            "order_id": r["order"].copy(),
            "flags": (np.where(r["flags"] & LAST, _LAST, 0) | np.where(r["flags"] & SNAPSHOT, _SNAPSHOT, 0)).astype(
                np.uint8
            ),
            "sequence": r["sequence"].copy(),
        }
    columns |= times
    return (
        {name: columns[name] for name in COLUMNS[kind]},
        decimals(*(r[n].astype(np.int64) for n in prices)),
        decimals(*(r[n].astype(np.int64) * lot_size for n in sizes)),
    )
