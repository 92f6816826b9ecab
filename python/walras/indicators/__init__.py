"""Indicators, streaming and batch from one implementation: both give the same bits.

A function takes arrays (shape (time,) or (time, asset); NumPy, pandas or polars, and answers in kind), a class takes
one observation at a time. Before an indicator is ready its value is NaN. A row with a NaN among its inputs answers NaN
and changes nothing (no observation), so that one indicator can read another; an infinite input raises `DataError`.

>>> import walras as wl
>>> average = wl.indicators.Sma(3)
>>> [average.update(x) for x in (1.0, 2.0, 3.0, 4.0)][2:]
[2.0, 3.0]
>>> wl.indicators.sma([1.0, 2.0, 3.0, 4.0], 3)
array([nan, nan,  2.,  3.])
>>> smooth = wl.indicators.Ema(2, source=wl.indicators.Rsi(2))  # an average of the RSI
>>> [round(smooth.update(x), 2) for x in (1.0, 2.0, 1.5, 2.5)]
[nan, nan, nan, 75.0]
"""

# Functions and classes are made from the catalogue of the core when they are first used; __init__.pyi lists them.
from __future__ import annotations

from typing import Any

from walras.indicators import _make
from walras.indicators._make import Indicator, catalog

__all__ = ["Indicator", "catalog", *_make.names()]


def __getattr__(name: str) -> Any:
    member = _make.member(name)
    globals()[name] = member
    return member


def __dir__() -> list[str]:
    return sorted(__all__)


_result_type = _make.result_type
