"""The 31 statistics of backtesting.py on golden G4 (docs/concepts/statistics.md has the table of names)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import walras as wl
from tests.python.test_goldens import needs_shared, run_g4

PAGE = Path(__file__).parents[2] / "docs/concepts/statistics.md"
FIRST_TRADING_ROW = 29  # SMA 30 is there

# backtesting.py 0.6.6: backtesting/test/_test.py::TestBacktest::test_compute_stats
PUBLISHED: dict[str, float | str] = {
    "Start": "2004-08-19",
    "End": "2013-03-01",
    "Duration": 3116,
    "Exposure Time [%]": 96.74115456238361,
    "Equity Final [$]": 51422.98999999996,
    "Equity Peak [$]": 75787.44,
    "Return [%]": 414.2298999999996,
    "Buy & Hold Return [%]": 522.0601851851852,
    "Return (Ann.) [%]": 21.191099249053224,
    "Volatility (Ann.) [%]": 36.49716090702389,
    "CAGR [%]": 21.160245705962623,
    "Sharpe Ratio": 0.5806232244485349,
    "Sortino Ratio": 1.0853434352488662,
    "Calmar Ratio": 0.44166409202994605,
    "Alpha [%]": 394.37391142027462,
    "Beta": 0.03803390709192,
    "Max. Drawdown [%]": -47.98012705007589,
    "Avg. Drawdown [%]": -5.925851581948801,
    "Max. Drawdown Duration": 584,
    "Avg. Drawdown Duration": 41,
    "# Trades": 66,
    "Win Rate [%]": 46.96969696969697,
    "Best Trade [%]": 53.59595229490424,
    "Worst Trade [%]": -18.39887353835481,
    "Avg. Trade [%]": 2.531715975158555,
    "Max. Trade Duration": 183,
    "Avg. Trade Duration": 46,
    "Profit Factor": 2.167945974262033,
    "Expectancy [%]": 3.2748078066748834,
    "SQN": 1.0766187356697705,
    "Kelly Criterion": 0.1518705127029717,
}


def mapping() -> dict[str, str]:
    """Their name -> our key, from the table in the document."""
    text = PAGE.read_text(encoding="utf-8").split("<!-- backtesting.py -->", 1)[1].split("\n\n", 2)[1]
    return dict(re.findall(r"^\| ([^|]+?) \| `([^`]+)`", text, re.M))


def test_the_document_names_a_key_for_each_of_the_31() -> None:
    assert list(mapping()) == list(PUBLISHED)
    assert set(mapping().values()) - {"equity.ts"} <= set(wl.stats.definitions())


def ours(name: str, key: str, stats: Mapping[str, Any], result: wl.BacktestResult) -> float | str:
    if key == "equity.ts":
        return f"{result.equity['ts'][0 if name == 'Start' else -1]:%Y-%m-%d}"
    value = stats[key]
    if name.startswith("Avg.") and name.endswith("Duration"):
        return math.ceil(value)  # theirs is rounded up to whole days
    return float(value * 100) if name.endswith("[%]") else float(value)


@needs_shared
def test_the_31_statistics_are_backtesting_pys() -> None:
    result = run_g4()
    late = wl.stats.from_equity(
        result.equity["equity"],
        times=result.equity["ts"],
        benchmark=result.equity["benchmark"],
        benchmark_start=FIRST_TRADING_ROW,
        starting_equity=10_000,
    )
    # Buy and hold begins where the indicators are ready, which backtesting.py looks up in the strategy.
    stats = dict(result.stats) | {key: late[key] for key in ("buy_and_hold_return", "alpha_total")}
    found = {name: ours(name, key, stats, result) for name, key in mapping().items()}
    wrong = {
        name: (found[name], value)
        for name, value in PUBLISHED.items()
        if found[name] != (value if isinstance(value, str) else pytest.approx(value, rel=1e-8))
    }
    assert wrong == {}


@needs_shared
def test_backtesting_py_itself_says_the_same_of_its_own_trades() -> None:
    """Its equity and trades, through our statistics, against its statistics: another strategy, with commission."""
    lib = pytest.importorskip("backtesting", reason="backtesting is in the dev extra: pip install walras[dev]")
    from backtesting.test import GOOG

    class Reversal(lib.Strategy):  # type: ignore[misc, name-defined]
        def init(self) -> None:
            pass

        def next(self) -> None:
            close = self.data.Close
            if len(close) > 5 and close[-1] < close[-5] * 0.97 and not self.position:
                self.buy(size=0.5)
            elif len(close) > 5 and close[-1] > close[-5] * 1.03:
                self.position.close()

    theirs = lib.Backtest(GOOG, Reversal, commission=0.002, finalize_trades=True).run()
    curve = theirs["_equity_curve"]["Equity"]
    s = wl.stats.from_equity(curve, benchmark=GOOG["Close"])
    trades = theirs["_trades"]
    frame = pl.DataFrame(
        {
            "net_pnl": trades["PnL"].to_numpy(),
            "return_pct": 100 * trades["ReturnPct"].to_numpy(),
            "duration": pl.Series([timedelta(seconds=d.total_seconds()) for d in trades["Duration"]]),
        }
    )
    all_trades = wl.stats.trade_table(frame).row(0, named=True)
    merged = dict(s) | all_trades
    skipped = {"Start", "End", "Exposure Time [%]"}
    for name, key in mapping().items():
        if name in skipped:
            continue
        value = theirs[name]
        value = value.total_seconds() / 86_400 if hasattr(value, "total_seconds") else float(value)
        if name.endswith("Duration"):
            assert value == math.ceil(merged[key]), name
        else:
            assert merged[key] * (100 if name.endswith("[%]") else 1) == pytest.approx(value, rel=1e-8), name
