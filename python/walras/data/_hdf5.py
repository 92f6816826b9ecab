"""HDF5 in and out, with h5py alone (`pip install 'walras[hdf5]'`).

Out: one group "walras" with a dataset a column (chunked, shuffled, gzip, Fletcher-32 checksums) and one attribute of
JSON. Times are int64 nanoseconds since 1970 UTC; text is int32 places in the list that the attribute "texts" (JSON) is.

In: that layout; any group of one-dimensional datasets of one length; one compound dataset; and what pandas writes with
PyTables, both "table" and "fixed". PyTables keeps names as pickles. They are never unpickled: their texts are picked
out of the opcodes, so nothing in a file can run.
"""

from __future__ import annotations

import json
import pickletools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from walras.data._errors import DataError, fail

_GROUP = "walras"
_CHUNK = 16_384  # rows


def h5py_module() -> Any:
    """The package, or a DataError that names the extra."""
    try:
        import h5py
    except ImportError:
        raise DataError("HDF5 files need the package h5py; install it with: pip install 'walras[hdf5]'") from None
    return h5py


class Hdf5Writer:
    """Appends frames to one group of resizable datasets."""

    def __init__(self, path: Path, schema: pl.DataFrame, meta: Mapping[str, Any]) -> None:
        h5py = h5py_module()
        self._file = h5py.File(path, "w", libver="v110")
        self._group = self._file.create_group(_GROUP)
        self._group.attrs["metadata"] = json.dumps({**meta, "columns": schema.columns})
        self._rows = 0
        self._texts: dict[str, dict[str, int]] = {}
        for name, kind in schema.schema.items():
            if kind == pl.String:
                self._texts[name] = {}
                dtype = np.dtype("<i4")
            else:
                dtype = _numbers(pl.Series(name, [], dtype=kind)).dtype
            column = self._group.create_dataset(
                name, (0,), dtype=dtype, chunks=(_CHUNK,), maxshape=(None,),
                shuffle=True, compression="gzip", compression_opts=4, fletcher32=True,
            )  # fmt: skip
            if isinstance(kind, pl.Datetime):
                column.attrs["unit"] = "ns since 1970-01-01" + (" UTC" if kind.time_zone else "")
            elif kind == pl.Date:
                column.attrs["unit"] = "days since 1970-01-01"

    def write(self, frame: pl.DataFrame) -> None:
        end = self._rows + frame.height
        for name in frame.columns:
            column = self._group[name]
            column.resize((end,))
            if frame.height:
                column[self._rows : end] = self._codes(frame[name]) if name in self._texts else _numbers(frame[name])
        self._rows = end

    def _codes(self, column: pl.Series) -> Any:
        known = self._texts[column.name]
        column = column.fill_null("")
        for text in column.unique(maintain_order=True).to_list():
            known.setdefault(text, len(known))
        return column.replace_strict(known, return_dtype=pl.Int32).to_numpy()

    def close(self) -> None:
        for name, texts in self._texts.items():
            self._group[name].attrs["texts"] = json.dumps(list(texts))
        self._file.close()


def _numbers(column: pl.Series) -> Any:
    """What h5py stores of a column."""
    if isinstance(column.dtype, pl.Datetime):
        return column.cast(pl.Datetime("ns", column.dtype.time_zone)).to_physical().to_numpy().astype("<i8")
    if column.dtype == pl.Date:
        return column.cast(pl.Int32).to_numpy().astype("<i4")
    if column.dtype.is_integer() and column.null_count():
        return column.cast(pl.Float64).to_numpy()
    return column.to_numpy()


def read_hdf5(path: Path, memory: int) -> tuple[pl.DataFrame, dict[str, Any]]:
    """(columns, metadata). `memory`: bytes that the columns may take; a file may claim any size."""
    h5py = h5py_module()
    try:
        with h5py.File(path, "r") as file:
            return _read(h5py, file, str(path), memory)
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged file makes h5py raise nearly anything
        fail(str(path), f"this is not a readable HDF5 file: {_line(error)}", "fetch or write the file again")


def _line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _read(h5py: Any, file: Any, source: str, memory: int) -> tuple[pl.DataFrame, dict[str, Any]]:
    if _GROUP in file and "metadata" in file[_GROUP].attrs:
        return _read_own(h5py, file[_GROUP], source, memory)
    found: list[Any] = []

    def visit(_: str, node: Any) -> None:
        if isinstance(node, h5py.Group):
            kind = _text(node.attrs.get("pandas_type", ""))
            names = set(node)
            if kind.startswith(("frame", "series")) or "table" in names or "axis0" in names or _is_columns(h5py, node):
                found.append(node)
        elif node.dtype.names is not None and node.ndim == 1 and node.name.rsplit("/", 1)[-1] != "table":
            found.append(node)

    if _is_columns(h5py, file):
        found.append(file)
    file.visititems(visit)
    found = [n for n in found if not any(n is not m and n.name.startswith(m.name.rstrip("/") + "/") for m in found)]
    if len(found) != 1:
        names = ", ".join(n.name for n in found[:5]) or "none"
        fail(source, f"the file holds {len(found)} tables ({names})", "write one table a file")
    node = found[0]
    if isinstance(node, h5py.Dataset):
        return pl.DataFrame(_compound(node, source, memory)), {}
    if "table" in node:
        return _pandas_table(node, source, memory), {}
    if "axis0" in node:
        return _pandas_fixed(node, source, memory), {}
    return _columns(h5py, node, list(node), source, memory), {}


def _is_columns(h5py: Any, group: Any) -> bool:
    """One-dimensional datasets of one length, and nothing else."""
    parts = list(group.values())
    return (
        bool(parts)
        and all(isinstance(p, h5py.Dataset) and p.ndim == 1 and p.dtype.names is None for p in parts)
        and (len({p.shape for p in parts}) == 1)
    )


def _claim(dataset: Any, source: str, memory: int) -> None:
    """A dataset may say that it has 10^15 rows and hold none of them."""
    claimed = int(dataset.size) * max(int(dataset.dtype.itemsize), 1)
    if claimed > memory:
        fail(
            source,
            f"the dataset {dataset.name} claims {claimed:,} bytes and this machine has {memory:,} to give",
            "check the file, or split it",
        )


def _load(dataset: Any, source: str, memory: int) -> Any:
    _claim(dataset, source, memory)
    try:
        return dataset[()]
    except Exception as error:  # noqa: BLE001 - checksums, filters, truncation
        fail(source, f"the dataset {dataset.name} is damaged: {_line(error)}", "fetch or write the file again")


def _columns(h5py: Any, group: Any, names: list[str], source: str, memory: int) -> pl.DataFrame:
    columns = {}
    lengths = {}
    for name in names:
        if name not in group or not isinstance(group[name], h5py.Dataset) or group[name].ndim != 1:
            fail(source, f"there is no one-dimensional dataset {name!r}", "fetch or write the file again")
        values, attributes = _load(group[name], source, memory), group[name].attrs
        if "texts" in attributes:
            columns[name] = _texts(name, values, attributes["texts"], source)
        else:
            columns[name] = _series(name, values, _text(attributes.get("unit", "")), source)
        lengths[name] = len(columns[name])
    if len(set(lengths.values())) > 1:
        fail(source, f"the columns have different lengths: {lengths}", "fetch or write the file again")
    return pl.DataFrame(columns)


def _texts(name: str, codes: Any, texts: Any, source: str) -> pl.Series:
    try:
        known = pl.Series([str(t) for t in json.loads(_text(texts))], dtype=pl.String)
        return known.gather(pl.Series(codes)).alias(name)
    except (ValueError, TypeError, OverflowError, pl.exceptions.PolarsError):
        fail(source, f"the texts of the column {name!r} are damaged", "fetch or write the file again")


def _series(name: str, values: Any, unit: str, source: str) -> pl.Series:
    if values.dtype.kind in "OS":
        try:
            texts = [v.decode() if isinstance(v, bytes) else str(v) for v in values.tolist()]
        except UnicodeDecodeError as error:
            fail(source, f"the column {name!r} is no UTF-8 text: {error.reason}", "write it as UTF-8")
        return pl.Series(name, texts, dtype=pl.String)
    if values.dtype.kind not in "iufb":
        fail(source, f"the column {name!r} has type {values.dtype}", "give numbers, times or text")
    column = pl.Series(name, np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="))))
    if unit.startswith("ns since"):
        return column.cast(pl.Int64).cast(pl.Datetime("ns", "UTC" if unit.endswith("UTC") else None))
    return column.cast(pl.Int32).cast(pl.Date) if unit.startswith("days since") else column


def _read_own(h5py: Any, group: Any, source: str, memory: int) -> tuple[pl.DataFrame, dict[str, Any]]:
    try:
        meta = json.loads(_text(group.attrs["metadata"]))
        names = [str(n) for n in meta.pop("columns")]
    except (ValueError, TypeError, KeyError, AttributeError):
        fail(source, "the metadata of the group 'walras' is damaged", "fetch or write the file again")
    return _columns(h5py, group, names, source, memory), meta


# ---- pandas and PyTables ---------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _pickled_texts(value: Any, source: str) -> list[str]:
    """The texts in a pickle, in order."""
    raw = bytes(value) if isinstance(value, bytes) else str(value).encode("latin-1", "replace")
    try:
        return [str(arg) for op, arg, _ in pickletools.genops(raw) if "UNICODE" in op.name or "STRING" in op.name]
    except Exception as error:  # noqa: BLE001 - a pickle may break in any way
        fail(source, f"the column names are damaged ({_line(error)})", "fetch or write the file again")


def _has_zone(group: Any, source: str) -> bool:
    """pandas keeps an index with a zone in UTC, and the zone's name in the group's `info`."""
    return "info" in group.attrs and "tz" in _pickled_texts(group.attrs["info"], source)


def _compound(dataset: Any, source: str, memory: int) -> dict[str, pl.Series]:
    records = _load(dataset, source, memory)
    out = {}
    for name in records.dtype.names:
        if records[name].ndim != 1:
            fail(source, f"the field {name!r} is not one number a row", "write one column a field")
        out[name] = _series(name, np.ascontiguousarray(records[name]), "", source)
    return out


def _as_time(name: str, values: Any, kind: str, *, utc: bool = False) -> pl.Series:
    """A pandas index or column of int64 as what its kind says: "datetime64", "datetime64[ns]", ..."""
    if kind.startswith("datetime64"):
        unit = kind[11:-1].partition(",")[0] if "[" in kind else "ns"
        raw = np.asarray(values).astype(np.int64) * {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}.get(
            unit, 1
        )
        return pl.Series(name, raw).cast(pl.Datetime("ns", "UTC" if utc else None))
    return pl.Series(name, np.ascontiguousarray(values))


def _pandas_table(group: Any, source: str, memory: int) -> pl.DataFrame:
    """`DataFrame.to_hdf(format="table")`: one compound dataset; unnamed columns share blocks of one type."""
    table = group["table"]
    if table.dtype.names is None:
        fail(source, f"{table.name} is no table of records", "fetch or write the file again")
    records = _load(table, source, memory)
    out: list[pl.Series] = []
    for field in records.dtype.names:
        values = records[field]
        kind = _text(table.attrs.get(f"{field}_dtype", table.attrs.get(f"{field}_kind", "")))
        if field == "index":
            index_kind = _text(table.attrs.get("index_kind", "integer"))
            if index_kind.startswith("datetime64"):
                out.append(_as_time("time", values, index_kind, utc=_has_zone(group, source)))
            continue
        if values.ndim == 2 or field.startswith("values_block"):
            names = _pickled_texts(table.attrs[f"{field}_kind"], source)
            block = values if values.ndim == 2 else values[:, None]
            if len(names) != block.shape[1]:
                fail(source, f"{field} has {block.shape[1]} columns and {len(names)} names", "write the file again")
            dtype = _text(table.attrs.get(f"{field}_dtype", ""))
            for i, name in enumerate(names):
                one = np.ascontiguousarray(block[:, i])
                out.append(
                    _as_time(name, one, dtype) if dtype.startswith("datetime64") else _series(name, one, "", source)
                )
        else:
            one = np.ascontiguousarray(values)
            out.append(_as_time(field, one, kind) if kind.startswith("datetime64") else _series(field, one, "", source))
    return pl.DataFrame(out)


def _pandas_fixed(group: Any, source: str, memory: int) -> pl.DataFrame:
    """`DataFrame.to_hdf(format="fixed")`: an index and one matrix for each type."""
    index = group["axis1"]
    out: dict[str, pl.Series] = {}
    kind = _text(index.attrs.get("kind", ""))
    if kind.startswith("datetime64"):
        out["time"] = _as_time("time", _load(index, source, memory), kind, utc="tz" in index.attrs)
    order = [_text(n) for n in np.atleast_1d(_load(group["axis0"], source, memory)).tolist()]
    block = 0
    columns: dict[str, pl.Series] = {}
    while f"block{block}_items" in group:
        names = [_text(n) for n in np.atleast_1d(_load(group[f"block{block}_items"], source, memory)).tolist()]
        values = group[f"block{block}_values"]
        kind = _text(values.attrs.get("value_type", ""))
        matrix = _load(values, source, memory)
        if matrix.dtype.kind not in "iufb" or matrix.ndim != 2 or len(names) not in matrix.shape:
            fail(source, f"{values.name} holds Python objects", "write the file with format='table'")
        if values.attrs.get("transposed", 0) or matrix.shape[1] == len(names):
            matrix = matrix.T
        for name, row in zip(names, matrix, strict=True):
            one = np.ascontiguousarray(row)
            columns[name] = (
                _as_time(name, one, kind) if kind.startswith("datetime64") else _series(name, one, "", source)
            )
        block += 1
    out |= {n: columns[n] for n in order if n in columns}
    if len({len(c) for c in out.values()}) != 1:
        fail(source, "the columns have different lengths", "fetch or write the file again")
    return pl.DataFrame(out)
