"""Any source as a table of named columns, with enough memory of the source to name a file's line in an error.

CSV stays text here (polars columns of strings): what a cell means is decided, and checked, cell by cell later.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import polars as pl

from walras.data._errors import DataError, error, fail

# A path, a frame (polars or pandas), a NumPy structured array, or a mapping of column names to arrays.
Source = Any
# Role -> column name, or all column names in order.
Columns = Mapping[str, str] | Sequence[str]

BINARY_SUFFIXES = {".parquet", ".pq", ".feather", ".arrow", ".h5", ".hdf5"}
TEXT_SUFFIXES = {".csv", ".txt", ".tsv", ".dat"}
_NUMBER = re.compile(rb"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_TIME = re.compile(rb"^\d{4}-?\d{2}-?\d{2}([ T]\d{2}:?\d{2}.*)?$|^\d{1,2}/\d{1,2}/\d{4}")


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and where they came from."""

    frame: pl.DataFrame
    source: str  # for errors: a file's name, or "frame"
    path: Path | None = None
    first_line: int | None = None  # the text line of row 0, counted from 1
    layout: str = ""  # "lean" for files in LEAN's own layout, without header
    file_date: str | None = None  # LEAN intraday files: "20131007", from the file's name
    size_bytes: int = 0
    truncated: str = ""  # inspect only: how the file ends early
    delimiter: str = ","
    meta: Mapping[str, Any] = field(default_factory=dict)  # what walras wrote beside the columns

    def error(self, fact: str, remedy: str, row: int | None = None) -> DataError:
        """A DataError at this row, as a line where the source is text."""
        if row is not None and self.first_line is not None:
            return error(self.source, fact, remedy, line=self.first_line + row)
        return error(self.source, fact, remedy, row=row)

    def fail(self, fact: str, remedy: str, row: int | None = None) -> NoReturn:
        """Raises `error`."""
        raise self.error(fact, remedy, row)


def load(source: Source, columns: Columns | None = None, *, lenient: bool = False) -> Table:
    """Reads a source into named columns. `lenient` keeps what is whole of a truncated file (for inspect)."""
    if isinstance(source, Table):
        return source
    if isinstance(source, (str, Path)):
        return _load_path(Path(source), columns, lenient)
    frame = _frame_of(source)
    if columns is not None and not isinstance(columns, Mapping):
        frame = rename_all(frame, list(columns), "frame")
    return Table(frame=frame, source="frame", size_bytes=int(frame.estimated_size()))


def _frame_of(source: object) -> pl.DataFrame:
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, pl.LazyFrame):
        return source.collect()
    if type(source).__module__.partition(".")[0] == "pandas":
        return _from_pandas(source)
    if isinstance(source, np.ndarray) and source.dtype.names:
        return pl.DataFrame({name: np.ascontiguousarray(source[name]) for name in source.dtype.names})
    if isinstance(source, Mapping):
        try:
            return pl.DataFrame({str(k): _column(v) for k, v in source.items()})
        except (pl.exceptions.PolarsError, TypeError, ValueError) as caught:
            fail("columns", f"the columns do not form a table: {caught}", "give one-dimensional columns of one length")
    raise DataError(
        f"a {type(source).__name__} is not a source of market data; give a path, a polars or pandas frame, "
        "a NumPy structured array or a mapping of column names to arrays"
    )


def _column(values: Any) -> Any:
    """Arrays as they are; of a list with holes polars knows the type."""
    if isinstance(values, pl.Series):
        return values
    array = np.asarray(values)
    if array.dtype == object and isinstance(values, list | tuple) and None in values:
        return pl.Series(values)
    return array


def _from_pandas(source: Any) -> pl.DataFrame:
    frame = source.to_frame() if hasattr(source, "to_frame") and not hasattr(source, "columns") else source
    if not hasattr(frame, "columns"):
        raise DataError(f"a pandas {type(source).__name__} is not a table; give a DataFrame")
    # An index that carries times is the time column.
    if frame.index.name is not None or frame.index.dtype.kind not in "iu":
        frame = frame.reset_index(names=str(frame.index.name) if frame.index.name is not None else "time")
    frame = frame.rename(columns={c: str(c) for c in frame.columns})
    try:
        table: pl.DataFrame = pl.from_pandas(frame)
    except Exception as caught:  # noqa: BLE001 - pyarrow and polars raise many kinds here
        fail("pandas frame", f"polars cannot read it: {caught}", "give columns of plain numbers, texts and times")
    return table


def _load_path(path: Path, columns: Columns | None, lenient: bool) -> Table:
    if not path.exists():
        fail(str(path), "the file does not exist", "check the path")
    if path.is_dir():
        fail(str(path), "this is a folder, not a file", "name one file")
    size = path.stat().st_size
    suffix = path.suffix.lower()
    if suffix in BINARY_SUFFIXES:
        from walras.data._binary import read_binary

        frame, meta = read_binary(path)
        if columns is not None and not isinstance(columns, Mapping):
            frame = rename_all(frame, list(columns), str(path))
        return Table(frame=frame, source=str(path), path=path, size_bytes=size, meta=meta)
    if suffix == ".zip":
        return _load_zip(path, columns, size, lenient)
    inner = path.with_suffix("") if suffix == ".gz" else path
    if suffix != ".gz" and suffix not in TEXT_SUFFIXES:
        fail(
            str(path),
            f"the ending {suffix or '(none)'} names no known format",
            "give .csv, .csv.gz, .txt, .tsv, .parquet, .arrow, .feather, .h5 or a LEAN .zip",
        )
    data = path.read_bytes()
    truncated = ""
    if data[:2] == b"\x1f\x8b":
        data, truncated = _gunzip(data)
        if truncated and not lenient:
            fail(str(path), truncated, "fetch the file again")
    elif suffix == ".gz":
        fail(str(path), "the file ends in .gz but holds no gzip data", "rename it, or fetch it again")
    return parse_text(
        data, str(path), columns, path=path, name=inner.name, size=size, truncated=truncated, lenient=lenient
    )


def _gunzip(data: bytes) -> tuple[bytes, str]:
    """The text, and how the stream is damaged ("" where it is whole)."""
    try:
        return gzip.decompress(data), ""
    except (EOFError, OSError, zlib.error) as caught:
        damage = "the gzip stream ends early: the file is truncated"
        if not isinstance(caught, EOFError):
            damage = f"the gzip stream is damaged: {caught}"
    whole = bytearray()
    machine = zlib.decompressobj(wbits=31)
    try:
        for start in range(0, len(data), 65536):
            whole += machine.decompress(data[start : start + 65536])
    except zlib.error:
        pass
    return bytes(whole[: whole.rfind(b"\n") + 1]), damage


def _load_zip(path: Path, columns: Columns | None, size: int, lenient: bool) -> Table:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) != 1:
                names = ", ".join(m.filename for m in members[:5]) or "nothing"
                fail(str(path), f"the archive holds {len(members)} files ({names})", "unpack it and name one file")
            data = archive.read(members[0])
    except (zipfile.BadZipFile, EOFError, zlib.error, OSError) as caught:
        fail(str(path), f"this is not a readable zip archive: {caught}", "fetch the file again")
    return parse_text(
        data, str(path), columns, path=path, name=f"{path.name}/{members[0].filename}", size=size, lenient=lenient
    )


def parse_text(
    data: bytes,
    source: str,
    columns: Columns | None = None,
    *,
    path: Path | None = None,
    name: str = "",
    size: int = 0,
    truncated: str = "",
    lenient: bool = False,
    lines_before: int = 0,
) -> Table:
    """Delimited text as columns of strings. `lines_before`: lines of the file between the header and this text."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data or data.isspace():
        fail(source, truncated or "the file is empty", "fetch or write the file again")
    end = data.find(b"\n")
    head = data[: end if end >= 0 else len(data)].rstrip(b"\r")
    delimiter = max((b",", b"\t", b";", b"|"), key=head.count)
    if head.count(delimiter) == 0:
        fail(
            source,
            f"the first line has one field only: {_show(head)}",
            "separate fields with a comma, tab, semicolon or |",
            line=1,
        )
    fields = [f.strip().strip(b'"') for f in head.split(delimiter)]
    has_header = not (_TIME.match(fields[0]) or _NUMBER.match(fields[0])) or not any(
        _NUMBER.match(f) for f in fields[1:]
    )
    explicit = columns is not None and not isinstance(columns, Mapping)
    layout, file_date = "", None
    if has_header:
        names = [f.decode("utf-8", "replace") for f in fields]
    elif explicit:
        names = []
    else:
        names, file_date = _lean_names(source, name, len(fields))
        layout = "lean"
    if explicit and columns is not None:
        names = list(columns)
    if not (has_header and explicit) and len(names) != len(fields):
        fail(source, f"the line has {len(fields)} fields and {len(names)} names were given", "name every field", line=1)
    body = data[end + 1 :] if has_header and end >= 0 else (b"" if has_header else data)
    if not body or body.isspace():
        fail(source, "the file has a header and no rows", "fetch or write the file again")
    first_line = (2 if has_header else 1) + lines_before
    _check_shape(body, delimiter, len(names), source, first_line)
    try:
        frame = pl.read_csv(
            io.BytesIO(body),
            has_header=False,
            new_columns=_unique(names),
            separator=delimiter.decode(),
            infer_schema=False,
            null_values=[""],
        )
    except pl.exceptions.PolarsError as caught:
        fail(
            source, f"this is not delimited text: {_first_line(caught)}", "check the file's encoding (UTF-8) and quotes"
        )
    del lenient
    return Table(
        frame=frame,
        source=source,
        path=path,
        first_line=first_line,
        layout=layout,
        file_date=file_date,
        size_bytes=size or len(data),
        truncated=truncated,
        delimiter=delimiter.decode(),
    )


def _check_shape(body: bytes, delimiter: bytes, fields: int, source: str, first_line: int) -> None:
    """Each line has the header's number of fields, and no line in the middle is blank."""
    text = body.rstrip(b"\r\n")
    lines = text.count(b"\n") + 1
    if (
        b'"' not in text
        and text.count(delimiter) == lines * (fields - 1)
        and b"\n\n" not in text
        and b"\n\r\n" not in text
        and not text.startswith((b"\n", b"\r"))
    ):
        return
    for number, line in enumerate(text.split(b"\n"), start=first_line):
        if not line.strip():
            fail(source, "the line is blank", "remove it", line=number)
        found = line.count(delimiter) + 1
        if b'"' in line:
            continue  # quoted fields may hold delimiters: polars counts
        if found != fields:
            fail(
                source,
                f"the line has {found} fields and {fields} are expected: {_show(line)}",
                "repair the line, or name the columns with columns=[...]",
                line=number,
            )


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        out.append(name if count == 0 else f"{name}_{count + 1}")
    return out


def rename_all(frame: pl.DataFrame, names: list[str], source: str) -> pl.DataFrame:
    if len(names) != frame.width:
        fail(source, f"the table has {frame.width} columns and {len(names)} names were given", "name every column")
    return frame.rename(dict(zip(frame.columns, names, strict=True)))


_BAR = ["open", "high", "low", "close"]
_BID_ASK = [*(f"bid_{c}" for c in "ohlc"), "bid_size", *(f"ask_{c}" for c in "ohlc"), "ask_size"]


def _lean_names(source: str, name: str, fields: int) -> tuple[list[str], str | None]:
    """LEAN's own layouts, which have no header: the file's name says which."""
    low = name.lower()
    found = re.search(r"(\d{8})", low)
    date = found[1] if found else None
    is_tick = "tick" in low
    is_quote = "quote" in low
    if date is not None and is_tick and not is_quote and fields == 6:
        return ["ms", "price", "size", "exchange", "conditions", "suspicious"], date
    if date is not None and is_tick and fields == 8:
        return ["ms", "bid", "bid_size", "ask", "ask_size", "exchange", "conditions", "suspicious"], date
    if date is not None and is_tick and fields == 3:
        return ["ms", "bid", "ask"], date
    if date is not None and fields == 6:
        return ["ms", *_BAR, "volume"], date
    if date is not None and fields == 11:
        return ["ms", *_BID_ASK], date
    if date is None and fields == 6:
        return ["datetime", *_BAR, "volume"], None
    if date is None and fields == 11:
        return ["datetime", *_BID_ASK], None
    raise error(
        source,
        f"the file has no header, and {fields} fields match no LEAN layout",
        'name the columns, for example columns=["time", "open", "high", "low", "close", "volume"]',
        line=1,
    )


def _show(line: bytes) -> str:
    text = line.decode("utf-8", "replace").rstrip("\r")
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
