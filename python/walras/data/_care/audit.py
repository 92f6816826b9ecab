"""The audit: every change that `clean` makes, as rows of text that a person reads and a program applies.

The cleaner changes nothing by itself. It writes edits, and the cleaned table is what `apply` makes of the source and
these edits; so nothing can change that the audit does not name.

Rows are named by their number in the source, from 0; rows that were inserted are numbered on from there. An empty
`old` or `new` is an empty cell.

| action | row, column | old -> new |
|---|---|---|
| set | one cell | the cell before -> after |
| drop | one row | the row's cells, comma-separated -> |
| move | one row | -> the row that it now follows, "after 17" or "first" |
| insert | a new row | -> the row that it follows; its cells are set by the lines below |
| reverse | all rows | the table is turned upside down |
| report | what was found and left as it is | |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from walras.data._bars import IntArray
from walras.data._errors import DataError, fail
from walras.data._table import Table

ACTIONS = ("set", "drop", "move", "insert", "reverse", "report")
COLUMNS = ("row", "line", "time", "column", "action", "old", "new", "rule", "reason")
_SCHEMA = {name: pl.Int64 if name in {"row", "line"} else pl.String for name in COLUMNS}


class Edit(NamedTuple):
    """One line of the audit, but for what follows from the row: its line in the file and its time."""

    row: int
    column: str
    action: str
    old: str
    new: str
    rule: str
    reason: str
    time: str = ""


def cell(column: pl.Series, place: int) -> str:
    """A cell as text that reads back as the same value; "" where it is empty."""
    value = column[place]
    if value is None:
        return ""
    if column.dtype == pl.String:
        return str(value)
    if isinstance(column.dtype, pl.Datetime):
        return str(np.datetime64(int(column.cast(pl.Datetime("ns")).to_physical()[place]), "ns"))
    if column.dtype.is_float():
        return repr(float(value))
    return str(value)


def row_text(frame: pl.DataFrame, place: int) -> str:
    """All cells of a row, comma-separated."""
    return ",".join(cell(frame[name], place) for name in frame.columns)


def _values(texts: Sequence[str], column: pl.Series, source: str) -> pl.Series:
    """Texts of `cell` as values of the column's type."""
    kind = column.dtype
    given: list[Any] = [text if text != "" else None for text in texts]
    try:
        if kind == pl.String:
            return pl.Series(column.name, given, dtype=pl.String)
        if isinstance(kind, pl.Datetime):
            raw = [None if t is None else int(np.datetime64(t, "ns").astype(np.int64)) for t in given]
            return pl.Series(column.name, raw, dtype=pl.Int64).cast(pl.Datetime("ns", kind.time_zone)).cast(kind)
        if kind.is_float():
            return pl.Series(column.name, [None if t is None else float(t) for t in given], dtype=kind)
        if kind.is_integer():
            return pl.Series(column.name, [None if t is None else int(t) for t in given], dtype=kind)
        return pl.Series(column.name, given, dtype=pl.String).cast(kind)
    except (ValueError, OverflowError, TypeError, pl.exceptions.PolarsError):
        unfit = next((t for t in given if t is not None), "")
        fail(
            source,
            f"the column {column.name!r} of type {kind} cannot hold {unfit}",
            "convert the file to CSV first, or switch the rule off",
        )


def apply(frame: pl.DataFrame, ids: IntArray, edits: Iterable[Edit], source: str) -> tuple[pl.DataFrame, IntArray]:
    """The table after the edits, in their order. `ids`: the number of each row.

    Raises DataError where an edit does not fit the table: the audit is of another file.
    """
    todo = [e for e in edits if e.action != "report"]
    start = 0
    while start < len(todo):
        action = todo[start].action
        end = start
        while end < len(todo) and todo[end].action == action:
            end += 1
        batch = todo[start:end]
        start = end
        if action == "reverse":
            for _ in batch:
                frame, ids = frame.reverse(), ids[::-1].copy()
        elif action == "drop":
            places = _places(ids, [e.row for e in batch], source)
            keep = np.ones(ids.size, dtype=np.bool_)
            keep[places] = False
            frame, ids = frame.filter(pl.Series(keep)), ids[keep]
        elif action == "insert":
            frame, ids = _insert(frame, ids, batch, source)
        elif action == "move":
            frame, ids = _move(frame, ids, batch, source)
        else:
            frame = _set(frame, ids, batch, source)
    return frame, ids


def _places(ids: IntArray, rows: Sequence[int], source: str) -> IntArray:
    order = np.argsort(ids, kind="stable")
    wanted = np.asarray(rows, dtype=np.int64)
    place = np.minimum(np.searchsorted(ids[order], wanted), max(ids.size - 1, 0))
    found = order[place] if ids.size else place
    if not ids.size or np.any(ids[found] != wanted):
        missing = wanted[0] if not ids.size else wanted[np.flatnonzero(ids[found] != wanted)[0]]
        fail(
            source, f"the audit names row {missing}, which the table does not have", "give the audit of this very file"
        )
    return found.astype(np.int64)


def _set(frame: pl.DataFrame, ids: IntArray, batch: Sequence[Edit], source: str) -> pl.DataFrame:
    by_column: dict[str, list[Edit]] = {}
    for e in batch:
        by_column.setdefault(e.column, []).append(e)
    for name, edits in by_column.items():
        if name not in frame.columns:
            fail(
                source, f"the audit names the column {name!r}, which the table does not have", "give this file's audit"
            )
        column = frame[name]
        places = _places(ids, [e.row for e in edits], source)
        last: dict[int, str] = {}
        for place, e in zip(places.tolist(), edits, strict=True):
            now = last.get(place, cell(column, place))
            if now != e.old:
                fail(
                    source,
                    f"the audit says that {name!r} was {e.old!r}, and it is {now!r}",
                    "give the audit of this very file",
                    row=e.row,
                )
            last[place] = e.new
        values = _values(list(last.values()), column, source)
        frame = frame.with_columns(_scatter(column, np.fromiter(last, dtype=np.int64), values))
    return frame


def _scatter(column: pl.Series, places: IntArray, values: pl.Series) -> pl.Series:
    source = np.arange(len(column), dtype=np.int64)
    source[places] = len(column) + np.arange(places.size)
    return pl.concat([column, values]).gather(pl.Series(source)).alias(column.name)


def _after(edit: Edit, ids: IntArray, source: str) -> int:
    """The place that a moved or inserted row takes."""
    if edit.new == "first":
        return 0
    word, _, number = edit.new.partition(" ")
    if word != "after" or not number.isdigit():
        fail(source, f"the audit says {edit.new!r} where a row is placed", "write 'first', or 'after' and a row")
    return int(_places(ids, [int(number)], source)[0]) + 1


def _insert(frame: pl.DataFrame, ids: IntArray, batch: Sequence[Edit], source: str) -> tuple[pl.DataFrame, IntArray]:
    """New rows with empty cells. A chain of rows, each after the one before, goes in at once."""
    empty = pl.DataFrame({c: pl.Series([None], dtype=t) for c, t in frame.schema.items()})
    start = 0
    while start < len(batch):
        end = start + 1
        while end < len(batch) and batch[end].new == f"after {batch[end - 1].row}":
            end += 1
        at = _after(batch[start], ids, source)
        new = [e.row for e in batch[start:end]]
        frame = pl.concat([frame[:at], *([empty] * len(new)), frame[at:]])
        ids = np.concatenate([ids[:at], np.asarray(new, dtype=np.int64), ids[at:]])
        start = end
    return frame, ids


def _move(frame: pl.DataFrame, ids: IntArray, batch: Sequence[Edit], source: str) -> tuple[pl.DataFrame, IntArray]:
    """All rows of the batch are taken out, then each goes behind its row, in the batch's order."""
    before = ids
    moved = {e.row for e in batch}
    _places(ids, [e.row for e in batch], source)
    following: dict[int, list[int]] = {}
    known = set(ids.tolist())
    for e in batch:
        number = -1
        if e.new != "first":
            word, _, text = e.new.partition(" ")
            if word != "after" or not text.isdigit() or int(text) not in known:
                fail(source, f"the audit moves a row to {e.new!r}", "write 'first', or 'after' and a row", row=e.row)
            number = int(text)
        following.setdefault(number, []).insert(0, e.row)
    order: list[int] = []
    stack = list(following.get(-1, []))[::-1]

    def drain() -> None:
        while stack:
            row = stack.pop()
            order.append(row)
            stack.extend(following.get(row, [])[::-1])

    drain()
    for row in ids.tolist():
        if row not in moved:
            stack.append(row)
            drain()
    if len(order) != ids.size:
        fail(source, "the audit moves rows in a circle", "give the audit of this very file")
    ids = np.asarray(order, dtype=np.int64)
    return frame[_places(before, order, source).tolist()], ids


def to_frame(edits: Sequence[Edit], first_line: int | None, rows: int) -> pl.DataFrame:
    """The audit as a polars frame. `rows`: how many the source has; rows after them are inserted ones."""
    lines = [first_line + e.row if first_line is not None and 0 <= e.row < rows else None for e in edits]
    columns: dict[str, list[Any]] = {"row": [e.row for e in edits], "line": lines}
    for name in COLUMNS[2:]:
        columns[name] = [getattr(e, name) for e in edits]
    return pl.DataFrame(columns, schema=_SCHEMA)


def from_frame(frame: pl.DataFrame, source: str = "audit") -> list[Edit]:
    """Back to edits. Raises DataError where the frame is no audit."""
    missing = [c for c in Edit._fields if c not in frame.columns]
    if missing:
        fail(source, f"the audit has no column {missing[0]!r}", f"its columns are {', '.join(COLUMNS)}")
    columns = [frame[c].fill_null("" if c != "row" else -1).to_list() for c in Edit._fields]
    edits = [Edit(*values) for values in zip(*columns, strict=True)]
    for place, e in enumerate(edits):
        if e.action not in ACTIONS:
            fail(source, f"the action {e.action!r} is not known", f"it is one of {', '.join(ACTIONS)}", row=place)
    return edits


def read_audit(path: str | Path) -> pl.DataFrame:
    """An audit that `clean` wrote, .csv or .jsonl, as a polars frame.

    Example:
        >>> import walras as wl, tempfile, pathlib
        >>> found = wl.data.clean({"date": ["2024-01-02", "2024-01-02"], "close": [10.0, 10.0]})
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "audit.csv"
        >>> found.write_audit(path)
        >>> wl.data.read_audit(path)["action"].to_list()
        ['drop']
    """
    path = Path(path)
    try:
        if path.suffix == ".jsonl":
            text = path.read_bytes()
            if not text.strip():
                return pl.DataFrame(schema=_SCHEMA)
            return pl.read_ndjson(text, schema=_SCHEMA).with_columns(pl.col(pl.String).fill_null(""))
        return pl.read_csv(path, schema=_SCHEMA).with_columns(pl.col(pl.String).fill_null(""))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: this is not a readable audit: {error}; give the file that clean wrote") from None


def apply_audit(table: Table, audit: pl.DataFrame) -> pl.DataFrame:
    """What `clean` made of a table, from the audit alone."""
    ids = np.arange(table.frame.height, dtype=np.int64)
    return apply(table.frame, ids, from_frame(audit), table.source)[0]
