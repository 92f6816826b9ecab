"""`wl.stats`: what goes in, what comes out, what is refused, and what must not change."""

from __future__ import annotations

import doctest
import importlib
import io
import json
import math
from datetime import UTC, datetime

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

import walras as wl
from walras import _core

NAN = float("nan")
PARTS = "input ratios distribution drawdowns calendar benchmark trades summary bootstrap rolling".split()
NEEDS = {key: need for key, need, _ in _core.stats_metrics()}
ANNUAL = {key for key, _, annual in _core.stats_metrics() if annual}
RETURNS = hnp.arrays(np.float64, st.integers(0, 60), elements=st.floats(-0.5, 0.5, width=32))


@pytest.mark.parametrize("part", PARTS)
def test_the_examples_in_the_docstrings_run(part: str) -> None:
    module = importlib.import_module(f"walras.stats._{part}")
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_every_public_function_has_an_example() -> None:
    for name in wl.stats.__all__:
        assert ">>>" in (getattr(wl.stats, name).__doc__ or "") or name == "Interval", name


def walk(n: int = 300, columns: int = 1, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0005, 0.01, (n, columns))


# ---- containers ------------------------------------------------------------------------------------------------------


def test_one_series_gives_a_float_from_every_container() -> None:
    r = walk()[:, 0]
    want = wl.stats.sharpe(r, 252)
    assert type(want) is float
    assert want == pytest.approx(r.mean() / r.std(ddof=1) * 252**0.5, rel=1e-13)
    for given_as in (list(r), pd.Series(r), pl.Series(r), np.asfortranarray(r), np.repeat(r, 2)[::2]):
        assert wl.stats.sharpe(given_as, 252) == want


def test_a_matrix_answers_under_its_own_labels() -> None:
    r = walk(columns=3)
    want = wl.stats.sortino(r, 252)
    assert want.shape == (3,)
    of_pandas = wl.stats.sortino(pd.DataFrame(r, columns=["a", "b", "c"]), 252)
    assert isinstance(of_pandas, pd.Series)
    assert of_pandas.to_dict() == dict(zip("abc", want, strict=True))
    of_polars = wl.stats.sortino(pl.DataFrame(r, schema=["a", "b", "c"]), 252)
    assert isinstance(of_polars, pl.DataFrame)
    assert of_polars.row(0) == tuple(want)


def test_the_dates_of_the_rows_say_how_many_make_a_year() -> None:
    r = walk(260)[:, 0]
    days = pd.bdate_range("2020-01-01", periods=260)
    want = wl.stats.sharpe(r, 252)
    assert wl.stats.sharpe(pd.Series(r, days)) == want
    assert wl.stats.sharpe(pd.Series(r, days.tz_localize("UTC"))) == want
    assert wl.stats.sharpe(pl.DataFrame({"date": days.to_numpy(), "r": r})).item() == want
    assert wl.stats.sharpe(r, times=days.to_numpy()) == want
    assert wl.stats.sharpe(r, times=[d.to_pydatetime() for d in days]) == want
    assert wl.stats.sharpe(pd.Series(r, days), 52) == want * (52 / 252) ** 0.5


def test_five_minute_bars_are_not_taken_for_days() -> None:
    r = walk(78 * 20)[:, 0]
    times = np.concatenate(
        [
            d + np.arange(78) * np.timedelta64(5, "m")
            for d in np.array([f"2024-01-{d:02}T14:30" for d in range(1, 29) if (d - 1) % 7 < 5], dtype="M8[m]")
        ]
    )
    with pytest.raises(wl.ConfigError, match=r"periods_per_year=252 .* or times"):
        wl.stats.sharpe(r)
    assert wl.stats.sharpe(r, times=times) == wl.stats.sharpe(r, 252 * 78)


# ---- what is refused, and what is nothing ----------------------------------------------------------------------------


def test_what_cannot_be_measured_is_refused_with_its_place() -> None:
    r = walk(5, 2)
    r[3, 1] = math.inf
    with pytest.raises(wl.DataError, match="inf at row 3 of column 1"):
        wl.stats.sharpe(r, 252)
    with pytest.raises(wl.DataError, match="inf at row 3 of column 'b'"):
        wl.stats.summary(pd.DataFrame(r, columns=["a", "b"]), periods_per_year=252)
    with pytest.raises(wl.DataError, match=r"shape \(2, 2, 2\)"):
        wl.stats.total_return(np.zeros((2, 2, 2)))
    with pytest.raises(wl.DataError, match="no numbers"):
        wl.stats.total_return(["a", "b"])
    with pytest.raises(wl.DataError, match="column 'name' of the returns is String"):
        wl.stats.total_return(pl.DataFrame({"name": ["x"], "r": [0.1]}))
    with pytest.raises(wl.DataError, match="3 times for 2 rows"):
        wl.stats.sharpe([0.1, 0.2], times=np.arange(3))
    with pytest.raises(wl.DataError, match="fall at row 2"):
        wl.stats.sharpe([0.1, 0.2, 0.1], times=np.array([1, 5, 2]))
    with pytest.raises(wl.ConfigError, match="periods_per_year is -1"):
        wl.stats.sharpe([0.1, 0.2], -1)
    with pytest.raises(wl.ConfigError, match="cutoff is a probability"):
        wl.stats.value_at_risk([0.1], cutoff=5)
    with pytest.raises(wl.ConfigError, match="method is 'normal'"):
        wl.stats.value_at_risk([0.1], method="normal")
    with pytest.raises(wl.ConfigError, match="2 returns against 3 of the benchmark"):
        wl.stats.beta([0.1, 0.2], [0.1, 0.2, 0.3])
    with pytest.raises(wl.ConfigError, match="give times="):
        wl.stats.best([0.1])
    with pytest.raises(wl.ConfigError, match="give times="):
        wl.stats.max_drawdown_duration([0.1])
    with pytest.raises(wl.DataError, match="differ"):
        wl.stats.beta(
            pd.Series([0.1, 0.2], pd.bdate_range("2024-01-01", periods=2)),
            pd.Series([0.1, 0.2], pd.bdate_range("2024-01-02", periods=2)),
        )
    with pytest.raises(wl.DataError, match="equity are nan at row 1"):
        wl.stats.from_equity([1.0, NAN], periods_per_year=252)


def test_empty_and_missing_series_are_nan_and_no_error() -> None:
    for series in ([], [NAN, NAN]):
        for key in ("sharpe", "cagr", "calmar", "sortino_geometric", "sharpe_smart", "sharpe_lo", "volatility"):
            assert math.isnan(getattr(wl.stats, key)(series, 252)), key
        for key in ("total_return", "max_drawdown", "omega", "tail_ratio", "stability", "skew", "win_rate", "kelly"):
            assert math.isnan(getattr(wl.stats, key)(series)), key
        assert math.isnan(wl.stats.beta(series, series))
        assert math.isnan(wl.stats.summary(series, periods_per_year=252)["sharpe"])
        assert math.isnan(wl.stats.bootstrap(series, "sharpe", periods_per_year=252, samples=20).low)
    assert wl.stats.sharpe(np.empty((5, 0)), 252).shape == (0,)
    assert wl.stats.sharpe(pd.Series([], dtype=float)) is not None  # no row needs no calendar


def test_one_return_has_no_deviation_but_a_sum() -> None:
    assert wl.stats.total_return([0.1]) == pytest.approx(0.1)
    assert math.isnan(wl.stats.volatility([0.1], 252))
    assert math.isnan(wl.stats.sharpe([0.1], 252))
    assert wl.stats.value_at_risk([0.1]) == 0.1
    assert wl.stats.conditional_value_at_risk([0.1]) == 0.1
    assert wl.stats.max_drawdown([-0.1]) == pytest.approx(-0.1)
    assert wl.stats.win_rate([0.1]) == 1
    assert wl.stats.drawdown_table([-0.1])["depth"].to_list() == pytest.approx([-0.1])


# ---- faults that the ancestors have ----------------------------------------------------------------------------------


def test_sortino_divides_by_the_shortfall_of_all_periods_not_by_the_deviation_of_the_losses() -> None:
    r = [0.02, -0.01, 0.02, -0.01]  # all losses alike: their deviation is 0, their risk is not
    assert wl.stats.sortino(r, 1) == pytest.approx(0.005 / math.sqrt((0.01**2 + 0.01**2) / 4))
    assert math.isfinite(wl.stats.sortino(r, 252))


def test_a_profit_factor_without_loss_is_infinite_and_without_trade_nan() -> None:
    assert wl.stats.profit_factor([1.0, 2.0]) == math.inf
    assert wl.stats.profit_factor([-1.0]) == 0
    assert math.isnan(wl.stats.profit_factor([]))
    assert math.isnan(wl.stats.profit_factor([0.0]))


def test_there_is_one_calmar_of_fractions_and_the_other_has_another_name() -> None:
    r = [NAN, 0.1, -0.2, 0.3]
    growth = 1.1 * 0.8 * 1.3
    assert wl.stats.calmar(r, 4) == pytest.approx((growth ** (4 / 4) - 1) / 0.2)
    assert wl.stats.calmar_geometric(r, 4) == pytest.approx((growth ** (4 / 3) - 1) / 0.2)
    assert [k for k in wl.stats.definitions() if "calmar" in k] == ["calmar", "calmar_geometric"]


def test_a_loss_in_the_first_period_is_a_drawdown() -> None:
    assert wl.stats.max_drawdown([-0.2, 0.1]) == pytest.approx(-0.2)
    assert wl.stats.drawdown([-0.2, 0.1])[0] == pytest.approx(-0.2)


def test_equal_returns_have_no_deviation_whatever_the_rounding_of_their_mean() -> None:
    for r in (0.1, 0.01, 1e-5, -0.3):
        assert wl.stats.volatility([r] * 9, 252) == 0
        assert wl.stats.sharpe([r] * 9, 252) == math.copysign(math.inf, r)
        assert math.isnan(wl.stats.skew([r] * 9))


# ---- columns ---------------------------------------------------------------------------------------------------------


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(0, 40), st.integers(1, 20)), elements=st.floats(-0.5, 0.5)),
    st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_columns_at_once_are_the_bits_of_one_at_a_time(matrix: np.ndarray, threads: int) -> None:
    matrix[matrix == 0.25] = NAN
    keys = [k for k, need in NEEDS.items() if need == "returns"]
    options = _core.MetricOptions(periods_per_year=252)
    none, no_times = np.empty((0, 0)), np.empty(0, dtype=np.int64)
    together = _core.stats_measure(matrix, none, no_times, keys, options, threads)
    for c in range(matrix.shape[1]):
        alone = _core.stats_measure(np.ascontiguousarray(matrix[:, c : c + 1]), none, no_times, keys, options, 1)
        assert together[:, c].tobytes() == alone[:, 0].tobytes()


def test_the_number_of_threads_and_the_layout_change_nothing() -> None:
    r, b = walk(2_000, 37), walk(2_000, 37, seed=2)
    keys = [k for k, need in NEEDS.items() if need != "times"]
    options = _core.MetricOptions(periods_per_year=252)
    no_times = np.empty(0, dtype=np.int64)
    want = _core.stats_measure(r, b, no_times, keys, options, 1)
    for threads in (0, 2, 3, 8):
        assert _core.stats_measure(r, b, no_times, keys, options, threads).tobytes() == want.tobytes()
    wide = np.zeros((2_000, 74))
    wide[:, ::2] = r
    for layout in (np.asfortranarray(r), wide[:, ::2], r[::-1][::-1]):
        assert _core.stats_measure(layout, b, no_times, keys, options, 2).tobytes() == want.tobytes()


# ---- properties ------------------------------------------------------------------------------------------------------


@given(RETURNS, st.sampled_from([2.0, 0.5, 1024.0]))
@settings(max_examples=80, deadline=None)
def test_the_scale_of_equity_changes_what_is_in_currency_and_nothing_else(returns: np.ndarray, scale: float) -> None:
    equity = 100 * np.cumprod(1 + np.append(0, returns))
    one = wl.stats.from_equity(equity, periods_per_year=252)
    other = wl.stats.from_equity(equity * scale, periods_per_year=252)
    for key, info in wl.stats.definitions().items():
        if key in one:
            factor = scale if info.unit == "currency" else 1.0  # powers of two: no rounding
            assert np.array_equal(one[key] * factor, other[key], equal_nan=True), key


@given(st.lists(st.floats(-100, 100, width=16), max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_trades_matters_to_streaks_alone(nets: list[float], random: object) -> None:
    mixed = list(nets)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = (
        wl.stats.trade_table(
            pl.DataFrame(
                {"net_pnl": n, "return_pct": n}, schema_overrides={"net_pnl": pl.Float64, "return_pct": pl.Float64}
            )
        ).row(0, named=True)
        for n in (nets, mixed)
    )
    for key in one.keys() - {"max_win_streak", "max_loss_streak"}:
        assert one[key] == pytest.approx(other[key], rel=1e-9, abs=1e-9, nan_ok=True), key


@given(RETURNS)
@settings(max_examples=80, deadline=None)
def test_statistics_keep_their_bounds(returns: np.ndarray) -> None:
    s = wl.stats.summary(returns, periods_per_year=252)

    def within(key: str, low: float, high: float) -> None:
        assert math.isnan(s[key]) or low <= s[key] <= high, (key, s[key])

    within("max_drawdown", -1, 0)
    within("avg_drawdown", s["max_drawdown"] - 1e-12, 0)
    within("ulcer_index", 0, -s["max_drawdown"] + 1e-12)
    within("time_under_water", 0, 1)
    within("stability", 0, 1 + 1e-9)
    within("autocorrelation", -1 - 1e-6, 1 + 1e-6)
    within("cvar_95", -1, s["var_95"] + 1e-12)
    within("kurtosis", 1 - 1e-9, math.inf)
    within("omega", 0, math.inf)


@given(RETURNS.filter(lambda r: len(r) > 2 and float(np.std(r)) > 1e-6))
@settings(max_examples=60, deadline=None)
def test_against_itself_a_series_is_neutral(returns: np.ndarray) -> None:
    assert wl.stats.beta(returns, returns) == pytest.approx(1)
    assert wl.stats.correlation(returns, returns) == pytest.approx(1)
    assert wl.stats.alpha(returns, returns, 252) == pytest.approx(0, abs=1e-9)
    assert wl.stats.tracking_error(returns, returns, 252) == 0


# ---- the table ------------------------------------------------------------------------------------------------------


def test_a_summary_has_the_keys_of_results_and_the_values_of_the_functions() -> None:
    days = pd.bdate_range("2020-01-01", periods=300)
    r, b = pd.Series(walk()[:, 0], days), pd.Series(walk(seed=2)[:, 0], days)
    s = wl.stats.summary(r, benchmark=b)
    assert set(s) <= set(wl.stats.definitions())
    assert s["rows"] == 300
    for key in ("sharpe", "cagr", "sharpe_lo", "sharpe_smart", "calmar", "sortino_geometric"):
        assert s[key] == getattr(wl.stats, key)(r), key
    for key in ("max_drawdown", "tail_ratio", "ulcer_index", "skew", "stability", "time_under_water"):
        assert s[key] == getattr(wl.stats, key)(r), key
    for key in ("alpha", "information_ratio", "up_capture", "down_capture", "total_capture", "capture_ratio"):
        assert s[key] == getattr(wl.stats, key)(r, b), key
    assert s["best_month"] == wl.stats.best(r, "month")
    assert s["positive_days"] == wl.stats.positive_periods(r)
    assert "beta" not in wl.stats.summary(r)
    assert "best_day" not in wl.stats.summary(r.to_numpy(), periods_per_year=252)


def test_a_summary_prints_and_travels() -> None:
    s = wl.stats.summary(pd.DataFrame(walk(columns=2), columns=["a", "b"]), periods_per_year=252)
    assert str(s).splitlines()[0].split() == ["a", "b"]
    assert "Sharpe ratio" in str(s)
    assert s["sharpe"].index.to_list() == ["a", "b"]
    assert json.loads(json.dumps(s.to_dict(), allow_nan=False))["b"]["sharpe"] == s["sharpe"]["b"]
    assert s.frame().columns == ["key", "title", "unit", "a", "b"]
    one = wl.stats.summary([0.1, 0.2], periods_per_year=1)
    assert one.to_dict()["calmar"] is None  # infinite: nothing fell
    with pytest.raises(KeyError, match="did you mean 'sharpe'"):
        one["sharp"]
    from rich.console import Console

    console = Console(width=120, record=True, file=io.StringIO())
    console.print(s)
    assert "Max drawdown" in console.export_text()


def test_a_run_and_its_equity_curve_have_the_same_statistics() -> None:
    bars = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
    result = wl.backtest.run(wl.strategies.make("sma_cross"), bars, cash=10_000)
    s = wl.stats.from_equity(
        result.equity["equity"], times=result.equity["ts"], benchmark=result.equity["benchmark"], starting_equity=10_000
    )
    for key, value in s.items():
        if not key.endswith("exposure") and key != "exposure_time":
            assert value == result.stats[key] or (value != value and result.stats[key] != result.stats[key]), key
    assert 0 < result.stats["avg_exposure"] <= result.stats["max_exposure"] < 1.2
    assert list(result.stats) == list(wl.stats.definitions())
    sides = wl.stats.trade_table(result.trades, "side")
    assert sides["trades"].sum() == result.stats["trades"] == result.stats["trades_long"] + result.stats["trades_short"]
    all_trades = wl.stats.trade_table(result.trades).row(0, named=True)
    for key in ("win_rate", "profit_factor", "payoff_ratio", "expectancy", "sqn", "kelly", "max_win_streak"):
        assert all_trades[key] == pytest.approx(result.stats[key], rel=1e-12), key
    assert wl.stats.trade_table(result.trades, ["instrument", "side"])["net"].sum() == pytest.approx(
        result.trades.filter(~pl.col("is_open"))["net_pnl"].sum()
    )


def test_trade_tables_name_what_is_missing() -> None:
    with pytest.raises(wl.DataError, match="no column 'net_pnl'"):
        wl.stats.trade_table(pl.DataFrame({"side": ["buy"]}))
    with pytest.raises(wl.ConfigError, match="no column 'sector'"):
        wl.stats.trade_table(pl.DataFrame({"net_pnl": [1.0]}), "sector")
    assert len(wl.stats.trade_table(pl.DataFrame({"side": ["buy"], "net_pnl": [1.0]}).clear(), "side")) == 0
    with_paths = pl.DataFrame({"net_pnl": [1.0, 3.0], "mae_pct": [-1.0, -3.0], "mfe_pct": [2.0, 4.0]})
    assert wl.stats.trade_table(with_paths).select("avg_mae_pct", "avg_mfe_pct").row(0) == (-2.0, 3.0)


# ---- bootstrap -------------------------------------------------------------------------------------------------------


def test_a_bootstrap_depends_on_the_seed_and_not_on_the_threads() -> None:
    r = walk(500)[:, 0]

    def draw(**how: int) -> wl.stats.Interval:
        return wl.stats.bootstrap(r, "sharpe", periods_per_year=252, samples=300, **how)

    one = draw(seed=3, threads=1)
    for threads in (0, 2, 5):
        again = draw(seed=3, threads=threads)
        assert again == one
        assert again.replicates.tobytes() == one.replicates.tobytes()
    assert draw(seed=4).low != one.low
    assert one.low < one.estimate < one.high
    assert str(one).startswith("sharpe ")


def test_blocks_as_long_as_the_series_give_the_series_back() -> None:
    r = walk(60)[:, 0]
    found = wl.stats.bootstrap(r, "total_return", kind="circular", block_length=60, samples=50)
    assert found.replicates == pytest.approx(np.full(50, found.estimate))  # turned around the circle: the same product


def test_an_interval_of_independent_returns_has_the_width_of_theory_and_covers() -> None:
    """The standard error of a mean of n independent returns is std / sqrt(n); 95 % intervals cover 95 of 100 times."""
    r = walk(400)[:, 0]
    found = wl.stats.bootstrap(r, "expectancy", block_length=1, samples=4_000, seed=1)
    assert found.standard_error == pytest.approx(r.std() / 20, rel=0.05)  # 4,000 samples: 1.1 % is one deviation
    hits = 0
    for seed in range(200):
        x = np.random.default_rng(seed).normal(0, 1, 200) * 0.01
        f = wl.stats.bootstrap(x, "expectancy", block_length=1, samples=400, seed=seed)
        hits += f.low <= 0 <= f.high
    assert 178 <= hits <= 199  # binomial(200, 0.945): four deviations


def test_dependent_returns_get_longer_blocks_and_wider_intervals() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 0.01, 3_000)
    slow = np.zeros(3_000)
    for i in range(1, 3_000):
        slow[i] = 0.7 * slow[i - 1] + noise[i]
    assert wl.stats.optimal_block_length(slow) > 5 * wl.stats.optimal_block_length(noise)
    true_error = 0.01 / 0.3 / math.sqrt(3_000)  # sigma / (1 - phi) / sqrt(n)
    found = wl.stats.bootstrap(slow, "expectancy", samples=1_000)
    assert found.standard_error == pytest.approx(true_error, rel=0.2)
    alone = wl.stats.bootstrap(slow, "expectancy", samples=1_000, block_length=1)
    assert alone.standard_error < 0.6 * true_error  # what independence would claim


def test_a_bootstrap_keeps_the_pairs_with_a_benchmark_and_works_by_column() -> None:
    b = walk(300)[:, 0]
    r = 2 * b
    found = wl.stats.bootstrap(r, "beta", benchmark=b, samples=100)
    assert found.replicates == pytest.approx(np.full(100, 2.0))
    both = wl.stats.bootstrap(pd.DataFrame({"a": r, "b": b}), "sharpe", periods_per_year=252, samples=100)
    assert both["a"] == wl.stats.bootstrap(r, "sharpe", periods_per_year=252, samples=100)


def test_a_bootstrap_refuses_what_it_cannot_do() -> None:
    r = [0.1, 0.2, -0.1]
    for how, message in (
        ({"samples": 1}, "at least 2"),
        ({"confidence": 1.0}, "between 0 and 1"),
        ({"block_length": 0.5}, "at least 1"),
        ({"kind": "moving"}, '"stationary"'),
        ({"metric": "sharp"}, "no metric 'sharp'"),
        ({"metric": "beta"}, "give benchmark="),
        ({"metric": "best_day"}, "about the calendar"),
    ):
        with pytest.raises(wl.ConfigError, match=message):
            wl.stats.bootstrap(r, **({"metric": "total_return"} | how))


# ---- calendar --------------------------------------------------------------------------------------------------------


def test_months_and_years_compound_their_days_and_the_whole_is_their_product() -> None:
    days = pd.bdate_range("2019-11-18", periods=400)
    r = pd.Series(walk(400)[:, 0], days)
    months = wl.stats.period_returns(r, "month")
    want = (1 + r).groupby(days.to_period("M")).prod() - 1
    assert months["return"].to_numpy() == pytest.approx(want.to_numpy(), rel=1e-10)
    assert [f"{d:%Y-%m}" for d in pd.to_datetime(months["start"])] == [str(p) for p in want.index]
    years = wl.stats.annual_returns(r)
    assert years["year"].to_list() == [2019, 2020, 2021]
    assert np.prod(1 + years["return"]) - 1 == pytest.approx(wl.stats.total_return(r))
    table = wl.stats.monthly_table(r)
    assert table.shape == (3, 14)
    assert table["total"].to_numpy() == pytest.approx(years["return"].to_numpy())
    assert np.isnan(table["Jan"][0])
    assert np.nanprod(1 + table.iloc[1, 1:13].to_numpy(dtype=float)) - 1 == pytest.approx(table["total"][1])


def test_the_calendar_knows_leap_years_and_days_before_1970() -> None:
    times = [datetime(y, 2, 29, 23, 59, tzinfo=UTC) for y in (1904, 1968, 2000, 2024)]
    found = wl.stats.period_returns([0.1] * 4, "month", times=times)
    assert [str(d) for d in found["start"]] == ["1904-02-01", "1968-02-01", "2000-02-01", "2024-02-01"]


def test_the_table_of_drawdowns_is_that_of_the_curve() -> None:
    days = pd.bdate_range("2020-01-01", periods=300)
    r = pd.Series(walk()[:, 0], days)
    table = wl.stats.drawdown_table(r, 1_000)
    under = wl.stats.drawdown(r)
    assert table["depth"].is_monotonic_increasing
    assert table["depth"][0] == pytest.approx(wl.stats.max_drawdown(r), rel=1e-12)
    assert table["depth"].mean() == pytest.approx(wl.stats.avg_drawdown(r), rel=1e-12)
    assert table["days"].max() == wl.stats.max_drawdown_duration(r)
    assert under[table["low"][0]] == pytest.approx(table["depth"][0], rel=1e-12)
    assert (under < 0).mean() == wl.stats.time_under_water(r)
    assert math.sqrt((under**2).mean()) == pytest.approx(wl.stats.ulcer_index(r), rel=1e-12)
    assert len(wl.stats.drawdown_table(r, 3)) == 3
    assert len(table) == wl.stats.summary(r)["drawdowns"]
