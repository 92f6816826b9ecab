"""Files out: one frame after another into CSV, Parquet, Arrow or HDF5, whole or not at all.

A file is written under a hidden name beside its place and takes its name when it is complete, so a crash, a full disk
or Ctrl-C leaves what was there before. Rows go out in groups, so the memory needed does not grow with the file.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import polars as pl

from walras.data._errors import DataError
from walras.errors import ConfigError

META_KEY = b"walras"
GROUP_ROWS = 262_144  # rows of a Parquet row group, an Arrow batch, a chunk of CSV

_FORMATS = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "arrow",
    ".arrow": "arrow",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
}


def format_of(path: Path) -> str:
    """ "csv", "parquet", "arrow" or "hdf5". Raises ConfigError where the ending names none of them."""
    name = path.name.lower()
    for ending, kind in _FORMATS.items():
        if name.endswith(ending):
            return kind
    raise ConfigError(f"{path}: the ending names no format that can be written; give one of {', '.join(_FORMATS)}")


def check_target(path: Path, *, force: bool, sources: Iterable[Path] = ()) -> None:
    """Raises ConfigError where writing would lose something: the source itself, or a file that is there already."""
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: the folder {path.parent} does not exist; make it first")
    if path.is_dir():
        raise ConfigError(f"{path}: this is a folder; name a file")
    if not path.exists():
        return
    for source in sources:
        if source.exists() and path.samefile(source):
            raise ConfigError(f"{path}: this is the file that is read; give another name for the result")
    if not force:
        raise ConfigError(f"{path}: the file exists; give another name, or overwrite it with force (--force)")


@contextmanager
def atomic(path: Path, *, force: bool = False, sources: Iterable[Path] = ()) -> Iterator[Path]:
    """A path to write to that becomes `path` when the block ends well, and is removed when it does not."""
    check_target(path, force=force, sources=sources)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise _unwritable(path, error) from None
    part = Path(name)
    try:
        os.close(handle)
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(f"{path}: cannot be written: {error.strerror or error}; check the path and the space left")


class Writer(Protocol):
    """Takes frames of one schema, then is closed."""

    def write(self, frame: pl.DataFrame) -> None: ...
    def close(self) -> None: ...


class CsvWriter:
    """Text; numbers are the shortest that read back as the same double."""

    def __init__(self, path: Path, *, packed: bool, delimiter: str = ",", header: bool = True) -> None:
        self._file: BinaryIO = path.open("wb")
        # No name and no time inside: equal data, equal bytes.
        self._out: Any = (
            gzip.GzipFile(filename="", mode="wb", fileobj=self._file, mtime=0, compresslevel=6)
            if packed
            else self._file
        )
        self._delimiter, self._header = delimiter, header

    def write(self, frame: pl.DataFrame) -> None:
        self._out.write(frame.write_csv(include_header=self._header, separator=self._delimiter, null_value="").encode())
        self._header = False

    def close(self) -> None:
        self._out.close()
        self._file.close()


class ParquetWriter:
    """Parquet with zstd and page checksums, a row group a frame; what is known of the data is in the footer."""

    def __init__(self, path: Path, schema: pl.DataFrame, meta: Mapping[str, Any]) -> None:
        import pyarrow.parquet as pq

        arrow = schema.head(0).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
        self._schema = arrow.with_metadata({META_KEY: json.dumps(meta).encode()} if meta else None)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd", write_page_checksum=True)

    def write(self, frame: pl.DataFrame) -> None:
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(self._schema)
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))

    def close(self) -> None:
        self._writer.close()


class ArrowWriter:
    """The Arrow IPC file format (Feather version 2), a record batch a frame."""

    def __init__(self, path: Path, schema: pl.DataFrame, meta: Mapping[str, Any]) -> None:
        import pyarrow as pa

        arrow = schema.head(0).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
        self._schema = arrow.with_metadata({META_KEY: json.dumps(meta).encode()} if meta else None)
        self._file = path.open("wb")
        self._writer = pa.ipc.new_file(self._file, self._schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))

    def write(self, frame: pl.DataFrame) -> None:
        self._writer.write_table(frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(self._schema))

    def close(self) -> None:
        self._writer.close()
        self._file.close()


def open_writer(
    part: Path, path: Path, schema: pl.DataFrame, meta: Mapping[str, Any], *, delimiter: str = ",", header: bool = True
) -> Writer:
    """A writer to `part` in the format that the ending of `path` names."""
    kind = format_of(path)
    if kind == "csv":
        return CsvWriter(part, packed=path.name.lower().endswith(".gz"), delimiter=delimiter, header=header)
    if kind == "parquet":
        return ParquetWriter(part, schema, meta)
    if kind == "arrow":
        return ArrowWriter(part, schema, meta)
    from walras.data._hdf5 import Hdf5Writer

    return Hdf5Writer(part, schema, meta)


def write_frames(
    frames: Iterable[pl.DataFrame],
    path: Path,
    schema: pl.DataFrame,
    meta: Mapping[str, Any],
    *,
    force: bool = False,
    sources: Iterable[Path] = (),
    delimiter: str = ",",
    header: bool = True,
) -> None:
    """All frames into one file. `schema`: a frame with their columns, of any number of rows."""
    format_of(path)
    with atomic(path, force=force, sources=sources) as part:
        writer = open_writer(part, path, schema, meta, delimiter=delimiter, header=header)
        try:
            empty = True
            for frame in frames:
                writer.write(frame)
                empty = False
            if empty:
                writer.write(schema.head(0))
        finally:
            writer.close()


def in_groups(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Slices of GROUP_ROWS rows."""
    for start in range(0, frame.height, GROUP_ROWS):
        yield frame.slice(start, GROUP_ROWS)
