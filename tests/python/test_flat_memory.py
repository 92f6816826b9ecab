"""Whole runs over files that are ten times longer: the same peak of memory, for each format that streams."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

import walras as wl
from tests.python.data_files import ROOT, shared
from walras.data._tick_records import as_bytes, as_records
from walras.data._tick_write import write_pieces

CAPTURE = ROOT / "tests" / "data" / "crypto" / "binance_spot_btcusdt_90s.jsonl.gz"
SHORT, LONG = 5, 50  # times 30,663 ticks of 64 bytes: 1.4 million ticks more are 88 MB
MOST_MORE = 24  # MB: the allocators of NumPy and Arrow are not exact

# A strategy that reads the book at every change, and trades a bounded number of times.
SCRIPT = """
import sys, walras as wl

class Look(wl.Strategy):
    def on_start(self, ctx):
        self.seen, self.depth = 0, 0

    def on_book(self, ctx, book):
        self.seen += 1
        if book.bid is not None and book.ask is not None:
            self.depth += len(book.depth(1).bids)
            if self.seen % 200 == 0 and self.seen < 4_000:
                ctx.buy(book.instrument, quantity=1, limit=book.bid)

look = Look()
files = wl.data.stream_ticks(sys.argv[1], lot_size=sys.argv[2])
result = wl.backtest.run(look, files, cash=1e9, latency=wl.latency.constant(1), equity_step=3600)
assert len(result.orders) > 5
status = open("/proc/self/status").read()
print(look.seen, int(status.split("VmHWM:")[1].split()[0]) / 1024)
"""


def peak_of_a_run(path: Path, lot_size: str) -> tuple[int, float]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path), lot_size], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen, peak = done.stdout.split()
    return int(seen), float(peak)


def check(short: Path, long: Path, lot_size: str) -> None:
    books, small = peak_of_a_run(short, lot_size)
    more_books, large = peak_of_a_run(long, lot_size)
    assert more_books > 9.5 * books, (books, more_books)
    assert large - small < MOST_MORE, f"{short.suffix}: {small:.1f} MB, then {large:.1f} MB"


def repeated(times: int) -> Iterator[wl.data.Ticks]:
    """The committed capture, again and again."""
    ticks = wl.data.read_ticks(CAPTURE)
    span = int(ticks.ts_init[-1] - ticks.ts_init[0]) + 1
    for i in range(times):
        records = as_records(as_bytes(ticks.records).copy())
        records["ts_event"] += i * span
        records["ts_init"] += i * span
        yield wl.data.Ticks(records, ticks.symbols, ticks.lot_size)


@pytest.mark.parametrize("ending", ["parquet", "journal", "npz"])
def test_a_run_over_a_ten_times_longer_file_of_a_converted_capture_stays_flat(ending: str, tmp_path: Path) -> None:
    short, long = tmp_path / f"{SHORT}.{ending}", tmp_path / f"{LONG}.{ending}"
    write_pieces(repeated(SHORT), short)
    write_pieces(repeated(LONG), long)
    check(short, long, lot_size="0.00000001")


def test_a_run_over_ten_times_more_dbn_stays_flat(tmp_path: Path) -> None:
    with pa.input_stream(shared("l3/databento_esh4_20231225.mbo.dbn.zst"), compression="zstd") as file:
        plain = file.read()
    begin = 8 + int.from_bytes(plain[4:8], "little")
    records = np.frombuffer(plain, dtype=np.uint8, offset=begin).reshape(-1, 56)

    def write(times: int) -> Path:
        path = tmp_path / f"{times}.dbn"
        with path.open("wb") as out:
            out.write(plain[:begin])
            for i in range(times):
                day = records.copy()
                for at in (8, 40):  # ts_event, ts_recv
                    shift(day, at, i * 86_400 * 10**9)
                out.write(day.tobytes())
        return path

    check(write(3), write(30), lot_size="1")


def shift(rows: NDArray[np.uint8], at: int, add: int) -> None:
    numbers = rows[:, at : at + 8].copy().view("<u8")
    rows[:, at : at + 8] = (numbers + np.uint64(add)).view(np.uint8)


def test_a_run_over_ten_times_more_itch_stays_flat(tmp_path: Path) -> None:
    plain = np.frombuffer(gzip.decompress(shared("l3/aapl_20120621_from_lobster.itch50.gz").read_bytes()), np.uint8)
    hour = 3_620 * 10**9  # a day of ITCH has ten of these after half past nine; order numbers go on
    starts, at = [], 0
    while at < plain.size:
        starts.append(at + 2)
        at += 2 + int(plain[at]) * 256 + int(plain[at + 1])
    first = np.array(starts)
    kinds = plain[first]
    stamps = first + 5
    orders = first[np.isin(kinds, np.frombuffer(b"AFECXDU", np.uint8))] + 11
    renewed = first[kinds == ord("U")] + 19

    def write(times: int) -> Path:
        path = tmp_path / f"20120621_{times}.itch50"
        with path.open("wb") as out:
            for i in range(times):
                part = plain.copy()
                add_big_endian(part, stamps, 6, i * hour)
                for places in (orders, renewed):
                    add_big_endian(part, places, 8, i * 10**9)
                out.write(part.tobytes())
        return path

    check(write(1), write(10), lot_size="1")


def add_big_endian(part: NDArray[np.uint8], places: NDArray[np.int64], width: int, add: int) -> None:
    rows = part[places[:, None] + np.arange(width)].astype(np.uint64)
    numbers = np.zeros(places.size, dtype=np.uint64)
    for k in range(width):
        numbers = numbers * np.uint64(256) + rows[:, k]
    numbers = numbers + np.uint64(add)
    for k in reversed(range(width)):
        part[places + k] = (numbers % np.uint64(256)).astype(np.uint8)
        numbers = numbers // np.uint64(256)


def test_a_run_over_ten_times_more_raw_binance_messages_stays_flat(tmp_path: Path) -> None:
    def message(number: int) -> str:
        stamp = 1_723_161_256_000_000_000 + number * 1_000_000
        return (
            f'{stamp} {{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":{stamp // 10**6},'
            f'"T":{stamp // 10**6},"s":"BTCUSDT","U":{number},"u":{number},"pu":{number - 1},'
            f'"b":[["{60_000 - number % 7}.00","{number % 5 + 1}"]],"a":[["{60_001 + number % 5}.00","2"]]}}}}\n'
        )

    def write(count: int) -> Path:
        path = tmp_path / f"{count}.jsonl"
        with path.open("w") as out:
            out.writelines(message(i + 1) for i in range(count))
        return path

    check(write(60_000), write(600_000), lot_size="1")
