"""`walras bench`: the benchmarks of a checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from walras.cli._options import Debug, Json


def runner() -> Path:
    """The script that runs the benchmarks; it exists in a checkout only."""
    return Path(__file__).parents[3] / "benchmarks" / "run.py"


def command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME ...]", help="Benchmarks to run. (default: all)", show_default=False),
    ] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="The same work done by other engines too. (default: off)")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Run the benchmarks and print machine, command, medians and ratios.

    [bold]Examples[/]

    [cyan]walras bench[/]

    [cyan]walras bench --peers --json[/]
    """
    flags = [flag for flag, on in (("--peers", peers), ("--json", json)) if on]
    raise typer.Exit(subprocess.run([sys.executable, str(runner()), *(names or []), *flags], check=False).returncode)
