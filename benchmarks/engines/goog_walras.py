"""Walras on GOOG: the golden G4 of tests/python/test_goldens.py."""

import _goog
from _engine import Columns, Row, main

import walras as wl


class Reverse(wl.Strategy):
    def on_start(self, ctx: wl.Context) -> None:
        self.fast, self.slow = wl.indicators.Sma(_goog.FAST), wl.indicators.Sma(_goog.SLOW)
        self.before = (0.0, 0.0)

    def on_bar(self, ctx: wl.Context, bar: wl.Bar) -> None:
        fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
        was_fast, was_slow = self.before
        self.before = (fast, slow)
        if was_fast < was_slow and fast > slow:
            ctx.close(bar.instrument)
            ctx.buy(bar.instrument, percent="100%")
        elif was_fast > was_slow and fast < slow:
            ctx.close(bar.instrument)
            ctx.sell(bar.instrument, percent="100%")


def load(columns: Columns) -> wl.data.Bars:
    return wl.data.Bars.from_columns("GOOG", **columns)


def run(bars: wl.data.Bars) -> wl.BacktestResult:
    return wl.backtest.run(Reverse(), bars, cash=_goog.CASH, fees=0, slippage=0, at_end="close_at_open")


def trades(result: wl.BacktestResult, columns: Columns) -> list[Row]:
    t = result.trades.sort("entry_ts")
    opens = columns["ts_open"]
    entry, exit_ = (opens[opens.searchsorted(t[name].cast(int), "right") - 1] for name in ("entry_ts", "exit_ts"))
    signed = t["quantity"] * (2 * (t["side"] == "long").cast(int) - 1)
    out: list[Row] = [*zip(entry.tolist(), exit_.tolist(), signed, t["entry_price"], t["exit_price"], strict=True)]
    return [*out, ("final equity", round(result.stats["final_equity"], 2))]


main(load, run, trades, summarize=lambda result: result.stats["sharpe"], repeat=20)
