"""Big files piece by piece, so that converting one needs no more memory than a piece.

A piece is read by the same readers as a whole file. The last row of the piece before is read again in front of it, so
that every rule about neighbours (order, overlap, the hour that a clock change repeats) holds across the border too.
What a whole file would decide from all its rows is decided from the first piece: the step and the columns.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from walras.data._bars import Bars, IntArray
from walras.data._binary import batches
from walras.data._errors import DataError, fail
from walras.data._table import TEXT_SUFFIXES, Columns, Table, parse_text, rename_all
from walras.data._ticks import Quotes, Trades

CHUNK_BYTES = 16 << 20  # of text, unpacked
Data = Bars | Quotes | Trades
Progress = Callable[[int, int], bool | None]


def can_stream(path: Path) -> bool:
    """Text, Parquet and Arrow come in pieces; zip archives and HDF5 are read whole."""
    suffix = path.suffix.lower()
    return suffix in TEXT_SUFFIXES | {".gz", ".parquet", ".pq", ".feather", ".arrow"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file's rows, and how many bytes of the file have been read after it."""

    table: Table
    done: int


def pieces(path: Path, columns: Columns | None) -> Iterator[Piece]:
    """The file's rows in order, at least one piece."""
    if path.suffix.lower() in TEXT_SUFFIXES | {".gz"}:
        yield from _text_pieces(path, columns)
        return
    size = path.stat().st_size
    for frame, meta in batches(path):
        if columns is not None and not isinstance(columns, Mapping):
            frame = rename_all(frame, list(columns), str(path))
        for part in meta.get("instruments", ()):
            part.pop("data_hash", None)  # it is that of the whole
        yield Piece(Table(frame=frame, source=str(path), path=path, meta=meta, size_bytes=size), 0)


def _text_pieces(path: Path, columns: Columns | None) -> Iterator[Piece]:
    header: bytes | None = None
    inner = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    lines = 0
    with path.open("rb") as raw:
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        for block in _blocks(raw, path, packed=packed):
            text = block if header is None else header + block
            table = parse_text(text, str(path), columns, path=path, name=inner.name, lines_before=lines)
            if header is None:
                end = text.find(b"\n") + 1
                header = text[:end] if table.first_line == 2 else b""
                # A mark of byte order stands before the first line only.
                header = header.removeprefix(b"\xef\xbb\xbf")
            yield Piece(replace(table, size_bytes=path.stat().st_size), raw.tell())
            lines += table.frame.height


def _blocks(raw: BinaryIO, path: Path, *, packed: bool) -> Iterator[bytes]:
    """Text that ends with whole lines."""
    source: Any = gzip.GzipFile(fileobj=raw) if packed else raw
    rest = b""
    while True:
        try:
            block = source.read(CHUNK_BYTES)
        except EOFError:
            fail(str(path), "the gzip stream ends early: the file is truncated", "fetch the file again")
        except (OSError, zlib.error) as error:
            if not packed:
                raise
            fail(str(path), f"the gzip stream is damaged: {error}", "fetch the file again")
        if not block:
            if rest.strip():
                yield rest
            return
        cut = block.rfind(b"\n") + 1
        if cut:
            yield rest + block[:cut]
            rest = block[cut:]
        else:
            rest += block


def read_pieces(
    path: Path, columns: Columns | None, read: Callable[[Table], Data], progress: Progress | None
) -> Iterator[Data]:
    """`read` of every piece, each without the rows that were read before."""
    before: Table | None = None
    last: IntArray = np.empty(0, dtype=np.int64)
    rows = 0
    for piece in pieces(path, columns):
        if piece.table.frame.height == 0 and before is not None:
            continue
        data = read(piece.table) if before is None else _joined(before, piece.table, last, read)
        before, last = piece.table, _last(data)
        rows += piece.table.frame.height
        yield data
        if progress is not None:
            progress(piece.done, rows)
    if before is None:
        raise DataError(f"{path}: there are no rows; give at least one")


def _joined(before: Table, table: Table, last: IntArray, read: Callable[[Table], Data]) -> Data:
    """The piece, read behind the last row of the piece before; behind all of it where the clocks go back just there."""
    for count in (1, before.frame.height):
        context = before.frame.tail(count)
        first = None if table.first_line is None else table.first_line - count
        frame = pl.concat([context, table.frame])
        data = read(replace(table, frame=frame, first_line=first))
        kept, seen = _without(data, count, last)
        if kept is not None and np.array_equal(seen, last):
            return kept
    raise table.error(
        "a time at the border of two pieces can be read in two ways, for the clocks change there",
        "give times in UTC or with offsets",
    )


def _last(data: Data) -> IntArray:
    """The last time of each series."""
    ends = [s.ts_close[-1] for s in data.series] if isinstance(data, Bars) else [data.ts[-1]]
    return np.asarray([max(ends)], dtype=np.int64)


def _without(data: Data, count: int, last: IntArray) -> tuple[Data | None, IntArray]:
    """Without the rows of the piece before, and the time at which these ended; None where nothing is left."""
    if isinstance(data, Bars):
        ends = [s.ts_close[s.ts_close <= last[0]] for s in data.series]
        seen = max((int(e[-1]) for e in ends if e.size), default=-1)
        parts = [s.take(slice(int(np.searchsorted(s.ts_close, last[0], side="right")), None)) for s in data.series]
        parts = [p for p in parts if len(p)]
        return Bars(parts) if parts else None, np.asarray([seen], dtype=np.int64)
    seen = int(data.ts[count - 1])
    if isinstance(data, Trades):
        return data.take(slice(count, None)), np.asarray([seen], dtype=np.int64)
    rows = slice(count, None)
    columns = {n: getattr(data, n)[rows] for n in ("ts", "bid", "ask", "bid_size", "ask_size")}
    return replace(data, **columns), np.asarray([seen], dtype=np.int64)
