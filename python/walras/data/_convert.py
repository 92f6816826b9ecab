"""`walras data convert`: any readable file into another format, exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from walras.data._bars import Bars
from walras.data._errors import DataError
from walras.data._inspect import kind_of
from walras.data._read import bars_from_frame, read_bars
from walras.data._read_ticks import read_quotes, read_trades
from walras.data._roles import find_roles
from walras.data._store import kind_of_meta, write
from walras.data._table import Table, load
from walras.data._ticks import Quotes, Trades
from walras.data._write import check_target, format_of

_FOR_BARS = {"step", "stamp", "calendar", "side"}
_READERS: dict[str, tuple[Any, frozenset[str]]] = {
    "bars": (read_bars, frozenset({"crossed"})),
    "quotes": (read_quotes, frozenset({"calendar", "side"})),
    "trades": (read_trades, frozenset({*_FOR_BARS, "crossed"})),
}


def read_any(source: Path | Table, kind: str = "auto", **options: Any) -> Bars | Quotes | Trades:
    """Bars, quotes or trades, by the columns of the file or by `kind`. The options are those of the readers."""
    table = load(source, options.get("columns"))
    if kind == "auto":
        kind = _kind(table, options)
    if kind == "closes of many instruments":
        given = {
            k: v for k, v in options.items() if k in {"tz", "step", "stamp", "calendar", "time_format", "price_scale"}
        }
        if options.get("adjust") is not None:
            table.fail("a factor file is of one instrument and these are many", "read one of them: --instrument NAME")
        return bars_from_frame(table, **given)
    reader, unknown = _READERS[kind]
    found = reader(table, **{k: v for k, v in options.items() if k not in unknown})
    assert isinstance(found, Bars | Quotes | Trades)
    return found


def _kind(table: Table, options: dict[str, Any]) -> str:
    if kind_of_meta(table.meta) and options.get("columns") is None:
        return kind_of_meta(table.meta)
    kind = kind_of(find_roles(table, options.get("columns")))
    if kind == "closes of many instruments":
        # One column of closes, or one that is named, is one instrument.
        return "bars" if options.get("instrument") is not None or table.frame.width == 2 else kind
    return kind if kind in _READERS else "bars"


def convert_file(
    source: Path, target: Path, *, kind: str = "auto", integers: bool = False, force: bool = False, **options: Any
) -> Bars | Quotes | Trades:
    """Reads a file and writes it in the format of the target's ending. Returns what was read."""
    if not source.exists():
        raise DataError(f"{source}: the file does not exist; check the path")
    format_of(target)
    check_target(target, force=force, sources=(source,))
    data = read_any(source, kind, **options)
    write(data, target, integers=integers, force=force, sources=(source,))
    return data
