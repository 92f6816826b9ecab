"""What a sweep hands back: one row a trial, and the best of them with what the search did to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras import _core
from walras._overfit import expected_maximum_sharpe, probabilistic_sharpe
from walras.errors import ConfigError, DataError
from walras.result import BacktestResult, format_value, plain, title_of

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

LOWER_IS_BETTER = frozenset({"volatility", "fees_paid", "turnover", "kurtosis"})
UNITS = {
    "final_equity": "currency", "total_return": "fraction", "cagr": "fraction", "volatility": "fraction",
    "probabilistic_sharpe": "fraction", "max_drawdown": "fraction", "trades": "count", "open_trades": "count",
    "win_rate": "fraction", "expectancy": "currency", "exposure_time": "fraction", "fees_paid": "currency",
    "turnover": "per year", "observations": "count",
}  # fmt: skip
TITLES = {"probabilistic_sharpe": "PSR"}
SHOWN = ("total_return", "sharpe", "max_drawdown", "trades", "probabilistic_sharpe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best trial, never without what the search did to it.

    `probabilistic_sharpe`: the probability that its true Sharpe ratio is above zero, as if it were the only trial.
    `deflated_sharpe`: that it is above `expected_maximum_sharpe` (annualised), which is what the best of `trials`
    trials without skill would show.
    """

    trial: int
    parameters: Mapping[str, Any]
    stats: Mapping[str, float]
    metric: str
    trials: int
    probabilistic_sharpe: float
    deflated_sharpe: float
    expected_maximum_sharpe: float

    @property
    def value(self) -> float:
        """Its metric."""
        return self.stats[self.metric]

    def __str__(self) -> str:
        parameters = " ".join(f"{k}={format_parameter(v)}" for k, v in self.parameters.items())
        return (
            f"{parameters} · {self.metric} {format_value(self.value, unit(self.metric))}"
            f" · PSR {self.probabilistic_sharpe:.3f} · DSR {self.deflated_sharpe:.3f}"
        )


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Sweep:
    """The outcome of a sweep. `frame` has one row a trial: parameters, status, statistics, and why it did not run.

    `status` is "done", "refused" (the strategy does not take the parameters), "failed", or "pending" after Ctrl-C.
    Statistics are those of `BacktestResult.stats`, with the same bits; null unless done.
    """

    frame: pl.DataFrame
    parameters: tuple[str, ...]
    metric: str
    strategy: str
    title: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    earlier_trials: int = 0
    interrupted: bool = False
    periods_per_year: float = math.nan
    returns: NDArray[np.float64] | None = None  # shape (trial, time), if kept
    workers: str = ""
    seconds: float = 0.0
    seed: int = 0
    currency: str = "USD"
    settings: Mapping[str, Any] = field(default_factory=dict)
    instruments: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    data_hash: str = ""
    command: str = ""
    again: Callable[[Mapping[str, Any]], BacktestResult] | None = field(default=None, repr=False)  # runs one set

    # ---- as a frame --------------------------------------------------------------------------------------------------
    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, column: str) -> pl.Series:
        return self.frame[column]

    @property
    def columns(self) -> list[str]:
        return self.frame.columns

    def to_pandas(self) -> pd.DataFrame:
        return self.frame.to_pandas()

    def sorted(self, metric: str | None = None) -> pl.DataFrame:
        """Trials that can be ranked, the best first; equals stay in their order. Infinite values rank nowhere."""
        key = self._metric(metric)
        kept = self.frame.filter(pl.col(key).is_finite().fill_null(value=False))
        return kept.sort(key, descending=key not in LOWER_IS_BETTER, maintain_order=True)

    def count(self, status: str) -> int:
        """Trials of one status."""
        return int((self.frame["status"] == status).sum())

    # ---- honesty -----------------------------------------------------------------------------------------------------
    @property
    def trials(self) -> int:
        """Trials made: those of this sweep that ran, were refused or failed, and `earlier_trials`."""
        return len(self) - self.count("pending") + self.earlier_trials

    @property
    def variance_of_sharpe(self) -> float:
        """Variance of the trials' Sharpe ratios per period; NaN for fewer than two that have one."""
        sharpe = self.frame["sharpe"].drop_nulls().to_numpy() / math.sqrt(self.periods_per_year)
        sharpe = sharpe[np.isfinite(sharpe)]
        return float(sharpe.var(ddof=1)) if len(sharpe) > 1 else math.nan

    @cached_property
    def best(self) -> Best:
        """The best trial by `metric`. Raises DataError if no trial can be ranked."""
        ranked = self.sorted()
        if not len(ranked):
            raise DataError(f"no trial has a finite {self.metric}; look at frame['status'] and frame['message'].")
        return self._judge(ranked.row(0, named=True))

    @cached_property
    def robust(self) -> Best:
        """The trial whose grid neighbours do best on average: a plateau, not a peak. See `neighbours`."""
        plateau = self.neighbours().filter(pl.col("plateau").is_finite().fill_null(value=False))
        if not len(plateau):
            raise DataError(f"no trial has a finite {self.metric}; look at frame['status'] and frame['message'].")
        # A point at the rim has fewer neighbours to be pulled down by; half of them must be there.
        wide = plateau.filter(pl.col("neighbours") >= pl.col("neighbours").max() / 2)
        first = wide.sort("plateau", descending=self.metric not in LOWER_IS_BETTER, maintain_order=True)
        return self._judge(self.frame.row(first["trial"][0], named=True))

    def _judge(self, row: Mapping[str, Any]) -> Best:
        root = math.sqrt(self.periods_per_year)
        observed: dict[str, Any] = {
            "observations": row["observations"], "skew": row["skew"], "kurtosis": row["kurtosis"],
        }  # fmt: skip
        variance = self.variance_of_sharpe
        if self.trials < 2:
            highest = 0.0
        else:
            highest = math.nan if math.isnan(variance) else expected_maximum_sharpe(self.trials, variance)
        names = [k for k in _core.trial_statistics() if k in row]
        return Best(
            trial=row["trial"],
            parameters={**{k: row[k] for k in self.parameters}, **self.fixed},
            stats={k: row[k] for k in names},
            metric=self.metric,
            trials=self.trials,
            probabilistic_sharpe=probabilistic_sharpe(row["sharpe"] / root, **observed),
            deflated_sharpe=probabilistic_sharpe(row["sharpe"] / root, **observed, benchmark=highest),
            expected_maximum_sharpe=highest * root,
        )

    def result(self, trial: Best | int | None = None) -> BacktestResult:
        """The whole run of one trial: the best, another `Best` such as `robust`, or a number of `frame["trial"]`.

        It runs again, with orders, fills, trades and equity, and says wherever it is shown from how many trials it was
        chosen, with its probabilistic and deflated Sharpe ratios: `found.result().report("best.html")`.
        """
        if isinstance(trial, Best):
            best = trial
        elif trial is None:
            best = self.best
        else:
            best = self._judge(self._row(trial))
        if self.again is None:
            raise ConfigError("this sweep does not know its data any more; run it again, or walras.backtest.run alone.")
        return replace(self.again(best.parameters).chosen_as(best), command=self.command)

    def _row(self, trial: int) -> dict[str, Any]:
        rows = self.frame.filter(pl.col("trial") == trial)
        if not len(rows):
            raise ConfigError(f"trial {trial} is none of this sweep; it has 0 to {len(self) - 1}.")
        row = rows.row(0, named=True)
        if row["status"] != "done":
            raise ConfigError(f"trial {trial} was {row['status']} and has no result; {row['message']}")
        return row

    def probability_of_overfitting(self, blocks: int = 16) -> float:
        """The probability that the best in one half of the time is no better than the median in the other half.

        Combinatorially symmetric cross-validation over the returns of all trials that ran, by Sharpe ratio: the rows
        are cut into `blocks` blocks, and each way to choose half of them is one split (16 make 12,870). About one half
        for noise, near zero for a true edge. Needs `sweep(..., keep_returns=True)`.
        """
        if self.returns is None:
            raise ConfigError("the returns of the trials were not kept; run sweep(..., keep_returns=True).")
        kept = self.returns[np.isfinite(self.returns).all(axis=1)]
        flat = np.ascontiguousarray(kept).reshape(-1)
        return float(_core.probability_of_overfitting(flat, self.returns.shape[1], blocks)[0])

    def neighbours(self, metric: str | None = None, radius: int = 1) -> pl.DataFrame:
        """Each trial's metric averaged over itself and its neighbours on the grid.

        A neighbour is at most `radius` steps away on every numeric axis, and equal on all others. Columns: trial, the
        parameters, the metric, `plateau` (the mean) and `neighbours` (how many it is of). Null where the trial itself
        has no finite metric.
        """
        from walras._sweep_plateau import plateau_of

        if radius < 1:
            raise ConfigError(f"radius = {radius} must be at least 1 step of the grid.")
        return plateau_of(self.frame, self.parameters, self._metric(metric), radius)

    def _metric(self, metric: str | None) -> str:
        key = metric or self.metric
        if key not in _core.trial_statistics() or key not in self.frame.columns:
            known = [k for k in _core.trial_statistics() if k in self.frame.columns]
            raise ConfigError(f"metric = {key!r} is no statistic of a sweep; it has: {', '.join(known)}.")
        return key

    # ---- pictures ----------------------------------------------------------------------------------------------------
    def heatmap(self, x: str | None = None, y: str | None = None, metric: str | None = None) -> Figure:
        """A plotly heat map of the metric over two parameters; further ones are averaged over."""
        from walras.viz.sweep import heatmap_figure

        return heatmap_figure(self, x, y, self._metric(metric))

    def plateau(self, x: str | None = None, y: str | None = None, metric: str | None = None, radius: int = 1) -> Figure:
        """The heat map of `neighbours`: broad bright areas are robust, lonely bright points were luck.

        The best trial and the robust one are marked.
        """
        from walras.viz.sweep import plateau_figure

        return plateau_figure(self, x, y, self._metric(metric), radius)

    def report(self, path: str | Path, title: str | None = None, *, best: bool = True) -> Path:
        """Write a self-contained HTML page (no network, no scripts, light and dark) and return where it is.

        With `best`, the report of the best trial's run stands beside it as `NAME-best.html`, with the number of trials
        on its head; the page links to it.
        """
        from walras.viz.sweep_page import write_page

        path = Path(path)
        if not best or self.again is None or not len(self.sorted()):
            return write_page(self, path, title)
        beside = tearsheet_path(path)
        self.result().report(beside)
        return write_page(self, path, title, tearsheet=beside.name)

    # ---- text --------------------------------------------------------------------------------------------------------
    def lines(self) -> list[str]:
        """The verdict in words."""
        counts = [f"{self.count(s):,} {s}" for s in ("done", "refused", "failed", "pending") if self.count(s)]
        earlier = f" and {self.earlier_trials:,} earlier ones" if self.earlier_trials else ""
        out = [f"{len(self):,} trials ({', '.join(counts)}){earlier} · {self.workers}"]
        if self.interrupted:
            out.append("interrupted: what was finished is kept")
        try:
            best = self.best
        except DataError as error:
            return [*out, str(error)]
        out.append(f"best: {best} · of {best.trials:,} trials")
        out.append(
            f"the best of {self.trials:,} trials without skill would show a Sharpe ratio of "
            f"{format_value(best.expected_maximum_sharpe)}; this one has {format_value(best.stats['sharpe'])}"
        )
        robust = self.robust
        if len(self.sorted()) > 2:
            parameters = " ".join(f"{k}={format_parameter(robust.parameters[k])}" for k in self.parameters)
            out.append(f"robust (best neighbourhood): {parameters} · {self.metric} {self._text(robust.value)}")
        return out

    def table(self, rows: int = 10) -> Table:
        """The best trials, for the terminal."""
        from rich.table import Table

        top = self.sorted().head(rows)
        table = Table(title=f"Sweep of {self.strategy}", title_justify="left", title_style="bold", box=None)
        for name in self.parameters:
            table.add_column(name, justify="right", style="bold")
        keys = list(dict.fromkeys((self.metric, *SHOWN)))
        for key in keys:
            table.add_column(label_of(key), justify="right")
        for row in top.iter_rows(named=True):
            numbers = [format_value(row[k], unit(k)) for k in keys]
            table.add_row(*(format_parameter(row[p]) for p in self.parameters), *numbers)
        return table

    def _text(self, value: float) -> str:
        return format_value(value, unit(self.metric))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.table()
        yield from self.lines()

    def print_table(self, console: Console | None = None) -> None:
        from rich.console import Console

        (console or Console()).print(self)

    def __repr__(self) -> str:
        from rich.console import Console

        text = StringIO()
        Console(file=text, force_jupyter=False, width=120, color_system=None).print(
            self.table(5), *self.lines(), sep="\n"
        )
        return "\n".join(line.rstrip() for line in text.getvalue().rstrip().splitlines())

    def _repr_html_(self) -> str:
        from walras.viz.sweep_page import summary_html

        return summary_html(self)

    # ---- documents ---------------------------------------------------------------------------------------------------
    def to_dict(self) -> dict[str, Any]:
        """Plain values only; what is not finite is None."""
        try:
            best: dict[str, Any] | None = _document(self.best)
            robust: dict[str, Any] | None = _document(self.robust)
        except DataError:
            best = robust = None
        return {
            "strategy": self.strategy,
            "metric": self.metric,
            "trials": self.trials,
            "earlier_trials": self.earlier_trials,
            "counts": {s: self.count(s) for s in ("done", "refused", "failed", "pending")},
            "best": best,
            "robust": robust,
            "parameters": list(self.parameters),
            "fixed": plain(self.fixed),
            "rows": [plain(row) for row in self.frame.iter_rows(named=True)],
            "interrupted": self.interrupted,
            "workers": self.workers,
            "seed": self.seed,
            "currency": self.currency,
            "instruments": list(self.instruments),
            "settings": plain(self.settings),
            "versions": dict(self.versions),
            "data_hash": self.data_hash,
            "command": self.command,
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """The document that `walras backtest --sweep ... --json` prints."""
        from json import dumps

        return dumps(self.to_dict(), indent=indent, allow_nan=False)


def _document(best: Best) -> dict[str, Any]:
    keys = ("trial", "parameters", "stats", "probabilistic_sharpe", "deflated_sharpe", "expected_maximum_sharpe")
    return {key: plain(getattr(best, key)) for key in keys}


def tearsheet_path(page: Path) -> Path:
    """Where the report of the best trial goes.

    >>> tearsheet_path(Path("out/sweep.html")).name
    'sweep-best.html'
    """
    return page.with_name(f"{page.stem}-best{page.suffix}")


def unit(key: str) -> str:
    return UNITS.get(key, "ratio")


def label_of(key: str) -> str:
    return TITLES.get(key) or title_of(key)


def format_parameter(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
