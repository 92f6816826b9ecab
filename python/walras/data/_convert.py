"""`walras data convert`: any readable file into another format, exactly. Big files go through piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from walras.data import _check, _stream
from walras.data._bars import Bars
from walras.data._errors import DataError
from walras.data._inspect import kind_of
from walras.data._read import bars_from_frame, read_bars
from walras.data._read_ticks import read_quotes, read_trades
from walras.data._roles import find_roles
from walras.data._store import kind_of_meta, write, write_pieces
from walras.data._table import Table, load
from walras.data._tick_open import TickFiles
from walras.data._tick_records import QUOTE, TRADE
from walras.data._tick_set import join
from walras.data._ticks import Quotes, Trades
from walras.data._trade_bars import bars_of
from walras.data._write import check_target, format_of

STREAM_FROM = 256 << 20  # bytes of text or columns: below it a file is read whole, and its hash goes along
_PACKED = 8  # how much larger gzip text and Parquet columns are when unpacked, about

_READERS: dict[str, tuple[Any, frozenset[str]]] = {
    "bars": (read_bars, frozenset({"crossed"})),
    "quotes": (read_quotes, frozenset({"calendar", "side"})),
    "trades": (read_trades, frozenset({"step", "stamp", "calendar", "side", "crossed"})),
}
_WIDE = "closes of many instruments"


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written."""

    kind: str
    rows: int
    instruments: tuple[str, ...]
    first: int  # ns UTC
    last: int

    def __str__(self) -> str:
        names = ", ".join(self.instruments[:8]) + (", ..." if len(self.instruments) > 8 else "")
        return f"{self.rows:,} {self.kind} of {names}, {_check.iso(self.first)} to {_check.iso(self.last)}"


def read_any(table: Table, kind: str, options: dict[str, Any]) -> Bars | Quotes | Trades:
    """Bars, quotes or trades. The options are those of the readers."""
    if kind == _WIDE:
        known = {"tz", "step", "stamp", "calendar", "time_format", "price_scale"}
        if options.get("adjust") is not None:
            table.fail("a factor file is of one instrument and these are many", "read one of them: --instrument NAME")
        return bars_from_frame(table, **{k: v for k, v in options.items() if k in known})
    reader, unknown = _READERS[kind]
    found = reader(table, **{k: v for k, v in options.items() if k not in unknown})
    assert isinstance(found, Bars | Quotes | Trades)
    return found


def kind_of_table(table: Table, options: dict[str, Any]) -> str:
    """ "bars", "quotes", "trades" or "closes of many instruments", by the columns."""
    if kind_of_meta(table.meta) and options.get("columns") is None:
        return kind_of_meta(table.meta)
    kind = kind_of(find_roles(table, options.get("columns")))
    if kind == _WIDE:
        # One column of closes, or one that is named, is one instrument.
        return "bars" if options.get("instrument") is not None or table.frame.width == 2 else kind
    return kind if kind in _READERS else "bars"


def convert_file(
    source: Path,
    target: Path,
    *,
    kind: str = "auto",
    integers: bool = False,
    force: bool = False,
    progress: _stream.Progress | None = None,
    bars: str | None = None,
    **options: Any,
) -> Converted:
    """Reads a file and writes it in the format of the target's ending; `bars` ("1m", "tick:9") makes bars of ticks."""
    if not source.is_file():
        raise DataError(
            f"{source}: {'this is a folder' if source.is_dir() else 'the file does not exist'}; name a file"
        )
    format_of(target)
    check_target(target, force=force, sources=(source,))
    size = source.stat().st_size * (1 if source.suffix.lower() in {".csv", ".txt", ".tsv"} else _PACKED)
    if bars is None and size > STREAM_FROM and _stream.can_stream(source):
        done = _in_pieces(source, target, kind, integers, force, progress, options)
        if done is not None:
            return done
    table = load(source, options.get("columns"))
    data = read_any(table, kind_of_table(table, options) if kind == "auto" else kind, options)
    if bars is not None:
        data = bars_of(data, bars)
    write(data, target, integers=integers, force=force, sources=(source,))
    names = data.instruments if isinstance(data, Bars) else (data.instrument,)
    first, last = data.span if isinstance(data, Bars) else (int(data.ts[0]), int(data.ts[-1]))
    return Converted(_kind_of_data(data), len(data), names, first, last)


def bars_of_tick_files(files: TickFiles, text: str, progress: _stream.Progress | None = None) -> Bars:
    """Bars of the trades of one symbol, or of its quotes' mids where nothing was traded. Book deltas are passed by."""
    parts = []
    for ticks in files.chunks(progress=progress):
        kind = ticks.records["kind"]
        parts.append(replace(ticks, records=ticks.records[(kind == TRADE) | (kind == QUOTE)]))
    told = join(parts)
    if not len(told):
        raise DataError(
            f"{', '.join(map(str, files.paths))}: there are no trades and no quotes to make bars of; "
            "leave out --bars to write the ticks"
        )
    traded = bool((told.records["kind"] == TRADE).any())
    return bars_of(told.trades() if traded else told.quotes(), text)


def convert_tick_files_to_bars(
    files: TickFiles,
    target: Path,
    text: str,
    *,
    integers: bool = False,
    force: bool = False,
    progress: _stream.Progress | None = None,
) -> Converted:
    """Reads files of ticks and writes bars in the format of the target's ending."""
    format_of(target)
    check_target(target, force=force, sources=files.paths)
    data = bars_of_tick_files(files, text, progress)
    write(data, target, integers=integers, force=force, sources=files.paths)
    return Converted("bars", len(data), data.instruments, *data.span)


def _kind_of_data(data: Bars | Quotes | Trades) -> str:
    return "bars" if isinstance(data, Bars) else "quotes" if isinstance(data, Quotes) else "trades"


def _in_pieces(
    source: Path, target: Path, kind: str, integers: bool, force: bool, progress: Any, options: dict[str, Any]
) -> Converted | None:
    """None where the file holds many instruments, which are read whole."""
    first = next(_stream.pieces(source, options.get("columns"))).table
    chosen = kind_of_table(first, options) if kind == "auto" else kind
    # The first piece does not tell how many instruments there are, unless the file does.
    is_long = {"instrument", "ts_open", "ts_close"} <= set(first.frame.columns) and not kind_of_meta(first.meta)
    if chosen == _WIDE or is_long or len(first.meta.get("instruments", ())) > 1:
        return None
    options = dict(options)

    def read(table: Table) -> Bars | Quotes | Trades:
        data = read_any(table, chosen, options)
        if isinstance(data, Bars) and options.get("step") is None and not table.meta:
            options["step"] = data.step  # the first piece says it for all
        return data

    told = write_pieces(
        _stream.read_pieces(source, options.get("columns"), read, progress),
        target,
        integers=integers,
        force=force,
        sources=(source,),
    )
    return Converted(told["kind"], told["rows"], tuple(told["instruments"]), told["first"], told["last"])
