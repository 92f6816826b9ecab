"""Walras: backtests that you can trust, on your own data, in seconds.

>>> import walras as wl
>>> prices = wl.data.bars_from_frame(wl.data.load_demo_prices())
>>> result = wl.backtest.run(wl.strategies.make("sma_cross"), prices["KO"], cash=10_000)
>>> result.stats["final_equity"] > 0
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from walras import errors
from walras.errors import *  # noqa: F403 - all of them, as `errors` lists them
from walras.instrument import Instrument
from walras.strategy import Strategy

if TYPE_CHECKING:
    from walras import (
        backtest,
        book,
        data,
        exec,
        features,
        fees,
        indicators,
        latency,
        queue,
        sim,
        simple,
        slippage,
        stats,
        store,
        strategies,
    )
    from walras._core import Bar, Book, Context, Execution, Order, OrderUpdate, Position, Quote, Trade
    from walras.comparison import Comparison, compare
    from walras.result import BacktestResult
    from walras.simple import SimpleStrategy, crossover

__version__ = "0.1.0"

# Loaded when first used, so that `import walras` stays quick.
_MODULES = frozenset(
    {
        "backtest",
        "book",
        "data",
        "exec",
        "features",
        "fees",
        "indicators",
        "latency",
        "queue",
        "sim",
        "simple",
        "slippage",
        "stats",
        "store",
        "strategies",
    }
)
_CLASSES = dict.fromkeys(
    ("Bar", "Book", "Context", "Execution", "Order", "OrderUpdate", "Position", "Quote", "Trade"), "walras._core"
) | {
    "BacktestResult": "walras.result",
    "Comparison": "walras.comparison",
    "SimpleStrategy": "walras.simple",
    "compare": "walras.comparison",
    "crossover": "walras.simple",
}

__all__ = [
    "BacktestResult",
    "Bar",
    "Book",
    "Comparison",
    "Context",
    "Execution",
    "Instrument",
    "Order",
    "OrderUpdate",
    "Position",
    "Quote",
    "SimpleStrategy",
    "Strategy",
    "Trade",
    "__version__",
    "backtest",
    "book",
    "compare",
    "crossover",
    "data",
    "exec",
    "features",
    "fees",
    "indicators",
    "latency",
    "queue",
    "sim",
    "simple",
    "slippage",
    "stats",
    "store",
    "strategies",
]
__all__ += errors.__all__


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"walras.{name}")
    if name in _CLASSES:
        # Found once: a strategy may say wl.crossover at every bar.
        found = globals()[name] = getattr(importlib.import_module(_CLASSES[name]), name)
        return found
    raise AttributeError(f"module 'walras' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
