"""Files of ticks as data of a run: the same ticks give the same run from each format, whole or in part."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import walras as wl
from tests.python.data_files import ROOT
from walras.cli import run as run_cli
from walras.errors import ConfigError, DataError

CAPTURE = ROOT / "tests" / "data" / "crypto" / "binance_spot_btcusdt_90s.jsonl.gz"


class Buyer(wl.Strategy):
    """Joins the best bid at every hundredth change of a book, and counts what it sees."""

    def on_start(self, ctx: wl.Context) -> None:
        self.seen = 0

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        self.seen += 1
        if self.seen % 100 == 0 and book.bid is not None and book.ask is not None:
            ctx.buy(book.instrument, quantity=0.01, limit=book.bid)


def signature(data: object) -> str:
    result = wl.backtest.run(Buyer, data, cash=1e6)
    assert len(result.orders) > 5
    return str(result.signature)


@pytest.fixture(scope="module")
def capture() -> wl.data.Ticks:
    return wl.data.read_ticks(CAPTURE)


@pytest.mark.parametrize("ending", ["parquet", "journal"])
def test_a_file_that_streams_gives_the_run_of_the_ticks_in_memory(
    capture: wl.data.Ticks, ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"btcusdt.{ending}"
    wl.data.write_ticks(capture, path)
    assert wl.data.read_ticks(path).data_hash == capture.data_hash
    assert signature(wl.data.stream_ticks(path)) == signature(capture) == signature(wl.data.read_ticks(path))


def test_a_parquet_file_of_several_row_groups_is_read_whole(tmp_path: Path) -> None:
    n = 150_000
    ticks = wl.data.Ticks.from_columns(
        "X", ts_init=np.arange(n), kind=["trade"] * n, price=[1.0] * n, size=[1] * n, side=["buy"] * n
    )
    path = tmp_path / "x.parquet"
    wl.data.write_ticks(ticks, path)
    back = wl.data.read_ticks(path)
    assert back.records.dtype.itemsize == 64
    assert back.data_hash == ticks.data_hash
    assert [len(c) for c in wl.data.stream_ticks(path).chunks()] == [65_536, 65_536, n - 131_072]


def test_files_read_together_are_one_stream_that_runs(capture: wl.data.Ticks, tmp_path: Path) -> None:
    middle = int(capture.ts_init[len(capture) // 2])
    paths = [tmp_path / "a.parquet", tmp_path / "b.journal"]
    wl.data.write_ticks(capture.between(None, middle), paths[0])
    wl.data.write_ticks(capture.between(middle, None), paths[1])
    parts = [wl.data.stream_ticks(path) for path in paths]
    assert signature(parts) == signature(capture)
    again = [tmp_path / "a.parquet", tmp_path / "c.parquet"]
    wl.data.write_ticks(capture.between(middle, None), again[1])
    assert wl.data.read_ticks(again).data_hash == capture.data_hash


def test_a_nautilus_catalog_runs_from_the_disk(tmp_path: Path) -> None:
    n = 3_000
    mid = 100 + np.round(np.cumsum(np.random.default_rng(3).choice([-0.01, 0, 0.01], n)), 2)
    ticks = wl.data.Ticks.from_columns(
        "X.SIM", ts_init=np.arange(n) * 10**7, kind=["quote"] * n, bid=(mid - 0.01).round(2).tolist(),
        ask=(mid + 0.01).round(2).tolist(), bid_size=[5] * n, ask_size=[5] * n,
    )  # fmt: skip
    wl.data.write_nautilus(ticks, tmp_path / "catalog")
    files = wl.data.stream_ticks(tmp_path / "catalog", lot_size="1")

    class Cross(wl.Strategy):
        def on_quote(self, ctx: wl.Context, quote: wl.Quote) -> None:
            if not ctx.open_orders and not ctx.position(quote.instrument):
                ctx.buy(quote.instrument, quantity=1, limit=quote.bid)

    assert wl.backtest.run(Cross, files).signature == wl.backtest.run(Cross, ticks).signature


def test_a_stream_is_cut_and_chosen_for_a_run_as_for_its_chunks(tmp_path: Path) -> None:
    n = 400
    ticks = wl.data.Ticks.from_columns(
        ["A", "B"] * (n // 2), ts_init=np.arange(n), kind=["trade"] * n, price=[1.0] * n,
        size=[1] * n, side=["buy"] * n,
    )  # fmt: skip
    path = tmp_path / "x.parquet"
    wl.data.write_ticks(ticks, path)

    class Count(wl.Strategy):
        def on_start(self, ctx: wl.Context) -> None:
            self.seen: list[tuple[str, int]] = []

        def on_trade(self, ctx: wl.Context, trade: wl.Trade) -> None:
            self.seen.append((trade.instrument, ctx.now))

    count = Count()
    part = wl.data.stream_ticks(path, symbols="B", start=100, end=110)
    wl.backtest.run(count, part, latency=wl.latency.none())
    assert count.seen == [("B", 101), ("B", 103), ("B", 105), ("B", 107), ("B", 109)]
    assert part.read().ts_init.tolist() == [101, 103, 105, 107, 109]
    with pytest.raises(DataError, match="no ticks of C; there are some of A, B"):
        wl.backtest.run(Count, wl.data.stream_ticks(path, symbols="C"))
    with pytest.raises(DataError, match=r"of 2 instruments .* one name, Z"):
        wl.data.stream_ticks(path, instrument="Z").read()


def test_an_instrument_that_comes_late_in_a_file_is_warned_of(tmp_path: Path) -> None:
    n = 300_010
    ticks = wl.data.Ticks.from_columns(
        ["A"] * (n - 5) + ["LATE"] * 5, ts_init=np.arange(n), kind=["trade"] * n,
        price=[1.0] * n, size=[1] * n, side=["buy"] * n,
    )  # fmt: skip
    path = tmp_path / "x.parquet"
    wl.data.write_ticks(ticks, path)
    files = wl.data.stream_ticks(path)
    assert any("Ticks of LATE" in text for text in wl.backtest.run(Buyer, files).warnings)
    late: list[str] = []

    class Late(wl.Strategy):
        def on_trade(self, ctx: wl.Context, trade: wl.Trade) -> None:
            if trade.instrument == "LATE":
                late.append(trade.instrument)

    named = wl.backtest.run(Late, files, instruments=[wl.Instrument(name="LATE", tick_size="1")])
    assert (len(late), named.warnings) == (5, ())


def test_a_book_by_order_of_hftbacktest_is_one_that_fills(tmp_path: Path) -> None:
    rows = [
        (0, "clear", None, 0.0, 0, 0), (1, "add", "buy", 99.0, 5, 1), (1, "add", "sell", 101.0, 5, 2),
        (2, "add", "buy", 99.0, 5, 3), (20_000_000, "remove", None, 0.0, 0, 1), (30_000_000, "remove", None, 0.0, 0, 3),
        (40_000_000, "add", "sell", 98.0, 5, 4),
    ]  # fmt: skip
    ticks = wl.data.Ticks.from_columns(
        "X", ts_init=[r[0] for r in rows], kind=["book_delta"] * len(rows), action=[r[1] for r in rows],
        side=[r[2] for r in rows], price=[r[3] for r in rows], size=[r[4] for r in rows], order=[r[5] for r in rows],
        flags=[4] * len(rows),
    )  # fmt: skip
    wl.data.write_hftbacktest(ticks, tmp_path / "x.npz")
    states = []

    class Join(wl.Strategy):
        def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
            states.append(book.state)
            if book.bid == 99 and book.ask is not None and not ctx.open_orders:
                ctx.buy(book.instrument, quantity=1, limit=99)

    result = wl.backtest.run(Join, wl.data.stream_ticks(tmp_path / "x.npz", lot_size="1"), latency=wl.latency.none())
    assert set(states) == {"unverifiable"}
    assert result.fills["price"].to_list() == [99.0]


@pytest.fixture
def walras(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*words: object) -> tuple[int, str, str]:
        code = run_cli([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_command_line_cuts_ticks_by_from_and_to(
    walras: Callable[..., tuple[int, str, str]], capture: wl.data.Ticks
) -> None:
    import json

    code, out, _ = walras(
        "backtest", "queue_joiner", "--data", CAPTURE, "--set", "size=0.001", "--set",
        "trust_unverifiable=true", "--cash", 1e6, "--from", "2024-08-08T23:54:40", "--to", "2024-08-08T23:55:00",
        "--json",
    )  # fmt: skip
    assert code == 0
    times = [row["ts"] for row in json.loads(out)["orders"]]
    assert times
    assert min(times) >= "2024-08-08T23:54:40"
    assert max(times) < "2024-08-08T23:55:00"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.itch50", b"", "there are no ticks in it"),
        ("noise.dbn", bytes(range(1, 200)), "what format of ticks this is"),
        ("cut.npz", b"PK\x03\x04" + bytes(90), "the archive is damaged"),
        ("cut.journal", b"WALRASJ\n\x01\x00", "truncated"),
        ("wrong.itch50", b"\x00\x03abc", "ITCH 5.0 has no type"),
        ("cut.parquet", b"PAR1" + bytes(50), "Parquet"),
        ("cut_message_10.csv", b"34200.1,1,5", "cut_message_10.csv"),
    ],
)
def test_a_broken_file_of_ticks_is_named_with_what_is_wrong(
    walras: Callable[..., tuple[int, str, str]], tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    code, _, err = walras("backtest", "queue_joiner", "--data", path)
    assert (code, words in err, str(path) in err) == (3, True, True), err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tick-size", "nan"], "tick_size = 'nan' is no number"),
        (["--tick-size", "-1"], "must all be positive"),
        (["--latency-ms", "-1"], "'--latency-ms'"),
        (["--feed-latency-ms", "nan"], "'--feed-latency-ms'"),
        (["--queue", "nobody"], "queue model 'nobody' is unknown"),
        (["--format", "nothing"], "there is no format of ticks 'nothing'"),
        (["--explain", "0"], "'--explain'"),
    ],
)
def test_settings_of_a_run_on_ticks_that_make_no_sense_are_refused(
    walras: Callable[..., tuple[int, str, str]], words: list[str], said: str
) -> None:
    code, _, err = walras("backtest", "queue_joiner", "--data", CAPTURE, *words)
    assert (code, said in err) == (2, True), err


def test_a_symbol_that_a_file_has_not_is_refused_with_those_that_it_has(
    walras: Callable[..., tuple[int, str, str]], capture: wl.data.Ticks, tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    wl.data.write_ticks(capture, path)
    code, _, err = walras("backtest", "queue_joiner", "--data", f"{path}:ETHUSDT")
    assert (code, "there are some of BTCUSDT" in err) == (3, True), err
    with pytest.raises(ConfigError, match="there is no format"):
        wl.data.stream_ticks(CAPTURE, format="nothing")


def test_ctrl_c_ends_a_run_on_ticks_and_keeps_what_it_has(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys, walras as wl\n"
        "class Stop(wl.Strategy):\n"
        "    def on_start(self, ctx): self.n = 0\n"
        "    def on_book(self, ctx, book):\n"
        "        self.n += 1\n"
        "        if self.n == 200: os.kill(os.getpid(), signal.SIGINT)\n"
    )
    (tmp_path / "stop.py").write_text(script)
    command = [str(Path(sys.executable).with_name("walras")), "backtest", f"{tmp_path}/stop.py:Stop", "--data", CAPTURE]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert "orders · fills" in done.stdout
    assert "Traceback" not in done.stderr
