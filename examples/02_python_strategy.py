"""A strategy in Python: parameters, history, sizes in percent, and what on_order tells."""

import walras as wl


class Breakout(wl.Strategy):
    """Buys a new high of `days` closes and sells a new low of half as many."""

    days: int = 50
    invested: float = 0.95

    def on_start(self, ctx: wl.Context) -> None:
        self.refused = 0

    def on_bar(self, ctx: wl.Context, bar: wl.Bar) -> None:
        closes = ctx.history(bar.instrument, self.days + 1).close[:-1]
        if len(closes) < self.days:
            return
        held = ctx.position(bar.instrument)
        if not held and bar.close > closes.max():
            ctx.buy(bar.instrument, percent=self.invested, tag="new high")
        elif held and bar.close < closes[-self.days // 2 :].min():
            ctx.close(bar.instrument)

    def on_order(self, ctx: wl.Context, update: wl.OrderUpdate) -> None:
        if update.step == "denied":
            self.refused += 1
            print(f"refused: {update.message}")


prices = wl.data.bars_from_frame(wl.data.load_demo_prices())
for days in (25, 50, 100):
    strategy = Breakout(days=days)
    result = wl.backtest.run(strategy, prices["MSFT"], cash=10_000, fees=wl.fees.bps(5))
    fills, equity = len(result.fills), result.stats["final_equity"]
    print(f"days {days:3}: {fills:3} fills, {strategy.refused} refused, final equity {equity:10,.2f}")
