"""The numbers of other libraries: empyrical, QuantStats, pandas, scipy's formulas.

empyrical-reloaded is in the dev extra. QuantStats brings plotting and downloads with it, so what version 0.0.86 gave
(on pandas 3.1, NumPy 2.4) is written here; where it is installed, it is also asked.
"""

from __future__ import annotations

import importlib
import math
import warnings
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import walras as wl

NAN = float("nan")
# empyrical, tests/test_stats.py: its mixed, negative and positive returns (research.md 1.2).
MIXED = [NAN, 0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1]
NEGATIVE = [0.0, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05]
POSITIVE = [0.01, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01]


def digits(value: float) -> float:
    """Agreement to the last printed digit but two: sums taken in another order."""
    return pytest.approx(value, rel=2e-15 * 50)


@pytest.mark.parametrize(
    ("found", "published"),
    [
        (wl.stats.sharpe(MIXED, 252), 1.7238613961706866),
        (wl.stats.sharpe(NEGATIVE, 252), -24.406808633910085),
        (wl.stats.sharpe(POSITIVE, 252), 52.915026221291804),
        (wl.stats.sortino(MIXED, 252), 2.605531251673693),
        (wl.stats.downside_risk(MIXED, 252), 0.60448325038829653),
        (wl.stats.max_drawdown(MIXED), -0.1),
        (wl.stats.cagr(MIXED, 252), 1.9135925373194231),
        (wl.stats.volatility(MIXED, 252), 0.9136465399704637),
    ],
)
def test_empyricals_published_numbers(found: float, published: float) -> None:
    assert found == digits(published)


def test_empyricals_published_numbers_of_five_digits() -> None:
    """Its tables of cumulative returns are cut, not rounded: -0.365907 stands there as -0.36590."""
    assert wl.stats.total_return(MIXED) == pytest.approx(0.03893, abs=1e-5)
    assert wl.stats.total_return(NEGATIVE) == pytest.approx(-0.36590, abs=1e-5)
    assert round(wl.stats.cagr(MIXED[1:], 252), 4) == 2.3303


def congruential(seed: int, middle: float, width: float) -> np.ndarray:
    """1,000 returns that any language can make."""
    out, x = [], seed
    for _ in range(1_000):
        x = (x * 1_103_515_245 + 12_345) % 2**31
        out.append((x / 2**31 - middle) * width)
    return np.array(out)


DAYS = pd.bdate_range("2015-01-01", periods=1_000)
R = pd.Series(congruential(12_345, 0.48, 0.04), DAYS)
B = pd.Series(congruential(98_765, 0.49, 0.03), DAYS) + 0.3 * R


def test_empyrical_as_an_oracle() -> None:
    ep = pytest.importorskip("empyrical", reason="empyrical-reloaded is in the dev extra: pip install walras[dev]")
    s = wl.stats
    for ours, theirs in (
        (s.cagr(R), ep.annual_return(R)),
        (s.volatility(R), ep.annual_volatility(R)),
        (s.sharpe(R), ep.sharpe_ratio(R)),
        (s.sharpe(R, risk_free=1e-4), ep.sharpe_ratio(R, risk_free=1e-4)),
        (s.sortino(R), ep.sortino_ratio(R)),
        (s.sortino(R, required=2e-4), ep.sortino_ratio(R, required_return=2e-4)),
        (s.downside_risk(R), ep.downside_risk(R)),
        (s.calmar(R), ep.calmar_ratio(R)),
        (s.omega(R), ep.omega_ratio(R)),
        (s.omega(R, risk_free=1e-4), ep.omega_ratio(R, risk_free=1e-4)),
        (s.max_drawdown(R), ep.max_drawdown(R)),
        (s.value_at_risk(R), ep.value_at_risk(R)),
        (s.value_at_risk(R, cutoff=0.013), ep.value_at_risk(R, cutoff=0.013)),
        (s.conditional_value_at_risk(R), ep.conditional_value_at_risk(R)),
        (s.tail_ratio(R), ep.tail_ratio(R)),
        (s.stability(R), ep.stability_of_timeseries(R)),
        (s.alpha(R, B), ep.alpha(R, B)),
        (s.alpha(R, B, risk_free=1e-4), ep.alpha(R, B, risk_free=1e-4)),
        (s.beta(R, B), ep.beta(R, B)),
        (s.total_capture(R, B), ep.capture(R, B)),
        (s.up_capture(R, B), ep.up_capture(R, B)),
        (s.down_capture(R, B), ep.down_capture(R, B)),
        (s.capture_ratio(R, B), ep.up_down_capture(R, B)),
        (s.information_ratio(R, B), ep.excess_sharpe(R, B) * math.sqrt(252)),
    ):
        assert ours == pytest.approx(theirs, rel=1e-11)
    for period, name in (("month", "monthly"), ("year", "yearly")):
        theirs = ep.aggregate_returns(R, name).to_numpy()
        assert s.period_returns(R, period)["return"].to_numpy() == pytest.approx(theirs, rel=1e-10)
    assert s.rolling(R, "sharpe", 60).dropna().to_numpy() == pytest.approx(
        ep.roll_sharpe_ratio(R, window=60).to_numpy(), rel=1e-10
    )


def quantstats_numbers(qs: ModuleType) -> dict[str, float]:
    """What QuantStats calls what."""
    found = {name: getattr(qs, name)(R) for name in QUANTSTATS if hasattr(qs, name)}
    found["information_ratio"] = qs.information_ratio(R, B)
    found["r_squared"] = qs.r_squared(R, B)
    found["best_month"] = qs.best(R, aggregate="ME")
    found["worst_month"] = qs.worst(R, aggregate="ME")
    found["best_year"] = qs.best(R, aggregate="YE")
    found["worst_year"] = qs.worst(R, aggregate="YE")
    found["win_months"] = qs.win_rate(R, aggregate="ME")
    found["greeks_beta"] = qs.greeks(R, B)["beta"]
    return {name: float(value) for name, value in found.items()}


QUANTSTATS = {
    "comp": 0.840990547846322,
    "cagr": 0.16625358780287836,
    "volatility": 0.18241879685671883,
    "sharpe": 0.9344451376843604,
    "smart_sharpe": 0.899281735400277,
    "sortino": 1.3808416194542525,
    "calmar": 0.7885833029499493,
    "omega": 1.1454363693204592,
    "max_drawdown": -0.21082565048099977,
    "ulcer_index": 0.07701522453190654,
    "value_at_risk": -0.01822508318714429,
    "tail_ratio": 1.0309740999065817,
    "skew": -0.03935615633881164,
    "kurtosis": -1.1868390328946627,
    "win_rate": 0.52,
    "profit_factor": 1.1454363693204592,
    "payoff_ratio": 1.0573258793727316,
    "kelly_criterion": 0.06602454232486543,
    "avg_win": 0.01024512957201984,
    "avg_loss": -0.009689661221664089,
    "recovery_factor": 3.208480512253974,
    "consecutive_wins": 10.0,
    "consecutive_losses": 8.0,
    "information_ratio": 0.04288048758740447,
    "r_squared": 0.1391365704395857,
    "best_month": 0.154029907596972,
    "worst_month": -0.11245186040114619,
    "best_year": 0.38452414899912224,
    "worst_year": -0.07612726033714401,
    "win_months": 0.6086956521739131,
    "greeks_beta": 0.4544669393226456,
}


def test_quantstats_numbers_and_where_its_definitions_differ() -> None:
    s, q, n = wl.stats, QUANTSTATS, 1_000
    table = s.summary(R, benchmark=B)
    trades = s.trade_table({"net_pnl": R.to_numpy()}).row(0, named=True)
    unbiased = math.sqrt(n * (n - 1)) / (n - 2)  # pandas corrects skew and kurtosis for the size of the sample
    excess = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (table["kurtosis"] - 3) + 6)
    for ours, theirs in (
        (table["total_return"], q["comp"]),
        (table["cagr"], q["cagr"]),
        (table["volatility"], q["volatility"]),
        (table["sharpe"], q["sharpe"]),
        (table["sharpe_smart"], q["smart_sharpe"]),
        (table["sortino"], q["sortino"]),
        (table["calmar"], q["calmar"]),
        (table["omega"], q["omega"]),
        (table["max_drawdown"], q["max_drawdown"]),
        (table["ulcer_index"] * math.sqrt(n / (n - 1)), q["ulcer_index"]),  # theirs divides by n - 1
        (table["var_95_parametric"], q["value_at_risk"]),  # theirs is the parametric one
        (table["tail_ratio"], q["tail_ratio"]),
        (table["skew"] * unbiased, q["skew"]),
        (excess, q["kurtosis"]),
        (s.win_rate(R), q["win_rate"]),
        (s.profit_factor(R), q["profit_factor"]),
        (s.payoff_ratio(R), q["payoff_ratio"]),
        (s.kelly(R), q["kelly_criterion"]),
        (s.avg_win(R), q["avg_win"]),
        (s.avg_loss(R), q["avg_loss"]),
        (R.sum() / -table["max_drawdown"], q["recovery_factor"]),  # theirs does not compound
        (trades["max_win_streak"], q["consecutive_wins"]),
        (trades["max_loss_streak"], q["consecutive_losses"]),
        (table["information_ratio"] / math.sqrt(252), q["information_ratio"]),  # theirs is per period
        (table["correlation"] ** 2, q["r_squared"]),
        (table["best_month"], q["best_month"]),
        (table["worst_month"], q["worst_month"]),
        (table["best_year"], q["best_year"]),
        (table["worst_year"], q["worst_year"]),
        (table["positive_months"], q["win_months"]),
        (table["beta"], q["greeks_beta"]),
    ):
        assert ours == pytest.approx(theirs, rel=1e-10)


def test_quantstats_deepest_drawdowns() -> None:
    """Its table of 0.0.86: start is the first day under water, end the day before the recovery."""
    table = wl.stats.drawdown_table(R, 3)
    assert table["depth"].to_numpy() * 100 == pytest.approx(
        [-21.082565048099976, -14.352225712623179, -12.318392820528878]
    )
    assert [f"{d:%Y-%m-%d}" for d in table["low"]] == ["2016-07-05", "2018-09-06", "2015-06-29"]
    ends = [end - pd.offsets.BDay(int(back)) for end, back in zip(table["end"], table["is_recovered"], strict=True)]
    assert [f"{end:%Y-%m-%d}" for end in ends] == ["2017-02-02", "2018-10-31", "2015-07-29"]


def test_quantstats_itself_still_gives_these_numbers() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            qs = importlib.import_module("quantstats.stats")
        except ImportError:
            pytest.skip("quantstats is not installed: pip install quantstats")
        assert quantstats_numbers(qs) == pytest.approx(QUANTSTATS, rel=1e-9)


def test_pandas_as_an_oracle_of_rolling_statistics() -> None:
    window = 40
    frame = pd.DataFrame({"r": R, "b": B})
    rolled = frame.rolling(window)
    volatility = wl.stats.rolling(frame, "volatility", window)
    pd.testing.assert_frame_equal(volatility, rolled.std() * math.sqrt(252), rtol=1e-9, check_freq=False)
    sharpe = wl.stats.rolling(frame, "sharpe", window)
    pd.testing.assert_frame_equal(sharpe, rolled.mean() / rolled.std() * math.sqrt(252), rtol=1e-8, check_freq=False)
    beta = wl.stats.rolling(R, "beta", window, benchmark=B)
    want = R.rolling(window).cov(B) / B.rolling(window).var()
    assert beta.to_numpy() == pytest.approx(want.to_numpy(), rel=1e-8, nan_ok=True)
    quantile = wl.stats.rolling(R, "value_at_risk", window, cutoff=0.1)
    assert quantile.to_numpy() == pytest.approx(R.rolling(window).quantile(0.1).to_numpy(), rel=1e-12, nan_ok=True)
    with pytest.raises(wl.ConfigError, match="no rolling 'best_day'"):
        wl.stats.rolling(R, "best_day", window)
    assert wl.stats.rolling(R[:10], "sharpe", window).isna().all()


def test_numpy_as_an_oracle_of_the_rest() -> None:
    r, b = R.to_numpy(), B.to_numpy()
    s = wl.stats
    centred = r - r.mean()
    m2, m3, m4 = (np.mean(centred**k) for k in (2, 3, 4))
    assert s.skew(r) == pytest.approx(m3 / m2**1.5, rel=1e-9)
    assert s.kurtosis(r) == pytest.approx(m4 / m2**2, rel=1e-11)
    assert s.correlation(r, b) == pytest.approx(np.corrcoef(r, b)[0, 1], rel=1e-11)
    assert s.autocorrelation(r) == pytest.approx(np.corrcoef(r[:-1], r[1:])[0, 1], rel=1e-9)
    assert s.tracking_error(r, b, 252) == pytest.approx(np.std(r - b, ddof=1) * math.sqrt(252), rel=1e-12)
    z, density = -1.6448536269514722, 0.10313564037537140  # the normal 5 % quantile, and the density there
    assert s.value_at_risk(r, method="parametric") == pytest.approx(r.mean() + z * r.std(ddof=1), rel=1e-12)
    assert s.conditional_value_at_risk(r, method="parametric") == pytest.approx(
        r.mean() - r.std(ddof=1) * density / 0.05, rel=1e-12
    )
    rho, q = np.corrcoef(r[:-1], r[1:])[0, 1], 252
    lags = np.arange(1, q)
    eta = q / math.sqrt(q + 2 * np.sum((q - lags) * rho**lags))
    assert s.sharpe_lo(r, q) == pytest.approx(r.mean() / r.std(ddof=1) * eta, rel=1e-9)
    logs = np.log1p(np.column_stack([r, b]))
    log_beta = np.cov(logs.T)[0, 1] / np.var(logs[:, 1], ddof=1)
    table = s.summary(r, benchmark=b, periods_per_year=252)
    assert table["beta_log"] == pytest.approx(log_beta, rel=1e-10)
    assert table["alpha_total"] == pytest.approx(np.prod(1 + r) - 1 - log_beta * (np.prod(1 + b) - 1), rel=1e-9)


def test_the_optimal_block_length_is_that_of_the_package_arch() -> None:
    """arch 8.0.0, `arch.bootstrap.optimal_block_length`: columns stationary and circular."""
    slow = np.zeros(1_000)
    for i in range(1, 1_000):
        slow[i] = 0.6 * slow[i - 1] + R.iloc[i]
    r = R.to_numpy()
    for series, stationary, circular in (
        (r, 1.9040483985097563, 2.1795913202849806),
        (B, 1.6464923202745194, 1.8847632092729243),
        (slow, 12.033687185496827, 13.775133111669735),
        (r[1:] + 0.5 * r[:-1], 4.6678807609268915, 5.343389589573698),
    ):
        assert wl.stats.optimal_block_length(series) == pytest.approx(stationary, rel=1e-9)
        assert wl.stats.optimal_block_length(series, kind="circular") == pytest.approx(circular, rel=1e-9)
    assert wl.stats.optimal_block_length(r[:50]) == 1  # arch says 0.929: no block is shorter than a period
