"""Parquet, Arrow and HDF5 in: columns, and what walras wrote beside them.

A file may be cut, damaged or made to deceive; whatever is wrong with it becomes a DataError. What a file claims to hold
is compared with the machine's memory before anything is unpacked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from walras.data._errors import DataError, fail
from walras.data._write import META_KEY

_BATCH_ROWS = 262_144


def memory_bytes() -> int:
    """Three quarters of the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4


def read_binary(path: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """(columns, metadata) of a whole file."""
    suffix = path.suffix.lower()
    if suffix in {".h5", ".hdf5"}:
        from walras.data._hdf5 import read_hdf5

        return read_hdf5(path, memory_bytes())
    parts = list(batches(path))
    return pl.concat([frame for frame, _ in parts], rechunk=True), parts[0][1]


def batches(path: Path) -> Iterator[tuple[pl.DataFrame, dict[str, Any]]]:
    """(columns, metadata) of a Parquet or Arrow file, piece by piece; at least one piece, which may have no rows."""
    is_parquet = path.suffix.lower() in {".parquet", ".pq"}
    word = "Parquet" if is_parquet else "Arrow"
    try:
        yield from (_parquet(path) if is_parquet else _arrow(path))
    except DataError:
        raise
    except BaseException as error:  # pyarrow and polars raise many kinds on damaged files, and polars panics
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        fail(str(path), f"this is not a readable {word} file: {_line(error)}", "fetch or write the file again")


def _line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _parquet(path: Path) -> Iterator[tuple[pl.DataFrame, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        info = file.metadata
        _claim(path, info.num_rows, info.num_columns)
        meta = _meta(path, info.metadata)
        rows = 0
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            rows += batch.num_rows
            yield _frame(path, pa.Table.from_batches([batch])), meta
        if rows != info.num_rows:
            fail(str(path), f"the file holds {rows:,} rows and says {info.num_rows:,}", "fetch or write the file again")
        if rows == 0:
            yield _frame(path, file.schema_arrow.empty_table()), meta


def _arrow(path: Path) -> Iterator[tuple[pl.DataFrame, dict[str, Any]]]:
    import pyarrow as pa

    # Not mapped: a file that is cut while it is read must not end the process.
    with pa.OSFile(str(path)) as opened, pa.ipc.open_file(opened) as file:
        meta = _meta(path, file.schema.metadata)
        if file.num_record_batches == 0:
            yield _frame(path, file.schema.empty_table()), meta
        for i in range(file.num_record_batches):
            batch = file.get_batch(i)
            batch.validate(full=True)
            yield _frame(path, pa.Table.from_batches([batch])), meta


def _frame(path: Path, table: Any) -> pl.DataFrame:
    names = table.schema.names
    if len(set(names)) != len(names):
        twice = next(n for n in names if names.count(n) > 1)
        fail(str(path), f"the column {twice!r} comes twice", "write each column once")
    frame = pl.from_arrow(table.replace_schema_metadata(None))  # polars trusts that metadata are UTF-8
    assert isinstance(frame, pl.DataFrame)
    return frame


def _claim(path: Path, rows: int, columns: int) -> None:
    claimed, memory = rows * max(columns, 1) * 8, memory_bytes()
    if claimed > memory:
        fail(
            str(path),
            f"the file claims {rows:,} rows of {columns} columns and this machine has {memory:,} bytes to give",
            "check the file, or split it",
        )


def _meta(path: Path, raw: dict[bytes, bytes] | None) -> dict[str, Any]:
    text = (raw or {}).get(META_KEY)
    if text is None:
        return {}
    try:
        meta = json.loads(text)
    except ValueError:
        meta = None
    if not isinstance(meta, dict):
        fail(str(path), "the metadata that walras wrote is damaged", "fetch or write the file again")
    return meta
