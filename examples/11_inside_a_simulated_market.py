"""The same market maker in replay and inside a simulated market, and what a meta-order costs there by its size."""

from pathlib import Path

import walras as wl

# Half of the makers and twice the noise of the preset, so that there is room for one more maker.
config = wl.sim.preset("default")
for group in config["groups"]:
    group["count"] = {"market_maker": 300, "noise": 4_800}.get(group["name"], group["count"])
market = wl.sim.Market(config, seed=11, threads=2)
market.step(200)
print(market)

# One strategy, two worlds: ninety recorded seconds of Binance's BTCUSDT, and five minutes among the agents.
capture = Path(__file__).parents[1] / "tests" / "data" / "crypto" / "binance_spot_btcusdt_90s.jsonl.gz"
on_btc = wl.strategies.make("imbalance_maker", size=0.01, max_position=0.05, half_spread=150, requote=50)
on_shares = wl.strategies.make("imbalance_maker", size=10, max_position=50, half_spread=3, requote=2)
account = {"cash": 1_000_000, "leverage": 5, "fees": 0, "at_end": "close"}
for world, result in (
    ("replay", wl.backtest.run(on_btc, wl.data.read_ticks(capture), **account)),
    ("simulation", wl.sim.run(on_shares, market.branch(), ticks=300, **account)),
):
    made = result.fills.filter(result.fills["liquidity"] == "maker")
    print(
        f"{world:10} {len(result.orders):5} orders, {len(made):5} maker fills of {len(result.fills):5}, "
        f"P&L {result.stats['final_equity'] - 1_000_000:9.2f} before fees, signature {result.signature}"
    )


class MetaOrder(wl.Strategy):
    """Buys `size` shares of AAA in twenty equal market orders, one a tick."""

    size: int = 1_000

    def on_start(self, ctx):
        self.left = self.size

    def on_book(self, ctx, book):
        if book.instrument == "AAA" and self.left > 0:
            ctx.buy("AAA", quantity=min(self.left, max(1, self.size // 20)))
            self.left -= max(1, self.size // 20)


# Against the same market without the order: same agents, same luck. Small markets forget quickly, so many are averaged.
config["symbols"] = config["symbols"][:2]
config["groups"] = [{**group, "count": group["count"] // 5} for group in config["groups"]]
config["pool"]["size"] //= 5
print(f"{'shares':>8} {'paid above the untouched mid, bp':>34}")
for size in (20, 100, 400, 1_600, 6_400):
    paid = []
    for seed in range(12):
        before = wl.sim.Market(config, seed=100 + seed)
        before.step(100)
        without = before.branch()
        fills = wl.sim.run(MetaOrder(size=size), before, ticks=25, cash=1e9, fees=0).fills
        mids = []
        for _ in range(22):
            without.step()
            mids.append(without.mids[0])
        average = (fills["price"] * fills["quantity"]).sum() / fills["quantity"].sum()
        paid.append(average / (sum(mids[1:]) / len(mids[1:])) - 1)
    print(f"{size:>8} {sum(paid) / len(paid) * 1e4:>34.1f}")
