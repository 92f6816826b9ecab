"""Several venues of one instrument: national best, consolidated book and what crosses between them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import walras as wl
from tests.python.data_files import shared

NS = 1_000_000_000


def random_quotes(seed: int, n: int, venues: int) -> dict[str, wl.data.Quotes]:
    rng = np.random.default_rng(seed)
    out = {}
    for v in range(venues):
        ts = np.sort(rng.integers(0, n * 20, n))
        mid = 100 + np.round(np.cumsum(rng.choice([-0.01, 0, 0.01], n)) / 4, 2)
        half = rng.integers(0, 3, n) * 0.01
        sizes = rng.integers(1, 9, (2, n)) * 100.0
        out["ABCDEFGH"[v]] = wl.data.Quotes.from_columns(
            "X", ts, np.round(mid - half, 2), np.round(mid + half, 2), *sizes
        )
    return out


@pytest.mark.parametrize("max_age", [None, 150])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_national_best_is_what_a_look_at_every_exchange_finds(seed, max_age):
    quotes = random_quotes(seed, 400, 4)
    found = wl.book.Nbbo.of(quotes, max_age=max_age)
    seen = 0
    for row, ts in enumerate(found.quotes.ts):
        if row + 1 < len(found.quotes) and found.quotes.ts[row + 1] == ts:
            continue  # other rows of this stamp follow
        seen += 1
        best = {}
        for side, pick in (("bid", max), ("ask", min)):
            there = {}
            for name, q in quotes.items():
                last = int(np.searchsorted(q.ts, ts, side="right")) - 1
                if last >= 0 and (max_age is None or ts - q.ts[last] <= max_age):
                    there[name] = (float(getattr(q, side)[last]), float(getattr(q, f"{side}_size")[last]))
            price = pick((p for p, _ in there.values()), default=0.0)
            holders = [n for n, (p, _) in there.items() if p == price]
            best[side] = (price, sum(there[n][1] for n in holders), holders)
        for side in ("bid", "ask"):
            price, size, holders = best[side]
            assert getattr(found.quotes, side)[row] == price
            assert getattr(found.quotes, f"{side}_size")[row] == size
            assert found.at_best("bid" if side == "bid" else "ask", row) == holders
    assert seen > 300


def test_one_sided_rows_leave_the_other_side_as_it_was():
    rows = wl.data.Quotes.from_columns(
        "X", [1, 2, 3, 4], [10.0, 0.0, 10.1, 0.0], [0.0, 10.4, 0.0, 10.3], [5, 0, 6, 0], [0, 7, 0, 8], crossed=True
    )
    best = wl.book.nbbo(rows, ["Q", "Q", "P", "P"])
    assert best.ts.tolist() == [2, 3, 4]
    assert best.bid.tolist() == [10.0, 10.1, 10.1]
    assert best.ask.tolist() == [10.4, 10.4, 10.3]


def test_locked_and_crossed_markets_are_counted_and_timed():
    def q(ts, bid, ask):
        return wl.data.Quotes.from_columns("X", ts, bid, ask, [1] * len(ts), [1] * len(ts))

    found = wl.book.Nbbo.of(
        {"A": q([0, 100], [10.0, 10.0], [10.2, 10.2]), "B": q([10, 40, 60], [10.2, 10.3, 9.9], [10.4, 10.4, 10.4])}
    )
    assert found.counts == {"rows": 5, "locked": 1, "crossed": 1, "locked_ns": 30, "crossed_ns": 20, "expired": 0}


def test_a_silent_exchange_leaves_at_its_age():
    a = wl.data.Quotes.from_columns("X", [0], [10.5], [10.6], [1], [1])
    b = wl.data.Quotes.from_columns("X", [1, 50, 101], [10.0, 10.1, 10.2], [10.7, 10.7, 10.7], [1] * 3, [1] * 3)
    best = wl.book.nbbo({"A": a, "B": b}, max_age=100)
    assert best.bid.tolist() == [10.5, 10.2]  # at 100 A is still there
    assert wl.book.Nbbo.of({"A": a, "B": b}, max_age=100).counts["expired"] == 2


@pytest.mark.parametrize("day", ["2013-10-07", "2013-10-08"])
def test_leans_equity_ticks_are_the_nations_best_already(day):
    path = shared("tick/lean_bac_tick_quote_20131007_08.csv.gz")
    ticks = wl.data.read_quotes(path, instrument="BAC", crossed=True)
    letters = pl.read_csv(path, columns=["exchange"])["exchange"].to_numpy()
    file = pl.read_csv(shared("minute/lean_bac_minute_quote_20131007_11.csv.gz"))
    theirs = file.filter(
        (pl.col("date") == int(day.replace("-", "")))
        & pl.col("ms_ny").is_between(34_200_000, 57_600_000, closed="left")
    )
    midnight = int(np.datetime64(f"{day}T04:00", "ns").astype(np.int64))  # New York's, in summer time
    closes = midnight + (theirs["ms_ny"].to_numpy() + 60_000) * 1_000_000
    agreement = {}
    for rows, max_age in (("nation", None), ("exchange", "1s"), ("exchange", None)):
        best = wl.book.nbbo(ticks, letters, rows="nation" if rows == "nation" else "exchange", max_age=max_age)
        same = np.ones(closes.size, dtype=np.bool_)
        for side in ("bid", "ask"):
            bars = wl.data.bars_from_quotes(best, "1m", price=side)
            at = np.minimum(np.searchsorted(bars.ts_close, closes), len(bars) - 1)
            same &= bars.ts_close[at] == closes
            for name in ("open", "high", "low", "close"):
                same &= np.rint(getattr(bars, name)[at] * 1e4) == theirs[f"{side}_{name[0]}_e4"].to_numpy()
        agreement[rows, max_age] = int(same.sum())
    assert closes.size == 390
    # Every bid and ask open, high, low and close of every minute. Taken as rows of exchanges, quotes that were
    # withdrawn stay until they are too old.
    assert agreement["nation", None] == 390
    assert agreement["exchange", "1s"] == {"2013-10-07": 383, "2013-10-08": 377}[day]
    assert agreement["exchange", None] < 60


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_a_consolidated_book_is_the_sum_of_its_venues(seed):
    rng = np.random.default_rng(seed)
    book = wl.book.ConsolidatedBook(["A", "B", "C"], tick_size="0.01")
    slow: dict[tuple[str, str, float], float] = {}
    for _ in range(3_000):
        venue, side = str(rng.choice(["A", "B", "C"])), str(rng.choice(["buy", "sell"]))
        if rng.random() < 0.002:
            book.clear(venue)
            slow = {k: s for k, s in slow.items() if k[0] != venue}
            continue
        price = float(100 + (-1 if side == "buy" else 1) * rng.integers(-2, 20) * 0.01)
        price = round(price, 2)
        size = float(rng.integers(0, 5))
        book.set_level(venue, "buy" if side == "buy" else "sell", price, size)
        slow[venue, side, price] = size
    for side, levels, sign in (("buy", book.bids(99), -1), ("sell", book.asks(99), 1)):
        want: dict[float, dict[str, float]] = {}
        for (venue, s, price), size in slow.items():
            if s == side and size > 0:
                want.setdefault(price, {})[venue] = size
        assert [level.price for level in levels] == sorted(want, key=lambda p: sign * p)
        for level in levels:
            assert level.venues == dict(sorted(want[level.price].items()))
            assert level.size == sum(want[level.price].values())
        top = levels[0].venues
        assert book.best_venue("buy" if side == "buy" else "sell") == max(top, key=lambda n: top[n])


def test_quotes_replace_a_venues_whole_book():
    book = wl.book.ConsolidatedBook(["A", "B"], tick_size="0.01")
    book.set_level("A", "buy", 9.5, 10)
    book.update("A", bid=10.0, ask=10.1, bid_size=1, ask_size=2)
    book.update("B", bid=10.2, ask=0, bid_size=3, ask_size=0)
    assert book.bids() == [(10.2, 3.0, {"B": 3.0}), (10.0, 1.0, {"A": 1.0})]
    assert book.is_crossed
    assert book.best_venue("sell") == "A"
    with pytest.raises(wl.DataError, match=r"not a multiple of the tick size 0\.01"):
        book.update("A", bid=10.001, ask=10.1, bid_size=1, ask_size=1)
    with pytest.raises(wl.ConfigError, match="there are A, B"):
        book.clear("C")


def slow_opportunities(a: wl.data.Quotes, b: wl.data.Quotes, max_age: int | None):
    """Both directions by an as-of join over all stamps: no code of ours. (start, end, edge as it began, widest)."""
    ts = np.unique(np.concatenate([a.ts, b.ts]))
    if max_age is not None:  # the instants at which quotes become too old are moments, too
        ts = np.unique(np.concatenate([ts, a.ts + max_age + 1, b.ts + max_age + 1]))
        ts = ts[ts <= max(a.ts[-1], b.ts[-1])]
    ia, ib = np.searchsorted(a.ts, ts, side="right") - 1, np.searchsorted(b.ts, ts, side="right") - 1
    known = (ia >= 0) & (ib >= 0)
    if max_age is not None:
        known &= (ts - a.ts[ia] <= max_age) & (ts - b.ts[ib] <= max_age)
    found = []
    for direction, edge in (("AB", b.bid[ib] - a.ask[ia]), ("BA", a.bid[ia] - b.ask[ib])):
        is_open = known & (np.rint(edge * 1e9) > 0)
        starts = np.flatnonzero(is_open & ~np.r_[False, is_open[:-1]])
        ends = np.flatnonzero(~is_open & np.r_[False, is_open[:-1]])
        for i, start in enumerate(starts):
            stop = ends[i] if i < len(ends) else ts.size
            end = ts[min(stop, ts.size - 1)]
            found.append((direction, int(ts[start]), int(end), round(edge[start], 9), round(edge[start:stop].max(), 9)))
    return sorted(found)


def as_rows(found: pl.DataFrame):
    return sorted(
        (r["buy_venue"] + r["sell_venue"], r["s"], r["e"], round(r["edge"], 9), round(r["widest_edge"], 9))
        for r in found.with_columns(s=pl.col("start").to_physical(), e=pl.col("end").to_physical()).to_dicts()
    )


@pytest.mark.parametrize("max_age", [None, 40])
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_opportunities_are_those_of_an_as_of_join(seed, max_age):
    quotes = random_quotes(seed, 800, 2)
    found = wl.book.opportunities(quotes, max_age=max_age)
    assert len(found) > 50
    assert as_rows(found) == slow_opportunities(quotes["A"], quotes["B"], max_age)


def test_fees_are_of_each_venues_notional():
    a = wl.data.Quotes.from_columns("X", [0, 9], [99.0, 99.0], [100.0, 100.0], [5, 5], [5, 5])
    b = wl.data.Quotes.from_columns("X", [1, 8], [101.0, 99.0], [102.0, 102.0], [3, 3], [3, 3])
    found = wl.book.opportunities([a, b], fees_bps=[10, 20]).row(0, named=True)
    assert (found["buy_venue"], found["sell_venue"], found["size"]) == ("0", "1", 3.0)
    assert found["profit"] == pytest.approx(3.0)
    assert found["fees"] == pytest.approx(3 * (100 * 0.0010 + 101 * 0.0020))
    assert found["net_profit"] == pytest.approx(found["profit"] - found["fees"])
    with pytest.raises(wl.ConfigError, match="one for each of 2 venues"):
        wl.book.opportunities([a, b], fees_bps=[1, 2, 3])


# 1e-9 of the same numbers, recomputed by slow_opportunities: (opportunities, profitable at 0.2 bps a side).
@pytest.mark.parametrize(("max_age", "expected"), [(None, (805, 21)), ("10s", (775, 20))])
def test_two_brokers_euros_cross_each_other(max_age, expected):
    fxcm = wl.data.read_quotes(
        shared("fx/lean_fxcm_eurusd_tick_quote_20140501_09.csv.gz"), instrument="EURUSD", tz="Etc/GMT+5", crossed=True
    )
    oanda = wl.data.read_quotes(
        shared("fx/lean_oanda_eurusd_tick_quote_20140501_09.csv.gz"), instrument="EURUSD", tz="UTC", crossed=True
    )
    assert (len(fxcm), len(oanda)) == (667_376, 320_395)
    found = wl.book.opportunities({"A": fxcm, "B": oanda}, fees_bps=0.2, max_age=max_age)
    assert as_rows(found) == slow_opportunities(fxcm, oanda, None if max_age is None else 10 * NS)
    assert (len(found), int((found["net_profit"] > 0).sum())) == expected
    told = wl.book.opportunity_summary(found)
    assert told["count"].sum() == expected[0]
    assert told["profitable"].sum() == expected[1]
    if max_age is not None:  # without it the weekend is one long opportunity
        assert found["duration_ns"].sum() < 3600 * NS
    # FXCM's file crosses itself in a tenth of its rows: most of what can be had across is there, too.
    last = np.searchsorted(fxcm.ts, found["start"].to_physical().to_numpy(), side="right") - 1
    assert int((fxcm.bid > fxcm.ask).sum()) == 69_180
    assert 0 < int((fxcm.bid > fxcm.ask)[last].sum()) < len(found)


def test_the_brokers_books_merge_into_one():
    book = wl.book.ConsolidatedBook(["FXCM", "OANDA"], tick_size="0.00001")
    book.update("FXCM", bid=1.38727, ask=1.38729, bid_size=1, ask_size=1)
    book.update("OANDA", bid=1.38676, ask=1.38686, bid_size=1, ask_size=1)
    assert book.is_crossed
    assert (book.best_venue("buy"), book.best_venue("sell")) == ("FXCM", "OANDA")
