"""Recorded market data: the inputs of the goldens, read as engine.md describes them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from walras import data
from walras.errors import DataError

_spec = importlib.util.spec_from_file_location("data_files", Path(__file__).with_name("data_files.py"))
assert _spec is not None
assert _spec.loader is not None
data_files = importlib.util.module_from_spec(_spec)
sys.modules["data_files"] = data_files
_spec.loader.exec_module(data_files)
shared = data_files.shared


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype(np.int64))


def test_g2_ten_thousand_minutes_become_forty_thousand_ticks_and_the_same_bars_again():
    path = shared("minute/nautilus_btc_perp_1m_20211231_20220201.csv.gz")
    frame = pl.read_csv(path).head(10_000)
    bars = data.read_bars(frame, instrument="BTCUSDT.BINANCE", step="1m", stamp="close")
    quotes = data.bars_to_quotes(bars)
    assert len(quotes) == 40_000
    again = data.quotes_to_bars(quotes, "1m")
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(again, name), getattr(bars, name))
    np.testing.assert_array_equal(again.ts_close, bars.ts_close)
    flat = (bars.open == bars.high) & (bars.high == bars.low) & (bars.low == bars.close)
    assert flat.sum() == 5


def test_g3_the_first_regular_minute_asks_167_45_times_the_factor():
    factors = data.read_factors(shared("daily/lean_spy_factor_file.csv"))
    quotes = data.read_quotes(shared("minute/lean_spy_minute_quote_20131007_11.csv.gz"), step="1m", adjust=factors)
    first = quotes.between("2013-10-07T09:31", "2013-10-07T09:32")
    assert len(first) == 1
    assert first.ask[0] == round(167.45 * 0.8646266, 9)
    trades = data.read_bars(shared("minute/lean_spy_minute_trade_20131007_11.csv.gz"), step="1m", adjust=factors)
    last = trades.between("2013-10-11T09:30", "2013-10-11T16:00:00.000000001")
    assert last.close[-1] == round(170.30 * 0.8646266, 9)
    assert trades.price_decimals == 9


def test_g3_holds_five_sessions_of_390_regular_minutes():
    quotes = data.read_quotes(shared("minute/lean_spy_minute_quote_20131007_11.csv.gz"), step="1m")
    trades = data.read_bars(shared("minute/lean_spy_minute_trade_20131007_11.csv.gz"), step="1m")

    def regular(ts_close):
        local = pl.Series(ts_close).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone("America/New_York")
        seconds = local.dt.hour().cast(pl.Int64) * 3600 + local.dt.minute().cast(pl.Int64) * 60
        return int(((seconds > 9.5 * 3600) & (seconds <= 16 * 3600)).sum())

    # 3,900 rows in all; LEAN's count of 3,943 has 43 points of other kinds on top.
    assert (regular(trades.ts_close), regular(quotes.ts)) == (1950, 1950)


def test_g4_google_daily_bars():
    bars = data.read_bars(shared("daily/backtestingpy_goog_2004_2013.csv.gz"), instrument="GOOG")
    assert len(bars) == 2148
    assert (bars.open[0], bars.close[-1]) == (100.0, 806.19)
    assert str(bars.session_dates()[-1]) == "2013-03-01"


def test_lean_minutes_begin_at_the_stamp():
    bars = data.read_bars(shared("minute/lean_spy_minute_trade_20131007_11.csv.gz"), instrument="SPY")
    assert bars.tz == "America/New_York"
    assert bars.ts_open[0] == ns("2013-10-07T08:00")
    assert bars.ts_close[0] == ns("2013-10-07T08:01")


def test_lean_daily_bars_are_adjusted_by_their_factor_file():
    path = shared("daily/lean_aapl_daily.csv.gz")
    raw = data.read_bars(path, tz="America/New_York")
    adjusted = data.read_bars(path, tz="America/New_York", adjust=shared("daily/lean_aapl_factor_file.csv"))
    day = raw.session_dates() == np.datetime64("2014-06-06")  # the last day before the 7:1 split
    assert raw.close[day][0] == 645.57
    ratio = raw.close / adjusted.close
    split = np.flatnonzero(day)[0]
    assert ratio[split] / ratio[split + 1] == pytest.approx(7.0, rel=1e-3)
    assert adjusted.volume[split] == pytest.approx(raw.volume[split] * 28)  # 7:1 then, 4:1 in 2020


def test_ticks_of_trades_resample_to_lean_minutes():
    ticks = data.read_trades(shared("tick/lean_bac_tick_trade_20131007_09.csv.gz"), suspicious="drop")
    minute = data.read_bars(shared("minute/lean_bac_minute_trade_20131007_11.csv.gz"))
    made = data.trades_to_bars(ticks.between("2013-10-07T09:30", "2013-10-07T16:00"), "1m")
    known = minute.between("2013-10-07T09:30:30", "2013-10-07T16:00:30")
    # README of shared/data: 377 of 390 minutes agree in high and low. There a bar is [start, end), ours (start, end].
    same = np.isin(made.ts_close, known.ts_close)
    assert same.sum() >= 388
    closes = known.high[np.isin(known.ts_close, made.ts_close)]
    assert (made.high[same] == closes).mean() > 0.9


def test_crossed_ticks_of_a_real_broker_are_found():
    path = shared("fx/lean_fxcm_nzdusd_tick_quote_20140501_02.csv.gz")
    with pytest.raises(DataError, match=r"line 160: the bid 0\.86197 is above the ask 0\.86195 \(3424 rows"):
        data.read_quotes(path, tz="Etc/GMT+5")
    found = data.inspect(path, tz="Etc/GMT+5")
    assert {p.name: p.count for p in found.problems}["crossed quote"] == 3424
    with pytest.raises(DataError, match="counts from midnight of an unknown zone"):
        data.read_quotes(path)


def test_a_header_that_does_not_fit_its_rows_is_found():
    path = shared("minute/backtrader_2006_volume_min.csv.gz")
    with pytest.raises(DataError, match="line 2: the line has 8 fields and 7 are expected"):
        data.read_bars(path)


@pytest.mark.parametrize(
    ("name", "rows"),
    [("daily/lean_spy_daily.csv.gz", 5849), ("daily/arch_sp500.csv.gz", 5031),
     ("minute/nautilus_6EH4_1min_202401.csv.gz", 29996),
     ("minute/nautilus_gbpusd_m1_bid_2012.csv.gz", 30117), ("minute/backtestingpy_eurusd_1h_2017_2018.csv.gz", 5000),
     ("fx/lean_fxcm_eurusd_daily_quote.csv.gz", 3487), ("fx/mazohfx_mt5_eurusd_daily.csv.gz", None)],
)  # fmt: skip
def test_files_of_many_vendors_are_read_whole(name, rows):
    path = shared(name)
    bars = data.read_bars(path)
    lines = len(pl.read_csv(path, infer_schema=False))
    assert len(bars) == lines
    assert rows is None or len(bars) == rows


def repairs(done: data.Cleaned) -> list[tuple[str, str, str, str]]:
    changed = done.audit.filter(pl.col("action") != "report")
    return [(t[:8], c, old, new) for t, c, old, new in changed.select("time", "column", "old", "new").rows()]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("aapl", [("20090921", "low_e4", "105900", "1840200"), ("20100831", "low_e4", "253000", "2418800")]),
        ("goog", [("20071218", "low_e4", "675000", "6733500"), ("20080930", "low_e4", "100", "2945700")]),
        ("ibm", [("20021223", "open_e4", "1595800", "798200"), ("20021223", "high_e4", "1595800", "804600")]),
        ("iwm", [("20080919", "high_e4", "1565100", "791100")]),
        ("spy", [("20020402", "high_e4", "1441200", "1139800"), ("20050906", "low_e4", "1056800", "1226700")]),
    ],
)
def test_bad_ticks_of_real_daily_bars_are_found(name, wanted):
    done = data.clean(shared(f"daily/lean_{name}_daily.csv.gz"))
    found = repairs(done)
    assert set(wanted) <= set(found)
    assert len(found) <= len(wanted) + 1
    assert done.inspect().is_good


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("aapl", {"20000621": "2:1", "20050228": "2:1", "20140609": "7:1", "20200831": "4:1"}),
        ("bac", {"20040830": "2:1"}),
        ("ibm", {"19990527": "2:1"}),
        ("qqq", {"20000320": "2:1"}),
        ("uso", {"20200429": "1:8"}),
        ("spy", {}),
    ],
)
def test_splits_that_the_prices_show_are_those_of_the_factor_file(name, wanted):
    path, factors = shared(f"daily/lean_{name}_daily.csv.gz"), shared(f"daily/lean_{name}_factor_file.csv")
    for options in ({}, {"factors": factors}):
        done = data.clean(path, rules={"splits": "report"}, **options)
        found = done.audit.filter(pl.col("rule") == "splits").select("time", "reason").rows()
        assert {t[:8]: next(w for w in r.split() if ":" in w).strip(":") for t, r in found} == wanted
    if wanted:
        adjusted = data.clean(path, factors=factors)
        assert data.clean(adjusted.table, factors=factors).audit.filter(pl.col("rule") == "splits").height == 0


@pytest.mark.parametrize(
    "name",
    ["daily/backtestingpy_goog_2004_2013.csv.gz", "daily/arch_sp500.csv.gz",
     "daily/skfolio_sp500_20stocks_close.csv.gz",
     "fx/lean_fxcm_eurusd_daily_quote.csv.gz", "fx/lean_oanda_nzdusd_daily_quote.csv.gz",
     "fx/mazohfx_mt5_eurusd_daily.csv.gz", "minute/nautilus_6EH4_1min_202401.csv.gz"],
)  # fmt: skip
def test_files_that_others_checked_are_left_as_they_are(name, tmp_path):
    path = shared(name)
    done = data.clean(path)
    assert not done.is_changed
    done.write(tmp_path / "out.csv")
    assert pl.read_csv(tmp_path / "out.csv", infer_schema=False).equals(pl.read_csv(path, infer_schema=False))


def test_a_crossed_broker_and_one_sided_exchanges_are_told_from_damage():
    done = data.clean(shared("fx/lean_fxcm_nzdusd_tick_quote_20140501_02.csv.gz"), tz="Etc/GMT+5")
    assert set(done.audit["rule"]) == {"crossed"}
    assert done.rows_in - done.frame.height == 3424
    with pytest.raises(DataError, match=r"'prices' would repair .* of 370,309 rows"):
        data.clean(shared("tick/lean_ibm_tick_quote_20131007_09.csv.gz"))


@pytest.mark.parametrize("ending", ["parquet", "h5", "arrow", "csv.gz"])
def test_a_week_of_real_ticks_goes_through_every_format(tmp_path, ending):
    path = shared("fx/lean_oanda_eurusd_tick_quote_20140501_09.csv.gz")
    quotes = data.read_quotes(path, instrument="EURUSD.OANDA", tz="UTC")
    data.write_quotes(quotes, tmp_path / f"q.{ending}")
    again = data.read_quotes(tmp_path / f"q.{ending}", instrument="EURUSD.OANDA")
    assert again.data_hash == quotes.data_hash
