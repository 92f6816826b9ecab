"""`inspect` and `walras data`: what is in a file, and what is wrong with it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from walras import cli, data

GOOD = "date,open,high,low,close,volume\n" + "".join(f"2024-01-{d:02},10,12,9,11,100\n" for d in range(2, 6))


def write(folder: Path, text: str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def problems(source, **options) -> dict[str, int]:
    return {p.name: p.count for p in data.inspect(source, **options).problems}


def walras(*arguments: object) -> tuple[int, str, str]:
    """Runs the command line: (exit code, stdout, stderr)."""
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run([str(a) for a in arguments])
    return code, out.getvalue(), err.getvalue()


def test_a_good_file_is_described(tmp_path):
    found = data.inspect(write(tmp_path, GOOD, "ko.csv"))
    assert found.is_good
    assert found.problems == ()
    assert (found.kind, found.instruments, found.rows, found.step) == ("bars", ("KO",), 4, "1d")
    assert found.first == "2024-01-02T00:00:00Z"
    assert (found.price_min, found.price_max, found.price_decimals) == (9.0, 12.0, 0)


def test_every_kind_of_file_is_told_apart():
    time = ["2024-01-02 09:30", "2024-01-02 09:31"]
    one = [1.0, 1.0]
    both = {f"{s}_{w}": one for s in ("bid", "ask") for w in "ohlc"}
    for columns, kind in (
        ({"close": one}, "closes"), ({"bid": one, "ask": one}, "quotes"), ({"price": one, "size": one}, "trades"),
        (both, "bars of bid and ask"), ({"KO": one, "PEP": one}, "closes of many instruments"),
        ({"KO": ["a", "b"]}, "unknown"),
    ):  # fmt: skip
        assert data.inspect({"time": time, **columns}).kind == kind


def test_every_broken_rule_is_counted_with_its_first_lines(tmp_path):
    rows = [
        "2024-01-03,10,12,9,11,1", "2024-01-02,10,12,9,11,1", "2024-01-02,10,12,9,11,1", "2024-01-04,10,12,9,0,1",
        "2024-01-05,10,8,9,9,1", "2024-01-08,-1,12,-2,11,1", "2024-01-09,x,12,9,11,1", "2024-01-10,10,12,9,nan,1",
    ]  # fmt: skip
    found = data.inspect(write(tmp_path, GOOD.splitlines()[0] + "\n" + "\n".join(rows) + "\n"))
    by_name = {p.name: p for p in found.problems}
    assert not found.is_good
    wanted = {"unsorted", "duplicates", "zero price", "negative price", "high below low", "not a number", "not finite"}
    assert wanted <= set(by_name)
    assert [found.place(r) for r in by_name["unsorted"].rows] == [3]
    assert [found.place(r) for r in by_name["duplicates"].rows] == [4]
    assert by_name["not a number"].fact == "the open 'x' is not a number"
    assert all(p.remedy for p in found.problems)


def test_gaps_are_warnings_not_errors():
    days = ["2024-01-02", "2024-01-03", "2024-01-15", "2024-01-16"]
    found = data.inspect({"date": days, "close": [1.0] * 4})
    assert found.is_good
    assert [(p.name, p.severity, p.count) for p in found.problems] == [("gaps", "warning", 1)]
    assert "7 days are missing, the first after 2024-01-03" in found.problems[0].fact
    times = ["2024-01-02 09:30", "2024-01-02 09:31", "2024-01-02 09:34", "2024-01-03 09:30"]
    inside = data.inspect({"time": times, "close": [1.0] * 4}, step="1m").problems[0]
    assert "2 bars of 1m are missing inside days, the first after 2024-01-02T09:31:00Z" in inside.fact


def test_a_calendar_makes_gaps_exact():
    pytest.importorskip("exchange_calendars")
    days = ["2013-11-26", "2013-11-28", "2013-11-29"]  # without the 27th, with Thanksgiving
    found = problems({"date": days, "close": [1.0] * 3}, calendar="XNYS")
    assert found == {"missing sessions": 1, "not a session": 1}
    start = np.datetime64("2013-11-29T09:30") + np.arange(210) * np.timedelta64(1, "m")
    times = [str(t) for t in np.delete(start, [5, 6])]
    assert problems({"time": times, "close": [1.0] * 208}, tz="America/New_York", calendar="XNYS", step="1m") == {
        "gaps": 2
    }


def test_outliers_stand_out_from_the_usual_changes():
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 300)))
    close[150] *= 10
    days = [str(np.datetime64("2020-01-01") + i) for i in range(300)]
    found = data.inspect({"date": days, "close": close})
    assert found.is_good
    assert {p.name: p.rows for p in found.problems} == {"outliers": (150, 151)}
    assert problems({"date": days, "close": close}, sigma=1000) == {}


def test_a_truncated_gzip_is_inspected_as_far_as_it_is_whole(tmp_path):
    lines = [f"{d},{100 + i % 7}\n" for i, d in enumerate(np.arange("1980-01-01", "2020-01-01", dtype="datetime64[D]"))]
    packed = gzip.compress(("date,close\n" + "".join(lines)).encode())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    found = data.inspect(path, sigma=1000)
    assert found.rows > 1000
    assert {p.name for p in found.problems} == {"truncated"}


def test_what_cannot_be_read_is_a_problem_not_a_crash(tmp_path):
    for text in ("", "hello", "date,close\n2024-01-02,1,2\n", "date,close\nyesterday,1\n"):
        found = data.inspect(write(tmp_path, text))
        assert [p.name for p in found.problems] == ["unreadable"]
        assert not found.is_good


def test_the_command_says_what_is_wrong_and_exits_with_3(tmp_path):
    good, bad = write(tmp_path, GOOD, "good.csv"), write(tmp_path, GOOD + "2024-01-01,10,12,9,11,1\n", "bad.csv")
    code, out, _ = walras("data", "inspect", good)
    assert code == 0
    assert "nothing is wrong with it" in out
    code, out, _ = walras("data", "inspect", bad)
    assert code == 3
    assert "unsorted" in out
    assert "a reader refuses it" in out
    code, out, _ = walras("data", "inspect", bad, "--json")
    document = json.loads(out)
    assert code == 3
    assert document["good"] is False
    assert document["problems"][0]["lines"] == [6]
    assert walras("data", "inspect", bad, "--quiet") == (3, "", "")
    code, out, err = walras("data", "inspect", tmp_path / "none.csv")
    assert (code, out) == (3, "")
    assert "none.csv: the file does not exist" in err
    assert "Traceback" not in err


def test_columns_are_named_on_the_command_line(tmp_path):
    path = write(tmp_path, "2024-01-02,7\n2024-01-03,8\n")
    assert walras("data", "inspect", path, "--columns", "date,close")[0] == 0
    adjusted = write(tmp_path, "Date,Close,Adj\n2024-01-02,7,1\n", "b.csv")
    _, out, _ = walras("data", "inspect", adjusted, "--columns", "close=Adj", "--json")
    assert json.loads(out)["price_max"] == 1.0


def test_the_command_converts_to_parquet_and_back(tmp_path):
    source = write(tmp_path, GOOD)
    target = tmp_path / "out.parquet"
    assert walras("data", "convert", source, target, "--instrument", "KO", "--quiet") == (0, "", "")
    again = tmp_path / "again.csv"
    assert walras("data", "convert", target, again, "--instrument", "KO")[0] == 0
    assert pl.read_csv(again).height == 4
    expected = data.read_bars(source, instrument="KO").data_hash
    assert data.read_bars(target, instrument="KO").data_hash == expected
    assert data.read_bars(again, instrument="KO").data_hash == expected
    assert walras("data", "convert", source, tmp_path / "x.doc")[0] == 2


def test_the_command_shows_the_bundled_prices():
    code, out, _ = walras("data", "demo", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["rows"] == 8313
    assert [i["symbol"] for i in document["instruments"]][:2] == ["AAPL", "AMD"]
    assert "XOM" in walras("data", "demo")[1]


def test_help_teaches_with_examples():
    result = CliRunner().invoke(cli.app, ["data", "inspect", "--help"])
    assert result.exit_code == 0
    assert "walras data inspect prices.csv.gz" in result.output


def test_what_a_reader_says_is_not_said_twice(tmp_path):
    (empty,) = data.inspect(write(tmp_path, "")).problems
    assert (empty.fact, empty.remedy) == (f"{tmp_path / 'a.csv'}: the file is empty", "fetch or write the file again")


def test_a_stream_that_ends_before_its_first_line_is_truncated_and_not_empty(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(GOOD.encode())[:20])
    (problem,) = data.inspect(path).problems
    assert "the gzip stream ends early" in problem.fact
