"""How much worse than the reference price a taker trades. Pass one of these as `slippage=`. Limit orders never slip."""

from __future__ import annotations

from walras import _core
from walras._core import SlippageModel

__all__ = ["DEFAULT_BPS", "SlippageModel", "bps", "none", "spread", "square_root", "volume_share"]

DEFAULT_BPS = 1.0
"""What market fills on bars lose when nothing is said: one basis point, half of a two-point spread."""


def none() -> SlippageModel:
    """Fills at the reference price."""
    return _core.spread_slippage(0.0)


def bps(rate: float) -> SlippageModel:
    """Basis points of the price on each market fill."""
    return _core.spread_slippage(rate / 1e4)


def spread(bps: float) -> SlippageModel:
    """Half of a spread of so many basis points."""
    return _core.spread_slippage(bps / 2e4)


def volume_share(limit: float = 0.025, impact: float = 0.1) -> SlippageModel:
    """`impact * share**2` of the price, where share = quantity / bar volume, at most `limit` (LEAN's model)."""
    return _core.volume_share_slippage(limit, impact)


def square_root(coefficient: float = 1.0) -> SlippageModel:
    """`coefficient * sigma * sqrt(quantity / bar volume)`: the square-root law, sigma from the bar's high and low."""
    return _core.square_root_slippage(coefficient)
