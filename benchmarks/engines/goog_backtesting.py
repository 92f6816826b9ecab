"""backtesting.py on GOOG: its own test, written as there."""

from typing import Any

import _goog
import pandas as pd
from _engine import Columns, Row, main
from backtesting import Backtest, Strategy
from backtesting.lib import crossover


def sma(values: Any, period: int) -> Any:
    return pd.Series(values).rolling(period).mean()


class SmaCross(Strategy):
    def init(self) -> None:
        self.fast = self.I(sma, self.data.Close, _goog.FAST)
        self.slow = self.I(sma, self.data.Close, _goog.SLOW)

    def next(self) -> None:
        if crossover(self.fast, self.slow):
            self.position.close()
            self.buy()
        elif crossover(self.slow, self.fast):
            self.position.close()
            self.sell()


def load(columns: Columns) -> pd.DataFrame:
    prices = {name.capitalize(): columns[name] for name in ("open", "high", "low", "close", "volume")}
    return pd.DataFrame(prices, index=pd.to_datetime(columns["ts_open"]))


def run(frame: pd.DataFrame) -> Any:
    return Backtest(frame, SmaCross, cash=_goog.CASH, finalize_trades=True).run()


def trades(stats: Any, columns: Columns) -> list[Row]:
    opens = columns["ts_open"]
    out: list[Row] = [
        (int(opens[t.EntryBar]), int(opens[t.ExitBar]), float(t.Size), t.EntryPrice, t.ExitPrice)
        for t in stats["_trades"].sort_values("EntryBar").itertuples()
    ]
    return [*out, ("final equity", round(float(stats["Equity Final [$]"]), 2))]


main(load, run, trades, repeat=20)
