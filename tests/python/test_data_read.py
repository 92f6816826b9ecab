"""Readers: what comes in, in which form, and how the times are understood."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walras import data
from walras.errors import DataError

CSV = "Date,Open,High,Low,Close,Volume\n2024-01-02,10,12,9,11,100\n2024-01-03,11,13,10,12.5,200\n"
MINUTE = 60_000_000_000
DAY = 86_400_000_000_000


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype(np.int64))


def write(folder: Path, text: str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def minutes(first: str, count: int, **columns: list[float]) -> dict[str, object]:
    times = np.datetime64(first, "ns") + np.arange(count) * np.timedelta64(1, "m")
    return {"time": [str(t) for t in times], "close": [float(10 + i) for i in range(count)], **columns}


def test_a_csv_file_becomes_bars(tmp_path):
    bars = data.read_bars(write(tmp_path, CSV, "aapl.csv"))
    assert bars.instrument == "AAPL"
    assert bars.close.tolist() == [11.0, 12.5]
    assert bars.volume.tolist() == [100.0, 200.0]
    assert not bars.closes_only
    assert bars.step == DAY
    assert bars.price_decimals == 1
    assert bars.source == str(tmp_path / "aapl.csv")


def test_every_form_of_the_same_bars_gives_the_same_bars(tmp_path):
    path = write(tmp_path, CSV)
    expected = data.read_bars(path, instrument="A")
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(CSV.encode()))
    frame = pl.read_csv(io.StringIO(CSV), try_parse_dates=True)
    parquet = tmp_path / "a.parquet"
    frame.write_parquet(parquet)
    pandas = pd.read_csv(io.StringIO(CSV), parse_dates=["Date"])
    structured = np.array(
        [(np.datetime64("2024-01-02"), 10, 12, 9, 11, 100), (np.datetime64("2024-01-03"), 11, 13, 10, 12.5, 200)],
        dtype=[("date", "M8[D]"), *[(n, "f8") for n in ("open", "high", "low", "close", "volume")]],
    )
    columns = {name: structured[name] for name in structured.dtype.names or ()}
    sources = [packed, frame, frame.lazy(), parquet, pandas, pandas.set_index("Date"), structured, columns]
    for source in sources:
        assert data.read_bars(source, instrument="A").data_hash == expected.data_hash, type(source)


def test_what_frame_gives_reads_back_the_same(tmp_path):
    bars = data.read_bars(write(tmp_path, CSV), instrument="A", tz="America/New_York")
    again = data.read_bars(bars.frame(), instrument="A", tz="America/New_York")
    assert again.data_hash == bars.data_hash


def test_a_date_is_a_session_of_its_zone():
    bars = data.read_bars({"date": ["2013-10-07"], "close": [1.0]}, tz="America/New_York")
    assert bars.ts_open[0] == ns("2013-10-07T04:00")
    assert bars.ts_close[0] == ns("2013-10-08T04:00") - 1
    assert bars.session_dates()[0] == np.datetime64("2013-10-07")


def test_sessions_keep_their_dates_when_the_clocks_change():
    # New York: forward on 2013-03-10 (23 hours), back on 2013-11-03 (25 hours).
    for day, hours in (("2013-03-10", 23), ("2013-11-03", 25), ("2013-06-03", 24)):
        bars = data.read_bars({"date": [day], "close": [1.0]}, tz="America/New_York")
        assert bars.ts_close[0] - bars.ts_open[0] == hours * 60 * MINUTE - 1
        assert str(bars.session_dates()[0]) == day


def test_a_session_begins_with_the_day_where_a_clock_change_skips_midnight():
    # Sao Paulo, 2018-11-04: 00:00 does not exist, the day begins at 01:00 (03:00 UTC).
    bars = data.read_bars({"date": ["2018-11-03", "2018-11-04"], "close": [1.0, 1.0]}, tz="America/Sao_Paulo")
    assert bars.ts_open[1] == ns("2018-11-04T03:00")
    assert bars.ts_close[0] == bars.ts_open[1] - 1


def test_wall_times_follow_the_clock_change():
    source = {"time": ["2013-11-01 09:30", "2013-11-04 09:30"], "close": [1.0, 1.0]}
    bars = data.read_bars(source, tz="America/New_York", step="1m")
    assert bars.ts_open.tolist() == [ns("2013-11-01T13:30"), ns("2013-11-04T14:30")]


def test_repeated_wall_times_are_first_the_first_pass_then_the_second():
    times = ["2013-11-03 00:30", "2013-11-03 01:30", "2013-11-03 01:30", "2013-11-03 02:30"]
    with pytest.raises(DataError, match="repeats that of the row before"):
        data.read_bars({"time": times, "close": [1.0] * 4}, tz="America/New_York", step="1h")
    half = ["2013-11-03 01:00", "2013-11-03 01:30", "2013-11-03 01:00", "2013-11-03 01:30", "2013-11-03 02:00"]
    bars = data.read_bars({"time": half, "close": [1.0] * 5}, tz="America/New_York", step="30m")
    assert np.diff(bars.ts_open).tolist() == [30 * MINUTE] * 4


def test_a_wall_time_that_a_clock_change_skips_is_an_error():
    with pytest.raises(DataError, match=r"2013-03-10 02:30:00 does not exist in America/New_York"):
        data.read_bars({"time": ["2013-03-10 02:30"], "close": [1.0]}, tz="America/New_York", step="1m")


def test_an_intraday_stamp_is_the_open_unless_it_is_said_to_be_the_close():
    source = minutes("2024-01-02T09:30", 3)
    opens = data.read_bars(source)
    assert opens.step == MINUTE
    assert opens.ts_open[0] == ns("2024-01-02T09:30")
    assert opens.ts_close[0] == ns("2024-01-02T09:31")
    closes = data.read_bars(source, stamp="close")
    assert closes.ts_close[0] == ns("2024-01-02T09:30")
    with pytest.raises(DataError, match="stamp is 'middle'"):
        data.read_bars(source, stamp="middle")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "time",
    ["2013-10-07 13:31:00", "2013-10-07T13:31:00Z", "2013-10-07T09:31:00-04:00", "2013-10-07 09:31:00.000-0400",
     "20131007 13:31:00", "20131007 133100", "1381152660", "1381152660000", "1381152660000000", "1381152660000000000",
     "1381152660.0", "2013-10-07 13:31"],
)  # fmt: skip
def test_times_may_be_written_in_many_ways(tmp_path, time):
    path = write(tmp_path, f"ts,bid,ask\n{time},1,2\n")
    assert data.read_quotes(path).ts[0] == ns("2013-10-07T13:31")


def test_slashed_dates_are_read_where_they_can_be_told_apart():
    us = data.read_bars({"date": ["1/4/1999", "1/13/1999"], "close": [1.0, 1.0]})
    assert str(us.session_dates()[1]) == "1999-01-13"
    eu = data.read_bars({"date": ["4/1/1999", "13/1/1999"], "close": [1.0, 1.0]})
    assert str(eu.session_dates()[0]) == "1999-01-04"
    unclear = {"date": ["1/4/1999"], "close": [1.0]}
    with pytest.raises(DataError, match=r"day/month or month/day .*time_format="):
        data.read_bars(unclear)
    assert str(data.read_bars(unclear, time_format="%d/%m/%Y").session_dates()[0]) == "1999-04-01"


def test_a_calendar_gives_dates_their_hours():
    pytest.importorskip("exchange_calendars")
    bars = data.read_bars({"date": ["2013-11-27", "2013-11-29"], "close": [1.0, 1.0]}, calendar="XNYS")
    assert bars.ts_open.tolist() == [ns("2013-11-27T14:30"), ns("2013-11-29T14:30")]
    assert bars.ts_close.tolist() == [
        ns("2013-11-27T21:00"),
        ns("2013-11-29T18:00"),
    ]  # the day after Thanksgiving: half
    with pytest.raises(DataError, match="row 0: 2013-11-28 was no session of XNYS"):
        data.read_bars({"date": ["2013-11-28"], "close": [1.0]}, calendar="XNYS")
    with pytest.raises(DataError, match="the calendar 'XXXX' is not known"):
        data.read_bars({"date": ["2013-11-28"], "close": [1.0]}, calendar="XXXX")


def test_prices_are_scaled_exactly():
    source = {"date": ["2024-01-02"], "close": [1674100]}
    assert data.read_bars(source, price_scale="0.0001").close[0] == 167.41
    assert data.read_bars({"date": ["2024-01-02"], "close_e4": [1674100]}).close[0] == 167.41
    assert data.read_bars(source, price_scale=0.0001).close[0] == 167.41
    for bad in ("x", "0", "-1", "nan"):
        with pytest.raises(DataError, match="price_scale"):
            data.read_bars(source, price_scale=bad)


def test_columns_are_chosen_by_role_or_named_in_order(tmp_path):
    path = write(tmp_path, "Date,Close,Adj Close\n2024-01-02,10,5\n")
    assert data.read_bars(path).close[0] == 10
    assert data.read_bars(path, columns={"close": "Adj Close"}).close[0] == 5
    bare = write(tmp_path, "2024-01-02,10,5\n", "b.csv")
    assert data.read_bars(bare, columns=["date", "close", "x"]).close[0] == 10
    with pytest.raises(DataError, match="there is no column 'Adj'"):
        data.read_bars(path, columns={"close": "Adj"})
    with pytest.raises(DataError, match="unknown role 'shut'"):
        data.read_bars(path, columns={"shut": "Close"})


def test_a_date_and_a_clock_column_make_one_time(tmp_path):
    text = "2006-01-02,09:01:00,3602.00,3603.00,3597.00,3599.00,5699\n2006-01-02,09:02:00,3600,3601,3598,3599,894\n"
    names = ["Date", "Time", "Open", "High", "Low", "Close", "Volume"]
    bars = data.read_bars(write(tmp_path, text), columns=names)
    assert bars.ts_open[0] == ns("2006-01-02T09:01")


def test_a_wide_frame_of_closes_becomes_bars_of_many_instruments():
    frame = pl.DataFrame({"date": ["2024-01-02", "2024-01-03"], "KO": [1.0, 2.0], "PEP": [None, 4.0]})
    bars = data.bars_from_frame(frame, venue="XNYS", tz="America/New_York")
    assert bars.instruments == ("KO.XNYS", "PEP.XNYS")
    assert bars.closes_only
    assert len(bars) == 3
    assert bars["PEP.XNYS"].close.tolist() == [4.0]
    times, close = bars.matrix("close")
    assert times.shape == (2,)
    np.testing.assert_array_equal(close, [[1.0, np.nan], [2.0, 4.0]])
    assert data.read_bars(frame, instrument="KO").close.tolist() == [1.0, 2.0]
    with pytest.raises(DataError, match="read by bars_from_frame"):
        data.read_bars(frame)


def test_the_bundled_prices_are_twenty_stocks_of_three_decades():
    prices = data.load_demo_prices()
    assert prices.shape == (8313, 21)
    assert prices.columns[:3] == ["date", "AAPL", "AMD"]
    bars = data.bars_from_frame(prices)
    assert len(bars) == 8313 * 20
    assert bars.data_hash == "2816b1fcbe62800d3140c997aaa78e1c8b57bf5dcdc16e31258eb73331561c4d"


def test_bars_are_cut_by_time_and_combined(tmp_path):
    ko = data.read_bars({"date": ["2024-01-02", "2024-01-03", "2024-01-04"], "close": [1.0, 2.0, 3.0]}, instrument="KO")
    assert ko["2024-01-03":].close.tolist() == [2.0, 3.0]
    assert ko[:"2024-01-03"].close.tolist() == [1.0]
    assert ko.between(ns("2024-01-03T12:00")).close.tolist() == [2.0, 3.0]
    with pytest.raises(DataError, match="no bar closes from 2025"):
        ko["2025-01-01":]
    both = data.combine([ko, ko.rename("PEP")])
    assert both.instruments == ("KO", "PEP")
    assert len(both) == 6
    assert both.frame()["instrument"].to_list()[:2] == ["KO", "PEP"]
    with pytest.raises(DataError, match="comes twice"):
        data.combine([ko, ko])
    with pytest.raises(DataError, match="pick one"):
        _ = both.close
    with pytest.raises(DataError, match="no bars of 'X'; known are KO, PEP"):
        both["X"]


def test_whole_numbers_slice_rows_and_times_slice_time():
    ko = data.read_bars({"date": [f"2024-01-0{d}" for d in range(2, 7)], "close": [1.0, 2, 3, 4, 5]}, instrument="KO")
    assert ko[:2].close.tolist() == [1.0, 2.0]
    assert ko[-2:].close.tolist() == [4.0, 5.0]
    assert ko[np.int64(1) : 3].close.tolist() == [2.0, 3.0]
    assert ko[3:99].close.tolist() == [4.0, 5.0]
    assert ko[np.datetime64("2024-01-05") :].close.tolist() == [4.0, 5.0]
    late = ko[3:].rename("PEP")
    both = data.combine([ko, late])
    assert [len(part) for part in both[-3:]] == [3, 2]  # rows of the common axis, as in matrix()
    assert both[:2].instruments == ("KO",)
    with pytest.raises(DataError, match=r"bars\[9:\] holds no row; there are 5|holds no row; there are 5"):
        ko[9:]
    with pytest.raises(DataError, match="mixes a row and a time"):
        ko[2:"2024-01-05"]
    with pytest.raises(DataError, match=r"write bars\[3:4\] for one row"):
        ko[3]  # type: ignore[index]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "America/Santiago"])
def test_daily_bars_at_midnight_of_a_zone_are_dates_through_clock_changes(zone: str):
    days = pd.date_range("2023-03-01", "2024-12-01", freq="D")
    times = days.tz_localize(zone, nonexistent="shift_forward", ambiguous=np.ones(len(days), dtype=bool))
    frame = pd.DataFrame({"close": np.arange(1.0, len(times) + 1)}, index=times)
    aware = data.read_bars(frame, instrument="X")
    dates = data.read_bars({"date": times.strftime("%Y-%m-%d"), "close": frame["close"]}, instrument="X", tz=zone)
    assert aware.data_hash == dates.data_hash
    assert (aware.tz, aware.step) == (zone, DAY)
    texts = data.read_bars(
        {"time": [t.isoformat() for t in times], "close": frame["close"].to_numpy()}, instrument="X", tz=zone
    )
    assert texts.data_hash == dates.data_hash
    weekly = data.read_bars(frame.iloc[::7], instrument="X")
    assert weekly.step == 7 * DAY
    assert weekly.ts_close[0] == aware.ts_close[6]


def test_the_commonest_form_of_times_and_the_same_with_blanks_are_equal(tmp_path):
    rows = [f"2024-01-02T09:{m}:00,{m}.5" for m in range(30, 34)]
    plain = data.read_bars(write(tmp_path, "time,close\n" + "\n".join(rows)), instrument="X")
    blank = [row.replace(",", " , ") for row in rows]
    assert (
        data.read_bars(write(tmp_path, "time,close\n" + "\n".join(blank)), instrument="X").data_hash == plain.data_hash
    )
    assert plain.close.tolist() == [30.5, 31.5, 32.5, 33.5]
    broken = [*rows[:2], "2024-01-02 9h32,32.5"]
    with pytest.raises(DataError, match=r"a\.csv, line 4: '2024-01-02 9h32' in column 'time' is not a time like"):
        data.read_bars(write(tmp_path, "time,close\n" + "\n".join(broken)), instrument="X")


def test_columns_are_read_only_views():
    close = np.array([1.0, 2.0])
    bars = data.Bars.from_columns("A", np.array([DAY, 2 * DAY]), close, close, close, close, step="1d")
    assert np.shares_memory(bars.close, close)
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0] = 5


def test_the_hash_changes_with_every_fact():
    base: dict[str, object] = {
        "date": ["2024-01-02", "2024-01-03"], "open": [1.0, 1.0], "high": [3.0, 3.0], "low": [1.0, 1.0],
        "close": [2.0, 2.0],
    }  # fmt: skip
    changes: list[dict[str, object]] = [
        {"open": [1.0, 1.1]}, {"high": [3.0, 3.1]}, {"low": [1.0, 0.9]}, {"close": [2.0, 2.000000001]},
        {"volume": [1.0, 1.0]},
    ]  # fmt: skip
    seen = {data.read_bars(base, instrument="A").data_hash, data.read_bars(base, instrument="B").data_hash}
    seen.add(data.read_bars(base, instrument="A", tz="Asia/Tokyo").data_hash)
    seen.update(data.read_bars({**base, **change}, instrument="A").data_hash for change in changes)
    assert len(seen) == 8


def test_quotes_and_trades_are_read(tmp_path):
    quotes = data.read_quotes(
        write(tmp_path, "timestamp,bid,ask,bid_size,ask_size\n1381152660000,1.5,1.6,10,20\n"), instrument="X"
    )
    assert (quotes.bid[0], quotes.ask_size[0]) == (1.5, 20)
    trades = data.read_trades(write(tmp_path, "time,price,qty,side,id\n1381152660,2,3,buy,9\n1381152660,2,1,SELL,10\n"))
    assert trades.aggressor.tolist() == [1, -1]
    assert trades.trade_id.tolist() == [9, 10]
    assert trades.frame().height == 2
    assert len(quotes.between("2013-10-08")) == 0


def test_lean_zip_files_are_read_by_their_names(tmp_path: Path) -> None:
    def archive(name: str, member: str, text: str) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as z:
            z.writestr(member, text)
        return path

    trade = archive(
        "20131007_trade.zip", "20131007_spy_minute_trade.csv", "34200000,1674700,1675000,1674000,1674500,10\n"
    )
    bars = data.read_bars(trade, instrument="SPY", step="1m")
    assert bars.tz == "America/New_York"
    assert bars.ts_close[0] == ns("2013-10-07T13:31")  # milliseconds are the bar's start
    assert bars.close[0] == 167.45
    daily = archive("spy.zip", "spy.csv", "19980102 00:00,973100,975300,965300,973600,2150000\n")
    assert data.read_bars(daily, tz="America/New_York").close[0] == 97.36
    forex = archive("20140501_quote.zip", "20140501_eurusd_tick_quote.csv", "1787,1.38727,1.38729\n")
    assert data.read_quotes(forex, tz="Etc/GMT+5").ask[0] == 1.38729
    ticks = archive(
        "20131007_tick.zip",
        "20131007_bac_Trade_Tick.csv",
        "14400614,139400,500,P,20002020,0\n14400615,139400,500,P,2,1\n",
    )
    assert len(data.read_trades(ticks)) == 2
    assert len(data.read_trades(ticks, suspicious="drop")) == 1
    quote = archive("20131007_quote.zip", "20131007_spy_minute_quote.csv", "34200000,1,2,1,2,5,3,4,3,4,6\n")
    assert data.read_quotes(quote, step="1m").ask[0] == 0.0004


def test_factors_hold_up_to_and_including_their_date(tmp_path):
    factors = write(tmp_path, "20240102,0.5,0.5,1\n20240104,0.8,1,1\n20501231,1,1,0\n", "f.csv")
    source = {"date": [f"2024-01-0{d}" for d in range(2, 6)], "close": [100.0] * 4, "volume": [10.0] * 4}
    bars = data.read_bars(source, adjust=factors)
    assert bars.close.tolist() == [25.0, 80.0, 80.0, 100.0]
    assert bars.volume.tolist() == [20.0, 10.0, 10.0, 10.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [("20240102,x,1,1\n", "line 1: the price factor is not readable"), ("20240102,0,1,1\n", "factor is 0.0"),
     ("20240103,1,1,1\n20240102,1,1,1\n", "line 2: the dates do not increase"),
     ("2024,1,1,1\n", "the date is not readable")],
)  # fmt: skip
def test_a_broken_factor_file_is_an_error(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        data.read_factors(write(tmp_path, text, "f.csv"))


def test_bars_become_four_quotes_and_come_back():
    source = {
        "time": ["2024-01-02 00:01", "2024-01-02 00:02"],
        "open": [2.0, 3.0],
        "high": [4.0, 5.0],
        "low": [1.0, 2.0],
        "close": [3.0, 4.0],
    }
    bars = data.read_bars(source, stamp="close", step="1m", instrument="X")
    quotes = data.bars_to_quotes(bars)
    assert quotes.bid.tolist() == [2, 4, 1, 3, 3, 5, 2, 4]
    assert (quotes.ts[3] - quotes.ts[0], quotes.ts[3]) == (300_000_000, ns("2024-01-02T00:01"))
    again = data.quotes_to_bars(quotes, "1m")
    assert again.close.tolist() == bars.close.tolist()  # the tick at the stamp belongs to the bar that it closes
    assert again.ts_close.tolist() == bars.ts_close.tolist()
    assert again.high.tolist() == bars.high.tolist()
    assert data.resample(bars, "2m").frame().select("open", "high", "low", "close").row(0) == (2.0, 5.0, 1.0, 4.0)
    trades = data.Trades.from_columns("X", quotes.ts, quotes.bid, np.ones(8))
    assert data.trades_to_bars(trades, "1m").volume.tolist() == [4.0, 4.0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=30), st.integers(0, 9))
def test_prices_survive_text_parquet_and_frames(tmp_path_factory, cents, decimals):
    folder = tmp_path_factory.mktemp("round")
    price = np.array([c / 10**decimals for c in cents]).clip(1e-9, 9e9)
    price = np.rint(price * 1e9) / 1e9
    ts = (np.arange(price.size) + 1) * MINUTE + ns("2024-01-02")
    bars = data.Bars.from_columns("A", ts, price, price, price, price, step="1m")
    frame = bars.frame()
    frame.write_csv(folder / "a.csv")
    frame.write_parquet(folder / "a.parquet")
    for source in (folder / "a.csv", folder / "a.parquet", frame.to_pandas(), frame):
        assert data.read_bars(source, instrument="A", step="1m").data_hash == bars.data_hash


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 2_000_000_000), st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
)
def test_wall_times_come_back_as_the_same_instant(seconds, tz):
    at = pl.Series([seconds * 1_000_000_000]).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(tz)
    wall = at.dt.replace_time_zone(None)
    quotes = data.read_quotes(pl.DataFrame({"time": wall, "bid": [1.0], "ask": [1.0]}), tz=tz)
    # An hour that the clocks repeat is its first pass, at most an hour away.
    difference = seconds * 1_000_000_000 - int(quotes.ts[0])
    assert difference == 0 or 0 < difference <= 3_600_000_000_000
    aware = data.read_quotes(pl.DataFrame({"time": at, "bid": [1.0], "ask": [1.0]}))
    assert aware.ts[0] == seconds * 1_000_000_000
