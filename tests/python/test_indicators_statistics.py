"""Rolling statistics and volatilities against TA-Lib, pandas and LEAN's reference files."""

from __future__ import annotations

import csv
import gzip
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from numpy.typing import NDArray

import walras as wl
from tests.python.data_files import shared

I = wl.indicators  # noqa: E741
Array = NDArray[np.float64]


def walk(seed: int, rows: int = 20_000) -> Array:
    """A random walk on a grid, with a stretch of constants."""
    x = np.cumsum(np.random.default_rng(seed).normal(size=rows)) * 0.1 + 100
    x[5000:5300] = x[min(5000, rows - 1)]
    return np.round(x, 4)


def assert_close(ours: Array, theirs: Any, tolerance: float, *, same_warm_up: bool = True) -> None:
    theirs = np.asarray(theirs, dtype=np.float64)
    if same_warm_up:
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    both = ~(np.isnan(ours) | np.isnan(theirs))
    assert both.sum() > 10
    np.testing.assert_allclose(ours[both], theirs[both], rtol=tolerance, atol=tolerance)


X, Y = walk(3), walk(4)
PERIODS = (5, 14, 200)


@pytest.mark.parametrize("n", PERIODS)
def test_one_series_statistics_equal_talib(n: int) -> None:
    """1e-9: TA-Lib subtracts what leaves its window, which costs it some of the last digits."""
    assert_close(I.variance(X, n), talib.VAR(X, n), 1e-9)
    assert_close(I.stddev(X, n), talib.STDDEV(X, n), 1e-5)  # TA-Lib takes the root of its rounding where x is constant
    for ours, theirs in zip(I.bollinger(X, n), talib.BBANDS(X, n, 2, 2), strict=True):
        assert_close(ours, theirs, 1e-7)
    for name, function in (("lowest", talib.MIN), ("highest", talib.MAX), ("percent_rank", talib.PERCENTRANK)):
        assert_close(getattr(I, name)(X, n), function(X, n), 1e-15)
    assert_close(I.percentile(X, n, 70), talib.PERCENTILE(X, n, 70), 0)
    assert_close(I.rolling_sum(X, n), talib.SUM(X, n), 1e-12)
    assert_close(I.avgdev(X, n), talib.AVGDEV(X, n), 1e-12)


@pytest.mark.parametrize("n", PERIODS)
def test_lines_through_a_window_equal_talib(n: int) -> None:
    for name, function in (
        ("linreg", talib.LINEARREG),
        ("linreg_slope", talib.LINEARREG_SLOPE),
        ("linreg_intercept", talib.LINEARREG_INTERCEPT),
        ("linreg_angle", talib.LINEARREG_ANGLE),
        ("tsf", talib.TSF),
    ):
        assert_close(getattr(I, name)(X, n), function(X, n), 1e-8)
    r2 = pd.Series(X).rolling(n).corr(pd.Series(np.arange(len(X), dtype=float))).to_numpy() ** 2
    assert_close(I.linreg_r2(X, n), r2, 1e-6, same_warm_up=False)  # pandas answers NaN where flat


@pytest.mark.parametrize("n", PERIODS)
def test_two_series_statistics_equal_talib_and_pandas(n: int) -> None:
    assert_close(I.correlation(X, Y, n), talib.CORREL(X, Y, n), 1e-5)
    assert_close(I.beta(Y, X, n), talib.BETA(X, Y, n), 1e-6)  # TA-Lib names the benchmark first
    assert_close(I.covariance(X, Y, n), pd.Series(X).rolling(n).cov(pd.Series(Y)), 1e-9)


@pytest.mark.parametrize("n", PERIODS)
def test_moments_and_order_statistics_equal_pandas(n: int) -> None:
    s = pd.Series(X)
    assert_close(I.variance(X, n, ddof=1), s.rolling(n).var(), 1e-9)
    z = (s - s.rolling(n).mean()) / s.rolling(n).std()
    assert_close(I.z_score(X, n, ddof=1), z, 1e-5, same_warm_up=False)
    assert_close(I.skew(X, n), s.rolling(n).skew(), 1e-6, same_warm_up=False)  # pandas answers NaN where flat
    assert_close(I.kurtosis(X, n), s.rolling(n).kurt(), 1e-5, same_warm_up=False)
    assert_close(I.quantile(X, n), s.rolling(n).median(), 0)
    assert_close(I.quantile(X, n, 0.3), s.rolling(n).quantile(0.3), 1e-13)
    assert_close(I.rank(X, n), s.rolling(n).rank(), 0)
    assert_close(I.rank(X, n, share=True), s.rolling(n).rank(pct=True), 1e-13)


def test_rank_correlation_equals_scipys_definition() -> None:
    x, y = np.round(X[:400], 1), np.round(Y[:400], 1)  # with ties
    ours = I.rank_correlation(x, y, 20)
    for i in (19, 20, 200, 399):
        window = slice(i - 19, i + 1)
        ranks = pd.DataFrame({"x": x[window], "y": y[window]}).rank()
        assert ours[i] == pytest.approx(ranks["x"].corr(ranks["y"]), abs=1e-12)


def test_a_variance_near_1e9_is_the_variance_of_the_deviations() -> None:
    noise = np.round(np.random.default_rng(1).normal(size=100_000), 3)
    ours = I.variance(1e9 + noise, 50, ddof=1)
    assert np.nanmin(ours) > 0
    exact = pd.Series((1e9 + noise) - 1e9).rolling(50).var().to_numpy()
    assert_close(ours, exact, 1e-12)


def test_a_flat_window_has_no_variance_at_all() -> None:
    x = np.concatenate([walk(1, 500) * 1e6, np.full(200, 123_456.789), walk(2, 500)])
    for n in (2, 14, 60):
        flat = slice(500 + n - 1, 700)
        assert (I.variance(x, n)[flat] == 0).all()
        assert (I.z_score(x, n)[flat] == 0).all()
        assert np.nanmin(I.variance(x, n)) >= 0


def test_volatilities_equal_their_formulas() -> None:
    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(size=800)) * 0.01)
    open_ = np.roll(close, 1) * np.exp(rng.normal(size=800) * 0.003)
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(size=800)) * 0.004)
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(size=800)) * 0.004)
    o, h, low_, c = (pd.Series(np.log(x)) for x in (open_, high, low, close))
    n, year = 20, 252
    bars = (open_, high, low, close)
    assert_close(I.close_volatility(close, n, year), c.diff().rolling(n).std() * year**0.5, 1e-11)
    parkinson = ((h - low_) ** 2 / (4 * np.log(2))).rolling(n).mean()
    assert_close(I.parkinson_volatility(*bars, n, year), (parkinson * year) ** 0.5, 1e-11)
    garman_klass = ((h - low_) ** 2 / 2 - (2 * np.log(2) - 1) * (c - o) ** 2).rolling(n).mean()
    assert_close(I.garman_klass_volatility(*bars, n, year), (garman_klass * year) ** 0.5, 1e-11)
    rogers_satchell = ((h - c) * (h - o) + (low_ - c) * (low_ - o)).rolling(n).mean()
    assert_close(I.rogers_satchell_volatility(*bars, n, year), (rogers_satchell * year) ** 0.5, 1e-11)
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    overnight = (o - c.shift()).rolling(n).var()
    day = (c - o)[1:].rolling(n).var()
    yang_zhang = overnight + k * day + (1 - k) * rogers_satchell
    assert_close(I.yang_zhang_volatility(*bars, n, year), (yang_zhang * year) ** 0.5, 1e-11)


def test_half_life_is_that_of_the_process() -> None:
    """b = 0.9 gives ln(1/2) / ln(0.9) = 6.58; estimated over 5,000 rows to a few percent."""
    rng = np.random.default_rng(8)
    x = np.zeros(6000)
    for i in range(1, len(x)):
        x[i] = 0.9 * x[i - 1] + rng.normal()
    assert I.ou_half_life(x, 5000)[-1] == pytest.approx(6.58, rel=0.1)
    assert I.ou_half_life(np.exp(np.arange(100.0) / 10), 50)[-1] == np.inf


def lean(name: str) -> list[dict[str, str]]:
    with gzip.open(shared(f"indicators/{name}"), "rt") as file:
        rows = csv.DictReader(line for line in file)
        return [{(key or "").strip(): value for key, value in row.items()} for row in rows]


def column(rows: list[dict[str, str]], name: str) -> Array:
    return np.array([float(row[name]) if row[name] not in ("", "NaN", None) else np.nan for row in rows])


@pytest.mark.parametrize(
    ("file", "name", "close", "ours", "digits"),
    [
        ("lean_spy_min.txt.gz", "MIN_5", "Close", lambda x: I.lowest(x, 5), 1e-9),
        ("lean_spy_max.txt.gz", "MAX_5", "Close", lambda x: I.highest(x, 5), 1e-9),
        ("lean_spy_var.txt.gz", "Var", "Close", lambda x: I.variance(x, 10), 1e-3),
        ("lean_spy_tsf.csv.gz", "tsf", "close", lambda x: I.tsf(x, 5), 1e-6),
        ("lean_spy_hurst_exponent.csv.gz", "hurst_exponent", "close", lambda x: I.hurst(x, 252), 1e-6),
        ("lean_spy_bollinger_bands.txt.gz", "Moving Average 20", "Close", lambda x: I.bollinger(x, 20).middle, 1e-4),
        ("lean_spy_bollinger_bands.txt.gz", "Bollinger Bands® 20 2 Top", "Close", lambda x: I.bollinger(x).upper, 1e-4),
        (
            "lean_spy_bollinger_bands.txt.gz",
            "Bollinger Bands® 20 2 Bottom",
            "Close",
            lambda x: I.bollinger(x).lower,
            1e-4,
        ),
        ("lean_spy_bollinger_bands.txt.gz", "%B", "Close", lambda x: I.bollinger_shape(x).percent_b, 1e-3),
        ("lean_spy_bollinger_bands.txt.gz", "BandWidth", "Close", lambda x: 100 * I.bollinger_shape(x).bandwidth, 1e-3),
    ],
)
def test_leans_reference_files_agree(file: str, name: str, close: str, ours: Any, digits: float) -> None:
    rows = lean(file)
    want = column(rows, name)
    got = ours(column(rows, close))
    both = ~(np.isnan(got) | np.isnan(want) | (want == 0))
    assert both.sum() > 90
    np.testing.assert_allclose(got[both], want[both], rtol=digits, atol=digits)
