"""Confidence intervals by resampling blocks of returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from walras import _core
from walras.errors import ConfigError
from walras.stats._input import NO_SERIES, Floats, Returns, periods, read

Kind: TypeAlias = Literal["stationary", "circular"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A statistic and how sure one can be of it: `low` and `high` enclose the middle `confidence` of the replicates."""

    metric: str
    estimate: float
    low: float
    high: float
    confidence: float
    standard_error: float
    bias: float  # mean of the replicates - estimate
    block_length: float  # periods
    replicates: Floats = field(repr=False, compare=False)

    def __str__(self) -> str:
        share = f"{100 * self.confidence:g} %"
        return (
            f"{self.metric} {self.estimate:.4g}, {share} interval {self.low:.4g} … {self.high:.4g} "
            f"({len(self.replicates):,} samples, blocks of {self.block_length:.3g})"
        )


def bootstrap(
    returns: Returns,
    metric: str = "sharpe",
    *,
    benchmark: Returns = None,
    periods_per_year: float | None = None,
    samples: int = 2_000,
    kind: Kind = "stationary",
    block_length: float | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    threads: int = 0,
    times: Any = None,
    **options: float,
) -> Any:
    """A percentile confidence interval of `metric` ("sharpe", "cagr", "beta", ...) by block bootstrap.

    `kind`: "stationary" (blocks of geometric length; Politis and Romano 1994) or "circular" (of one length; 1992).
    `block_length`: mean length in periods; `optimal_block_length` if not given. `options`: `risk_free`, `required`,
    `threshold`, `cutoff`. One series gives an `Interval`, a matrix a dictionary of them by column. The same seed gives
    the same replicates, whatever the number of threads. A percentile interval of few or heavy-tailed returns is too
    narrow: read it as a lower bound of the doubt.

    >>> import walras as wl
    >>> r = np.tile([0.01, -0.008, 0.004, 0.002, -0.003], 60)
    >>> sure = wl.stats.bootstrap(r, "sharpe", periods_per_year=252, samples=200, block_length=5, seed=7)
    >>> sure.low < sure.estimate < sure.high
    True
    """
    columns = read(returns, times=times)
    other = None if benchmark is None else read(benchmark, what="returns of the benchmark")
    known = {key: (need, annual) for key, need, annual in _core.stats_metrics()}
    if metric not in known:
        raise ConfigError(f"there is no metric {metric!r}; there are: {', '.join(known)}")
    needs, annual = known[metric]
    if needs == "benchmark" and other is None:
        raise ConfigError(f"{metric!r} compares with a benchmark; give benchmark=")
    per_year = periods(columns, periods_per_year) if annual else math.nan
    settings = _core.MetricOptions(periods_per_year=per_year, **options)
    found = {}
    for i, label in enumerate(columns.labels):
        theirs = NO_SERIES
        if other is not None:
            theirs = np.ascontiguousarray(other.values[:, i if other.values.shape[1] > 1 else 0])
        raw = _core.stats_bootstrap(
            np.ascontiguousarray(columns.values[:, i]),
            theirs,
            metric,
            settings,
            kind,
            samples,
            math.nan if block_length is None else float(block_length),
            confidence,
            seed,
            threads,
        )
        found[label] = Interval(metric=metric, confidence=confidence, **raw)
    return next(iter(found.values())) if columns.kind == "series" else found


def optimal_block_length(returns: Returns, *, kind: Kind = "stationary") -> Any:
    """The mean block length in periods that suits the dependence of the returns; at least 1.

    Politis, White, "Automatic block-length selection for the dependent bootstrap", Econometric Reviews 23 (2004), with
    the correction of Patton, Politis and White (2009).

    >>> import walras as wl
    >>> slow = np.convolve(np.sin(np.arange(500.0) ** 2), np.ones(20), "valid")
    >>> wl.stats.optimal_block_length(slow) > wl.stats.optimal_block_length(np.sin(np.arange(500.0) ** 2))
    True
    """
    columns = read(returns)
    return columns.answer(np.array([_core.stats_block_length(np.ascontiguousarray(c), kind) for c in columns.values.T]))
