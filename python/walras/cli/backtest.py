"""`walras backtest`: one strategy over recorded bars."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from walras.cli._options import Config, Debug, Json, Names, Quiet, Seed, Stamp, Threads, parse_columns


class FillAt(StrEnum):
    auto = "auto"
    next_open = "next_open"
    next_close = "next_close"
    this_close = "this_close"
    intrabar_path = "intrabar_path"


class Market(StrEnum):
    replay = "replay"
    reacts = "reacts"


class Account(StrEnum):
    cash = "cash"
    margin = "margin"


def option(help_: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help_, **more)


def command(
    strategy: Annotated[
        str,
        typer.Argument(
            metavar="STRATEGY", help="A name from `walras strategies`, or my_file.py:MyStrategy.", show_default=False
        ),
    ],
    data: Annotated[
        list[str],
        option(
            "Bars: FILE[:INSTRUMENT] (CSV, Parquet, LEAN) or demo[:KO,PEP]. Ticks: ITCH, DBN, LOBSTER, Binance ... "
            "May be repeated.",
            metavar="FILE[:INSTRUMENT]",
            show_default=False,
        ),
    ],
    settings: Annotated[
        list[str] | None,
        option(
            "A parameter of the strategy; may be repeated. (default: the strategy's own)",
            "--set",
            metavar="KEY=VALUE",
            show_default=False,
        ),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        option(
            "Try every combination: FIRST:LAST[:STEP] (both included) or a list; may be repeated. (default: none)",
            metavar="KEY=VALUES",
            show_default=False,
        ),
    ] = None,
    metric: Annotated[str, option("What the best trial of a sweep is best at. (key of a statistic)")] = "sharpe",
    earlier_trials: Annotated[
        int, option("Trials made on these data before; they deflate the Sharpe ratio too. (count)", min=0)
    ] = 0,
    cash: Annotated[float, option("Starting cash. (US dollars)", min=0)] = 10_000.0,
    fee_bps: Annotated[
        float | None,
        option("Fee of each fill. (basis points of its value; default: 10)", show_default=False),
    ] = None,
    slippage_bps: Annotated[
        float | None,
        option("Price given away by each market fill. (basis points; default: 1)", show_default=False),
    ] = None,
    fill_at: Annotated[
        FillAt,
        option("Where a decision on a bar fills; auto = next_open, or next_close where the file has closes only."),
    ] = FillAt.auto,
    queue: Annotated[
        str, option("Ticks: what stands before an order in books by price: risk_averse, power:N[:FORM], log[:FORM].")
    ] = "risk_averse",
    latency_ms: Annotated[
        float | None,
        option(
            "How long orders and reports travel. (milliseconds each way; default: 5 on ticks, 0 on bars)",
            min=0,
            show_default=False,
        ),
    ] = None,
    feed_latency_ms: Annotated[
        float, option("Ticks: how much later than recorded they reach us. (milliseconds)", min=0)
    ] = 0.0,
    whole_fills: Annotated[
        bool, option("Ticks: an order fills whole, a taking one at the best price. (default: in parts)")
    ] = False,
    format: Annotated[
        str | None,
        option(
            "Ticks: what the files are: binance, dbn, itch, lobster ... (default: by name and first bytes)",
            show_default=False,
        ),
    ] = None,
    lot_size: Annotated[
        str | None,
        option("Ticks: units in one lot. (default: 1; 0.00000001 for coins)", show_default=False),
    ] = None,
    tick_size: Annotated[
        str | None,
        option("Ticks: grid of prices. (price units; default: the one that the data show)", show_default=False),
    ] = None,
    multiplier: Annotated[
        float | None,
        option("Ticks: value of one unit and 1.00 of price. (currency; default: 1)", min=0, show_default=False),
    ] = None,
    market: Annotated[
        Market, option("Ticks: replay = our orders change nothing; reacts = they meet the recorded flow as orders.")
    ] = Market.replay,
    explain: Annotated[
        int | None,
        option(
            "Ticks: say step by step why this order was filled when it was. (number; default: none)",
            metavar="ORDER",
            min=1,
            show_default=False,
        ),
    ] = None,
    account: Annotated[Account, option("cash never borrows and never goes short; margin may.")] = Account.margin,
    leverage: Annotated[float, option("Most exposure an account may open. (multiple of equity)", min=1)] = 1.0,
    from_: Annotated[
        str | None,
        option(
            "First time. (YYYY-MM-DD[THH:MM], data's time zone; default: the first row)",
            "--from",
            metavar="TIME",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        str | None,
        option(
            "End, itself excluded. (YYYY-MM-DD[THH:MM]; default: after the last row)",
            "--to",
            metavar="TIME",
            show_default=False,
        ),
    ] = None,
    step: Annotated[
        str | None, option("Length of a bar, e.g. 1d or 5m. (default: found in the file)", show_default=False)
    ] = None,
    tz: Annotated[
        str | None, option("Time zone of times without one. (IANA name; default: found, else UTC)", show_default=False)
    ] = None,
    price_scale: Annotated[
        str | None,
        option(
            "What a price of 1 in the file means. (currency units; default: 1, or LEAN's 0.0001)", show_default=False
        ),
    ] = None,
    stamp: Stamp = "open",
    columns: Names = None,
    adjust: Annotated[
        Path | None, option("LEAN factor file with splits and dividends. (default: none)", show_default=False)
    ] = None,
    report: Annotated[
        Path | None,
        option(
            "Write the HTML report here; of a sweep, with that of its best trial beside it. (default: none)",
            metavar="OUT.html",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        list[str] | None,
        option(
            "Show it beside another strategy on the same data, or a saved run; may be repeated. (default: none)",
            metavar="STRATEGY[:KEY=VALUE,...]|RUN",
            show_default=False,
        ),
    ] = None,
    save: Annotated[
        Path | None, option("Save all tables here as Parquet. (default: none)", metavar="FOLDER", show_default=False)
    ] = None,
    record: Annotated[
        Path | None,
        option(
            "Put the run into this recording, which may hold others; `walras runs` reads it. (default: none)",
            metavar="FILE.db",
            show_default=False,
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        option("Write every event, command and refusal here. (default: none)", metavar="FILE", show_default=False),
    ] = None,
    seed: Seed = 0,
    threads: Threads = 1,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run a strategy over recorded bars and show what it earned, what it cost and how it was filled.

    [bold]Examples[/]

    [cyan]walras backtest pairs --data demo:KO,PEP --cash 100000 --report out.html[/]

    [cyan]walras backtest sma_cross --data demo:AAPL --set fast=20 --set slow=100 --fee-bps 10 --json[/]

    [cyan]walras backtest sma_cross --data demo:KO --sweep fast=5:50:5 --sweep slow=60,120,240 --threads 2[/]

    [cyan]walras backtest my_maker.py --data esh4.mbo.dbn.zst --multiplier 50 --latency-ms 2 --explain 17[/]

    [cyan]walras backtest sma_cross --data demo:KO --compare buy_and_hold --compare sma_cross:fast=5,slow=20[/]
    """
    import shlex
    from dataclasses import replace

    from walras import fees, latency, slippage
    from walras.backtest import run
    from walras.cli._inputs import load_data, make_strategy, parse_settings, window_of
    from walras.cli._output import COMMAND_LINE, progress_bar
    from walras.errors import ConfigError

    given = parse_settings(settings or [])
    chosen = make_strategy(strategy, {} if sweep else given)
    named = parse_columns(columns)
    reading = {"step": step, "tz": tz, "price_scale": price_scale, "stamp": stamp, "columns": named, "adjust": adjust}
    known = {k: v for k, v in reading.items() if v is not None}
    bars = load_data(data, from_, to, threads, format=format, lot_size=lot_size, reading=known)
    command_line = shlex.join(["walras", *COMMAND_LINE])
    how: dict[str, Any] = {
        "cash": cash,
        "fees": None if fee_bps is None else fees.bps(fee_bps),
        "slippage": None if slippage_bps is None else slippage.bps(slippage_bps),
        "fill_at": fill_at.value,
        "account": account.value,
        "leverage": leverage,
        "seed": seed,
    }
    ticks = isinstance(bars, list)
    if ticks:
        how |= _tick_settings(bars, tick_size, multiplier) | window_of(bars, from_, to)
        how |= {"queue": queue, "partial_fills": not whole_fills, "explain": explain}
        how["market"] = market.value
        how["latency"] = latency.constant(5.0 if latency_ms is None else latency_ms, feed_ms=feed_latency_ms)
    elif latency_ms is not None:
        how["latency"] = latency.constant(latency_ms)
    if market is Market.reacts and not ticks:
        raise ConfigError("--market reacts needs ticks; bars have no orders to meet")
    if explain is not None and not ticks:
        raise ConfigError("--explain tells the fills of an order on ticks; on bars each fill names its rule")
    if sweep:
        from walras.cli._sweep import run_sweep

        if journal:
            raise ConfigError("--journal would be written by every trial; run one of them alone to journal it")
        if compare:
            raise ConfigError("--compare and --sweep are two questions; ask one at a time")
        run_sweep(
            chosen,
            given,
            bars,
            sweep,
            metric=metric,
            threads=threads,
            earlier_trials=earlier_trials,
            report=report,
            save=save,
            json=json,
            quiet=quiet,
            command=command_line,
            **how,
        )
        return
    with progress_bar("backtest", None if ticks else bars.span, enabled=not (json or quiet)) as progress:
        result = run(chosen, bars, journal=journal, progress=progress, **how)
    result = replace(result, command=command_line)
    if compare:
        from walras.cli.compare import run_beside

        run_beside(result, compare, lambda other: run(other, bars, **how), report, save, json, quiet)
        return
    if report:
        result.report(report)
    if save:
        result.save(save)
    if record:
        result.record(record)
    if json:
        typer.echo(result.to_json())
    elif not quiet:
        result.print_table()
        for line in result.explanation:
            typer.echo(f" {line}")
        if explain is not None and not result.explanation:
            typer.echo(f" {_never_there(result.orders, explain)}")
        for what, where in (("report", report), ("tables", save), ("journal", journal), ("recording", record)):
            if where:
                typer.echo(f" {what}: {where}")
    if result.interrupted:
        raise KeyboardInterrupt


def _tick_settings(files: list[Any], tick_size: str | None, multiplier: float | None) -> dict[str, Any]:
    """Instruments of tick files where the command line says more of them than the data."""
    from walras._tick_source import TickSource
    from walras.instrument import Instrument

    if tick_size is None and multiplier is None:
        return {}
    instruments = []
    for source in map(TickSource, files):
        for symbol in source.symbols:
            kind: Any = "equity" if multiplier is None else "future"
            instruments.append(
                Instrument(
                    name=symbol, kind=kind, lot_size=source.lot_size, multiplier=multiplier or 1,
                    tick_size=tick_size or source.tick_size(symbol),
                )
            )  # fmt: skip
    return {"instruments": instruments}


def _never_there(orders: Any, number: int) -> str:
    """Why there is nothing to explain."""
    row = orders.filter(orders["order"] == number)
    if not row.height:
        return f"order {number}: there is none; this run had {orders.height} orders"
    return f"order {number} never reached the exchange: {row['status'][0]}, {row['reason'][0] or 'no reason'}"
