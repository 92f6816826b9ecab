"""Ticks from files, in memory and to files."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import walras as wl
from tests.python.data_files import shared
from walras.data import Ticks
from walras.data._tick_records import ACTIONS, BOOK_DELTA, TICK
from walras.errors import ConfigError, DataError

HFT = Path(os.environ.get("WALRAS_HFTBACKTEST", "/tmp/hft/bin/python"))


def diff(ms: int, before: int, last: int, levels: str = '["100.5","1.000"]', symbol: str = "BTCUSDT") -> str:
    t = 1_700_000_000_000 + ms
    return (
        f'{t}000000 {{"data":{{"e":"depthUpdate","E":{t},"T":{t - 1},"s":"{symbol}","U":{before + 1},"u":{last},'
        f'"pu":{before},"b":[{levels}],"a":[["100.6","2.5"]]}}}}\n'
    )


def snapshot(ms: int, last: int) -> str:
    t = 1_700_000_000_000 + ms
    return f'{t}000000 {{"lastUpdateId":{last},"bids":[["100.5","2"]],"asks":[["100.6","3"],["100.7","1"]]}}\n'


def trade(ms: int, number: int) -> str:
    t = 1_700_000_000_000 + ms
    return f'{t}000000 {{"data":{{"e":"trade","T":{t},"s":"BTCUSDT","t":{number},"p":"100.6","q":"0.25","m":false}}}}\n'


def quote(ms: int, number: int) -> str:
    t = 1_700_000_000_000 + ms
    return (
        f'{t}000000 {{"data":{{"e":"bookTicker","u":{number},"s":"BTCUSDT","b":"100.5","B":"1","a":"100.6","A":"2.5",'
        f'"T":{t},"E":{t}}}}}\n'
    )


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    text = diff(1, 5, 9) + snapshot(2, 9) + diff(3, 9, 12) + trade(3, 77) + quote(4, 12) + diff(5, 15, 18)
    path = tmp_path / "capture.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def words(ticks: Ticks) -> list[str]:
    return [ACTIONS[a] for a in ticks.book_deltas()["action"]]


def test_a_capture_becomes_ticks_of_all_kinds(capture: Path):
    ticks = wl.data.read_ticks(capture, lot_size="0.001")
    assert ticks.symbols == ("BTCUSDT",)
    assert words(ticks) == [
        "state", "update", "update", "clear", "update", "update", "update", "update", "update", "update", "update",
        "state", "update", "update",
    ]  # fmt: skip
    assert ticks.trades().price.tolist() == [100.6]
    assert ticks.trades().aggressor.tolist() == [1]
    assert ticks.quotes().ask_size.tolist() == [2.5]
    assert (np.diff(ticks.ts_init) >= 0).all()


def test_records_are_read_only_and_64_bytes(capture: Path):
    ticks = wl.data.read_ticks(capture)
    assert TICK.itemsize == 64
    with pytest.raises(ValueError, match="read-only"):
        ticks.records["price"][0] = 1
    layout = {name: (fmt, at) for kind in ("header", "quote", "trade", "book_delta") for name, fmt, at in
              wl._core.event_layout()[kind]}  # fmt: skip
    for name in TICK.names or ():
        assert TICK.fields is not None
        assert TICK.fields[name][1] == layout[name][1], name


def test_the_frame_speaks_in_words_and_comes_back(capture: Path):
    ticks = wl.data.read_ticks(capture, lot_size="0.001")
    frame = ticks.frame()
    assert frame["kind"].to_list().count("trade") == 1
    row = frame.filter(pl.col("kind") == "trade").to_dicts()[0]
    assert (row["side"], row["price"], row["size"], row["trade_id"]) == ("buy", 100.6, 0.25, 77)
    back = Ticks.from_frame(frame, lot_size="0.001")
    assert back.data_hash == ticks.data_hash


@pytest.mark.parametrize("ending", ["parquet", "journal"])
def test_ticks_go_to_a_file_and_come_back_the_same(capture: Path, tmp_path: Path, ending: str):
    ticks = wl.data.read_ticks(capture, lot_size="0.001")
    wl.data.write_ticks(ticks, tmp_path / f"a.{ending}")
    again = wl.data.read_ticks(tmp_path / f"a.{ending}")
    assert (again.symbols, again.lot_size, again.data_hash) == (ticks.symbols, ticks.lot_size, ticks.data_hash)
    with pytest.raises(ConfigError, match="exists"):
        wl.data.write_ticks(ticks, tmp_path / f"a.{ending}")


def test_hftbacktest_keeps_all_but_the_states(capture: Path, tmp_path: Path):
    ticks = wl.data.read_ticks(capture, lot_size="0.001")
    wl.data.write_hftbacktest(ticks, tmp_path / "a.npz")
    again = wl.data.read_ticks(tmp_path / "a.npz", lot_size="0.001", instrument="BTCUSDT")
    told = ~((ticks.records["kind"] == BOOK_DELTA) & (ticks.records["action"] == ACTIONS.index("state")))
    assert again.records.tobytes() == ticks.records[told].tobytes()
    with np.load(tmp_path / "a.npz") as file:
        assert file["data"].dtype.names == ("ev", "exch_ts", "local_ts", "px", "qty", "order_id", "ival", "fval")


def test_nautilus_catalogs_are_written_and_read(capture: Path, tmp_path: Path):
    ticks = wl.data.read_ticks(capture, lot_size="0.001")
    files = wl.data.write_nautilus(ticks, tmp_path / "catalog")
    assert [f.parent.parent.name for f in files] == ["quote_tick", "trade_tick", "order_book_delta"]
    quotes, trades, deltas = (wl.data.read_ticks(f, lot_size="0.001") for f in files)
    wanted = ticks.records[ticks.records["kind"] == 2]
    wanted["sequence"] = 0  # Nautilus's quotes have none
    assert quotes.records.tobytes() == wanted.tobytes()
    assert trades.records.tobytes() == ticks.records[ticks.records["kind"] == 3].tobytes()
    assert words(deltas) == [w for w in words(ticks) if w != "state"]


def test_nautilus_numbers_of_16_bytes_are_exact():
    from walras.data._tick_nautilus import _binary, _fixed

    values = np.array([0, 1, -1, 123_456_789_123, 9_200_000_000 * 10**9 - 1, -(2**62), 2**32, 2**32 - 1])
    import pyarrow as pa

    assert _fixed(pa.chunked_array([_binary(values)]), "a", "price").tolist() == values.tolist()
    for raw, value in zip(_binary(values).to_pylist(), values.tolist(), strict=True):
        assert int.from_bytes(raw, "little", signed=True) == value * 10**7


def test_several_files_are_one_stream_by_time_of_receipt(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(diff(1, 5, 9) + diff(5, 9, 12))
    (tmp_path / "b.jsonl").write_text(diff(2, 5, 9, symbol="ETHUSDT") + diff(3, 9, 10, symbol="ETHUSDT"))
    ticks = wl.data.read_ticks([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    assert ticks.symbols == ("BTCUSDT", "ETHUSDT")
    assert [ticks.symbols[i] for i in ticks.records["instrument"]] == [
        *["BTCUSDT"] * 3, *["ETHUSDT"] * 5, *["BTCUSDT"] * 2,
    ]  # fmt: skip
    assert len(ticks.only("ETHUSDT")) == 5
    assert len(wl.data.read_ticks([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], symbols="ETHUSDT")) == 5
    part = ticks.between("2023-11-14T22:13:20.002", "2023-11-14T22:13:20.005")
    assert len(part) == 5


def test_a_stream_gives_the_same_ticks_in_pieces(capture: Path):
    files = wl.data.stream_ticks(capture, lot_size="0.001")
    whole = files.read()
    assert b"".join(t.records.tobytes() for t in files.chunks(rows=1)) == whole.records.tobytes()
    start = int(whole.ts_init[8])
    later = wl.data.read_ticks(capture, lot_size="0.001", start=start)
    assert later.records.tobytes() == whole.between(start).records.tobytes()


def test_an_archive_with_one_file_is_opened(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", diff(1, 5, 9))
    assert len(wl.data.read_ticks(tmp_path / "a.data.zip")) == 3


def broken(tmp_path: Path, content: bytes, name: str = "a.jsonl", **options: object) -> str:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises((DataError, ConfigError)) as caught:
        wl.data.read_ticks(path, **options)  # type: ignore[arg-type]
    assert str(path) in str(caught.value) or name not in str(caught.value)
    return str(caught.value)


def test_what_is_wrong_is_refused_with_place_and_remedy(tmp_path: Path):
    good = diff(1, 5, 9)
    rest = gzip.compress((good * 1).encode() + os.urandom(9000).hex().encode())
    assert "truncated" in broken(tmp_path, rest[:-4000], "a.jsonl.gz", format="binance")
    assert "line 2" in broken(tmp_path, (good + diff(2, 9, 12).replace("100.5", "NaN")).encode())
    assert "lot_size" in broken(tmp_path, diff(1, 5, 9, '["1","0.0001"]').encode(), lot_size="0.001")
    assert "'-1'" in broken(tmp_path, diff(1, 5, 9, '["1","-1"]').encode())
    assert 'no "u"' in broken(tmp_path, good.replace('"u":9,', "").encode())
    assert "before the line above" in broken(tmp_path, (diff(5, 5, 9) + diff(1, 9, 12)).encode())
    assert "format" in broken(tmp_path, b"a,b\n1,2\n", "x.txt")
    assert "no format of ticks" in broken(tmp_path, good.encode(), format="bloomberg")
    assert "no ticks of ('ETHUSDT',)" in broken(tmp_path, good.encode(), symbols="ETHUSDT")
    with pytest.raises(DataError, match="does not exist"):
        wl.data.read_ticks(tmp_path / "none")
    assert "damaged" in broken(tmp_path, b"PK\x03\x04 no archive", "a.npz")
    assert "no Parquet" in broken(tmp_path, b"PAR1 no", "a.parquet", format="walras")
    buffer = io.BytesIO()
    np.savez(buffer, data=np.zeros(3))
    assert "none of hftbacktest" in broken(tmp_path, buffer.getvalue(), "b.npz", format="hftbacktest").replace(
        "no one of", "none of"
    )


def test_columns_are_checked():
    with pytest.raises(DataError, match=r"row 1: size is 0\.5, no whole number of lots of 1"):
        Ticks.from_columns("X", ts_init=[1, 2], price=[1.0, 1.0], size=[1, 0.5])
    with pytest.raises(DataError, match="row 1: ts_init lies before"):
        Ticks.from_columns("X", ts_init=[2, 1], price=[1.0, 1.0], size=[1, 1])
    with pytest.raises(DataError, match="the column 'bid' is missing; quotes need it"):
        Ticks.from_columns("X", ts_init=[2], kind="quote")
    with pytest.raises(DataError, match="row 0: kind is 'bar'; use one of"):
        Ticks.from_columns("X", ts_init=[2], kind="bar")
    with pytest.raises(DataError, match="row 0: price is nan"):
        Ticks.from_columns("X", ts_init=[2], price=[float("nan")], size=[1])
    with pytest.raises(DataError, match="no column 'colour'"):
        Ticks.from_columns("X", ts_init=[2], price=[1.0], size=[1], colour=[2])


def run_cli(*words: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("walras")), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_line_inspects_and_converts_ticks(capture: Path, tmp_path: Path):
    told = json.loads(run_cli("data", "inspect", capture, "--lot-size", "0.001", "--json").stdout)
    assert told["format"] == "binance"
    assert told["kinds"] == {"quote": 1, "trade": 1, "book_delta": 14}
    assert told["states"] == {"valid": 0, "resyncing": 1, "unverifiable": 1, "halted": 0}
    for ending in ("npz", "parquet", "journal", "csv"):
        done = run_cli("data", "convert", capture, tmp_path / f"a.{ending}", "--lot-size", "0.001")
        assert done.returncode == 0, done.stderr
        assert "16 ticks of BTCUSDT" in done.stdout
    assert json.loads(run_cli("data", "inspect", tmp_path / "a.parquet", "--json").stdout)["kinds"] == told["kinds"]
    bars = run_cli("data", "convert", capture, tmp_path / "bars.csv", "--lot-size", "0.001", "--bars", "1s")
    assert bars.returncode == 0, bars.stderr
    assert "1 bars of BTCUSDT" in bars.stdout
    written = wl.data.read_bars(tmp_path / "bars.csv")
    trades = wl.data.read_ticks(capture, lot_size="0.001").trades()
    assert (float(written.close[0]), float(written.volume[0])) == (trades.price[0], trades.size[0])
    assert json.loads(run_cli("data", "inspect", tmp_path / "bars.csv", "--json").stdout)["instruments"] == ["BTCUSDT"]
    unknown = run_cli("data", "convert", capture, tmp_path / "c.csv", "--lot-size", "0.001", "--bars", "foo:3")
    assert (unknown.returncode, "'foo:3' are not known" in unknown.stderr) == (3, True)
    refused = run_cli("data", "convert", capture, tmp_path / "a.npz", "--lot-size", "0.001")
    assert (refused.returncode, "--force" in refused.stderr) == (2, True)
    bad = run_cli("data", "convert", capture, tmp_path / "b.npz", "--lot-size", "7")
    assert (bad.returncode, "lot_size" in bad.stderr) == (3, True)
    assert not (tmp_path / "b.npz").exists()


def test_a_ten_times_longer_file_needs_no_more_memory(tmp_path: Path):
    script = (
        "import sys, resource, walras as wl\n"
        "from pathlib import Path\n"
        "from walras.data._tick_write import convert_ticks\n"
        "done = convert_ticks(wl.data.stream_ticks(sys.argv[1], lot_size='0.001'), Path(sys.argv[2]))\n"
        "print(done.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    sizes = {}
    for count in (120_000, 1_200_000):
        path = tmp_path / f"{count}.jsonl"
        with path.open("w") as out:
            for i in range(count):
                out.write(diff(i + 1, 5 + i, 6 + i))
        for ending in ("parquet", "npz", "journal"):
            command = [sys.executable, "-c", script, str(path), str(tmp_path / f"{count}.{ending}")]
            rows, peak = map(int, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
            assert rows == 2 * count + 1
            sizes[count, ending] = peak / 1024
    for ending in ("parquet", "npz", "journal"):
        # 2.2 million ticks more are 138 MB; Arrow's pool has its level (60 MB) after ten row groups and keeps it.
        assert sizes[1_200_000, ending] - sizes[120_000, ending] < 60, sizes


def test_hftbacktest_itself_opens_what_was_written(tmp_path: Path):
    if not HFT.exists():
        pytest.skip("hftbacktest is not installed; set WALRAS_HFTBACKTEST to a Python that has it")
    ticks = wl.data.read_ticks(shared("crypto/hftbacktest_binance_usdm_btcusdt_20240808.jsonl.gz"), lot_size="0.001")
    wl.data.write_hftbacktest(ticks, tmp_path / "a.npz")
    script = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest\n"
        "a = (BacktestAsset().data([sys.argv[1]]).linear_asset(1.0).constant_latency(0, 0)\n"
        "     .risk_adverse_queue_model().no_partial_fill_exchange().trading_value_fee_model(0, 0)\n"
        "     .tick_size(0.1).lot_size(0.001))\n"
        "h = HashMapMarketDepthBacktest([a])\n"
        "while h.elapse(1_000_000_000) == 0: pass\n"
        "d = h.depth(0); print(round(d.best_bid, 1), round(d.best_ask, 1), d.best_bid_qty, d.best_ask_qty)\n"
    )
    done = subprocess.run(
        [str(HFT), "-c", script, str(tmp_path / "a.npz")], capture_output=True, text=True, check=False
    )
    last = ticks.quotes().frame().tail(1).to_dicts()[0]
    assert done.stdout.split() == [str(last[k]) for k in ("bid", "ask", "bid_size", "ask_size")], done.stderr
