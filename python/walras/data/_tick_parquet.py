"""Parquet of ticks, in and out: Walras's own columns, and NautilusTrader's files and catalogs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from walras.data import _tick_nautilus as nautilus
from walras.data._errors import DataError
from walras.data._tick_records import ACTIONS, BOOK_DELTA, QUOTE, TRADE, TickArray, as_bytes, new_records
from walras.data._tick_set import Ticks
from walras.data._write import META_KEY, atomic
from walras.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 1 << 16  # rows at a time
_WORDS = {"kind": ("none", "bar", "quote", "trade", "book_delta"), "action": ACTIONS, "side": ("buy", "sell")}
# Column, field of the record, kinds that have it.
_COLUMNS = (
    ("price_e9", "price", (BOOK_DELTA, TRADE)),
    ("size_lots", "size", (BOOK_DELTA, TRADE)),
    ("order", "order", (BOOK_DELTA,)),
    ("bid_e9", "bid", (QUOTE,)),
    ("bid_size_lots", "bid_size", (QUOTE,)),
    ("ask_e9", "ask", (QUOTE,)),
    ("ask_size_lots", "ask_size", (QUOTE,)),
    ("trade_id", "trade", (TRADE,)),
)


def _open(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: this is no Parquet file, or a damaged one: {error}; fetch it again") from None


def meta_of(path: Path) -> dict[str, Any]:
    """What Walras wrote of its ticks; {} where the file is another's."""
    meta = _open(path).schema_arrow.metadata or {}
    found = json.loads(meta.get(META_KEY, b"{}"))
    return found if isinstance(found, dict) and found.get("kind") == "ticks" else {}


def parquet_format(path: Path) -> str:
    """ "walras", "nautilus", or "" where the file has other columns."""
    schema = _open(path).schema_arrow
    if meta_of(path):
        return "walras"
    return "nautilus" if nautilus.kind_of_schema(schema.names, schema.metadata or {}) else ""


def parquet_pieces(path: Path, lot_size: int) -> Iterator[tuple[NDArray[np.uint8], list[str], float]]:
    """Records as bytes, all symbols so far, and how far it is; a batch of rows at a time."""
    import pyarrow as pa

    file = _open(path)
    schema = file.schema_arrow
    meta = schema.metadata or {}
    kind = nautilus.kind_of_schema(schema.names, meta)
    symbols: list[str] = [meta[b"instrument_id"].decode()] if kind else []
    rows = 0
    try:
        for batch in _batches(file):
            table = pa.Table.from_batches([batch])
            if kind:
                records = nautilus.to_records(table, kind, lot_size, str(path), rows)
            else:
                records = _to_records(table, symbols, str(path))
            rows += batch.num_rows
            yield as_bytes(records), symbols, rows / file.metadata.num_rows
    except OSError as error:
        raise DataError(f"{path}: it is damaged: {error}; fetch it again") from None


def _batches(file: Any) -> Iterator[pa.RecordBatch]:
    """A row group at a time and in one thread: else Arrow keeps what it has read, and memory grows with the file."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(BATCH, row_groups=[group], use_threads=False)


def _to_records(table: pa.Table, symbols: list[str], source: str) -> TickArray:
    import pyarrow as pa

    r = new_records(table.num_rows)
    for name in ("ts_event", "ts_init"):
        r[name] = table[name].cast(pa.int64()).to_numpy()
    r["sequence"], r["flags"] = table["sequence"].to_numpy(), table["flags"].to_numpy()

    def codes(name: str, known: tuple[str, ...] | list[str], *, grows: bool = False) -> NDArray[np.int64]:
        column = table[name].combine_chunks()
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        names = column.dictionary.to_pylist()
        index = column.indices.fill_null(-1).to_numpy().astype(np.int64)
        # A dictionary may hold words that no row has.
        used, first = np.unique(index, return_index=True)
        place = np.full(len(names) + 1, -1, dtype=np.int64)
        for code in used[np.argsort(first)].tolist():
            if code < 0:
                continue
            if grows and isinstance(known, list) and names[code] not in known:
                known.append(names[code])  # in the order in which they appear
            if names[code] not in known:
                raise DataError(f"{source}: {name} {names[code]!r} is none of {', '.join(known)}; fetch the file again")
            place[code] = known.index(names[code])
        return np.asarray(place[index], dtype=np.int64)

    r["kind"] = codes("kind", _WORDS["kind"])
    r["instrument"] = codes("symbol", symbols, grows=True)
    side = codes("side", _WORDS["side"])
    for column, field, kinds in _COLUMNS:
        rows = np.isin(r["kind"], kinds)
        r[field][rows] = table[column].fill_null(0).to_numpy()[rows]
    delta, trade = r["kind"] == BOOK_DELTA, r["kind"] == TRADE
    r["action"][delta] = codes("action", ACTIONS)[delta]
    r["side"][delta] = np.maximum(side[delta], 0)
    r["aggressor"][trade] = side[trade] + 1
    return r


def _table(ticks: Ticks) -> pa.Table:
    import pyarrow as pa

    r = ticks.records
    delta, trade = r["kind"] == BOOK_DELTA, r["kind"] == TRADE

    def words(index: NDArray[Any], names: Iterable[str], has: NDArray[np.bool_]) -> pa.Array:
        codes = pa.array(np.where(has, index, 0).astype(np.int32), mask=~has)
        return pa.DictionaryArray.from_arrays(codes, pa.array(list(names), type=pa.string()))

    every = np.ones(r.size, dtype=np.bool_)
    side = np.where(trade, r["aggressor"].astype(np.int64) - 1, r["side"])
    columns = {
        "ts_event": pa.array(r["ts_event"].copy()).cast(pa.timestamp("ns", "UTC")),
        "ts_init": pa.array(r["ts_init"].copy()).cast(pa.timestamp("ns", "UTC")),
        "symbol": words(r["instrument"], ticks.symbols or ("",), every),
        "kind": words(r["kind"], _WORDS["kind"], every),
        "action": words(r["action"], ACTIONS, delta),
        "side": words(side, _WORDS["side"], (delta | trade) & (side >= 0)),
    }
    for name, field, kinds in _COLUMNS:
        has = np.isin(r["kind"], kinds)
        columns[name] = pa.array(r[field].copy(), mask=~has)
    columns["sequence"] = pa.array(r["sequence"].copy())
    columns["flags"] = pa.array(r["flags"].copy())
    return pa.table(columns)


class ParquetTicks:
    """Writes pieces, a row group each."""

    def __init__(self, part: Path, lot_size: int, source: str) -> None:
        from walras import __version__

        self._part = part
        self._writer: Any = None
        self._meta = {"format": 1, "walras": __version__, "kind": "ticks", "lot_size": lot_size, "source": source}

    def write(self, ticks: Ticks) -> None:
        import pyarrow.parquet as pq

        table = _table(ticks)
        if self._writer is None:
            schema = table.schema.with_metadata({META_KEY: json.dumps(self._meta).encode()})
            self._writer = pq.ParquetWriter(self._part, schema, compression="zstd", write_page_checksum=True)
        self._writer.write_table(table.replace_schema_metadata(self._writer.schema.metadata))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def write_nautilus(ticks: Ticks, folder: str | Path, *, force: bool = False) -> list[Path]:
    """Writes a catalog of NautilusTrader: FOLDER/data/KIND/INSTRUMENT/part-0.parquet for each kind and instrument.

    What Nautilus has no word for is left out: `state`, `reduce`, `fill` and `fill_notice` of books. Returns the files.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(folder)
    if folder.is_file():
        raise ConfigError(f"{folder}: this is a file; name a folder for the catalog")
    out = []
    kept = np.array([a in ("add", "update", "remove", "clear") for a in ACTIONS])
    for code, kind in ((QUOTE, "quote_tick"), (TRADE, "trade_tick"), (BOOK_DELTA, "order_book_delta")):
        rows = ticks.records[ticks.records["kind"] == code]
        if code == BOOK_DELTA:
            rows = rows[kept[rows["action"]]]
        for i in np.unique(rows["instrument"]).tolist():
            columns, price_decimals, size_decimals = nautilus.from_records(
                rows[rows["instrument"] == i], kind, ticks.lot_size
            )
            name = ticks.symbols[i]
            where = folder / "data" / kind / name.replace("/", "")
            where.mkdir(parents=True, exist_ok=True)
            meta = {"instrument_id": name, "price_precision": str(price_decimals), "size_precision": str(size_decimals)}
            table = pa.table(columns)
            schema = pa.schema([f.with_nullable(False) for f in table.schema], metadata=meta)
            with atomic(where / "part-0.parquet", force=force) as part:
                pq.write_table(pa.Table.from_arrays(table.columns, schema=schema), part, compression="zstd")
            out.append(where / "part-0.parquet")
    return out
