"""A first backtest: a strategy of the library over three decades of one stock, and a report."""

import walras as wl

prices = wl.data.bars_from_frame(wl.data.load_demo_prices())
strategy = wl.strategies.make("sma_cross", fast=50, slow=200)
result = wl.backtest.run(strategy, prices["KO"], cash=10_000)

result.print_table()
print(result.fills.select("ts", "side", "quantity", "price", "fee", "rule").head())
print("report:", result.report("first_backtest.html"))
