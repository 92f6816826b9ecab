"""Sweeps: one strategy over many parameter sets, and an honest look at the best of them.

Every trial counts, also the refused and failed ones. The best is shown with its probabilistic and its deflated Sharpe
ratio: the more was tried, the better the best looks by luck alone.
"""

from __future__ import annotations

import inspect
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import polars as pl

from walras import _core
from walras._sweep_grid import Constraint, Grid, GridLike, parse_grid
from walras._sweep_result import Best, Sweep
from walras.errors import ConfigError

if TYPE_CHECKING:
    from walras.backtest import AnyStrategy, _Prepared
    from walras.result import BacktestResult

__all__ = ["Best", "Sweep", "sweep"]

Progress: TypeAlias = Callable[[int, int], bool | None]


def sweep(
    strategy: AnyStrategy,
    data: Any,
    grid: GridLike,
    *,
    threads: int | None = None,
    metric: str = "sharpe",
    constraint: Constraint | None = None,
    progress: Progress | Literal[False] | None = None,
    keep_returns: bool = False,
    earlier_trials: int = 0,
    engine: Literal["auto", "events"] = "auto",
    **settings: Any,
) -> Sweep:
    """Run a strategy over a grid of parameters, each point once, and keep its statistics.

    `strategy`: a library strategy or its name, or a class or instance of `walras.Strategy`; parameters that the grid
    does not name keep their values. `data` and `settings`: as in `walras.backtest.run`, every keyword but `journal`.
    `grid`: `{"fast": range(5, 50, 5), "slow": [20, 100]}` for every combination, or a list of parameter sets.
    `threads`: None = all cores. Results do not depend on it. Python strategies run one after another unless
    `threads` is at least 2; then they run in as many forked processes (Linux).
    `metric`: what the best is best at, a statistic of `Sweep.frame`.
    `constraint`: a function of a parameter set; points where it is false are no trials.
    `progress(done, total)`: called now and then, False stops the sweep; None draws a bar on a terminal, False none.
    `keep_returns`: keep every trial's returns, for `Sweep.probability_of_overfitting`; rows * trials doubles.
    `earlier_trials`: how many trials were made on these data before, by hand or by other sweeps. They deflate too.
    `engine`: "auto" runs trials without events where that gives the same bits (moving-average crosses and momentum on
    bars, without latency, limits or interest), about twenty times faster; "events" never does.

    Ctrl-C keeps what is done; `Sweep.interrupted` then says so. A trial that the strategy refuses, or that fails, is a
    row with its message. Raises ConfigError and DataError as `run` does, and when not a single trial could run.

    >>> import walras as wl
    >>> prices = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
    >>> found = wl.backtest.sweep(
    ...     "sma_cross", prices, {"fast": [5, 20, 50], "slow": [20, 100]}, constraint=lambda p: p["fast"] < p["slow"]
    ... )
    >>> len(found), found.trials
    (4, 4)
    >>> sorted(found.best.parameters)
    ['fast', 'slow']
    >>> 0 <= found.best.deflated_sharpe <= found.best.probabilistic_sharpe <= 1
    True
    """
    from walras.backtest import _prepare, run

    _check(metric, threads, earlier_trials, engine)
    chosen = _Chosen.of(strategy)
    points = parse_grid(grid, known=chosen.known, owner=chosen.name, fixed=chosen.fixed).where(constraint)
    known = _run_settings(settings)
    prepared = _prepare(data, **known)
    began = perf_counter()
    with _shown(progress, f"sweep of {chosen.name}") as show:
        raw, workers = chosen.run(prepared, points, _How(threads, keep_returns, engine == "auto", show))
    return _collect(
        raw,
        points,
        chosen=chosen,
        prepared=prepared,
        metric=metric,
        earlier_trials=earlier_trials,
        workers=workers,
        seconds=perf_counter() - began,
        seed=int(settings.get("seed", 0)),
        again=lambda parameters: run(chosen.make(parameters), data, **known),
    )


# ---- arguments -------------------------------------------------------------------------------------------------------


def _check(metric: str, threads: int | None, earlier_trials: int, engine: str) -> None:
    known = [k for k in _core.trial_statistics() if k not in ("observations", "periods_per_year")]
    if metric not in known:
        near = get_close_matches(metric, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"a sweep has: {', '.join(known)}."
        raise ConfigError(f"metric = {metric!r} is no statistic of a sweep; {hint}")
    if threads is not None and threads < 0:
        raise ConfigError(f"threads = {threads} must be at least 0; 0 and None mean all cores.")
    if earlier_trials < 0:
        raise ConfigError(f"earlier_trials = {earlier_trials} must be at least 0.")
    if engine not in ("auto", "events"):
        raise ConfigError(f'engine = {engine!r} is unknown; choose "auto" or "events".')


def _run_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of `run`, with its defaults."""
    from walras.backtest import run

    parameters = inspect.signature(run).parameters
    defaults = {k: p.default for k, p in parameters.items() if p.kind is p.KEYWORD_ONLY and k != "progress"}
    for key in given:
        if key not in defaults:
            near = get_close_matches(key, [*defaults, "threads", "metric", "constraint"], n=1)
            hint = f"did you mean {near[0]!r}?" if near else "see walras.backtest.run."
            raise ConfigError(f"sweep has no argument {key!r}; {hint}")
    if given.get("journal") is not None:
        raise ConfigError("journal= would be written by every trial; run the one that you want to look into alone.")
    return {**defaults, **given}


@dataclass(frozen=True, slots=True)
class _How:
    threads: int | None
    keep_returns: bool
    vectorised: bool
    progress: Progress | None


class _Chosen(ABC):
    """The strategy that is swept: its name, parameters, and how its trials run."""

    name: str
    title: str
    known: list[str]
    fixed: Mapping[str, Any]

    @staticmethod
    def of(strategy: AnyStrategy) -> _Chosen:
        from walras.strategies import LibraryStrategy, describe
        from walras.strategy import Strategy

        if isinstance(strategy, str):
            description = describe(strategy)
            return _Library(LibraryStrategy(strategy, description.title, {}))
        if isinstance(strategy, LibraryStrategy):
            return _Library(strategy)
        if isinstance(strategy, Strategy):
            return _Python(type(strategy), strategy.parameters)
        if isinstance(strategy, type) and issubclass(strategy, Strategy):
            return _Python(strategy, {})
        raise ConfigError(f"{strategy!r} is not a strategy; a sweep takes one, a class or a library one's name.")

    @abstractmethod
    def run(self, prepared: _Prepared, points: Grid, how: _How) -> tuple[Mapping[str, Any], str]:
        """The raw trials, and how they were run."""

    @abstractmethod
    def make(self, parameters: Mapping[str, Any]) -> AnyStrategy:
        """The strategy with one parameter set, what is fixed included."""


class _Library(_Chosen):
    def __init__(self, strategy: Any) -> None:
        from walras.strategies import describe

        description = describe(strategy.name)
        defaults = {p.name: p.default for p in description.parameters}
        self.name, self.title, self.known = strategy.name, strategy.title, list(defaults)
        self.fixed = {k: v for k, v in strategy.parameters.items() if v != defaults.get(k)}

    def run(self, prepared: _Prepared, points: Grid, how: _How) -> tuple[Mapping[str, Any], str]:
        if prepared.ticks:  # streams are read once: each trial opens its own
            return _in_processes(prepared, lambda p: (self.name, {**self.fixed, **p}), points, how)
        count = how.threads or os.cpu_count() or 1
        raw = _core.run_sweep(
            prepared.universe,
            strategy=self.name,
            axes=points.axes(),
            is_grid=not points.is_list,
            only=points.only,
            **prepared.series,
            settings=prepared.settings,
            threads=count,
            keep_returns=how.keep_returns,
            vectorised=how.vectorised,
            progress=how.progress,
        )
        fast = f", {raw['vectorised']:,} without events" if raw["vectorised"] else ""
        return raw, f"{count} thread{'s' if count > 1 else ''}{fast}"

    def make(self, parameters: Mapping[str, Any]) -> AnyStrategy:
        from walras.strategies import make

        return make(self.name, **parameters)


class _Python(_Chosen):
    def __init__(self, kind: type[Any], parameters: Mapping[str, Any]) -> None:
        self.kind, self.name, self.title = kind, kind.__name__, kind.__name__
        self.known = list(kind.schema())
        self.base = dict(parameters)
        self.fixed = {k: v for k, v in parameters.items() if v != getattr(kind, k, None)}

    def run(self, prepared: _Prepared, points: Grid, how: _How) -> tuple[Mapping[str, Any], str]:
        return _in_processes(prepared, self.make, points, how)

    def make(self, parameters: Mapping[str, Any]) -> AnyStrategy:
        made: AnyStrategy = self.kind(**{**self.base, **parameters})
        return made


def _in_processes(
    prepared: _Prepared, make: Callable[[dict[str, Any]], Any], points: Grid, how: _How
) -> tuple[Mapping[str, Any], str]:
    from walras._sweep_python import can_fork, run_trials

    processes = (how.threads or 1) if can_fork() else 1
    raw = run_trials(prepared, make, points, processes=processes, keep_returns=how.keep_returns, progress=how.progress)
    return raw, f"{processes} processes" if processes > 1 else "one process, one after another"


# ---- progress and results --------------------------------------------------------------------------------------------


@contextmanager
def _shown(progress: Progress | Literal[False] | None, label: str) -> Iterator[Progress | None]:
    """The caller's callback, or a bar with rate and time left where somebody watches stderr."""
    if progress is False or progress is not None or not sys.stderr.isatty():
        yield progress or None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    rate = TextColumn("{task.fields[rate]:,.0f} trials/s", style="dim")
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, rate=0.0)

        def show(done: int, total: int) -> None:
            elapsed = bar.tasks[0].elapsed or 1e-9
            bar.update(task, completed=done, total=total, rate=done / elapsed)

        yield show


def _collect(
    raw: Mapping[str, Any],
    points: Grid,
    *,
    chosen: _Chosen,
    prepared: _Prepared,
    metric: str,
    earlier_trials: int,
    workers: str,
    seconds: float,
    seed: int,
    again: Callable[[Mapping[str, Any]], BacktestResult],
) -> Sweep:
    from walras._collect import _data_hash
    from walras.backtest import _versions

    names = _core.trial_statistics()
    for name in points.names:
        if name in names or name in ("trial", "status", "message"):
            raise ConfigError(f"parameter {name!r} has the name of a column of the sweep; rename it.")
    status = raw["status"]
    table = np.asarray(raw["statistics"]).reshape(len(status), len(names))
    done = pl.Series(status == _core.trial_statuses().index("done"))
    frame = pl.DataFrame(
        {
            "trial": pl.Series(np.arange(len(status))),
            **points.columns(),
            "status": pl.Series(_core.trial_statuses()).gather(pl.Series(status)),
            **{name: pl.Series(table[:, i]) for i, name in enumerate(names)},
            "message": pl.Series([raw["messages"].get(i, "") for i in range(len(status))], dtype=pl.String),
        }
    )
    frame = frame.with_columns(pl.when(done).then(pl.col(names)))
    frame = frame.with_columns(pl.col("trades", "open_trades", "observations").cast(pl.Int64))
    per_year = frame["periods_per_year"].drop_nulls()
    found = Sweep(
        frame=frame.drop("periods_per_year"),
        parameters=points.names,
        metric=metric,
        strategy=chosen.name,
        title=chosen.title,
        fixed=dict(points.fixed),
        earlier_trials=earlier_trials,
        interrupted=bool(raw["interrupted"]),
        periods_per_year=float(per_year[0]) if len(per_year) else float("nan"),
        returns=np.asarray(raw["returns"]).reshape(len(status), -1) if raw["periods"] else None,
        workers=workers,
        seconds=seconds,
        seed=seed,
        currency=prepared.currency,
        settings=prepared.shown,
        instruments=tuple(prepared.names),
        versions=_versions(),
        data_hash=_data_hash(prepared.bars, prepared.series["bars"], prepared.quotes)(),
        again=again,
    )
    if not found.interrupted and not done.any():
        first = found.frame["message"][0]
        raise ConfigError(f"not one of {len(found):,} trials could run; the first says: {first}")
    return found
