"""A market that reacts, from Python: impact by size, what comparisons say, and what is refused."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest

import walras as wl
from tests.python.data_files import shared
from tests.python.test_tick_runs import Act, usual


def largest(impact: wl.backtest.ImpactComparison) -> float:
    return max(impact.path["impact_bps"].drop_nans().drop_nulls().to_list(), default=0.0)


def test_what_we_took_is_missing_until_others_come() -> None:
    feed = usual().level(3, "sell", 100.01, 3).level(4, "sell", 100.01, 10).level(500, "buy", 99.98, 1)

    class Twice(Act):
        def on_timer(self, ctx: wl.Context, timer: int) -> None:
            if ctx.position("XYZ").quantity < 20:
                ctx.buy("XYZ", quantity=10)
                ctx.wake_at(ctx.now + 5_000_000)

    impact = wl.backtest.compare_impact(lambda: Twice(None), feed.ticks(), latency=wl.latency.none(), fees=0, cash=1e6)
    assert impact.replay.fills["quantity"].sum() == impact.reacts.fills["quantity"].sum() == 20
    shortfall = impact.orders["shortfall_bps"].to_list()
    assert shortfall[0] == 0
    assert impact.reacts.reactions["gone"] == 7
    assert largest(impact) > 0
    assert impact.plot().data


def test_the_impact_of_a_meta_order_grows_with_its_size_on_esh4() -> None:
    path = shared("l3/databento_esh4_20231225.mbo.dbn.zst")
    ticks = wl.data.read_ticks(path)
    ins = [wl.Instrument(name="ESH4", kind="future", tick_size="0.25", multiplier=50)]

    class Meta(wl.Strategy):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.size, self.seen = size, 0

        def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
            self.seen += 1
            if self.seen in (20_000, 21_000, 22_000, 23_000):
                ctx.buy(book.instrument, quantity=self.size)

    paid = []
    for size in (1, 10, 50, 200):
        run = wl.backtest.compare_impact(partial(Meta, size), ticks, instruments=ins, cash=1e9, fees=0)
        fills = run.reacts.fills
        assert fills["quantity"].sum() == 4 * size
        paid.append(float((fills["price"] * fills["quantity"]).sum()) / float(fills["quantity"].sum()))
        assert size < 10 or 0 < largest(run) < math.inf
    assert paid == sorted(paid)
    assert paid[-1] > paid[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"market": "live"}, "replay"), ({"market": "reacts", "explain": 1}, "plain replay")],
)
def test_bad_markets_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(wl.ConfigError, match=words):
        wl.backtest.run(Act(lambda ctx: None), usual().ticks(), **settings)


def test_bars_cannot_react() -> None:
    bars = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
    with pytest.raises(wl.ConfigError, match="needs order books"):
        wl.backtest.run("buy_and_hold", bars, market="reacts")
    with pytest.raises(wl.ConfigError, match="leave `market` out"):
        wl.backtest.compare_impact(lambda: Act(None), usual().ticks(), market="reacts")
