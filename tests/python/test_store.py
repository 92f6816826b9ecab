"""Recorded runs: what was recorded is what happened, whatever happens to the process."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import walras as wl
from walras.errors import ConfigError, DataError

WALRAS = str(Path(sys.executable).with_name("walras"))
SMALL = {"preset": "default", "groups": [{"kind": "noise", "count": 300}, {"kind": "market_maker", "count": 60}]}


def cli(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([WALRAS, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame, wl.sim.Market]:
    """A recording, the tape that a hook saw, and the market afterwards."""
    path = tmp_path_factory.mktemp("store") / "run.db"
    market = wl.sim.Market(SMALL, seed=5)
    seen: list[pl.DataFrame] = []

    @market.on_trades
    def keep(symbol: str, columns: dict[str, Any]) -> None:
        seen.append(pl.DataFrame(columns).with_columns(symbol=pl.lit(symbol)))

    with market.record(path, name="small", portfolio_ticks=100, book_ticks=50):
        market.step(350)
    return path, pl.concat(seen), market


def test_trades_are_those_of_the_tape(recorded: tuple[Path, pl.DataFrame, wl.sim.Market]):
    path, tape, market = recorded
    run = wl.store.open(path)
    trades = run.trades()
    assert trades.height == tape.height == run.info["trades"] > 1000
    for column in ("tick", "price", "quantity", "side"):
        assert (trades[column].cast(float) == tape[column].cast(float)).all(), column
    assert (trades["symbol"].cast(pl.String) == tape["symbol"]).all()
    took_buy = (tape["side"] == 1).to_numpy()
    assert (np.where(took_buy, trades["buyer"], trades["seller"]) == tape["taker"].to_numpy()).all()
    assert (np.where(took_buy, trades["seller"], trades["buyer"]) == tape["maker"].to_numpy()).all()
    assert run.info["signature"] == market.signature
    assert run.info["state"] == "complete"
    assert run.info["last"].timestamp() * 1e9 == pytest.approx(market.now)
    some = run.trades("BBB", first_tick=10, last_tick=20)
    wanted = tape.filter((pl.col("symbol") == "BBB") & pl.col("tick").is_between(10, 20))
    assert some["price"].to_list() == wanted["price"].to_list()


def test_candles_are_those_of_the_trades(recorded: tuple[Path, pl.DataFrame, wl.sim.Market]):
    path, tape, _ = recorded
    run = wl.store.open(path)
    assert sorted(run.timeframes) == ["100 ticks", "300 ticks", "3600 ticks"]
    for ticks in (100, 300, 3600):
        ours = run.candles(f"{ticks} ticks").sort("symbol", "tick")
        slow = (
            tape.with_columns(first=(pl.col("tick").cast(pl.Int64) - 1) // ticks * ticks + 1)
            .group_by("symbol", "first", maintain_order=True)
            .agg(
                open=pl.col("price").first(), high=pl.col("price").max(), low=pl.col("price").min(),
                close=pl.col("price").last(), volume=pl.col("quantity").sum(), trades=pl.len(),
            )
            .sort("symbol", "first")
        )  # fmt: skip
        assert ours["tick"].to_list() == slow["first"].to_list()
        for column in ("open", "high", "low", "close", "volume", "trades"):
            assert ours[column].cast(float).to_list() == slow[column].cast(float).to_list(), (ticks, column)


def test_portfolios_books_and_news_are_those_of_the_market(tmp_path: Path):
    market = wl.sim.Market(SMALL | {"news": {"earnings": {"chance": 0.2}}}, seed=5)
    books, news = {}, 0
    with market.record(tmp_path / "run.db", portfolio_ticks=100, book_ticks=50, levels=3) as recording:
        for tick in range(1, 201):
            market.step()
            if tick % 50 == 0:
                books[tick] = market.book("CCC").depth(3)
            news += sum(1 for event in market.news if event["tick"] == market.tick)
        recording.flush()
        run = wl.store.open(tmp_path / "run.db")
        assert run.info["state"] == "running"
        portfolios = run.portfolios(200)
        assert portfolios.height == market.agents
        assert portfolios["equity"].to_list() == market.equity.tolist()
        assert portfolios["cash"].to_list() == market.cash.tolist()
        held = np.zeros(market.agents)
        for actor, positions in portfolios.select("actor", "positions").iter_rows():
            held[actor] = sum(p["units"] for p in positions if p["symbol"] == "AAA")
        assert held.tolist() == market.positions("AAA").tolist()
    seen = run.books("CCC")
    assert seen["tick"].to_list() == [50, 100, 150, 200]
    for row in seen.iter_rows(named=True):
        for name in ("bids", "asks"):
            assert [tuple(level.values()) for level in row[name]] == [
                tuple(x) for x in getattr(books[row["tick"]], name)
            ]
    assert run.news().height == news > 0


def test_a_replay_has_the_same_prices_trades_and_candles(recorded: tuple[Path, pl.DataFrame, wl.sim.Market]):
    path, tape, market = recorded
    replay = wl.store.open(path).replay()
    seen: list[pl.DataFrame] = []
    ticks: list[int] = []
    replay.on_trades(lambda symbol, columns: seen.append(pl.DataFrame(columns).with_columns(symbol=pl.lit(symbol))))
    replay.on_tick(ticks.append)
    assert replay.step(100) == 100
    assert replay.candles("AAA", "100 ticks").height == 1
    assert replay.candles("AAA", "300 ticks").height == 0
    assert len(replay.depth("AAA").bids) > 0
    assert replay.step(10_000) == 250
    assert ticks == list(range(1, 351))
    assert replay.prices.tolist() == market.prices.tolist()
    assert replay.now == market.now
    again = pl.concat(seen)
    assert again["price"].sum() == pytest.approx(tape["price"].sum(), rel=1e-12)
    assert again.height == tape.height


def test_a_recorded_run_is_the_run_without_a_recorder(tmp_path: Path):
    alone = wl.sim.Market(SMALL, seed=5)
    alone.step(100)
    market = wl.sim.Market(SMALL, seed=5, threads=2)
    with market.record(tmp_path / "a.db"):
        market.step(60)
    with market.record(tmp_path / "a.db") as second:  # from the middle on, as another run
        market.step(40)
    assert second.run == 2
    assert market.signature == alone.signature
    every = wl.store.runs(tmp_path / "a.db")
    assert every["ticks"].to_list() == [60, 40]
    run = wl.store.open(tmp_path / "a.db", 2)
    assert run.trades()["tick"].min() >= 61  # type: ignore[operator]
    replay = run.replay()
    assert (replay.tick, replay.step(100), replay.tick) == (60, 40, 100)
    assert replay.prices[0] == market.prices[0]


def test_an_exception_in_the_middle_leaves_an_interrupted_run(tmp_path: Path):
    market = wl.sim.Market(SMALL, seed=5)

    @market.on_tick
    def fail(tick: int) -> None:
        if tick == 31:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), market.record(tmp_path / "a.db"):
        market.step(50)
    info = wl.store.open(tmp_path / "a.db").info
    assert (info["state"], info["ticks"]) == ("interrupted", 30)


def test_a_backtest_goes_into_the_same_tables(tmp_path: Path):
    prices = wl.data.bars_from_frame(wl.data.load_demo_prices())
    result = wl.backtest.run(wl.strategies.make("sma_cross"), prices["KO"], cash=10_000)
    number = result.record(tmp_path / "a.db", name="cross")
    run = wl.store.open(tmp_path / "a.db", number)
    assert run.info["kind"] == "backtest"
    assert run.info["signature"] == result.signature
    trades = run.trades()
    assert trades["price"].to_list() == result.fills["price"].to_list()
    assert trades["quantity"].to_list() == result.fills["quantity"].to_list()
    assert run.portfolios()["equity"].to_list() == result.equity["equity"].to_list()
    assert run.candles("bars")["close"].to_list() == result.prices["KO"]["close"].to_list()
    assert run.summary["sharpe"] == result.stats["sharpe"]


def test_export_writes_whole_files(recorded: tuple[Path, pl.DataFrame, wl.sim.Market], tmp_path: Path):
    run = wl.store.open(recorded[0])
    trades = run.trades().with_columns(pl.col("symbol").cast(pl.String))
    for ending, read in ((".parquet", pl.read_parquet), (".csv", pl.read_csv), (".arrow", pl.read_ipc)):
        assert run.export(tmp_path / f"t{ending}") == trades.height
        found = read(tmp_path / f"t{ending}")
        assert found["price"].to_list() == trades["price"].to_list()
        assert found["symbol"].to_list() == trades["symbol"].to_list()
        for table in wl.store.TABLES[1:]:
            rows = run.export(tmp_path / f"{table}{ending}", table)
            assert read(tmp_path / f"{table}{ending}").height == rows == getattr(run, table)().height
    assert sorted(p.suffix for p in tmp_path.iterdir() if p.name.startswith(".")) == []
    with pytest.raises(ConfigError, match="the file exists"):
        run.export(tmp_path / "t.csv")
    with pytest.raises(ConfigError, match=r"the ending '\.xls' is not known"):
        run.export(tmp_path / "t.xls")
    with pytest.raises(ConfigError, match="there is no table 'trade'; did you mean 'trades'"):
        run.export(tmp_path / "u.csv", "trade")
    with pytest.raises(ConfigError, match="does not exist; make it first"):
        run.export(tmp_path / "none" / "t.csv")


def test_any_program_that_reads_sqlite_sees_the_trades(recorded: tuple[Path, pl.DataFrame, wl.sim.Market]):
    path, tape, _ = recorded
    with closing(sqlite3.connect(path)) as db:
        count, value = db.execute("SELECT count(*), sum(price * quantity) FROM trades WHERE symbol = 'AAA'").fetchone()
    mine = tape.filter(pl.col("symbol") == "AAA")
    assert count == mine.height
    assert value == pytest.approx((mine["price"] * mine["quantity"]).sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "the file does not exist"),
        (b"", "it is no recording of Walras"),
        (b"x" * 9000, "it cannot be read as a recording"),
        (b"SQLite format 3\x00" + b"\x00" * 50, "it cannot be read as a recording|no recording of Walras"),
    ],
)
def test_what_is_no_recording_is_refused(content: bytes | None, says: str, tmp_path: Path):
    path = tmp_path / "x.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=says):
        wl.store.runs(path)
    assert content is None or path.read_bytes() == content
    done = cli("runs", "list", path)
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)


def test_wrong_choices_are_named(recorded: tuple[Path, pl.DataFrame, wl.sim.Market], tmp_path: Path):
    path, _, market = recorded
    run = wl.store.open(path)
    with pytest.raises(DataError, match="there is no run 9; there are: 1"):
        wl.store.open(path, 9)
    with pytest.raises(ConfigError, match="no symbol 'AAB'; did you mean 'AAA'"):
        run.trades("AAB")
    with pytest.raises(ConfigError, match="no candles of '10 ticks'"):
        run.candles("10 ticks")
    with pytest.raises(ConfigError, match="portfolio_ticks = -1 must be a whole number of at least 0"):
        market.record(tmp_path / "b.db", portfolio_ticks=-1)
    with pytest.raises(ConfigError, match="must be whole numbers of ticks"):
        market.record(tmp_path / "b.db", candles=(0,))
    with pytest.raises(DataError, match="cannot open it"):
        market.record(tmp_path / "none" / "b.db")
    recording = market.record(tmp_path / "b.db")
    recording.finish()
    with pytest.raises(ConfigError, match="finished already"):
        recording.finish()


def test_the_command_line_records_lists_shows_and_exports(tmp_path: Path):
    path = tmp_path / "run.db"
    done = cli("sim", "--preset", "light-rl", "--ticks", "220", "--seed", "3", "--record", path)
    assert done.returncode == 0, done.stderr
    assert "run 1" in done.stdout
    assert cli("backtest", "sma_cross", "--data", "demo:KO", "--record", path, "--quiet").returncode == 0
    listed = json.loads(cli("runs", "list", path, "--json").stdout)
    assert [(r["run"], r["kind"], r["state"]) for r in listed] == [
        (1, "simulation", "complete"),
        (2, "backtest", "complete"),
    ]
    assert "light-rl" in cli("runs", "list", path).stdout
    shown = json.loads(cli("runs", "show", path, "--run", "1", "--json").stdout)
    assert shown["ticks"] == 220
    assert shown["summary"]["ticks"] == 220
    assert "signature" in cli("runs", "show", path).stdout
    out = cli("runs", "export", path, tmp_path / "t.parquet", "--run", "1")
    assert out.returncode == 0, out.stderr
    assert pl.read_parquet(tmp_path / "t.parquet").height == listed[0]["trades"]
    again = cli("runs", "export", path, tmp_path / "t.parquet", "--run", "1")
    assert (again.returncode, "--force" in again.stderr) == (2, True)


KILLED = """
import sys, walras as wl
groups = [{"kind": "noise", "count": 300}, {"kind": "market_maker", "count": 60}]
market = wl.sim.Market({"preset": "default", "groups": groups}, seed=5)
recording = market.record(sys.argv[1], flush_ticks=10, portfolio_ticks=50)
print("go", flush=True)
while True:
    market.step(1)
"""


def test_a_killed_process_leaves_every_committed_batch(tmp_path: Path):
    """kill -9 at random moments: the file is readable, and what is in it is the run's beginning, without a gap."""
    times = random.Random(7)
    reference = wl.sim.Market(SMALL, seed=5)
    volumes: list[int] = [0]
    total = 0

    @reference.on_trades
    def count(_symbol: str, columns: dict[str, Any]) -> None:
        nonlocal total
        total += int(columns["quantity"].sum())

    most = 0
    for _ in range(50 if os.environ.get("WALRAS_PROVE") else 5):
        path = tmp_path / "killed.db"
        for old in tmp_path.glob("killed.db*"):
            old.unlink()
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(times.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        run = wl.store.open(path)
        info = run.info
        assert info["state"] == "running"
        assert info["ticks"] % 10 == 0
        db = sqlite3.connect(path)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()
        trades = run.trades()
        assert trades.height == info["trades"]
        while reference.tick < info["ticks"]:
            reference.step()
            volumes.append(total)
        assert trades["quantity"].sum() == volumes[info["ticks"]]
        most = max(most, info["ticks"])
    assert most > 0
