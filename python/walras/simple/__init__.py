"""The newcomers' layer: `init`, `next`, `buy`, `sell`, `position.close`, `crossover`, for one instrument.

Somebody who comes from backtesting.py or backtrader finds the words known there; below them are the engine, the orders
and the ledger of `walras.Strategy`, with no second meaning of anything. See docs/guides/two-minutes.md.

>>> import walras as wl
>>> class Cross(wl.SimpleStrategy):
...     n1 = 20
...     n2 = 100
...     def init(self):
...         self.fast = self.I(wl.indicators.sma, self.data.Close, self.n1)
...         self.slow = self.I(wl.indicators.sma, self.data.Close, self.n2)
...     def next(self):
...         if wl.crossover(self.fast, self.slow):
...             self.buy()
...         elif wl.crossover(self.slow, self.fast):
...             self.position.close()
>>> prices = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
>>> result = wl.simple.Backtest(prices, Cross, cash=10_000, commission=0.002).run(n1=50)
>>> len(result.trades)
44
"""

from walras.simple._backtest import Backtest, printout
from walras.simple._lines import Line, Prices, crossover
from walras.simple._orders import SimpleOrder, SimplePosition, SimpleTrade
from walras.simple._strategy import SimpleStrategy

__all__ = [
    "Backtest",
    "Line",
    "Prices",
    "SimpleOrder",
    "SimplePosition",
    "SimpleStrategy",
    "SimpleTrade",
    "crossover",
    "printout",
]
