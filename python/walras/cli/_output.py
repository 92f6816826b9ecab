"""What the command line prints: errors with their exit codes, and progress on a terminal."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

COMMAND_LINE: list[str] = []
"""The arguments of the command that runs, for results that say how to repeat them."""

FAILED, USAGE, BAD_DATA, REFUSED, INTERRUPTED = 1, 2, 3, 4, 130


def report_error(error: BaseException, *, debug: bool) -> int:
    """Say on stderr what went wrong, and return the exit code."""
    if debug and not isinstance(error, typer.Exit):
        traceback.print_exception(error)
    message, code = explain(error)
    if message:
        typer.echo(f"error: {message}", err=True)
    return code


def explain(error: BaseException) -> tuple[str, int]:
    """The sentence for a user, and the exit code."""
    from walras.errors import ConfigError, DataError, RiskRefusal, WalrasError

    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "interrupted; what was finished is kept", INTERRUPTED
    if isinstance(error, typer.Exit):
        return "", int(error.exit_code)
    usage = getattr(error, "format_message", None)  # wrong options and arguments
    if usage is not None:
        context = getattr(error, "ctx", None)
        text = _with_value(str(usage()).strip().rstrip("."), getattr(error, "param", None))
        return (f"{text}; see `{context.command_path} --help`" if context and text else text), USAGE
    if isinstance(error, WalrasError):
        codes = ((DataError, BAD_DATA), (ConfigError, USAGE), (RiskRefusal, REFUSED))
        return f"{place(error)}{error}", next((code for kind, code in codes if isinstance(error, kind)), FAILED)
    if isinstance(error, OSError) and error.filename is not None and not place(error):
        return f"{error.filename}: {error.strerror}; check the path, its rights and the space left", FAILED
    return f"{place(error)}{type(error).__name__}: {error} (--debug shows the traceback)", FAILED


def _with_value(text: str, parameter: Any) -> str:
    """ "Invalid value for '--cash': ..." with the value that was typed, and without pydantic's words."""
    text = text.replace("Value error, ", "").replace("Input should be", "it should be")
    typed = _typed(getattr(parameter, "opts", []))
    return text.replace("Invalid value for", f"Invalid value {typed!r} for", 1) if typed is not None else text


def _typed(names: Sequence[str]) -> str | None:
    """What stands behind an option on the command line; the last time counts."""
    found = None
    for word, following in zip(COMMAND_LINE, [*COMMAND_LINE[1:], None], strict=True):
        name, equals, value = word.partition("=")
        if name in names and name.startswith("-"):
            found = value if equals else following
    return found


def place(error: BaseException) -> str:
    """ "my_file.py:12, in on_bar: " where a user's own file raised the error."""
    frames = traceback.extract_tb(error.__traceback__)
    package = str(Path(__file__).parents[1])
    own = [f for f in frames if not f.filename.startswith((package, sys.prefix, sys.base_prefix, "<"))]
    return f"{own[-1].filename}:{own[-1].lineno}, in {own[-1].name}: " if own else ""


@contextmanager
def progress_bar(
    label: str, span: tuple[int, int] | None, *, enabled: bool
) -> Iterator[Callable[[int, int], None] | None]:
    """A callback `(ts, events)` that draws a bar over the time `span` (ns UTC), with events a second and the time left.

    It draws on stderr, and is None where nobody watches. Without a span, where the end of the data is not known, it
    shows the rate alone.
    """
    if not (enabled and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]:,.0f} events/s", style="dim")
    columns = (TextColumn(label), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None if span is None else span[1] - span[0], rate=0.0)
        begin = 0 if span is None else span[0]

        def show(ts: int, events: int) -> None:
            elapsed = bar.tasks[0].elapsed or 1e-9
            bar.update(task, completed=ts - begin, rate=events / elapsed)

        yield show
