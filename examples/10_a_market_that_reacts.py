"""What our own orders cost by moving the market: one meta-order of growing size, in a market that reacts."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import walras as wl

START = 1_704_067_200_000_000_000


def made_up_market(seconds: int = 120) -> wl.data.Ticks:
    """Twenty levels a side that breathe around 100.00; a recording of your own is better: give its path."""
    rng = np.random.default_rng(7)
    rows: list[tuple[int, str, float, int]] = []
    for second in range(seconds):
        for level in range(20):
            for side, sign in (("buy", -1), ("sell", 1)):
                if second == 0 or rng.random() < 0.1:
                    rows.append((second, side, round(100 + sign * 0.01 * (1 + level), 2), int(rng.integers(20, 60))))
    return wl.data.Ticks.from_columns(
        "XYZ",
        ts_init=[START + second * 1_000_000_000 for second, *_ in rows],
        kind=["book_delta"] * len(rows),
        action=["update"] * len(rows),
        side=[side for _, side, *_ in rows],
        price=[price for *_, price, _ in rows],
        size=[size for *_, size in rows],
        flags=[4] * len(rows),
    )


class MetaOrder(wl.Strategy):
    """Buys `size` in ten market orders, one every five seconds."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.part, self.left, self.next = max(1, size // 10), size, 0

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        if self.left > 0 and ctx.now >= self.next and book.bid is not None and book.ask is not None:
            ctx.buy(book.instrument, quantity=min(self.part, self.left))
            self.left -= self.part
            self.next = ctx.now + 5_000_000_000


if len(sys.argv) > 1:
    source = wl.data.read_ticks(Path(sys.argv[1]))
    settings: dict[str, Any] = {
        "instruments": [wl.Instrument(name="ESH4", kind="future", tick_size="0.25", multiplier=50)]
    }
else:
    source, settings = made_up_market(), {}

# The replay here forgets at once what we took; by default it remembers until the level is reported smaller.
settings |= {"cash": 1e9, "fees": 0, "remember_consumed": False}
print(f"{'size':>6} {'replay':>10} {'reacts':>10} {'shortfall bp':>13} {'largest move bp':>16}")
for size in (10, 50, 100, 200, 400, 800):
    both = wl.backtest.compare_impact(lambda size=size: MetaOrder(size), source, **settings)
    price = {row["key"]: row for row in both.table.iter_rows(named=True)}["average_price"]
    shortfall = price["difference"] / price["replay"] * 1e4
    moved = both.path["impact_bps"].max() or 0.0
    print(f"{size:>6} {price['replay']:>10.4f} {price['reacts']:>10.4f} {shortfall:>13.3f} {moved:>16.2f}")
