"""An imbalance market maker on ninety seconds of Binance's BTCUSDT book, with queues, latency and fills on the book."""

from pathlib import Path

import walras as wl

CAPTURE = Path(__file__).parents[1] / "tests" / "data" / "crypto" / "binance_spot_btcusdt_90s.jsonl.gz"
ticks = wl.data.read_ticks(CAPTURE)
print(ticks)

size = {"size": 0.01, "max_position": 0.05}
maker = wl.strategies.make(
    "imbalance_maker", **size, half_spread=150, imbalance_shift=100, skew=300, requote=50, levels=5
)
for queue in ("risk_averse", "power:2"):
    result = wl.backtest.run(
        maker, ticks, cash=1_000_000, leverage=5, fees=0, latency=wl.latency.constant(5), queue=queue, at_end="close"
    )
    made = result.fills.filter(result.fills["liquidity"] == "maker")
    print(
        f"{queue:12} {len(result.orders):4} orders, {len(result.revisions):4} moves, {len(made):4} maker fills, "
        f"P&L {result.stats['final_equity'] - 1_000_000:8.2f} before fees, signature {result.signature}"
    )

figure = result.plot_book(ticks, start="2024-08-08T23:54:30", end="2024-08-08T23:55:00")
figure.write_html("market_maker.html")
print("wrote market_maker.html: best prices, depth, own orders while they rest, and fills")
