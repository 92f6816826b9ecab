"""Properties of every run: no look-ahead, same inputs give the same bytes, every cent of equity is explained."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import walras as wl
from walras.data import Bars

SECOND = 1_000_000_000
START = 1_704_067_200 * SECOND
STEP = 3_600 * SECOND


def columns(seed: int, n: int, level: float = 100.0) -> np.ndarray:
    """open, high, low, close, volume; shape (5, n)."""
    rng = np.random.default_rng(seed)
    close = np.round(level * np.exp(np.cumsum(rng.normal(0, 0.02, n))), 2)
    open_ = np.round(np.concatenate(([level], close[:-1])) * np.exp(rng.normal(0, 0.005, n)), 2)
    high = np.round(np.maximum(open_, close) * (1 + np.abs(rng.normal(0, 0.01, n))), 2)
    low = np.round(np.minimum(open_, close) * (1 - np.abs(rng.normal(0, 0.01, n))), 2)
    return np.array(
        [
            open_,
            np.maximum(high, np.maximum(open_, close)),
            np.minimum(low, np.minimum(open_, close)),
            close,
            np.floor(rng.uniform(10, 500, n)),
        ]
    )


def series(name: str, table: np.ndarray) -> Bars:
    ts = START + (np.arange(table.shape[1], dtype=np.int64) + 1) * STEP
    return Bars.from_columns(
        name, ts, *table, ts_open=ts - STEP + SECOND
    )  # an opening is later than the close before it


class Gambler(wl.Strategy):
    """Decides at random, from its own seed and from what it sees."""

    seed: int = 0

    def on_start(self, ctx: Any) -> None:
        self.rng = random.Random(self.seed)
        self.log: list[tuple[int, str]] = []

    def on_bar(self, ctx: Any, bar: Any) -> None:
        dice = self.rng.random() + (bar.close * 100 % 7) / 70
        price = round(bar.close, 2)
        name = bar.instrument
        if dice < 0.1:
            ctx.buy(name, self.rng.randint(1, 20))
        elif dice < 0.2:
            ctx.sell(name, self.rng.randint(1, 20))
        elif dice < 0.3:
            ctx.target(name, percent=self.rng.uniform(-0.4, 0.4))
        elif dice < 0.4:
            ctx.buy(name, 5, limit=round(price * 0.98, 2), stop_loss_pct="3%", take_profit_pct="4%")
        elif dice < 0.5:
            ctx.sell(name, 5, stop=round(price * 0.97, 2), tif=self.rng.choice(["gtc", "day", "ioc"]))
        elif dice < 0.6:
            ctx.buy(name, 3, trail=round(price * 0.02, 2))
        elif dice < 0.65:
            ctx.cancel_all(name)
        elif dice < 0.7:
            ctx.close(name)
        elif ctx.open_orders and dice < 0.8:
            ctx.replace(ctx.open_orders[0].id, quantity=self.rng.randint(1, 30))

    def on_order(self, ctx: Any, update: Any) -> None:
        self.log.append((ctx.now, repr(update)))


LIBRARY = [
    ("buy_and_hold", {}),
    ("sma_cross", {"fast": 3, "slow": 8, "allow_short": True, "invested": 0.5}),
    ("ema_cross", {"fast": 3, "slow": 8, "invested": 0.5}),
    ("momentum", {"lookback": 10, "hold": 3, "allow_short": True, "invested": 0.5}),
    ("pairs", {"lookback": 15, "entry": 1.0, "exit": 0.2, "invested": 0.5}),
    ("pairs_kalman", {"warm_up": 5, "entry": 0.5, "noise": 1e-4, "invested": 0.5}),
    ("rsi_reversion", {"period": 5, "low": 45, "high": 55, "allow_short": True, "invested": 0.5}),
    ("bollinger_reversion", {"period": 8, "deviations": 1.0, "allow_short": True, "invested": 0.5}),
    ("macd", {"fast": 3, "slow": 6, "signal": 3, "allow_short": True, "invested": 0.5}),
    ("donchian_breakout", {"entry": 8, "exit": 4, "allow_short": True, "invested": 0.5}),
    ("momentum_ranking", {"lookback": 6, "skip": 1, "hold": 3, "top": 1, "invested": 0.5}),
    ("volatility_target", {"lookback": 6, "hold": 2, "target": 0.2, "band": 0.01, "most": 0.5}),
    ("execute", {"quantity": 40, "duration": 86_400 * 20, "slices": 7, "urgency": "aggressive"}),
    ("imbalance_maker", {}),  # these three need books, and do nothing on bars
    ("grid", {}),
    ("queue_joiner", {}),
]
CASES = [pytest.param(name, parameters, id=name) for name, parameters in LIBRARY] + [
    pytest.param("python", {}, id="python")
]


def cast(name: str, parameters: dict[str, Any], seed: int) -> Any:
    return Gambler(seed=seed) if name == "python" else wl.strategies.make(name, **parameters)


def run(name: str, parameters: dict[str, Any], a: np.ndarray, b: np.ndarray, seed: int, **more: Any) -> Any:
    return wl.backtest.run(
        cast(name, parameters, seed),
        [series("Y", a), series("X", b)],
        cash=100_000,
        account=wl.backtest.Account(cash=100_000, leverage=2),
        **more,
    )


def decisions(result: Any, until: int) -> list[tuple[Any, ...]]:
    """What was ordered up to a time, whatever became of it later. The side of a target is known when it is priced."""
    rows = result.orders.with_columns(
        ns=result.orders["ts"].dt.epoch("ns") if hasattr(result.orders["ts"], "dt") else result.orders["ts"]
    )
    return [
        (r["order"], r["ns"], r["instrument"], r["type"], r["tif"], r["parent"])
        for r in rows.iter_rows(named=True)
        if r["ns"] <= until
    ]


def test_every_strategy_of_the_library_is_covered() -> None:
    assert {name for name, _ in LIBRARY} == {s.name for s in wl.strategies.list_strategies()}


@pytest.mark.parametrize(("name", "parameters"), CASES)
@pytest.mark.parametrize("fill_at", ["next_open", "next_close", "intrabar_path"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), cut=st.integers(5, 75))
def test_decisions_do_not_change_when_the_future_is_noise(
    name: str, parameters: dict[str, Any], fill_at: str, seed: int, cut: int
) -> None:
    n = 80
    a, b = columns(seed, n), columns(seed + 1, n, 50.0)
    noise_a, noise_b = columns(seed + 2, n, 300.0), columns(seed + 3, n, 7.0)
    other_a, other_b = np.hstack([a[:, :cut], noise_a[:, cut:]]), np.hstack([b[:, :cut], noise_b[:, cut:]])
    until = START + cut * STEP  # the close of the last common row
    one = run(name, parameters, a, b, seed, fill_at=fill_at)
    two = run(name, parameters, other_a, other_b, seed, fill_at=fill_at)
    assert decisions(one, until) == decisions(two, until)
    # ... and neither do the fills up to there.
    cols = ["order", "ts", "side", "quantity", "price", "rule"]
    before = [r.fills.filter(r.fills["ts"].dt.epoch("ns") < until).select(cols).rows() for r in (one, two)]
    assert before[0] == before[1]


@pytest.mark.parametrize(("name", "parameters"), CASES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.0, 0.1]), latency=st.sampled_from([0, 5, 90 * 60_000]))
def test_the_same_inputs_give_the_same_signature_and_every_cent_is_explained(
    name: str, parameters: dict[str, Any], seed: int, share: float, latency: int
) -> None:
    a, b = columns(seed, 60), columns(seed + 1, 60, 50.0)
    more = {"volume_share": share, "latency": wl.latency.sampled(latency, latency / 2, seed=seed)}
    one, two = (run(name, parameters, a, b, seed, **more) for _ in range(2))
    assert one.signature == two.signature
    assert one.fills.equals(two.fills)
    # Cash and positions add up to equity, from the fills alone.
    cash = 100_000.0
    held = {"Y": 0.0, "X": 0.0}
    for f in one.fills.iter_rows(named=True):
        sign = 1 if f["side"] == "buy" else -1
        cash -= sign * f["quantity"] * f["price"] + f["fee"]
        held[f["instrument"][0]] += sign * f["quantity"]
    final = cash + held["Y"] * a[3, -1] + held["X"] * b[3, -1]
    assert final == pytest.approx(one.stats["final_equity"], abs=1e-6)
    assert not any("did not fit" in text for text in one.warnings)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 100_000), fill_at=st.sampled_from(["next_open", "next_close", "this_close", "intrabar_path"])
)
def test_no_fill_is_priced_outside_its_candle(seed: int, fill_at: str) -> None:
    a, b = columns(seed, 60), columns(seed + 1, 60, 50.0)
    result = run("python", {}, a, b, seed, fill_at=fill_at)
    for f in result.fills.with_columns(ns=result.fills["ts"].dt.epoch("ns")).iter_rows(named=True):
        table = a if f["instrument"][0] == "Y" else b
        row = -((START - f["ns"]) // STEP) - 1  # the candle that has this time
        assert table[2, row] - 1e-9 <= f["reference_price"] <= table[1, row] + 1e-9, f
