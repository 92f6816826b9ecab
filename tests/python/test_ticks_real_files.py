"""Real files of ticks: what the readers find in them. Skipped where ../shared/data is absent."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import walras as wl
from tests.python.data_files import shared
from walras.data._tick_records import ACTIONS, STATES


def states(ticks: wl.data.Ticks) -> list[str]:
    rows = ticks.book_deltas()
    return [STATES[int(s)] for s in rows["order"][rows["action"] == ACTIONS.index("state")]]


@pytest.mark.parametrize(
    ("name", "quotes", "trades", "deltas"),
    [
        ("usdm_btcusdt", 66_089, 21_313, 445_592), ("usdm_ethusdt", 53_992, 14_076, 430_773),
        ("cm_btcusd_perp", 19_136, 2_286, 298_023), ("cm_ethusd_perp", 15_812, 1_732, 195_757),
        ("spot_btcusdt", 28_040, 9_757, 126_108), ("spot_ethusdt", 24_077, 6_106, 108_818),
    ],
)  # fmt: skip
def test_binance_captures(name: str, quotes: int, trades: int, deltas: int):
    ticks = wl.data.read_ticks(shared(f"crypto/hftbacktest_binance_{name}_20240808.jsonl.gz"))
    counts = np.bincount(ticks.records["kind"], minlength=5)
    assert counts[2:].tolist() == [quotes, trades, deltas]
    # No gap in the capture: without a snapshot at first, valid ever after.
    assert states(ticks)[0] == "unverifiable"
    assert states(ticks)[-1] in ("unverifiable", "valid")
    assert (np.diff(ticks.ts_init) >= 0).all()


def test_bybit_500_levels():
    ticks = wl.data.read_ticks(shared("crypto/nautilus_bybit_xrpusdt_ob500.data.zip"), lot_size="1")
    assert (ticks.symbols, states(ticks)) == (("XRPUSDT",), [])
    head = ticks.records[ticks.records["sequence"] == 20254869]
    assert (head.size, ACTIONS[head["action"][0]]) == (1001, "clear")
    assert len(np.unique(ticks.records["sequence"])) == 50


def test_tardis_25_levels_and_binance_depth_files():
    ticks = wl.data.read_ticks(shared("crypto/nautilus_tardis_binance_futures_book25.csv"))
    assert len(ticks) == 10 * 51
    assert (ticks.records["action"] == ACTIONS.index("clear")).sum() == 10
    snap = wl.data.read_ticks(shared("crypto/nautilus_binance_btcusdt_depth_snap.csv"))
    assert (len(snap), states(snap)) == (1 + 100 + 1, ["resyncing"])
    update = wl.data.read_ticks(shared("crypto/nautilus_binance_btcusdt_depth_update.csv"))
    assert (len(update), states(update)) == (100 + 1, ["unverifiable"])


def test_nautilus_quotes_are_the_prices_that_the_precision_says():
    for name, decimals in (("eurusd", 5), ("usdjpy", 3)):
        ticks = wl.data.read_ticks(shared(f"fx/nautilus_{name}_2019_quote_tick.parquet"))
        assert len(ticks) == 10_000
        assert not (ticks.records["bid"] % 10 ** (9 - decimals)).any()
        assert not (ticks.records["ask"] % 10 ** (9 - decimals)).any()


def test_lean_quotes_have_one_symbol_for_each_exchange_and_both_its_sides():
    ticks = wl.data.read_ticks(shared("tick/lean_bac_tick_quote_20131007_08.csv.gz"))
    assert {s.partition("@")[0] for s in ticks.symbols} == {"BAC"}
    assert 526_475 <= len(ticks) < 1_052_951  # the two rows of a change are one
    # Each exchange's two sides after each of its milliseconds, from the file's text by other means.
    text = pl.read_csv(shared("tick/lean_bac_tick_quote_20131007_08.csv.gz"), schema_overrides={"ms_ny": pl.Float64})
    side = {s: pl.when(pl.col(f"{s}_e4") > 0).then(f"{s}_e4").forward_fill().fill_null(0) for s in ("bid", "ask")}
    day = ticks.between("2013-10-07", "2013-10-08")
    for letter in "KNQ":
        rows = text.filter((pl.col("date") == 20131007) & (pl.col("exchange") == letter)).with_columns(**side)
        expected = rows.group_by("ms_ny", maintain_order=True).last()
        r = day.only(f"BAC@{letter}").records
        ms = r["ts_event"] // 1_000_000
        last = r[np.flatnonzero(np.append(ms[1:] != ms[:-1], True))]
        midnight = 1_381_118_400_000  # in New York
        assert (last["ts_event"] // 1_000_000 - midnight).tolist() == expected["ms_ny"].cast(pl.Int64).to_list()
        for name in ("bid", "ask"):
            assert (last[name] // 100_000).tolist() == expected[name].to_list(), (letter, name)


def test_lean_trades_are_the_minute_bars_that_the_readme_says():
    ticks = wl.data.read_ticks(shared("tick/lean_bac_tick_trade_20131007_09.csv.gz"))
    frame = ticks.between("2013-10-07T09:30", "2013-10-07T16:00").trades().frame()
    minutes = frame.group_by_dynamic("ts", every="1m").agg(
        pl.col("price").max().alias("high"), pl.col("price").min().alias("low")
    )
    bars = wl.data.read_bars(
        shared("minute/lean_bac_minute_trade_20131007_11.csv.gz"),
        step="1m",
        tz="America/New_York",
        price_scale="0.0001",
    ).between("2013-10-07T09:30", "2013-10-07T16:00:01")
    published = bars.frame().select(pl.col("ts_open").alias("ts"), "high", "low")
    both = minutes.join(published, on="ts", suffix="_bar")
    equal = both.filter(
        ((pl.col("high") - pl.col("high_bar")).abs() < 1e-9) & ((pl.col("low") - pl.col("low_bar")).abs() < 1e-9)
    )
    assert equal.height >= 377


@pytest.mark.parametrize(
    ("name", "symbols"), [("BINANCE", 4), ("BINANCE_DELIVERY", 10), ("BINANCE_FUTURES", 4), ("BINANCE_US", 4)]
)
def test_cryptofeed_captures_of_binance(name: str, symbols: int):
    stream = shared(f"ws_capture/cryptofeed_{name}.ws.1.0.txt.gz")
    answers = shared(f"ws_capture/cryptofeed_{name}.http.0.0.txt.gz")
    ticks = wl.data.read_ticks(stream, format="binance")
    assert len(ticks.symbols) == symbols
    assert set(states(ticks)) == {"unverifiable"}
    books = wl.data.read_ticks(answers, format="binance")
    assert (books.records["action"] == ACTIONS.index("clear")).sum() == symbols
