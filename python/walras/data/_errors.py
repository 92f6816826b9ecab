"""DataError with its place: which file, which row, what is wrong, what to do."""

from __future__ import annotations

from typing import NoReturn

from walras.errors import DataError

__all__ = ["DataError", "error", "fail"]


def error(source: str, fact: str, remedy: str, *, line: int | None = None, row: int | None = None) -> DataError:
    """A DataError. `line` counts a text file's lines from 1; `row` counts a frame's rows from 0."""
    place = source
    if line is not None:
        place += f", line {line}"
    elif row is not None:
        place += f", row {row}"
    return DataError(f"{place}: {fact}; {remedy}")


def fail(source: str, fact: str, remedy: str, *, line: int | None = None, row: int | None = None) -> NoReturn:
    """Raises `error`."""
    raise error(source, fact, remedy, line=line, row=row)
