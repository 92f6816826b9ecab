"""Returns against those of a benchmark: returns too, never prices.

A benchmark is one series for all columns, or a matrix with one for each. Periods in which one of the two was not
observed are left out; where both have times, the times must be the same.
"""

from __future__ import annotations

from typing import Any

from walras.stats._input import Answer, Returns, metric


def alpha(
    returns: Returns,
    benchmark: Returns,
    periods_per_year: float | None = None,
    *,
    risk_free: float = 0.0,
    times: Any = None,
) -> Answer:
    """Jensen's alpha of a year, compounded: (1 + mean((r - rf) - beta (b - rf)))^periods_per_year - 1.

    >>> import walras as wl
    >>> round(wl.stats.alpha([0.02, 0.0, 0.03], [0.01, -0.01, 0.02], 12), 6)
    0.126825
    """
    return metric(
        "alpha",
        returns,
        benchmark=benchmark,
        periods_per_year=periods_per_year,
        annual=True,
        times=times,
        risk_free=risk_free,
    )


def beta(returns: Returns, benchmark: Returns) -> Answer:
    """cov(r, b) / var(b).

    >>> import walras as wl
    >>> round(wl.stats.beta([0.02, -0.02, 0.04], [0.01, -0.01, 0.02]), 6)
    2.0
    """
    return metric("beta", returns, benchmark=benchmark)


def correlation(returns: Returns, benchmark: Returns) -> Answer:
    """cov(r, b) / sqrt(var(r) var(b)).

    >>> import walras as wl
    >>> round(wl.stats.correlation([0.02, -0.02, 0.04], [0.01, -0.01, 0.02]), 6)
    1.0
    """
    return metric("correlation", returns, benchmark=benchmark)


def tracking_error(
    returns: Returns, benchmark: Returns, periods_per_year: float | None = None, *, times: Any = None
) -> Answer:
    """std(r - b, ddof 1) * sqrt(periods_per_year).

    >>> import walras as wl
    >>> round(wl.stats.tracking_error([0.02, -0.02, 0.04], [0.01, -0.01, 0.02], 12), 6)
    0.052915
    """
    return metric(
        "tracking_error", returns, benchmark=benchmark, periods_per_year=periods_per_year, annual=True, times=times
    )


def information_ratio(
    returns: Returns, benchmark: Returns, periods_per_year: float | None = None, *, times: Any = None
) -> Answer:
    """mean(r - b) * periods_per_year / tracking_error.

    Annualised, like `sharpe`; QuantStats' is this over sqrt(periods_per_year).

    >>> import walras as wl
    >>> round(wl.stats.information_ratio([0.02, -0.02, 0.04], [0.01, -0.01, 0.02], 12), 6)
    1.511858
    """
    return metric(
        "information_ratio", returns, benchmark=benchmark, periods_per_year=periods_per_year, annual=True, times=times
    )


def total_capture(
    returns: Returns, benchmark: Returns, periods_per_year: float | None = None, *, times: Any = None
) -> Answer:
    """Annual return of r / annual return of b, over all periods; an annual return is growth^(periods_per_year / n) - 1.

    >>> import walras as wl
    >>> round(wl.stats.total_capture([0.02, 0.02], [0.01, 0.01], 1), 6)
    2.0
    """
    return metric(
        "total_capture", returns, benchmark=benchmark, periods_per_year=periods_per_year, annual=True, times=times
    )


def up_capture(
    returns: Returns, benchmark: Returns, periods_per_year: float | None = None, *, times: Any = None
) -> Answer:
    """`total_capture` over the periods with b > 0: above 1 is more than the benchmark's good times.

    >>> import walras as wl
    >>> round(wl.stats.up_capture([0.02, -0.02], [0.01, -0.01], 1), 6)
    2.0
    """
    return metric(
        "up_capture", returns, benchmark=benchmark, periods_per_year=periods_per_year, annual=True, times=times
    )


def down_capture(
    returns: Returns, benchmark: Returns, periods_per_year: float | None = None, *, times: Any = None
) -> Answer:
    """`total_capture` over the periods with b < 0: below 1 is less than the benchmark's bad times.

    >>> import walras as wl
    >>> round(wl.stats.down_capture([0.02, -0.005], [0.01, -0.01], 1), 6)
    0.5
    """
    return metric(
        "down_capture", returns, benchmark=benchmark, periods_per_year=periods_per_year, annual=True, times=times
    )


def capture_ratio(
    returns: Returns, benchmark: Returns, periods_per_year: float | None = None, *, times: Any = None
) -> Answer:
    """up_capture / down_capture.

    >>> import walras as wl
    >>> round(wl.stats.capture_ratio([0.02, -0.005], [0.01, -0.01], 1), 6)
    4.0
    """
    return metric(
        "capture_ratio", returns, benchmark=benchmark, periods_per_year=periods_per_year, annual=True, times=times
    )
