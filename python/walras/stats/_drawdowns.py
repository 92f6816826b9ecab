"""Falls from a peak. The peak before the first return is 1: a loss in the first period is a drawdown."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from walras import _core
from walras.errors import ConfigError
from walras.stats._input import Answer, Columns, Returns, metric, read


def max_drawdown(returns: Returns) -> Answer:
    """The deepest fall from a peak as a negative fraction; 0 where nothing fell.

    >>> import walras as wl
    >>> round(wl.stats.max_drawdown([-0.05, 0.02, -0.01, 0.1]), 6)
    -0.05
    """
    return metric("max_drawdown", returns)


def avg_drawdown(returns: Returns) -> Answer:
    """The mean of the lowest points of all drawdowns; NaN without one.

    >>> import walras as wl
    >>> round(wl.stats.avg_drawdown([0.1, -0.1, 0.2, -0.2]), 6)
    -0.15
    """
    return metric("avg_drawdown", returns)


def max_drawdown_duration(returns: Returns, *, times: Any = None) -> Answer:
    """Days from a peak to its recovery, or to the end; the longest. Needs the times of the rows.

    >>> import walras as wl
    >>> days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
    >>> wl.stats.max_drawdown_duration([0.1, -0.1, 0.05, 0.2], times=np.array(days, dtype="M8[D]"))
    3.0
    """
    return _timed("max_drawdown_duration", returns, times)


def avg_drawdown_duration(returns: Returns, *, times: Any = None) -> Answer:
    """The mean length in days of all drawdowns. Needs the times of the rows.

    >>> import walras as wl
    >>> days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
    >>> wl.stats.avg_drawdown_duration([0.1, -0.1, 0.2, -0.1], times=np.array(days, dtype="M8[D]"))
    1.5
    """
    return _timed("avg_drawdown_duration", returns, times)


def time_under_water(returns: Returns) -> Answer:
    """The share of periods that end below a peak.

    >>> import walras as wl
    >>> wl.stats.time_under_water([0.1, -0.1, 0.05, 0.2])
    0.5
    """
    return metric("time_under_water", returns)


def ulcer_index(returns: Returns) -> Answer:
    """sqrt(mean((equity / peak so far - 1)^2)) over all periods, as a fraction. Martin, McCann (1989).

    >>> import walras as wl
    >>> round(wl.stats.ulcer_index([0.1, -0.1, 0.2, -0.2]), 6)
    0.111803
    """
    return metric("ulcer_index", returns)


def recovery_factor(returns: Returns) -> Answer:
    """total_return / |max_drawdown|.

    >>> import walras as wl
    >>> round(wl.stats.recovery_factor([0.1, -0.1, 0.2]), 6)
    1.88
    """
    return metric("recovery_factor", returns)


def drawdown(returns: Returns) -> Any:
    """The way under water: equity / peak so far - 1 at each period, in the shape and container that came in.

    >>> import walras as wl
    >>> wl.stats.drawdown([0.1, -0.1, 0.05, 0.2]).round(6)
    array([ 0.   , -0.1  , -0.055,  0.   ])
    """
    columns = read(returns)
    growth = np.cumprod(1 + np.nan_to_num(columns.values, nan=0.0), axis=0)
    falls = growth / np.maximum.accumulate(np.maximum(growth, 1.0), axis=0) - 1
    return like(columns, falls, returns)


def drawdown_table(returns: Returns, count: int = 5, *, times: Any = None) -> Any:
    """The `count` deepest drawdowns of one series, deepest first: a polars frame, pandas for pandas.

    Columns: `peak`, `low`, `end` (times where the rows have some, else row numbers; the peak before the first return
    stands at the first row), `depth` (negative fraction), `is_recovered`, and with times `days` from peak to end.

    >>> import walras as wl
    >>> wl.stats.drawdown_table([0.1, -0.1, 0.2, -0.25, 0.1], 2).with_columns(pl.col("depth").round(6)).rows()
    [(2, 3, 4, -0.25, False), (0, 1, 2, -0.1, True)]
    """
    columns = read(returns, times=times)
    if count < 1:
        raise ConfigError(f"count is {count}; give at least 1 drawdown")
    peak, low, end, depth, recovered = _core.stats_drawdowns(columns.growth(), 1.0, count)
    found: dict[str, Any] = {"peak": peak, "low": low, "end": end}
    if len(columns.times):
        found = {name: pl.Series(columns.times[rows]).cast(pl.Datetime("ns")) for name, rows in found.items()}
    frame = pl.DataFrame(found).with_columns(depth=depth, is_recovered=pl.Series(recovered).cast(pl.Boolean))
    if len(columns.times):
        frame = frame.with_columns(days=(pl.col("end") - pl.col("peak")).dt.total_nanoseconds() / 86_400e9)
    return as_given(frame, returns)


def like(columns: Columns, values: Any, given: Returns) -> Any:
    """`values` of shape (time, column) in the container that came in."""
    if isinstance(given, pl.Series):
        return pl.Series(given.name, values[:, 0])
    if isinstance(given, pl.DataFrame):
        frame = pl.DataFrame({str(label): values[:, i] for i, label in enumerate(columns.labels)})
        return frame if columns.index is None else frame.insert_column(0, columns.index)
    if columns.index is not None:
        import pandas as pd

        if columns.kind == "series":
            return pd.Series(values[:, 0], index=columns.index, name=columns.labels[0])
        return pd.DataFrame(values, index=columns.index, columns=pd.Index(columns.labels))
    return values[:, 0] if columns.kind == "series" else values


def as_given(frame: pl.DataFrame, given: Returns) -> Any:
    """A table as polars, as pandas for who came with pandas."""
    if type(given).__module__.partition(".")[0] != "pandas":
        return frame
    import pandas as pd

    return pd.DataFrame({name: frame[name].to_numpy() for name in frame.columns})


def _timed(key: str, returns: Returns, times: Any) -> Answer:
    columns = read(returns, times=times)
    if len(columns.times) == 0 and len(columns.values):
        raise ConfigError(f"{key} counts days: give times=, or returns with dates as their index")
    return metric(key, returns, times=times)
