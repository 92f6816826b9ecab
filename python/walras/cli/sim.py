"""`walras sim`: a market of agents that trade with each other."""

from __future__ import annotations

import json as json_
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from walras.cli._options import Debug, Json, Quiet

if TYPE_CHECKING:
    from walras.sim import History, Market

MOST_PLOTTED = 10  # symbols of a page that --plot draws


def option(help_: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help_, **more)


def command(
    preset: Annotated[
        str | None,
        option("A market that is ready to run; --list shows them. (name; default: default)", show_default=False),
    ] = None,
    config: Annotated[
        Path | None,
        option(
            "The market from a TOML file; unknown keys are refused. (default: none)",
            metavar="FILE.toml",
            show_default=False,
        ),
    ] = None,
    ticks: Annotated[int, option("How long it runs. (ticks)", min=1)] = 1_000,
    until: Annotated[
        str | None,
        option(
            "Run until this time of the market instead. (YYYY-MM-DDTHH:MM[:SS], UTC; default: by --ticks)",
            metavar="TIME",
            show_default=False,
        ),
    ] = None,
    symbols: Annotated[
        list[str] | None,
        option(
            "Its symbols, each NAME[:SECTOR[:PRICE]]; may be repeated. (default: the preset's)",
            "--symbol",
            metavar="NAME[:SECTOR[:PRICE]]",
            show_default=False,
        ),
    ] = None,
    agents: Annotated[
        list[str] | None,
        option(
            "How many agents a group has, or a new group of a kind; may be repeated. (default: the preset's)",
            metavar="GROUP=COUNT",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        option(
            "Any setting, as in the file: seed=3, news.drift=0.02, group.noise.parameters.size=20. (default: none)",
            "--set",
            metavar="KEY=VALUE",
            show_default=False,
        ),
    ] = None,
    mechanism: Annotated[
        str | None,
        option(
            "How orders meet: continuous, or auction = one call each tick. (default: the preset's)", show_default=False
        ),
    ] = None,
    clock: Annotated[
        str | None,
        option(
            "ticks = all agents at once, events = one by one in continuous time, with latency. (default: the preset's)",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        option("Seed of everything random. (whole number; default: the preset's)", min=0, show_default=False),
    ] = None,
    threads: Annotated[int, option("Threads; results do not depend on them. (count; 0 = all cores)", min=0)] = 0,
    out: Annotated[
        Path | None,
        option(
            "Write tables here as Parquet: symbols (by tick), groups (profit over time), agents. (default: none)",
            metavar="FOLDER",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        option(
            "Draw prices, spread, volume and profit by group on a page. (default: none)",
            metavar="OUT.html",
            show_default=False,
        ),
    ] = None,
    every: Annotated[int, option("Ticks between two rows of --out and --plot. (ticks)", min=1)] = 1,
    features: Annotated[
        Path | None,
        option(
            "Write the features of all symbols, tick by tick, as models learn from them. (default: none)",
            metavar="OUT.parquet",
            show_default=False,
        ),
    ] = None,
    record: Annotated[
        Path | None,
        option(
            "Record trades, candles, portfolios, books and news here; the file may hold other runs. (default: none)",
            metavar="FILE.db",
            show_default=False,
        ),
    ] = None,
    headless: Annotated[bool, option("No progress bar, the summary alone. (default: off)", "--headless")] = False,
    show: Annotated[bool, option("List presets and kinds of agents, and exit. (default: off)", "--list")] = False,
    write_config: Annotated[
        Path | None,
        option(
            "Write the whole configuration as TOML and exit; --config reads it. (default: none)",
            metavar="OUT.toml",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run a market of agents that trade with each other, and show what came of it.

    [bold]Examples[/]

    [cyan]walras sim --preset default --ticks 10000 --threads 2[/]

    [cyan]walras sim --agents noise=50000 --set group.noise.wake.chance=0.1 --seed 7 --json[/]

    [cyan]walras sim --symbol ACME:tech:250 --symbol PEER:tech --mechanism auction --ticks 500[/]

    [cyan]walras sim --preset rmsc04 --clock events --until 2026-01-01T00:10[/]

    [cyan]walras sim --preset calm --ticks 5000 --record run.db[/]
    """
    from walras import sim
    from walras.errors import ConfigError

    if show:
        _list(json)
        return
    if preset is not None and config is not None:
        raise ConfigError('--preset and --config are two markets; a file may name its preset itself: preset = "calm"')
    document = sim.read_config(config) if config else sim.preset(preset or "default")
    _change(document, symbols or [], agents or [], settings or [], seed)
    document |= {k: v for k, v in (("mechanism", mechanism), ("clock", clock)) if v is not None}
    if features is not None:
        document["features"] = True
    if write_config is not None:
        _write_toml(sim.Market(document, threads=1).config, write_config)
        if not quiet:
            typer.echo(f" configuration: {write_config}")
        return
    for file in (out, plot):
        check_writable(file)
    market = sim.Market(document, threads=threads)
    history = sim.History(market, every=every) if out or plot else None
    if until is not None:
        ticks = _ticks_until(market, until)
    recording = market.record(record, name=preset or (config.stem if config else "default")) if record else None
    interrupted = False
    started = time.perf_counter()
    with _progress(ticks, enabled=not (json or quiet or headless)) as progress:
        try:
            if features is not None:
                sim.record_features(market, ticks, progress=progress).write(features)
            else:
                market.step(ticks, progress=progress)
        except KeyboardInterrupt:
            interrupted = True
    if recording is not None:
        recording.finish("interrupted" if interrupted else "complete")
    seconds = time.perf_counter() - started
    document = summary(market, seconds, interrupted)
    document["files"] = _write(history, out, plot)
    if json:
        typer.echo(json_.dumps(document))
    elif not quiet:
        _print(market, document)
        if recording is not None:
            typer.echo(f" recorded: {record}, run {recording.run}")
    if interrupted:
        raise KeyboardInterrupt


def check_writable(file: Path | None) -> None:
    """Before the run rather than behind it: what is to be written must have a folder to lie in."""
    from walras.errors import DataError

    if file is not None and not file.resolve().parent.is_dir():
        raise DataError(f"{file}: there is no folder {file.parent}; make it, or choose another place")


def _write(history: History | None, out: Path | None, plot: Path | None) -> list[str]:
    """Tables and the page; returns their files."""
    if history is None:
        return []
    files = history.write(out) if out else []
    if plot:
        figures = [history.plot()] if len(history.market.symbols) > 1 else []
        figures += [history.plot(symbol) for symbol in history.market.symbols[:MOST_PLOTTED]]
        pages = [figure.to_html(full_html=False, include_plotlyjs=i == 0) for i, figure in enumerate(figures)]
        head = '<!doctype html><meta charset="utf-8"><title>A simulated market</title>'
        plot.write_text(head + "".join(pages), encoding="utf-8")
        files.append(plot)
    return [str(file) for file in files]


def summary(market: Market, seconds: float, interrupted: bool) -> dict[str, Any]:
    """What `--json` prints."""
    from walras import __version__

    statistics = market.statistics()
    messages = statistics["messages"]
    groups = market.groups.drop("begin", "end").to_dicts()
    return {
        **statistics,
        "groups": groups,
        "seed": market.config["seed"],
        "signature": market.signature,
        "seconds": seconds,
        "ticks_per_second": market.tick / seconds if seconds > 0 else None,
        "messages_per_second": sum(messages.values()) / seconds if messages and seconds > 0 else None,
        "threads": market.threads,
        "resident_mb": resident_mb(),
        "interrupted": interrupted,
        "versions": {"walras": __version__},
    }


def resident_mb() -> float:
    """Memory of this process, in MB (10^6 bytes); the most it ever had where the system does not say more."""
    try:
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
        import resource

        return int(fields[1]) * resource.getpagesize() / 1e6
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _ticks_until(market: Market, until: str) -> int:
    from datetime import UTC, datetime

    from walras.errors import ConfigError

    try:
        when = datetime.fromisoformat(until)
    except ValueError:
        raise ConfigError(f"--until {until!r} is not a time; write e.g. 2026-01-01T01:30") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    length = float(market.config["tick_length"])
    start = datetime.fromtimestamp(market.now / 1e9, tz=UTC)
    ticks = int((when - start).total_seconds() / length)
    if ticks < 1:
        begins = f"{start:%Y-%m-%dT%H:%M}"
        raise ConfigError(f"--until {until} is not after the market's start {begins}; choose a later time")
    return ticks


def _change(
    document: dict[str, Any],
    symbols: list[str],
    agents: list[str],
    settings: list[str],
    seed: int | None,
) -> None:
    """The options over the configuration."""
    from walras._words import did_you_mean
    from walras.errors import ConfigError
    from walras.sim import _config as sim

    if symbols:
        document["symbols"] = [_symbol(text) for text in symbols]
    by_name = sim.by_name(document)
    groups = document.setdefault("groups", [])
    for text in agents:
        name, equals, count = text.partition("=")
        if not name or not equals or not count.strip().isdigit():
            raise ConfigError(f"--agents {text!r} must be GROUP=COUNT, e.g. noise=5000")
        if name not in by_name:
            by_name[name] = {"kind": name, "name": name}
            groups.append(by_name[name])
        by_name[name]["count"] = int(count)
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or not all(key.strip().split(".")):
            raise ConfigError(f"--set {text!r} must be KEY=VALUE, e.g. news.drift=0.02")
        place: Any = document
        parts = key.strip().split(".")
        if parts[0] == "group":
            if len(parts) < 3 or parts[1] not in by_name:
                name = parts[1] if len(parts) > 1 else ""
                near = did_you_mean(name, list(by_name))
                raise ConfigError(f"--set {key}: this market has no group {name!r}; {near}")
            place, parts = by_name[parts[1]], parts[2:]
        for part in parts[:-1]:
            if place.get(part) is None:
                place[part] = {}
            place = place[part]
            if not isinstance(place, dict):
                raise ConfigError(f"--set {key}: {part} is not a table of settings")
        place[parts[-1]] = _value(value)
    if seed is not None:
        document["seed"] = seed


def _symbol(text: str) -> dict[str, Any]:
    from walras.errors import ConfigError

    parts = text.split(":")
    if not parts[0] or len(parts) > 3:
        raise ConfigError(f"--symbol {text!r} must be NAME[:SECTOR[:PRICE]], e.g. ACME:tech:250")
    symbol: dict[str, Any] = {"name": parts[0]}
    if len(parts) > 1:
        symbol["sector"] = parts[1]
    if len(parts) > 2:
        symbol["initial_price"] = parts[2]
    return symbol


def _value(text: str) -> Any:
    """A TOML value, or text."""
    import tomllib

    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


@contextmanager
def _progress(ticks: int, *, enabled: bool) -> Iterator[Callable[[int, int], bool | None] | None]:
    if not (enabled and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]:,.0f} ticks/s", style="dim")
    columns = (TextColumn("sim"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sim", total=ticks, rate=0.0)

        def show(done: int, _total: int) -> None:
            bar.update(task, completed=done, rate=done / (bar.tasks[0].elapsed or 1e-9))

        yield show


def _list(json: bool) -> None:
    from walras import sim

    kinds = sim.agent_kinds()
    if json:
        typer.echo(json_.dumps({"presets": sim.presets(), "kinds": kinds}))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("preset", "what it is", box=None, header_style="bold")
    for name, text in sim.presets().items():
        table.add_row(name, text)
    console.print(table)
    table = Table("kind", "tier", "rule", box=None, header_style="bold", title_justify="left")
    for kind in kinds:
        table.add_row(kind["name"], str(kind["tier"]), kind["rule"])
    console.print()
    console.print(table)


def _print(market: Market, document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, header_style="bold")
    for name in ("symbol", "price", "fair value", "bid", "ask", "spread", "volume"):
        table.add_column(name, justify="left" if name == "symbol" else "right")
    for row in document["symbols"]:
        cells = [row["price"], row["fair_value"], row["bid"], row["ask"], row["spread"]]
        table.add_row(row["name"], *("-" if x is None else f"{x:,.2f}" for x in cells), f"{row['volume']:,}")
    console.print(table)
    table = Table(box=None, header_style="bold")
    for name in ("group", "tier", "agents", "mean P&L", "worst", "best"):
        table.add_column(name, justify="left" if name == "group" else "right")
    for row in (row for row in document["groups"] if row["agents"]):
        money = (row["mean_pnl"], row["worst_pnl"], row["best_pnl"])
        table.add_row(row["group"], str(row["tier"]), f"{row['agents']:,}", *(f"{x:,.2f}" for x in money))
    console.print()
    console.print(table)
    refused = sum(document["refusals"].values())
    console.print(
        f"\n {document['ticks']:,} ticks · {document['agents']:,} agents · {document['orders']:,} orders · "
        f"{document['trades']:,} trades · {refused:,} refused · seed {document['seed']}",
        highlight=False,
        soft_wrap=True,
    )
    console.print(
        f" {document['ticks_per_second']:,.0f} ticks/s · {document['threads']} threads · "
        f"{document['resident_mb']:,.0f} MB · signature {document['signature']}",
        highlight=False,
        soft_wrap=True,
    )
    if document["messages"]:
        total = sum(document["messages"].values())
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in document["messages"].items())
        console.print(
            f" {total:,} messages, {document['messages_per_second']:,.0f} a second: {kinds}",
            highlight=False,
            soft_wrap=True,
        )
    for file in document["files"]:
        console.print(f" {file}", highlight=False, soft_wrap=True)


def _write_toml(config: dict[str, Any], path: Path) -> None:
    """Tables of plain values, as the configuration has them."""
    lines: list[str] = []

    def text(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return json_.dumps(value)
        if isinstance(value, float):
            return repr(value)
        if isinstance(value, dict):
            inside = ", ".join(f"{k} = {text(v)}" for k, v in value.items() if v is not None)
            return f"{{ {inside} }}"
        return str(value)

    for key, value in config.items():
        if not isinstance(value, list | dict):
            lines.append(f"{key} = {text(value)}")
    for key, value in config.items():
        if isinstance(value, dict):
            lines += ["", f"[{key}]", *(f"{k} = {text(v)}" for k, v in value.items() if v is not None)]
        elif isinstance(value, list):
            for row in value:
                lines += ["", f"[[{key}]]", *(f"{k} = {text(v)}" for k, v in row.items() if v is not None)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
