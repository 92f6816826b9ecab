"""Pairs among the bundled stocks: one strategy, several pairs, with and without costs."""

import walras as wl

PAIRS = (("KO", "PEP"), ("CVX", "XOM"), ("JNJ", "PFE"), ("BAC", "JPM"))

prices = wl.data.bars_from_frame(wl.data.load_demo_prices())
print("final equity of 100,000\n pair        no costs     7 bp a fill   fills")
for pair in PAIRS:
    strategy = wl.strategies.make("pairs", lookback=120, entry=2.0, exit=0.5)
    free = wl.backtest.run(strategy, prices[list(pair)], cash=100_000, fees=0, slippage=0)
    paid = wl.backtest.run(strategy, prices[list(pair)], cash=100_000, fees=5, slippage=2)
    name = "/".join(pair)
    print(f" {name:9} {free.stats['final_equity']:11,.0f} {paid.stats['final_equity']:15,.0f} {len(paid.fills):7,}")
