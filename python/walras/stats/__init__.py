"""Statistics of performance, one definition each: docs/concepts/statistics.md has the table.

Functions take simple returns (lists, NumPy, pandas, polars), shape (time,) or (time, column); NaN is a period without
observation, an infinity raises DataError. One series gives a float, a matrix one number a column under its labels.
What has nothing to measure is NaN, something over nothing is infinite. Annual figures want `periods_per_year`, or rows
with dates: nothing is ever taken for daily in silence.

>>> import walras as wl
>>> wl.stats.sharpe([0.01, -0.02, 0.03, 0.01], periods_per_year=252) > 0
True
"""

from walras._overfit import deflated_sharpe, expected_maximum_sharpe, probabilistic_sharpe
from walras.stats._benchmark import (
    alpha,
    beta,
    capture_ratio,
    correlation,
    down_capture,
    information_ratio,
    total_capture,
    tracking_error,
    up_capture,
)
from walras.stats._bootstrap import Interval, bootstrap, optimal_block_length
from walras.stats._calendar import (
    annual_returns,
    best,
    monthly_table,
    period_returns,
    periods_per_year,
    positive_periods,
    worst,
)
from walras.stats._distribution import (
    autocorrelation,
    conditional_value_at_risk,
    kurtosis,
    skew,
    stability,
    tail_ratio,
    value_at_risk,
)
from walras.stats._drawdowns import (
    avg_drawdown,
    avg_drawdown_duration,
    drawdown,
    drawdown_table,
    max_drawdown,
    max_drawdown_duration,
    recovery_factor,
    time_under_water,
    ulcer_index,
)
from walras.stats._ratios import (
    annual_return,
    cagr,
    cagr_calendar,
    calmar,
    calmar_geometric,
    downside_risk,
    omega,
    sharpe,
    sharpe_geometric,
    sharpe_lo,
    sharpe_smart,
    sortino,
    sortino_geometric,
    total_return,
    volatility,
    volatility_geometric,
)
from walras.stats._rolling import rolling
from walras.stats._summary import Summary, definitions, from_equity, summary
from walras.stats._trades import (
    avg_loss,
    avg_win,
    expectancy,
    kelly,
    payoff_ratio,
    profit_factor,
    sqn,
    trade_table,
    win_rate,
)

__all__ = [
    "Interval",
    "Summary",
    "alpha",
    "annual_return",
    "annual_returns",
    "autocorrelation",
    "avg_drawdown",
    "avg_drawdown_duration",
    "avg_loss",
    "avg_win",
    "best",
    "beta",
    "bootstrap",
    "cagr",
    "cagr_calendar",
    "calmar",
    "calmar_geometric",
    "capture_ratio",
    "conditional_value_at_risk",
    "correlation",
    "definitions",
    "deflated_sharpe",
    "down_capture",
    "downside_risk",
    "drawdown",
    "drawdown_table",
    "expectancy",
    "expected_maximum_sharpe",
    "from_equity",
    "information_ratio",
    "kelly",
    "kurtosis",
    "max_drawdown",
    "max_drawdown_duration",
    "monthly_table",
    "omega",
    "optimal_block_length",
    "payoff_ratio",
    "period_returns",
    "periods_per_year",
    "positive_periods",
    "probabilistic_sharpe",
    "profit_factor",
    "recovery_factor",
    "rolling",
    "sharpe",
    "sharpe_geometric",
    "sharpe_lo",
    "sharpe_smart",
    "skew",
    "sortino",
    "sortino_geometric",
    "sqn",
    "stability",
    "summary",
    "tail_ratio",
    "time_under_water",
    "total_capture",
    "total_return",
    "tracking_error",
    "trade_table",
    "ulcer_index",
    "up_capture",
    "value_at_risk",
    "volatility",
    "volatility_geometric",
    "win_rate",
    "worst",
]
