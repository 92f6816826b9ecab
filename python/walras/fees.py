"""What a fill costs. Pass one of these as `fees=` to `walras.backtest.run`.

Every fee can be rounded to a number of decimals, as a broker's statement does; without it the ledger keeps 1e-9.
"""

from __future__ import annotations

from collections.abc import Sequence

from walras import _core
from walras._core import FeeModel
from walras.instrument import Number

__all__ = ["DEFAULT_BPS", "FeeModel", "bps", "maker_taker", "none", "per_share", "tiers"]

DEFAULT_BPS = 10.0
"""What a run pays when nothing is said: ten basis points of each fill."""


def none() -> FeeModel:
    """No fees at all."""
    return _core.rate_fees(0, 0)


def bps(rate: float, *, decimals: int | None = None) -> FeeModel:
    """Basis points of each fill's value: `bps(10)` takes 0.10 %.

    >>> import walras as wl
    >>> model = wl.fees.bps(0.2, decimals=2)
    """
    return maker_taker(rate, rate, decimals=decimals)


def maker_taker(maker_bps: float, taker_bps: float, *, decimals: int | None = None) -> FeeModel:
    """Basis points by side of liquidity; a negative maker rate is a rebate."""
    return _core.rate_fees(maker_bps / 1e4, taker_bps / 1e4, decimals)


def per_share(fee: Number, *, minimum: Number = 0, maximum_rate: Number = 0, decimals: int | None = None) -> FeeModel:
    """Money per unit, at least `minimum` an order and at most `maximum_rate` of its value (0 = no cap).

    >>> import walras as wl
    >>> model = wl.fees.per_share("0.005", minimum=1, maximum_rate="0.005")
    """
    return _core.per_unit_fees(fee, minimum, maximum_rate, decimals)


def tiers(table: Sequence[tuple[Number, float, float]], *, decimals: int | None = None) -> FeeModel:
    """Maker and taker basis points by the value traded so far in the run: rows of (from value, maker, taker).

    >>> import walras as wl
    >>> model = wl.fees.tiers([(0, 10, 10), (1_000_000, 8, 10)])
    """
    return _core.tiered_fees([(start, maker / 1e4, taker / 1e4) for start, maker, taker in table], decimals)
