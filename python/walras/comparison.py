"""Several runs side by side: curves, statistics with the best marked, correlation of returns."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from walras.errors import ConfigError
from walras.result import BacktestResult, StatisticInfo, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
    from rich.console import Console, ConsoleOptions, RenderResult

    from walras._vector_result import VectorResult

Run: TypeAlias = "BacktestResult | VectorResult | str | Path"

MOST = 12  # runs on one page; more lines cannot be told apart
MORE_IS_BETTER = frozenset({
    "final_equity", "total_return", "cagr", "annual_return", "sharpe", "sharpe_geometric", "sharpe_smart", "sharpe_lo",
    "sortino", "sortino_geometric", "calmar", "omega", "max_drawdown", "avg_drawdown", "recovery_factor", "var_95",
    "cvar_95", "var_95_parametric", "cvar_95_parametric", "tail_ratio", "stability", "worst_day", "worst_month",
    "worst_year", "positive_days", "positive_months", "alpha", "alpha_total", "information_ratio", "capture_ratio",
    "win_rate", "win_rate_long", "win_rate_short", "profit_factor", "profit_factor_return", "payoff_ratio",
    "expectancy", "expectancy_return", "expectancy_long", "expectancy_short", "avg_trade", "worst_trade", "avg_loss",
    "sqn", "probabilistic_sharpe",
})  # fmt: skip
LESS_IS_BETTER = frozenset({
    "volatility", "volatility_geometric", "downside_risk", "max_drawdown_duration", "avg_drawdown_duration",
    "time_under_water", "ulcer_index", "max_loss_streak", "fees_paid", "down_capture",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Comparison:
    """Runs with a label each. `stats` has one row a statistic, `best` says which run a statistic favours."""

    results: tuple[BacktestResult, ...]
    labels: tuple[str, ...]

    @cached_property
    def stats(self) -> pl.DataFrame:
        """One row a statistic: `key`, and a column for each label; null where a run lacks it."""
        keys = list(dict.fromkeys(key for result in self.results for key in result.stats))
        columns = {
            label: pl.Series(label, [_number(result.stats.get(key)) for key in keys], dtype=pl.Float64)
            for label, result in zip(self.labels, self.results, strict=True)
        }
        return pl.DataFrame({"key": keys, **columns}, schema_overrides={"key": pl.String})

    @cached_property
    def best(self) -> Mapping[str, str]:
        """The label of the best run by key, for statistics with a better side; none where the best are equal."""
        out = {}
        for key, *values in self.stats.iter_rows():
            known = [v for v in values if v is not None and not math.isnan(v)]
            if len(known) < 2 or key not in MORE_IS_BETTER | LESS_IS_BETTER:
                continue
            top = max(known) if key in MORE_IS_BETTER else min(known)
            if known.count(top) == 1:
                out[key] = self.labels[values.index(top)]
        return out

    def info(self, key: str) -> StatisticInfo:
        """Title, formula and unit of a statistic."""
        return next(result.stats.info(key) for result in self.results if key in result.stats)

    @cached_property
    def returns(self) -> pl.DataFrame:
        """`ts`, and the return of each run: row to row where all have the same times, else day to common day."""
        from walras.viz.curves import dated
        from walras.viz.returns import levels

        times = [result.equity["ts"] for result in self.results]
        every = None if all(ts.equals(times[0]) for ts in times) else "1d"
        # The starting row shares its time with the first row: `step` tells them apart.
        curves = []
        for i, result in enumerate(self.results):
            ts = pl.col("ts").dt.truncate(every) if every else pl.col("ts")
            curve = levels(dated(result), every).select(ts, pl.col("equity").alias(f"{i}"))
            curves.append(curve.with_columns(step=pl.int_range(pl.len()).over("ts")))
        joined = reduce(lambda left, right: left.join(right, on=["ts", "step"], how="inner"), curves).sort("ts", "step")
        change = [(pl.col(f"{i}") / pl.col(f"{i}").shift(1) - 1).alias(label) for i, label in enumerate(self.labels)]
        return joined.select("ts", *change).slice(1)

    @cached_property
    def correlation(self) -> pl.DataFrame:
        """Correlation of `returns`: `label`, and a column for each label; NaN where returns are few or do not vary."""
        frame = self.returns
        rows = {b: [_correlation(frame, a, b) for a in self.labels] for b in self.labels}
        return pl.DataFrame({"label": list(self.labels), **rows})

    def warnings(self) -> list[str]:
        """What makes the runs less comparable than they look, and what each run warns of."""
        out = []
        if len({result.data_hash for result in self.results}) > 1:
            out.append("The runs read different data: look at instruments, dates and prices before the ranks.")
        spans = {result.period for result in self.results}
        if len(spans) > 1:
            out.append("The runs cover different times; correlation and rolling statistics use the days that all have.")
        if len({result.currency for result in self.results}) > 1:
            out.append("The runs count in different currencies.")
        for name, word in (("fees", "fees"), ("slippage", "slippage"), ("fill_at", "fill rules")):
            values = [str(result.settings.get(name)) for result in self.results]
            if len(set(values)) > 1:
                out.append(f"The runs have different {word}: {', '.join(dict.fromkeys(values))}.")
        for label, result in zip(self.labels, self.results, strict=True):
            out += [f"{label}: {text}" for text in result.warnings]
        return out

    # ---- pictures and text -------------------------------------------------------------------------------------------
    def report(self, path: str | Path, title: str | None = None) -> Path:
        """Write the self-contained HTML page (no network, light and dark) and return where it is."""
        from walras.viz.compare import write_comparison

        return write_comparison(self, Path(path), title)

    def plot(self) -> Figure:
        """A plotly figure of growth and drawdown of all runs."""
        from walras.viz.plot import comparison_figure

        return comparison_figure(self)

    def print_table(self, console: Console | None = None) -> None:
        """Print the key numbers side by side, the best of each row marked."""
        from rich.console import Console

        (console or Console()).print(self)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from walras.viz.terminal import show_comparison

        yield from show_comparison(self, width=options.max_width, ascii_only=options.ascii_only)

    def __repr__(self) -> str:
        return f"Comparison({', '.join(map(repr, self.labels))})"

    def _repr_html_(self) -> str:
        from walras.viz.compare import summary_html

        return summary_html(self)

    # ---- documents ---------------------------------------------------------------------------------------------------
    def to_dict(self) -> dict[str, Any]:
        """Plain values only; what is not finite is None."""
        runs = {
            label: {"signature": r.signature, "data_hash": r.data_hash, "command": r.command, "seed": r.seed}
            for label, r in zip(self.labels, self.results, strict=True)
        }
        stats = {key: dict(zip(self.labels, values, strict=True)) for key, *values in self.stats.iter_rows()}
        table = {row: dict(zip(self.labels, values, strict=True)) for row, *values in self.correlation.iter_rows()}
        document = {"labels": self.labels, "stats": stats, "best": self.best, "correlation": table, "runs": runs}
        return {**{key: plain(value) for key, value in document.items()}, "warnings": self.warnings()}

    def to_json(self, *, indent: int | None = None) -> str:
        """The document that `walras compare --json` prints."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)


def compare(runs: Iterable[Run], *, labels: Sequence[str] | None = None) -> Comparison:
    """Put several runs side by side.

    `runs`: results of events or arrays (of arrays: all columns together), or paths of what `result.save` and
    `walras backtest --save` or `--json` wrote; two to twelve.
    `labels`: a name for each; default: what tells them apart (strategy, parameters, or a number).

    Raises ConfigError for too few or too many runs or labels, DataError for a path that holds no result.

    >>> import walras as wl
    >>> prices = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
    >>> runs = [wl.backtest.run(wl.strategies.make("sma_cross", fast=f, slow=200), prices) for f in (20, 50)]
    >>> both = wl.compare(runs)
    >>> both.labels
    ('fast 20', 'fast 50')
    >>> both.correlation.shape
    (2, 3)
    """
    results = tuple(_result(run) for run in runs)
    if not 2 <= len(results) <= MOST:
        raise ConfigError(f"a comparison takes 2 to {MOST} runs, {len(results)} given; choose those that matter.")
    names = default_labels(results) if labels is None else [str(label) for label in labels]
    if len(names) != len(results):
        raise ConfigError(f"{len(names)} labels for {len(results)} runs; give one for each.")
    if len(set(names)) != len(names) or {"", "key", "label", "ts"} & set(names):
        raise ConfigError(f"labels {names} must differ and be none of '', key, label, ts; rename one.")
    return Comparison(results=results, labels=tuple(names))


def _result(run: Run) -> BacktestResult:
    if isinstance(run, BacktestResult):
        return run
    if isinstance(run, str | Path):
        return BacktestResult.load(run)
    total = getattr(run, "total", None)
    if not isinstance(total, BacktestResult):
        raise ConfigError(f"{run!r} is no result; give what a run returned, or the path where one was saved.")
    return total


def default_labels(results: Sequence[BacktestResult]) -> list[str]:
    """Names of strategies where they differ; else the parameters, then the settings that differ; else numbers."""
    names = [" + ".join(dict.fromkeys(str(s.get("name")) for s in r.strategies)) or r.title for r in results]
    if len(set(names)) == len(names):
        return names
    parameters = [{k: v for s in r.strategies for k, v in dict(s.get("parameters") or {}).items()} for r in results]
    several = len(set(names)) > 1
    for more in (parameters, [dict(result.settings) for result in results]):
        told = [_differing(each, more) for each in more]
        labels = [f"{n} {d}".strip() if several else d for n, d in zip(names, told, strict=True)]
        if len(set(labels)) == len(labels) and all(labels):
            return labels
    return [f"{name} #{i}" for i, name in enumerate(names, start=1)]


def _differing(one: Mapping[str, Any], all_: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(
        f"{key} {value}" for key, value in one.items() if any(other.get(key, value) != value for other in all_)
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) and not isinstance(value, bool) else None


def _correlation(frame: pl.DataFrame, a: str, b: str) -> float:
    both = frame.select(x=pl.col(a), y=pl.col(b)).drop_nulls()
    varies = len(both) > 2 and both["x"].n_unique() > 1 and both["y"].n_unique() > 1
    value = both.select(pl.corr("x", "y")).item() if varies else None
    return math.nan if value is None else float(value)
