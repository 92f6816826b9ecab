"""A strategy inside a simulated market."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import numpy as np

from walras import _core
from walras._account import accounts_of
from walras._run_settings import (
    check_numbers,
    core_settings,
    fee_model,
    latency_model,
    queue_model,
    resolve_fill_at,
    slippage_model,
)
from walras._run_settings import equity_step as equity_step_ns
from walras.errors import ConfigError
from walras.instrument import Instrument, Number

if TYPE_CHECKING:
    from walras import fees as _fees
    from walras import latency as _latency
    from walras.backtest import AnyStrategy, AtEnd, Progress
    from walras.result import BacktestResult
    from walras.sim._market import Market

MOST_SHOWN = 5_000  # prices of each symbol that a result keeps for its charts


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
    equity_step: float | None = None,
    history: int = 2048,
    journal: str | PathLike[str] | None = None,
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
    from walras.sim._market import whole

    ticks = whole("ticks", ticks, least=1)
    if isinstance(levels, bool) or not isinstance(levels, int) or not 1 <= levels <= 1000:
        raise ConfigError(f"levels = {levels!r} must be 1 to 1000")
    if at_end not in ("keep", "close"):
        raise ConfigError(f'at_end = {at_end!r} must be "keep" or "close"; a simulated market has no last bar')
    check_numbers(cash=cash, seed=seed, volume_share=0.0, size_buffer=None, history=history)
    universe = _core.Universe()
    for symbol in market.config["symbols"]:
        Instrument(name=symbol["name"], currency=currency, tick_size=str(symbol["tick_size"])).add_to(universe)
    charged, wait = fee_model(fees), latency_model(latency, True)
    accounts = accounts_of(account, cash, currency, leverage, None)
    settings = core_settings(
        fill_at=resolve_fill_at("auto", []),
        fees=charged,
        slippage=slippage_model(0),
        latency=wait,
        queue=queue_model("risk_averse"),
        accounts=accounts,
        risk=risk,
        seed=seed,
        history=history,
        at_end=at_end,
        equity_step=equity_step_ns(equity_step, False),
        journal=None if journal is None else fspath(journal),
        journal_metadata=json.dumps({"instruments": market.symbols, "seed": seed, "walras": _versions()["walras"]}),
    )
    world = _World(market, ticks)
    chosen = _strategies(strategy)
    market.on_tick(world.look)
    try:
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
    finally:
        market.detach(world.look)
    shown = {
        "fill_at": "market",
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
        quotes=world.quotes(),
        ticks=[],
        unknown_symbols=(),
        versions=_versions(),
    )


class _World:
    """The market of a run: its hash as the run found it, and the mids that charts of the result show."""

    def __init__(self, market: Market, ticks: int) -> None:
        known = json.dumps([market.config, market.tick, market.signature], sort_keys=True)
        self.data_hash = hashlib.sha256(known.encode()).hexdigest()
        self._market = market
        self._every = -(-ticks // MOST_SHOWN)
        self._first = market.tick
        self._times: list[int] = []
        self._mids: list[Any] = []

    def look(self, tick: int) -> None:
        if (tick - self._first) % self._every == 0:
            self._times.append(self._market.now)
            self._mids.append(self._market.mids.copy())

    def quotes(self) -> list[_Seen]:
        mids = np.array(self._mids).reshape(-1, len(self._market.symbols))
        times = np.array(self._times, dtype=np.int64)
        return [_Seen(name, times, mids[:, i], self.data_hash) for i, name in enumerate(self._market.symbols)]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Mids of one symbol in the shape of quotes."""

    instrument: str
    ts: Any
    bid: Any
    data_hash: str

    @property
    def ask(self) -> Any:
        return self.bid
