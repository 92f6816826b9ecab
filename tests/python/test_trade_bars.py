"""Bars from trades: what they hold, that they lose nothing, and that they are the bars that the industry publishes."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import walras as wl
from tests.python.data_files import shared
from walras.cli import app

MINUTE = 60_000_000_000
KINDS: dict[str, Any] = {
    "time": {"step": "1m"},
    "tick": {"threshold": 17},
    "volume": {"threshold": 5_000},
    "dollar": {"threshold": 250_000},
    "tick_imbalance": {"expected_ticks": 30},
    "volume_imbalance": {"expected_ticks": 30},
    "dollar_imbalance": {"expected_ticks": 30},
    "tick_run": {"expected_ticks": 30},
    "volume_run": {"expected_ticks": 30},
    "dollar_run": {"expected_ticks": 30},
}


def random_trades(seed: int, n: int = 5_000) -> wl.data.Trades:
    rng = np.random.default_rng(seed)
    ts = np.sort(rng.integers(0, 200 * MINUTE, n))  # several a stamp are likely after rounding to 10 ms
    price = np.round(50 + np.cumsum(rng.choice([-0.01, 0.0, 0.0, 0.01], n)), 2)
    size = rng.integers(1, 900, n).astype(np.float64)
    return wl.data.Trades.from_columns("X", ts // 10_000_000 * 10_000_000, price, size, rng.integers(-1, 2, n))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", wl.data.BAR_KINDS)
def test_bars_of_each_kind_partition_the_trades(kind, seed):
    trades = random_trades(seed)
    made = wl.data.trade_bars(trades, kind, **KINDS[kind])
    bars = made.bars
    assert made.trades.sum() == len(trades)
    assert bars.volume.sum() == trades.size.sum()
    np.testing.assert_allclose(made.value.sum(), (trades.price * trades.size).sum(), rtol=1e-12)
    ends = np.cumsum(made.trades)
    for end, count, o, h, low, c, v, vwap in zip(
        ends, made.trades, bars.open, bars.high, bars.low, bars.close, bars.volume, made.vwap, strict=True
    ):
        price, size = trades.price[end - count : end], trades.size[end - count : end]
        assert (o, h, low, c, v) == (price[0], price.max(), price.min(), price[-1], size.sum())
        assert vwap == pytest.approx((price * size).sum() / size.sum(), rel=1e-12)


@pytest.mark.parametrize("kind", wl.data.BAR_KINDS)
def test_one_trade_at_a_time_makes_the_bars_of_the_batch(kind):
    trades = random_trades(4, 2_000)
    made = wl.data.trade_bars(trades, kind, **KINDS[kind]).frame()
    builder = wl.data.BarBuilder(kind, lot_size="1", **KINDS[kind])
    rows: list[dict[str, Any] | None] = []
    for i in range(len(trades)):
        if i == 777:
            builder = builder.copy()  # a checkpoint goes on as the builder would
        rows += builder.update(
            int(trades.ts[i]), float(trades.price[i]), float(trades.size[i]), int(trades.aggressor[i])
        )
    rows.append(builder.unfinished())
    for name in ("open", "high", "low", "close", "volume", "buy_volume", "trades", "value", "vwap"):
        assert [row[name] for row in rows if row] == made[name].to_list(), name
    assert [row["ts_close"] for row in rows if row] == made["ts_close"].to_physical().to_list()


@pytest.mark.parametrize("closed", ["left", "right"])
@pytest.mark.parametrize("step", ["1s", "7s", "5m"])
def test_time_bars_are_those_of_polars(step, closed):
    trades = random_trades(5)
    bars = wl.data.bars_from_trades(trades, step=step, closed=closed)
    frame = pl.DataFrame(
        {"ts": pl.Series(trades.ts).cast(pl.Datetime("ns")), "price": trades.price, "size": trades.size}
    )
    theirs = frame.group_by_dynamic("ts", every=step, closed=closed, label="right").agg(
        open=pl.col("price").first(),
        high=pl.col("price").max(),
        low=pl.col("price").min(),
        close=pl.col("price").last(),
        volume=pl.col("size").sum(),
    )
    assert bars.ts_close.tolist() == theirs["ts"].to_physical().to_list()
    for name in ("open", "high", "low", "close", "volume"):
        assert getattr(bars, name).tolist() == theirs[name].to_list(), name


def test_empty_intervals_are_skipped_or_carried_at_the_last_close():
    trades = wl.data.Trades.from_columns("X", [1, 3 * MINUTE + 1], [10.0, 12.0], [5, 6])
    assert wl.data.bars_from_trades(trades, "1m").ts_close.tolist() == [MINUTE, 4 * MINUTE]
    carried = wl.data.bars_from_trades(trades, "1m", empty="carry")
    assert carried.close.tolist() == [10.0, 10.0, 10.0, 12.0]
    assert carried.volume.tolist() == [5.0, 0.0, 0.0, 6.0]


def test_sessions_align_bars_to_their_opens_and_leave_out_what_is_outside():
    opens, closes = np.array([30, 1_000]), np.array([105, 1_100])
    trades = wl.data.Trades.from_columns(
        "X", [10, 30, 79, 80, 104, 105, 999, 1_049, 1_050], np.arange(1.0, 10), [1] * 9
    )
    made = wl.data.trade_bars(trades, step=50, sessions=(opens, closes))
    assert made.bars.ts_open.tolist() == [30, 80, 1_000, 1_050]
    assert made.bars.ts_close.tolist() == [80, 105, 1_050, 1_100]  # the last one of a session is shorter
    assert made.bars.open.tolist() == [2.0, 4.0, 8.0, 9.0]
    assert made.skipped == 3
    carried = wl.data.trade_bars(trades, step=25, sessions=(opens, closes), empty="carry").bars
    assert carried.ts_close.tolist() == [55, 80, 105, 1_025, 1_050, 1_075]
    assert carried.open.tolist() == [2.0, 3.0, 4.0, 5.0, 8.0, 9.0]


def test_the_trade_that_reaches_a_threshold_stays_whole_in_its_bar():
    trades = wl.data.Trades.from_columns("X", [1, 2, 3, 4], [10.0, 10.0, 20.0, 20.0], [60, 70, 10, 40])
    volume = wl.data.bars_from_trades(trades, "volume:100", partial=False)
    assert volume.volume.tolist() == [130.0]  # 30 beyond the threshold do not count for the next
    assert wl.data.bars_from_trades(trades, "dollar:1300").volume.tolist() == [130.0, 50.0]  # 1300 is reached exactly
    assert wl.data.bars_from_trades(trades, "dollar:1300.01").volume.tolist() == [140.0, 40.0]


def test_thresholds_are_exact_where_doubles_are_not():
    trades = wl.data.Trades.from_columns("X", np.arange(30), np.full(30, 0.1), np.full(30, 0.1))
    assert wl.data.trade_bars(trades, "volume", threshold="0.3").trades.tolist() == [3] * 10
    assert wl.data.trade_bars(trades, "dollar", threshold="0.03").trades.tolist() == [3] * 10


def tick_imbalance_lengths(b, expected, span, low, high):
    """Lopez de Prado (2018), 2.3.2.1, in plain Python: the bars' numbers of trades."""
    alpha, lengths, theta, count = 2 / (span + 1), [], 0, 0
    usual, mean, warm = float(expected), 0.0, False
    for side in b:
        theta, count = theta + side, count + 1
        done = count >= expected if not warm else count >= low and (count >= high or abs(theta) >= usual * abs(mean))
        if done:
            usual = min(max(usual + alpha * (count - usual) if warm else count, low), high)
            mean = mean + alpha * (theta / count - mean) if warm else theta / count
            lengths.append(count)
            theta, count, warm = 0, 0, True
    return [*lengths, count] if count else lengths


@pytest.mark.parametrize("seed", [6, 7, 8])
def test_tick_imbalance_bars_follow_the_book(seed):
    trades = random_trades(seed)
    change = np.sign(np.diff(trades.price, prepend=trades.price[0])).astype(int)
    b, last = [], 0
    for known, by_price in zip(trades.aggressor.tolist(), change.tolist(), strict=True):
        last = known or by_price or last
        b.append(last)
    made = wl.data.trade_bars(trades, "tick_imbalance", expected_ticks=40, span=10, min_ticks=5, max_ticks=300)
    assert made.trades.tolist() == tick_imbalance_lengths(b, 40, 10, 5, 300)
    rule = wl.data.trade_bars(trades, "tick_imbalance", expected_ticks=40, sides="tick_rule")
    assert rule.trades.tolist() != made.trades.tolist()


def volume_run_lengths(b, v, expected, span, low, high):
    """Lopez de Prado (2018), 2.3.2.3, in plain Python."""
    alpha, lengths, warm = 2 / (span + 1), [], False
    usual, share, sizes = float(expected), 0.0, [None, None]
    buy = sell = 0.0
    buys = count = 0
    threshold = 0.0
    for side, size in zip(b, v, strict=True):
        buy, sell = buy + size * (side > 0), sell + size * (side < 0)
        buys, count = buys + (side > 0), count + 1
        if count >= expected if not warm else count >= low and (count >= high or max(buy, sell) >= threshold):
            usual = min(max(usual + alpha * (count - usual) if warm else count, low), high)
            share = share + alpha * (buys / count - share) if warm else buys / count
            for i, (total, n) in enumerate(((buy, buys), (sell, count - buys))):
                if n:
                    sizes[i] = total / n if sizes[i] is None else sizes[i] + alpha * (total / n - sizes[i])
            threshold = usual * max(share * (sizes[0] or 0.0), (1 - share) * (sizes[1] or 0.0))
            lengths.append(count)
            buy = sell = 0.0
            buys = count = 0
            warm = True
    return [*lengths, count] if count else lengths


@pytest.mark.parametrize("seed", [9, 10, 11])
def test_volume_run_bars_follow_the_book(seed):
    rng = np.random.default_rng(seed)
    b = rng.choice([-1, 1], 4_000)
    v = rng.integers(1, 500, 4_000).astype(np.float64)
    trades = wl.data.Trades.from_columns("X", np.arange(4_000), np.full(4_000, 10.0), v, b)
    made = wl.data.trade_bars(trades, "volume_run", expected_ticks=40, span=10, min_ticks=5, max_ticks=300)
    assert made.trades.tolist() == volume_run_lengths(b.tolist(), v.tolist(), 40, 10, 5, 300)


def test_bounds_hold_bars_by_flow_between_collapse_and_explosion():
    b = np.tile([1, -1], 5_000)  # no imbalance at all: without bounds bars shrink to one trade, or never end
    trades = wl.data.Trades.from_columns("X", np.arange(10_000), np.full(10_000, 10.0), np.ones(10_000), b)
    made = wl.data.trade_bars(trades, "tick_imbalance", expected_ticks=50, min_ticks=20, max_ticks=80, partial=False)
    assert made.trades[0] == 50
    assert set(made.trades[1:].tolist()) <= set(range(20, 81))


def test_bars_that_close_at_one_stamp_are_a_nanosecond_apart():
    trades = wl.data.Trades.from_columns("X", [5, 5, 5, 5], [1.0, 2.0, 3.0, 4.0], [1] * 4)
    bars = wl.data.bars_from_trades(trades, "tick:1")
    assert bars.ts_close.tolist() == [5, 6, 7, 8]
    assert bars.close.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_a_backtest_runs_on_dollar_bars():
    bars = wl.data.bars_from_trades(random_trades(12), "dollar:100000")
    result = wl.backtest.run("buy_and_hold", bars, cash=10_000)
    assert len(result.fills) == 1


def test_quotes_make_bars_of_their_mid():
    quotes = wl.data.Quotes.from_columns("X", [1, 2, MINUTE], [10.0, 10.2, 10.4], [11.0, 11.2, 11.4])
    bars = wl.data.bars_from_quotes(quotes, "1m")
    assert bars.close.tolist() == [10.7, 10.9]
    assert np.isnan(bars.volume).all()


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("time", {}, "time bars need a step"),
        ("tick", {}, "need a threshold"),
        ("dollar_run", {}, "need expected_ticks"),
        ("ticks", {"threshold": 5}, "write a step such as '1m'"),
        ("tick:many", {}, "'many' for a number"),
        ("time", {"step": "1m", "closed": "both"}, "'left' or 'right'"),
        ("time", {"step": "1m", "stap": 1}, "no option 'stap'"),
        ("volume", {"threshold": -5}, "give a positive one"),
        ("tick_run", {"expected_ticks": 10, "min_ticks": 9, "max_ticks": 3}, "min_ticks <= max_ticks"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(kind, options, said):
    with pytest.raises(wl.WalrasError, match=said):
        wl.data.bars_from_trades(random_trades(1, 10), kind, **options)


def test_the_command_line_makes_bars_of_a_file_of_trades(tmp_path):
    source, target = tmp_path / "trades.csv", tmp_path / "bars.parquet"
    trades = random_trades(13)
    wl.data.write_trades(trades, source)
    done = CliRunner().invoke(app, ["data", "convert", str(source), str(target), "--bars", "volume:20000"])
    assert done.exit_code == 0, done.output
    written, made = wl.data.read_bars(target), wl.data.bars_from_trades(trades, "volume:20000")
    assert written.close.tolist() == made.close.tolist()
    assert written.volume.tolist() == made.volume.tolist()


def agreement(ours: wl.data.Bars, theirs: wl.data.Bars, day: str) -> tuple[int, int]:
    """Minutes of the regular session, and how many are equal in all five fields."""
    theirs = theirs.between(f"{day}T09:30:30", f"{day}T16:00:30")
    at = np.minimum(np.searchsorted(ours.ts_close, theirs.ts_close), len(ours) - 1)
    same = ours.ts_close[at] == theirs.ts_close
    for name in ("open", "high", "low", "close", "volume"):
        same &= getattr(ours, name)[at] == getattr(theirs, name)
    return len(theirs), int(same.sum())


# All prints; those that the CTA and UTP plans let set prices; those that LEAN lets; the same with the auctions' prints.
@pytest.mark.parametrize(
    ("file", "listing", "day", "expected"),
    [
        ("bac_tick_trade_20131007_09", "N", "2013-10-07", (354, 364, 388, 390)),
        ("bac_tick_trade_20131007_09", "N", "2013-10-08", (326, 339, 388, 389)),
        ("bac_tick_trade_20131007_09", "N", "2013-10-09", (347, 364, 387, 389)),
        ("ibm_tick_trade_20131007_09", "N", "2013-10-07", (180, None, 388, 390)),
        ("spy_tick_trade_20131007_08", "P", "2013-10-07", (259, None, 388, 388)),
    ],
)
def test_ticks_make_the_published_minutes_once_sale_conditions_are_kept(file, listing, day, expected):
    name = file.split("_")[0]
    sales = wl.data.read_sales(shared(f"tick/lean_{file}.csv.gz"), instrument=name)
    theirs = wl.data.read_bars(shared(f"minute/lean_{name}_minute_trade_20131007_11.csv.gz"), instrument=name)
    found = [agreement(wl.data.bars_from_trades(sales.trades, "1m"), theirs, day)]
    for prints, volume_only in (
        (sales, wl.data.VOLUME_ONLY),
        (sales, wl.data.LEAN_VOLUME_ONLY),
        (sales.with_auctions(listing), wl.data.LEAN_VOLUME_ONLY),
    ):
        trades, sets_price = prints.eligible(volume_only)
        found.append(agreement(wl.data.bars_from_trades(trades, "1m", sets_price=sets_price), theirs, day))
    assert all(minutes == 390 for minutes, _ in found)
    for (_, same), wanted in zip(found, expected, strict=True):
        assert wanted is None or same == wanted
