"""A strategy inside a simulated market."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from walras import _core
from walras._account import accounts_of
from walras._run_settings import check_numbers, fee_model, latency_model, rate, resolve_fill_at, slippage_model
from walras.errors import ConfigError
from walras.instrument import Instrument, Number

if TYPE_CHECKING:
    from walras import fees as _fees
    from walras import latency as _latency
    from walras.backtest import AnyStrategy, AtEnd, Progress
    from walras.result import BacktestResult
    from walras.sim._market import Market


def run(
    strategy: AnyStrategy | Sequence[AnyStrategy],
    market: Market,
    *,
    ticks: int = 1_000,
    cash: Number = 100_000,
    fees: _fees.FeeModel | float | None = None,
    latency: _latency.LatencyModel | None = None,
    account: Any = "margin",
    leverage: float = 1.0,
    currency: str = "USD",
    seed: int = 0,
    risk: Mapping[str, Any] | None = None,
    levels: int = 10,
    at_end: AtEnd = "keep",
    history: int = 2048,
    progress: Progress | None = None,
) -> BacktestResult:
    """Run one strategy, or several on one account, inside a simulated market for `ticks` ticks.

    The strategy is the same as for `wl.backtest.run`: it sees trades, the best `levels` of each book, and a bar each
    candle; its orders meet those of the agents in the matching engine, so that it has impact. The market goes on from
    where it stands, and stays where the run ends: `market.branch()` first where it must not.

    `latency`: None = 5 ms each way; an order takes part in the first tick that happens after it has arrived. The
    others are those of `wl.backtest.run`.

    >>> import walras as wl
    >>> market = wl.sim.Market.preset("default", seed=7)
    >>> result = wl.sim.run("imbalance_maker", market, ticks=50)
    >>> result.fills.height > 0
    True
    """
    from walras._collect import collect
    from walras.backtest import _cast, _describe, _strategies, _versions

    if isinstance(ticks, bool) or not isinstance(ticks, int) or ticks < 1:
        raise ConfigError(f"ticks = {ticks!r} must be a whole number above 0")
    if isinstance(levels, bool) or not isinstance(levels, int) or not 1 <= levels <= 1000:
        raise ConfigError(f"levels = {levels!r} must be 1 to 1000")
    if at_end not in ("keep", "close"):
        raise ConfigError(f'at_end = {at_end!r} must be "keep" or "close"; a simulated market has no last bar')
    check_numbers(cash=cash, seed=seed, history=history)
    universe = _core.Universe()
    for symbol in market.config["symbols"]:
        Instrument(name=symbol["name"], currency=currency, tick_size=str(symbol["tick_size"])).add_to(universe)
    charged, slipped, wait = fee_model(fees), slippage_model(0), latency_model(latency, True)
    accounts = accounts_of(account, cash, currency, leverage, None)
    settings: dict[str, Any] = {
        "fill_at": resolve_fill_at("auto", []),
        "limit_fill": "touch",
        "volume_share": rate(0.0),
        "quote_size_limits": True,
        "fees": charged,
        "slippage": slipped,
        "quotes_slip": False,
        "seed": seed,
        "latency": wait,
        "session_closes": [],
        "queue": _queue(),
        "partial_fills": True,
        "remember_consumed": True,
        "explain": 0,
        "reacts": False,
        "show_own_orders": True,
        "equity_step": 0,
        "accounts": [a.settings() for a in accounts],
        "risk": dict(risk or {}),
        "size_buffer": rate(charged.proportional),
        "history": history,
        "journal": None,
        "journal_metadata": "",
        "at_end": at_end,
        "from": -(2**63),
        "to": 2**63 - 1,
    }
    chosen = _strategies(strategy)
    raw = _core.run_backtest(
        universe,
        bars=[],
        quotes=[],
        marks=[],
        actions=[],
        world=market._market,
        world_ticks=ticks,
        world_levels=levels,
        strategies=[_cast(s) for s in chosen],
        settings=settings,
        progress=progress,
    )
    shown = {
        "market": f"simulated, {market.agents:,} agents, seed {market.config['seed']}",
        "ticks": ticks,
        "fees": charged.describe(),
        "latency": wait.describe(),
        "account": ", ".join(f"{a.kind}, leverage {a.leverage:g}" for a in accounts),
        "cash": float(accounts[0].cash),
        "at_end": at_end,
        "risk": dict(risk or {}),
    }
    return collect(
        raw,
        names=[universe.name(i) for i in range(len(universe))],
        strategies=[_describe(s) for s in chosen],
        settings=shown,
        seed=seed,
        currency=accounts[0].currency,
        bars=[],
        series=[],
        quotes=[],
        ticks=[],
        versions=_versions(),
    )


def _queue() -> Any:
    from walras._run_settings import queue_model

    return queue_model("risk_averse")
