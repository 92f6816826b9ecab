"""How returns are distributed: tails, shape, dependence."""

from __future__ import annotations

from typing import Literal

from walras.errors import ConfigError
from walras.stats._input import Answer, Returns, metric

Method = Literal["historical", "parametric"]


def _tail_key(name: str, method: str) -> str:
    if method not in ("historical", "parametric"):
        raise ConfigError(f'method is {method!r}; give "historical" or "parametric" (a normal distribution)')
    return name if method == "historical" else f"{name}_parametric"


def value_at_risk(returns: Returns, *, cutoff: float = 0.05, method: Method = "historical") -> Answer:
    """The return that a share `cutoff` of the periods falls below, sign kept: a loss is negative.

    "historical" is the linearly interpolated quantile of the returns; "parametric" that of a normal distribution with
    their mean and deviation (ddof 1). Raises ConfigError unless 0 < cutoff < 1.

    >>> import walras as wl
    >>> round(wl.stats.value_at_risk([-0.03, -0.01, 0.0, 0.01, 0.02], cutoff=0.25), 6)
    -0.01
    >>> round(wl.stats.value_at_risk([-0.03, -0.01, 0.0, 0.01, 0.02], method="parametric"), 6)
    -0.033639
    """
    return metric(_tail_key("value_at_risk", method), returns, cutoff=cutoff)


def conditional_value_at_risk(returns: Returns, *, cutoff: float = 0.05, method: Method = "historical") -> Answer:
    """The mean of the worst periods, sign kept (expected shortfall).

    "historical": the mean of the floor((n - 1) * cutoff) + 1 smallest returns; "parametric": of a normal distribution,
    mean - std phi(z) / cutoff.

    >>> import walras as wl
    >>> wl.stats.conditional_value_at_risk([-0.03, -0.01, 0.0, 0.01, 0.02], cutoff=0.25)
    -0.02
    """
    return metric(_tail_key("conditional_value_at_risk", method), returns, cutoff=cutoff)


def tail_ratio(returns: Returns, *, cutoff: float = 0.05) -> Answer:
    """|quantile 1 - cutoff| / |quantile cutoff|: above 1 the good tail is the longer one.

    >>> import walras as wl
    >>> round(wl.stats.tail_ratio([-0.02, -0.01, 0.0, 0.02, 0.04]), 6)
    2.0
    """
    return metric("tail_ratio", returns, cutoff=cutoff)


def stability(returns: Returns) -> Answer:
    """R^2 of a straight line through the cumulative log returns: 1 is an even rise, or an even fall.

    >>> import walras as wl
    >>> round(wl.stats.stability([0.01, 0.01, 0.01, 0.01]), 6)
    1.0
    """
    return metric("stability", returns)


def skew(returns: Returns) -> Answer:
    """m3 / m2^1.5 with central moments over n; scipy's `skew`. Negative: the losses have the long tail.

    >>> import walras as wl
    >>> round(wl.stats.skew([-0.03, 0.01, 0.01, 0.01]), 6)
    -1.154701
    """
    return metric("skew", returns)


def kurtosis(returns: Returns) -> Answer:
    """m4 / m2^2 with central moments over n: 3 for a normal distribution, not the excess over it.

    >>> import walras as wl
    >>> round(wl.stats.kurtosis([-0.03, 0.01, 0.01, 0.01]), 6)
    2.333333
    """
    return metric("kurtosis", returns)


def autocorrelation(returns: Returns) -> Answer:
    """Correlation of each return with the one before it; NaN for fewer than three.

    >>> import walras as wl
    >>> round(wl.stats.autocorrelation([0.01, -0.01, 0.01, -0.01, 0.01]), 6)
    -1.0
    """
    return metric("autocorrelation", returns)
