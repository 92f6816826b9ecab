"""Any metric over a moving window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from walras import _core
from walras.errors import ConfigError
from walras.stats._drawdowns import like
from walras.stats._input import Columns, Returns, measure, periods, read


def rolling(
    returns: Returns,
    metric: str,
    window: int,
    *,
    benchmark: Returns = None,
    periods_per_year: float | None = None,
    times: Any = None,
    threads: int = 0,
    **options: float,
) -> Any:
    """`metric` of the last `window` returns at each row, NaN before there are so many; in the container that came in.

    Each window is measured by itself, without a copy, on all cores: no drift, and the bits of the metric alone.
    `options`: `risk_free`, `required`, `threshold`, `cutoff`.

    >>> import walras as wl
    >>> wl.stats.rolling([0.01, 0.02, -0.01, 0.03], "total_return", 2).round(6)
    array([   nan, 0.0302, 0.0098, 0.0197])
    """
    columns = read(returns, times=times)
    other = None if benchmark is None else read(benchmark, what="returns of the benchmark")
    known = {key: (need, annual) for key, need, annual in _core.stats_metrics()}
    if metric not in known or known[metric][0] == "times":
        usable = ", ".join(key for key, (need, _) in known.items() if need != "times")
        raise ConfigError(f"there is no rolling {metric!r}; there are: {usable}")
    rows, width = columns.values.shape
    if window < 1:
        raise ConfigError(f"window is {window}; give at least 1 row")
    per_year = periods(columns, periods_per_year) if known[metric][1] else math.nan
    out = np.full((rows, width), np.nan)
    for i in range(width):
        if rows < window:
            break
        theirs = None if other is None else other.values[:, i if other.values.shape[1] > 1 else 0]
        out[window - 1 :, i] = measure(
            metric,
            _windows(columns.values[:, i], window),
            benchmark=None if theirs is None else _windows(theirs, window),
            periods_per_year=per_year,
            options=options,
            threads=threads,
        )[0]
    return like(columns, out, returns)


def _windows(series: Any, window: int) -> Columns:
    """Every window as a column of a matrix that is a view of the series."""
    view = np.lib.stride_tricks.sliding_window_view(np.ascontiguousarray(series), window).T
    return Columns(view, np.empty(0, dtype=np.int64), "numpy", ())
