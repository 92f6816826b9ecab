"""`clean` and `walras data clean`: what is repaired, what is only reported, and an audit that names everything."""

from __future__ import annotations

import csv
import json
import math
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walras import cli, data
from walras.cli import data_files
from walras.errors import ConfigError, DataError

HEAD = "date,open,high,low,close,volume\n"


def days(count: int, start: str = "2024-01-01") -> list[str]:
    return [str(np.datetime64(start) + i) for i in range(count)]


def walk(count: int, seed: int = 1) -> list[list[str]]:
    """Rows of a random walk in cents: date, open, high, low, close, volume."""
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, count))), 2)
    rows, before = [], close[0]
    for i, day in enumerate(days(count)):
        high, low = max(before, close[i]) + 0.5, min(before, close[i]) - 0.5
        rows.append([day, *(f"{v:.2f}" for v in (before, high, low, close[i])), str(1000 + i)])
        before = close[i]
    return rows


def write(folder: Path, rows: list[list[str]], name: str = "in.csv") -> Path:
    path = folder / name
    path.write_text(HEAD + "".join(",".join(r) + "\n" for r in rows))
    return path


def edits(done: data.Cleaned) -> list[tuple[object, ...]]:
    changed = done.audit.filter(pl.col("action") != "report")
    return changed.select("row", "column", "action", "old", "new", "rule").rows()


def reports(done: data.Cleaned) -> list[tuple[object, ...]]:
    return done.audit.filter(pl.col("action") == "report").select("row", "rule").rows()


def walras(*arguments: object) -> tuple[int, str, str]:
    """Runs the command line: (exit code, stdout, stderr)."""
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run([str(a) for a in arguments])
    return code, out.getvalue(), err.getvalue()


# ---- one rule after the other --------------------------------------------------------------------------------------


def test_clean_data_stay_as_they_are_cell_by_cell(tmp_path):
    path = write(tmp_path, walk(300))
    done = data.clean(path)
    assert done.audit.height == 0
    assert not done.is_changed
    done.write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == path.read_bytes()


def test_the_fewest_rows_are_moved_into_order(tmp_path):
    rows = walk(60)
    moved = [*rows[:10], *rows[11:40], rows[10], *rows[40:]]
    done = data.clean(write(tmp_path, moved))
    assert edits(done) == [(39, "", "move", "", "after 9", "unsorted")]
    assert done.frame.rows() == [tuple(r) for r in rows]


def test_a_file_with_the_newest_row_first_is_turned_round(tmp_path):
    rows = walk(60)
    done = data.clean(write(tmp_path, rows[::-1]))
    assert edits(done) == [(-1, "", "reverse", "", "", "unsorted")]
    assert done.frame.rows() == [tuple(r) for r in rows]


def test_a_repeated_row_goes_and_of_two_different_ones_the_last_stays(tmp_path):
    rows = walk(60)
    other = [*rows[30][:5], "7"]
    source = write(tmp_path, [*rows[:31], rows[30], other, *rows[31:]])
    done = data.clean(source)
    assert [(r, a, rule) for r, _, a, _, _, rule in edits(done)] == [
        (31, "drop", "duplicates"),
        (30, "drop", "conflicts"),
    ]
    assert done.frame.rows()[30] == tuple(other)
    first = data.clean(source, rules={"conflicts": "first"})
    assert first.frame.rows() == [tuple(r) for r in rows]
    assert data.clean(source, rules={"conflicts": "drop"}).frame.height == 59
    left = data.clean(source, rules={"conflicts": "report", "duplicates": "off"})
    assert not left.is_changed
    assert (32, "conflicts") in reports(left)


def test_a_row_whose_time_cannot_be_read_is_dropped(tmp_path):
    rows = walk(60)
    rows[0][0], rows[20][0] = "", "yesterday"
    done = data.clean(write(tmp_path, rows))
    assert [(r, a, rule) for r, _, a, _, _, rule in edits(done)] == [(0, "drop", "times"), (20, "drop", "times")]
    assert done.inspect().is_good
    with pytest.raises(DataError, match="line 2: the time in column 'date' is missing"):
        data.clean(write(tmp_path, rows), rules={"times": "off"})


@pytest.mark.parametrize("cell", ["", "nan", "x", "0", "-3.5", "inf", "1e400"])
def test_a_price_that_is_none_is_rebuilt_from_what_the_row_knows(tmp_path, cell):
    for column, word in ((2, "high"), (3, "low"), (1, "open")):
        rows = walk(60)
        o, h, low, c = (Decimal(v) for v in rows[30][1:5])
        rows[30][column] = cell
        done = data.clean(write(tmp_path, rows))
        before = Decimal(rows[29][4])
        new = {"high": max(o, c), "low": min(o, c), "open": min(max(before, low), h)}[word]
        assert [(r, col, a, rule) for r, col, a, _, _, rule in edits(done)] == [(30, word, "set", "prices")]
        assert Decimal(done.frame[word][30]) == new
        assert done.inspect().is_good


def test_nothing_stands_for_a_missing_close(tmp_path):
    rows = walk(60)
    rows[30][4] = "n/a"
    done = data.clean(write(tmp_path, rows))
    assert [(r, a, rule) for r, _, a, _, _, rule in edits(done)] == [(30, "drop", "prices")]
    assert "'close' holds 'n/a', no number" in done.audit["reason"][0]


def test_of_many_instruments_only_the_cell_goes():
    frame = {
        "date": days(40),
        "KO": [f"{10 + i % 3}.5" for i in range(40)],
        "PEP": [f"{20 + i % 3}" for i in range(40)],
    }
    frame["PEP"][7] = "."
    done = data.clean(frame)
    assert edits(done) == [(7, "PEP", "set", ".", "", "prices")]
    assert done.frame["PEP"][7] is None
    bars = done.read()
    assert isinstance(bars, data.Bars)
    assert (len(bars["KO"]), len(bars["PEP"])) == (40, 39)


def test_negative_prices_stay_where_they_are_said_to_be_real(tmp_path):
    rows = walk(60)
    rows[30][1:5] = ["17.73", "17.85", "-40.32", "-37.63"]
    done = data.clean(write(tmp_path, rows), nonpositive=True, rules={"outliers": "off"})
    assert not done.is_changed


def test_a_contradictory_range_is_swapped_or_widened(tmp_path):
    rows = walk(60)
    rows[20][2], rows[20][3] = rows[20][3], rows[20][2]
    rows[40][2] = rows[40][3]
    done = data.clean(write(tmp_path, rows))
    _, high, low = rows[20][1:4]
    top = max((rows[40][1], rows[40][4]), key=Decimal)
    assert edits(done) == [
        (20, "high", "set", high, low, "range"),
        (20, "low", "set", low, high, "range"),
        (40, "high", "set", rows[40][2], top, "range"),
    ]
    assert done.inspect().is_good


def test_a_negative_volume_is_unknown_not_zero(tmp_path):
    rows = walk(60)
    rows[5][5], rows[6][5] = "-1", "many"
    done = data.clean(write(tmp_path, rows))
    assert edits(done) == [(5, "volume", "set", "-1", "", "sizes"), (6, "volume", "set", "many", "", "sizes")]
    bars = done.read()
    assert isinstance(bars, data.Bars)
    assert math.isnan(bars.volume[5])


def test_crossed_quotes_are_dropped_or_swapped():
    bid = [99.9] * 9 + [100.2] + [99.9] * 50
    frame = {"ts": [1_381_152_660 + i for i in range(60)], "bid": bid, "ask": [100.1] * 60}
    assert [(r, a) for r, _, a, *_ in edits(data.clean(frame))] == [(9, "drop")]
    swapped = data.clean(frame, rules={"crossed": "swap"})
    assert (swapped.frame["bid"][9], swapped.frame["ask"][9]) == (100.1, 100.2)
    assert reports(data.clean(frame, rules={"crossed": "report"})) == [(9, "crossed")]


def test_a_bad_tick_that_comes_back_becomes_the_close_before(tmp_path):
    rows = walk(120)
    for column in (1, 2, 3, 4):
        rows[60][column] = "37.00"
    done = data.clean(write(tmp_path, rows))
    assert {e[0] for e in edits(done)} == {60}
    assert done.frame["close"][60] == rows[59][4]
    assert done.inspect().is_good


def test_a_price_that_stays_away_is_reported_and_kept(tmp_path):
    rows = walk(120)
    for row in rows[60:]:
        row[1:5] = [f"{Decimal(v) * Decimal('0.57'):.4f}" for v in row[1:5]]
    done = data.clean(write(tmp_path, rows))
    assert not done.is_changed
    assert reports(done) == [(60, "outliers")]


def test_the_last_row_cannot_come_back_and_is_kept(tmp_path):
    rows = walk(120)
    rows[-1][1:5] = ["50", "50", "50", "50"]
    assert not data.clean(write(tmp_path, rows), rules={"splits": "off"}).is_changed


def test_a_shifted_decimal_point_is_shifted_back_exactly(tmp_path):
    rows = walk(120)
    whole = list(rows[60])
    rows[60][1:5] = [str(Decimal(v) * 100) for v in rows[60][1:5]]
    low = rows[90][3]
    rows[90][3] = str(Decimal(low) / 10)
    done = data.clean(write(tmp_path, rows))
    assert [Decimal(v) for v in done.frame.rows()[60][1:5]] == [Decimal(v) for v in whole[1:5]]
    assert Decimal(done.frame["low"][90]) == Decimal(low)
    assert "decimal point" in done.audit["reason"][0]


def test_highs_and_lows_beyond_reason_are_cut_to_open_and_close(tmp_path):
    rows = walk(120)
    rows[50][2], rows[70][3] = "163.21", "41.07"
    done = data.clean(write(tmp_path, rows))
    assert {(e[0], e[1]) for e in edits(done)} == {(50, "high"), (70, "low")}
    assert Decimal(done.frame["high"][50]) == max(Decimal(rows[50][1]), Decimal(rows[50][4]))
    assert Decimal(done.frame["low"][70]) == min(Decimal(rows[70][1]), Decimal(rows[70][4]))


def test_thresholds_move_what_counts_as_an_outlier(tmp_path):
    rows = walk(120)
    rows[60][1:5] = [f"{Decimal(v) * Decimal('1.16'):.4f}" for v in rows[60][1:5]]
    path = write(tmp_path, rows)
    assert data.clean(path).is_changed
    assert not data.clean(path, sigma=40).is_changed
    assert not data.clean(path, min_move=0.3).is_changed
    assert not data.clean(path, rules={"outliers": "off"}).is_changed
    assert data.clean(path, rules={"outliers": "drop"}).frame.height == 119


def split(rows: list[list[str]], at: int, k: int) -> list[list[str]]:
    """The prices before `at` times k, the volumes divided: what an unadjusted file shows."""
    return [
        [r[0], *(str(Decimal(v) * k) for v in r[1:5]), str(Decimal(r[5]) / k)] if i < at else r
        for i, r in enumerate(rows)
    ]


@pytest.mark.parametrize("k", [2, 3, 7, 20])
def test_a_split_is_reported_and_adjusted_only_when_asked(tmp_path, k):
    rows = walk(120)
    path = write(tmp_path, split(rows, 60, k))
    done = data.clean(path)
    assert not done.is_changed
    assert reports(done) == [(60, "splits")]
    assert f"nearly {k}:1" in done.audit["reason"][0]
    adjusted = data.clean(path, rules={"splits": "adjust"})
    for name, column in (("open", 1), ("high", 2), ("low", 3), ("close", 4), ("volume", 5)):
        assert [Decimal(v) for v in adjusted.frame[name]] == pytest.approx([Decimal(r[column]) for r in rows], abs=0)
    assert set(adjusted.audit["rule"]) == {"splits"}


def test_a_factor_file_adjusts_only_what_the_prices_still_show(tmp_path):
    rows = walk(120)
    raw, adjusted = write(tmp_path, split(rows, 60, 4)), write(tmp_path, rows, "adjusted.csv")
    factors = tmp_path / "factors.csv"
    factors.write_text(f"{rows[59][0].replace('-', '')},1,0.25\n20501231,1,1\n")
    done = data.clean(raw, factors=factors)
    assert [Decimal(v) for v in done.frame["close"]] == [Decimal(r[4]) for r in rows]
    assert not data.clean(adjusted, factors=factors).is_changed


def test_gaps_are_reported_and_filled_only_when_asked():
    start = np.datetime64("2024-01-02T09:30")
    times = [str(start + i) for i in range(60) if i not in {20, 21, 40}]
    frame = {"time": times, "close": [f"{100 + i % 5}.25" for i in range(57)], "volume": ["10"] * 57}
    done = data.clean(frame, step="1m")
    assert not done.is_changed
    assert reports(done) == [(20, "gaps"), (38, "gaps")]
    filled = data.clean(frame, step="1m", rules={"gaps": "fill"})
    assert filled.frame["time"].to_list() == [str(start + i) for i in range(60)]
    assert filled.frame.rows()[20] == ("2024-01-02T09:50", filled.frame["close"][19], "0")
    assert data.clean(filled.frame, step="1m", rules={"gaps": "fill"}).audit.height == 0


def test_days_are_filled_only_by_a_calendar():
    pytest.importorskip("exchange_calendars")
    dates = ["2013-11-25", "2013-11-26", "2013-11-29", "2013-12-02"]  # without the 27th; the 28th is Thanksgiving
    frame = {"date": dates, "close": ["1.5"] * 4}
    assert not data.clean(frame, rules={"gaps": "fill"}).is_changed
    filled = data.clean(frame, calendar="XNYS", rules={"gaps": "fill"})
    assert filled.frame["date"].to_list() == [*dates[:2], "2013-11-27", *dates[2:]]


@pytest.mark.parametrize(
    "times",
    [
        ["20240102 0930", "20240102 0931", "20240102 0933"],
        ["2024-01-02T09:30:00Z", "2024-01-02T09:31:00Z", "2024-01-02T09:33:00Z"],
        ["2024-01-02 09:30:00.000", "2024-01-02 09:31:00.000", "2024-01-02 09:33:00.000"],
        ["1704187800", "1704187860", "1704187980"],
        ["1704187800.5", "1704187860.5", "1704187980.5"],
        [1704187800000, 1704187860000, 1704187980000],
    ],
)
def test_filled_times_are_written_as_their_column_writes_them(times):
    source = {"time": times, "close": [1.0, 1.5, 1.25]}
    form = "%Y%m%d %H%M" if isinstance(times[0], str) and len(times[0]) == 13 else None
    filled = data.clean(source, step="1m", rules={"gaps": "fill"}, tz="America/New_York", time_format=form)
    assert filled.frame.height == 4
    assert len(str(filled.frame["time"][2])) == len(str(times[0]))
    bars = filled.read(step="1m")
    assert isinstance(bars, data.Bars)
    np.testing.assert_array_equal(np.diff(bars.ts_close), [60_000_000_000] * 3)


def test_times_in_two_columns_are_filled_too():
    source = {"date": ["20131007"] * 3, "ms_ny": ["34200000", "34260000", "34380000"], "close": ["1", "2", "3"]}
    filled = data.clean(source, step="1m", rules={"gaps": "fill"})
    assert filled.frame.rows()[2] == ("20131007", "34320000", "2")
    clock = {"Date": ["2006-01-02"] * 3, "Time": ["09:01:00", "09:02:00", "09:04:00"], "close": ["1", "2", "3"]}
    filled = data.clean(clock, step="1m", rules={"gaps": "fill"})
    assert filled.frame.rows()[2] == ("2006-01-02", "09:03:00", "2")


def test_two_equal_trades_are_two_trades_unless_their_ids_say_otherwise():
    frame = {"ts": [1_381_152_660] * 3, "price": [10.0] * 3, "size": [5.0] * 3}
    assert not data.clean(frame).is_changed
    assert data.clean({**frame, "trade_id": [1, 2, 2]}).frame.height == 2


def test_each_instrument_of_a_long_table_is_cleaned_by_itself(tmp_path):
    a, b = walk(80, 1), walk(80, 2)
    b[40][1:5] = [str(Decimal(v) * 10) for v in b[40][1:5]]
    rows = [["symbol", *HEAD.strip().split(",")]]
    for x, y in zip(a, b, strict=True):
        rows += [["KO", *x], ["PEP", *y]]
    path = tmp_path / "long.csv"
    path.write_text("".join(",".join(r) + "\n" for r in rows))
    done = data.clean(path)
    assert {e[0] for e in edits(done)} == {81}
    assert done.rows_in == done.frame.height == 160


def test_a_rule_that_does_not_fit_the_file_stops_before_it_ruins_it():
    one_side = {"ts": list(range(1_381_152_660, 1_381_152_760)), "bid": [0.0, 9.9] * 50, "ask": [10.1, 0.0] * 50}
    with pytest.raises(DataError, match=r"the rule 'prices' would repair 50 of 100 rows.*switch it off"):
        data.clean(one_side)
    assert not data.clean(one_side, rules={"prices": "off"}).is_changed


def test_wrong_rules_and_bounds_are_named():
    with pytest.raises(ConfigError, match=r"no rule 'outlier'; known: times, unsorted"):
        data.clean({}, rules={"outlier": "off"})
    with pytest.raises(ConfigError, match=r"'gaps' has no mode 'repair'; it has report, fill, off"):
        data.clean({}, rules={"gaps": "repair"})
    with pytest.raises(ConfigError, match=r"sigma is 0; it must lie between 1 and"):
        data.clean({}, sigma=0)
    with pytest.raises(DataError, match=r"the columns 'a' are not those of bars, quotes or trades"):
        data.clean({"a": [1.0]})


# ---- what goes in comes out ----------------------------------------------------------------------------------------


def test_bars_come_out_as_bars_and_frames_as_their_kind(tmp_path):
    rows = walk(120)
    rows[60][1:5] = [str(Decimal(v) * 10) for v in rows[60][1:5]]
    bars = data.read_bars(write(tmp_path, rows), instrument="KO", tz="America/New_York")
    done = data.clean(bars).data
    assert isinstance(done, data.Bars)
    assert (done.instruments, done.tz, done.step, len(done)) == (("KO",), "America/New_York", bars.step, 120)
    np.testing.assert_array_equal(done.ts_close, bars.ts_close)
    assert abs(math.log(done.close[60] / done.close[59])) < 0.1
    assert data.clean(data.clean(bars).data).audit.height == 0

    frame = bars.frame()
    assert isinstance(data.clean(frame).data, pl.DataFrame)
    pd = pytest.importorskip("pandas")
    table = pd.read_csv(tmp_path / "in.csv", index_col=0, parse_dates=True)
    out = data.clean(table).data
    assert list(out.columns) == list(table.columns)
    assert out.index.equals(table.index)
    assert out["close"].iloc[60] == pytest.approx(table["close"].iloc[60] / 10)


def test_integer_columns_of_parquet_keep_their_type(tmp_path):
    rows = walk(120)
    names = HEAD.strip().split(",")
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        *((pl.col(n).cast(pl.Float64) * 10_000).round().cast(pl.Int64).alias(f"{n}_e4") for n in names[1:5]),
        pl.col("volume").cast(pl.Int64),
    )
    frame = frame.select("date", "open_e4", "high_e4", "low_e4", "close_e4", "volume")
    bad = frame.with_columns(
        pl.when(pl.int_range(120) == 60).then(pl.col("low_e4") // 100).otherwise("low_e4").alias("low_e4")
    )
    bad.write_parquet(tmp_path / "in.parquet")
    done = data.clean(tmp_path / "in.parquet")
    assert done.frame.schema == frame.schema
    assert [e[:2] for e in edits(done)] == [(60, "low_e4")]
    done.write(tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").equals(done.frame)
    with pytest.raises(DataError, match=r"the column 'open_e4' of type Int64 cannot hold"):
        data.clean(
            pl.concat([frame[:60].with_columns(pl.col("^.*_e4$") * 7), frame[60:]]).with_columns(
                pl.when(pl.int_range(120) == 3).then(pl.col("open_e4") + 1).otherwise("open_e4").alias("open_e4")
            ),
            rules={"splits": "adjust"},
        )


# ---- the audit -----------------------------------------------------------------------------------------------------


def apply_by_hand(rows: list[list[str]], header: list[str], audit: list[dict[str, str]]) -> list[list[str]]:
    """The audit applied cell by cell, slowly and from its description alone."""
    table = [(i, list(r)) for i, r in enumerate(rows)]
    lines = [e for e in audit if e["action"] != "report"]
    while lines:
        action = lines[0]["action"]
        batch = []
        while lines and lines[0]["action"] == action:
            batch.append(lines.pop(0))
        if action == "move":
            taken = {i: r for i, r in table if str(i) in {e["row"] for e in batch}}
            table = [(i, r) for i, r in table if i not in taken]
        for e in batch:
            number = int(e["row"])
            at = next((k for k, (i, _) in enumerate(table) if i == number), None)
            if action == "set":
                assert at is not None
                cells = table[at][1]
                column = header.index(e["column"])
                assert cells[column] == e["old"]
                cells[column] = e["new"]
            elif action == "drop":
                assert at is not None
                assert ",".join(table[at][1]) == e["old"]
                del table[at]
            elif action == "reverse":
                table.reverse()
            else:
                place = 0
                if e["new"] != "first":
                    place = 1 + next(k for k, (i, _) in enumerate(table) if i == int(e["new"].removeprefix("after ")))
                table.insert(place, (number, taken[number] if action == "move" else [""] * len(header)))
    return [r for _, r in table]


CELLS = st.sampled_from(["", "nan", "x", "0", "-1", "inf", "1e400", "N/A", "12.345678901"])


@st.composite
def damaged(draw: st.DrawFn) -> list[list[str]]:
    rows = walk(draw(st.integers(12, 80)), draw(st.integers(0, 50)))
    if draw(st.booleans()):
        rows = split(rows, draw(st.integers(1, len(rows) - 1)), draw(st.sampled_from([2, 4, 10])))
    for _ in range(draw(st.integers(0, 8))):
        at = draw(st.integers(0, len(rows) - 1))
        kind = draw(st.sampled_from(["cell", "scale", "swap", "move", "repeat", "conflict", "time", "lose", "spike"]))
        row = rows[at]
        column = draw(st.integers(1, 5))
        if kind == "cell":
            row[column] = draw(CELLS)
        elif kind == "scale" and row[column].replace(".", "").isdigit():
            row[column] = format(Decimal(row[column]) * Decimal(draw(st.sampled_from(["10", "0.1", "100", "3"]))), "f")
        elif kind == "swap":
            row[2], row[3] = row[3], row[2]
        elif kind == "move":
            rows.insert(draw(st.integers(0, len(rows) - 1)), rows.pop(at))
        elif kind == "repeat":
            rows.insert(draw(st.integers(0, len(rows))), list(row))
        elif kind == "conflict":
            rows.insert(at, [*row[:5], str(draw(st.integers(0, 9)))])
        elif kind == "time":
            row[0] = draw(st.sampled_from(["", "soon", "2024-13-45"]))
        elif kind == "lose" and len(rows) > 12:
            del rows[at]
        elif kind == "spike":
            rows[at] = [row[0], *["777.77"] * 4, row[5]]
    if draw(st.integers(0, 9)) == 0:
        rows.reverse()
    return rows


MODES = st.fixed_dictionaries(
    {
        "conflicts": st.sampled_from(["last", "first", "drop"]),
        "prices": st.sampled_from(["repair", "drop"]),
        "outliers": st.sampled_from(["repair", "drop", "report", "off"]),
        "range": st.sampled_from(["repair", "drop"]),
        "sizes": st.sampled_from(["repair", "drop"]),
        "splits": st.sampled_from(["report", "adjust", "off"]),
        "gaps": st.sampled_from(["report", "fill", "off"]),
    }
)


@settings(max_examples=250, deadline=None)
@given(rows=damaged(), modes=MODES)
def test_the_audit_applied_to_the_source_is_the_result_and_cleaning_again_changes_nothing(
    tmp_path_factory, rows, modes
):
    folder = tmp_path_factory.mktemp("clean")
    source = write(folder, rows)
    try:
        done = data.clean(source, rules=modes, max_changed=1)
    except DataError as error:
        assert "leaves no row" in str(error) or "has no known form" in str(error)  # noqa: PT017
        return
    out = folder / "out.csv"
    done.write(out)
    for ending in ("csv", "jsonl"):
        done.write_audit(folder / f"audit.{ending}")
    audit = list(csv.DictReader((folder / "audit.csv").read_text().splitlines()))
    lines = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert [{k: "" if v is None else str(v) for k, v in line.items()} for line in lines] == audit

    header = HEAD.strip().split(",")
    wanted = apply_by_hand(rows, header, audit)
    got = [[c if c is not None else "" for c in r] for r in pl.read_csv(out, infer_schema=False).rows()]
    assert got == wanted
    from walras.data._care.audit import apply_audit
    from walras.data._table import load

    again = apply_audit(load(source), data.read_audit(folder / "audit.csv"))
    assert again.equals(done.frame)

    twice = data.clean(out, rules=modes, max_changed=1)
    assert not twice.is_changed
    assert data.inspect(out).is_good, data.inspect(out).problems


def test_an_audit_of_another_file_is_refused(tmp_path):
    rows = walk(60)
    rows[30][4] = "x"
    rows[40][5] = "-2"
    done = data.clean(write(tmp_path, rows))
    done.write_audit(tmp_path / "audit.csv")
    from walras.data._care.audit import apply_audit
    from walras.data._table import load

    audit = data.read_audit(tmp_path / "audit.csv")
    with pytest.raises(DataError, match=r"row 40: the audit says that 'volume' was '-2', and it is '1040'"):
        apply_audit(load(write(tmp_path, walk(60), "other.csv")), audit)
    with pytest.raises(DataError, match="which the table does not have"):
        apply_audit(load(write(tmp_path, walk(20), "short.csv")), audit)
    (tmp_path / "no.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"no\.csv: this is not a readable audit"):
        data.read_audit(tmp_path / "no.csv")


# ---- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(tmp_path):
    rows = walk(120)
    rows[60][1:5] = [str(Decimal(v) * 10) for v in rows[60][1:5]]
    rows[80][5] = "-1"
    return write(tmp_path, rows)


def test_the_command_writes_the_result_and_its_audit(tmp_path, broken):
    before = broken.read_bytes()
    out = tmp_path / "out.csv.gz"
    code, text, _ = walras("data", "clean", broken, out)
    assert code == 0
    assert "120 rows in, 120 out" in text
    assert "outliers" in text
    assert broken.read_bytes() == before
    assert data.inspect(out).is_good
    assert data.read_audit(tmp_path / "out.csv.gz.audit.csv").height == 5
    assert walras("data", "clean", broken, out)[0] == 2  # it exists
    assert walras("data", "clean", broken, out, "--force", "--quiet") == (0, "", "")
    assert walras("data", "clean", broken, broken, "--force")[0] == 2
    assert "this is the file that is read" in walras("data", "clean", broken, broken, "--force")[2]


def test_the_command_speaks_json_and_lists_on_a_dry_run(tmp_path, broken):
    code, text, _ = walras("data", "clean", broken, "--dry-run", "--json")
    document = json.loads(text)
    assert code == 0
    assert (document["rules"]["outliers"]["repaired"], document["rules"]["sizes"]["rows"]) == (4, 1)
    assert document["good"] is True
    assert len(document["edits"]) == 5
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv"]
    listed = walras("data", "clean", broken, "--dry-run")[1]
    assert "nothing is written" in listed
    assert "decimal point" in " ".join(listed.split())
    assert walras("data", "clean", broken)[0] == 2


def test_the_command_switches_rules_and_says_what_is_left(tmp_path, broken):
    out = tmp_path / "out.csv"
    code, text, _ = walras("data", "clean", broken, out, "--rule", "sizes=off", "--audit", tmp_path / "a.jsonl")
    assert code == 3
    assert "still wrong: 1 x bad size: the volume is -1" in text
    assert (tmp_path / "a.jsonl").exists()
    assert "did you mean 'outliers'" in walras("data", "clean", broken, "--dry-run", "--rule", "outlier=off")[2]
    assert "write for example --rule outliers=off" in walras("data", "clean", broken, "--dry-run", "--rule", "gaps")[2]


def test_the_command_cleans_into_another_format(tmp_path, broken):
    assert walras("data", "clean", broken, tmp_path / "out.parquet", "--instrument", "KO", "--quiet")[0] == 0
    bars = data.read_bars(tmp_path / "out.parquet")
    assert bars.instruments == ("KO",)
    assert bars.data_hash == data.clean(broken).read(instrument="KO").data_hash


def test_the_worked_example_of_the_guide_prints_what_the_guide_shows(tmp_path, monkeypatch):
    page = (Path(__file__).resolve().parents[2] / "docs/guides/clean-data.md").read_text(encoding="utf-8")
    made = page.split("```python\n")[1].split("```")[0]
    wanted = [line.split() for line in page.split("```text\n")[1].split("```")[0].splitlines()]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    exec(made, {})
    code, text, _ = walras("data", "clean", "raw.csv", "--dry-run")
    assert code == 0
    lines = [line.split() for line in text.splitlines()]
    assert all(line in lines for line in wanted)
    assert walras("data", "clean", "raw.csv", "clean.csv", "--quiet") == (0, "", "")
    assert walras("data", "inspect", "clean.csv", "--quiet")[0] == 0


def test_the_guide_lists_every_rule_and_mode():
    page = (Path(__file__).resolve().parents[2] / "docs/guides/clean-data.md").read_text(encoding="utf-8")
    helped = " ".join(str(data_files.clean_command.__doc__).split())
    for name, (_, modes) in data.CLEANING_RULES.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
        assert all(m in row.rsplit("|", 2)[1] for m in modes)
        assert f"{name} {', '.join(modes)}" in helped
