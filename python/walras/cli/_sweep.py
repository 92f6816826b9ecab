"""`walras backtest STRATEGY --sweep KEY=VALUES`: the grid in words, and what is printed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from walras.errors import ConfigError

MOST_VALUES = 1_000_000


def parse_sweep(words: Sequence[str]) -> dict[str, list[Any]]:
    """`["fast=5:50:5", "slow=20,50,100"]` as axes: FIRST:LAST[:STEP] with the last value included, or a list.

    >>> parse_sweep(["fast=5:20:5", "invested=0.1:0.3:0.1", "allow_short=true,false"])
    {'fast': [5, 10, 15, 20], 'invested': [0.1, 0.2, 0.3], 'allow_short': [True, False]}
    """
    from walras.cli._inputs import _value

    out: dict[str, list[Any]] = {}
    for word in words:
        key, equals, text = (part.strip() for part in word.partition("="))
        if not equals or not key or not text:
            raise ConfigError(f"--sweep {word!r} is not KEY=VALUES; write for example --sweep fast=5:50:5")
        name = key.replace("-", "_")
        if name in out:
            raise ConfigError(f"--sweep {name} is given twice; put all its values into one, comma-separated")
        values: list[Any] = []
        for part in text.split(","):
            ends = [_value(end.strip()) for end in part.split(":")]
            values += ends if len(ends) == 1 else _range(word, ends)
        out[name] = values
    return out


def _range(word: str, ends: list[Any]) -> list[Any]:
    """Both ends included; steps of a fraction are spelled as the user spelled them."""
    from decimal import Decimal

    first, last, step = [*ends, 1][:3]
    numbers = all(isinstance(e, int | float) and not isinstance(e, bool) for e in ends)
    if len(ends) > 3 or not numbers or step <= 0 or last < first:
        raise ConfigError(f"--sweep {word!r}: a range is FIRST:LAST[:STEP] with LAST >= FIRST and STEP > 0")
    low, high, width = (Decimal(str(e)) for e in (first, last, step))
    count = int((high - low) / width) + 1
    if count > MOST_VALUES:
        raise ConfigError(f"--sweep {word!r} has {count:,} values; give a wider step")
    whole = all(isinstance(e, int) for e in ends)
    return [int(low + width * i) if whole else float(low + width * i) for i in range(count)]


def run_sweep(
    strategy: Any,
    given: Mapping[str, Any],
    bars: Any,
    words: Sequence[str],
    *,
    metric: str,
    threads: int,
    earlier_trials: int,
    report: Path | None,
    save: Path | None,
    json: bool,
    quiet: bool,
    command: str,
    **settings: Any,
) -> None:
    """Sweep, print, and end with the exit code of an interruption if it was one. `given`: what --set fixes."""
    from walras._sweep_result import tearsheet_path
    from walras.backtest import sweep
    from walras.strategies import LibraryStrategy

    # Whether the fixed values fit is a matter of each trial: fast = 60 is fine where the sweep has slow = 100.
    is_ours = isinstance(strategy, LibraryStrategy)
    chosen = replace(strategy, parameters=dict(given)) if is_ours else type(strategy)(**given)
    found = sweep(
        chosen,
        bars,
        parse_sweep(words),
        metric=metric,
        threads=threads,
        earlier_trials=earlier_trials,
        progress=False if json or quiet else None,
        **settings,
    )
    found = replace(found, command=command)
    written: list[tuple[str, Path]] = []
    if report:
        written.append(("report", found.report(report)))
        if (best := tearsheet_path(report)).exists():
            written.append(("report of the best", best))
    if save:
        save.mkdir(parents=True, exist_ok=True)
        found.frame.write_parquet(save / "sweep.parquet")
        written.append(("tables", save))
    if json:
        typer.echo(found.to_json())
    elif not quiet:
        found.print_table()
        for what, where in written:
            typer.echo(f" {what}: {where}")
    if found.interrupted:
        raise KeyboardInterrupt
