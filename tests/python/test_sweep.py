"""Sweeps: every point once, the bits of single runs, every trial counted, nothing lost on Ctrl-C."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import walras as wl
from walras import _core
from walras._sweep_grid import parse_grid
from walras.cli import run as run_command
from walras.cli._sweep import parse_sweep
from walras.stats import deflated_sharpe, expected_maximum_sharpe, probabilistic_sharpe

GRID = {"fast": [5, 20, 50], "slow": [20, 60]}
ROOT = Path(__file__).parents[2]


class Hold(wl.Strategy):
    """Buys once and sells after `bars` bars."""

    bars: int = 10
    quantity: int = 5

    def on_start(self, ctx: Any) -> None:
        if self.quantity > 90:
            raise ValueError("the moon is full")
        self.seen = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.seen += 1
        if self.seen == 1:
            ctx.buy(bar.instrument, quantity=self.quantity)
        elif self.seen == self.bars:
            ctx.close(bar.instrument)


@pytest.fixture(scope="module")
def ko() -> Any:
    return wl.data.bars_from_frame(wl.data.load_demo_prices().head(800))["KO"]


@pytest.fixture(scope="module")
def found(ko: Any) -> wl.backtest.Sweep:
    return wl.backtest.sweep("sma_cross", ko, GRID, threads=2)


# ---- trials ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["auto", "events"])
@pytest.mark.parametrize("symbols", [["KO"], ["KO", "PEP"]])
def test_a_row_has_the_statistics_of_the_same_run_alone(engine: Any, symbols: list[str]) -> None:
    data = wl.data.bars_from_frame(wl.data.load_demo_prices().head(600))[symbols]
    settings: dict[str, Any] = {"cash": 25_000, "fees": 7, "slippage": 3, "leverage": 2, "seed": 4}
    found = wl.backtest.sweep("sma_cross", data, GRID, engine=engine, **settings)
    for row in found.frame.filter(pl.col("status") == "done").iter_rows(named=True):
        alone = wl.backtest.run(wl.strategies.make("sma_cross", fast=row["fast"], slow=row["slow"]), data, **settings)
        for key in found.columns:
            if key in alone.stats:
                assert row[key] == pytest.approx(alone.stats[key], abs=0, rel=0, nan_ok=True), key


@pytest.mark.parametrize("strategy", ["sma_cross", "ema_cross"])
def test_neither_threads_nor_the_engine_change_a_bit(ko: Any, strategy: str) -> None:
    one = wl.backtest.sweep(strategy, ko, GRID, threads=1)
    for more in ({"threads": 2}, {"threads": 5}, {"threads": 2, "engine": "events"}):
        assert wl.backtest.sweep(strategy, ko, GRID, **more).frame.equals(one.frame)


def test_a_window_a_currency_and_an_account_reach_every_trial(ko: Any) -> None:
    settings: dict[str, Any] = {"start": "1991-01-03", "end": "1992-06-30", "account": "cash", "fill_at": "this_close"}
    fast = wl.backtest.sweep("momentum", ko, {"lookback": [5, 60], "hold": [1, 5]}, **settings)
    slow = wl.backtest.sweep("momentum", ko, {"lookback": [5, 60], "hold": [1, 5]}, engine="events", **settings)
    assert fast.frame.equals(slow.frame)
    assert "4 without events" in fast.workers
    alone = wl.backtest.run(wl.strategies.make("momentum", lookback=60, hold=5), ko, **settings)
    assert fast["final_equity"][3] == alone.stats["final_equity"]


def test_a_grid_is_the_product_of_its_axes_and_a_list_is_itself(ko: Any, found: wl.backtest.Sweep) -> None:
    assert len(found) == 6
    assert found.frame.select("fast", "slow").rows() == [(f, s) for f in (5, 20, 50) for s in (20, 60)]
    listed = wl.backtest.sweep("sma_cross", ko, [{"slow": 60, "fast": 5}, {"slow": 60, "fast": 50}])
    assert listed["sharpe"].to_list() == [found["sharpe"][1], found["sharpe"][5]]
    assert listed.parameters == ("slow", "fast")


def test_arrays_series_ranges_and_single_values_are_axes(ko: Any) -> None:
    grid = {"fast": np.array([5, 9]), "slow": pl.Series([20, 40]), "invested": 0.5, "allow_short": False}
    swept = wl.backtest.sweep("sma_cross", ko, grid)
    assert len(swept) == 4
    assert swept.frame.schema["fast"] == pl.Int64
    assert swept["invested"].to_list() == [0.5] * 4


def test_a_constraint_makes_no_trials_and_a_refusal_does(ko: Any, found: wl.backtest.Sweep) -> None:
    allowed = wl.backtest.sweep("sma_cross", ko, GRID, constraint=lambda p: p["fast"] < p["slow"])
    assert (len(allowed), allowed.trials) == (4, 4)
    assert (len(found), found.trials, found.count("done"), found.count("refused")) == (6, 6, 4, 2)
    refused = found.frame.filter(pl.col("status") == "refused").row(0, named=True)
    assert refused["message"] == "sma_cross: fast = 20 must be smaller than slow = 20."
    assert refused["sharpe"] is None


def test_parameters_beside_the_grid_are_kept(ko: Any) -> None:
    half = wl.strategies.make("sma_cross", invested=0.5, slow=30)
    swept = wl.backtest.sweep(half, ko, {"fast": [5, 10]})
    alone = wl.backtest.run(wl.strategies.make("sma_cross", invested=0.5, fast=10), ko)
    assert swept["final_equity"][1] == alone.stats["final_equity"]
    assert swept.best.parameters["invested"] == 0.5


# ---- honesty ---------------------------------------------------------------------------------------------------------


def test_the_best_carries_its_probabilistic_and_deflated_sharpe_ratio(found: wl.backtest.Sweep) -> None:
    done = found.frame.filter(pl.col("status") == "done")
    best = done.sort("sharpe", descending=True).row(0, named=True)
    assert found.best.parameters == {"fast": best["fast"], "slow": best["slow"]}
    per_period = done["sharpe"].to_numpy() / math.sqrt(252)
    measured: dict[str, Any] = {k: best[k] for k in ("observations", "skew", "kurtosis")}
    ratio = best["sharpe"] / math.sqrt(252)
    variance = per_period.var(ddof=1)
    assert found.best.probabilistic_sharpe == probabilistic_sharpe(ratio, **measured)
    assert found.best.probabilistic_sharpe == pytest.approx(best["probabilistic_sharpe"], rel=1e-12)
    assert found.best.deflated_sharpe == pytest.approx(deflated_sharpe(ratio, **measured, trials=6, variance=variance))
    assert found.best.expected_maximum_sharpe == pytest.approx(expected_maximum_sharpe(6, variance) * math.sqrt(252))
    assert found.best.deflated_sharpe < found.best.probabilistic_sharpe


def test_earlier_trials_deflate_too(ko: Any, found: wl.backtest.Sweep) -> None:
    more = wl.backtest.sweep("sma_cross", ko, GRID, earlier_trials=1000)
    assert (more.trials, more.best.trials) == (1006, 1006)
    assert more.best.deflated_sharpe < found.best.deflated_sharpe
    assert more.best.probabilistic_sharpe == found.best.probabilistic_sharpe


def test_one_trial_is_not_deflated(ko: Any) -> None:
    one = wl.backtest.sweep("sma_cross", ko, {"fast": [5], "slow": [60]})
    assert one.best.deflated_sharpe == one.best.probabilistic_sharpe
    assert one.best.expected_maximum_sharpe == 0


def test_every_text_of_a_sweep_names_the_trials_and_the_deflated_ratio(
    found: wl.backtest.Sweep, tmp_path: Path
) -> None:
    page = found.report(tmp_path / "deep" / "sweep.html").read_text(encoding="utf-8")
    for text in (repr(found), found._repr_html_(), page, str(found.heatmap().layout.title.text)):
        assert "6 trials" in text
        assert "DSR" in text or "Deflated Sharpe" in text
    assert f"{found.best.deflated_sharpe:.3f}" in repr(found)


@pytest.mark.parametrize("strategy", ["sma_cross", Hold])
def test_the_run_of_a_trial_says_from_how_many_it_was_chosen(ko: Any, strategy: Any, tmp_path: Path) -> None:
    grid = GRID if strategy == "sma_cross" else {"bars": [5, 20, 50]}
    found = wl.backtest.sweep(strategy, ko, grid, cash=5_000, fees=3, earlier_trials=40)
    for chosen, best in ((found.result(), found.best), (found.result(found.robust), found.robust)):
        assert {k: chosen.stats[k] for k in ("final_equity", "sharpe", "fees_paid")} == {
            k: best.stats[k] for k in ("final_equity", "sharpe", "fees_paid")
        }
        assert chosen.strategies[0]["parameters"].items() >= best.parameters.items()
        assert chosen.selection["trials"] == found.trials == len(found) + 40
        assert chosen.selection["deflated_sharpe"] == best.deflated_sharpe
        page = chosen.report(tmp_path / "chosen.html").read_text(encoding="utf-8")
        assert f"Chosen from {found.trials} trials by Sharpe ratio" in page
        assert "Buy and hold made" in page
    other = int(found.sorted()["trial"][1])
    assert found.result(other).stats["sharpe"] == found["sharpe"][other]


def test_a_trial_without_a_result_has_no_run(found: wl.backtest.Sweep) -> None:
    refused = int(found.frame.filter(pl.col("status") == "refused")["trial"][0])
    with pytest.raises(wl.ConfigError, match=f"trial {refused} was refused and has no result"):
        found.result(refused)
    with pytest.raises(wl.ConfigError, match="trial 6 is none of this sweep; it has 0 to 5"):
        found.result(6)


def test_a_page_links_to_the_report_of_its_best(found: wl.backtest.Sweep, tmp_path: Path) -> None:
    page = found.report(tmp_path / "my sweep.html").read_text(encoding="utf-8")
    assert 'href="my%20sweep-best.html"' in page
    assert "Chosen from 6 trials" in (tmp_path / "my sweep-best.html").read_text(encoding="utf-8")
    alone = found.report(tmp_path / "alone.html", best=False).read_text(encoding="utf-8")
    assert "alone-best" not in alone
    assert not (tmp_path / "alone-best.html").exists()


def test_another_metric_has_another_best_and_lower_may_be_better(ko: Any) -> None:
    calm = wl.backtest.sweep("sma_cross", ko, GRID, metric="volatility")
    done = calm.frame.filter(pl.col("status") == "done")
    assert calm.best.value == done["volatility"].min()
    assert calm.sorted("max_drawdown")["max_drawdown"][0] == done["max_drawdown"].max()


def test_noise_is_overfitted_in_about_half_of_the_splits_and_an_edge_never() -> None:
    rng = np.random.default_rng(5)
    returns = rng.normal(0, 0.01, (40, 960))
    several = [
        _core.probability_of_overfitting(rng.normal(0, 0.01, (20, 320)).reshape(-1), 320, 10)[0] for _ in range(12)
    ]
    assert 0.3 < np.mean(several) < 0.7
    returns[7] += 0.01
    probability, _, logits = _core.probability_of_overfitting(returns.reshape(-1), 960, 16)
    assert probability < 0.01
    assert len(logits) == 12_870


def test_the_probability_of_overfitting_needs_the_returns(ko: Any, found: wl.backtest.Sweep) -> None:
    with pytest.raises(wl.ConfigError, match="keep_returns=True"):
        found.probability_of_overfitting()
    kept = wl.backtest.sweep("sma_cross", ko, GRID, keep_returns=True)
    assert kept.returns is not None
    assert kept.returns.shape == (6, 800)
    assert 0 <= kept.probability_of_overfitting(8) <= 1
    events = wl.backtest.sweep("sma_cross", ko, GRID, keep_returns=True, engine="events")
    assert events.returns is not None
    assert np.array_equal(kept.returns, events.returns, equal_nan=True)


def test_papers_numbers() -> None:
    assert probabilistic_sharpe(0.458, 24, skew=-2.448, kurtosis=10.164) == pytest.approx(0.913361, abs=5e-7)
    assert probabilistic_sharpe(0.458, 24) == pytest.approx(0.981675, abs=5e-7)
    assert expected_maximum_sharpe(100, 0.5 / 250) == pytest.approx(0.113172, abs=5e-7)
    paper = deflated_sharpe(2.5 / 250**0.5, 1250, trials=100, variance=0.5 / 250, skew=-3, kurtosis=10)
    assert paper == pytest.approx(0.900397, abs=5e-7)


def test_returns_may_stand_for_their_sharpe_ratio(found: wl.backtest.Sweep) -> None:
    returns = np.random.default_rng(1).normal(0.001, 0.01, 500)
    centred = returns - returns.mean()
    m2, m3, m4 = (np.mean(centred**k) for k in (2, 3, 4))
    ratio = returns.mean() / returns.std(ddof=1)
    same = probabilistic_sharpe(ratio, 500, skew=m3 / m2**1.5, kurtosis=m4 / m2**2)
    assert probabilistic_sharpe(returns) == pytest.approx(same, rel=1e-12)
    assert probabilistic_sharpe(np.append(returns, np.nan)) == pytest.approx(same, rel=1e-12)
    assert math.isnan(probabilistic_sharpe([0.01]))
    assert math.isnan(probabilistic_sharpe([0.0, 0.0, 0.0]))
    with pytest.raises(wl.ConfigError, match="observations= is missing"):
        probabilistic_sharpe(0.1)
    with pytest.raises(wl.ConfigError, match="counted from the returns"):
        probabilistic_sharpe(returns, 500)


# ---- neighbours ------------------------------------------------------------------------------------------------------


def _made(values: dict[tuple[int, int], float | None]) -> wl.backtest.Sweep:
    """A sweep with these Sharpe ratios by (a, b)."""
    rows = {k: [0.5] * len(values) for k in _core.trial_statistics() if k != "periods_per_year"}
    frame = pl.DataFrame(
        {
            "trial": range(len(values)),
            "a": [k[0] for k in values],
            "b": [k[1] for k in values],
            "status": ["done"] * len(values),
            **rows,
            "message": [""] * len(values),
        }
    ).with_columns(pl.Series("sharpe", list(values.values()), dtype=pl.Float64), pl.lit(500).alias("observations"))
    return wl.backtest.Sweep(
        frame=frame, parameters=("a", "b"), metric="sharpe", strategy="made", periods_per_year=252.0
    )


def test_a_plateau_is_the_mean_over_the_neighbours_that_are_there() -> None:
    values: dict[tuple[int, int], float | None] = {(a, b): float(a + b / 10) for a in (1, 2, 3) for b in (10, 20, 40)}
    values[3, 40] = None
    near = _made(values).neighbours()
    by_place = {(r["a"], r["b"]): r for r in near.iter_rows(named=True)}
    known = [v for v in values.values() if v is not None]
    assert by_place[2, 20]["neighbours"] == 8
    assert by_place[2, 20]["plateau"] == pytest.approx(np.mean(known))
    assert by_place[1, 10]["neighbours"] == 4
    assert by_place[1, 10]["plateau"] == pytest.approx(np.mean([values[a, b] for a in (1, 2) for b in (10, 20)]))
    assert by_place[3, 40]["plateau"] is None
    assert _made(values).neighbours(radius=2)["neighbours"].max() == 8


def test_the_robust_one_is_on_the_plateau_and_not_on_the_peak() -> None:
    values: dict[tuple[int, int], float | None] = {(a, b): 0.0 for a in range(8) for b in range(8)}
    values |= {(a, b): 1.0 for a in (4, 5, 6) for b in (4, 5, 6)}
    values[1, 1] = 5.0
    made = _made(values)
    assert made.best.parameters == {"a": 1, "b": 1}
    assert made.robust.parameters == {"a": 5, "b": 5}


def test_pictures_say_what_they_show(found: wl.backtest.Sweep, ko: Any) -> None:
    heat = found.heatmap("slow", "fast", "total_return").data[0]
    assert (list(heat.x), list(heat.y)) == (["20", "60"], ["5", "20", "50"])
    assert heat.z[0][1] == found["total_return"][1]
    assert math.isnan(heat.z[1][0])  # refused
    assert {trace.name for trace in found.plateau().data[1:]} == {"best", "robust"}
    line = wl.backtest.sweep("sma_cross", ko, {"fast": [5, 10, 15]}).heatmap().data[0]
    assert line.type == "scatter"
    with pytest.raises(wl.ConfigError, match="'fats' is no parameter"):
        found.heatmap("fats")


def test_a_page_is_self_contained_and_escaped(ko: Any, tmp_path: Path) -> None:
    found = wl.backtest.sweep("momentum", ko, {"lookback": range(5, 45, 5), "hold": [1, 5, 10]})
    page = found.report(tmp_path / "s.html", title="<b>x</b>").read_text(encoding="utf-8")
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>x</b>" not in page
    assert "<script" not in page
    assert "http" not in page
    assert page.count("<rect") == 2 * 24
    assert len(page) < 100_000


def test_a_map_of_a_large_grid_is_thinned() -> None:
    from walras.viz.sweep import matrix_of
    from walras.viz.sweep_page import _thinned

    values: dict[tuple[int, int], float | None] = {(a, b): float(a) for a in range(300) for b in range(3)}
    made = _made(values)
    matrix = matrix_of(made, "a", "b", "sharpe", made.frame)
    cells, columns, _ = _thinned(matrix)
    assert cells.shape == (3, 100)
    assert cells[0, 0] == 1.0
    assert columns[0] == "0–2"


# ---- Python strategies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2])
def test_a_python_strategy_sweeps_with_the_same_rows_however_it_is_run(ko: Any, threads: int) -> None:
    found = wl.backtest.sweep(
        Hold(quantity=7), ko, {"bars": [5, 50, 500]}, threads=threads, keep_returns=True, progress=False
    )
    for row in found.frame.iter_rows(named=True):
        alone = wl.backtest.run(Hold(bars=row["bars"], quantity=7), ko)
        assert row["final_equity"] == alone.stats["final_equity"]
        assert row["sharpe"] == alone.stats["sharpe"]
    assert found.best.parameters["quantity"] == 7
    assert found.workers == ("2 processes" if threads == 2 else "one process, one after another")
    assert found.returns is not None
    assert np.prod(1 + found.returns[0]) - 1 == pytest.approx(found["total_return"][0], rel=1e-12)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_trial_that_fails_is_a_row_and_counts(ko: Any, threads: int) -> None:
    found = wl.backtest.sweep(Hold, ko, {"quantity": [5, 99, 6]}, threads=threads)
    assert found["status"].to_list() == ["done", "failed", "done"]
    assert found["message"][1] == "ValueError: the moon is full"
    assert found.trials == 3


def test_wrong_types_are_refused_trials(ko: Any) -> None:
    found = wl.backtest.sweep(Hold, ko, [{"quantity": 5}, {"quantity": "many"}])
    assert found["status"].to_list() == ["done", "refused"]


# ---- stopping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["sma_cross", Hold])
def test_a_stopped_sweep_keeps_what_is_done(ko: Any, strategy: Any) -> None:
    grid = {"fast": range(1, 300), "slow": range(301, 600)} if strategy == "sma_cross" else {"bars": range(2, 200)}
    seen: list[int] = []

    def stop(done: int, total: int) -> bool:
        seen.append(total)
        return done == 0

    found = wl.backtest.sweep(strategy, ko, grid, threads=1, progress=stop, engine="events")
    assert found.interrupted
    assert 0 < found.count("done") < len(found)
    assert found.trials == found.count("done")
    assert seen[0] == len(found)
    assert "interrupted" in repr(found)
    assert found.frame.filter(pl.col("status") == "pending")["sharpe"].null_count() == found.count("pending")


def test_a_sweep_stopped_at_once_still_has_a_text(ko: Any) -> None:
    found = wl.backtest.sweep(Hold, ko, {"bars": [5, 6]}, progress=lambda done, total: False)
    nothing = found.frame.with_columns(
        pl.lit("pending").alias("status"), pl.lit(None, dtype=pl.Float64).alias("sharpe")
    )
    empty = wl.backtest.Sweep(frame=nothing, parameters=("bars",), metric="sharpe", strategy="Hold", interrupted=True)
    assert "no trial has a finite sharpe" in repr(empty)
    assert json.loads(empty.to_json())["best"] is None
    with pytest.raises(wl.DataError, match="no trial has a finite sharpe"):
        _ = empty.best


SLOW = """
import walras as wl

class Slow(wl.Strategy):
    bars: int = 10
    def on_bar(self, ctx, bar):
        for _ in range(2000):
            pass
"""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", ["library", "python"])
def test_ctrl_c_prints_what_is_done_and_exits_with_130(tmp_path: Path, kind: str, threads: int) -> None:
    """The same for a library strategy's threads and for a Python strategy's processes."""
    file = tmp_path / "slow.py"
    file.write_text(SLOW)
    script = (
        "import os, signal, sys, walras._sweep as s\n"
        "from walras.cli import run\n"
        "import contextlib\n"
        "@contextlib.contextmanager\n"
        "def shown(progress, label):\n"  # a real Ctrl-C, as soon as something is done
        "    yield lambda done, total: os.kill(os.getpid(), signal.SIGINT) if done else None\n"
        "s._shown = shown\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    strategy, data, sweep = {
        "python": (str(file), "demo:KO", ["--sweep", "bars=1:400"]),
        "library": ("pairs", "demo:KO,PEP", ["--sweep", "lookback=20:400", "--sweep", "entry=1:3:0.1"]),
    }[kind]
    arguments = ["backtest", strategy, "--data", data, "--to", "1996-01-01", "--threads", str(threads), *sweep]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert done.returncode == 130, done.stderr
    assert "interrupted: what was finished is kept" in done.stdout
    assert "pending" in done.stdout
    assert "Traceback" not in done.stderr


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grid": {"fats": [1]}}, "sma_cross has no parameter 'fats'; did you mean 'fast'"),
        ({"grid": {"fast": []}}, "'fast' has no values to try"),
        ({"grid": {"fast": [5, 6, 5]}}, "'fast' has the value 5 twice"),
        ({"grid": {"fast": {"a": 1}}}, "give a list, a range or an array"),
        ({"grid": 7}, "grid = 7 is no grid"),
        ({"grid": []}, "list of parameter sets is empty"),
        ({"grid": [{"fast": 1}, {"slow": 1}]}, "give all the same"),
        ({"metric": "sharp"}, "did you mean 'sharpe'"),
        ({"metric": "colour"}, "metric = 'colour' is no statistic of a sweep"),
        ({"threads": -1}, "threads = -1 must be at least 0"),
        ({"earlier_trials": -1}, "earlier_trials = -1"),
        ({"engine": "diesel"}, "engine = 'diesel' is unknown"),
        ({"csah": 5}, "sweep has no argument 'csah'; did you mean 'cash'"),
        ({"journal": "x.wj"}, "journal= would be written by every trial"),
        ({"constraint": lambda p: False}, "lets none of the 6 points through"),
        (
            {"grid": {"fast": [90, 91], "slow": [10, 11]}},
            "not one of 4 trials could run; the first says: sma_cross: fast",
        ),
        ({"strategy": ["sma_cross", "ema_cross"]}, "is not a strategy; a sweep takes one"),
        ({"strategy": "sma_crass"}, "there is no strategy 'sma_crass'; did you mean 'sma_cross'"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name_value_and_remedy(
    ko: Any, arguments: dict[str, Any], message: str
) -> None:
    given: dict[str, Any] = {"strategy": "sma_cross", "grid": GRID} | arguments
    with pytest.raises(wl.ConfigError, match=message.replace("(", r"\(")):
        wl.backtest.sweep(given.pop("strategy"), ko, given.pop("grid"), **given)


def test_a_grid_of_many_points_is_not_made_before_it_is_asked_for() -> None:
    wide = {name: range(1, 100_001) for name in ("a", "b", "c")}
    grid = parse_grid(wide, known=["a", "b", "c"], owner="x", fixed={"d": 1})
    assert len(grid) == 10**15
    assert grid.at(10**15 - 1) == {"a": 100_000, "b": 100_000, "c": 100_000, "d": 1}


# ---- command line ----------------------------------------------------------------------------------------------------


def test_ranges_of_the_command_line_include_both_ends() -> None:
    assert parse_sweep(["fast=5:20:5"]) == {"fast": [5, 10, 15, 20]}
    assert parse_sweep(["fast=5:7"]) == {"fast": [5, 6, 7]}
    assert parse_sweep(["x=0.1:0.3:0.1"]) == {"x": [0.1, 0.2, 0.3]}
    assert parse_sweep(["x=1,2.5,ten", "allow-short=true,false"]) == {
        "x": [1, 2.5, "ten"],
        "allow_short": [True, False],
    }
    assert parse_sweep(["fast=1:3,10,20:40:10"]) == {"fast": [1, 2, 3, 10, 20, 30, 40]}


@pytest.mark.parametrize(
    "word", ["fast", "=5", "fast=", "fast=5:1", "fast=1:5:0", "fast=1:2:3:4", "fast=a:b", "x=0:1:1e-9"]
)
def test_a_range_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(wl.ConfigError):
        parse_sweep([word])


def test_the_command_prints_a_table_a_document_and_a_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    base = ["backtest", "sma_cross", "--data", "demo:KO", "--to", "1995-01-01"]
    base += ["--sweep", "fast=5:20:5", "--sweep", "slow=20,60", "--set", "invested=0.5"]
    assert run_command([*base, "--report", str(tmp_path / "s.html"), "--save", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "8 trials (7 done, 1 refused)" in out
    assert "DSR" in out
    assert f"report of the best: {tmp_path / 's-best.html'}" in out.replace("\n", "")
    assert "Chosen from 8 trials" in (tmp_path / "s-best.html").read_text(encoding="utf-8")
    assert (tmp_path / "s.html").exists()
    assert len(pl.read_parquet(tmp_path / "sweep.parquet")) == 8
    assert run_command([*base, "--json", "--metric", "calmar", "--threads", "2", "--earlier-trials", "9"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["trials"] == 17
    assert document["metric"] == "calmar"
    assert set(document["best"]) >= {"parameters", "probabilistic_sharpe", "deflated_sharpe"}
    assert document["best"]["parameters"]["invested"] == 0.5
    assert len(document["rows"]) == 8
    assert document["command"].startswith("walras backtest sma_cross")


def test_a_fixed_value_need_not_fit_the_defaults_of_what_is_swept(capsys: pytest.CaptureFixture[str]) -> None:
    base = ["backtest", "sma_cross", "--data", "demo:KO", "--to", "1995-01-01"]
    assert run_command([*base, "--set", "fast=60", "--sweep", "slow=70,100"]) == 0  # the default slow is 30
    assert "2 trials (2 done)" in capsys.readouterr().out
    assert run_command([*base, "--set", "fats=60", "--sweep", "slow=70,100"]) == 2
    assert "fats" in capsys.readouterr().err
    assert run_command([*base, "--sweep", "slow=70", "--journal", "x"]) == 2
    assert "--journal" in capsys.readouterr().err
