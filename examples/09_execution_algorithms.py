"""Buy half a bitcoin in a minute: TWAP, VWAP, POV and an iceberg on the same recorded book, and what each cost."""

from pathlib import Path

import walras as wl

CAPTURE = Path(__file__).parents[1] / "tests" / "data" / "crypto" / "binance_spot_btcusdt_90s.jsonl.gz"
ticks = wl.data.read_ticks(CAPTURE)


class BuyHalf(wl.Strategy):
    """Gives one parent order ten seconds into the run."""

    def __init__(self, algo: wl.exec.Algorithm) -> None:
        super().__init__()
        self.algo = algo

    def on_start(self, ctx: wl.Context) -> None:
        ctx.wake_after(10)

    def on_timer(self, ctx: wl.Context, timer: int) -> None:
        ctx.execute(ctx.instruments[0], "buy", 0.5, algo=self.algo)


algorithms = {
    "TWAP, taking": wl.exec.twap(duration="60s", slices=12, urgency="aggressive"),
    "TWAP, resting, sweep": wl.exec.twap(duration="60s", slices=12, randomize=0.5),
    "VWAP, front-loaded": wl.exec.vwap(duration="60s", curve=[4, 3, 2, 2, 1, 1], urgency="aggressive"),
    "POV 10 %": wl.exec.pov(rate=0.1, duration="60s", max_clip=0.05),
    "iceberg of 0.05": wl.exec.iceberg(display=0.05, duration="60s", sweep=True),
}
heads = ("average", "arrival", "VWAP", "shortfall", "of volume", "children")
print(f"{'':22}{'filled':>8}" + "".join(f"{head:>11}" for head in heads))
for name, algo in algorithms.items():
    result = wl.backtest.run(BuyHalf(algo), ticks, cash=1_000_000, fees=0, latency=wl.latency.constant(5))
    row = result.executions.row(0, named=True)
    print(
        f"{name:22}{row['filled']:8.4f}{row['average_price']:11.2f}{row['arrival_price']:11.2f}{row['market_vwap']:11.2f}"
        f"{row['shortfall_bps']:8.2f} bp{100 * row['participation']:9.1f} %{row['children']:11}"
    )
    result.plot_book(ticks, start="2024-08-08T23:54:20", end="2024-08-08T23:55:30").write_html(f"{algo.name}.html")
