"""Backtests: a strategy over recorded data, with the orders, fills and ledger of the live engine."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from walras import _core
from walras import fees as _fees
from walras import latency as _latency
from walras import queue as _queue
from walras import slippage as _slippage
from walras._account import Account
from walras._account import accounts_of as _accounts
from walras._impact import ImpactComparison, compare_impact
from walras._run_data import CorporateAction, Settlement
from walras._run_data import action_series as _action_series
from walras._run_data import bar_series as _bar_series
from walras._run_data import check_described as _check_described
from walras._run_data import mark_series as _mark_series
from walras._run_data import quote_series as _quote_series
from walras._run_data import session_closes as _session_closes
from walras._run_data import split_data as _split_data
from walras._run_data import tick_stream as _tick_stream
from walras._run_data import universe as _universe
from walras._run_settings import FillAt
from walras._run_settings import check_numbers as _check_numbers
from walras._run_settings import core_settings as _core_settings
from walras._run_settings import equity_step as _equity_step
from walras._run_settings import fee_model as _fee_model
from walras._run_settings import latency_model as _latency_model
from walras._run_settings import queue_model as _queue_model
from walras._run_settings import resolve_fill_at as _resolve_fill_at
from walras._run_settings import slippage_model as _slippage_model
from walras._run_settings import window as _window
from walras._sweep import Sweep, sweep
from walras._vector import from_orders, from_signals, from_target_weights
from walras.errors import ConfigError, DataError
from walras.instrument import Instrument, Number, split_name
from walras.strategies import LibraryStrategy
from walras.strategy import Strategy

if TYPE_CHECKING:
    from walras.result import BacktestResult

__all__ = [
    "Account",
    "CorporateAction",
    "ImpactComparison",
    "Settlement",
    "Sweep",
    "compare_impact",
    "from_orders",
    "from_signals",
    "from_target_weights",
    "run",
    "sweep",
]

Market: TypeAlias = Literal["replay", "reacts"]
AtEnd: TypeAlias = Literal["keep", "close", "close_at_open"]
AnyStrategy: TypeAlias = Strategy | type[Strategy] | LibraryStrategy | str
Progress: TypeAlias = Callable[[int, int], bool | None]


def run(
    strategy: AnyStrategy | Sequence[AnyStrategy],
    data: Any,
    *,
    cash: Number = 10_000,
    fees: _fees.FeeModel | float | None = None,
    slippage: _slippage.SlippageModel | float | None = None,
    latency: _latency.LatencyModel | None = None,
    fill_at: FillAt = "auto",
    account: Literal["cash", "margin"] | Account | Sequence[Account] = "margin",
    leverage: float = 1.0,
    currency: str = "USD",
    balances: Mapping[str, Number] | None = None,
    seed: int = 0,
    instruments: Iterable[Instrument] = (),
    risk: Mapping[str, Any] | None = None,
    actions: Iterable[CorporateAction] = (),
    settlements: Iterable[Settlement] = (),
    calendar: str | None = None,
    limit_fill: Literal["touch", "cross"] = "touch",
    volume_share: float = 0.0,
    quote_size_limits: bool = True,
    size_buffer: float | None = None,
    queue: _queue.QueueModel | str = "risk_averse",
    partial_fills: bool = True,
    remember_consumed: bool = True,
    explain: int | None = None,
    market: Market = "replay",
    show_own_orders: bool = True,
    equity_step: float | None = None,
    at_end: AtEnd = "keep",
    start: datetime | date | str | int | None = None,
    end: datetime | date | str | int | None = None,
    history: int = 2048,
    journal: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> BacktestResult:
    """Run one strategy, or several on one account, over recorded bars, quotes, order books and ticks.

    `strategy`: an instance or class of `walras.Strategy`, a library strategy, its name, or a list of these.
    `data`: `Bars`, `Quotes`, `Ticks`, `TickFiles`, a list of them, or a frame or file that `walras.data.read_bars`
    understands.
    `cash`: starting balance in `currency`. `fees`: a model or basis points; None = 10 bp of each fill; 0 = none.
    `slippage`: a model or basis points; None = 1 bp on bars and none on quotes, which carry their spread.
    `latency`: None = 5 ms each way on quotes and none on bars.
    `fill_at`: when a decision on a bar fills. "auto" = "next_open", or "next_close" for data with closes only;
    "this_close" trades the very price that the decision looked at, and the result says so; "intrabar_path" walks open,
    nearer extreme, farther extreme, close.
    `risk`: limits by name (`max_order_quantity`, `max_order_notional`, `price_collar`, `max_position`,
    `max_gross_exposure`, `max_net_exposure`, `check_buying_power`, `max_orders_per_second`, `max_reference_age` in
    seconds, `max_daily_loss`, `max_drawdown`). `calendar`: an exchange whose closes end DAY orders, e.g. "XNYS".
    `volume_share`: the part of a bar's volume that may be traded, 0 = no limit. `size_buffer`: sizes in percent of
    equity leave this fraction free; None = enough for a proportional fee. `at_end`: what happens to open positions.
    Order books and ticks: `queue`: what stands before an order in books by price ("risk_averse", "power:2", "log", or a
    model of `walras.queue`; books by order are exact). `partial_fills` False: an order fills whole, a taking one at the
    best price. `remember_consumed`: what we took of a level is not there again until the level is smaller or gone.
    `market`: "replay" = our orders change nothing; "reacts" = recorded flow and our orders meet in the matching engine
    (`result.impact`, `compare_impact`); then `show_own_orders`: the books that strategies see hold our own orders.
    `explain`: the number of an order whose fills `result.explanation` tells step by step. `equity_step`: seconds
    between two rows of the equity curve; None = 1 on ticks, else 0 = a row for every timestamp.
    `journal`: write every event, command and refusal to this file; `walras.data.read_journal` reads it.
    `start`, `end`: cut the data; `end` is included; texts are ISO 8601, UTC where they say no zone.
    `progress(ts, events)`: called now and then; False ends the run.

    Raises DataError, ConfigError, OrderError, and whatever a strategy's callback raises.

    >>> import walras as wl
    >>> prices = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
    >>> result = wl.backtest.run("buy_and_hold", prices, cash=10_000, fees=wl.fees.bps(10))
    >>> len(result.fills)
    1
    """
    prepared = _prepare(
        data,
        cash=cash,
        fees=fees,
        slippage=slippage,
        latency=latency,
        fill_at=fill_at,
        account=account,
        leverage=leverage,
        currency=currency,
        balances=balances,
        seed=seed,
        instruments=instruments,
        risk=risk,
        actions=actions,
        settlements=settlements,
        calendar=calendar,
        limit_fill=limit_fill,
        volume_share=volume_share,
        quote_size_limits=quote_size_limits,
        size_buffer=size_buffer,
        queue=queue,
        partial_fills=partial_fills,
        remember_consumed=remember_consumed,
        explain=explain,
        market=market,
        show_own_orders=show_own_orders,
        equity_step=equity_step,
        at_end=at_end,
        start=start,
        end=end,
        history=history,
        journal=journal,
    )
    chosen = _strategies(strategy)
    show_bars(chosen, prepared.bars)
    given = prepared.data()
    raw = _core.run_backtest(
        prepared.universe,
        **given,
        strategies=[_cast(s) for s in chosen],
        settings=prepared.settings,
        progress=progress,
    )
    from walras._collect import collect

    return collect(
        raw,
        names=prepared.names,
        strategies=[_describe(s) for s in chosen],
        settings=prepared.shown,
        seed=seed,
        currency=prepared.currency,
        bars=prepared.bars,
        series=prepared.series["bars"],
        quotes=prepared.quotes,
        ticks=prepared.ticks,
        unknown_symbols=_unknown_symbols(given["ticks"], prepared.names),
        versions=_versions(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """Everything of a run but its strategies, as the core takes it; any number of runs may share it."""

    universe: _core.Universe
    series: Mapping[str, list[Any]]
    settings: dict[str, Any]
    shown: dict[str, Any]
    bars: list[Any]
    quotes: list[Any]
    ticks: list[Any]
    ticked: list[int]
    currency: str

    def data(self) -> dict[str, Any]:
        """What the core runs on. A stream of ticks is read once: each run gets one of its own."""
        return {**self.series, "ticks": _tick_stream(self.ticks), "ticked": self.ticked}

    @property
    def names(self) -> list[str]:
        return [self.universe.name(i) for i in range(len(self.universe))]


def _unknown_symbols(reader: _core.TickReader | None, names: list[str]) -> list[str]:
    """Instruments that the ticks turned out to have, and that the run knew nothing of when it began."""
    if reader is None:
        return []
    known = {*names, *(split_name(name)[0] for name in names)}
    return [symbol for symbol in reader.symbols if symbol not in known]


def show_bars(strategies: Iterable[Any], bars: list[Any]) -> None:
    """Strategies that compute their indicators beforehand (`walras.simple`) see the bars of the run."""
    for strategy in strategies:
        if (prepare := getattr(strategy, "prepare", None)) is not None:
            prepare(bars)


def _prepare(
    data: Any,
    *,
    cash: Number,
    fees: _fees.FeeModel | float | None,
    slippage: _slippage.SlippageModel | float | None,
    latency: _latency.LatencyModel | None,
    fill_at: FillAt,
    account: Literal["cash", "margin"] | Account | Sequence[Account],
    leverage: float,
    currency: str,
    balances: Mapping[str, Number] | None,
    seed: int,
    instruments: Iterable[Instrument],
    risk: Mapping[str, Any] | None,
    actions: Iterable[CorporateAction],
    settlements: Iterable[Settlement],
    calendar: str | None,
    limit_fill: Literal["touch", "cross"],
    volume_share: float,
    quote_size_limits: bool,
    size_buffer: float | None,
    queue: _queue.QueueModel | str,
    partial_fills: bool,
    remember_consumed: bool,
    explain: int | None,
    equity_step: float | None,
    at_end: AtEnd,
    start: datetime | date | str | int | None,
    end: datetime | date | str | int | None,
    history: int,
    journal: str | PathLike[str] | None,
    market: Market = "replay",
    show_own_orders: bool = True,
) -> _Prepared:
    """Check and convert the arguments of `run`."""
    bars, quotes, ticks = _split_data(data)
    actions, settlements, instruments = list(actions), list(settlements), list(instruments)
    if not bars and not quotes and not ticks:
        raise DataError("the run has no data; give bars, quotes or ticks")
    for source in ticks:
        source.check_not_empty()
    universe, index, described = _universe(bars, quotes, ticks, tuple(instruments), currency)
    _check_described(described, bars, quotes, ticks, actions, settlements)
    filled_at = _resolve_fill_at(fill_at, bars)
    if risk is not None and not isinstance(risk, Mapping):
        raise ConfigError(f"risk = {risk!r} names no limits; give a mapping such as {{'max_position': 1000}}.")
    _check_numbers(cash=cash, seed=seed, volume_share=volume_share, size_buffer=size_buffer, history=history)
    fee_model = _fee_model(fees)
    slip_model = _slippage_model(slippage)
    wait = _latency_model(latency, bool(quotes or ticks))
    line = _queue_model(queue)
    if explain is not None and (isinstance(explain, bool) or not isinstance(explain, int) or explain < 1):
        raise ConfigError(f"explain = {explain!r} is no order; give the number of one, as in result.orders.")
    _check_market(market, bool(ticks), explain)
    accounts = _accounts(account, cash, currency, leverage, balances)
    settings = _core_settings(
        fill_at=filled_at,
        limit_fill=limit_fill,
        volume_share=volume_share,
        quote_size_limits=quote_size_limits,
        fees=fee_model,
        slippage=slip_model,
        quotes_slip=slippage is not None,
        seed=seed,
        latency=wait,
        session_closes=_session_closes(calendar, bars, quotes, ticks),
        queue=line,
        partial_fills=partial_fills,
        remember_consumed=remember_consumed,
        explain=explain,
        reacts=market == "reacts",
        show_own_orders=show_own_orders,
        equity_step=_equity_step(equity_step, bool(ticks)),
        accounts=accounts,
        risk=risk,
        size_buffer=size_buffer,
        history=history,
        journal=None if journal is None else fspath(journal),
        at_end=at_end,
        window=_window(start, end, bars, quotes, ticks),
    )
    if journal is not None:
        from json import dumps

        names = [universe.name(i) for i in range(len(universe))]
        settings["journal_metadata"] = dumps({"instruments": names, "seed": seed, "walras": _version()})
    shown = {
        "fill_at": filled_at,
        "fees": fee_model.describe(),
        "slippage": slip_model.describe() + (" (none on quotes)" if slippage is None and quotes else ""),
        "latency": wait.describe(),
        "account": ", ".join(f"{a.kind}, leverage {a.leverage:g}" for a in accounts),
        "cash": float(accounts[0].cash),
        "limit_fill": limit_fill,
        "volume_share": volume_share,
        "at_end": at_end,
        "risk": dict(risk or {}),
    }
    if ticks:
        shown |= {"queue": line.describe(), "partial_fills": partial_fills, "remember_consumed": remember_consumed}
        if market == "reacts":
            shown = {k: v for k, v in shown.items() if k not in ("queue", "partial_fills", "remember_consumed")}
            shown |= {"market": market, "show_own_orders": show_own_orders}
    series: dict[str, list[Any]] = {
        "bars": [_bar_series(b, index) for b in bars],
        "quotes": [_quote_series(q, index, described) for q in quotes],
        "marks": [_mark_series(s, index) for s in settlements],
        "actions": _action_series(actions, index, universe),
    }
    return _Prepared(
        universe=universe,
        series=series,
        settings=settings,
        shown=shown,
        bars=bars,
        quotes=quotes,
        ticks=ticks,
        ticked=_ticked(bars, quotes, ticks, index),
        currency=accounts[0].currency,
    )


def _ticked(bars: list[Any], quotes: list[Any], ticks: list[Any], index: Mapping[str, int]) -> list[int]:
    """Instruments that trade on ticks; of long files those too that are described and come later."""
    symbols = {symbol for source in ticks for symbol in source.symbols}
    if any(source.may_have_more for source in ticks):
        symbols |= set(index) - {b.instrument for b in bars} - {q.instrument for q in quotes}
    return sorted({index[symbol] for symbol in symbols})


def _check_market(market: str, has_ticks: bool, explain: int | None) -> None:
    if market not in ("replay", "reacts"):
        raise ConfigError(f'market = {market!r} is none; use "replay" or "reacts".')
    if market == "reacts" and not has_ticks:
        raise ConfigError(
            'market = "reacts" needs order books, quotes or trades as ticks; bars have no orders to meet.'
        )
    if market == "reacts" and explain is not None:
        raise ConfigError('explain tells the fills of the plain replay; leave it out where market = "reacts".')


def _strategies(strategy: AnyStrategy | Sequence[AnyStrategy]) -> list[Strategy | LibraryStrategy]:
    from walras.strategies import make

    several = strategy if isinstance(strategy, list | tuple) else [strategy]
    out: list[Strategy | LibraryStrategy] = []
    for item in several:
        if isinstance(item, str):
            out.append(make(item))
        elif isinstance(item, type) and issubclass(item, Strategy):
            out.append(item())
        elif isinstance(item, Strategy | LibraryStrategy):
            out.append(item)
        else:
            raise ConfigError(f"{item!r} is not a strategy; derive from walras.Strategy, or name a library one.")
    if not out:
        raise ConfigError("a run needs at least one strategy")
    return out


def _cast(strategy: Strategy | LibraryStrategy) -> Any:
    if isinstance(strategy, LibraryStrategy):
        return (strategy.name, dict(strategy.parameters))
    return strategy


def _describe(strategy: Strategy | LibraryStrategy) -> dict[str, Any]:
    if isinstance(strategy, LibraryStrategy):
        return {"name": strategy.name, "title": strategy.title, "parameters": dict(strategy.parameters)}
    name = type(strategy).__name__
    return {"name": name, "title": name, "parameters": dict(strategy.parameters)}


def _version() -> str:
    from walras import __version__

    return __version__


def _versions() -> dict[str, str]:
    return {"walras": _version(), "python": platform.python_version(), "numpy": np.__version__}
