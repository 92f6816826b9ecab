"""Return, risk, and the ratios of the two."""

from __future__ import annotations

from typing import Any

from walras.errors import ConfigError
from walras.stats._input import Answer, Returns, metric, read


def total_return(returns: Returns) -> Answer:
    """Compounded: the product of 1 + r, less 1.

    >>> import walras as wl
    >>> round(wl.stats.total_return([0.1, -0.5]), 6)
    -0.45
    """
    return metric("total_return", returns)


def cagr(returns: Returns, periods_per_year: float | None = None, *, times: Any = None) -> Answer:
    """Compound annual growth: (1 + total return)^(periods_per_year / rows) - 1.

    Every row counts, also one without observation (NaN); `annual_return` counts observations only. -1 where everything
    was lost.

    >>> import walras as wl
    >>> nan = float("nan")
    >>> round(wl.stats.cagr([nan, 0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1], 252), 10)  # empyrical's test
    1.9135925373
    """
    return metric("cagr", returns, periods_per_year=periods_per_year, annual=True, times=times)


def cagr_calendar(returns: Returns, *, times: Any = None) -> Answer:
    """(1 + total return)^(365.25 / days from the first row to the last) - 1: backtesting.py's "CAGR". Needs times.

    >>> import numpy as np
    >>> import walras as wl
    >>> when = np.array(["2022-01-01", "2023-01-01", "2024-01-01"], dtype="M8[D]")
    >>> round(wl.stats.cagr_calendar([0.0, 0.1, 0.1], times=when), 6)
    0.100072
    """
    if len(read(returns, times=times).times) == 0:
        raise ConfigError("cagr_calendar counts days: give times=, or returns with dates as their index")
    return metric("cagr_calendar", returns, times=times)


def annual_return(returns: Returns, periods_per_year: float | None = None, *, times: Any = None) -> Answer:
    """(1 + total return)^(periods_per_year / observations) - 1, backtesting.py's "Return (Ann.)".

    >>> import walras as wl
    >>> round(wl.stats.annual_return([0.01, 0.02, 0.03], 12), 6)
    0.267754
    """
    return metric("annual_return", returns, periods_per_year=periods_per_year, annual=True, times=times)


def volatility(returns: Returns, periods_per_year: float | None = None, *, times: Any = None) -> Answer:
    """Standard deviation (ddof 1) of the returns of a year: std(r) * sqrt(periods_per_year).

    >>> import walras as wl
    >>> round(wl.stats.volatility([0.01, -0.02, 0.03, 0.01], 252), 6)
    0.327261
    """
    return metric("volatility", returns, periods_per_year=periods_per_year, annual=True, times=times)


def volatility_geometric(returns: Returns, periods_per_year: float | None = None, *, times: Any = None) -> Answer:
    """The deviation of a compounded year: sqrt((var + g^2)^n - g^(2n)).

    g is the geometric mean of 1 + r, n periods_per_year; backtesting.py's "Volatility (Ann.)".

    >>> import walras as wl
    >>> round(wl.stats.volatility_geometric([0.01, -0.02, 0.03, 0.01], 12), 6)
    0.077487
    """
    return metric("volatility_geometric", returns, periods_per_year=periods_per_year, annual=True, times=times)


def downside_risk(
    returns: Returns, periods_per_year: float | None = None, *, required: float = 0.0, times: Any = None
) -> Answer:
    """sqrt(mean(min(r - required, 0)^2) * periods_per_year), the mean over all observations.

    `required`: the return that a period must bring, per period.

    >>> import walras as wl
    >>> round(wl.stats.downside_risk([0.01, -0.02, 0.03, 0.01], 252), 6)
    0.158745
    """
    return metric(
        "downside_risk", returns, periods_per_year=periods_per_year, annual=True, times=times, required=required
    )


def sharpe(
    returns: Returns, periods_per_year: float | None = None, *, risk_free: float = 0.0, times: Any = None
) -> Answer:
    """mean(r - rf) / std(r, ddof 1) * sqrt(periods_per_year): the Sharpe ratio of the field.

    `returns`: simple returns, shape (time,) or (time, column). `periods_per_year`: 252 for business days; taken from
    the calendar where the rows have dates (an index, a date column, `times`), else it must be given. `risk_free`: per
    period. Raises ConfigError if the number of periods is neither given nor known.

    >>> import walras as wl
    >>> nan = float("nan")
    >>> wl.stats.sharpe([nan, 0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1], periods_per_year=252)
    1.7238613961706...
    """
    return metric("sharpe", returns, periods_per_year=periods_per_year, annual=True, times=times, risk_free=risk_free)


def sharpe_geometric(returns: Returns, periods_per_year: float | None = None, *, times: Any = None) -> Answer:
    """annual_return / volatility_geometric: the "Sharpe Ratio" of backtesting.py.

    >>> import walras as wl
    >>> round(wl.stats.sharpe_geometric([0.01, -0.02, 0.03, 0.01], 12), 6)
    1.18391
    """
    return metric("sharpe_geometric", returns, periods_per_year=periods_per_year, annual=True, times=times)


def sharpe_smart(
    returns: Returns, periods_per_year: float | None = None, *, risk_free: float = 0.0, times: Any = None
) -> Answer:
    """`sharpe` divided by QuantStats' penalty for autocorrelation (its `smart_sharpe`).

    The penalty is sqrt(1 + 2 sum((1 - k / n) |autocorrelation|^k, k = 1 .. n - 1)) for n returns; it punishes negative
    autocorrelation too, and does not depend on the length of a year. `sharpe_lo` is the one with a theory.

    >>> import walras as wl
    >>> r = [0.01, 0.02, -0.01, -0.02, 0.01, 0.02]
    >>> wl.stats.sharpe_smart(r, 252) < wl.stats.sharpe(r, 252)
    True
    """
    return metric(
        "sharpe_smart", returns, periods_per_year=periods_per_year, annual=True, times=times, risk_free=risk_free
    )


def sharpe_lo(
    returns: Returns, periods_per_year: float | None = None, *, risk_free: float = 0.0, times: Any = None
) -> Answer:
    """The Sharpe ratio of a year where returns follow an AR(1): positive autocorrelation lowers it, negative raises it.

    mean(r - rf) / std(r) * q / sqrt(q + 2 sum((q - k) autocorrelation^k, k = 1 .. q - 1)), q = periods_per_year.
    Lo, "The statistics of Sharpe ratios", Financial Analysts Journal 58 (2002), eq. 20.

    >>> import walras as wl
    >>> r = [0.01, 0.02, -0.01, -0.02, 0.01, 0.02]
    >>> wl.stats.sharpe_lo(r, 252) < wl.stats.sharpe(r, 252)
    True
    """
    return metric(
        "sharpe_lo", returns, periods_per_year=periods_per_year, annual=True, times=times, risk_free=risk_free
    )


def sortino(
    returns: Returns, periods_per_year: float | None = None, *, required: float = 0.0, times: Any = None
) -> Answer:
    """mean(r - required) * periods_per_year / downside_risk.

    The risk is the root mean square shortfall over all periods, not the deviation of the negative returns, which other
    libraries take for it and which is small where all losses are alike.

    >>> import walras as wl
    >>> nan = float("nan")
    >>> wl.stats.sortino([nan, 0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1], 252)
    2.60553125167369...
    """
    return metric("sortino", returns, periods_per_year=periods_per_year, annual=True, times=times, required=required)


def sortino_geometric(returns: Returns, periods_per_year: float | None = None, *, times: Any = None) -> Answer:
    """annual_return / downside_risk: the "Sortino Ratio" of backtesting.py.

    >>> import walras as wl
    >>> round(wl.stats.sortino_geometric([0.01, -0.02, 0.03, 0.01], 12), 6)
    2.648227
    """
    return metric("sortino_geometric", returns, periods_per_year=periods_per_year, annual=True, times=times)


def calmar(returns: Returns, periods_per_year: float | None = None, *, times: Any = None) -> Answer:
    """cagr / |max_drawdown|, both as fractions. Infinite where nothing fell.

    >>> import walras as wl
    >>> round(wl.stats.calmar([0.01, -0.02, 0.03, 0.01], 12), 6)
    4.586864
    """
    return metric("calmar", returns, periods_per_year=periods_per_year, annual=True, times=times)


def calmar_geometric(returns: Returns, periods_per_year: float | None = None, *, times: Any = None) -> Answer:
    """annual_return / |max_drawdown|: the "Calmar Ratio" of backtesting.py.

    >>> import walras as wl
    >>> nan = float("nan")
    >>> r = [nan, 0.01, -0.02, 0.03]
    >>> wl.stats.calmar_geometric(r, 12) > wl.stats.calmar(r, 12)  # the row without observation is no time here
    True
    """
    return metric("calmar_geometric", returns, periods_per_year=periods_per_year, annual=True, times=times)


def omega(returns: Returns, *, risk_free: float = 0.0, threshold: float = 0.0) -> Answer:
    """Sum of gains / sum of losses of r - rf - threshold; infinite without loss, NaN without both.

    Keating, Shadwick, "A universal performance measure" (2002). `risk_free` and `threshold` are per period.

    >>> import walras as wl
    >>> round(wl.stats.omega([0.01, -0.02, 0.03, 0.01]), 6)
    2.5
    """
    return metric("omega", returns, risk_free=risk_free, threshold=threshold)
