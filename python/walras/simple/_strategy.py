"""SimpleStrategy: `init` once, `next` at every bar, on the engine of walras.Strategy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from walras.errors import ConfigError, DataError, OrderError
from walras.simple._lines import Clock, Line, Prices
from walras.simple._orders import Lots, SimpleOrder, SimplePosition, SimpleTrade
from walras.strategy import Strategy

if TYPE_CHECKING:
    from walras._core import Bar, Context, OrderUpdate
    from walras.data import BarColumns

_PLAIN = {int: "int", float: "float", bool: "bool", str: "str"}


class SimpleStrategy(Strategy):
    """Derive from it, write `init` and `next`. One instrument; plain class attributes are the parameters.

    In `init`: `self.I(function, self.data.Close, ...)` declares indicators. In `next`: `self.data.Close[-1]`,
    indicators, `self.buy`, `self.sell`, `self.position`, `self.trades`, `self.equity`. `next` is called first at the
    second bar at which every indicator has a value, so that [-2] exists.

    Everything else of `walras.Strategy` works too; who overrides `on_start`, `on_bar` or `on_order` calls super().
    """

    exclusive_orders: ClassVar[bool] = False
    """Each order first cancels what rests and closes what is held."""

    data: Prices
    _bars: BarColumns | None
    _first_next: int

    # ---- to override -------------------------------------------------------------------------------------------

    def init(self) -> None:
        """Once, before the first bar: declare indicators."""

    def next(self) -> None:
        """A bar has closed: decide."""

    # ---- indicators --------------------------------------------------------------------------------------------

    def I(  # noqa: E743, N802 - the name that its users know
        self, function: Callable[..., Any], *args: Any, name: str | None = None, check: bool = True, **options: Any
    ) -> Any:
        """An indicator: `function(*args, **options)` gives one array as long as the data, or a tuple of arrays.

        Gives a Line, or a tuple of Lines, that show values up to now only. Arguments that are lines are handed over as
        arrays. The function must not look ahead: it is also computed on shorter data, and where a value differs
        ConfigError says so (`check=False` trusts it). `plot`, `overlay`, `color` and `scatter` are taken and not used.
        """
        for unused in ("plot", "overlay", "color", "scatter"):
            options.pop(unused, None)
        label = str(name or getattr(function, "__name__", type(function).__name__))
        self._indicators.append(indicator := _Indicator(label, function, args, options, self.data, self._clock))
        made = indicator.compute(check=check and self._bars is not None)
        if self._bars is not None:
            self._first_next = max(self._first_next, indicator.warm_up() + 1)
        return made

    # ---- orders ------------------------------------------------------------------------------------------------

    def buy(
        self,
        size: float | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        sl: float | None = None,
        tp: float | None = None,
        tag: str | None = None,
    ) -> SimpleOrder:
        """Buys. `size`: units, or a share of equity below 1, sized at the price of the fill; by default all of it.

        At the market it fills at the next open. `limit`, `stop`: prices of a limit, stop or stop-limit order. `sl`,
        `tp`: prices of a stop-loss and a take-profit that live as long as the trade.
        """
        return self._order(True, size, limit, stop, sl, tp, tag)

    def sell(
        self,
        size: float | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        sl: float | None = None,
        tp: float | None = None,
        tag: str | None = None,
    ) -> SimpleOrder:
        """Sells, going short where nothing is held. To leave a long position write `self.position.close()`."""
        return self._order(False, size, limit, stop, sl, tp, tag)

    def _order(
        self,
        is_long: bool,
        size: float | None,
        limit: float | None,
        stop: float | None,
        sl: float | None,
        tp: float | None,
        tag: str | None,
    ) -> SimpleOrder:
        ctx, instrument = self.context, self.data.instrument
        _check_size(size)
        self._check_protection(is_long, limit, stop, sl, tp)
        if self.exclusive_orders:
            ctx.cancel_all(instrument)
            ctx.close(instrument)
        amount: dict[str, Any] = {"quantity": size} if size is not None and size >= 1 else {"percent": size or 1.0}
        place = ctx.buy if is_long else ctx.sell
        given: dict[str, Any] = {"limit": limit, "stop": stop, "stop_loss": sl, "take_profit": tp}
        id_ = place(instrument, **amount, **{k: v for k, v in given.items() if v is not None}, tag=tag or "")
        if tag is not None:
            self._tags[id_] = tag
        units = amount.get("quantity")
        return SimpleOrder(self, id_, is_long=is_long, size=units, limit=limit, stop=stop, sl=sl, tp=tp, tag=tag)

    def _check_protection(
        self, is_long: bool, limit: float | None, stop: float | None, sl: float | None, tp: float | None
    ) -> None:
        if sl is None and tp is None:
            return
        near = next((p for p in (limit, stop) if p is not None), None) or self.data.Close[-1]
        low, high = (sl, tp) if is_long else (tp, sl)
        names = ("sl", "tp") if is_long else ("tp", "sl")
        if (low is not None and low >= near) or (high is not None and high <= near):
            raise OrderError(
                f"{'buy' if is_long else 'sell'} near {near:g} with {names[0]}={low} and {names[1]}={high}: "
                f"the order must be {names[0]} < price < {names[1]}"
            )

    def reduce(self, units: float, *, is_long: bool) -> None:
        """An order at the market against a long or short position."""
        place = self.context.sell if is_long else self.context.buy
        place(self.data.instrument, units, reduce_only=True)

    # ---- what is -----------------------------------------------------------------------------------------------

    @property
    def context(self) -> Context:
        """The context of walras.Strategy, for what is not here."""
        if self._ctx is None:
            raise OrderError("orders and positions live in next(); in init() there is no price yet")
        return self._ctx

    @property
    def position(self) -> SimplePosition:
        return self._position

    @property
    def size(self) -> float:
        """Units held, negative when short."""
        return self._lots.size

    @property
    def equity(self) -> float:
        """Cash and positions at the last close."""
        return self.context.equity

    @property
    def trades(self) -> tuple[SimpleTrade, ...]:
        """Open trades, the oldest first."""
        return tuple(self._lots.open)

    @property
    def closed_trades(self) -> tuple[SimpleTrade, ...]:
        return tuple(self._lots.closed)

    @property
    def orders(self) -> tuple[Any, ...]:
        """Orders that rest, protective ones too, as the engine shows them."""
        return tuple(self.context.open_orders)

    def tag_of(self, order: int) -> str | None:
        """The tag that an order was given."""
        return self._tags.get(order)

    # ---- below walras.Strategy ---------------------------------------------------------------------------------

    @classmethod
    def schema(cls) -> dict[str, str]:
        """As of Strategy; plain class attributes without an annotation are parameters too."""
        out = super().schema()
        for base in reversed(cls.__mro__):
            if base in (object, Strategy, SimpleStrategy):
                continue
            for name, value in vars(base).items():
                if not name.startswith("_") and type(value) in _PLAIN and name not in _OWN:
                    out.setdefault(name, _PLAIN[type(value)])
        return out

    _known: BarColumns | None = None

    def prepare(self, bars: list[BarColumns]) -> None:
        """Told by `walras.backtest.run` before it begins; a live or simulated market has nothing to tell."""
        if len(bars) != 1:
            raise ConfigError(
                f"{type(self).__name__} is a SimpleStrategy, for bars of one instrument, and the data has {len(bars)}; "
                "pick one, or derive from walras.Strategy"
            )
        self._known = bars[0]

    def on_start(self, ctx: Context) -> None:
        self._ctx: Context | None = None
        self._clock = Clock()
        self._lots = Lots()
        self._tags: dict[int, str] = {}
        self._position = SimplePosition(self)
        self._indicators: list[_Indicator] = []
        self._first_next = 1
        # What was told is told for one run.
        self._bars, self._known = self._known, None
        if self._bars is None:
            names = ctx.instruments
            if len(names) != 1:
                raise ConfigError(f"{type(self).__name__} is for one instrument, and there are {len(names)}")
            self.data = Prices(self._clock, None, names[0])
            return  # init() waits for the first bar
        self.data = Prices(self._clock, self._bars, self._bars.instrument, self._bars.tz)
        self._clock.n = len(self._bars)
        self.init()
        self._clock.n = 0

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        self._ctx = ctx
        clock = self._clock
        if self._bars is None:
            self._grow(bar)
            if clock.n < 2 or not all(i.is_ready() for i in self._indicators):
                return
        else:
            if clock.n == 0:  # a window may begin later
                clock.n = int(np.searchsorted(self._bars.ts_close, bar.ts))
            clock.n += 1
            if clock.n <= self._first_next:
                return
        self.next()

    def _grow(self, bar: Bar) -> None:
        """A bar that nobody knew before: indicators are computed anew."""
        self.data.append(bar)
        if self._clock.n == 1:
            self.init()
        for indicator in self._indicators:
            indicator.follow()

    def on_order(self, ctx: Context, update: OrderUpdate) -> None:
        if update.is_fill:
            self._ctx = ctx
            # A fill comes in the bar after those that are known, but for one at the close that was just seen.
            self._lots.fill(self, update, self._clock.n - (update.rule == "this_close"))


_OWN = frozenset({"exclusive_orders", "warm_up"})


def _check_size(size: float | None) -> None:
    if size is None:
        return
    if not (0 < size < 1 or (size >= 1 and float(size).is_integer())):
        raise OrderError(f"size is {size}; give whole units, or a share of equity above 0 and below 1")


class _Indicator:
    """A function of lines, with its lines."""

    def __init__(
        self, name: str, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any],
        data: Prices, clock: Clock,
    ) -> None:  # fmt: skip
        self.name, self.function, self.args, self.options = name, function, args, options
        self.data, self.clock = data, clock
        self.lines: list[Line] = []

    def _call(self) -> list[Any]:
        """The arrays for what is known now."""
        args = [np.asarray(a) if isinstance(a, Line) else a for a in self.args]
        options = {k: np.asarray(v) if isinstance(v, Line) else v for k, v in self.options.items()}
        made = self.function(*args, **options)
        several = isinstance(made, tuple | list) and len(made) > 0 and np.ndim(made[0]) == 1
        out = [np.asarray(m, dtype=np.float64) for m in made] if several else [np.asarray(made, dtype=np.float64)]
        self.is_tuple = several
        for array in out:
            if array.shape != (self.clock.n,):
                raise DataError(
                    f"the indicator {self.name!r} gives shape {array.shape} for {self.clock.n} bars; give one array or "
                    "a tuple of arrays, a value for each bar (NaN while there is none), from the arguments of self.I"
                )
        return out

    def compute(self, *, check: bool) -> Any:
        arrays = self._call()
        if check:
            self._refuse_look_ahead(arrays)
        self.lines = [Line(self.name, a, self.clock) for a in arrays]
        return tuple(self.lines) if self.is_tuple else self.lines[0]

    def _refuse_look_ahead(self, arrays: list[Any]) -> None:
        """Values at bar k must not change when the bars after k are cut off."""
        n = self.clock.n
        try:
            for k in sorted({n - 1, n - n // 3, n - 2 * n // 3} - {0, n}):
                self.clock.n = k
                for whole, part in zip(arrays, self._call(), strict=True):
                    if not np.allclose(part[-3:], whole[max(k - 3, 0) : k], rtol=1e-9, atol=1e-12, equal_nan=True):
                        raise ConfigError(
                            f"the indicator {self.name!r} looks ahead: at bar {k - 1} it is {whole[k - 1]!r}, and "
                            f"{part[-1]!r} when later bars are cut off; use past values only, or check=False"
                        )
        finally:
            self.clock.n = n

    def warm_up(self) -> int:
        """The first bar at which every line has a value."""
        first = 0
        for line in self.lines:
            has = ~np.isnan(line.values)
            if not has.any():
                raise DataError(
                    f"the indicator {self.name!r} has no value in {self.clock.n} bars; give more bars or a shorter "
                    "period"
                )
            first = max(first, int(np.argmax(has)))
        return first

    # ---- where nobody knows the bars before they close ---------------------------------------------------------

    def follow(self) -> None:
        """Computes the values anew with the bar that has just closed."""
        for line, array in zip(self.lines, self._call(), strict=True):
            line.follow(array)

    def is_ready(self) -> bool:
        """There is a value at the bar before this one."""
        return all(line[-2] == line[-2] for line in self.lines)
