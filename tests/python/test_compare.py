"""Several runs side by side: in Python, on a page, and on the command line."""

import json
import math
from pathlib import Path

import polars as pl
import pytest

import walras as wl
from tests.python.runs import make_run
from tests.python.test_report import Tags, payload, unpack
from walras.cli import run as command_line
from walras.comparison import LESS_IS_BETTER, MORE_IS_BETTER, compare
from walras.errors import ConfigError, DataError
from walras.result import BacktestResult, Stats
from walras.viz.compare import joined_curves, render


@pytest.fixture(scope="module")
def runs() -> list[BacktestResult]:
    prices = wl.data.bars_from_frame(wl.data.load_demo_prices().select("date", "KO").tail(1500))
    made = [wl.strategies.make("sma_cross", fast=f, slow=s) for f, s in ((10, 50), (20, 100))]
    made.append(wl.strategies.make("buy_and_hold"))
    return [wl.backtest.run(strategy, prices) for strategy in made]


# ---- numbers ---------------------------------------------------------------------------------------------------------


def test_statistics_stand_side_by_side_as_each_run_has_them(runs: list[BacktestResult]) -> None:
    both = wl.compare(runs, labels=["a", "b", "c"])
    row = both.stats.row(by_predicate=pl.col("key") == "sharpe")
    assert row == ("sharpe", *(run.stats["sharpe"] for run in runs))


def test_the_best_is_the_highest_or_the_lowest_by_the_nature_of_a_statistic(runs: list[BacktestResult]) -> None:
    both = wl.compare(runs, labels=["a", "b", "c"])
    for key, pick in (("sharpe", max), ("max_drawdown", max), ("volatility", min), ("fees_paid", min)):
        values = {label: run.stats[key] for label, run in zip(both.labels, runs, strict=True)}
        assert both.best[key] == pick(values, key=lambda label: values[label])  # type: ignore[arg-type, return-value]
    assert "beta" not in both.best
    assert not MORE_IS_BETTER & LESS_IS_BETTER


def test_equal_runs_have_no_best_and_correlate_fully() -> None:
    twins = compare([make_run(), make_run()])
    assert dict(twins.best) == {}
    assert twins.labels == ("sma_cross #1", "sma_cross #2")
    assert twins.correlation["sma_cross #2"][0] == pytest.approx(1.0)


def test_labels_say_what_differs(runs: list[BacktestResult]) -> None:
    assert compare(runs[:2]).labels == ("fast 10 slow 50", "fast 20 slow 100")
    assert compare(runs).labels == ("sma_cross fast 10 slow 50", "sma_cross fast 20 slow 100", "buy_and_hold")
    assert compare([make_run(), make_run(settings={"cash": 1e5, "fees": "none"})]).labels == ("fees 5 bps", "fees none")


def test_runs_of_other_days_are_compared_on_the_days_that_both_have() -> None:
    long = make_run(days=400)
    tail = long.equity.tail(300).with_columns(pl.col("ts") + pl.duration(hours=1, time_unit="ns"))
    late = make_run(days=400, equity=tail, settings={"cash": tail["equity"][0]})
    both = compare([long, late], labels=["long", "late"])
    assert len(both.returns) == 299
    assert both.correlation["late"][0] == pytest.approx(1.0)
    assert any("different times" in text for text in both.warnings())


def test_a_run_that_never_moved_has_no_correlation() -> None:
    still = make_run(equity=make_run().equity.with_columns(equity=pl.lit(100_000.0)))
    assert math.isnan(compare([make_run(), still]).correlation.row(0)[2])


@pytest.mark.parametrize(
    ("count", "labels", "message"),
    [
        (1, None, "2 to 12 runs, 1 given"),
        (13, None, "13 given"),
        (2, ["a"], "1 labels for 2"),
        (2, ["a", "a"], "differ"),
    ],
)
def test_too_few_runs_and_bad_labels_are_refused(count: int, labels: list[str] | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        compare([make_run(days=100)] * count, labels=labels)


def test_results_of_arrays_are_compared_and_what_is_no_result_is_refused(runs: list[BacktestResult]) -> None:
    prices = wl.data.load_demo_prices().head(300)
    arrays = wl.backtest.from_target_weights(prices.select("date", "KO"), [0.5])
    both = compare([arrays, runs[0]], labels=["arrays", "events"])
    assert both.results[0].stats["final_equity"] == arrays.final_equity
    with pytest.raises(wl.ConfigError, match="a DataFrame is no result"):
        compare([prices, runs[0]])  # type: ignore[list-item]


def test_different_fees_and_data_are_warned_of() -> None:
    texts = compare([make_run(), make_run(settings={"cash": 1e5, "fees": "none"}, data_hash="other")]).warnings()
    assert any("different data" in text for text in texts)
    assert any("different fees: 5 bps, none" in text for text in texts)


# ---- documents -------------------------------------------------------------------------------------------------------


def test_the_json_document_of_a_run_is_enough_to_compare(runs: list[BacktestResult], tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(runs[0].to_json())
    loaded = BacktestResult.load(path)
    assert loaded.to_dict() == runs[0].to_dict()
    assert loaded.stats.info("sharpe") == runs[0].stats.info("sharpe")
    direct, read = compare([runs[0], runs[2]]), compare([path, runs[2].save(tmp_path / "saved")])
    assert read.to_dict() == direct.to_dict()
    assert loaded.report(tmp_path / "a.html").stat().st_size > 10_000  # without prices


def test_a_document_without_equity_is_named(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text('{"stats": {}}')
    with pytest.raises(DataError, match="has no 'equity'"):
        BacktestResult.load(path)
    path.write_text("[1")
    with pytest.raises(DataError, match="is not a result"):
        BacktestResult.load(path)


# ---- pages and text --------------------------------------------------------------------------------------------------


def test_the_page_holds_all_curves_and_asks_nothing_from_the_network(runs: list[BacktestResult]) -> None:
    page = render(compare(runs))
    tags = Tags()
    tags.feed(page)
    assert (tags.open, tags.links) == ([], [])
    curves = payload(page)["curves"]
    growth = runs[1].equity["equity"] / 10_000
    assert unpack(curves["growth 1"]) == pytest.approx(growth.to_list(), abs=1e-5)
    assert len(page) < 1_000_000


def test_the_page_shows_each_run_s_statistics_as_the_run_spells_them(runs: list[BacktestResult]) -> None:
    page = render(compare(runs))
    for run in runs:
        for key in run.stats:
            assert run.stats.text(key) in page
        assert run.signature in page


def test_labels_from_outside_stay_text() -> None:
    evil = "<img src=x onerror=alert(1)>{{data}}"
    run = make_run(
        command=evil, settings={evil: evil}, warnings=(evil,), strategies=({"name": evil, "parameters": {evil: evil}},)
    )
    page = render(compare([run, make_run()], labels=[evil, '"><script>']), title=evil)
    assert "<img" not in page
    assert '"><script>' not in page


def test_a_run_keeps_its_last_value_between_rows_of_another() -> None:
    base = make_run(days=100)
    every_other = make_run(days=100, equity=base.equity.gather_every(2))
    frame = joined_curves(compare([base, every_other]))
    assert frame["growth 1"][1] == frame["growth 1"][0]
    assert frame["growth 1"][2] != frame["growth 1"][1] or frame["growth 0"][2] == frame["growth 0"][0]


def test_runs_without_rows_and_without_statistics_have_a_page() -> None:
    full = make_run(days=100)
    empty = {name: getattr(full, name).clear() for name in ("equity", "orders", "fills", "trades", "cash_flows")}
    assert "Walras" in render(compare([full, make_run(**empty, days=100, stats=Stats({}))], labels=["full", "empty"]))


def test_the_terminal_marks_the_best(runs: list[BacktestResult], capsys: pytest.CaptureFixture[str]) -> None:
    compare(runs).print_table()
    out = capsys.readouterr().out
    assert "★" in out
    assert out.index("Final equity") < out.index("Sharpe ratio")


def test_the_plotly_figure_has_growth_and_drawdown_of_each_run(runs: list[BacktestResult]) -> None:
    assert len(compare(runs).plot().data) == 2 * len(runs)
    assert "<table" in compare(runs)._repr_html_()


# ---- the command line ------------------------------------------------------------------------------------------------


def test_saved_runs_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = []
    for fast in (5, 20):
        options = ["--data", "demo:KO", "--from", "2015-01-01", "--set", f"fast={fast}", "--json"]
        assert command_line(["backtest", "sma_cross", *options]) == 0
        paths.append(tmp_path / f"{fast}.json")
        paths[-1].write_text(capsys.readouterr().out)
    page = tmp_path / "pages" / "cmp.html"
    assert command_line(["compare", *map(str, paths), "--json", "--report", str(page)]) == 0
    document = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert document["labels"] == ["fast 5", "fast 20"]
    assert set(document["stats"]["sharpe"]) == {"fast 5", "fast 20"}
    assert page.exists()


def test_a_backtest_is_shown_beside_another_strategy_and_a_saved_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["backtest", "sma_cross", "--data", "demo:KO", "--from", "2015-01-01"]
    assert command_line([*base, "--quiet", "--save", str(tmp_path / "run")]) == 0
    others = ["--compare", "buy_and_hold", "--compare", "sma_cross:fast=5,slow=20", "--compare", str(tmp_path / "run")]
    assert command_line([*base, *others, "--set", "fast=12", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == [
        "sma_cross fast 12 slow 30", "buy_and_hold", "sma_cross fast 5 slow 20", "sma_cross fast 10 slow 30",
    ]  # fmt: skip


def test_a_strategy_to_compare_with_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    code = command_line(["backtest", "sma_cross", "--data", "demo:KO", "--compare", "sma_cros"])
    assert code == 2
    assert "did you mean 'sma_cross'" in capsys.readouterr().err


def test_every_statistic_with_a_better_side_exists() -> None:
    assert (MORE_IS_BETTER | LESS_IS_BETTER) - {"probabilistic_sharpe"} <= set(wl.stats.definitions())
