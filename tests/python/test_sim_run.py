"""Strategies of backtests inside a simulated market."""

from __future__ import annotations

from typing import Any

import pytest

import walras as wl


def small(**changes: Any) -> dict[str, Any]:
    return {
        "symbols": [{"name": "AAA"}, {"name": "BBB", "sector": "finance"}],
        "groups": [{"kind": "market_maker", "count": 20}, {"kind": "noise", "count": 500}],
        **changes,
    }


class Once(wl.Strategy):
    """Buys once, at the market, when it first sees a book of AAA."""

    quantity: int = 100

    def on_start(self, ctx: wl.Context) -> None:
        self.sent = False

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        if book.instrument == "AAA" and not self.sent:
            self.sent = True
            ctx.buy("AAA", quantity=self.quantity)


def test_a_strategy_trades_with_the_agents_and_what_it_has_they_lack() -> None:
    market = wl.sim.Market(small())
    market.step(50)
    held = market.positions("AAA").sum()
    result = wl.sim.run(Once(), market, ticks=20)
    assert result.fills["quantity"].sum() == 100
    assert held - market.positions("AAA").sum() == 100


def test_the_same_run_in_a_branch_is_the_same_to_the_byte_and_the_parent_stays() -> None:
    market = wl.sim.Market(small(), threads=2)
    market.step(30)
    before = market.signature
    first = wl.sim.run("imbalance_maker", market.branch(), ticks=60)
    again = wl.sim.run("imbalance_maker", market.branch(threads=1), ticks=60)
    assert first.signature == again.signature
    assert first.fills.height > 0
    assert market.signature == before


def test_larger_orders_pay_more() -> None:
    market = wl.sim.Market(small())
    market.step(100)
    paid = []
    for size in (10, 50, 100):
        fills = wl.sim.run(Once(quantity=size), market.branch(), ticks=10, cash=10**9).fills
        assert fills["quantity"].sum() == size
        paid.append((fills["price"] * fills["quantity"]).sum() / size)
    assert paid[0] <= paid[1] <= paid[2]
    assert paid[2] > paid[0]


def test_an_order_waits_for_the_tick_behind_its_latency() -> None:
    market = wl.sim.Market(small())
    market.step(20)

    def filled_after(milliseconds: float) -> float:
        fills = wl.sim.run(Once(), market.branch(), ticks=20, latency=wl.latency.constant(milliseconds)).fills
        seconds: float = (fills["ts"].dt.epoch("ns")[0] - market.now) / 1e9
        return seconds

    # The book of the first tick is seen at 1 s; the order takes part in the first tick behind its arrival, and its
    # report takes as long again.
    assert filled_after(0) == pytest.approx(2)
    assert filled_after(500) == pytest.approx(2)
    assert filled_after(1500) == pytest.approx(3)


def test_two_strategies_share_an_account_and_are_told_apart() -> None:
    market = wl.sim.Market(small())
    market.step(20)
    result = wl.sim.run(["imbalance_maker", Once()], market, ticks=40, at_end="close")
    assert set(result.fills["strategy"]) == {"imbalance_maker", "Once"}
    assert result.trades.height > 0


def test_a_run_knows_its_market_by_configuration_seed_and_state() -> None:
    def hash_of(seed: int, ticks: int) -> str:
        market = wl.sim.Market(small(), seed=seed)
        market.step(ticks)
        return wl.sim.run(Once(), market, ticks=3).data_hash

    assert hash_of(1, 5) == hash_of(1, 5)
    assert len({hash_of(1, 5), hash_of(2, 5), hash_of(1, 6)}) == 3


def test_a_result_has_the_mids_that_its_charts_show_and_leaves_nothing_attached() -> None:
    market = wl.sim.Market(small())
    market.step(20)
    result = wl.sim.run("imbalance_maker", market, ticks=30)
    prices = result.prices[next(name for name in result.prices if name.startswith("BBB"))]
    assert prices.height == 30
    assert prices["close"][-1] == market.mids[1]
    assert prices["ts"].dt.epoch("ns")[-1] == market.now
    assert len(result.plot(next(iter(result.prices))).data) > 0
    market.step(1)
    assert prices.height == 30


def test_an_interrupted_run_ends_within_some_ticks_and_keeps_what_was_done() -> None:
    import os
    import signal

    market = wl.sim.Market(small())
    market.on_tick(lambda tick: os.kill(os.getpid(), signal.SIGINT) if tick == 20 else None)
    result = wl.sim.run("imbalance_maker", market, ticks=100_000)
    assert result.interrupted
    assert 20 <= market.tick < 60


@pytest.mark.parametrize("wrong", [{"ticks": 0}, {"ticks": 1.5}, {"levels": 0}, {"at_end": "close_at_open"}])
def test_a_wrong_setting_of_a_run_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(wl.ConfigError):
        wl.sim.run(Once(), wl.sim.Market(small()), **wrong)
