"""Brackets and stops: protective orders, one cancels the other, and what a bar's unknown path is worth.

The candles are made by hand, so that every fill can be checked by eye.
"""

import walras as wl

#          open high low close
CANDLES = [
    (100, 101, 99, 100),  # the decision
    (101, 103, 100, 102),  # the entry, at 101
    (102, 108, 96, 104),  # stop 97 and target 107 are both inside
    (104, 105, 103, 104),
]


class Bracket(wl.Strategy):
    def on_start(self, ctx: wl.Context) -> None:
        self.entered = False

    def on_bar(self, ctx: wl.Context, bar: wl.Bar) -> None:
        if not self.entered:
            self.entered = True
            ctx.buy(bar.instrument, 10, stop_loss=97, take_profit=107)


class Trailing(wl.Strategy):
    def on_start(self, ctx: wl.Context) -> None:
        self.entered = False

    def on_bar(self, ctx: wl.Context, bar: wl.Bar) -> None:
        if not self.entered:
            self.entered = True
            ctx.buy(bar.instrument, 10, trailing_stop_loss=3)


columns = dict(zip(("open", "high", "low", "close"), zip(*CANDLES, strict=True), strict=True))
days = [f"2024-01-{2 + i:02}" for i in range(len(CANDLES))]
bars = wl.data.read_bars({"date": days, **columns}, instrument="DEMO")

for strategy in (Bracket, Trailing):
    for fill_at in ("next_open", "intrabar_path"):
        result = wl.backtest.run(strategy, bars, fees=0, slippage=0, fill_at=fill_at)
        print(f"\n{strategy.__name__}, fill_at={fill_at}: final equity {result.stats['final_equity']:,.2f}")
        print(result.fills.select("ts", "side", "quantity", "price", "rule"))
        print(result.orders.select("order", "type", "side", "status", "reason"))
