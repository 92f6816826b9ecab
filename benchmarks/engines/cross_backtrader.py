"""backtrader, as its manual shows it: indicators and data preloaded ("runonce"), market orders, which fill at the next
bar's open; no commission, whole positions by self.close()."""

from typing import Any

import _cross
import backtrader as bt
import pandas as pd
from _engine import Columns, Row, main


class Cross(bt.Strategy):
    def __init__(self) -> None:
        self.fast = bt.ind.SMA(period=_cross.FAST)
        self.slow = bt.ind.SMA(period=_cross.SLOW)
        self.fills: list[tuple[int, str, float, float]] = []

    def next(self) -> None:
        if self.fast[0] > self.slow[0] and not self.position:
            self.buy(size=_cross.QUANTITY)
        elif self.fast[0] < self.slow[0] and self.position:
            self.close()

    def notify_order(self, order: Any) -> None:
        if order.status == order.Completed:  # by bar: its times are floats of days
            side = "buy" if order.isbuy() else "sell"
            self.fills.append((len(self) - 1, side, order.executed.price, abs(order.executed.size)))


def load(columns: Columns) -> bt.feeds.PandasData:
    prices = {name: columns[name] for name in ("open", "high", "low", "close", "volume")}
    return bt.feeds.PandasData(dataname=pd.DataFrame(prices, index=pd.to_datetime(columns["ts_open"])))


def run(feed: bt.feeds.PandasData) -> Any:
    cerebro = bt.Cerebro()
    cerebro.adddata(feed)
    cerebro.addstrategy(Cross)
    cerebro.broker.setcash(_cross.CASH)
    return cerebro.run()[0]


def fills(strategy: Any, columns: Columns) -> list[Row]:
    return [(int(columns["ts_open"][bar]), side, price, float(size)) for bar, side, price, size in strategy.fills]


main(load, run, fills)
