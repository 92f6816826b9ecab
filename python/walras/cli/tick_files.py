"""Files of ticks on the command line: what is in one, and into another format; in flat memory."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from walras.cli._output import progress_bar

if TYPE_CHECKING:
    from walras.data import TickFiles

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="IN holds ticks of this format: binance, bybit, dbn, hftbacktest, itch, journal, lean, lobster, nautilus, "
        "tardis, walras. (default: by name and first bytes)",
        show_default=False,
    ),
]
LotSize = Annotated[
    str | None,
    typer.Option(help="Ticks: units in one lot. (default: 1; 0.00000001 for coins)", show_default=False),
]
Symbols = Annotated[
    list[str] | None,
    typer.Option("--symbol", help="Ticks: only this symbol; may be repeated. (default: all)", show_default=False),
]
Day = Annotated[
    str | None,
    typer.Option(
        help="Ticks: the day of formats with a time of day. (default: in the file's name)", show_default=False
    ),
]
# LEAN's files are tables of trades or quotes too, and the table readers keep them so.
_TABLES = {"lean", ""}


def opened(
    source: Path, target: Path | None, format: str | None, *, lot_size: str | None, symbols: list[str] | None,
    day: str | None, instrument: str | None, tz: str | None,
) -> TickFiles | None:  # fmt: skip
    """The file as ticks; None where it is a table."""
    from walras.data._tick_open import guess_format, stream_ticks

    wanted = format
    if wanted is None:
        found = guess_format(source)
        wants_ticks = target is not None and target.suffix.lower() in (".npz", ".journal")
        if found in _TABLES and not (wants_ticks and source.is_file()):
            return None
        wanted = found or None
    return stream_ticks(
        source, format=wanted, lot_size=lot_size, symbols=symbols, date=day, instrument=instrument, tz=tz
    )


def convert(files: TickFiles, target: Path, *, bars: str | None, integers: bool, force: bool, quiet: bool) -> None:
    """Writes the ticks, or bars of them, and says what was written."""
    from walras.data._convert import convert_tick_files_to_bars
    from walras.data._tick_write import convert_ticks

    size = sum(p.stat().st_size for p in files.paths)
    done: object
    with progress_bar("converting", (0, size), enabled=not quiet) as progress:
        if bars is None:
            done = convert_ticks(files, target, force=force, progress=progress)
        else:
            done = convert_tick_files_to_bars(files, target, bars, integers=integers, force=force, progress=progress)
    if not quiet:
        typer.echo(f"{target}: {done}")


def inspect(files: TickFiles, *, json: bool, quiet: bool) -> None:
    """Counts, span, prices and the states of the books."""
    size = sum(p.stat().st_size for p in files.paths)
    with progress_bar("reading", (0, size), enabled=not (quiet or json)) as progress:
        facts = _facts(files, progress)
    if json:
        typer.echo(json_module.dumps(facts, indent=1))
    elif not quiet:
        _print(facts)


def _facts(files: TickFiles, progress: Any) -> dict[str, Any]:
    from walras.data import _check
    from walras.data._tick_records import ACTIONS, BOOK_DELTA, LAST, SNAPSHOT, STATES
    from walras.data._tick_records import facts as count_kinds
    from walras.errors import DataError

    kinds: dict[str, int] = {}
    states = dict.fromkeys(STATES, 0)
    snapshots, late, rows = 0, 0, 0
    first = last = 0
    worst, least = -(2**63), 2**63 - 1
    symbols: tuple[str, ...] = ()
    for ticks in files.chunks(progress=progress):
        r = ticks.records
        first = first or int(r["ts_init"][0])
        last, symbols, rows = int(r["ts_init"][-1]), ticks.symbols, rows + len(ticks)
        kinds = {k: kinds.get(k, 0) + n for k, n in count_kinds(r).items()}
        delta = r[r["kind"] == BOOK_DELTA]
        said = delta["order"][delta["action"] == ACTIONS.index("state")]
        for i, word in enumerate(STATES):
            states[word] += int((said == i).sum())
        snapshots += int(((delta["flags"] & (SNAPSHOT | LAST)) == (SNAPSHOT | LAST)).sum())
        delay = r["ts_init"] - r["ts_event"]
        worst, least = max(worst, int(delay.max())), min(least, int(delay.min()))
        late += int((delay < 0).sum())
    if not rows:
        raise DataError(f"{files.paths[0]}: there are no ticks of {', '.join(files.symbols) or 'any symbol'}")
    return {
        "file": ", ".join(str(p) for p in files.paths),
        "format": files.format,
        "ticks": rows,
        "kinds": kinds,
        "symbols": list(symbols),
        "first": _check.iso(first),
        "last": _check.iso(last),
        "snapshots": snapshots,
        "states": states,
        "delay_ns": {"least": least, "most": worst},
        "received_before_it_happened": late,
        "lot_size": files.lot_size / 1e9,
        "size_bytes": sum(p.stat().st_size for p in files.paths),
    }


def _print(facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    names = facts["symbols"]
    delay = facts["delay_ns"]
    rows = {
        "file": facts["file"],
        "format": f"ticks, {facts['format']}",
        "symbols": ", ".join(names[:8]) + (f", ... ({len(names)})" if len(names) > 8 else ""),
        "ticks": f"{facts['ticks']:,}: "
        + ", ".join(f"{n:,} {k.replace('_', ' ')}s" for k, n in facts["kinds"].items() if n),
        "span": f"{facts['first']} to {facts['last']}",
        "delay": f"{delay['least'] / 1e6:,.3f} to {delay['most'] / 1e6:,.3f} ms from the event to its receipt",
        "books": f"{facts['snapshots']:,} snapshots"
        + "".join(f", {n:,} x {word}" for word, n in facts["states"].items() if n),
        "lot size": f"{facts['lot_size']:.9f}".rstrip("0").rstrip("."),
        "size": f"{facts['size_bytes']:,} bytes",
    }
    for label, value in rows.items():
        table.add_row(label, value)
    console = Console()
    console.print(table, highlight=False)
    if facts["received_before_it_happened"]:
        console.print(
            f"\n[yellow]{facts['received_before_it_happened']:,} ticks came before they happened: the clocks of "
            f"exchange and recorder differ[/]",
            highlight=False,
        )
