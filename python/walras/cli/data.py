"""`walras data`: what is in a file and what is wrong with it; `data_files` has the commands that write files."""

from __future__ import annotations

import json as json_module
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from walras.cli import data_files, tick_files
from walras.cli._options import Calendar, Debug, Json, Names, Quiet, Scale, Stamp, Step, Zone, parse_columns
from walras.cli._output import BAD_DATA

if TYPE_CHECKING:
    from walras.data import Inspection

app = typer.Typer(
    help="Market data: what a file holds, what is wrong with it; repair and convert it; the bundled prices.",
    rich_markup_mode="rich",
    no_args_is_help=True,
)
app.command("clean")(data_files.clean_command)
app.command("convert")(data_files.convert_command)
app.command("demo")(data_files.demo_command)


@app.command("inspect")
def inspect_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV (.gz), Parquet, LEAN zip, or ticks.", show_default=False)
    ],
    step: Step = None,
    tz: Zone = None,
    price_scale: Scale = None,
    stamp: Stamp = "open",
    columns: Names = None,
    calendar: Calendar = None,
    sigma: Annotated[
        float, typer.Option(help="Price changes beyond so many robust standard deviations are outliers.", min=1)
    ] = 12.0,
    format: tick_files.Format = None,
    lot_size: tick_files.LotSize = None,
    symbol: tick_files.Symbols = None,
    day: tick_files.Day = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what is in a file and what is wrong with it. Exit code 3 where a reader would refuse it.

    [bold]Examples[/]

    [cyan]walras data inspect prices.csv.gz[/]

    [cyan]walras data inspect binance_btcusdt.jsonl.gz --lot-size 0.001[/]
    """
    from walras.data import inspect

    ticks = tick_files.opened(file, None, format, lot_size=lot_size, symbols=symbol, day=day, instrument=None, tz=tz)
    if ticks is not None:
        tick_files.inspect(ticks, json=json, quiet=quiet)
        return
    found = inspect(
        file,
        step=step,
        tz=tz,
        price_scale=price_scale,
        stamp=cast("Any", stamp),
        columns=parse_columns(columns),
        calendar=calendar,
        sigma=sigma,
    )
    if json:
        typer.echo(json_module.dumps(found.to_dict(), indent=1))
    elif not quiet:
        _print(found)
    if not found.is_good:
        raise typer.Exit(BAD_DATA)


def _print(found: Inspection) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    facts = Table(show_header=False, box=None)
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    names = ", ".join(found.instruments[:8])
    if len(found.instruments) > 8:
        names += f", ... ({len(found.instruments)})"
    prices = ""
    if not isnan(found.price_max):
        prices = f"{found.price_min:g} to {found.price_max:g}, {found.price_decimals} decimals"
    for label, value in (
        ("file", found.source), ("kind", found.kind), ("instruments", names), ("rows", f"{found.rows:,}"),
        ("span", f"{found.first} to {found.last}" if found.first else ""), ("step", found.step),
        ("time zone", found.tz),
        ("prices", prices),
        ("columns", ", ".join(found.columns[:16])), ("size", f"{found.size_bytes:,} bytes"),
    ):  # fmt: skip
        if value:
            facts.add_row(label, value)
    console.print(facts, highlight=False)
    if not found.problems:
        console.print("\n[green]nothing is wrong with it[/]")
        return
    word = "line" if found.first_line is not None else "row"
    table = Table("", "what", "count", f"first {word}s", "the first, and the remedy", box=None, header_style="dim")
    for p in found.problems:
        mark = "[red]error[/]" if p.severity == "error" else "[yellow]warning[/]"
        rows = ", ".join(str(found.place(r)) for r in p.rows[:3])
        table.add_row(mark, p.name, f"{p.count:,}", rows, f"{p.fact}; {p.remedy}")
    console.print()
    console.print(table, highlight=False)
    if found.is_good:
        console.print("\n[green]a reader accepts it[/]")
    else:
        console.print("\n[red]a reader refuses it[/]")
