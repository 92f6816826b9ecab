"""`walras data`: what is in a file, what is wrong with it, and files into other files."""

from __future__ import annotations

import json as json_module
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from walras.cli._options import Debug, Json, Names, Quiet, Stamp, parse_columns
from walras.cli._output import BAD_DATA

if TYPE_CHECKING:
    from walras.data import Inspection

app = typer.Typer(
    help="Look into market data: what a file holds, what is wrong with it, the bundled prices.",
    rich_markup_mode="rich",
    no_args_is_help=True,
)

Step = Annotated[
    str | None,
    typer.Option(help="Length of a bar, such as 1m or 1d. (default: the most frequent distance)", show_default=False),
]
Zone = Annotated[
    str | None,
    typer.Option(help="Zone of times without an offset, such as America/New_York. (default: UTC)", show_default=False),
]
Scale = Annotated[
    str | None, typer.Option(help="Currency units of 1 in the file, such as 0.0001. (default: 1)", show_default=False)
]
Calendar = Annotated[
    str | None,
    typer.Option(help="The exchange whose sessions are expected, such as XNYS. (default: none)", show_default=False),
]


@app.command("inspect")
def inspect_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV (.gz), Parquet or LEAN zip.", show_default=False)],
    step: Step = None,
    tz: Zone = None,
    price_scale: Scale = None,
    stamp: Stamp = "open",
    columns: Names = None,
    calendar: Calendar = None,
    sigma: Annotated[
        float, typer.Option(help="Price changes beyond so many robust standard deviations are outliers.", min=1)
    ] = 12.0,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what is in a file and what is wrong with it. Exit code 3 where a reader would refuse it.

    [bold]Examples[/]

    [cyan]walras data inspect prices.csv.gz[/]

    [cyan]walras data inspect spy_minute.csv --tz America/New_York --calendar XNYS --json[/]
    """
    from walras.data import inspect

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


@app.command("convert")
def convert_command(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="A file of bars: CSV (.gz), Parquet or LEAN zip.", show_default=False)
    ],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="The file to write: .parquet or .csv.", show_default=False)
    ],
    instrument: Annotated[
        str | None, typer.Option(help="The instrument's name. (default: the file's)", show_default=False)
    ] = None,
    step: Step = None,
    tz: Zone = None,
    price_scale: Scale = None,
    stamp: Stamp = "open",
    columns: Names = None,
    adjust: Annotated[
        Path | None,
        typer.Option(help="A LEAN factor file for splits and dividends. (default: none)", show_default=False),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read bars and write them with times of open and close in UTC, prices in currency units.

    [bold]Examples[/]

    [cyan]walras data convert spy_minute.csv.gz spy.parquet --instrument SPY[/]

    [cyan]walras data convert aapl.csv aapl.parquet --price-scale 0.0001 --adjust aapl_factor_file.csv[/]
    """
    from walras.data import read_bars
    from walras.errors import ConfigError, DataError

    if target.exists() and target.resolve() == source.resolve():
        raise ConfigError(f"{target}: this is the file that is read; give another name for the result")
    if target.suffix not in {".parquet", ".csv"}:
        raise ConfigError(f"{target}: the ending names no format that can be written; give .parquet or .csv")
    bars = read_bars(
        source,
        instrument=instrument,
        step=step,
        tz=tz,
        price_scale=price_scale,
        stamp=cast("Any", stamp),
        columns=parse_columns(columns),
        adjust=adjust,
    )
    frame = bars.frame()
    try:
        if target.suffix == ".parquet":
            frame.write_parquet(target)
        else:
            frame.write_csv(target)
    except OSError as error:
        raise DataError(f"{target}: cannot be written: {error}; check the path and the space left") from None
    if not quiet:
        typer.echo(f"{target}: {len(bars):,} bars of {', '.join(bars.instruments)}, {bars.span_text}")


@app.command("demo")
def demo_command(json: Json = False, debug: Debug = False) -> None:
    """Show the bundled prices: daily adjusted closes of 20 US stocks, 1990 to 2022.

    [bold]Examples[/]

    [cyan]walras data demo[/]

    [cyan]walras backtest pairs --data demo:KO,PEP[/]
    """
    from walras.data import load_demo_prices

    prices = load_demo_prices()
    symbols = prices.columns[1:]
    rows = [
        {
            "symbol": s,
            "first": float(prices[s][0]),
            "last": float(prices[s][-1]),
            "growth_per_year": float(prices[s][-1] / prices[s][0]) ** (1 / 32.99) - 1,
            "closes": prices.height,
        }
        for s in symbols
    ]
    if json:
        span = [str(prices["date"][0]), str(prices["date"][-1])]
        typer.echo(
            json_module.dumps(
                {"rows": prices.height, "span": span, "instruments": rows, "licence": "BSD-3-Clause (skfolio)"},
                indent=1,
            )
        )
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"{prices.height:,} days of {len(symbols)} US stocks, {prices['date'][0]} to {prices['date'][-1]}, "
        "adjusted closes in dollars",
        highlight=False,
    )
    console.print("source: skfolio (BSD-3-Clause), see walras/demo_data/ATTRIBUTION.md\n", style="dim", highlight=False)
    table = Table("symbol", "first", "last", "growth per year", box=None, header_style="dim")
    for row in rows:
        table.add_row(
            f"[bold]{row['symbol']}[/]", f"{row['first']:.3f}", f"{row['last']:.3f}", f"{row['growth_per_year']:.1%}"
        )
    console.print(table)
    console.print("\nwalras backtest sma_cross --data demo", style="cyan", highlight=False)
