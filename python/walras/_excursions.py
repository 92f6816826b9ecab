"""How far each trade went against its holder and in his favour, from the bars between entry and exit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

INSIDE_A_BAR = ("stop_level", "limit_level", "path_market")  # such an exit leaves before its bar's close

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def excursions(trades: pl.DataFrame, prices: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """`trades` with `mae_pct` (<= 0) and `mfe_pct` (>= 0): the worst and best unrealised result, in percent of entry.

    Seen are the entry's and the exit's price and the highs and lows of all bars that the trade held from open to close;
    a bar that it entered or left inside counts with these two prices alone. Before costs. NaN without prices.
    """
    worst, best = np.full((2, len(trades)), np.nan)
    rows = trades.with_row_index("_row")
    for (name,), part in rows.group_by("instrument"):
        if (frame := prices.get(str(name))) is not None:
            at = part["_row"].to_numpy()
            worst[at], best[at] = _of_one_instrument(part, frame)
    return trades.with_columns(pl.Series("mae_pct", worst), pl.Series("mfe_pct", best))


def _of_one_instrument(trades: pl.DataFrame, frame: pl.DataFrame) -> tuple[Array, Array]:
    ts = frame["ts"].to_physical().to_numpy()
    low, high = (frame[c if c in frame.columns else "close"].to_numpy() for c in ("low", "high"))
    end = int(ts[-1]) if len(ts) else 0
    entered, left = (trades[c].to_physical().fill_null(end).to_numpy() for c in ("entry_ts", "exit_ts"))
    first, last = np.searchsorted(ts, entered, side="right"), np.searchsorted(ts, left, side="right")
    inside = trades["exit_rule"].is_in(INSIDE_A_BAR).fill_null(False).to_numpy()
    last = np.where(inside, np.searchsorted(ts, left, side="left"), last)
    entry, exit_ = (trades[c].cast(pl.Float64).to_numpy() for c in ("entry_price", "exit_price"))
    lowest = np.fmin(range_extreme(low, first, last, np.fmin), np.fmin(entry, exit_))
    highest = np.fmax(range_extreme(high, first, last, np.fmax), np.fmax(entry, exit_))
    unit = np.where(entry == 0, np.nan, np.abs(entry) / 100)
    down, up = (lowest - entry) / unit, (highest - entry) / unit
    is_long = trades["side"].is_in(["long", "buy"]).to_numpy()
    return np.where(is_long, down, -up), np.where(is_long, up, -down)


def range_extreme(values: Array, first: Index, last: Index, pick: Any) -> Array:
    """`pick` (np.fmin or np.fmax) over values[first:last] of each pair; NaN where that is empty.

    Two overlapping stretches of 2^k values cover any range: n log n steps, whatever the trades.

    >>> range_extreme(np.array([3.0, 1.0, 4.0, 1.5]), np.array([0, 2, 1]), np.array([4, 4, 1]), np.fmin).tolist()
    [1.0, 1.5, nan]
    """
    out = np.full(len(first), np.nan)
    level = np.frexp(np.maximum(last - first, 0))[1] - 1  # floor(log2(length)), -1 for none
    table, width = np.asarray(values, dtype=np.float64), 1
    for k in range(int(level.max(initial=-1)) + 1):
        rows = np.flatnonzero(level == k)
        out[rows] = pick(table[first[rows]], table[last[rows] - width])
        table, width = pick(table[:-width], table[width:]), 2 * width
    return out
