"""What a search does to its best result: probabilistic and deflated Sharpe ratios. `walras.stats` shows them.

Sharpe ratios are per period here, never annualised: divide an annual one by the square root of the periods per year.
Kurtosis is raw, 3 is normal. Bailey, Lopez de Prado, "The Sharpe ratio efficient frontier" (2012) and "The deflated
Sharpe ratio" (2014).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from walras import _core
from walras.errors import ConfigError

__all__ = ["deflated_sharpe", "expected_maximum_sharpe", "probabilistic_sharpe"]


def probabilistic_sharpe(
    sharpe: Any,
    observations: float | None = None,
    *,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    benchmark: float = 0.0,
) -> float:
    """The probability that the true Sharpe ratio is above `benchmark`, given what was measured.

    `sharpe`: mean / standard deviation (ddof 1) of `observations` returns, per period, with their `skew` and raw
    `kurtosis`; or the returns themselves, shape (time,), from which all four are measured. `benchmark`: per period.

    Phi((SR - b) sqrt(n - 1) / sqrt(1 - skew SR + (kurtosis - 1) / 4 SR^2)). NaN below two observations.

    >>> import walras as wl
    >>> round(wl.stats.probabilistic_sharpe(0.458, 24, skew=-2.448, kurtosis=10.164), 6)
    0.913361
    """
    if np.ndim(sharpe) == 1:
        if observations is not None:
            raise ConfigError("observations= is counted from the returns; leave it out, or give the ratio itself.")
        sharpe, observations, skew, kurtosis = _measure(np.asarray(sharpe, dtype=np.float64))
    elif observations is None:
        raise ConfigError("observations= is missing; give the number of returns behind the ratio, or the returns.")
    return _core.probabilistic_sharpe(float(sharpe), float(observations), float(skew), float(kurtosis), benchmark)


def expected_maximum_sharpe(trials: float, variance: float) -> float:
    """The highest Sharpe ratio to expect from `trials` independent trials without skill.

    `variance`: of the trials' Sharpe ratios, per period. sqrt(V) ((1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e))), g Euler's
    constant; 0 for one trial. Raises ConfigError below one trial or for a negative variance.

    >>> import walras as wl
    >>> round(wl.stats.expected_maximum_sharpe(100, 0.5 / 250), 6)
    0.113172
    """
    return _core.expected_maximum_sharpe(float(trials), float(variance))


def deflated_sharpe(
    sharpe: Any,
    observations: float | None = None,
    *,
    trials: float,
    variance: float,
    skew: float = 0.0,
    kurtosis: float = 3.0,
) -> float:
    """The probability that the best of `trials` trials is more than luck.

    `probabilistic_sharpe` against `expected_maximum_sharpe(trials, variance)`. Count every trial that was made, also
    those that failed, were stopped early, or were made by hand.

    >>> import walras as wl
    >>> round(wl.stats.deflated_sharpe(2.5 / 250**0.5, 1250, trials=100, variance=0.5 / 250, skew=-3, kurtosis=10), 6)
    0.900397
    """
    benchmark = expected_maximum_sharpe(trials, variance)
    return probabilistic_sharpe(sharpe, observations, skew=skew, kurtosis=kurtosis, benchmark=benchmark)


def _measure(returns: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float, float, float]:
    """Sharpe ratio per period, count, skew and raw kurtosis of what is not NaN."""
    r = returns[~np.isnan(returns)]
    nan = float("nan")
    if len(r) < 2:
        return nan, float(len(r)), nan, nan
    centred = r - r.mean()
    m2, m3, m4 = (float(np.mean(centred**k)) for k in (2, 3, 4))
    if m2 == 0:
        return nan, float(len(r)), nan, nan
    return float(r.mean()) / float(r.std(ddof=1)), float(len(r)), m3 / m2**1.5, m4 / m2**2
