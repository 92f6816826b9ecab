"""The simulated market from Python: steps, arrays, hooks, kinds, checkpoints, files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import walras as wl


def small(**changes: Any) -> dict[str, Any]:
    return {
        "symbols": [{"name": "AAA"}, {"name": "BBB", "sector": "finance"}],
        "groups": [{"kind": "market_maker", "count": 20}, {"kind": "noise", "count": 500}],
        **changes,
    }


def test_prices_are_a_view_that_shows_each_step() -> None:
    market = wl.sim.Market(small())
    prices = market.prices
    before = prices.copy()
    market.step(20)
    assert not prices.flags.owndata
    assert not prices.flags.writeable
    assert (prices != before).any()
    assert (prices == market.prices).all()


def test_profits_add_up_to_nothing_without_fees_and_news_of_shares() -> None:
    market = wl.sim.Market(small())
    shares = [market.positions(s).sum() for s in market.symbols]
    cash = market.cash.sum()
    market.step(50)
    assert [market.positions(s).sum() for s in market.symbols] == shares
    assert market.cash.sum() == pytest.approx(cash, abs=1e-3)  # a sum of 520 doubles of 1e5


def test_equal_seeds_are_equal_markets_on_any_number_of_threads() -> None:
    def run(seed: int, threads: int) -> str:
        market = wl.sim.Market(small(), seed=seed, threads=threads)
        market.step(30)
        return market.signature

    assert run(1, 1) == run(1, 2) == run(1, 4)
    assert run(1, 1) != run(2, 1)


@pytest.mark.parametrize("clock", ["ticks", "events"])
def test_a_branch_goes_on_as_its_market_does_and_a_saved_one_too(clock: str) -> None:
    market = wl.sim.Market(small(clock=clock))
    market.step(10)
    branch = market.branch()
    restored = wl.sim.Market.restore(market.save())
    for other in (market, branch, restored):
        other.step(10)
    assert market.signature == branch.signature == restored.signature


@pytest.mark.parametrize("cut", [0, 7, 40, -1])
def test_bytes_that_are_no_market_are_refused(cut: int) -> None:
    saved = wl.sim.Market(small()).save()
    with pytest.raises(wl.DataError):
        wl.sim.Market.restore(saved[:cut])


def test_hooks_see_what_happens() -> None:
    market = wl.sim.Market(small())
    ticks: list[int] = []
    orders = trades = 0

    @market.on_tick
    def count(tick: int) -> None:
        ticks.append(tick)

    @market.on_orders
    def look(columns: dict[str, Any]) -> None:
        nonlocal orders
        orders += len(columns["agent"])
        assert set(columns["side"]) <= {-1, 1}

    @market.on_trades
    def print_(symbol: str, columns: dict[str, Any]) -> None:
        nonlocal trades
        trades += len(columns["price"])
        assert symbol in market.symbols

    market.step(15)
    assert ticks == list(range(1, 16))
    assert trades == market.statistics()["trades"] > 0
    assert orders > 0


def test_an_exception_in_a_hook_surfaces_as_itself() -> None:
    market = wl.sim.Market(small())

    @market.on_tick
    def fail(tick: int) -> None:
        raise LookupError(f"tick {tick}")

    with pytest.raises(LookupError, match="tick 1"):
        market.step(5)


def test_progress_may_end_a_run() -> None:
    market = wl.sim.Market(small())
    assert market.step(100_000, progress=lambda done, _: done < 3) < 100_000


def test_a_kind_in_python_trades_by_its_rule() -> None:
    class Buyer(wl.sim.AgentKind):
        name = "test_buyer"
        max_long = 30
        size: int = 10

        def decide(self, view: dict[str, Any], agents: dict[str, Any]) -> Any:
            assert set(agents["symbol"]) <= {0, 1}
            return np.full(len(agents["index"]), self.size), np.nan

    wl.sim.register(Buyer)
    market = wl.sim.Market(small(groups=[*small()["groups"], {"kind": "test_buyer", "count": 4}]))
    market.step(60)
    assert market.positions("AAA")[-4:].tolist() == [30, 0, 30, 0]
    with pytest.raises(wl.ConfigError, match="test_buyer"):
        wl.sim.register(Buyer)


def test_a_kind_that_answers_nonsense_is_told_so() -> None:
    class Nonsense(wl.sim.AgentKind):
        name = "test_nonsense"

        def decide(self, view: dict[str, Any], agents: dict[str, Any]) -> Any:
            return "buy"

    wl.sim.register(Nonsense)
    market = wl.sim.Market(small(groups=[{"kind": "test_nonsense", "count": 4}]))
    with pytest.raises(wl.ConfigError, match="one entry for each of the 4 agents"):
        market.step()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sead": 3}, "did you mean"),
        ({"seed": "x"}, "whole number"),
        ({"seed": -1}, "not negative"),
        ({"symbols": []}, "needs a symbol"),
        ({"symbols": [{"name": "A"}, {"name": "A"}]}, "Two symbols"),
        ({"symbols": [{"name": "A", "sector": "teck"}]}, "tech"),
        ({"symbols": [{"name": "A", "initial_price": "100.005"}]}, "multiple"),
        ({"groups": [{"kind": "noize", "count": 3}]}, "noise"),
        ({"groups": [{"kind": "noise", "count": 3, "parameters": {"size": 0}}]}, "size"),
        ({"groups": [{"kind": "noise", "count": 3}, {"kind": "noise", "count": 3}]}, "Two groups"),
        ({"groups": [{"kind": "noise", "count": 1, "wake": {"chance": float("nan")}}]}, "chance"),
        ({"mechanism": "lottery"}, "continuous or auction"),
        ({"clock": "events", "mechanism": "auction"}, "clock"),
        ({"news": {"earnings": {"chance": 2}}}, "chance"),
        ({"tick_length": 0}, "tick_length"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(change: dict[str, Any], message: str) -> None:
    with pytest.raises(wl.ConfigError, match=message):
        wl.sim.Market(small(**change))


def test_the_configuration_of_a_market_is_that_market() -> None:
    market = wl.sim.Market.preset("default", seed=5)
    again = wl.sim.Market(market.config)
    market.step(5)
    again.step(5)
    assert market.signature == again.signature


def test_a_file_names_its_preset_and_what_is_different(tmp_path: Path) -> None:
    file = tmp_path / "market.toml"
    file.write_text('preset = "default"\nseed = 9\n[news]\ndrift = 0.0\n[group.noise]\ncount = 7\n')
    market = wl.sim.Market(file)
    assert market.config["seed"] == 9
    assert market.config["news"]["drift"] == 0
    assert market.config["news"]["earnings"]["interval"] == 25
    assert next(g for g in market.config["groups"] if g["name"] == "noise")["count"] == 7
    file.write_text('preset = "default"\n[group.noice]\ncount = 7\n')
    with pytest.raises(wl.ConfigError, match="noise"):
        wl.sim.Market(file)
    with pytest.raises(wl.DataError, match="cannot be read"):
        wl.sim.Market(tmp_path / "none.toml")


@pytest.mark.parametrize("preset", sorted(wl.sim.presets()))
def test_every_preset_runs_and_trades(preset: str) -> None:
    market = wl.sim.Market.preset(preset)
    market.step(60)
    assert market.statistics()["trades"] > 0


def cli(*words: str) -> int:
    from walras.cli import run

    return run(["sim", *words])


def test_the_command_prints_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("--ticks", "20", "--seed", "3", "--threads", "1", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ticks"] == 20
    assert document["seed"] == 3
    assert {"signature", "ticks_per_second", "resident_mb"} <= set(document)
    market = wl.sim.Market.preset("default", seed=3)
    market.step(20)
    assert document["signature"] == market.signature


def test_the_command_changes_what_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "out.toml"
    words = ["--symbol", "ACME:tech:250", "--agents", "noise=9", "--set", "group.noise.parameters.size=20"]
    assert cli(*words, "--agents", "pairs=0", "--set", "news.drift=0.0", "--write-config", str(file)) == 0
    config = wl.sim.Market(file).config
    assert config["symbols"][0]["initial_price"] == 250
    assert config["news"]["drift"] == 0
    noise = next(g for g in config["groups"] if g["name"] == "noise")
    assert (noise["count"], noise["parameters"]) == (9, {"size": 20})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--preset", "defalt"], "default"),
        (["--set", "news.drifd=1"], "drift"),
        (["--set", "seed"], "KEY=VALUE"),
        (["--agents", "noise"], "GROUP=COUNT"),
        (["--agents", "noize=3"], "noise"),
        (["--until", "yesterday"], "2026-01-01"),
        (["--until", "2020-01-01T00:00"], "later"),
        (["--symbol", "A:b:c:d"], "NAME"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(*words) == 2
    assert message in capsys.readouterr().err


def test_until_a_time_is_so_many_ticks(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("--until", "2026-01-01T00:00:30", "--agents", "reactive=0", "--json") == 0
    assert json.loads(capsys.readouterr().out)["ticks"] == 30


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


@pytest.mark.parametrize("wrong", [{"ticks": 0}, {"ticks": 1.5}, {"levels": 0}, {"at_end": "close_at_open"}])
def test_a_wrong_setting_of_a_run_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(wl.ConfigError):
        wl.sim.run(Once(), wl.sim.Market(small()), **wrong)
