"""backtesting.py, as its manual shows it: vectorised indicators, market orders, which fill at the next bar's open."""

import warnings
from typing import Any

import _cross
import numpy as np
import pandas as pd
from _engine import Columns, Row, main
from backtesting import Backtest, Strategy

warnings.filterwarnings("ignore", message="Some trades remain open")  # we read them from the broker


def sma(values: Any, period: int) -> Any:
    # 0 instead of NaN while the window fills: the engine skips the first bar after the NaNs, the others do not.
    return np.nan_to_num(pd.Series(values).rolling(period).mean())


class Cross(Strategy):
    def init(self) -> None:
        self.fast = self.I(sma, self.data.Close, _cross.FAST)
        self.slow = self.I(sma, self.data.Close, _cross.SLOW)

    def next(self) -> None:
        if len(self.data) < _cross.SLOW:
            return
        if self.fast[-1] > self.slow[-1] and not self.position:
            self.buy(size=_cross.QUANTITY)
        elif self.fast[-1] < self.slow[-1] and self.position:
            self.position.close()


def load(columns: Columns) -> pd.DataFrame:
    prices = {name.capitalize(): columns[name] for name in ("open", "high", "low", "close", "volume")}
    return pd.DataFrame(prices, index=pd.to_datetime(columns["ts_open"]))


def run(frame: pd.DataFrame) -> Any:
    return Backtest(frame, Cross, cash=_cross.CASH, commission=0.0, spread=0.0).run()


def fills(stats: Any, columns: Columns) -> list[Row]:
    out = []
    broker = stats["_strategy"]._broker
    for trade in (*broker.closed_trades, *broker.trades):
        out.append((trade.entry_bar, "buy", trade.entry_price, float(trade.size)))
        if trade.exit_bar is not None:
            out.append((trade.exit_bar, "sell", trade.exit_price, float(trade.size)))
    return [(int(columns["ts_open"][bar]), side, float(price), size) for bar, side, price, size in sorted(out)]


main(load, run, fills)
