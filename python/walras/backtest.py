"""Backtests: a strategy over recorded data, with the orders, fills and ledger of the live engine."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from numbers import Real
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from walras import _core
from walras import fees as _fees
from walras import latency as _latency
from walras import slippage as _slippage
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
    "Settlement",
    "Sweep",
    "from_orders",
    "from_signals",
    "from_target_weights",
    "run",
    "sweep",
]

FillAt: TypeAlias = Literal["auto", "next_open", "next_close", "this_close", "intrabar_path"]
AtEnd: TypeAlias = Literal["keep", "close", "close_at_open"]
AnyStrategy: TypeAlias = Strategy | type[Strategy] | LibraryStrategy | str
_M = TypeVar("_M")
Progress: TypeAlias = Callable[[int, int], bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How an account is run. Rates are fractions a year; `leverage` 2 means an initial margin of one half.

    `kind`: "cash" pays in full and is never short; "margin" may borrow against equity. `mode`: "netting" has one
    position per strategy and instrument, "hedging" keeps long and short apart. `balances` in other currencies come on
    top of `cash`. `venues`: the venues that it settles; None = all that no other account names.
    """

    name: str = "main"
    kind: Literal["cash", "margin"] = "margin"
    mode: Literal["netting", "hedging"] = "netting"
    currency: str = "USD"
    cash: Number = 10_000
    balances: Mapping[str, Number] | None = None
    leverage: float = 1.0
    maintenance_margin: float = 0.25
    debit_rate: float = 0.0
    credit_rate: float = 0.0
    borrow_rate: float = 0.0
    day_count: int = 365
    venues: Sequence[str] | None = None

    def settings(self) -> dict[str, Any]:
        """As the core takes it: rates in units of 1e-9."""
        if not self.leverage >= 1:
            raise ConfigError(f"leverage {self.leverage} must be at least 1; 1 means no borrowing.")
        if self.kind == "cash" and self.leverage != 1:
            raise ConfigError(f"a cash account never borrows, leverage is {self.leverage:g}; use a margin account.")
        initial = 1.0 / self.leverage
        out: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "mode": self.mode,
            "base_currency": self.currency,
            "balances": {self.currency: self.cash, **(self.balances or {})},
            "initial_margin": _rate(initial),
            "maintenance_margin": _rate(min(self.maintenance_margin, initial)),
            "debit_rate": _rate(self.debit_rate),
            "credit_rate": _rate(self.credit_rate),
            "borrow_rate": _rate(self.borrow_rate),
            "day_count": self.day_count,
        }
        if self.venues is not None:
            out["venues"] = list(self.venues)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class CorporateAction:
    """A split ("split", `ratio` new shares for one), dividend ("dividend", `amount` a share), rename ("rename", to
    `successor`) or delisting ("delisting", at the price `amount`)."""

    instrument: str
    ts: datetime | date | int
    kind: Literal["split", "dividend", "rename", "delisting"]
    ratio: tuple[int, int] = (1, 1)
    amount: Number = 0
    successor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Daily settlement prices of a future: times in ns UTC and prices, shape (time,)."""

    instrument: str
    ts: Sequence[int]
    price: Sequence[float]


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
    at_end: AtEnd = "keep",
    start: datetime | date | str | int | None = None,
    end: datetime | date | str | int | None = None,
    history: int = 2048,
    journal: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> BacktestResult:
    """Run one strategy, or several on one account, over recorded bars and quotes.

    `strategy`: an instance or class of `walras.Strategy`, a library strategy, its name, or a list of these.
    `data`: `Bars`, `Quotes`, a list of them, or a frame or file that `walras.data.read_bars` understands.
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
        at_end=at_end,
        start=start,
        end=end,
        history=history,
        journal=journal,
    )
    chosen = _strategies(strategy)
    show_bars(chosen, prepared.bars)
    raw = _core.run_backtest(
        prepared.universe,
        **prepared.series,
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
    currency: str

    @property
    def names(self) -> list[str]:
        return [self.universe.name(i) for i in range(len(self.universe))]


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
    at_end: AtEnd,
    start: datetime | date | str | int | None,
    end: datetime | date | str | int | None,
    history: int,
    journal: str | PathLike[str] | None,
) -> _Prepared:
    """Check and convert the arguments of `run`."""
    bars, quotes = _split_data(data)
    actions, settlements, instruments = list(actions), list(settlements), list(instruments)
    if not bars and not quotes:
        raise DataError("the run has no data; give bars or quotes")
    universe, index, described = _universe(bars, quotes, tuple(instruments), currency)
    _check_described(described, bars, quotes, actions, settlements)
    filled_at = _resolve_fill_at(fill_at, bars)
    _check_numbers(cash=cash, seed=seed, volume_share=volume_share, size_buffer=size_buffer, history=history)
    fee_model = _fee_model(fees)
    slip_model = _slippage_model(slippage)
    wait = _latency_model(latency, bool(quotes))
    accounts = _accounts(account, cash, currency, leverage, balances)
    first, last = _window(start, end, bars, quotes)
    settings: dict[str, Any] = {
        "fill_at": filled_at,
        "limit_fill": limit_fill,
        "volume_share": _rate(volume_share),
        "quote_size_limits": quote_size_limits,
        "fees": fee_model,
        "slippage": slip_model,
        "quotes_slip": slippage is not None,
        "seed": seed,
        "latency": wait,
        "session_closes": _session_closes(calendar, bars, quotes),
        "accounts": [a.settings() for a in accounts],
        "risk": _risk(risk),
        "size_buffer": _rate(fee_model.proportional if size_buffer is None else size_buffer),
        "history": history,
        "journal": None if journal is None else fspath(journal),
        "journal_metadata": "",
        "at_end": at_end,
        "from": first,
        "to": last,
    }
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
        currency=accounts[0].currency,
    )


# ---- data ------------------------------------------------------------------------------------------------------------


def _split_data(data: Any) -> tuple[list[Any], list[Any]]:
    """The series of bars and of quotes in whatever was given."""
    from walras.data import Bars, Quotes, bars_from_frame, read_bars

    bars: list[Any] = []
    quotes: list[Any] = []
    for item in data if isinstance(data, list | tuple) else [data]:
        if isinstance(item, Bars):
            bars.extend(item.series)
        elif isinstance(item, Quotes):
            quotes.append(item)
        elif hasattr(item, "columns") and not {"open", "close"} <= {str(c).lower() for c in item.columns}:
            bars.extend(bars_from_frame(item).series)
        else:
            bars.extend(read_bars(item).series)
    return bars, quotes


def _universe(
    bars: list[Any], quotes: list[Any], given: Iterable[Instrument], currency: str
) -> tuple[_core.Universe, dict[str, int], dict[str, Instrument]]:
    """Every instrument of the data, described by the user or as a plain share with one unit a lot."""
    for item in given:
        if not isinstance(item, Instrument):
            raise ConfigError(f"instruments= holds {item!r}; give wl.Instrument(name=...).")
    described = {i.name: i for i in given}
    universe = _core.Universe()
    index: dict[str, int] = {}
    for name in dict.fromkeys([b.instrument for b in bars] + [q.instrument for q in quotes]):
        instrument = described.pop(name, None) or described.pop(split_name(name)[0], None)
        if instrument is None:
            instrument = Instrument(name=name, currency=currency)
        index[name] = instrument.add_to(universe)
    for name, instrument in described.items():  # without data: successors of renames, legs of conversions
        index[name] = instrument.add_to(universe)
    return universe, index, {name: i for name, i in ((n, _find(given, n)) for n in index) if i is not None}


def _find(given: Iterable[Instrument], name: str) -> Instrument | None:
    return next((i for i in given if i.name in (name, split_name(name)[0])), None)


def _check_described(
    described: Mapping[str, Instrument],
    bars: list[Any],
    quotes: list[Any],
    actions: Iterable[CorporateAction],
    settlements: Iterable[Settlement],
) -> None:
    """An instrument that nothing prices is a misspelt one; its lot and tick sizes would apply to nothing."""
    data = [b.instrument for b in bars] + [q.instrument for q in quotes]
    known = {*data, *(a.successor for a in actions), *(a.instrument for a in actions)}
    known |= {s.instrument for s in settlements}
    for name, instrument in described.items():
        if name not in known and instrument.kind != "currency_pair":
            raise ConfigError(f'instruments= describes "{name}", which has no data; the data has: {", ".join(data)}.')


def _bar_series(bars: Any, index: Mapping[str, int]) -> _core.BarSeries:
    """Fixed-point rows of these columns; kept beside them, so that the next run finds them ready."""
    instrument = index[bars.instrument]
    known: tuple[int, _core.BarSeries] | None = _SERIES.get(bars)
    if known is not None and known[0] == instrument:
        return known[1]
    series = _new_bar_series(bars, instrument)
    _SERIES[bars] = (instrument, series)
    return series


_SERIES: WeakKeyDictionary[Any, tuple[int, _core.BarSeries]] = WeakKeyDictionary()


def _new_bar_series(bars: Any, instrument: int) -> _core.BarSeries:
    return _core.BarSeries(
        instrument,
        open_time=bars.ts_open,
        close_time=bars.ts_close,
        open=bars.open,
        high=bars.high,
        low=bars.low,
        close=bars.close,
        volume=bars.volume,
        closes_only=bars.closes_only,
        source=bars.source,
    )


def _quote_series(quotes: Any, index: Mapping[str, int], described: Mapping[str, Instrument]) -> _core.QuoteSeries:
    instrument = described.get(quotes.instrument)
    lot = _core.parse_fixed(str(instrument.lot_size)) if instrument else 1_000_000_000
    return _core.QuoteSeries(
        index[quotes.instrument],
        time=quotes.ts,
        bid=quotes.bid,
        ask=quotes.ask,
        bid_size=np.nan_to_num(quotes.bid_size),  # the core's word for an unknown size is 0
        ask_size=np.nan_to_num(quotes.ask_size),
        lot_size=lot,
        may_be_crossed=quotes.may_be_crossed,
        source=quotes.source,
    )


def _mark_series(settlement: Settlement, index: Mapping[str, int]) -> _core.MarkSeries:
    return _core.MarkSeries(
        _require(index, settlement.instrument),
        time=np.ascontiguousarray(settlement.ts, dtype=np.int64),
        price=np.ascontiguousarray(settlement.price, dtype=np.float64),
    )


def _action_series(
    actions: Iterable[CorporateAction], index: Mapping[str, int], universe: _core.Universe
) -> list[_core.ActionSeries]:
    kinds = ("split", "dividend", "rename", "delisting")
    rows: dict[int, list[tuple[int, ...]]] = {}
    for action in actions:
        instrument = _require(index, action.instrument)
        successor = _require(index, action.successor) if action.successor else 0
        if action.kind not in kinds:
            raise ConfigError(f"corporate action {action.kind!r} is unknown; choose one of: {', '.join(kinds)}.")
        ts = _to_ns(action.ts)
        assert ts is not None
        amount = _core.parse_fixed(str(action.amount))
        currency = universe.currency_of(instrument)
        row = (ts, kinds.index(action.kind), amount, *action.ratio, successor, currency)
        rows.setdefault(instrument, []).append(row)
    return [_core.ActionSeries(i, sorted(r)) for i, r in rows.items()]


def _require(index: Mapping[str, int], name: str) -> int:
    if name not in index:
        raise ConfigError(f'instrument "{name}" is not part of this run; it has: {", ".join(index)}.')
    return index[name]


def _session_closes(calendar: str | None, bars: list[Any], quotes: list[Any]) -> list[int]:
    if calendar is None:
        return []
    from walras.data import session_hours

    first = min([int(b.ts_close[0]) for b in bars] + [int(q.ts[0]) for q in quotes])
    last = max([int(b.ts_close[-1]) for b in bars] + [int(q.ts[-1]) for q in quotes])
    return [int(close) for close in session_hours(calendar, first // _DAY - 1, last // _DAY + 7)[2]]


# ---- settings --------------------------------------------------------------------------------------------------------


def _rate(value: float) -> int:
    return _core.parse_fixed(f"{value:.9f}")


def _window(start: Any, end: Any, bars: list[Any], quotes: list[Any]) -> tuple[int | None, int | None]:
    """`start` and `end` as ns UTC; a window without data is an error."""
    first, last = _to_ns(start), _to_ns(end, last=True)
    times = [b.ts_close for b in bars] + [q.ts for q in quotes]
    low = min(int(t[0]) for t in times) if first is None else first
    high = max(int(t[-1]) for t in times) if last is None else last
    if not any(np.searchsorted(t, low) < np.searchsorted(t, high, side="right") for t in times):
        raise DataError(f"no data lies between start = {start} and end = {end}; widen the window")
    return first, last


def _check_numbers(*, cash: Number, seed: int, volume_share: float, size_buffer: float | None, history: int) -> None:
    """Refuse what the core could only misunderstand, by name, value and remedy."""
    if isinstance(cash, int | float) and cash < 0:
        raise ConfigError(f"cash = {cash} is negative; give at least 0.")
    for name, value in (("seed", seed), ("history", history)):
        if not isinstance(value, int | np.integer) or value < 0:
            raise ConfigError(f"{name} = {value!r} must be a whole number of at least 0.")
    if not 0 <= volume_share <= 1:
        raise ConfigError(f"volume_share = {volume_share} must be a fraction from 0 (no limit) to 1.")
    if size_buffer is not None and not 0 <= size_buffer < 1:
        raise ConfigError(f"size_buffer = {size_buffer} must be a fraction of at least 0 and below 1.")


def _to_ns(when: datetime | date | str | int | None, *, last: bool = False) -> int | None:
    """ns UTC. A date without a time is its first nanosecond, or its last one."""
    if isinstance(when, str):
        try:
            when = date.fromisoformat(when) if len(when) == len("2024-01-31") else datetime.fromisoformat(when)
        except ValueError:
            raise ConfigError(f"{when!r} is not a time; write it like '2013-10-07' or '2013-10-07T09:30'.") from None
    if when is None or isinstance(when, int):
        return when
    if not isinstance(when, datetime):
        day = (when - date(1970, 1, 1)).days
        return (day + last) * _DAY - last
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * _DAY + since.seconds * 1_000_000_000 + since.microseconds * 1000


_DAY = 86_400_000_000_000


def _resolve_fill_at(fill_at: FillAt, bars: list[Any]) -> str:
    if fill_at == "auto":
        return "next_close" if bars and all(b.closes_only for b in bars) else "next_open"
    return fill_at


def _model(name: str, kind: type[_M], given: Any) -> _M:
    if isinstance(given, kind):
        return given
    number = "" if name == "latency" else "a number of basis points or "
    example = {"fees": "bps(10)", "slippage": "bps(1)", "latency": "constant(5)"}[name]
    raise ConfigError(f"{name} = {given!r} is no model; give {number}one of wl.{name}, such as wl.{name}.{example}.")


def _fee_model(fees: _fees.FeeModel | float | None) -> _fees.FeeModel:
    if fees is None:
        return _fees.bps(_fees.DEFAULT_BPS)
    return _model("fees", _fees.FeeModel, _fees.bps(float(fees)) if isinstance(fees, Real) else fees)


def _slippage_model(slippage: _slippage.SlippageModel | float | None) -> _slippage.SlippageModel:
    if slippage is None:
        return _slippage.bps(_slippage.DEFAULT_BPS)
    model = _slippage.bps(float(slippage)) if isinstance(slippage, Real) else slippage
    return _model("slippage", _slippage.SlippageModel, model)


def _latency_model(latency: _latency.LatencyModel | None, on_quotes: bool) -> _latency.LatencyModel:
    if latency is not None:
        return _model("latency", _latency.LatencyModel, latency)
    return _latency.constant(_latency.DEFAULT_QUOTE_MS) if on_quotes else _latency.none()


def _accounts(
    account: Literal["cash", "margin"] | Account | Sequence[Account],
    cash: Number,
    currency: str,
    leverage: float,
    balances: Mapping[str, Number] | None,
) -> list[Account]:
    if isinstance(account, str):
        return [Account(kind=account, currency=currency, cash=cash, leverage=leverage, balances=balances)]
    # An account speaks for itself. What is said beside it and differs would be lost without a word.
    accounts = [account] if isinstance(account, Account) else list(account)
    if not accounts:
        raise ConfigError("account=[] names no account; give at least one, or leave account= out.")
    said = {"cash": (cash, 10_000), "leverage": (leverage, 1.0), "balances": (balances, None)}
    for name, (value, default) in said.items():
        if value != default and any(getattr(a, name) != value for a in accounts):
            raise ConfigError(f"{name} = {value} is said beside account=; say it in Account({name}=...).")
    return accounts


def _risk(limits: Mapping[str, Any] | None) -> dict[str, Any]:
    return dict(limits or {})


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
