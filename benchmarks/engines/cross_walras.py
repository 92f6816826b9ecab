"""Walras: the Cross of the README. An argument after the files is `fill_at`; next_open without it."""

from typing import Any

import _cross
from _engine import Columns, Row, main, option

import walras as wl


class Cross(wl.Strategy):
    fast: int = _cross.FAST
    slow: int = _cross.SLOW

    def on_start(self, ctx: wl.Context) -> None:
        self.f, self.s = wl.indicators.Sma(self.fast), wl.indicators.Sma(self.slow)

    def on_bar(self, ctx: wl.Context, bar: wl.Bar) -> None:
        f, s = self.f.update(bar.close), self.s.update(bar.close)
        if f > s and not ctx.position(bar.instrument):
            ctx.buy(bar.instrument, quantity=_cross.QUANTITY)
        elif f < s and ctx.position(bar.instrument):
            ctx.close(bar.instrument)


def load(columns: Columns) -> wl.data.Bars:
    return wl.data.Bars.from_columns("WALK.SIM", **columns)


def run(bars: wl.data.Bars) -> wl.BacktestResult:
    fill_at: Any = option("next_open")
    return wl.backtest.run(Cross(), bars, cash=_cross.CASH, fees=0, slippage=0, fill_at=fill_at)


def fills(result: wl.BacktestResult, columns: Columns) -> list[Row]:
    f = result.fills
    return f.select(f["ts"].cast(int), "side", "price", "quantity").rows()


main(load, run, fills, summarize=lambda result: result.stats["sharpe"])
