"""What a report draws beside equity: rolling statistics, the histogram, excursions, turnover, dates of days."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

import walras as wl
from tests.python.runs import CASH, make_run, walks
from walras._excursions import excursions, range_extreme
from walras.result import BacktestResult, Stats
from walras.viz.curves import cost_steps, dated, net_exposure, turnover, worst_drawdowns
from walras.viz.returns import (
    Window,
    annual_returns,
    histogram,
    intervals,
    levels,
    monthly_returns,
    regular_returns,
    returns,
    windows,
)
from walras.viz.returns import rolling as roll

NS = pl.Datetime("ns", "UTC")


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    prices = wl.data.bars_from_frame(wl.data.load_demo_prices().select("date", "KO", "PEP"))
    return wl.backtest.run("pairs", prices, cash=100_000)


# ---- returns ---------------------------------------------------------------------------------------------------------


def test_a_window_of_all_returns_gives_the_statistics_of_the_run(result: BacktestResult) -> None:
    frame, per_year, _ = regular_returns(result)
    last = roll(frame, Window("all", len(frame)), per_year).row(-1, named=True)
    assert last["sharpe"] == pytest.approx(result.stats["sharpe"], rel=1e-6)
    assert last["volatility"] == pytest.approx(result.stats["volatility"], rel=1e-6)
    assert last["beta"] == pytest.approx(result.stats["beta"], rel=1e-6)


def test_a_rolling_statistic_looks_at_its_window_alone(result: BacktestResult) -> None:
    frame, per_year, unit = regular_returns(result)
    window = windows(len(frame), per_year, unit)[0]
    point = roll(frame, window, per_year)
    assert len(point) == len(frame) - window.rows + 1
    r = frame["r"].to_numpy()[1000 : 1000 + window.rows]
    row = point.row(1000, named=True)
    assert row["ts"] == frame["ts"][1000 + window.rows - 1]
    assert row["volatility"] == pytest.approx(r.std(ddof=1) * per_year**0.5, rel=1e-6)


def test_windows_are_named_by_time_and_rows() -> None:
    assert windows(7560, 252.0, "days")[-1] == Window("3 years (756 days)", 756)
    assert [w.rows for w in windows(240, 12.0, "months")] == [12, 36]
    assert windows(100, 98_280.0, "rows") == [Window("12 rows", 12), Window("25 rows", 25)]
    assert windows(20, 252.0, "days") == []


def test_a_flat_stretch_has_no_rolling_sharpe() -> None:
    ts = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(30)]
    frame = pl.DataFrame({"ts": ts, "r": [0.0] * 30, "b": [0.0] * 30})
    assert roll(frame, Window("", 10), 252.0)["sharpe"].is_nan().all()


def test_minute_bars_over_months_are_judged_by_days() -> None:
    frame, per_year, unit = regular_returns(intraday(days=70))
    assert (len(frame), per_year, unit) == (70, 252.0, "days")  # the start counts


def test_intervals_enclose_the_statistic_that_they_are_of(result: BacktestResult) -> None:
    sure = intervals(result)
    assert set(sure) == {"cagr", "volatility", "sharpe", "sortino", "max_drawdown", "alpha", "beta"}
    for key, interval in sure.items():
        assert interval.low < result.stats[key] < interval.high  # type: ignore[operator]
    blind = result.equity.with_columns(benchmark=pl.lit(math.nan))
    assert "beta" not in intervals(replace(result, equity=blind))
    assert intervals(make_run(days=50)) == {}


def test_the_histogram_counts_every_return_and_carries_the_run_s_own_var(result: BacktestResult) -> None:
    bars = histogram(result)
    assert bars is not None
    assert bars.counts.sum() == len(result.equity) - 1
    assert bars.marks == {key: result.stats[key] for key in ("cvar_95", "var_95")}
    assert bars.normal.sum() == pytest.approx(bars.counts.sum(), rel=0.01)  # its tails lie outside


def test_the_start_is_a_row_of_its_own_where_the_first_row_has_moved() -> None:
    run = make_run(days=200)
    moved = run.equity.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(CASH / 2).otherwise("equity").alias("equity")
    )
    assert returns(levels(make_run(days=200, equity=moved)))["r"][0] == -0.5
    assert len(levels(run)) == len(run.equity)


def test_years_of_strategy_and_benchmark_compound_to_the_whole(result: BacktestResult) -> None:
    table = annual_returns(result)
    assert math.prod(1 + r for r in table["r"]) == pytest.approx(1 + float(str(result.stats["total_return"])))
    assert math.prod(1 + b for b in table["b"]) == pytest.approx(result.equity["benchmark"][-1])


# ---- days ------------------------------------------------------------------------------------------------------------


def daily(zone_hours: int, last: int = 1) -> BacktestResult:
    """Three rows that end with 29, 30 and 31 December where clocks are `zone_hours` ahead of UTC."""
    ends = [datetime(2020, 12, day, tzinfo=UTC) + timedelta(days=1, hours=-zone_hours) for day in (29, 30, 31)]
    ts = pl.Series(ends).cast(NS).to_physical() - last
    return make_run(equity=make_run(days=90).equity.head(3).with_columns(ts.cast(NS).alias("ts")))


@pytest.mark.parametrize("zone", [-10, -8, -5, 0, 1, 8, 9, 12])
def test_a_daily_row_belongs_to_the_day_where_it_was_made(zone: int) -> None:
    assert [t.day for t in dated(daily(zone)).equity["ts"]] == [29, 30, 31]
    assert list(monthly_returns(dated(daily(zone)))) == [2020]
    assert dated(dated(daily(zone))).equity.equals(dated(daily(zone)).equity)


def test_times_of_the_day_stay_as_they_are() -> None:
    run = daily(-5, last=0)
    assert dated(run).equity["ts"].equals(run.equity["ts"])
    assert dated(intraday(days=5)).equity["ts"][0].hour == 14


# ---- excursions ------------------------------------------------------------------------------------------------------

TRADE = {"instrument": "A", "side": "long", "entry_price": 100.0, "exit_price": 104.0, "exit_rule": "next_open"}


def bars(*rows: tuple[float, float, float, float]) -> dict[str, pl.DataFrame]:
    """Bars that open at full minutes and close one nanosecond before the next one."""
    ts = [60_000_000_000 * (i + 1) - 1 for i in range(len(rows))]
    return {
        "A": pl.DataFrame(rows, schema=["open", "high", "low", "close"], orient="row").with_columns(
            pl.Series("ts", ts).cast(NS)
        )
    }


def excursion(prices: dict[str, pl.DataFrame], entry: int, exit_: int | None, **more: Any) -> tuple[float, float]:
    times = {"entry_ts": pl.Series([entry]).cast(NS), "exit_ts": pl.Series([exit_], dtype=pl.Int64).cast(NS)}
    row = excursions(pl.DataFrame({k: [v] for k, v in (TRADE | more).items()} | times), prices).row(0, named=True)
    return row["mae_pct"], row["mfe_pct"]


FOUR = bars((100, 103, 90, 101), (100, 106, 97, 105), (105, 108, 99, 104), (104, 120, 80, 110))
MINUTE = 60_000_000_000


def test_a_trade_sees_the_bars_it_held_from_open_to_close() -> None:
    assert excursion(FOUR, MINUTE, 3 * MINUTE) == pytest.approx((-3.0, 8.0))  # bars 2 and 3, neither 1 nor 4


def test_a_short_trade_suffers_from_the_high() -> None:
    assert excursion(FOUR, MINUTE, 3 * MINUTE, side="short") == pytest.approx((-8.0, 3.0))


def test_a_stop_inside_a_bar_leaves_before_the_rest_of_it() -> None:
    inside = {"exit_price": 98.0, "exit_rule": "stop_level"}
    assert excursion(FOUR, MINUTE, 2 * MINUTE - 1, **inside) == pytest.approx((-2.0, 0.0))
    at_close = {"exit_price": 105.0, "exit_rule": "next_close"}
    assert excursion(FOUR, MINUTE, 2 * MINUTE - 1, **at_close) == pytest.approx((-3.0, 6.0))


def test_an_entry_at_a_close_does_not_see_that_bar() -> None:
    assert excursion(FOUR, MINUTE - 1, 2 * MINUTE, entry_price=101.0) == pytest.approx((-400 / 101, 500 / 101))


def test_an_open_trade_runs_to_the_last_bar() -> None:
    assert excursion(FOUR, MINUTE, None, exit_price=110.0) == pytest.approx((-20.0, 20.0))


def test_closes_stand_in_for_highs_and_lows_and_unknown_prices_are_nan() -> None:
    closes = {"A": FOUR["A"].select("ts", "close")}
    assert excursion(closes, MINUTE, 3 * MINUTE) == pytest.approx((0.0, 5.0))
    assert np.isnan(excursion({}, MINUTE, 3 * MINUTE)).all()


def test_range_extremes_are_those_of_each_slice() -> None:
    rng = np.random.default_rng(11)
    values = rng.normal(size=300)
    first = rng.integers(0, 300, 500)
    last = np.minimum(first + rng.integers(0, 120, 500), 300)
    expected = [values[a:b].min() if b > a else math.nan for a, b in zip(first, last, strict=True)]
    np.testing.assert_array_equal(range_extreme(values, first, last, np.fmin), expected)


def test_excursions_bracket_the_result_before_costs(result: BacktestResult) -> None:
    frame = result.excursions()
    gross = 100 * frame["pnl"] / (frame["quantity"] * frame["entry_price"])
    assert (frame["mae_pct"] <= gross + 1e-6).all()
    assert (frame["mfe_pct"] >= gross - 1e-6).all()
    assert (frame["mae_pct"] <= 0).all()
    assert (frame["mfe_pct"] >= 0).all()


# ---- exposure, turnover, drawdowns, costs ----------------------------------------------------------------------------


def test_turnover_adds_up_to_the_traded_value(result: BacktestResult) -> None:
    found = turnover(result)
    assert found is not None
    assert found.period == "monthly"
    by_month = result.equity.group_by(pl.col("ts").dt.truncate("1mo"), maintain_order=True).agg(pl.col("equity").mean())
    assert (found.frame["turnover"] * by_month["equity"]).sum() == pytest.approx(result.stats["traded_value"])


def test_turnover_counts_multipliers_that_only_the_traded_value_knows() -> None:
    run = make_run()
    value = float((run.fills["price"] * run.fills["quantity"]).sum())
    single, double = turnover(run), turnover(make_run(stats=Stats({"traded_value": 2 * value})))
    assert single is not None
    assert double is not None
    assert double.frame["turnover"].sum() == pytest.approx(2 * single.frame["turnover"].sum())


def test_net_exposure_is_shown_for_runs_that_were_short() -> None:
    short = make_run()
    (net,) = net_exposure(short)
    assert (net.abs() <= short.equity["gross"] + 1e-6).all()
    assert net.min() < 0  # type: ignore[operator]
    assert net_exposure(make_run(trades=short.trades.filter(pl.col("side") == "long"))) == []


def test_an_unrecovered_drawdown_lasts_to_the_end() -> None:
    falling = make_run(days=90).equity.with_columns(equity=CASH - pl.int_range(pl.len()).cast(pl.Float64))
    (fall,) = worst_drawdowns(make_run(days=90, equity=falling))
    assert fall.recovered is None
    assert fall.end == falling["ts"][-1]
    assert fall.trough == falling["ts"][-1]


def test_costs_in_several_currencies_come_from_the_accounts() -> None:
    run = make_run()
    explained = {"trading": 900.0, "fees": -50.0, "flows": 0.0, "carry": -20.0, "currency": 7.0}
    fills = run.fills.with_columns(fee_currency=pl.lit("JPY"))
    euros = make_run(fills=fills, accounts={"main": {"currency": "USD", "explained": explained}})
    steps = {step.label: step.amount for step in cost_steps(euros)}
    assert (steps["Fees"], steps["Interest, borrow, dividends"], steps["Currency"]) == (-50.0, -20.0, 7.0)
    assert sum(list(steps.values())[:-1]) == pytest.approx(steps["Net profit"])


def intraday(days: int) -> BacktestResult:
    """Six rows a day, in the middle of the trading day."""
    base = walks(("A",), days, seed=5)["A"]["ts"].dt.replace(hour=14)
    ts = pl.Series([t + timedelta(minutes=30 * i) for t in base for i in range(6)]).cast(NS)
    level = CASH * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.001, len(ts))))
    equity = pl.DataFrame({"ts": ts, "equity": level, "cash": level, "gross": level * 0, "benchmark": level / CASH})
    return make_run(days=days, equity=equity, prices=walks(("A",), days, seed=5))
