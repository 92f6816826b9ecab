"""The result and its report: consistent, self-contained, escaped, small."""

import base64
import json
import math
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.python.runs import CASH, make_run, walks
from walras.errors import ConfigError, DataError
from walras.result import BacktestResult, StatisticInfo, Stats, format_value
from walras.viz.curves import buy_and_hold, cost_steps, drawdown, thin, worst_drawdowns
from walras.viz.payload import pack, pack_times
from walras.viz.report import render
from walras.viz.returns import monthly_returns


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return make_run(warnings=("fill_at = this_close looks at the price it trades",))


@pytest.fixture(scope="module")
def page(result: BacktestResult) -> str:
    return render(result)


def payload(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="text/plain" id="data">([^<]*)</script>', page)
    assert found
    document: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(found[1])))
    return document


def unpack(column: dict[str, Any]) -> list[float | None]:
    total, out = 0, []
    for step in column["delta"]:
        total += step or 0
        out.append(None if step is None else total * column["scale"])
    return out


# ---- the result ------------------------------------------------------------------------------------------------------


def test_a_wrong_statistic_key_names_the_nearest_right_one(result: BacktestResult) -> None:
    with pytest.raises(KeyError, match="did you mean 'sharpe'"):
        result.stats["sharp"]


def test_statistics_describe_themselves_with_formula_and_unit(result: BacktestResult) -> None:
    table = result.stats.describe()
    assert table.columns == ["key", "value", "formula", "unit"]
    assert table["key"].to_list() == list(result.stats)


def test_the_json_document_is_strict_json_with_the_promised_keys(result: BacktestResult) -> None:
    document = json.loads(result.to_json(), parse_constant=pytest.fail)
    assert {"stats", "orders", "fills", "trades", "signature", "seed", "versions", "data_hash"} <= set(document)
    assert document["fills"][0]["ts"].endswith("Z")
    assert len(document["trades"]) == len(result.trades)


def test_what_is_not_finite_becomes_null_in_json() -> None:
    run = make_run(stats=Stats({"profit_factor": math.inf, "sharpe": math.nan}))
    assert json.loads(run.to_json())["stats"] == {"profit_factor": None, "sharpe": None}


def test_a_saved_result_is_loaded_unchanged(result: BacktestResult, tmp_path: Path) -> None:
    loaded = BacktestResult.load(result.save(tmp_path / "run"))
    assert loaded.to_dict() == result.to_dict()
    assert_frame_equal(loaded.equity, result.equity)
    assert_frame_equal(loaded.prices["KO"], result.prices["KO"])
    assert loaded.stats.info("sharpe") == result.stats.info("sharpe")


def test_frames_go_to_pandas(result: BacktestResult) -> None:
    assert list(result.fills.to_pandas().columns) == result.fills.columns


def test_a_notebook_shows_a_small_table(result: BacktestResult) -> None:
    assert "final_equity" in repr(result)
    assert "<table>" in result._repr_html_()


def test_the_plotly_figure_has_equity_benchmark_drawdown_and_exposure(result: BacktestResult) -> None:
    names = [trace.name for trace in result.plot().data]
    assert names == ["equity", "buy and hold", "drawdown", "gross exposure", "net exposure"]
    assert len(result.plot().layout.shapes) == len(worst_drawdowns(result, 5))


def test_the_plotly_figure_of_an_instrument_marks_entries_and_exits(result: BacktestResult) -> None:
    figure = {trace.name: trace for trace in result.plot("KO").data}
    trades = result.trades.filter((pl.col("instrument") == "KO") & (pl.col("side") == "short"))
    assert list(figure["short entry"].y) == trades["entry_price"].to_list()
    with pytest.raises(ConfigError, match="it has: KO, PEP"):
        result.plot("PEPSI")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1234, "fraction", "12.34 %"),
        (-1234.5, "currency", "−1,234.50"),
        (math.nan, "ratio", "—"),
        (math.inf, "ratio", "∞"),
        (3, "count", "3"),
    ],
)
def test_numbers_have_one_spelling(value: float, unit: str, text: str) -> None:
    assert format_value(value, unit) == text


# ---- what is drawn ---------------------------------------------------------------------------------------------------


def test_a_loss_on_the_first_day_counts_as_drawdown() -> None:
    assert drawdown(np.array([90.0, 100.0, 80.0]), 100.0).tolist() == pytest.approx([-0.1, 0.0, -0.2])


def test_buy_and_hold_starts_with_the_same_cash(result: BacktestResult) -> None:
    hold = buy_and_hold(result)
    assert hold[0] == pytest.approx(CASH)
    closes = [frame["close"] for frame in result.prices.values()]
    assert hold[-1] == pytest.approx(CASH * np.mean([close[-1] / close[0] for close in closes]))


def test_the_costs_lead_from_the_gross_to_the_net_profit(result: BacktestResult) -> None:
    steps = cost_steps(result)
    assert sum(step.amount for step in steps[:-1]) == pytest.approx(steps[-1].amount)
    assert steps[-1].amount == pytest.approx(result.equity["equity"][-1] - CASH)
    assert next(s.amount for s in steps if s.label == "Fees") == pytest.approx(-result.fills["fee"].sum())


def test_deposits_are_no_profit(result: BacktestResult) -> None:
    last = result.equity["ts"][-1]
    paid_in = make_run(
        cash_flows=pl.DataFrame({"ts": [last], "kind": ["deposit"], "amount": [1000.0], "strategy": [""]})
    )
    assert cost_steps(paid_in)[-1].amount == pytest.approx(cost_steps(result)[-1].amount - 1000.0)


def test_months_compound_to_their_year_and_years_to_the_total(result: BacktestResult) -> None:
    table = monthly_returns(result)
    for year in table.values():
        assert math.prod(1 + r for m, r in year.items() if m) == pytest.approx(1 + year[0])
    assert math.prod(1 + year[0] for year in table.values()) == pytest.approx(result.equity["equity"][-1] / CASH)


def test_the_worst_drawdown_is_the_maximum_one(result: BacktestResult) -> None:
    worst = worst_drawdowns(result)
    assert worst[0].depth == pytest.approx(result.stats["max_drawdown"])
    assert [d.depth for d in worst] == sorted(d.depth for d in worst)
    assert all(d.peak < d.trough for d in worst)


def test_thinning_keeps_the_extremes() -> None:
    frame = walks(("A",), 1000, seed=1)["A"]
    small = thin(frame, 100)
    assert len(small) == 100
    assert small["high"].max() == frame["high"].max()
    assert small["low"].min() == frame["low"].min()
    assert small["close"][-1] == frame["close"][-1]
    assert small["open"][0] == frame["open"][0]


def test_packed_columns_unpack_to_six_digits() -> None:
    values = [100.0, 101.234567, None, 99.9, math.nan, 0.001]
    unpacked = unpack(pack(pl.Series(values, dtype=pl.Float64)))
    assert unpacked == [pytest.approx(v, abs=1e-3) if v is not None and v == v else None for v in values]
    assert pack(pl.Series([], dtype=pl.Float64)) == {"scale": 1.0, "delta": []}


def test_packed_times_keep_gaps() -> None:
    ts = pl.Series([10**9, None, 3 * 10**9]).cast(pl.Datetime("ns", "UTC"))
    assert unpack(pack_times(ts)) == [1, None, 3]


# ---- the page --------------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Checks that elements nest, and collects attributes that could reach the network."""

    void = frozenset({"meta", "br", "input", "link", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_asks_for_nothing_from_the_network(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert [link for link in tags.links if not link.startswith("#")] == []
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", page)


def test_the_page_says_how_to_repeat_the_run(page: str, result: BacktestResult) -> None:
    for text in (result.signature, result.data_hash, result.command, "0.1.0", "5 bps", "next_close"):
        assert text in page


def test_the_page_shows_each_statistic_with_its_formula(page: str, result: BacktestResult) -> None:
    from html import escape

    for key in result.stats:
        assert escape(result.stats.info(key).formula) in page
        assert escape(result.stats.text(key)) in page


def test_warnings_stand_above_the_numbers(page: str) -> None:
    assert page.index("looks at the price it trades") < page.index("Key numbers")


def test_the_page_carries_the_curves_and_all_trades(page: str, result: BacktestResult) -> None:
    data = payload(page)
    assert unpack(data["curves"]["equity"]) == pytest.approx(result.equity["equity"].to_list(), abs=0.01)
    assert unpack(data["trades"]["net_pnl"]) == pytest.approx(result.trades["net_pnl"].to_list(), abs=0.001)
    assert set(data["prices"]) == set(result.prices)


def test_nothing_from_outside_becomes_markup() -> None:
    evil = '<script>alert(1)</script>{{data}}"onmouseover="x'
    run = make_run(
        warnings=(evil,),
        command=evil,
        settings={evil: evil, "cash": CASH},
        strategies=({"name": evil, "title": evil, "parameters": {evil: evil}},),
    )
    run = make_run(
        prices={evil: walks(("A",), 300, 1)["A"]},
        warnings=run.warnings,
        command=evil,
        settings=run.settings,
        strategies=run.strategies,
        stats=Stats(
            {evil: 1.0, "sharpe": evil}, dict.fromkeys((evil, "sharpe"), StatisticInfo(evil, evil, evil, evil))
        ),
        versions={evil: evil},
        currency=evil,
        selection={"trials": evil, "metric": evil},
    )
    page = render(run, title=evil) + run._repr_html_()
    assert "<script>alert" not in page
    assert '"onmouseover' not in page
    tags = Tags()
    tags.feed(page)
    assert tags.open == []


def test_thirty_years_of_twenty_stocks_fit_into_three_megabytes(tmp_path: Path) -> None:
    run = make_run(walks(tuple(f"S{i:02}" for i in range(20)), 7560, seed=3))
    assert run.report(tmp_path / "deep" / "report.html").stat().st_size < 3_000_000


def test_a_run_without_trades_has_a_report(tmp_path: Path) -> None:
    run = make_run(days=60)
    assert len(run.fills) == 0
    assert payload(run.report(tmp_path / "empty.html").read_text())["trades"]["total"] == 0


def test_a_run_without_any_row_has_a_report() -> None:
    full = make_run(days=100)
    empty = {name: getattr(full, name).clear() for name in ("equity", "orders", "fills", "trades", "cash_flows")}
    assert "Walras" in render(make_run(**empty, days=100, prices=None, stats=Stats({})))


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give a folder that"):
        BacktestResult.load(tmp_path / "nope")
