"""`walras data clean`, `convert` and `demo`: market data into other files."""

from __future__ import annotations

import json as json_module
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from walras._words import did_you_mean
from walras.cli import tick_files
from walras.cli._options import (
    Calendar,
    Debug,
    Force,
    Json,
    Names,
    Nonpositive,
    Quiet,
    Scale,
    Stamp,
    Step,
    TimeFormat,
    Zone,
    parse_columns,
)
from walras.cli._output import BAD_DATA, progress_bar

if TYPE_CHECKING:
    from walras.data import Cleaned

Source = Annotated[
    Path, typer.Argument(metavar="IN", help="CSV (.gz), Parquet, Arrow, HDF5 or LEAN zip.", show_default=False)
]
Name = Annotated[str | None, typer.Option(help="The instrument's name. (default: the file's)", show_default=False)]
_ENDINGS = ".csv, .csv.gz, .parquet, .arrow, .feather, .h5 or .hdf5"
_TICK_ENDINGS = f"{_ENDINGS}; ticks: .npz or .journal too"


def clean_command(
    source: Source,
    target: Annotated[
        Path | None,
        typer.Argument(metavar="OUT", help=f"The file to write: {_ENDINGS}.", show_default=False),
    ] = None,
    audit: Annotated[
        Path | None,
        typer.Option(
            help="Where every repair is written: .csv or .jsonl. (default: OUT.audit.csv)", show_default=False
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the repairs and write nothing. (default: off)")
    ] = False,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=MODE",
            show_default=False,
            help="How a rule works, or off; may be repeated. See below. (default: the first mode)",
        ),
    ] = None,
    sigma: Annotated[float, typer.Option(help="Outliers are beyond so many robust standard deviations.", min=1)] = 12.0,
    min_move: Annotated[float, typer.Option(help="Outliers move at least so much. (percent)", min=0)] = 1.0,
    window: Annotated[int, typer.Option(help="What is usual is taken from so many rows around. (rows)", min=5)] = 101,
    revert_rows: Annotated[int, typer.Option(help="Outliers come back within so many rows. (rows)", min=1)] = 3,
    split_tolerance: Annotated[
        float, typer.Option(help="How near to k:1 an overnight change is a split. (percent)", min=0.1, max=30)
    ] = 5.0,
    factors: Annotated[
        Path | None,
        typer.Option(help="A LEAN factor file: its splits are made in the prices. (default: none)", show_default=False),
    ] = None,
    max_changed: Annotated[
        float,
        typer.Option(help="A rule that would repair more of the rows stops the command. (percent)", min=0, max=100),
    ] = 10.0,
    instrument: Name = None,
    step: Step = None,
    tz: Zone = None,
    price_scale: Scale = None,
    stamp: Stamp = "open",
    columns: Names = None,
    time_format: TimeFormat = None,
    calendar: Calendar = None,
    nonpositive: Nonpositive = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Repair market data; every repair is written to an audit. IN is never changed. Exit code 3 where damage remains.

    [bold]Examples[/]

    [cyan]walras data clean raw.csv clean.csv --calendar XNYS[/]

    [cyan]walras data clean raw.csv --dry-run --rule outliers=report --rule conflicts=first[/]

    [bold]Rules[/] and their modes, in the order in which they run; each knows [cyan]off[/] too

    times drop · unsorted sort, report · duplicates drop, report · conflicts last, first, drop, report ·
    prices repair, drop, report · outliers repair, drop, report · range repair, drop, report ·
    crossed drop, swap, report · sizes repair, drop, report · splits report, adjust · gaps report, fill
    """
    from walras.data import clean
    from walras.data._clean import clean_file
    from walras.errors import ConfigError

    options: dict[str, Any] = {
        "rules": _rules(rule or []), "columns": parse_columns(columns), "tz": tz, "step": step, "stamp": stamp,
        "time_format": time_format, "calendar": calendar, "price_scale": price_scale, "nonpositive": nonpositive,
        "sigma": sigma, "min_move": min_move / 100, "window": window, "revert_rows": revert_rows,
        "split_tolerance": split_tolerance / 100, "factors": factors, "max_changed": max_changed / 100,
    }  # fmt: skip
    if dry_run:
        done = clean(source, **options)
    else:
        if target is None:
            raise ConfigError("OUT is missing; give the file to write, or --dry-run to list the repairs only")
        audit = audit or target.with_name(f"{target.name}.audit.csv")
        done = clean_file(source, target, audit, force=force, instrument=instrument, **options)
    left = [p for p in done.inspect().problems if p.severity == "error"]
    if json:
        document = {
            "in": str(source),
            "out": None if dry_run else str(target),
            "audit": None if dry_run else str(audit),
            **done.to_dict(),
            "good": not left,
        }
        if dry_run:
            document["edits"] = done.audit.to_dicts()
        typer.echo(json_module.dumps(document, indent=1))
    elif not quiet:
        _print(done, source, None if dry_run else target, audit)
        for p in left:
            typer.echo(f"still wrong: {p.count:,} x {p.name}: {p.fact}; {p.remedy}")
    if left:
        raise typer.Exit(BAD_DATA)


def _rules(words: list[str]) -> dict[str, str]:
    from walras.data import CLEANING_RULES
    from walras.errors import ConfigError

    out = {}
    for word in words:
        name, equals, mode = word.partition("=")
        if not equals:
            raise ConfigError(f"--rule {word!r} is not NAME=MODE; write for example --rule outliers=off")
        if name not in CLEANING_RULES:
            raise ConfigError(f"there is no rule {name!r}; {did_you_mean(name, CLEANING_RULES)}")
        out[name] = mode
    return out


def _print(done: Cleaned, source: Path, target: Path | None, audit: Path | None) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    word = "line" if done.table.first_line is not None else "row"
    table = Table("rule", "mode", "repairs", "rows", "found only", f"first {word}", "why", box=None, header_style="dim")
    for row in done.summary.to_dicts():
        if row["repaired"] or row["reported"]:
            counts = [f"{row[k]:,}" if row[k] else "" for k in ("repaired", "rows", "reported")]
            first = "" if row["first"] is None else str(row["first"])
            table.add_row(f"[bold]{row['rule']}[/]", row["mode"], *counts, first, escape(row["example"]))
    if table.row_count:
        console.print(table, highlight=False)
    else:
        console.print("[green]nothing is wrong with it[/]")
    rows = f"{done.rows_in:,} rows in, {done.frame.height:,} out"
    if target is not None:
        console.print(
            f"\n{escape(str(target))}: {rows}; every change is in {escape(str(audit))}", highlight=False, soft_wrap=True
        )
        return
    edits = done.audit.head(50)
    if edits.height:
        listed = Table(word, "time", "column", "action", "old", "new", "rule", box=None, header_style="dim")
        for e in edits.iter_rows(named=True):
            place = "" if e[word] is None else str(e[word])
            listed.add_row(place, *(escape(e[c]) for c in ("time", "column", "action", "old", "new", "rule")))
        console.print()
        console.print(listed, highlight=False)
    more = f" ({done.audit.height - 50:,} lines more)" if done.audit.height > 50 else ""
    console.print(
        f"\n{escape(str(source))}: {rows}{more}; nothing is written (--dry-run)", highlight=False, soft_wrap=True
    )


class Kind(StrEnum):
    auto = "auto"
    bars = "bars"
    quotes = "quotes"
    trades = "trades"


class Prices(StrEnum):
    double = "double"
    integer = "integer"


class Side(StrEnum):
    mid = "mid"
    bid = "bid"
    ask = "ask"


def convert_command(
    source: Source,
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help=f"The file to write: {_TICK_ENDINGS}.", show_default=False)
    ],
    kind: Annotated[Kind, typer.Option("--as", help="What IN holds; auto goes by its columns.")] = Kind.auto,
    prices: Annotated[
        Prices, typer.Option(help="Prices in OUT: doubles, or integers of 1e-9. Both come back exactly.")
    ] = Prices.double,
    side: Annotated[Side, typer.Option(help="Which prices, where IN holds bars of bid and ask.")] = Side.mid,
    instrument: Name = None,
    step: Step = None,
    tz: Zone = None,
    price_scale: Scale = None,
    stamp: Stamp = "open",
    columns: Names = None,
    time_format: TimeFormat = None,
    calendar: Calendar = None,
    adjust: Annotated[
        Path | None,
        typer.Option(help="A LEAN factor file for splits and dividends. (default: none)", show_default=False),
    ] = None,
    crossed: Annotated[
        bool, typer.Option("--crossed", help="Quotes may be crossed or one-sided. (default: off)")
    ] = False,
    bars: Annotated[
        str | None,
        typer.Option(
            help="Make bars of ticks: 1m, tick:1000, volume:50000, dollar:1e6, tick_imbalance:500 ... (default: none)",
            show_default=False,
        ),
    ] = None,
    nonpositive: Nonpositive = False,
    format: tick_files.Format = None,
    lot_size: tick_files.LotSize = None,
    symbol: tick_files.Symbols = None,
    day: tick_files.Day = None,
    force: Force = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write market data in another format, exactly: prices, times and who they are (docs: Data, Ticks).

    Ticks (book deltas, quotes, trades) go to .parquet, .npz (hftbacktest), .journal or .csv, in flat memory.

    [bold]Examples[/]

    [cyan]walras data convert spy_minute.csv.gz spy.parquet --instrument SPY[/]

    [cyan]walras data convert binance_btcusdt.jsonl.gz btcusdt.npz --lot-size 0.001[/]
    """
    from walras.data._convert import convert_file

    ticks = tick_files.opened(
        source, target, format, lot_size=lot_size, symbols=symbol, day=day, instrument=instrument, tz=tz
    )
    if ticks is not None:
        tick_files.convert(ticks, target, bars=bars, integers=prices is Prices.integer, force=force, quiet=quiet)
        return
    size = source.stat().st_size if source.exists() else 0
    with progress_bar("converting", (0, size), enabled=not quiet) as progress:
        done = convert_file(
            source, target, kind=kind.value, integers=prices is Prices.integer, force=force, side=side.value,
            instrument=instrument, step=step, tz=tz, price_scale=price_scale, stamp=cast("Any", stamp),
            columns=parse_columns(columns), time_format=time_format, calendar=calendar, adjust=adjust, crossed=crossed,
            nonpositive=nonpositive, progress=progress, bars=bars,
        )  # fmt: skip
    if not quiet:
        typer.echo(f"{target}: {done}")


def demo_command(
    symbols: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SYMBOL]...", help="Which stocks. (default: all 20)", show_default=False),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT", help=f"Write the prices to a file: {_ENDINGS}. (default: none)", show_default=False
        ),
    ] = None,
    rows: Annotated[int, typer.Option(help="Show so many of the first and last prices of SYMBOL. (rows)", min=1)] = 5,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """The bundled prices: daily adjusted closes of 20 US stocks, 1990 to 2022. List them, show some, write them.

    [bold]Examples[/]

    [cyan]walras data demo[/]

    [cyan]walras data demo KO PEP --to ko_pep.parquet[/]
    """
    from walras.data import load_demo_prices
    from walras.errors import DataError

    prices = load_demo_prices()
    wanted = [s.upper() for s in symbols or []]
    for symbol in wanted:
        if symbol not in prices.columns:
            raise DataError(f"the bundled prices have no {symbol!r}; {did_you_mean(symbol, prices.columns[1:])}")
    if wanted:
        prices = prices.select("date", *dict.fromkeys(wanted))
    if to is not None:
        _write_demo(prices, to, force=force)
    if json:
        typer.echo(json_module.dumps(_demo_facts(prices), indent=1))
    elif to is not None:
        if not quiet:
            typer.echo(f"{to}: {prices.height:,} days of {', '.join(prices.columns[1:])}")
    elif not quiet:
        _print_demo(prices, rows if wanted else 0)


def _write_demo(prices: Any, to: Path, *, force: bool) -> None:
    """CSV is the wide table that it is; the other formats hold bars that know what they are."""
    from walras.data import bars_from_frame, write_bars
    from walras.data._write import format_of, write_frames

    if format_of(to) == "csv":
        write_frames([prices], to, prices, {}, force=force)
    else:
        write_bars(bars_from_frame(prices), to, force=force)


def _demo_facts(prices: Any) -> dict[str, Any]:
    rows = [
        {
            "symbol": s,
            "first": float(prices[s][0]),
            "last": float(prices[s][-1]),
            "growth_per_year": float(prices[s][-1] / prices[s][0]) ** (1 / 32.99) - 1,
            "closes": prices.height,
        }
        for s in prices.columns[1:]
    ]
    span = [str(prices["date"][0]), str(prices["date"][-1])]
    return {"rows": prices.height, "span": span, "instruments": rows, "licence": "BSD-3-Clause (skfolio)"}


def _print_demo(prices: Any, shown: int) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    symbols = prices.columns[1:]
    console.print(
        f"{prices.height:,} days of {len(symbols)} US stocks, {prices['date'][0]} to {prices['date'][-1]}, "
        "adjusted closes in dollars",
        highlight=False,
    )
    console.print("source: skfolio (BSD-3-Clause), see walras/demo_data/ATTRIBUTION.md\n", style="dim", highlight=False)
    if shown:
        table = Table("date", *symbols, box=None, header_style="dim")
        for row in prices.head(shown).iter_rows():
            table.add_row(str(row[0]), *(f"{v:.3f}" for v in row[1:]))
        table.add_row("...", *("" for _ in symbols))
        for row in prices.tail(shown).iter_rows():
            table.add_row(str(row[0]), *(f"{v:.3f}" for v in row[1:]))
    else:
        table = Table("symbol", "first", "last", "growth per year", box=None, header_style="dim")
        for one in _demo_facts(prices)["instruments"]:
            cells = (f"{one['first']:.3f}", f"{one['last']:.3f}", f"{one['growth_per_year']:.1%}")
            table.add_row(f"[bold]{one['symbol']}[/]", *cells)
    console.print(table, highlight=False)
    names = ",".join(symbols) if shown else ""
    console.print(
        f"\nwalras backtest sma_cross --data demo{':' + names if names else ''}", style="cyan", highlight=False
    )
