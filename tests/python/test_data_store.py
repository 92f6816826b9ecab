"""Files out and in again: exact, whole or not at all, and nothing that a file says is believed."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walras import cli, data
from walras.errors import ConfigError, DataError

ROOT = Path(__file__).resolve().parents[2]
PANDAS_FILES = sorted((ROOT / "tests/data/hdf5").glob("*.h5"))
ENDINGS = (".parquet", ".arrow", ".feather", ".h5", ".csv", ".csv.gz")
BINARY = (".parquet", ".arrow", ".h5")


def bars_of(count: int = 50, name: str = "KO.XNYS", tz: str = "America/New_York", first: int = 0) -> data.Bars:
    rng = np.random.default_rng(count)
    close = np.round(50 * np.exp(np.cumsum(rng.normal(0, 0.01, count))), 4)
    ts = np.datetime64("2024-01-02T14:30", "ns").astype(np.int64) + (first + np.arange(1, count + 1)) * 60_000_000_000
    volume = np.where(np.arange(count) % 7 == 3, np.nan, 100.0)
    return data.Bars.from_columns(name, ts, close, close + 0.01, close - 0.01, close, volume, step="1m", tz=tz)


def walras(*arguments: object) -> tuple[int, str, str]:
    """Runs the command line: (exit code, stdout, stderr)."""
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run([str(a) for a in arguments])
    return code, out.getvalue(), err.getvalue()


def same(a: data.BarColumns, b: data.BarColumns) -> None:
    for name in ("ts_open", "ts_close", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


# ---- round trips ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("integers", [False, True])
@pytest.mark.parametrize("ending", BINARY)
def test_bars_come_back_with_everything_that_they_know(tmp_path, ending, integers):
    bars = data.combine([bars_of(), bars_of(70, "PEP.XNAS", "UTC", 20)])
    path = tmp_path / f"bars{ending}"
    data.write_bars(bars, path, integers=integers)
    again = data.read_bars(path)
    assert again.data_hash == bars.data_hash
    for a, b in zip(again.series, bars.series, strict=True):
        if not integers:
            same(a, b)
        else:  # the same prices, each as the double nearest to them
            np.testing.assert_array_equal(a.low, np.rint(b.low * 1e9) / 1e9)
        assert (a.instrument, a.tz, a.step, a.closes_only) == (b.instrument, b.tz, b.step, b.closes_only)
    assert data.read_bars(path, instrument="PEP.XNAS").instruments == ("PEP.XNAS",)
    with pytest.raises(DataError, match=r"no bars of 'MSFT', only of KO\.XNYS, PEP\.XNAS"):
        data.read_bars(path, instrument="MSFT")


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_keeps_prices_and_times_to_the_bit(tmp_path, ending):
    bars = bars_of()
    path = tmp_path / f"bars{ending}"
    data.write_bars(bars, path)
    same(data.read_bars(path, instrument=bars.instrument).series[0], bars.series[0])


def test_a_csv_of_many_instruments_is_read_as_many(tmp_path):
    bars = data.combine([bars_of(), bars_of(70, "PEP.XNAS", "UTC", 20)])
    data.write_bars(bars, tmp_path / "bars.csv")
    again = data.read_bars(tmp_path / "bars.csv")
    assert again.instruments == bars.instruments
    assert again.data_hash == bars.data_hash
    assert data.inspect(tmp_path / "bars.csv").is_good
    assert data.inspect(tmp_path / "bars.csv").instruments == bars.instruments


@pytest.mark.parametrize("ending", BINARY)
def test_quotes_and_trades_come_back(tmp_path, ending):
    ts = np.arange(1, 41, dtype=np.int64) * 1_000_000_007
    bid = np.round(1.1 + np.arange(40) / 1e5, 5)
    quotes = data.Quotes.from_columns("EURUSD", ts, bid, bid + 0.0001, tz="America/New_York")
    trades = data.Trades.from_columns("EURUSD", ts, bid, np.ones(40), np.tile([1, -1], 20), np.arange(40))
    for integers in (False, True):
        data.write_quotes(quotes, tmp_path / f"q{ending}", integers=integers, force=True)
        data.write_trades(trades, tmp_path / f"t{ending}", integers=integers, force=True)
        assert data.read_quotes(tmp_path / f"q{ending}").data_hash == quotes.data_hash
        assert data.read_quotes(tmp_path / f"q{ending}").tz == "America/New_York"
        assert data.read_trades(tmp_path / f"t{ending}").data_hash == trades.data_hash
        np.testing.assert_array_equal(data.read_trades(tmp_path / f"t{ending}").trade_id, trades.trade_id)
    with pytest.raises(DataError, match="the file holds quotes, not bars; read it with read_quotes"):
        data.read_bars(tmp_path / f"q{ending}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.lists(st.integers(1, 9_007_199_254_740_991), min_size=1, max_size=30),
    times=st.integers(-(10**17), 10**17),
    name=st.text(min_size=1, max_size=12).filter(lambda s: "\0" not in s and s.isprintable()),
    ending=st.sampled_from(BINARY),
    integers=st.booleans(),
)
def test_any_price_of_1e_9_and_any_name_comes_back_exactly(tmp_path, raw, times, name, ending, integers):
    price = np.array(raw, dtype=np.int64) / 1e9
    ts = times + np.arange(1, price.size + 1) * 1_000_000_001
    bars = data.Bars.from_columns(name, ts, price, price, price, price, step=7)
    path = tmp_path / f"x{ending}"
    data.write_bars(bars, path, integers=integers, force=True)
    again = data.read_bars(path)
    assert again.instruments == (name,)
    np.testing.assert_array_equal(np.rint(again.close * 1e9).astype(np.int64), np.rint(price * 1e9).astype(np.int64))
    np.testing.assert_array_equal(again.ts_close, bars.ts_close)
    assert again.data_hash == bars.data_hash


def test_a_file_says_who_wrote_it_and_other_tools_read_it(tmp_path):
    bars = bars_of()
    data.write_bars(bars, tmp_path / "bars.parquet")
    meta = json.loads(pq.read_schema(tmp_path / "bars.parquet").metadata[b"walras"])
    assert (meta["kind"], meta["price_decimals"], meta["prices"]) == ("bars", 4, "float64, currency units")
    assert meta["instruments"][0]["data_hash"] == bars.data_hash
    assert pl.read_parquet(tmp_path / "bars.parquet").equals(bars.frame())
    assert pl.read_ipc(_arrow(bars, tmp_path)).equals(bars.frame())
    h5py = pytest.importorskip("h5py")
    data.write_bars(bars, tmp_path / "bars.h5")
    with h5py.File(tmp_path / "bars.h5") as file:
        np.testing.assert_array_equal(file["walras/close"][()], bars.close)
        assert file["walras/ts_close"].attrs["unit"] == "ns since 1970-01-01 UTC"


def _arrow(bars: data.Bars, folder: Path) -> Path:
    data.write_bars(bars, folder / "bars.arrow")
    return folder / "bars.arrow"


def test_equal_data_make_equal_bytes(tmp_path):
    for ending in (".parquet", ".arrow", ".csv", ".csv.gz"):
        for name in ("a", "b"):
            data.write_bars(bars_of(), tmp_path / f"{name}{ending}")
        assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


def test_many_rows_go_out_in_groups(tmp_path):
    bars = data.combine([bars_of(300_000), bars_of(250_000, "PEP", "UTC", 7)])
    data.write_bars(bars, tmp_path / "big.parquet")
    assert pq.ParquetFile(tmp_path / "big.parquet").num_row_groups == 3
    assert data.read_bars(tmp_path / "big.parquet").data_hash == bars.data_hash


# ---- whole or not at all -------------------------------------------------------------------------------------------


def test_nothing_is_overwritten_unasked(tmp_path):
    path = tmp_path / "bars.parquet"
    data.write_bars(bars_of(), path)
    with pytest.raises(ConfigError, match=r"the file exists; give another name, or overwrite it with force"):
        data.write_bars(bars_of(60), path)
    assert len(data.read_bars(path)) == 50
    data.write_bars(bars_of(60), path, force=True)
    assert len(data.read_bars(path)) == 60
    assert walras("data", "convert", path, path, "--force")[0] == 2
    os.link(path, tmp_path / "same.parquet")
    assert "this is the file that is read" in walras("data", "convert", path, tmp_path / "same.parquet", "--force")[2]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_write_that_fails_leaves_what_was_there(tmp_path, ending, monkeypatch):
    path = tmp_path / f"bars{ending}"
    data.write_bars(bars_of(), path)
    before = path.read_bytes()
    from walras.data import _write

    def fail(*_: object, **__: object) -> pl.DataFrame:
        raise KeyboardInterrupt

    monkeypatch.setattr(_write.CsvWriter, "write", fail)
    monkeypatch.setattr(_write.ParquetWriter, "write", fail)
    monkeypatch.setattr(_write.ArrowWriter, "write", fail)
    from walras.data import _hdf5

    monkeypatch.setattr(_hdf5.Hdf5Writer, "write", fail)
    with pytest.raises(KeyboardInterrupt):
        data.write_bars(bars_of(99), path, force=True)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_ctrl_c_leaves_no_half_file(tmp_path):
    code = (
        "import sys, time; from walras import data; from walras.data import _write\n"
        "import numpy as np\n"
        "n = 2_000_000; ts = np.arange(1, n + 1) * 60_000_000_000; p = np.linspace(10, 20, n)\n"
        "bars = data.Bars.from_columns('A', ts, p, p, p, p, step='1m')\n"
        "print('go', flush=True)\n"
        "data.write_bars(bars, sys.argv[1])\n"
    )
    path = tmp_path / "big.csv.gz"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "python")}
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"go"
        deadline = time.monotonic() + 30
        while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_has_the_rights_that_others_would_have(tmp_path):
    (tmp_path / "plain").write_text("x")
    data.write_bars(bars_of(), tmp_path / "bars.csv")
    assert stat.S_IMODE((tmp_path / "bars.csv").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_place_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"the ending names no format that can be written; give one of \.csv"):
        data.write_bars(bars_of(), tmp_path / "bars.xlsx")
    with pytest.raises(ConfigError, match="does not exist; make it first"):
        data.write_bars(bars_of(), tmp_path / "none" / "bars.csv")
    (tmp_path / "bars.csv").mkdir()
    with pytest.raises(ConfigError, match="this is a folder"):
        data.write_bars(bars_of(), tmp_path / "bars.csv")


# ---- files that are not what they say ------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", BINARY)
def test_a_truncated_file_is_an_error_wherever_it_is_cut(tmp_path, ending):
    whole = tmp_path / f"whole{ending}"
    data.write_bars(bars_of(), whole)
    content = whole.read_bytes()
    path = tmp_path / f"cut{ending}"
    for cut in sorted({0, 1, 4, 7, 8, 12, *range(0, len(content), max(len(content) // 97, 1)), len(content) - 1}):
        path.write_bytes(content[:cut])
        try:
            again = data.read_bars(path)
        except DataError as error:
            assert f"cut{ending}" in str(error)  # noqa: PT017
            assert ";" in str(error)  # noqa: PT017
        else:
            assert again.data_hash == bars_of().data_hash


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ending=st.sampled_from(BINARY), at=st.floats(0, 1), noise=st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_refused_or_read_as_it_was(tmp_path, ending, at, noise):
    whole = tmp_path / f"whole{ending}"
    if not whole.exists():
        data.write_bars(bars_of(), whole)
    content = bytearray(whole.read_bytes())
    start = int(at * (len(content) - 1))
    content[start : start + len(noise)] = noise
    path = tmp_path / f"bad{ending}"
    path.write_bytes(content)
    for reader in (data.read_bars, data.inspect):
        try:
            found = reader(path)
        except DataError as error:
            assert f"bad{ending}" in str(error)  # noqa: PT017
        else:
            if isinstance(found, data.Bars):
                # Prices are counts of 1e-9: what changes less is the same price.
                np.testing.assert_array_equal(np.rint(found.close * 1e9), np.rint(bars_of().close * 1e9))
                np.testing.assert_array_equal(found.ts_close, bars_of().ts_close)


@pytest.mark.parametrize("ending", BINARY)
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PAR1", b"PAR1" * 100, b"ARROW1\0\0", b"\x89HDF\r\n\x1a\n", bytes(999)]
)
def test_what_is_no_such_file_is_an_error(tmp_path, ending, content):
    path = tmp_path / f"bad{ending}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"bad\{ending}: this is not a readable \w+ file: .*; fetch"):
        data.read_bars(path)
    assert [p.name for p in data.inspect(path).problems] == ["unreadable"]


def test_columns_that_were_changed_do_not_carry_the_old_name(tmp_path):
    bars = bars_of()
    data.write_bars(bars, tmp_path / "bars.parquet")
    table = pq.read_table(tmp_path / "bars.parquet")
    close = table["close"].to_numpy().copy()
    close[7] += 0.0001
    changed = table.set_column(table.schema.get_field_index("close"), "close", pa.array(close))
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), tmp_path / "changed.parquet")
    with pytest.raises(DataError, match=r"changed\.parquet: the data of 'KO\.XNYS' have the hash .* and the file says"):
        data.read_bars(tmp_path / "changed.parquet")
    assert len(data.read_bars(tmp_path / "changed.parquet", columns={"close": "close"}, step="1m")) == 50


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "this one reads 1; update walras"),
        ({"format": "x"}, "this one reads 1"),
        ({"instruments": [{"name": 3}]}, "the metadata of the file is damaged"),
        ({"instruments": [{"name": "KO", "tz": "Mars"}]}, "the time zone 'Mars' is not known"),
    ],
)
def test_metadata_that_make_no_sense_are_an_error(tmp_path, change, message):
    data.write_bars(bars_of(), tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    meta = json.loads(table.schema.metadata[b"walras"]) | change
    pq.write_table(table.replace_schema_metadata({b"walras": json.dumps(meta).encode()}), tmp_path / "b.parquet")
    with pytest.raises(DataError, match=message):
        data.read_bars(tmp_path / "b.parquet")
    pq.write_table(table.replace_schema_metadata({b"walras": b"{"}), tmp_path / "c.parquet")
    with pytest.raises(DataError, match="the metadata that walras wrote is damaged"):
        data.read_bars(tmp_path / "c.parquet")


def test_a_time_beyond_what_nanoseconds_count_is_an_error_that_names_the_row(tmp_path):
    times = pl.Series("time", [0, 10**18], dtype=pl.Int64).cast(pl.Datetime("us"))
    pl.DataFrame({"time": times, "close": [1.0, 2.0]}).write_parquet(tmp_path / "far.parquet")
    with pytest.raises(DataError, match=r"far\.parquet, row 1: the time in column 'time' is beyond the years"):
        data.read_bars(tmp_path / "far.parquet", step="1d")


def test_a_missing_or_strange_column_is_an_error(tmp_path):
    data.write_bars(bars_of(), tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    pq.write_table(table.drop_columns(["high"]), tmp_path / "b.parquet")
    with pytest.raises(DataError, match="there is no column 'high'"):
        data.read_bars(tmp_path / "b.parquet")
    nested = table.set_column(3, "open", pa.array([[1.0]] * 50))
    pq.write_table(nested, tmp_path / "c.parquet")
    with pytest.raises(DataError, match="the column 'open' has type List"):
        data.read_bars(tmp_path / "c.parquet")
    twice = pa.table([pa.array([1.0]), pa.array([2.0])], names=["close", "close"])
    pq.write_table(twice, tmp_path / "d.parquet")
    with pytest.raises(DataError, match="the column 'close' comes twice"):
        data.read_bars(tmp_path / "d.parquet")


def test_a_file_that_claims_more_than_the_machine_has_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    from walras.data import _binary

    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        for name in ("time", "close"):  # no row of it is on the disk
            file.create_dataset(name, shape=(10**14,), dtype="f8", chunks=(1024,))
    with pytest.raises(DataError, match=r"bomb\.h5: the dataset /\w+ claims 800,000,000,000,000 bytes"):
        data.read_bars(tmp_path / "bomb.h5")
    data.write_bars(bars_of(), tmp_path / "bars.parquet")
    monkeypatch.setattr(_binary, "memory_bytes", lambda: 1000)
    with pytest.raises(DataError, match=r"the file claims 50 rows of 8 columns and this machine has 1,000 bytes"):
        data.read_bars(tmp_path / "bars.parquet")


# ---- HDF5 of others ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PANDAS_FILES, ids=lambda p: p.stem)
def test_what_pandas_wrote_is_read(path):
    pytest.importorskip("h5py")
    bars = data.read_bars(path, step="1m", tz="America/New_York")
    np.testing.assert_array_equal(bars.close, [1.5, 2.5, 3.5, 4.5])
    np.testing.assert_array_equal(bars.high, [2, 3, 4, 5])
    np.testing.assert_array_equal(bars.volume, [10, 20, 30, 40])
    # With a zone pandas keeps UTC; without one the times are wall times.
    assert str(bars.ts_open[0].astype("datetime64[ns]")) == "2024-01-02T14:30:00.000000000"


def test_a_pickle_in_an_hdf5_file_never_runs(tmp_path):
    h5py = pytest.importorskip("h5py")
    marker = tmp_path / "ran"
    evil = f"cos\nsystem\n(S'touch {marker}'\ntR.".encode()
    source = next(p for p in PANDAS_FILES if p.stem == "pandas_table")
    path = tmp_path / "evil.h5"
    path.write_bytes(source.read_bytes())
    with h5py.File(path, "r+") as file:
        file["bars/table"].attrs["values_block_0_kind"] = np.bytes_(evil)
        file["bars"].attrs["info"] = np.bytes_(evil)
    with pytest.raises(DataError, match=r"values_block_0 has 4 columns and 1 names"):
        data.read_bars(path)
    assert not marker.exists()


def test_plain_hdf5_tables_are_read(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "columns.h5", "w") as file:
        group = file.create_group("prices")
        group["timestamp"] = np.arange(3) * 60 + 1_700_000_000
        group["close"] = [1.0, 2.0, 3.0]
    assert len(data.read_bars(tmp_path / "columns.h5")) == 3
    record = np.array([(1_700_000_000, 1.0), (1_700_000_060, 2.0)], dtype=[("timestamp", "i8"), ("close", "f8")])
    with h5py.File(tmp_path / "record.h5", "w") as file:
        file["bars"] = record
    assert len(data.read_bars(tmp_path / "record.h5")) == 2
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["a"], file["b"] = record, record
    with pytest.raises(DataError, match=r"the file holds 2 tables \(/a, /b\); write one table a file"):
        data.read_bars(tmp_path / "two.h5")
    with h5py.File(tmp_path / "none.h5", "w") as file:
        file.create_group("empty")
    with pytest.raises(DataError, match="the file holds 0 tables"):
        data.read_bars(tmp_path / "none.h5")


def test_without_h5py_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError, match=r"pip install 'walras\[hdf5\]'"):
        data.write_bars(bars_of(), tmp_path / "bars.h5")
    (tmp_path / "x.h5").write_bytes(b"x")
    with pytest.raises(DataError, match=r"pip install 'walras\[hdf5\]'"):
        data.read_bars(tmp_path / "x.h5")


# ---- the command ---------------------------------------------------------------------------------------------------


def test_the_command_converts_through_every_format_and_back(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text(
        "time,open,high,low,close,volume\n"
        + "".join(f"2024-01-02 09:{30 + i},10.1,12.3,9.7,11.{i},100\n" for i in range(20))
    )
    wanted = data.read_bars(source, instrument="KO", tz="America/New_York")
    before = source
    for i, ending in enumerate((".parquet", ".h5", ".arrow", ".feather", ".csv.gz", ".csv")):
        target = tmp_path / f"step{i}{ending}"
        options = () if i else ("--instrument", "KO", "--tz", "America/New_York")
        prices = ("--prices", "integer") if i % 2 else ()
        code, out, err = walras("data", "convert", before, target, *options, *prices)
        assert (code, err) == (0, "")
        assert "20 bars" in out
        before = target
    assert data.read_bars(before, instrument="KO").data_hash == wanted.data_hash


def test_the_command_knows_quotes_trades_and_many_closes(tmp_path):
    quotes = tmp_path / "q.csv"
    quotes.write_text("ts,bid,ask\n1381152660,1.1,1.2\n1381152661,1.1,1.3\n")
    assert walras("data", "convert", quotes, tmp_path / "q.parquet", "--quiet")[0] == 0
    assert len(data.read_quotes(tmp_path / "q.parquet")) == 2
    trades = tmp_path / "t.csv"
    trades.write_text("ts,price,size\n1381152660,1.1,10\n1381152661,1.2,20\n")
    assert walras("data", "convert", trades, tmp_path / "t.h5", "--quiet")[0] == 0
    assert len(data.read_trades(tmp_path / "t.h5")) == 2
    wide = tmp_path / "w.csv"
    wide.write_text("date,KO,PEP\n2024-01-02,1.1,10\n2024-01-03,1.2,\n")
    assert walras("data", "convert", wide, tmp_path / "w.parquet", "--quiet")[0] == 0
    assert [len(b) for b in data.read_bars(tmp_path / "w.parquet")] == [2, 1]
    assert walras("data", "convert", wide, tmp_path / "ko.parquet", "--instrument", "KO", "--quiet")[0] == 0
    assert data.read_bars(tmp_path / "ko.parquet").instruments == ("KO",)


def test_the_demo_prices_are_listed_shown_and_written(tmp_path):
    assert "8,313 days of 20 US stocks" in walras("data", "demo")[1]
    shown = walras("data", "demo", "KO", "pep", "--rows", "2")[1]
    assert "1990-01-03" in shown
    assert "2.203" in shown
    assert walras("data", "demo", "KO", "PEP", "--to", tmp_path / "kp.h5", "--quiet") == (0, "", "")
    assert data.read_bars(tmp_path / "kp.h5").instruments == ("KO", "PEP")
    assert walras("data", "demo", "--to", tmp_path / "all.csv.gz")[0] == 0
    again = data.bars_from_frame(pl.read_csv(tmp_path / "all.csv.gz", try_parse_dates=True))
    assert again.data_hash == data.bars_from_frame(data.load_demo_prices()).data_hash
    assert walras("data", "demo", "KOO")[0] == 3
    assert walras("data", "demo", "--to", tmp_path / "all.csv.gz")[0] == 2
