"""Two more strategies that rest in a real book: a grid, and one that joins short queues and leaves lonely ones."""

from pathlib import Path

import walras as wl

CAPTURE = Path(__file__).parents[1] / "tests" / "data" / "crypto" / "binance_spot_btcusdt_90s.jsonl.gz"
ticks = wl.data.read_ticks(CAPTURE)

casts = {
    "grid": wl.strategies.make("grid", levels=5, spacing=300, size=0.01, max_position=0.05, recentre=8),
    "queue_joiner": wl.strategies.make("queue_joiner", size=0.01, enter=0.6, leave=-0.2, stop=0.95, max_queue=3),
}
for name, strategy in casts.items():
    result = wl.backtest.run(
        strategy, ticks, cash=1_000_000, leverage=5, fees=0, latency=wl.latency.constant(5), at_end="close"
    )
    shares = result.orders["status"].value_counts().sort("status").iter_rows()
    print(f"{name}: {', '.join(f'{count} {status}' for status, count in shares)}; {len(result.trades)} round trips")
    figure = result.plot_book(ticks, start="2024-08-08T23:54:20", end="2024-08-08T23:55:40")
    figure.write_html(f"{name}.html")
    print(f"wrote {name}.html")
