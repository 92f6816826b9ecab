"""`walras compare`: saved runs side by side; and what `walras backtest --compare` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from walras.cli._options import Debug, Json, Quiet

if TYPE_CHECKING:
    from walras.comparison import Comparison
    from walras.result import BacktestResult


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN",
            help="Two to twelve: files of `walras backtest --json`, folders of --save.",
            show_default=False,
        ),
    ],
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="A name, one for each run and in their order. (default: what tells them apart)", show_default=False
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="OUT.html", help="Write the HTML page here. (default: none)", show_default=False),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Put saved runs side by side: statistics with the best marked, correlation, and curves on one page.

    [bold]Examples[/]

    [cyan]walras compare a.json b.json --report compared.html[/]

    [cyan]walras compare runs/fast runs/slow --label fast --label slow --json[/]
    """
    from walras.comparison import compare

    show(compare(runs, labels=label), report, json, quiet)


def show(comparison: Comparison, report: Path | None, json: bool, quiet: bool) -> None:
    """Write the page and print the table or the document."""
    if report:
        comparison.report(report)
    if json:
        typer.echo(comparison.to_json())
    elif not quiet:
        comparison.print_table()
        if report:
            typer.echo(f" report: {report}")


def run_beside(
    result: BacktestResult,
    others: Sequence[str],
    run: Callable[[Any], BacktestResult],
    report: Path | None,
    save: Path | None,
    json: bool,
    quiet: bool,
) -> None:
    """Compare `result` with saved runs and with strategies that `run` runs in the same way."""
    from walras.comparison import compare
    from walras.result import BacktestResult

    runs = [result]
    for word in others:
        path = Path(word)
        is_saved = path.suffix == ".json" or (path.is_dir() and (path / "run.json").is_file())
        runs.append(BacktestResult.load(path) if is_saved else replace(run(strategy_of(word)), command=result.command))
    if save:
        result.save(save)
    show(compare(runs), report, json, quiet)
    if any(each.interrupted for each in runs):
        raise KeyboardInterrupt


def strategy_of(word: str) -> Any:
    """`sma_cross:fast=5,slow=20` as a strategy; without a colon its defaults."""
    from walras.cli._inputs import make_strategy, parse_settings

    name, _, parameters = word.rpartition(":") if "=" in word else (word, "", "")
    return make_strategy(name or word, parse_settings([p for p in parameters.split(",") if p]))
