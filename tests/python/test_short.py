"""Strategies of the library that may go short: they turn around, and a sweep without events turns the same way."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl
import pytest

import walras as wl
from walras.data import Bars

DAY = 86_400_000_000_000
SIDES: dict[str, dict[str, Any]] = {
    "sma_cross": {"fast": 5, "slow": 20},
    "ema_cross": {"fast": 5, "slow": 20},
    "momentum": {"lookback": 15, "hold": 3},
    "macd": {"fast": 5, "slow": 12, "signal": 4},
    "rsi_reversion": {"period": 4, "low": 40, "high": 60},
    "bollinger_reversion": {"period": 8, "deviations": 1.0},
    "donchian_breakout": {"entry": 10, "exit": 5},
}
ALWAYS_ON_A_SIDE = ("sma_cross", "ema_cross", "momentum", "macd")  # they turn without a pause


def waves(count: int, n: int = 400) -> list[Bars]:
    """Prices that rise and fall by a third, so that a short is a loss that outgrows the account now and then."""
    rng = np.random.default_rng(7)
    out = []
    for i in range(count):
        trend = 0.012 * np.sign(np.sin(np.arange(n) / (11 + 3 * i) + i))
        close = np.round(100 * np.exp(np.cumsum(trend + rng.normal(0, 0.012, n))), 2)
        open_ = np.round(close * (1 + rng.normal(0, 0.002, n)), 2)
        ts = np.arange(1, n + 1, dtype=np.int64) * DAY
        high, low = np.maximum(open_, close) + 0.25, np.minimum(open_, close) - 0.25
        out.append(Bars.from_columns("ABCD"[i], ts - 1, open_, high, low, close, ts_open=ts - DAY))
    return out


def turns(result: wl.BacktestResult) -> int:
    """Fills that leave the other side of the one before."""
    count = 0
    for _, fills in result.fills.group_by("instrument", maintain_order=True):
        signs = np.where(fills["side"] == "buy", 1, -1)
        held = np.cumsum(signs * fills["quantity"].to_numpy())
        count += int((held[1:] * held[:-1] < 0).sum())
    return count


def run(name: str, data: list[Bars], account: Literal["cash", "margin"] = "margin") -> wl.BacktestResult:
    strategy = wl.strategies.make(name, **SIDES[name], allow_short=True, invested=0.95)
    return wl.backtest.run(strategy, data, account=account, leverage=1)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", ALWAYS_ON_A_SIDE)
def test_a_strategy_turns_from_long_to_short_without_leverage_and_no_order_is_denied(name: str, count: int) -> None:
    result = run(name, waves(count))
    assert turns(result) >= 8 * count
    assert result.orders.filter(pl.col("status") == "denied").is_empty()


@pytest.mark.parametrize("account", ["margin", "cash"])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", SIDES)
def test_a_sweep_without_events_trades_the_same_shorts(name: str, count: int, account: Any) -> None:
    data = waves(count)
    grid = {key: [value] for key, value in SIDES[name].items()} | {"allow_short": [False, True], "invested": [0.95]}
    fast, slow = (wl.backtest.sweep(name, data, grid, engine=e, account=account) for e in ("auto", "events"))
    assert fast.frame.equals(slow.frame)
    alone = run(name, data, account)
    row = fast.frame.row(1, named=True)
    shared = [key for key in row if key in alone.stats]
    assert {"final_equity", "trades", "sharpe"} < set(shared)
    assert [row[key] for key in shared] == [alone.stats[key] for key in shared]


@pytest.mark.parametrize("name", SIDES)
def test_a_cash_account_holds_no_short_and_says_why(name: str) -> None:
    result = run(name, waves(2), "cash")
    for _, fills in result.fills.group_by("instrument", maintain_order=True):
        signs = np.where(fills["side"] == "buy", 1, -1)
        assert np.cumsum(signs * fills["quantity"].to_numpy()).min() >= 0
    denied = result.orders.filter(pl.col("status") == "denied")
    assert set(denied["reason"]) == {"shorting_not_allowed"}
    assert any("a cash account cannot sell what it does not hold" in w for w in result.warnings)
