"""Bad input: an error that names file, line, fact and remedy; nothing is dropped, nothing crashes."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walras import data
from walras.errors import DataError

HEAD = "date,open,high,low,close,volume\n2024-01-02,10,12,9,11,100\n"


def write(folder: Path, text: str, name: str = "bad.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def message_of(reader, path: Path) -> str:
    """The DataError's message, or "" where the file is read; any other exception fails the test."""
    try:
        reader(path)
    except DataError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("row", "fact"),
    [
        ("2024-01-03,10,12,9,,1", "the close in column 'close' is missing"),
        ("2024-01-03,10,12,9,nan,1", r"the close is missing \(NaN\)"),
        ("2024-01-03,10,inf,9,10,1", "the high is infinite"),
        ("2024-01-03,10,12,9,x,1", "the close 'x' in column 'close' is not a number"),
        ("2024-01-03,10,12,9,1.2.3,1", "is not a number"),
        ("2024-01-03,10,12,0,10,1", "the low is 0; .*nonpositive=True"),
        ("2024-01-03,-10,12,-11,10,1", "the open is -10"),
        ("2024-01-03,10,9,12,10,1", "the high 9 is below the low 12"),
        ("2024-01-03,13,12,9,10,1", r"the open 13 is outside the bar's range \[9, 12\]"),
        ("2024-01-03,10,12,9,8.5,1", r"the close 8.5 is outside the bar's range"),
        ("2024-01-03,1e30,1e30,9,10,1", "prices end at"),
        ("2024-01-03,10,12,9,10,-1", "the volume is -1"),
        ("2024-01-02,10,12,9,10,1", "the time 2024-01-02T23:59:59.999999999Z repeats that of the row before"),
        ("2024-01-01,10,12,9,10,1", "is earlier than .* of the row before; sort the rows by time"),
        ("2024-13-01,10,12,9,10,1", "'2024-13-01' in column 'date' is not a date like the first row's"),
        ("03.01.2024,10,12,9,10,1", "is not a date like the first row's"),
        (",10,12,9,10,1", "the time in column 'date' is missing"),
        ("2024-01-03,10,12,9,10", "the line has 5 fields and 6 are expected"),
        ("2024-01-03,10,12,9,10,1,7", "the line has 7 fields and 6 are expected"),
        ("\n2024-01-03,10,12,9,10,1", "the line is blank"),
    ],
)
def test_a_broken_row_is_named_by_file_and_line(tmp_path, row, fact):
    path = write(tmp_path, HEAD + row + "\n")
    with pytest.raises(DataError, match=rf"bad\.csv, line 3: .*{fact}") as caught:
        data.read_bars(path)
    assert ";" in str(caught.value)  # a remedy follows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("date,close\n", "a header and no rows"),
        ("hello\n", "the first line has one field only"),
        ("date,a,b\n2024-01-02,1,2\n", "there is no column for 'close'"),
        ("date,open,close\n2024-01-02,1,2\n", "there is no column for 'high'"),
        ("a,close\n2024-01-02,1\n", "there is no column for 'time'"),
        ("1,2,3,4\n5,6,7,8\n", "matches? no LEAN layout|match no LEAN layout"),
        ('date,close\n"2024-01-02,1\n', "not delimited text|is missing|not a date|no known form"),
    ],
)
def test_a_file_without_bars_is_an_error(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        data.read_bars(write(tmp_path, text))


def test_paths_and_formats_that_do_not_exist_are_errors(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: the file does not exist"):
        data.read_bars(tmp_path / "none.csv")
    with pytest.raises(DataError, match="this is a folder"):
        data.read_bars(tmp_path)
    with pytest.raises(DataError, match=r"the ending \.xlsx names no known format"):
        data.read_bars(write(tmp_path, "x", "a.xlsx"))
    with pytest.raises(DataError, match="not a readable Parquet file"):
        data.read_bars(write(tmp_path, "x", "a.parquet"))
    with pytest.raises(DataError, match="not a readable zip archive"):
        data.read_bars(write(tmp_path, "x", "a.zip"))
    with pytest.raises(DataError, match="holds no gzip data"):
        data.read_bars(write(tmp_path, "x", "a.csv.gz"))
    with pytest.raises(DataError, match="a int is not a source of market data"):
        data.read_bars(7)


def test_a_truncated_gzip_is_an_error_at_every_cut(tmp_path):
    packed = gzip.compress((HEAD * 1).encode())
    path = tmp_path / "cut.csv.gz"
    for cut in range(2, len(packed)):
        path.write_bytes(packed[:cut])
        with pytest.raises(DataError, match=r"cut\.csv\.gz: the gzip stream"):
            data.read_bars(path)


def test_frames_name_their_rows():
    frame = pl.DataFrame({"date": ["2024-01-02", "2024-01-03"], "close": [1.0, None]})
    with pytest.raises(DataError, match="frame, row 1: the close in column 'close' is missing"):
        data.read_bars(frame)
    with pytest.raises(DataError, match="holds no numbers"):
        data.read_bars(pl.DataFrame({"date": ["2024-01-02"], "close": [[1.0]]}))
    with pytest.raises(DataError, match="there are no rows"):
        data.read_bars(pl.DataFrame({"date": pl.Series([], dtype=pl.Date), "close": pl.Series([], dtype=pl.Float64)}))
    with pytest.raises(DataError, match="do not form a table"):
        data.read_bars({"date": ["2024-01-02"], "close": [1.0, 2.0]})


def test_wrong_arrays_are_errors():
    ts, price = np.array([1, 2]), np.array([1.0, 2.0])
    with pytest.raises(DataError, match="'close' has 1 rows and ts_close has 2"):
        data.Bars.from_columns("A", ts, price, price, price, price[:1], step=1)
    with pytest.raises(DataError, match="'open' has type"):
        data.Bars.from_columns("A", ts, np.array(["a", "b"]), price, price, price, step=1)
    with pytest.raises(DataError, match="'ts_close' has type float64"):
        data.Bars.from_columns("A", price, price, price, price, price, step=1)
    with pytest.raises(DataError, match="neither ts_open nor step"):
        data.Bars.from_columns("A", ts, price, price, price, price)
    with pytest.raises(DataError, match="there are no rows"):
        data.Bars.from_columns("A", ts[:0], price[:0], price[:0], price[:0], price[:0], step=1)
    with pytest.raises(DataError, match="there are no bars"):
        data.Bars([])


def test_a_step_longer_than_the_distance_of_the_rows_is_an_error(tmp_path):
    times = {"time": ["2024-01-02 09:30", "2024-01-02 09:31"], "close": [1.0, 2.0]}
    with pytest.raises(DataError, match="before the one before it closed"):
        data.read_bars(times, step="1h")
    with pytest.raises(DataError, match="the step '1x' is not known"):
        data.read_bars(times, step="1x")
    with pytest.raises(DataError, match="the step is 0 ns"):
        data.read_bars(times, step=0)
    with pytest.raises(DataError, match="one row does not tell"):
        data.read_bars({"time": ["2024-01-02 09:30"], "close": [1.0]})
    with pytest.raises(DataError, match="the time zone 'Mars' is not known"):
        data.read_bars(times, tz="Mars")


def test_crossed_quotes_are_errors_unless_they_are_meant(tmp_path):
    path = write(tmp_path, "ts,bid,ask\n1381152660,1,2\n1381152661,3,2\n1381152662,3,2\n")
    with pytest.raises(DataError, match=r"line 3: the bid 3 is above the ask 2 \(2 rows break this rule\)"):
        data.read_quotes(path)
    assert len(data.read_quotes(path, crossed=True)) == 3
    one_side = write(tmp_path, "ts,bid,ask\n1381152660,0,2\n1381152661,3,0\n")
    assert len(data.read_quotes(one_side, crossed=True)) == 2
    with pytest.raises(DataError, match="the bid is 0"):
        data.read_quotes(one_side)


def test_negative_prices_are_read_where_they_are_said_to_be_real():
    source = {"date": ["2020-04-20"], "open": [17.73], "high": [17.85], "low": [-40.32], "close": [-37.63]}  # WTI
    with pytest.raises(DataError, match=r"the low is -40\.32"):
        data.read_bars(source)
    assert data.read_bars(source, nonpositive=True).close[0] == -37.63


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_data_error(tmp_path_factory, noise):
    path = tmp_path_factory.mktemp("noise") / "noise.csv"
    path.write_bytes(b"date,close\n" + noise)
    message = message_of(data.read_bars, path)
    assert "noise.csv" in message or not message


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutated_file_is_read_or_refused_with_a_data_error(tmp_path_factory, data_source):
    text = bytearray((HEAD + "2024-01-03,10,12,9,11,100\n2024-01-04,10,12,9,11,100\n").encode())
    for _ in range(data_source.draw(st.integers(1, 4))):
        at = data_source.draw(st.integers(0, len(text) - 1))
        text[at : at + data_source.draw(st.integers(0, 2))] = data_source.draw(st.binary(max_size=2))
    path = tmp_path_factory.mktemp("mutated") / "mutated.csv"
    path.write_bytes(bytes(text))
    for reader in (data.read_bars, data.inspect):
        message = message_of(reader, path)
        assert "mutated.csv" in message or not message
