"""Indicators, streaming and batch from one implementation: both give the same bits.

Before an indicator is ready its value is NaN.

>>> import walras as wl
>>> average = wl.indicators.Sma(3)
>>> [average.update(x) for x in (1.0, 2.0, 3.0, 4.0)][2:]
[2.0, 3.0]
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from walras import _core
from walras._core import Ema, Sma
from walras.errors import DataError

__all__ = ["Ema", "Sma", "ema", "sma"]


def sma(values: ArrayLike, period: int) -> NDArray[np.float64]:
    """Simple moving average of `values`, shape (time,); NaN for the first `period - 1`.

    >>> import walras as wl
    >>> wl.indicators.sma([1.0, 2.0, 3.0, 4.0], 2)
    array([nan, 1.5, 2.5, 3.5])
    """
    return _core.sma(_series(values), period)


def ema(values: ArrayLike, period: int, *, seed: Literal["sma", "first"] = "sma") -> NDArray[np.float64]:
    """Exponential moving average, alpha = 2 / (period + 1), shape (time,).

    `seed="sma"` begins with the mean of the first `period` values (TA-Lib), `seed="first"` with the first value.

    >>> import walras as wl
    >>> wl.indicators.ema([1.0, 2.0, 3.0], 2, seed="first").round(4)
    array([1.    , 1.6667, 2.5556])
    """
    return _core.ema(_series(values), period, seed=seed)


def _series(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise DataError(f"an indicator takes one series, shape (time,); got shape {array.shape}")
    return array
