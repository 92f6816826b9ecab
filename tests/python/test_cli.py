"""The command line: what it prints, where, and with which exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from walras.cli import run

ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "python")}
SMA = ["backtest", "sma_cross", "--data", "demo:KO,PEP", "--set", "fast=20", "--set", "slow=100", "--to", "1995-01-01"]
STRATEGY = """
import walras as wl

class Hold(wl.Strategy):
    quantity: int = 10
    def on_bar(self, ctx, bar):
        if not ctx.position(bar.instrument):
            ctx.buy(bar.instrument, quantity=self.quantity)

class Broken(wl.Strategy):
    def on_bar(self, ctx, bar):
        raise ValueError("the moon is full")
"""


@pytest.fixture
def walras(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line: exit code, stdout, stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_help_is_instant_because_it_imports_nothing_heavy() -> None:
    script = (
        "import sys; from walras.cli import run; code = run(['--help']); "
        "heavy = {'numpy', 'polars', 'pyarrow', 'plotly', 'pandas'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=ENV)
    assert done.returncode == 0, done.stderr
    assert "backtest" in done.stdout


@pytest.mark.parametrize("command", ["backtest", "strategies", "doctor"])
def test_help_of_a_command_teaches_by_two_examples(walras: Callable[..., tuple[int, str, str]], command: str) -> None:
    code, out, _ = walras(command, "--help")
    assert code == 0
    assert "Examples" in out
    assert out.count(f"walras {command}") >= 3  # its usage and two examples


def test_every_option_says_its_default(
    walras: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    _, out, _ = walras("backtest", "--help")
    options = [line for line in out.splitlines() if "--" in line and "│" in line and "--help" not in line]
    assert len(options) > 15
    assert [line for line in options if "default" not in line and "required" not in line] == []


def test_a_backtest_prints_its_key_numbers(walras: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = walras(*SMA)
    assert (code, err) == (0, "")
    assert "Sharpe" in out
    assert "signature" in out


def test_json_is_one_document_and_nothing_else(walras: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = walras(*SMA, "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert {"stats", "orders", "fills", "trades", "signature", "seed", "versions", "data_hash"} <= set(document)
    assert document["command"].startswith("walras ")


def test_the_same_command_gives_the_same_bytes(walras: Callable[..., tuple[int, str, str]]) -> None:
    assert walras(*SMA, "--json", "--seed", 3) == walras(*SMA, "--json", "--seed", 3)


def test_quiet_prints_nothing_and_still_writes_the_report(
    walras: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    assert walras(*SMA, "--quiet", "--report", tmp_path / "r.html", "--save", tmp_path / "run") == (0, "", "")
    assert "<html" in (tmp_path / "r.html").read_text()
    assert (tmp_path / "run" / "fills.parquet").exists()


def test_a_python_file_is_a_strategy(walras: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(STRATEGY)
    code, out, err = walras(
        "backtest", f"{tmp_path / 'mine.py'}:Hold", "--data", "demo:KO", "--set", "quantity=3", "--json"
    )
    assert code == 0, err
    assert json.loads(out)["fills"][0]["quantity"] == 3


def test_an_exception_in_a_strategy_names_its_place_without_a_traceback(
    walras: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(STRATEGY)
    line = ("backtest", f"{tmp_path / 'mine.py'}:Broken", "--data", "demo:KO")
    code, out, err = walras(*line)
    assert (code, out) == (1, "")
    assert "mine.py:12, in on_bar: ValueError: the moon is full" in err
    assert "Traceback" not in err
    assert "Traceback" in walras(*line, "--debug")[2]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["backtest", "sma_crss", "--data", "demo"], 2, "did you mean 'sma_cross'"),
        (["backtest", "sma_cross", "--data", "demo", "--set", "fst=3"], 2, "did you mean 'fast'"),
        (["backtest", "sma_cross", "--data", "demo", "--set", "fast"], 2, "not KEY=VALUE"),
        (["backtest", "sma_cross", "--data", "demo:KOO"], 3, "did you mean 'KO'"),
        (["backtest", "sma_cross", "--data", "no_such.csv"], 3, "no_such.csv: there is no such file"),
        (["backtest", "sma_cross", "--data", "demo:KO", "--from", "2050-01-01"], 3, "the bars span"),
        (["backtest", "sma_cross"], 2, "--data"),
        (["backtest", "sma_cross", "--data", "demo", "--chas", "3"], 2, "--cash"),
        (["backtest", "sma_cross", "--data", "demo", "--cash", "much"], 2, "Invalid value 'much' for '--cash'"),
        (["backtest", "sma_cross", "--data", "demo", "--fill-at=soon"], 2, "Invalid value 'soon' for '--fill-at'"),
        (["backtest", "sma_cross", "--data", "demo:KO", "--fee-bps", "nan"], 2, "Taker rate nan: the number is not"),
        (
            ["backtest", "sma_cross", "--data", "demo:KO", "--cash", "inf"],
            2,
            "cash = inf is not finite; give an amount of at least 0",
        ),
        (["backtest", "ema_cross", "--data", "demo", "--set", "fast=50"], 2, "ema_cross: fast = 50 must be smaller"),
        (["backtest", "ema_cross", "--data", "demo", "--set", "fast=x"], 2, 'parameter fast = "x" must be a whole'),
        (["backtest", "no_such.py:Mine", "--data", "demo"], 2, "there is no such file"),
        (["backtest", "sma_cross", "--data", "demo", "--config", "no.toml"], 2, "cannot be read"),
        (["strategies", "pair"], 2, "did you mean 'pairs'"),
        (["dance"], 2, "dance"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    walras: Callable[..., tuple[int, str, str]], words: list[str], code: int, message: str
) -> None:
    found, out, err = walras(*words)
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_a_malformed_file_is_bad_data(walras: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("time,open,high,low,close\n2020-01-01,1,2,0.5,x\n")
    code, _, err = walras("backtest", "sma_cross", "--data", tmp_path / "bad.csv")
    assert code == 3
    assert "bad.csv, line 2" in err


def test_a_config_file_gives_defaults_and_the_command_line_wins(
    walras: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    config = tmp_path / "run.toml"
    config.write_text('strategy = "sma_cross"\ndata = "demo:KO"\nto = "1995-01-01"\nseed = 5\n[set]\nfast = 15\n')
    code, out, err = walras("backtest", "--config", config, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["seed"] == 5
    assert document["strategies"][0]["parameters"]["fast"] == 15
    assert json.loads(walras("backtest", "--config", config, "--seed", 6, "--json")[1])["seed"] == 6


def test_an_unknown_key_in_a_config_file_is_refused(
    walras: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "run.toml").write_text("fee_bpss = 3\n")
    code, _, err = walras("backtest", "sma_cross", "--data", "demo", "--config", tmp_path / "run.toml")
    assert code == 2
    assert "unknown key 'fee_bpss'; did you mean 'fee_bps'?" in err


def test_fees_lower_the_equity(walras: Callable[..., tuple[int, str, str]]) -> None:
    cheap, dear = (json.loads(walras(*SMA, "--fee-bps", bps, "--json")[1])["stats"]["final_equity"] for bps in (0, 50))
    assert dear < cheap


def test_this_close_warns_that_it_looks_at_its_price(walras: Callable[..., tuple[int, str, str]]) -> None:
    _, out, _ = walras(*SMA, "--fill-at", "this_close")
    assert "price it trades" in " ".join(out.split())


def test_strategies_are_listed_with_their_schema(walras: Callable[..., tuple[int, str, str]]) -> None:
    assert "sma_cross" in walras("strategies")[1]
    listed = json.loads(walras("strategies", "--json")[1])
    one = json.loads(walras("strategies", "sma_cross", "--json")[1])
    assert one in listed
    assert {"name", "type", "default", "minimum", "maximum", "unit", "help"} == set(one["parameters"][0])
    assert "range" in walras("strategies", "sma_cross")[1]


def test_the_doctor_finds_this_machine_in_order(walras: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = walras("doctor", "--json")
    found = json.loads(out)
    assert (code, found["problems"]) == (0, [])
    assert found["packages"]["polars"]
    assert "cpu" in walras("doctor")[1]


def test_the_doctor_names_what_is_missing(
    walras: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from walras.cli import doctor

    monkeypatch.setattr(doctor, "BASE", ("numpy", "no_such_package"))
    code, out, _ = walras("doctor")
    assert code == 1
    assert "pip install no_such_package" in out


def test_an_interrupt_exits_with_130(
    walras: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from walras.cli import doctor

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "examine", interrupted)
    code, out, err = walras("doctor")
    assert (code, out) == (130, "")
    assert "interrupted" in err


def test_a_refusal_by_risk_exits_with_4() -> None:
    from walras.cli._output import explain
    from walras.errors import RiskRefusal

    assert explain(RiskRefusal("daily loss halt")) == ("daily loss halt", 4)


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "walras", "--version"], capture_output=True, text=True, check=False, env=ENV
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("walras ")


def test_ctrl_c_keeps_what_was_finished(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import os, signal, walras as wl\n"
        "class Slow(wl.Strategy):\n"
        "    def on_start(self, ctx): self.bars = 0\n"
        "    def on_bar(self, ctx, bar):\n"
        "        self.bars += 1\n"
        "        if self.bars == 1000: os.kill(os.getpid(), signal.SIGINT)\n"
    )
    command = [sys.executable, "-m", "walras", "backtest", "slow.py:Slow", "--data", "demo:KO", "--save", "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=ENV)
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_order_that_cannot_be_names_its_line(walras: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(STRATEGY)
    code, _, err = walras("backtest", f"{file}:Hold", "--data", "demo:KO", "--set", "quantity=-5")
    assert code == 1
    assert f"{file}:8, in on_bar: Quantity -5" in err


def test_columns_and_stamp_are_named_on_the_command_line(
    walras: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("open_time,px\n2024-01-02T10:00,1\n2024-01-02T10:01,2\n2024-01-02T10:02,3\n")
    named = ["backtest", "buy_and_hold", "--data", file, "--columns", "time=open_time,close=px", "--json"]
    code, out, err = walras(*named, "--stamp", "close")
    assert code == 0, err
    assert json.loads(out)["fills"][0]["ts"].startswith("2024-01-02T10:01")
    assert json.loads(walras(*named)[1])["fills"][0]["ts"].startswith("2024-01-02T10:02")


def test_a_file_is_not_converted_onto_itself(walras: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("date,close\n2024-01-02,1\n2024-01-03,2\n")
    code, _, err = walras("data", "convert", file, file)
    assert code == 2
    assert "the file that is read" in err
    assert file.read_text().startswith("date,close")


def test_a_report_that_cannot_be_written_is_one_sentence(
    walras: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, _, err = walras(*SMA, "--report", tmp_path)
    assert code == 1
    assert err == f"error: {tmp_path}: Is a directory; check the path, its rights and the space left\n"
