"""The benchmarks themselves, over tiny inputs: that they run, say what they did, and that the peers trade as we do."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT / "benchmarks" / "run.py"
PEERS = ROOT / ".venv-peers" / "bin" / "python"
needs_peers = pytest.mark.skipif(not PEERS.exists(), reason="the peers are not installed; run `make peers`")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(RUNNER), *arguments], capture_output=True, text=True, check=False)


def document(*names: str) -> dict[str, Any]:
    done = run(*names, "--quick", "--rounds", "2", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def bench() -> Iterator[SimpleNamespace]:
    """The modules of benchmarks/, which are no package."""
    sys.path.insert(0, str(RUNNER.parent))
    names = ("harness", "inputs", "indicators", "suite", "run")
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    sys.path.remove(str(RUNNER.parent))
    for name in names:
        del sys.modules[name]


def test_a_run_says_on_what_machine_with_what_build_and_by_what_command():
    machine = document("library_sma_cross")["machine"]
    assert {"cpu", "cores", "governor", "python", "compiler", "flags", "commit", "command"} <= machine.keys()
    assert machine["command"].endswith("library_sma_cross --quick --rounds 2 --json")


def test_every_python_benchmark_gives_figures_with_their_spread():
    names = (
        "python_cross",
        "library_sma_cross",
        "demo_portfolio",
        "array_signals",
        "import_time",
        "files",
        "tearsheet",
        "binding_calls",
        "indicators_against_talib",
        "rolling_statistics",
    )
    found = document(*names)["benchmarks"]
    assert [b["name"] for b in found] == list(names)
    for each in found:
        assert all(each[key] for key in ("work", "input", "timing"))
        assert each["figures"], each
        for figure in each["figures"]:
            assert 0 < figure["minimum"] <= figure["median"] <= figure["maximum"]
    bars = {figure["who"]: figure for figure in found[0]["figures"]}
    assert bars["walras"]["target"] == 3.0
    assert bars["walras"]["note"] == "745 fills in 20,000 bars"


@needs_peers
def test_every_peer_makes_the_same_fills_in_the_same_run():
    done = run("python_cross", "goog_cross", "array_signals", "--peers", "--quick", "--rounds", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr  # a difference in fills or trades is an error
    cross, goog, arrays = json.loads(done.stdout)["benchmarks"]
    assert [figure["who"].split()[0] for figure in arrays["figures"]] == ["walras", "vectorbt"]
    compared = {figure["who"].split()[0]: figure for figure in cross["figures"] if "ratio" in figure}
    assert compared.keys() == {"backtesting.py", "backtrader", "nautilus_trader"}
    assert all(figure["note"].startswith("70 fills in 2,000 bars") for figure in compared.values())
    if "skipped" not in goog:
        assert [figure["who"].split()[0] for figure in goog["figures"]] == ["walras", "backtesting.py"]


def test_vectorbt_is_compared_in_the_environment_of_the_peers_only():
    (found,) = document("indicators_against_vectorbt")["benchmarks"]
    assert found["skipped"].endswith("make peers, then pass --peers")


@needs_peers
def test_vectorbt_has_the_same_numbers_as_our_indicators():
    done = run("indicators_against_vectorbt", "--peers", "--quick", "--rounds", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr  # other numbers are an error
    (found,) = json.loads(done.stdout)["benchmarks"]
    assert {figure["who"] for figure in found["figures"]} >= {"sma(200)", "bollinger(20)", "obv"}


def test_a_peer_that_trades_differently_is_an_error_and_not_a_figure(bench: SimpleNamespace):
    with pytest.raises(
        bench.harness.WrongResultError, match=r"slow_engine does not trade like walras: 2 rows against 1; row 1"
    ):
        bench.suite.require_equal([[1, "buy"]], [[1, "buy"], [2, "sell"]], "slow_engine")


def test_a_benchmark_that_cannot_run_here_says_why_and_what_to_do(bench: SimpleNamespace):
    def absent(settings: Any) -> Any:
        raise bench.harness.SkippedError("the file is absent; fetch it")

    chosen = bench.harness.Benchmark("absent", "w", "i", "t", absent)
    report = bench.harness.measure(chosen, bench.harness.Settings(quick=True)).document()
    assert report["skipped"] == "the file is absent; fetch it"
    assert report["figures"] == []


def test_ratios_are_medians_over_rounds_whatever_the_unit(bench: SimpleNamespace):
    fast = bench.harness.Figure("a", "M/s", [10.0, 20.0, 40.0])
    slow = bench.harness.Figure("b", "M/s", [1.0, 4.0, 4.0])
    assert bench.harness.ratio(fast, slow) == 10.0
    quick = bench.harness.Figure("a", "ms", [1.0, 2.0, 1.0], more_is_better=False)
    late = bench.harness.Figure("b", "ms", [4.0, 4.0, 3.0], more_is_better=False)
    assert bench.harness.ratio(quick, late) == pytest.approx(3.0)


def test_targets_are_met_from_the_right_side(bench: SimpleNamespace):
    assert bench.harness.Figure("a", "M/s", [3.0], target=3.0).meets_target
    assert not bench.harness.Figure("a", "M/s", [2.9], target=3.0).meets_target
    assert bench.harness.Figure("a", "s", [0.1], target=0.3, more_is_better=False).meets_target
    assert bench.harness.Figure("a", "s", [0.1]).meets_target is None


def test_an_unknown_name_is_wrong_usage_and_the_known_ones_are_told():
    done = run("pyhton_cross")
    assert done.returncode == 2
    assert "unknown benchmark pyhton_cross" in done.stderr
    assert "python_cross" in done.stderr


def test_the_page_takes_the_stored_results_between_its_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bench: SimpleNamespace
):
    page = tmp_path / "PERFORMANCE.md"
    page.write_text(f"# Head\n{bench.run.BEGIN}old\n{bench.run.END}tail\n")
    report = bench.harness.Report(bench.harness.Benchmark("binding_calls", "a call", "none", "a loop", lambda _: []))
    report.figures = [bench.harness.Figure("Sma.update", "ns", [20.0, 21.0], target=1000, more_is_better=False)]
    facts = bench.harness.machine(["benchmarks/run.py"])
    (tmp_path / "binding_calls.json").write_text(json.dumps({"machine": facts, **report.document()}))
    monkeypatch.setattr(bench.run, "RESULTS", tmp_path)
    monkeypatch.setattr(bench.run, "ROOT", tmp_path)
    bench.run.publish()
    text = page.read_text()
    assert text.startswith("# Head\n")
    assert text.endswith("tail\n")
    assert "old" not in text
    assert "| Sma.update | 20.5 ns | 20 .. 21 | < 1,000: met |" in text
