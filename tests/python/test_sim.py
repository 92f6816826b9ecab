"""The simulated market from Python: steps, arrays, hooks, kinds, checkpoints, files."""

from __future__ import annotations

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


def test_a_saved_market_of_which_one_byte_changed_is_refused() -> None:
    market = wl.sim.Market(small())
    market.step(3)
    saved = market.save()
    for at in range(100, len(saved), len(saved) // 40):
        damaged = bytearray(saved)
        damaged[at] ^= 0x10
        with pytest.raises(wl.DataError, match=r"cut or changed|not a saved market"):
            wl.sim.Market.restore(bytes(damaged))


@pytest.mark.parametrize("wrong", [None, "text", 3])
def test_what_is_no_bytes_cannot_be_restored(wrong: Any) -> None:
    with pytest.raises(wl.ConfigError, match="give the bytes"):
        wl.sim.Market.restore(wrong)


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


def test_a_market_that_failed_in_mid_tick_does_not_go_on_and_one_that_failed_behind_it_does() -> None:
    def fail(*_: Any) -> None:
        raise LookupError

    behind = wl.sim.Market(small())
    behind.on_tick(lambda tick: fail() if tick == 1 else None)
    with pytest.raises(LookupError):
        behind.step()
    assert behind.step() == 1
    inside = wl.sim.Market(small())
    inside.on_orders(fail)
    with pytest.raises(LookupError):
        inside.step()
    with pytest.raises(wl.ConfigError, match="middle of tick 1"):
        inside.step()


def test_an_interrupt_inside_a_hook_or_a_kind_waits_for_the_end_of_the_tick() -> None:
    import os
    import signal

    class Interrupted(wl.sim.AgentKind):
        name = "test_interrupted"

        def decide(self, view: dict[str, Any], agents: dict[str, Any]) -> Any:
            if view["tick"] == 5:
                os.kill(os.getpid(), signal.SIGINT)
                sum(range(100))

    wl.sim.register(Interrupted)
    kind = [*small()["groups"], {"kind": "test_interrupted", "count": 2}]
    market = wl.sim.Market(small(groups=kind))
    with pytest.raises(KeyboardInterrupt):
        market.step(100_000)
    market.step(3)
    hooked = wl.sim.Market(small())
    hooked.on_orders(lambda columns: os.kill(os.getpid(), signal.SIGINT) if hooked.tick == 5 else None)
    with pytest.raises(KeyboardInterrupt):
        hooked.step(100_000)
    same = wl.sim.Market(small())
    same.step(hooked.tick)
    assert hooked.signature == same.signature


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
    answers: list[Any] = []

    class Nonsense(wl.sim.AgentKind):
        name = "test_nonsense"

        def decide(self, view: dict[str, Any], agents: dict[str, Any]) -> Any:
            return answers[-1]

    wl.sim.register(Nonsense)
    for answer, message in (
        ("buy", "Nonsense.decide answered 'buy'"),
        (5, "one entry for each of the 4 agents"),
        ((np.array([1, 2]), 3.0), "one entry for each of the 4 agents"),
        ((np.full(4, 1.5), 3.0), "whole numbers"),
        ((np.full(4, 5), -3.0), "the price -3.0; a price is above 0"),
        ((np.full(4, 5), np.inf), "the price inf"),
    ):
        answers.append(answer)
        market = wl.sim.Market(small(groups=[{"kind": "test_nonsense", "count": 4}]))
        with pytest.raises(wl.ConfigError, match=message):
            market.step()
    answers.append((np.array([5, 0, 0, 0]), np.array([100, -1, np.inf, np.nan])))  # nobody asks who does nothing
    assert wl.sim.Market(small(groups=[{"kind": "test_nonsense", "count": 4}])).step() == 1


def test_a_program_with_a_kind_of_its_own_ends_without_a_leak() -> None:
    import subprocess
    import sys

    program = """
import walras as wl
class Mine(wl.sim.AgentKind):
    name = "mine"
    def decide(self, view, agents):
        return None
wl.sim.register(Mine)
market = wl.sim.Market({"symbols": [{"name": "AAA"}], "groups": [{"kind": "mine", "count": 4}]})
market.step()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""


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
        ({"tick_length": -1}, "seconds from 0"),
        ({"start": "yesterday"}, "ISO 8601"),
        ({"groups": 3}, "must be a list of tables"),
        ({"groups": None}, "must be a list of tables"),
        ({"groups": ["noise"]}, r"groups\[0\] = 'noise'"),
        ({"groups": [{"kind": "noise", "count": 10**12}]}, "4294967295"),
        ({"groups": [{"kind": "noise", "count": 60_000_000}]}, "50 million"),
        ({"group": {"noise": 3}}, "must be a table"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(change: dict[str, Any], message: str) -> None:
    with pytest.raises(wl.ConfigError, match=message):
        wl.sim.Market(small(**change))


@pytest.mark.parametrize("wrong", [None, 3, ["default"]])
def test_what_is_no_configuration_is_refused(wrong: Any) -> None:
    with pytest.raises(wl.ConfigError, match="is no market"):
        wl.sim.Market(wrong)


@pytest.mark.parametrize("threads", [-1, 5000, "2", 1.5, True])
def test_a_number_of_threads_that_is_none_is_refused(threads: Any) -> None:
    with pytest.raises(wl.ConfigError, match="threads"):
        wl.sim.Market(small(), threads=threads)


@pytest.mark.parametrize("ticks", [-1, 1.5, "3", True, None, float("nan"), 2**64])
def test_a_number_of_ticks_that_is_none_is_refused(ticks: Any) -> None:
    with pytest.raises(wl.ConfigError, match="ticks = "):
        wl.sim.Market(small()).step(ticks)


def test_only_functions_can_be_attached() -> None:
    market = wl.sim.Market(small())
    for attach in (market.on_tick, market.on_orders, market.on_trades):
        with pytest.raises(wl.ConfigError, match="cannot be called"):
            attach(3)  # type: ignore[arg-type]


def test_a_function_that_is_detached_is_called_no_longer() -> None:
    market = wl.sim.Market(small())
    ticks: list[int] = []
    history = wl.sim.History(market)
    market.on_tick(ticks.append)
    market.step(2)
    market.detach(ticks.append)
    history.stop()
    market.step(2)
    assert ticks == [1, 2]
    assert history.symbols_frame()["tick"].max() == 2
    with pytest.raises(wl.ConfigError, match="not attached"):
        market.detach(ticks.append)


def test_arrays_of_symbols_are_the_memory_of_the_market_itself() -> None:
    market = wl.sim.Market(small())
    names = ("prices", "mids", "fair_values", "sentiments", "volumes", "bid_sizes", "ask_sizes")
    where = {name: getattr(market, name).__array_interface__["data"][0] for name in names}
    market.step(5)
    for name in names:
        array = getattr(market, name)
        assert array.__array_interface__["data"][0] == where[name]
        assert array.base is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert market.equity.__array_interface__["data"][0] == market.equity.__array_interface__["data"][0]


def test_an_array_keeps_its_market_alive() -> None:
    import gc

    prices = wl.sim.Market(small()).prices
    gc.collect()
    assert prices.tolist() == [100, 100]


def test_best_prices_are_those_of_the_books() -> None:
    market = wl.sim.Market(small())
    assert np.isnan(market.bids).all()
    market.step(20)
    for i, name in enumerate(market.symbols):
        book = market.book(name)
        assert (market.bids[i], market.bid_sizes[i]) == book.bid
        assert (market.asks[i], market.ask_sizes[i]) == book.ask


def test_messages_are_counted_by_the_clock_of_events_alone() -> None:
    market = wl.sim.Market(small(clock="events"))
    market.step(5)
    messages = market.statistics()["messages"]
    assert messages["question"] == messages["wake"] > 0
    assert messages["filled"] >= 2 * market.statistics()["trades"] * 0.9  # some are on their way
    assert wl.sim.Market(small()).statistics()["messages"] == {}


def test_a_history_has_what_hooks_saw() -> None:
    market = wl.sim.Market(small())
    market.step(7)
    history = wl.sim.History(market, every=5)
    seen = {}
    volume = np.zeros(2, dtype=np.int64)

    @market.on_tick
    def look(tick: int) -> None:
        seen[tick] = (market.prices.copy(), market.volumes.copy())

    before = market.volumes.copy()
    market.step(23)
    frame = history.symbols_frame()
    assert frame["tick"].unique().sort().to_list() == [7, 12, 17, 22, 27]
    for tick in (12, 17, 22, 27):
        row = frame.filter(frame["tick"] == tick)
        assert row["price"].to_list() == seen[tick][0].tolist()
        volume += row["volume"].to_numpy()
        assert (volume == seen[tick][1] - before).all()
    assert frame["ts"].dt.epoch("ns")[-1] == market.now - 3_000_000_000
    assert history.groups_frame()["mean_pnl"][-1] == pytest.approx(market.groups["mean_pnl"][-1])


def test_a_history_draws_and_writes_what_it_saw(tmp_path: Path) -> None:
    import polars as pl

    market = wl.sim.Market(small())
    history = wl.sim.History(market)
    market.step(30)
    assert len(history.plot().data) == 2 + 2  # symbols, groups
    figure = history.plot("BBB")
    assert list(figure.data[1].y) == history.symbols_frame().filter(pl.col("symbol") == "BBB")["price"].to_list()
    with pytest.raises(wl.ConfigError, match="no symbol 'ZZZ'"):
        history.plot("ZZZ")
    files = history.write(tmp_path / "out")
    assert [file.name for file in files] == ["symbols.parquet", "groups.parquet", "agents.parquet"]
    agents = pl.read_parquet(files[2])
    assert agents["pnl"].to_numpy() == pytest.approx(market.pnl)
    assert agents["shares"].sum() == market.positions("AAA").sum() + market.positions("BBB").sum()
    (tmp_path / "file").write_text("")
    with pytest.raises(wl.DataError, match="choose another folder"):
        history.write(tmp_path / "file" / "under")


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
    file.write_text('preset = "default"\n[news]\ndrifft = 1\n')
    with pytest.raises(wl.ConfigError, match=r"market.toml: Unknown key news.drifft .did you mean .drift"):
        wl.sim.Market(file)
    file.write_text("seed = \n")
    with pytest.raises(wl.DataError, match=r"market.toml: is not TOML"):
        wl.sim.Market(file)


@pytest.mark.parametrize("preset", sorted(wl.sim.presets()))
def test_every_preset_runs_and_trades(preset: str) -> None:
    market = wl.sim.Market.preset(preset)
    market.step(60)
    assert market.statistics()["trades"] > 0
