"""
The C++ core of Walras. Use it through the package `walras`, which adds types, units and frames.
"""

from collections.abc import Iterable, Mapping, Sequence
import datetime
import decimal
import types
from typing import Annotated, overload

import numpy
import numpy.typing
from numpy.typing import NDArray

import walras._depth


class WalrasError(Exception):
    pass

class DataError(WalrasError):
    pass

class OrderError(WalrasError):
    pass

class LedgerError(WalrasError):
    pass

class RiskRefusal(WalrasError):
    pass

class ConfigError(WalrasError):
    pass

class ModelError(WalrasError):
    pass

class VenueError(WalrasError):
    pass

class InvariantError(WalrasError):
    pass

def parse_fixed(text: str) -> int:
    """
    A decimal number to units of 1e-9. Raises ConfigError if it is malformed or too fine.
    """

def format_fixed(raw: int, decimals: int = 0) -> str:
    """Units of 1e-9 as the shortest exact decimal text."""

class Indicator:
    def __init__(self, name: str, parameters: Mapping[str, bool | int | float | str]) -> None: ...

    update: types.MethodDescriptorType = ...

    def reset(self) -> None:
        """Forgets every observation."""

    @property
    def value(self) -> object:
        """The value after the last observation; NaN until it is ready."""

    @property
    def is_ready(self) -> bool:
        """True once there were enough observations."""

def run_indicator(name: str, parameters: Mapping[str, bool | int | float | str], inputs: Sequence[Annotated[NDArray[numpy.float64], dict(shape=(None, None), device='cpu', writable=False)]], threads: int = 1) -> list: ...

def indicator_catalog() -> list: ...

def market_features() -> list:
    """The table of features of a market, in the order of their rows."""

def market_feature_set(name: str) -> list[str]:
    """Names of the features of a set."""

def extract_market_features(columns: Sequence[Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)]], candle_observations: int, names: Sequence[str], missing: str | None) -> object:
    """Rows of features of thirteen columns of observations."""

class MarketFeatureStream:
    """Features of a market, one observation at a time."""

    def __init__(self, candle_observations: int) -> None: ...

    def update(self, values: Sequence[float]) -> None: ...

    def row(self, names: Sequence[str], missing: str | None) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    def save(self) -> bytes: ...

    def load(self, state: bytes) -> None: ...

class FeatureModel:
    """A model that was read from JSON."""

    @staticmethod
    def read(path: str) -> FeatureModel: ...

    @staticmethod
    def parse(text: str, name: str) -> FeatureModel: ...

    @property
    def type(self) -> str: ...

    @property
    def features(self) -> list[str]: ...

    @property
    def missing(self) -> str: ...

    @property
    def about(self) -> str: ...

    def predict(self, rows: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> object: ...

class Universe:
    """Instruments and currencies of one run, by dense index."""

    def __init__(self) -> None: ...

    def add_currency(self, code: str, decimals: int) -> int: ...

    def currency(self, code: str) -> int: ...

    def currency_code(self, arg: int, /) -> str: ...

    def add(self, symbol: str, venue: str, *, kind: str = 'equity', settlement: str = 'full', currency: str = 'USD', base: str | None = None, tick_size: int = 1, lot_size: int = 1000000000, multiplier: int = 1000000000, price_may_be_negative: bool = False, expiry: int | None = None, label: str = '') -> int: ...

    def currency_of(self, instrument: int) -> int: ...

    def name(self, arg: int, /) -> str: ...

    def find(self, arg: str, /) -> int: ...

    def __len__(self) -> int: ...

class BarSeries:
    """One instrument's bars in fixed point, checked."""

    def __init__(self, instrument: int, *, open_time: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], close_time: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], open: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], high: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], low: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], close: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], volume: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], closes_only: bool = False, price_may_be_negative: bool = False, source: str = 'series') -> None: ...

    def __len__(self) -> int: ...

    def columns(self) -> dict:
        """
        Views of the rows by name: times in ns UTC, prices in 1e-9, volumes in units.
        """

    def with_instrument(self, arg: int, /) -> BarSeries: ...

class QuoteSeries:
    """One instrument's quotes in fixed point, checked."""

    def __init__(self, instrument: int, *, time: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], bid: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], ask: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], bid_size: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], ask_size: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], lot_size: int, may_be_crossed: bool = False, source: str = 'series') -> None: ...

    def __len__(self) -> int: ...

class MarkSeries:
    """Settlement prices of one instrument."""

    def __init__(self, instrument: int, *, time: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], price: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None: ...

    def __len__(self) -> int: ...

class ActionSeries:
    """Corporate actions of one instrument."""

    def __init__(self, instrument: int, actions: list) -> None: ...

    def __len__(self) -> int: ...

class TradeSeries:
    """One instrument's trades in fixed point, checked."""

    def __init__(self, instrument: int, *, time: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], price: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], size: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], aggressor: Annotated[NDArray[numpy.int8], dict(shape=(None,), order='C', device='cpu', writable=False)], trade_id: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], lot_size: int, source: str = 'series') -> None: ...

    def __len__(self) -> int: ...

def event_layout() -> dict:
    """
    Fields of an event's 128 bytes by kind: {kind: [(name, format, offset)]}.
    """

def read_journal(path: str) -> tuple:
    """
    A journal's (metadata, records as uint8 of shape (n, 128), sides, fault). Raises DataError if it is none.
    """

def write_journal(path: str, records: Annotated[NDArray[numpy.uint8], dict(shape=(None, 128), order='C', device='cpu', writable=False)], sides: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], metadata: str = '') -> None:
    """Writes records as uint8 of shape (n, 128). Raises DataError."""

class TickReader:
    """A stream of ticks; a run that takes it empties it."""

    def read(self, rows: int, start: int, end: int) -> Annotated[NDArray[numpy.uint8], dict(shape=(None, None))]:
        """
        About `rows` of the next ticks as uint8 of shape (n, 64); empty at the end. Raises DataError.
        """

    def rewind(self) -> None:
        """Begins again."""

    @property
    def symbols(self) -> list[str]:
        """The instruments so far, in the order of the ticks' `instrument`."""

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1."""

def open_ticks(path: str, format: str, lot_size: int, symbols: Sequence[str], date: int, zone_from: Sequence[int], zone_add: Sequence[int], feed_delay_ns: int) -> TickReader:
    """
    Opens a file of ticks; format "" goes by name and first bytes. Raises DataError.
    """

def python_tick_reader(begin: object, source: str) -> TickReader:
    """
    A stream of what `begin()` iterates over: records as uint8 of shape (n, 64), symbols so far, progress 0 to 1.
    """

def open_journal_ticks(path: str, symbols: Sequence[str]) -> TickReader:
    """The ticks that a journal says a session was told. Raises DataError."""

def journal_metadata(path: str) -> str:
    """
    What a journal says of itself, without reading what follows. Raises DataError.
    """

def select_ticks(reader: TickReader, start: int, end: int, symbols: Sequence[str], name: str) -> TickReader:
    """start <= ts_init < end, of these symbols; the reader is emptied."""

def merge_tick_readers(readers: Sequence[TickReader]) -> TickReader:
    """One stream of several, by time of receipt; the readers are emptied."""

def memory_tick_reader(records: Annotated[NDArray[numpy.uint8], dict(shape=(None, 64), order='C', device='cpu', writable=False)], symbols: Sequence[str], source: str) -> TickReader:
    """A stream over records that stay where they are."""

def guess_tick_format(path: str) -> str:
    """
    The format that name and first bytes say; "" where they say none. Raises DataError.
    """

def tick_formats() -> list[str]: ...

class HftEncoder:
    """Ticks of one instrument to hftbacktest's records, piece by piece."""

    def __init__(self, lot_size: int, source: str) -> None: ...

    def encode(self, records: Annotated[NDArray[numpy.uint8], dict(shape=(None, 64), order='C', device='cpu', writable=False)]) -> Annotated[NDArray[numpy.uint8], dict(shape=(None, None))]:
        """uint8 of shape (n, 64) to uint8 of shape (m, 64). Raises DataError."""

class TickJournalWriter:
    """Ticks as inbound events of a journal, piece by piece."""

    def __init__(self, path: str, metadata: str) -> None: ...

    def append(self, records: Annotated[NDArray[numpy.uint8], dict(shape=(None, 64), order='C', device='cpu', writable=False)]) -> None:
        """uint8 of shape (n, 64). Raises DataError."""

    def close(self) -> None:
        """Flushes. Raises DataError."""

def hftbacktest_in_both_orders(rows: Annotated[NDArray[numpy.uint8], dict(shape=(None, 64), order='C', device='cpu', writable=False)]) -> Annotated[NDArray[numpy.uint8], dict(shape=(None, None))]:
    """Splits rows whose exchange times go back: one for each clock."""

class Bar:
    """A completed bar. Read-only; safe to keep."""

    def __repr__(self, /) -> str:
        """Return repr(self)."""

    @property
    def instrument(self) -> str: ...

    @property
    def open(self) -> float: ...

    @property
    def high(self) -> float: ...

    @property
    def low(self) -> float: ...

    @property
    def close(self) -> float: ...

    @property
    def volume(self) -> float: ...

    @property
    def ts(self) -> int: ...

    @property
    def open_ts(self) -> int: ...

class Order:
    """A snapshot of an order."""

    @property
    def id(self) -> int: ...

    @property
    def client_id(self) -> str: ...

    @property
    def instrument(self) -> str: ...

    @property
    def side(self) -> str: ...

    @property
    def type(self) -> str: ...

    @property
    def tif(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def pending(self) -> str: ...

    @property
    def is_open(self) -> bool: ...

    @property
    def quantity(self) -> float: ...

    @property
    def filled(self) -> float: ...

    @property
    def leaves(self) -> float: ...

    @property
    def average_price(self) -> float | None: ...

    @property
    def limit(self) -> float | None: ...

    @property
    def stop(self) -> float | None: ...

    @property
    def reason(self) -> str: ...

    @property
    def parent(self) -> int: ...

    @property
    def tag(self) -> str: ...

    @property
    def ts_init(self) -> int: ...

    @property
    def ts_last(self) -> int: ...

    def __repr__(self) -> str: ...

class OrderUpdate:
    """One step of an order's life."""

    @property
    def order(self) -> Order: ...

    @property
    def id(self) -> int: ...

    @property
    def step(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def instrument(self) -> str: ...

    @property
    def side(self) -> str: ...

    @property
    def quantity(self) -> float: ...

    @property
    def price(self) -> float | None: ...

    @property
    def fee(self) -> float: ...

    @property
    def liquidity(self) -> str: ...

    @property
    def rule(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def message(self) -> str: ...

    @property
    def is_fill(self) -> bool: ...

    @property
    def ts(self) -> int: ...

    def __repr__(self) -> str: ...

class Quote:
    """The best bid and ask."""

    @property
    def instrument(self) -> str: ...

    @property
    def ts(self) -> int: ...

    @property
    def bid(self) -> float: ...

    @property
    def ask(self) -> float: ...

    @property
    def mid(self) -> float: ...

    @property
    def bid_size(self) -> float: ...

    @property
    def ask_size(self) -> float: ...

class Trade:
    """A trade print."""

    @property
    def instrument(self) -> str: ...

    @property
    def ts(self) -> int: ...

    @property
    def price(self) -> float: ...

    @property
    def size(self) -> float: ...

    @property
    def aggressor(self) -> str: ...

class Position:
    """This strategy's position in one instrument; false when flat."""

    def __bool__(self, /) -> bool:
        """True if self else False"""

    @property
    def quantity(self) -> float:
        """Units; positive is long."""

    @property
    def is_long(self) -> bool: ...

    @property
    def is_short(self) -> bool: ...

    @property
    def average_price(self) -> float: ...

    @property
    def market_value(self) -> float: ...

    @property
    def unrealized(self) -> float: ...

    @property
    def realized(self) -> float: ...

    @property
    def fees(self) -> float: ...

    def __float__(self) -> float: ...

    def __repr__(self) -> str: ...

class History:
    """The last bars of one instrument, oldest first."""

    def __len__(self) -> int: ...

    def __getitem__(self, arg: int, /) -> object: ...

    @property
    def open(self) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    @property
    def high(self) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    @property
    def low(self) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    @property
    def close(self) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    @property
    def volume(self) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    @property
    def ts(self) -> Annotated[NDArray[numpy.int64], dict(shape=(None,))]: ...

class Context:
    """
    What a strategy sees and may do. Valid inside the callbacks of its run.
    """

    position: types.MethodDescriptorType = ...

    def execute(self, instrument: object, side: str, quantity: object, algo: object, *, limit: object | None = None, start: object | None = None) -> int:
        """
        Works a quantity (units) by an algorithm of walras.exec, never beyond `limit`, from `start` on (now). Its child orders reach on_order, its end on_execution. Returns the execution's id.
        """

    def execution(self, execution: int) -> Execution | None:
        """How far it is; None for an unknown id."""

    def cancel_execution(self, execution: int) -> None:
        """Its children too. Nothing happens if it has ended already."""

    def buy(self, instrument: object, quantity: object | None = None, *, value: object | None = None, percent: object | None = None, limit: object | None = None, stop: object | None = None, touch: object | None = None, trail: object | None = None, trail_bps: object | None = None, display: object | None = None, tif: str = 'gtc', expire: object | None = None, post_only: bool = False, reduce_only: bool = False, stop_loss: object | None = None, stop_loss_pct: object | None = None, trailing_stop_loss: object | None = None, trailing_stop_loss_bps: object | None = None, take_profit: object | None = None, take_profit_pct: object | None = None, after: object | None = None, oco: object | None = None, ouo: object | None = None, tag: str = '') -> int:
        """
        Buys at the market, or with limit= and stop= as limit, stop or stop-limit order; touch= waits for a price on the other side (ticks only); trail= (price) or trail_bps= makes a trailing stop; display= shows so much of a limit at a time (an iceberg, ticks only). Size: quantity (units), value (money) or percent (of equity, 0.5 or "50%"), the last two sized at the price at which they can trade. stop_loss, take_profit (prices), *_pct (distances from the fill) and trailing_stop_loss (price or _bps) attach protective orders. after=: wait for another order's fill; oco= or ouo=: an id of new_oco(), whose orders cancel or shrink each other. Returns the order's id; what becomes of it arrives in on_order.
        """

    def sell(self, instrument: object, quantity: object | None = None, *, value: object | None = None, percent: object | None = None, limit: object | None = None, stop: object | None = None, touch: object | None = None, trail: object | None = None, trail_bps: object | None = None, display: object | None = None, tif: str = 'gtc', expire: object | None = None, post_only: bool = False, reduce_only: bool = False, stop_loss: object | None = None, stop_loss_pct: object | None = None, trailing_stop_loss: object | None = None, trailing_stop_loss_bps: object | None = None, take_profit: object | None = None, take_profit_pct: object | None = None, after: object | None = None, oco: object | None = None, ouo: object | None = None, tag: str = '') -> int:
        """
        Sells at the market, or with limit= and stop= as limit, stop or stop-limit order; touch= waits for a price on the other side (ticks only); trail= (price) or trail_bps= makes a trailing stop; display= shows so much of a limit at a time (an iceberg, ticks only). Size: quantity (units), value (money) or percent (of equity, 0.5 or "50%"), the last two sized at the price at which they can trade. stop_loss, take_profit (prices), *_pct (distances from the fill) and trailing_stop_loss (price or _bps) attach protective orders. after=: wait for another order's fill; oco= or ouo=: an id of new_oco(), whose orders cancel or shrink each other. Returns the order's id; what becomes of it arrives in on_order.
        """

    @property
    def now(self) -> int:
        """ns UTC; in on_start that of the first event."""

    @property
    def equity(self) -> float: ...

    @property
    def cash(self) -> float: ...

    def balance(self, currency: str) -> float: ...

    @property
    def instruments(self) -> list[str]: ...

    def last_price(self, instrument: object) -> float | None:
        """None before the first price."""

    def quote(self, instrument: object) -> Quote | None: ...

    def book(self, instrument: object) -> Book | None:
        """The order book as it has reached us; None before its first message."""

    def history(self, instrument: object, n: int) -> History: ...

    def target(self, instrument: object, *, quantity: object | None = None, value: object | None = None, percent: object | None = None, tag: str = '') -> int:
        """
        Orders what is missing to hold this many units, this much money or this share of equity (0.5 or "50%"); negative is short. Sized at the price at which it can trade.
        """

    def close(self, instrument: object) -> int:
        """A market order for the whole position; 0 if there is none."""

    def cancel(self, order: int | Order) -> None:
        """order: its number or itself. Nothing happens if it has ended already."""

    def cancel_all(self, instrument: object | None = None) -> None: ...

    def replace(self, order: int | Order, *, quantity: object | None = None, limit: object | None = None, stop: object | None = None) -> None: ...

    def order(self, order: int | Order) -> Order | None: ...

    @property
    def open_orders(self) -> list[Order]: ...

    def new_oco(self) -> int:
        """
        An id for orders that cancel each other: pass it to each of them as oco=.
        """

    def wake_at(self, ts: object) -> int:
        """
        ts: ns UTC, an aware datetime, datetime64 or ISO text. Returns the timer's id.
        """

    def wake_after(self, seconds: float | datetime.timedelta) -> int:
        """seconds: a number or a timedelta. Returns the timer's id."""

    def cancel_timer(self, timer: int) -> None: ...

    def stop(self) -> None:
        """Ends the run after this event."""

class Execution:
    """
    A parent order as it was: a quantity that an algorithm works with child orders.
    """

    @property
    def id(self) -> int: ...

    @property
    def instrument(self) -> str: ...

    @property
    def side(self) -> str: ...

    @property
    def algorithm(self) -> str: ...

    @property
    def status(self) -> str:
        """pending, working, closing, filled, expired or canceled."""

    @property
    def is_open(self) -> bool: ...

    @property
    def quantity(self) -> float: ...

    @property
    def filled(self) -> float: ...

    @property
    def leaves(self) -> float: ...

    @property
    def children(self) -> int:
        """Child orders so far."""

    @property
    def refused(self) -> int:
        """Children that were denied or rejected."""

    @property
    def average_price(self) -> float:
        """0 before the first fill."""

    @property
    def arrival_price(self) -> float:
        """The mid at the start."""

    @property
    def market_vwap(self) -> float:
        """Of what others traded meanwhile."""

    @property
    def participation(self) -> float:
        """Filled over what others traded."""

    @property
    def slippage_bps(self) -> float:
        """The average against the arrival price; positive is worse."""

    @property
    def shortfall_bps(self) -> float:
        """
        Implementation shortfall (Perold 1988): what is not filled counts at the last mid.
        """

def strategy_library() -> list: ...

class FeeModel:
    """What a fill costs. Made by walras.fees."""

    def describe(self) -> str:
        """In words."""

    def __repr__(self) -> str: ...

    @property
    def proportional(self) -> float:
        """The most that it takes of a purchase, as a fraction."""

class SlippageModel:
    """How much worse a taker trades. Made by walras.slippage."""

    def describe(self) -> str:
        """In words."""

    def __repr__(self) -> str: ...

class LatencyModel:
    """How long messages travel. Made by walras.latency."""

    def describe(self) -> str:
        """In words."""

    def __repr__(self) -> str: ...

def rate_fees(maker: object, taker: object, decimals: int | None = None) -> FeeModel: ...

def per_unit_fees(per_unit: object, minimum: object, maximum_rate: object, decimals: int | None = None) -> FeeModel: ...

def tiered_fees(tiers: list, decimals: int | None = None) -> FeeModel: ...

def spread_slippage(half_spread: float) -> SlippageModel: ...

def volume_share_slippage(limit: float, impact: float) -> SlippageModel: ...

def square_root_slippage(coefficient: float) -> SlippageModel: ...

def constant_latency(order_ns: int, response_ns: int, feed_ns: int = 0) -> LatencyModel: ...

def recorded_latency(trips: Sequence[Sequence[int]]) -> LatencyModel: ...

def with_feed_latency(orders: LatencyModel, feed: LatencyModel) -> LatencyModel: ...

class QueueModel:
    """What stands before our order at its price. Made by walras.queue."""

    def describe(self) -> str: ...

def risk_averse_queue() -> QueueModel: ...

def power_queue(n: float, form: int = 1) -> QueueModel: ...

def log_queue(form: int = 1) -> QueueModel: ...

def sampled_latency(minimum_ns: int, mean_excess_ns: int, seed: int) -> LatencyModel: ...

def check_strategy(name: str, parameters: dict) -> None:
    """Raises ConfigError if the library cannot build this strategy."""

def run_backtest(universe: Universe, *, bars: list, quotes: list, marks: list, actions: list, ticks: TickReader | None = None, ticked: Sequence[int] = [], strategies: list, settings: dict, progress: object | None = None, world: SimMarket | None = None, world_ticks: int = 0, world_levels: int = 10) -> dict:
    """The engine room of walras.backtest.run and walras.sim.run."""

def run_sweep(universe: Universe, *, strategy: str, axes: list, is_grid: bool, only: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None, bars: list, quotes: list, marks: list, actions: list, settings: dict, threads: int, keep_returns: bool, vectorised: bool, progress: object | None = None) -> dict:
    """The engine room of walras.backtest.sweep."""

def trial_statistics() -> list:
    """What a sweep keeps of a trial, in order."""

def trial_statuses() -> list:
    """What can become of a trial, by code."""

def normal_cdf(x: float) -> float: ...

def normal_quantile(p: float) -> float: ...

def probabilistic_sharpe(sharpe: float, observations: float, skew: float, kurtosis: float, benchmark: float) -> float: ...

def expected_maximum_sharpe(trials: float, variance: float) -> float: ...

def probability_of_overfitting(returns: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], periods: int, blocks: int) -> tuple: ...

class VectorRun:
    """What a vectorised run left: records, and curves on demand."""

    def fills(self) -> dict: ...

    def orders(self) -> dict: ...

    def trades(self) -> dict: ...

    def curve(self, which: str) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]:
        """Shape (time, pool): equity, cash or gross."""

    def positions(self) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]:
        """Units held at each close, shape (time, asset)."""

    def statistics(self, pools: Sequence[int], periods_per_year: float | None) -> list: ...

    def hold(self, columns: Sequence[int]) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    def cash(self) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]:
        """At the end, by pool."""

    @property
    def fill_count(self) -> int: ...

    @property
    def order_count(self) -> int: ...

    @property
    def ignored(self) -> int:
        """Signals and orders in rows in which their asset does not trade."""

    @property
    def margin_calls(self) -> int: ...

    @property
    def by_events(self) -> int:
        """Pools that the event engine ran."""

def run_vector(matrices: dict, settings: dict, *, threads: int = 1) -> VectorRun:
    """The engine room of walras.backtest.from_signals and its siblings."""

def nbbo_columns(quotes: tuple, venue: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], *, venues: int, national: bool, one_sided: bool, max_age: int | None, lot_size: int) -> dict:
    """See walras.book.nbbo."""

def find_opportunities(venues: list, *, max_age: int | None, lot_size: int) -> dict:
    """See walras.book.opportunities."""

class ConsolidatedBook:
    """See walras.book.ConsolidatedBook."""

    def __init__(self, venues: int, tick_size: object, lot_size: object, window_ticks: int = 4096) -> None: ...

    def apply_quote(self, venue: int, bid: object, ask: object, bid_size: object, ask_size: object) -> None: ...

    def apply_level(self, venue: int, side: str, price: object, size: object) -> None: ...

    def clear_venue(self, venue: int) -> None: ...

    def levels(self, side: str, count: int) -> list[tuple[float, float, list[float]]]: ...

    def best_venue(self, side: str) -> int | None: ...

    @property
    def is_crossed(self) -> bool: ...

class BarBuilder:
    """See walras.data.BarBuilder."""

    @overload
    def __init__(self, kind: str, *, step: int = 0, origin: int = 0, includes_close: bool = False, carries_empty: bool = False, session_open: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None, session_close: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None, threshold: object | None = None, lot_size: int = 1000000000, expected_ticks: float = 0.0, span: float = 20.0, min_ticks: int = 1, max_ticks: int = 9223372036854775807, ignores_aggressor: bool = False) -> None: ...

    @overload
    def __init__(self, other: BarBuilder) -> None: ...

    def add_columns(self, time: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], price: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], size: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], aggressor: Annotated[NDArray[numpy.int8], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None, sets_price: Annotated[NDArray[numpy.bool_], dict(shape=(None,), order='C', device='cpu', writable=False)] | None = None, *, unfinished: bool = False) -> dict:
        """Columns of the bars that these trades complete."""

    def add_one(self, time: int, price: float, size: float, aggressor: int = 0, sets_price: bool = True) -> dict | None: ...

    def advance_to(self, now: int) -> dict: ...

    def unfinished(self) -> dict: ...

    @property
    def skipped(self) -> int: ...

    @property
    def expected_ticks(self) -> float: ...

    @property
    def expected_flow(self) -> float: ...

def lot_of(sizes: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> int:
    """
    The largest power of ten of 1e-9 that all sizes are multiples of, at most 1.
    """

class MatchEvent:
    """
    One thing that happened to one order of a matching engine, or, for a fill, to two.
    """

    @property
    def kind(self) -> str:
        """
        accepted, rejected, triggered, filled, canceled, expired, replaced, cancel_rejected or replace_rejected.
        """

    @property
    def order(self) -> int:
        """The order; of a fill the taker."""

    @property
    def taker(self) -> int | None: ...

    @property
    def maker(self) -> int | None:
        """Of a fill, the order that rested."""

    @property
    def trade(self) -> int | None: ...

    @property
    def side(self) -> str:
        """Of `order`."""

    @property
    def price(self) -> float | None:
        """
        Filled: the maker's; triggered: the trigger; else the limit; None where there is none.
        """

    @property
    def quantity(self) -> int | float:
        """
        Filled: this execution; canceled, expired: what was left; else the order's total.
        """

    @property
    def leaves(self) -> int | float:
        """What of `order` can still trade."""

    @property
    def maker_leaves(self) -> int | float: ...

    @property
    def owner(self) -> int:
        """Of `order`; 0 is nobody."""

    @property
    def maker_owner(self) -> int: ...

    @property
    def is_auction(self) -> bool:
        """A fill by uncrossing: `order` is the buyer's, `maker` the seller's."""

    @property
    def ts(self) -> int | None:
        """The engine's time in ns UTC; None before the first advance_to."""

    @property
    def reason(self) -> str | None: ...

    @property
    def message(self) -> str:
        """The reason as a sentence."""

    def __repr__(self) -> str: ...

class BookTop:
    """Best bid and ask: (price, quantity, orders), or None."""

    @property
    def bid(self) -> tuple[float, int | float, int] | None: ...

    @property
    def ask(self) -> tuple[float, int | float, int] | None: ...

    def __repr__(self) -> str: ...

class BookOrder:
    """A working order as the matching engine sees it."""

    @property
    def order(self) -> int: ...

    @property
    def owner(self) -> int: ...

    @property
    def side(self) -> str: ...

    @property
    def type(self) -> str: ...

    @property
    def tif(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def post_only(self) -> bool: ...

    @property
    def reduce_only(self) -> bool: ...

    @property
    def price(self) -> float | None: ...

    @property
    def trigger(self) -> float | None:
        """Of a waiting stop, now; None while a trailing stop has seen no price."""

    @property
    def quantity(self) -> int | float: ...

    @property
    def display(self) -> int | float | None:
        """Of an iceberg; None where all is shown."""

    @property
    def displayed(self) -> int | float | None:
        """What the book shows of an iceberg now."""

    @property
    def filled(self) -> int | float: ...

    @property
    def leaves(self) -> int | float: ...

    @property
    def expire_time(self) -> int | None:
        """ns UTC."""

    def __repr__(self) -> str: ...

class Indicative:
    """What an auction would do if it ended now."""

    @property
    def price(self) -> float | None:
        """None where nobody would trade."""

    @property
    def volume(self) -> int | float: ...

    @property
    def surplus(self) -> int | float:
        """
        Could trade at the price and finds nobody; buyers positive, sellers negative.
        """

    @property
    def market_buys(self) -> int | float:
        """Quantity of market orders that wait."""

    @property
    def market_sells(self) -> int | float: ...

    def __repr__(self) -> str: ...

class TickTable:
    """
    Tick sizes that depend on the price: rows of (from this price on, this tick), ascending from 0. Raises ConfigError naming the row that makes no sense.
    """

    def __init__(self, rows: Iterable[tuple[str | int | float | decimal.Decimal, str | int | float | decimal.Decimal]]) -> None: ...

    @staticmethod
    def mifid(liquidity_band: int) -> TickTable:
        """
        The European Union's table (Delegated Regulation 2017/588, annex): liquidity band 1 (fewer than 10 trades a day) to 6 (9,000 and more).
        """

    def tick_at(self, price: str | int | float | decimal.Decimal) -> float: ...

    def allows(self, price: str | int | float | decimal.Decimal) -> bool: ...

    @property
    def rows(self) -> list[tuple[float, float]]:
        """(from price, tick size), ascending."""

    def __repr__(self) -> str: ...

def book_words(what: str) -> list[str]:
    """The words behind the codes of the array interface."""

class MatchingEngine:
    """See walras.book.MatchingEngine."""

    @overload
    def __init__(self, other: MatchingEngine) -> None: ...

    @overload
    def __init__(self, tick_size: TickTable | str | int | float | decimal.Decimal | Sequence[tuple[str | int | float | decimal.Decimal, str | int | float | decimal.Decimal]] = '0.01', lot_size: str | int | float | decimal.Decimal = '1', *, self_trade: str = 'cancel_newest', price_may_be_negative: bool = False, phase: str = 'continuous', auction_rule: str = 'max_volume', static_band: str | int | float | decimal.Decimal | None = None, dynamic_band: str | int | float | decimal.Decimal | None = None, band_action: str = 'reject', min_display: str | int | float | decimal.Decimal | None = None, window_ticks: int = 4096, expected_orders: int = 1024) -> None: ...

    def pre_open(self) -> None:
        """
        The next day begins: orders are collected. From closed. Raises OrderError elsewhere.
        """

    def open_auction(self, kind: str = 'opening') -> list[MatchEvent]:
        """
        A call begins: "opening", "closing" or "volatility". Orders for it that wait join the queues. From pre_open, continuous or halted.
        """

    def uncross(self) -> list[MatchEvent]:
        """
        The call ends: all fills at one price, then what becomes of market and auction-only orders that are left. The market is continuous afterwards, or closed after a closing auction.
        """

    def halt(self) -> None:
        """Only cancels are taken until resume() or open_auction()."""

    def resume(self) -> None:
        """Back to the phase before the halt."""

    def close(self) -> None:
        """Only cancels are taken until pre_open()."""

    @property
    def phase(self) -> str:
        """pre_open, auction, continuous, halted or closed."""

    @property
    def auction(self) -> str | None:
        """The kind of the auction that is on, or None."""

    def indicative(self) -> Indicative:
        """Price and volume if the call ended now."""

    def set_reference_price(self, price: str | int | float | decimal.Decimal) -> None:
        """
        The static reference, e.g. yesterday's close: of static bands, and of auctions before the first trade.
        """

    @property
    def reference_price(self) -> float | None:
        """The price of the last auction, or what set_reference_price said."""

    def price_range(self) -> tuple[float, float] | None:
        """
        The lowest and highest price that the bands allow now; None where none binds.
        """

    def submit(self, *, side: str, type: str = 'limit', quantity: str | int | float | decimal.Decimal, price: str | int | float | decimal.Decimal | None = None, tif: str = 'gtc', owner: int = 0, order: int | None = None, post_only: bool = False, reduce_only: bool = False, trigger: str | int | float | decimal.Decimal | None = None, trailing_offset: str | int | float | decimal.Decimal | None = None, limit_offset: str | int | float | decimal.Decimal | None = None, expire_time: int | str | datetime.datetime | None = None, display: str | int | float | decimal.Decimal | None = None) -> list[MatchEvent]:
        """
        Sends an order; returns what happened, in order: accepted or rejected first.

        Raises OrderError for numbers off the grid (naming the nearest valid ones), ConfigError for unknown words.
        """

    def cancel(self, order: int) -> list[MatchEvent]:
        """canceled, or cancel_rejected where no such order works."""

    def replace(self, order: int, *, quantity: str | int | float | decimal.Decimal | None = None, price: str | int | float | decimal.Decimal | None = None, trigger: str | int | float | decimal.Decimal | None = None, display: str | int | float | decimal.Decimal | None = None) -> list[MatchEvent]:
        """
        Changes a working order; `quantity` is the new total. Keeps its priority if only the quantity falls. An iceberg's new `display` is for its next part.
        """

    def advance_to(self, time: int | str | datetime.datetime) -> list[MatchEvent]:
        """
        Moves the clock (int: ns UTC); GTD orders expire. Time never goes back.
        """

    def end_of_session(self) -> list[MatchEvent]:
        """DAY, at-the-open and at-the-close orders expire."""

    def set_position(self, owner: int, quantity: str | int | float | decimal.Decimal) -> list[MatchEvent]:
        """
        What an owner holds from outside (long is positive); fills keep it up to date from then on.
        """

    def position(self, owner: int) -> int | float: ...

    def top(self) -> BookTop:
        """Best bid and ask."""

    def levels(self, side: str, levels: int = 10) -> list[tuple[float, int | float, int]]:
        """(price, quantity, orders) of one side, best first."""

    def order(self, order: int) -> BookOrder | None:
        """A working order, or None."""

    def orders(self) -> list[int]:
        """Ids of all working orders, in order of arrival."""

    def queue_ahead(self, order: int) -> int | float | None:
        """Quantity that trades before a resting order does, at its price."""

    @property
    def last_price(self) -> float | None: ...

    @property
    def tick_size(self) -> float: ...

    @property
    def lot_size(self) -> float: ...

    @property
    def grid(self) -> tuple[int, int]:
        """Tick and lot size in units of 1e-9."""

    def apply_rows(self, commands: object) -> bytes:
        """See walras.book.MatchingEngine.apply."""

    def __len__(self) -> int: ...

class Book:
    """
    An order book as a feed tells it. Prices in currency, quantities in units. What needs a side that is empty is nan.
    """

    @property
    def instrument(self) -> str: ...

    @property
    def state(self) -> str:
        """
        "valid", "resyncing" (something is missing), "unverifiable" (no snapshot to begin with) or "halted" (nothing trades).
        """

    @property
    def is_valid(self) -> bool: ...

    @property
    def is_crossed(self) -> bool: ...

    @property
    def is_by_order(self) -> bool: ...

    @property
    def sequence(self) -> int:
        """The feed's last number."""

    @property
    def ts(self) -> int:
        """ns UTC, the exchange's."""

    @property
    def faults(self) -> int:
        """Messages that contradicted the book."""

    @property
    def bid(self) -> float | None: ...

    @property
    def ask(self) -> float | None: ...

    @property
    def bid_size(self) -> float: ...

    @property
    def ask_size(self) -> float: ...

    @property
    def mid(self) -> float: ...

    @property
    def microprice(self) -> float:
        """(bid ask_size + ask bid_size) / (bid_size + ask_size)"""

    @property
    def spread_ticks(self) -> int: ...

    @property
    def spread_bps(self) -> float: ...

    def imbalance(self, levels: int = 1) -> float:
        """
        (bids - asks) / (bids + asks) over the best levels of each side, -1 to 1.
        """

    def depth(self, levels: int = 10) -> walras._depth.Depth:
        """
        bids and asks, best first, each level (price, quantity, orders); orders is 0 in books by price.
        """

    def level_count(self, side: str) -> int: ...

    def depth_within(self, side: str, fraction: float) -> float:
        """Units of a side within this fraction of the mid: 0.001 = 0.1 %."""

    def cost_to_trade(self, side: str, quantity: float) -> dict[str, float]:
        """
        What a market order of this side would meet: filled, average, worst, slippage_bps against the mid.
        """

    def quantity_at(self, side: str, price: float) -> float: ...

    def queue_ahead(self, order: int) -> float | None:
        """
        By order: units that trade before this order of the feed; None for unknown ones.
        """

    @property
    def order_count(self) -> int: ...

    def __repr__(self) -> str: ...

class OrderFlowImbalance:
    """
    What the changes of the best quotes add to demand less supply, in units (Cont, Kukanov and Stoikov 2014). Call update after each packet.
    """

    def __init__(self) -> None: ...

    def update(self, book: Book) -> float:
        """
        The packet's own contribution; 0 for the first one and while a side is empty.
        """

    @property
    def value(self) -> float:
        """The sum since the last reset."""

    def reset(self) -> None: ...

class LiveBook(Book):
    """The book of a run; valid inside the callbacks."""

class OwnBook(Book):
    """A book that is built by hand. Made by wl.book.L2Book and L3Book."""

    def __init__(self, tick_size: str, lot_size: str, name: str, window_ticks: int) -> None: ...

    def set_level(self, side: str, price: float, quantity: float) -> None: ...

    def add_order(self, order: int, side: str, price: float, quantity: float) -> None: ...

    def update_order(self, order: int, side: str, price: float, quantity: float) -> None: ...

    def reduce_order(self, order: int, quantity: float) -> None: ...

    def fill_order(self, order: int, quantity: float) -> None: ...

    def remove_order(self, order: int) -> None: ...

    def clear(self) -> None:
        """Both sides are empty, and that is known: the book is valid."""

    def replay(self, ticks: TickReader, symbol: str | None = None, until: int = 9223372036854775807) -> int: ...

def sim_kinds() -> list:
    """Every kind of agent: rule, parameters, defaults."""

def register_sim_kind(group: dict, title: str, rule: str, parameters: list, make: object) -> None:
    """A kind of agent that is written in Python."""

class SimMarket:
    """A simulated market. Use it through walras.sim.Market."""

    def __init__(self, config: dict, threads: int) -> None: ...

    def step(self, ticks: int, progress: object | None = None) -> int: ...

    def column(self, name: str) -> object:
        """
        A view by symbol: last, mid, fair, sentiment, volume, bid_ticks, ask_ticks (-2^63: none), tick_size, bid_lots, ask_lots, total_volume.
        """

    def bid_ask(self, symbol: object) -> tuple: ...

    def feature_rows(self, names: Sequence[str], missing: str | None) -> object: ...

    def depth(self, symbol: object, is_buy: bool, levels: int) -> list: ...

    def tape(self, symbol: object) -> dict: ...

    def candles(self, symbol: object) -> dict: ...

    def positions(self, symbol: object) -> Annotated[NDArray[numpy.int64], dict(shape=(None,))]: ...

    def cash(self) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    def equity(self) -> object: ...

    def starting_equity(self) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    def on_orders(self, f: object) -> None: ...

    def on_trades(self, f: object) -> None: ...

    def on_tick(self, f: object) -> None: ...

    def unhook(self, f: object) -> bool: ...

    def groups(self) -> list: ...

    def news(self) -> list: ...

    def counts(self) -> dict: ...

    def totals(self) -> dict: ...

    def messages(self) -> dict:
        """Of the clock of events, by kind; empty with the clock of ticks."""

    def config(self) -> dict: ...

    def fees(self) -> float: ...

    def save(self) -> bytes: ...

    def load(self, saved: bytes) -> None: ...

    @property
    def tick(self) -> int: ...

    @property
    def now(self) -> int: ...

    @property
    def agents(self) -> int: ...

    @property
    def threads(self) -> int: ...

    @property
    def signature(self) -> str: ...

def sim_preset(name: str) -> dict:
    """The configuration of a preset."""

def check_sim_config(config: dict) -> None:
    """Raises ConfigError where no market can have this configuration."""

def sim_presets() -> dict:
    """Names of presets, and what they are."""

class MetricOptions:
    def __init__(self, *, periods_per_year: float, risk_free: float = 0.0, required: float = 0.0, threshold: float = 0.0, cutoff: float = 0.05) -> None: ...

def stats_definitions() -> list:
    """(key, title, group, unit, formula) of each statistic, in order."""

def stats_metrics() -> list:
    """(key, what it needs, whether it uses periods_per_year) of each metric."""

def stats_measure(returns: Annotated[NDArray[numpy.float64], dict(shape=(None, None), device='cpu', writable=False)], benchmark: Annotated[NDArray[numpy.float64], dict(shape=(None, None), device='cpu', writable=False)], times: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], keys: Sequence[str], options: MetricOptions, threads: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]: ...

def stats_summarize(equity: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], times: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], benchmark: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], benchmark_start: int, starting_equity: float, periods_per_year: float, risk_free: float) -> list: ...

def stats_bootstrap(returns: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], benchmark: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], metric: str, options: MetricOptions, kind: str, samples: int, block_length: float, confidence: float, seed: int, threads: int) -> dict: ...

def stats_block_length(returns: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], kind: str) -> float: ...

def stats_drawdowns(curve: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], start: float, count: int) -> tuple: ...

def stats_period_returns(curve: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], times: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], start: float, period: str) -> tuple: ...

def stats_periods_per_year(times: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> float: ...

def stats_trades(net: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], returns: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], days: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> dict: ...

class MarketRecorder:
    """Records a market. Use it through walras.sim.Market.record."""

    def __init__(self, market: SimMarket, path: str, name: str, created: str, version: str, config: str, flush_ticks: int, portfolio_ticks: int, book_ticks: int, levels: int, candles: Sequence[int]) -> None: ...

    def finish(self, state: str, summary: str) -> None: ...

    def flush(self) -> None: ...

    @property
    def is_recording(self) -> bool: ...

    @property
    def run(self) -> int: ...

class RunRecorder:
    """Records a run row by row. Use it through walras.store."""

    def __init__(self, path: str, kind: str, name: str, created: str, version: str, config: str, seed: int | None, start: int, symbols: Sequence[tuple[str, str, int, int]]) -> None: ...

    def add_trades(self, ts: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], symbol: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], price: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], quantity: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], buyer: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], seller: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], side: Annotated[NDArray[numpy.int8], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None: ...

    def add_candles(self, timeframe: str, symbol: int, opens_at: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], closes_at: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], prices: Annotated[NDArray[numpy.int64], dict(shape=(None, None), order='C', device='cpu', writable=False)], volume: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None:
        """prices: (rows, 4): open, high, low, close in the symbol's units."""

    def add_portfolio(self, tick: int, ts: int, actor: int, group: str, cash: float, equity: float, positions: Sequence[tuple[int, float]]) -> None: ...

    def flush(self) -> None: ...

    def finish(self, state: str, signature: str, summary: str) -> None: ...

    @property
    def run(self) -> int: ...

class RecordedTrades:
    """The trades of a recorded run, in pieces."""

    def __init__(self, path: str, run: int, symbol: int | None, first_tick: int, last_tick: int) -> None: ...

    def read(self, rows: int) -> dict[str, numpy.typing.NDArray] | None:
        """Columns of at least so many trades, None where nothing is left."""
