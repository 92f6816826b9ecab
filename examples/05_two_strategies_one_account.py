"""Two strategies on one account: each has its own positions, cash and risk limits are common."""

import polars as pl

import walras as wl


class Reversal(wl.Strategy):
    """Buys the stock that fell most over `days`, once a month."""

    days: int = 20

    def on_start(self, ctx: wl.Context) -> None:
        self.bars = 0

    def on_bars(self, ctx: wl.Context, bars: dict[str, wl.Bar]) -> None:
        self.bars += 1
        if self.bars <= self.days or self.bars % 21:
            return
        past = {name: ctx.history(name, self.days + 1).close for name in bars}
        worst = min(past, key=lambda name: past[name][-1] / past[name][0])
        for name in bars:
            ctx.target(name, percent=0.4 if name == worst else 0.0)


prices = wl.data.bars_from_frame(wl.data.load_demo_prices())[["KO", "PEP", "PG", "WMT"]]
trend = wl.strategies.make("sma_cross", fast=20, slow=100, invested=0.5)
result = wl.backtest.run([trend, Reversal()], prices, cash=100_000, risk={"max_gross_exposure": 2_000_000})

result.print_table()
print(result.fills.group_by("strategy").agg(pl.len().alias("fills"), pl.col("fee").sum()).sort("strategy"))
print(result.trades.group_by("strategy").agg(pl.col("net_pnl").sum()).sort("strategy"))
