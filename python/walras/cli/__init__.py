"""The `walras` command. Heavy packages are imported by the commands that need them, so that help is instant."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from walras.cli import backtest, bench, compare, data, doctor, ml, runs, sim, strategies
from walras.cli._output import COMMAND_LINE, INTERRUPTED, report_error

app = typer.Typer(
    name="walras",
    help="Backtests that you can trust, on your own data, in seconds.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("backtest")(backtest.command)
app.command("compare")(compare.command)
app.command("sim")(sim.command)
app.command("strategies")(strategies.command)
app.command("doctor")(doctor.command)
if bench.runner().exists():  # the benchmarks live in a checkout, not in the installed package
    app.command("bench")(bench.command)


app.add_typer(data.app, name="data")
app.add_typer(ml.app, name="ml")
app.add_typer(runs.app, name="runs")


def show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"walras {doctor.version_of('walras') or 'from a checkout'}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=show_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Backtests that you can trust, on your own data, in seconds."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code (`_output`: 0 done, 1 failed, 2 wrong usage, 3 bad data, ...)."""
    COMMAND_LINE[:] = arguments
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="walras", standalone_mode=False)
        if code == INTERRUPTED:  # typer catches Ctrl-C by itself
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - no traceback ever reaches a user
        return report_error(error, debug="--debug" in arguments)


def main() -> None:
    sys.exit(run(sys.argv[1:]))
