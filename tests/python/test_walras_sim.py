"""walras-sim, the simulated market without Python: its journal becomes tables here, and both run the same market."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

import walras as wl

PROGRAM = Path(__file__).parents[2] / "build" / "release" / "walras-sim"
pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="walras-sim is built by make build")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, timeout=60)


def test_its_journal_is_what_anybody_saw_of_the_market_that_python_runs_too(tmp_path: Path) -> None:
    file = tmp_path / "market.journal"
    done = run("--preset", "light-rl", "--ticks", "40", "--seed", "5", "--journal", str(file))
    assert done.returncode == 0, done.stderr
    market = wl.sim.Market.preset("light-rl", seed=5)
    history = wl.sim.History(market)
    market.step(40)
    assert f"signature {market.signature}" in done.stdout
    trades = wl.data.read_ticks(file).trades().frame()
    assert trades.height == market.statistics()["trades"]
    assert trades["size"].sum() == market.volumes[0] == history.symbols_frame()["volume"].sum()
    assert trades["price"][-1] == market.prices[0]
    closes = wl.data.read_journal(file).events("bar")["close"] / 1e9
    assert closes.tolist() == market.candles("AAA")["close"].to_list()


def test_symbols_and_mechanism_are_those_of_the_command_line_of_python() -> None:
    words = ("--ticks", "30", "--seed", "5", "--symbol", "ACME:tech:250", "--symbol", "PEER", "--mechanism", "auction")
    done = run("--preset", "calm", *words)
    assert done.returncode == 0, done.stderr
    symbols = [{"name": "ACME", "sector": "tech", "initial_price": 250}, {"name": "PEER"}]
    market = wl.sim.Market({"preset": "calm", "symbols": symbols, "mechanism": "auction"}, seed=5)
    market.step(30)
    assert f"signature {market.signature}" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--ticks", "0"], "from 1 to"),
        (["--threads", "70000"], "from 0 to 1024"),
        (["--agents", "noise=1000000000000"], "from 0 to 4294967295"),
        (["--agents", "=3"], "GROUP=COUNT"),
        (["--preset", "defalt"], "no preset"),
        (["--clock", "sundial"], "ticks or events"),
        (["--mechanism", "duel"], "continuous or auction"),
        (["--symbol", "A:b:c:d"], r"NAME\[:SECTOR"),
        (["--symbol", "A:steam"], "no sector steam"),
        (["--symbol", "A:tech:dear"], "dear is no price"),
        (["--journal"], "lacks its value"),
        (["--jornal", "x"], "is no option"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(words: list[str], message: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert re.search(message, done.stderr)
    assert not done.stdout


def test_ctrl_c_ends_it_with_a_summary_and_a_whole_journal(tmp_path: Path) -> None:
    file = tmp_path / "market.journal"
    words = [str(PROGRAM), "--preset", "light-rl", "--ticks", "100000000", "--journal", str(file)]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    os.kill(running.pid, signal.SIGINT)
    out, _ = running.communicate(timeout=30)
    assert running.returncode == 130
    ticks = int(re.search(r"(\d+) ticks, 134 agents", out)[1])  # type: ignore[index]
    seconds = wl.data.read_ticks(file).trades().frame()["ts"].dt.epoch("s")
    start = wl.sim.Market.preset("light-rl").now // 1_000_000_000
    assert seconds.max() - start in range(ticks - 20, ticks + 1)  # type: ignore[operator]
