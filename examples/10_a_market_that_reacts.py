"""What our own orders cost by moving the market: one meta-order of growing size, in a market that reacts."""

import sys
from pathlib import Path
from typing import Any

import walras as wl

# Ninety seconds of Binance's BTCUSDT book; a recording of your own is as good: give its path and the sizes.
CAPTURE = Path(__file__).parents[1] / "tests" / "data" / "crypto" / "binance_spot_btcusdt_90s.jsonl.gz"


class MetaOrder(wl.Strategy):
    """Buys `size` in ten market orders, ten a second."""

    def __init__(self, size: float) -> None:
        super().__init__()
        self.size, self.sent, self.next = size, 0, 0

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        if self.sent < 10 and ctx.now >= self.next and book.bid is not None and book.ask is not None:
            ctx.buy(book.instrument, quantity=round(self.size / 10, 5))
            self.sent += 1
            self.next = ctx.now + 100_000_000


path = Path(sys.argv[1]) if len(sys.argv) > 1 else CAPTURE
sizes = [float(word) for word in sys.argv[2:]] or [0.1, 1, 5, 20, 50]
source = wl.data.read_ticks(path)

# The replay here forgets at once what we took; by default it remembers until the level is reported smaller.
settings: dict[str, Any] = {"cash": 1e9, "fees": 0, "remember_consumed": False}
print(source)
print(f"{'size':>6} {'replay':>10} {'reacts':>10} {'shortfall bp':>13} {'largest move bp':>16}")
for size in sizes:
    both = wl.backtest.compare_impact(lambda size=size: MetaOrder(size), source, **settings)
    price = {row["key"]: row for row in both.table.iter_rows(named=True)}["average_price"]
    shortfall = price["difference"] / price["replay"] * 1e4
    moved = both.path["impact_bps"].max() or 0.0
    print(f"{size:>6} {price['replay']:>10.4f} {price['reacts']:>10.4f} {shortfall:>13.3f} {moved:>16.2f}")
