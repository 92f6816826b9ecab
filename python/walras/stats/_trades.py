"""Returns or profits taken one by one, as trades are, and the table of a run's trades by side or instrument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from walras import _core
from walras.errors import ConfigError, DataError
from walras.stats._input import Answer, Returns, metric


def win_rate(returns: Returns) -> Answer:
    """Those above 0 / all of them, zeros included.

    >>> import walras as wl
    >>> wl.stats.win_rate([0.02, -0.01, 0.0, 0.01])
    0.5
    """
    return metric("win_rate", returns)


def profit_factor(returns: Returns) -> Answer:
    """Sum of gains / |sum of losses|; infinite without loss, NaN without both.

    >>> import walras as wl
    >>> wl.stats.profit_factor([2.0, -1.0, 1.0]), wl.stats.profit_factor([2.0]), wl.stats.profit_factor([0.0])
    (3.0, inf, nan)
    """
    return metric("profit_factor", returns)


def payoff_ratio(returns: Returns) -> Answer:
    """avg_win / |avg_loss|.

    >>> import walras as wl
    >>> wl.stats.payoff_ratio([2.0, -1.0, 4.0])
    3.0
    """
    return metric("payoff_ratio", returns)


def avg_win(returns: Returns) -> Answer:
    """The mean of those above 0; NaN where there is none.

    >>> import walras as wl
    >>> wl.stats.avg_win([2.0, -1.0, 4.0])
    3.0
    """
    return metric("avg_win", returns)


def avg_loss(returns: Returns) -> Answer:
    """The mean of those below 0, negative; NaN where there is none.

    >>> import walras as wl
    >>> wl.stats.avg_loss([2.0, -1.0, 4.0])
    -1.0
    """
    return metric("avg_loss", returns)


def expectancy(returns: Returns) -> Answer:
    """What one brings on average: the mean.

    >>> import walras as wl
    >>> wl.stats.expectancy([2.0, -1.0, 2.0])
    1.0
    """
    return metric("expectancy", returns)


def sqn(returns: Returns) -> Answer:
    """Tharp's system quality number: sqrt(n) * mean / std (ddof 1).

    >>> import walras as wl
    >>> round(wl.stats.sqn([2.0, -1.0, 2.0]), 6)
    1.0
    """
    return metric("sqn", returns)


def kelly(returns: Returns) -> Answer:
    """win_rate - (1 - win_rate) / payoff_ratio: the share of the capital that Kelly's criterion bets.

    >>> import walras as wl
    >>> wl.stats.kelly([2.0, -1.0, 2.0, -1.0])
    0.25
    """
    return metric("kelly", returns)


def trade_table(trades: Any, by: str | Sequence[str] = (), *, with_open: bool = False) -> pl.DataFrame:
    """Statistics of trades, one row for each value of the columns `by`, in the order of their first trade.

    `trades`: `result.trades`, or any frame with `net_pnl`, and where they are known `return_pct` (percent of the
    entry), `duration`, `mae_pct` and `mfe_pct`. `by`: "side", "instrument", "strategy", "exit_rule", or several.
    Open trades are left out unless `with_open`. Sums are in the instruments' quote currencies.

    >>> import polars as pl
    >>> import walras as wl
    >>> trades = pl.DataFrame({"side": ["buy", "sell", "buy"], "net_pnl": [3.0, -1.0, -1.0]})
    >>> wl.stats.trade_table(trades, "side").select("side", "trades", "net", "win_rate").rows()
    [('buy', 2, 2.0, 0.5), ('sell', 1, -1.0, 0.0)]
    """
    frame = trades if isinstance(trades, pl.DataFrame) else pl.DataFrame(trades)
    names = [by] if isinstance(by, str) else list(by)
    missing = [name for name in ("net_pnl", *names) if name not in frame.columns]
    if missing:
        have = ", ".join(frame.columns)
        error = ConfigError if missing[0] in names else DataError
        raise error(f"the trades have no column {missing[0]!r}; they have: {have}")
    if "is_open" in frame.columns and not with_open:
        frame = frame.filter(~pl.col("is_open"))
    parts = frame.partition_by(names, maintain_order=True, as_dict=True) if names else {(): frame}
    rows = [dict(zip(names, key, strict=True)) | _measure(part) for key, part in parts.items()]
    if not rows:
        empty = _measure(frame)
        return pl.DataFrame(schema={n: frame.schema[n] for n in names} | dict.fromkeys(empty, pl.Float64))
    return pl.DataFrame(rows, schema_overrides={name: frame.schema[name] for name in names})


def _measure(part: pl.DataFrame) -> dict[str, Any]:
    net = _numbers(part["net_pnl"])
    returns = _numbers(part["return_pct"]) / 100 if "return_pct" in part.columns else np.full(len(net), np.nan)
    days = np.empty(0)
    if "duration" in part.columns and isinstance(part.schema["duration"], pl.Duration):
        days = _numbers(part["duration"].dt.total_nanoseconds()) / 86_400e9
    found: dict[str, Any] = _core.stats_trades(net, returns, days)
    for name in ("mae_pct", "mfe_pct"):
        if name in part.columns:
            found[f"avg_{name}"] = part[name].cast(pl.Float64).mean()
    return found


def _numbers(column: pl.Series) -> Any:
    return np.ascontiguousarray(column.cast(pl.Float64).to_numpy(), dtype=np.float64)
