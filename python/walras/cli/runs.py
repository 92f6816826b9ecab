"""`walras runs`: what a recording holds."""

from __future__ import annotations

import json as json_
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from walras.cli._options import Debug, Json, Quiet
from walras.cli._output import progress_bar

if TYPE_CHECKING:
    from walras.store import Recording

app = typer.Typer(help="List, show and export recorded runs.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(metavar="FILE", help="A recording.", show_default=False)]
Which = Annotated[
    int | None, typer.Option("--run", help="Its number in the file. (default: the last one)", min=1, show_default=False)
]


class Table(StrEnum):
    trades = "trades"
    candles = "candles"
    portfolios = "portfolios"
    books = "books"
    news = "news"


@app.command("list")
def list_command(source: Source, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """The runs of a recording, one line each.

    [bold]Examples[/]

    [cyan]walras runs list run.db[/]

    [cyan]walras runs list run.db --json[/]
    """
    from walras import store

    found = store.runs(source)
    if json:
        typer.echo(json_.dumps([_plain(row) for row in found.iter_rows(named=True)]))
        return
    if quiet:
        return
    from rich.console import Console
    from rich.table import Table as Shown

    table = Shown(box=None, header_style="bold")
    for name in ("run", "kind", "name", "state", "created", "ticks", "trades", "seed"):
        table.add_column(
            name, overflow="fold", justify="right" if name in ("run", "ticks", "trades", "seed") else "left"
        )
    for row in found.iter_rows(named=True):
        made = row["created"][:16].replace("T", " ")
        table.add_row(
            str(row["run"]), row["kind"], row["name"], row["state"], made, f"{row['ticks']:,}", f"{row['trades']:,}",
            "-" if row["seed"] is None else str(row["seed"]),
        )  # fmt: skip
    console = Console()
    console.print(table if found.height else " no runs yet", highlight=False)


@app.command("show")
def show_command(
    source: Source, run: Which = None, json: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """One run: when, how long, its symbols with first and last price, its groups with their profit.

    [bold]Examples[/]

    [cyan]walras runs show run.db[/]

    [cyan]walras runs show run.db --run 2 --json[/]
    """
    from walras import store

    one = store.open(source, run)
    document = facts(one)
    if json:
        typer.echo(json_.dumps(document))
    elif not quiet:
        _print(document)


@app.command("export")
def export_command(
    source: Source,
    target: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="The file to write: .parquet, .csv or .arrow.", show_default=False),
    ],
    table: Annotated[Table, typer.Option(help="What to write.")] = Table.trades,
    run: Which = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite OUT. (default: off)")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """A table of a run into a file, in flat memory.

    [bold]Examples[/]

    [cyan]walras runs export run.db trades.parquet[/]

    [cyan]walras runs export run.db candles.csv --table candles --run 2[/]
    """
    from walras import store

    one = store.open(source, run)
    with progress_bar("exporting", (0, int(one.info["trades"])), enabled=not quiet) as progress:
        rows = one.export(
            target, table.value, force=force, progress=progress and (lambda done, _total: progress(done, done))
        )
    if not quiet:
        typer.echo(f"{target}: {rows:,} {table.value} of run {one.run}")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()}


def facts(one: Recording) -> dict[str, Any]:
    """What `walras runs show --json` prints."""
    import polars as pl

    candles = one.candles(_finest(one.timeframes)) if one.timeframes else None
    symbols = []
    for name, sector in zip(one.symbols, one.sectors, strict=True):
        row: dict[str, Any] = {"symbol": name, "sector": sector}
        if candles is not None and (mine := candles.filter(pl.col("symbol") == name)).height:
            row |= {
                "first": mine["open"][0], "last": mine["close"][-1], "high": mine["high"].max(),
                "low": mine["low"].min(), "volume": mine["volume"].sum(),
            }  # fmt: skip
        symbols.append(row)
    portfolios = one.portfolios()
    groups = []
    if portfolios.height:
        last = portfolios.filter(pl.col("tick") == portfolios["tick"].max())
        groups = (
            last.group_by("group", maintain_order=True)
            .agg(
                actors=pl.len(), mean_equity=pl.col("equity").mean(), worst=pl.col("equity").min(),
                best=pl.col("equity").max(),
            )
            .to_dicts()
        )  # fmt: skip
    news = one.news()
    return {
        **_plain(one.info),
        "path": str(one.path),
        "symbols": symbols,
        "timeframes": one.timeframes,
        "groups": groups,
        "news": news.height,
        "summary": one.summary,
    }


def _finest(timeframes: list[str]) -> str:
    return min(timeframes, key=lambda t: int(t.split()[0]) if t.split()[0].isdigit() else 0)


def _print(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table as Shown

    console = Console()
    lines = {
        "run": f"{document['run']} of {document['path']}",
        "what": f"{document['kind']}, {document['name']}, {document['state']}",
        "made": f"{document['created']}, Walras {document['version']}, seed {document['seed']}",
        "time": f"{document['first']} to {document['last']}",
        "length": f"{document['ticks']:,} ticks, {document['trades']:,} trades, {document['news']:,} news",
        "candles": ", ".join(document["timeframes"]) or "none",
        "signature": document["signature"] or "-",
    }
    table = Shown(show_header=False, box=None)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for label, value in lines.items():
        table.add_row(label, value)
    console.print(table, highlight=False)
    table = Shown(box=None, header_style="bold")
    names = ("symbol", "first", "last", "low", "high", "volume")
    for name in names:
        table.add_column(name, justify="left" if name == "symbol" else "right")
    for row in document["symbols"]:
        cells = [row.get(name) for name in names[1:]]
        table.add_row(
            row["symbol"],
            *(
                "-" if x is None else f"{x:,.2f}" if name != "volume" else f"{x:,.0f}"
                for name, x in zip(names[1:], cells, strict=True)
            ),
        )
    console.print()
    console.print(table)
    if not document["groups"]:
        return
    table = Shown(box=None, header_style="bold")
    for name in ("group", "actors", "mean equity", "worst", "best"):
        table.add_column(name, justify="left" if name == "group" else "right")
    for row in document["groups"]:
        table.add_row(row["group"], f"{row['actors']:,}", *(f"{row[k]:,.2f}" for k in ("mean_equity", "worst", "best")))
    console.print()
    console.print(table)
