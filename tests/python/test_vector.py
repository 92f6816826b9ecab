"""The vectorised engine's face: labels, shapes, refusals, groups, calendars, and laws that any engine must keep."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import walras as wl

NAN = math.nan
FREE: dict[str, Any] = {"fees": 0, "slippage": 0}


def walk(rows: int = 300, columns: int = 4, seed: int = 1) -> dict[str, Any]:
    """Open, high, low and close in cents, as matrices (time, asset)."""
    rng = np.random.default_rng(seed)
    open_ = 5_000 + np.cumsum(rng.integers(-50, 51, (rows, columns)), axis=0)
    close = open_ + rng.integers(-50, 51, (rows, columns))
    high = np.maximum(open_, close) + rng.integers(0, 30, (rows, columns))
    low = np.minimum(open_, close) - rng.integers(0, 30, (rows, columns))
    return {name: m / 100 for name, m in (("open", open_), ("high", high), ("low", low), ("close", close))}


def coins(shape: tuple[int, ...], chance: float, seed: int) -> Any:
    return np.random.default_rng(seed).random(shape) < chance


def run(prices: dict[str, Any], seed: int = 5, **more: Any) -> Any:
    shape = prices["close"].shape
    return wl.backtest.from_signals(
        entries=coins(shape, 0.1, seed), exits=coins(shape, 0.1, seed + 1), **{**prices, "size": 10, **more}
    )


# ---- labels ----------------------------------------------------------------------------------------------------------


def test_numpy_comes_back_as_numpy_in_the_shape_that_came() -> None:
    close = walk()["close"]
    many = wl.backtest.from_signals(close, close > 50, close < 50)
    assert isinstance(many.equity, np.ndarray)
    assert many.equity.shape == close.shape
    one = wl.backtest.from_signals(close[:, 0], close[:, 0] > 50, close[:, 0] < 50)
    assert one.equity.shape == one.positions.shape == (300,)
    assert one.equity.tolist() == many.equity[:, 0].tolist()


def test_pandas_comes_back_with_its_index_and_its_columns() -> None:
    days = pd.bdate_range("2020-01-01", periods=300, tz="America/New_York")
    close = pd.DataFrame(walk()["close"], index=days, columns=list("ABCD"))
    pf = wl.backtest.from_signals(close, close > 50, close < 50)
    pd.testing.assert_index_equal(pf.equity.index, close.index)
    assert list(pf.positions.columns) == ["A", "B", "C", "D"]
    series = wl.backtest.from_signals(close["B"], close["B"] > 50, close["B"] < 50)
    assert isinstance(series.equity, pd.Series)
    assert series.equity.name == "B"
    pd.testing.assert_series_equal(series.equity, pf.equity["B"])


def test_polars_comes_back_with_its_column_of_times() -> None:
    prices = wl.data.load_demo_prices().select("date", "KO", "PEP").tail(200)
    flags = prices.with_columns(pl.col("KO", "PEP") > pl.col("KO", "PEP").shift(1).fill_null(1e9))
    pf = wl.backtest.from_signals(prices, flags, ~flags.drop("date").to_numpy())
    assert pf.equity["date"].equals(prices["date"])
    assert pf.fills["ts"][0].date() in prices["date"].to_list()
    bare = wl.backtest.from_signals(prices["KO"], flags["KO"])
    assert isinstance(bare.equity, pl.Series)
    assert bare.equity.name == "KO"


def test_bars_bring_their_opens_highs_lows_and_times() -> None:
    prices = walk()
    ts = np.arange(1, 301, dtype=np.int64) * 86_400_000_000_000
    series = [
        s
        for i, name in enumerate("ABCD")
        for s in wl.data.Bars.from_columns(
            name, ts - 1, **{k: v[:, i] for k, v in prices.items()}, ts_open=ts - 86_400_000_000_000
        ).series
    ]
    flags = coins((300, 4), 0.1, 3)
    pf = wl.backtest.from_signals(wl.data.Bars(series), flags, ~flags, stop_loss=0.01)
    same = wl.backtest.from_signals(**prices, entries=flags, exits=~flags, stop_loss=0.01)
    assert pf.fills.drop("instrument", "ts").equals(same.fills.drop("instrument", "ts"))
    assert pf.equity.columns == ["ts", "A", "B", "C", "D"]
    assert set(pf.fills["rule"]) >= {"next_open", "stop_level"}


def test_columns_may_stand_in_another_order_and_rows_may_not() -> None:
    close = pd.DataFrame(walk()["close"], columns=list("ABCD"))
    entries = pd.DataFrame(coins((300, 4), 0.1, 3), columns=list("ABCD"))
    pf = wl.backtest.from_signals(close, entries[list("DBCA")])
    assert pf.signature == wl.backtest.from_signals(close, entries).signature
    with pytest.raises(wl.DataError, match=r"entries and close have other rows; .* reindex_like"):
        wl.backtest.from_signals(close, entries.shift(1, fill_value=False).iloc[1:])
    with pytest.raises(wl.DataError, match=r"entries and close have other columns \(D, X\)"):
        wl.backtest.from_signals(close, entries.rename(columns={"D": "X"}))


def test_layout_and_threads_do_not_change_the_answer() -> None:
    prices = walk(columns=37)
    first = run(prices, stop_loss=0.02, take_profit=0.03, threads=1)
    layouts: list[tuple[Any, int]] = [("F", 1), ("C", 2), ("F", 5), ("C", 0)]
    for order, threads in layouts:
        again = run({k: np.asarray(v, order=order) for k, v in prices.items()}, stop_loss=0.02, take_profit=0.03,
                    threads=threads)  # fmt: skip
        assert again.fills.equals(first.fills)
        assert again.signature == first.signature
    backwards = run({k: v[::-1][::-1] for k, v in prices.items()}, stop_loss=0.02, take_profit=0.03)
    assert backwards.signature == first.signature


def test_inputs_broadcast_from_numbers_rows_and_columns() -> None:
    close = walk()["close"]
    entries = coins((300,), 0.1, 3)
    wide = wl.backtest.from_signals(close, np.tile(entries[:, None], 4), stop_loss=np.full(close.shape, 0.02), size=5)
    for stop in (0.02, np.full(300, 0.02), np.full((1, 4), 0.02)):
        assert wl.backtest.from_signals(close, entries, stop_loss=stop, size=5).signature == wide.signature


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"close": [1.0, 2, 0]}, wl.DataError, r"close, row 2: close = 0 is no price"),
        ({"close": [1.0, -2, 3]}, wl.DataError, r"row 1: close = -2 is no price; prices are positive"),
        ({"close": [1.0, math.inf, 3]}, wl.DataError, r"row 1: close = inf"),
        ({"close": [1.0, 9.3e9, 3]}, wl.DataError, r"below 9\.2e9"),
        ({"close": np.ones((2, 2, 2))}, wl.DataError, r"3 dimensions; give \(time,\) or \(time, asset\)"),
        ({"close": np.empty((0, 1))}, wl.DataError, r"close is empty"),
        ({"close": ["a", "b", "c"]}, wl.DataError, r"close holds <U1 values that are no numbers"),
        ({"open": [1.0, NAN, 3]}, wl.DataError, r"row 1: open = nan is no price"),
        ({"open": [1.0, 2]}, wl.DataError, r"open has the shape \(2,\); give \(3, 1\)"),
        ({"open": [1.0, 2, 3], "high": [1.0, 1.5, 3], "low": [1.0, 1, 1]}, wl.DataError,
         r"row 1: high = 1\.5 lies below the open 2"),
        ({"open": [1.0, 2, 3], "high": [1.0, 2, 3], "low": [1.0, 1, 3.5]}, wl.DataError,
         r"row 2: low = 3\.5 lies above"),
        ({"high": [1.0, 2, 3]}, wl.ConfigError, r"high and low come together"),
        ({"high": [1.0, 2, 3], "low": [1.0, 2, 3]}, wl.ConfigError, r"need the open"),
        ({"entries": [1.0, 0, 0]}, wl.DataError, r"entries holds float64 values, signals are booleans"),
        ({"entries": None}, wl.ConfigError, r"there are no entries"),
        ({"short_entries": [True] * 3}, wl.ConfigError, r'need direction="both"'),
        ({"direction": "up"}, wl.ConfigError, r'direction "up" is unknown; choose one of: long, short, both'),
        ({"size": 0.5}, wl.OrderError, r"Quantity 0\.5 of close is not a multiple of its lot size 1; .* 0 and 1"),
        ({"size": -1}, wl.OrderError, r"is negative; give a positive size"),
        ({"size": "10"}, wl.ConfigError, r'write a percentage such as "50%"'),
        ({"size": "10%", "size_type": "value"}, wl.ConfigError, r"leave one of them out"),
        ({"size_type": "target_shares", "size": 1}, wl.ConfigError, r"use from_orders for targets"),
        ({"stop_loss": -0.1}, wl.ConfigError, r"stop_loss = -0\.1 in row 0 is no distance"),
        ({"stop_loss": 0.1, "trailing_stop": 0.1}, wl.ConfigError, r"a position has one stop"),
        ({"fill_at": "yesterday"}, wl.ConfigError, r'fill_at "yesterday" is unknown'),
        ({"account": "isa"}, wl.ConfigError, r'account "isa" is unknown'),
        ({"leverage": 0.5}, wl.ConfigError, r"leverage 0\.5 must be at least 1"),
        ({"cash": -1}, wl.ConfigError, r"cash of close = -1 must be a finite number of at least 0"),
        ({"size_buffer": 1.5}, wl.ConfigError, r"size_buffer = 1\.5"),
        ({"threads": -1}, wl.ConfigError, r"threads = -1"),
        ({"groups": "some"}, wl.ConfigError, r'groups "some" is unknown'),
        ({"groups": ["a", "b"]}, wl.ConfigError, r"groups has 2 values for 1 columns"),
        ({"lot_size": 0}, wl.ConfigError, r"must all be positive"),
        ({"fees": "10"}, wl.ConfigError, r"fees = '10' is no model"),
        ({"index": ["2020-01-02", "2020-01-01", "2020-01-03"]}, wl.DataError, r"sort the rows"),
        ({"index": [1, 2]}, wl.DataError, r"index= has 2 times for 3 rows"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_remedy(change: dict[str, Any], error: type, text: str) -> None:
    words: dict[str, Any] = {"close": [1.0, 2, 3], "entries": [True, False, False], **change}
    with pytest.raises(error, match=text):
        wl.backtest.from_signals(**words)


def test_a_bad_price_in_a_wide_matrix_names_its_column_and_row() -> None:
    close = walk(columns=300)["close"]
    close[17, 123] = -1.0
    orders: tuple[Any, ...] = ("C", "F")
    for order in orders:
        with pytest.raises(wl.DataError, match=r"^123, row 17: close = -1 is no price"):
            wl.backtest.from_signals(np.asarray(close, order=order), close > 50)


def test_weights_that_the_account_cannot_hold_are_refused() -> None:
    close = walk()["close"]
    with pytest.raises(wl.ConfigError, match=r"the weights of row 0 add up to 1\.2, more than leverage 1 allows"):
        wl.backtest.from_target_weights(close, [0.3] * 4)
    with pytest.raises(wl.ConfigError, match=r'"month_end" needs dates'):
        wl.backtest.from_target_weights(close, [0.2] * 4, rebalance="month_end")
    with pytest.raises(wl.ConfigError, match=r"weights names 'X', which is no column"):
        wl.backtest.from_target_weights(pd.DataFrame(close, columns=list("ABCD")), {"X": 1.0})


# ---- rules -----------------------------------------------------------------------------------------------------------


def test_a_row_without_a_close_trades_nothing_and_keeps_the_mark() -> None:
    close = np.array([10.0, 11, NAN, NAN, 12, 13])
    pf = wl.backtest.from_signals(close, [0, 1, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0], size=1, cash=100, **FREE)
    assert pf.fills.select("row", "side", "price").rows() == [(4, "buy", 12.0)]
    assert pf.equity.tolist() == [100, 100, 100, 100, 100, 101]
    assert pf.warnings == ("2 signal(s) fell on rows in which their asset does not trade.",)
    held = wl.backtest.from_signals(np.array([10.0, 11, NAN, 9]), [1, 0, 0, 0], size=1, cash=100, **FREE)
    assert held.equity.tolist() == [100, 100, 100, 98]


@pytest.mark.parametrize(
    ("direction", "said", "sides"),
    [
        ("long", {"entries": 1, "exits": 3}, [(2, "buy"), (4, "sell")]),
        ("short", {"entries": 1, "exits": 3}, [(2, "sell"), (4, "buy")]),
        ("short", {"short_entries": 1, "short_exits": 3}, [(2, "sell"), (4, "buy")]),
        ("both", {"entries": 1, "exits": 3}, [(2, "buy"), (4, "sell"), (4, "sell")]),
        ("both", {"entries": 1, "short_exits": 3}, [(2, "buy")]),
        ("both", {"entries": 1, "short_entries": 3}, [(2, "buy"), (4, "sell"), (4, "sell")]),
        ("both", {"short_entries": 1, "exits": 2, "short_exits": 3}, [(2, "sell"), (4, "buy")]),
    ],
)
def test_each_direction_reads_its_arrays(direction: str, said: dict[str, int], sides: list[tuple[int, str]]) -> None:
    words: dict[str, Any] = {name: np.arange(6) == row for name, row in said.items()}
    pf = wl.backtest.from_signals(np.full(6, 10.0), **words, **FREE, direction=direction, size=1)  # type: ignore[arg-type]
    assert pf.fills.select("row", "side").rows() == sides


def test_cash_may_belong_to_a_column_or_to_a_named_group() -> None:
    close = pd.DataFrame(np.full((4, 3), 10.0), columns=["A", "B", "C"])
    first = np.arange(4) == 0
    own = wl.backtest.from_signals(close, first, cash={"A": 100, "B": 200, "C": 50}, **FREE)
    assert own.fills["quantity"].to_list() == [10, 20, 5]
    groups = {"A": "tech", "B": "tech", "C": "food"}
    shared = wl.backtest.from_signals(close, first, size="50%", cash={"tech": 100, "food": 60}, groups=groups, **FREE)
    assert shared.fills.select("instrument", "group", "quantity").rows() == [
        ("A", "tech", 5.0), ("B", "tech", 5.0), ("C", "food", 3.0)
    ]  # fmt: skip
    assert list(shared.equity.columns) == ["tech", "food"]
    assert shared["food"].stats["starting_equity"] == 60
    assert shared.stats_by_column["column"].to_list() == ["tech", "food"]
    with pytest.raises(wl.DataError, match=r"there is no column or group 'A'; there are: tech, food"):
        shared["A"]


@pytest.mark.parametrize(
    ("rebalance", "rows"),
    [
        (None, [0]),
        (25, [0, 25, 50]),
        ("week_end", [2, 7, 12, 17, 22, 27, 32, 37, 42, 47, 52]),
        ("month_end", [22, 42]),
        ("quarter_end", []),
    ],
)
def test_weights_are_read_when_the_calendar_says(rebalance: Any, rows: list[int]) -> None:
    days = pd.bdate_range("2020-01-01", periods=55)  # a Wednesday; January has 23 business days, February 20
    close = pd.DataFrame(10 + np.arange(110).reshape(55, 2) % 7, index=days, columns=["A", "B"], dtype=float)
    pf = wl.backtest.from_target_weights(close, {"A": 0.5, "B": 0.5}, rebalance=rebalance, cash=1e6, **FREE)
    assert sorted(set(pf.orders["row"].to_list())) == rows


def test_targets_of_weights_are_met_at_the_next_price() -> None:
    prices = walk(rows=60)
    weights = np.random.default_rng(3).dirichlet(np.ones(4), 60)
    weights[np.arange(60) % 10 != 0] = NAN
    pf = wl.backtest.from_target_weights(prices["close"], weights, open=prices["open"], cash=1e8, **FREE)
    for row in range(0, 50, 10):
        values = pf.positions[row + 1] * prices["open"][row + 1]
        total = pf.cash[row + 1, 0] + values.sum()
        assert values / total == pytest.approx(weights[row], abs=1e-6)  # one lot of a hundred million


def test_a_column_that_never_trades_and_a_run_without_fills_have_results_too() -> None:
    close = np.column_stack([np.full(5, NAN), np.arange(10.0, 15)])
    pf = wl.backtest.from_signals(close, np.zeros((5, 2), dtype=bool))
    assert pf.equity.tolist() == [[10_000, 10_000]] * 5
    assert len(pf.fills) == len(pf.trades) == len(pf.orders) == 0
    assert pf.stats["trades"] == 0


def test_the_result_has_a_report_statistics_and_a_table(tmp_path: Path) -> None:
    pf = run(walk(), stop_loss=0.02)
    page = pf.report(tmp_path / "report.html")
    assert page.stat().st_size > 10_000
    assert pf.plot().data
    assert pf.total.save(tmp_path / "run").is_dir()
    assert "fills=" in repr(pf)
    total, parts = pf.stats, pf.stats_by_column
    assert total["final_equity"] == pytest.approx(parts["final_equity"].sum(), rel=1e-12)
    assert total["trades"] == parts["trades"].sum() == (~pf.trades["is_open"]).sum()
    assert pf["2"].stats["sharpe"] == parts["sharpe"][2]


def test_other_threads_run_while_the_core_works() -> None:
    prices = walk(rows=2000, columns=400)
    ticks = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not stop.is_set():
            ticks += 1

    other = threading.Thread(target=count)
    other.start()
    run(prices, threads=1)
    stop.set()
    other.join()
    assert ticks > 100


@pytest.mark.parametrize("name", ["fees", "slippage"])
def test_a_fraction_is_not_taken_for_basis_points(name: str) -> None:
    fraction: dict[str, Any] = {name: 0.001}
    text = f"{name} = 0.001 would be 0.001 basis points.* for 0.1 % write 10"
    with pytest.raises(wl.ConfigError, match=text):
        run(walk(), **fraction)
    with pytest.raises(wl.ConfigError, match=text):
        wl.backtest.run("buy_and_hold", wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"], **fraction)
    little = run(walk(), fees=wl.fees.bps(0.001), slippage=0)
    assert 0 < float(str(little.stats["fees_paid"])) < 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"size": "150%"}, "size = 1.5 is 150 % of equity, more than leverage 1 allows; make it smaller"),
        ({"size": 50, "size_type": "percent"}, "size = 50 is 5000 % of equity.*; for 50 percent write 0.5"),
    ],
)
def test_percentages_that_were_meant_are_not_taken_for_fractions(words: dict[str, Any], message: str) -> None:
    with pytest.raises(wl.ConfigError, match=message):
        run(walk(), **words)
    assert len(run(walk(), size="150%", leverage=2).fills) > 0
    far = run(walk(), stop_loss=5)
    assert far.warnings[0] == "stop_loss = 5 is 500 % away: no long position gets there. For 5 percent write 0.05."
    assert run(walk(), stop_loss=0.05).warnings == ()


# ---- laws ------------------------------------------------------------------------------------------------------------


def test_doubling_the_fees_doubles_what_is_paid_and_nothing_else() -> None:
    prices = walk()
    once, twice = (run(prices, fees=bps, cash=1e6, stop_loss=0.02) for bps in (10, 20))
    # Each fee is rounded to 1e-9 of the currency.
    assert (once.fills["fee"] * 2).to_list() == pytest.approx(twice.fills["fee"].to_list(), rel=0, abs=1.1e-9)
    assert once.fills.drop("fee", "cash").equals(twice.fills.drop("fee", "cash"))
    assert twice.stats["fees_paid"] == pytest.approx(2 * float(str(once.stats["fees_paid"])), rel=1e-9)


def test_a_short_position_on_the_mirrored_series_is_a_long_one_on_the_series() -> None:
    prices = walk()
    mirrored = {name: 100 - prices[other] for name, other in
                (("open", "open"), ("high", "low"), ("low", "high"), ("close", "close"))}  # fmt: skip
    mirrored = {name: np.round(m, 2) for name, m in mirrored.items()}
    long_, short = (run(p, cash=1e6, direction=d, **FREE) for p, d in ((prices, "long"), (mirrored, "short")))
    assert len(long_.fills) > 50
    assert long_.fills["row"].equals(short.fills["row"])
    assert (long_.fills["price"] + short.fills["price"]).round(9).unique().to_list() == [100.0]
    assert long_.trades["pnl"].round(9).equals(short.trades["pnl"].round(9))
    assert np.round(long_.equity, 6).tolist() == np.round(short.equity, 6).tolist()


def test_prices_times_ten_change_prices_and_money_and_nothing_else() -> None:
    prices = walk()
    tenfold = {name: np.round(m * 10, 1) for name, m in prices.items()}
    words: dict[str, Any] = {"size": "30%", "stop_loss": 0.02, "take_profit": 0.04, "tick_size": "0.01"}
    once = run(prices, cash=10_000, **words)
    times = run(tenfold, cash=100_000, **{**words, "tick_size": "0.1"})
    same = ["row", "order", "side", "quantity", "liquidity", "rule", "instrument"]
    assert once.fills.select(same).equals(times.fills.select(same))
    for name in ("price", "fee", "slippage", "cash"):
        assert (once.fills[name] * 10).to_list() == pytest.approx(times.fills[name].to_list(), rel=1e-9, abs=1e-7)
    assert once.stats["sharpe"] == pytest.approx(times.stats["sharpe"], rel=1e-9)


def test_a_prefix_of_the_rows_has_a_prefix_of_the_fills() -> None:
    prices = walk()
    flags: dict[str, Any] = {"entries": coins((300, 4), 0.1, 5), "exits": coins((300, 4), 0.1, 6)}
    whole = wl.backtest.from_signals(**prices, **flags, trailing_stop=0.02)
    part = wl.backtest.from_signals(
        **{k: v[:200] for k, v in prices.items()}, **{k: v[:200] for k, v in flags.items()}, trailing_stop=0.02
    )
    assert whole.fills.filter(whole.fills["row"] < 200).equals(part.fills)
    assert whole.equity[:200].tolist() == part.equity.tolist()
