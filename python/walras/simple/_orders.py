"""Orders, trades and the position of a SimpleStrategy: small handles on what the engine keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walras.errors import OrderError

if TYPE_CHECKING:
    from walras._core import Order, OrderUpdate
    from walras.simple._strategy import SimpleStrategy


class SimpleOrder:
    """An order that was placed. `size` is negative for a sell, None while it is a share of equity."""

    __slots__ = ("_owner", "id", "is_long", "limit", "size", "sl", "stop", "tag", "tp")

    def __init__(self, owner: SimpleStrategy, id_: int, *, is_long: bool, size: float | None, **more: Any) -> None:
        self._owner, self.id, self.is_long = owner, id_, is_long
        self.size = size if size is None or is_long else -size
        self.limit, self.stop = more.get("limit"), more.get("stop")
        self.sl, self.tp, self.tag = more.get("sl"), more.get("tp"), more.get("tag")

    @property
    def is_short(self) -> bool:
        return not self.is_long

    def cancel(self) -> None:
        """Takes the order back, if it still rests."""
        if self._find() is not None:
            self._owner.context.cancel(self.id)

    @property
    def status(self) -> str:
        """As the engine says it: "accepted", "filled", "canceled", ..."""
        order = self._owner.context.order(self.id)
        return "initialized" if order is None else order.status

    def _find(self) -> Order | None:
        return next((o for o in self._owner.context.open_orders if o.id == self.id), None)

    def __repr__(self) -> str:
        return f"<SimpleOrder {self.id}: {'buy' if self.is_long else 'sell'} {self.size or 'a share of equity'}>"


class SimpleTrade:
    """What one entry still holds. `size` is negative for a short; bars are counted from the first of the data."""

    __slots__ = (
        "_owner",
        "_protection",
        "_wanted",
        "entry_bar",
        "entry_price",
        "exit_bar",
        "exit_price",
        "order",
        "size",
        "tag",
    )

    def __init__(self, owner: SimpleStrategy, order: int, size: float, price: float, bar: int, tag: Any) -> None:
        self._owner, self.order, self.size, self.entry_price, self.entry_bar = owner, order, size, price, bar
        self.exit_price: float | None = None
        self.exit_bar: int | None = None
        self.tag = tag
        self._protection: dict[str, int] = {}  # ids of orders that sl and tp placed afterwards
        self._wanted: dict[str, float] = {}  # prices that the engine has yet to confirm

    @property
    def is_long(self) -> bool:
        return self.size > 0

    @property
    def is_short(self) -> bool:
        return self.size < 0

    @property
    def pl(self) -> float:
        """Profit in currency, before fees: at the exit price, or at the last close."""
        return float(self.size * (self._price() - self.entry_price))

    @property
    def pl_pct(self) -> float:
        """Profit as a fraction of the entry price, before fees."""
        side = 1 if self.size > 0 else -1
        return float(side * (self._price() / self.entry_price - 1))

    @property
    def value(self) -> float:
        """Size times price, without a sign."""
        return float(abs(self.size) * self._price())

    def _price(self) -> float:
        return self._owner.data.Close[-1] if self.exit_price is None else self.exit_price

    def close(self, portion: float = 1.0) -> None:
        """An order at the market for this part of the trade; at least one unit."""
        if not 0 < portion <= 1:
            raise OrderError(f"the portion to close is {portion}; give a fraction above 0 and up to 1")
        self._owner.reduce(max(1.0, round(abs(self.size) * portion)), is_long=self.size > 0)

    @property
    def sl(self) -> float | None:
        """The price of the stop-loss, None where there is none. Setting it moves, places or (None) removes it."""
        found = self._protective("stop")
        return None if found is None else self._wanted.get("stop", found.stop)

    @sl.setter
    def sl(self, price: float | None) -> None:
        self._protect("stop", price)

    @property
    def tp(self) -> float | None:
        """The price of the take-profit; as `sl`."""
        found = self._protective("limit")
        return None if found is None else self._wanted.get("limit", found.limit)

    @tp.setter
    def tp(self, price: float | None) -> None:
        self._protect("limit", price)

    def _protective(self, kind: str) -> Order | None:
        mine = self._protection.get(kind)
        for order in self._owner.context.open_orders:
            if order.id == mine or (order.parent == self.order and order.type == kind):
                return order
        return None

    def _protect(self, kind: str, price: float | None) -> None:
        ctx = self._owner.context
        found = self._protective(kind)
        if price is None:
            self._wanted.pop(kind, None)
            if found is not None:
                ctx.cancel(found.id)
            return
        self._wanted[kind] = price
        if found is not None:
            if (found.stop if kind == "stop" else found.limit) != price:
                ctx.replace(found.id, **{kind: price})
        else:
            place = ctx.sell if self.size > 0 else ctx.buy
            more: Any = {kind: price}
            self._protection[kind] = place(self._owner.data.instrument, abs(self.size), reduce_only=True, **more)

    def __repr__(self) -> str:
        return f"<SimpleTrade {self.size:g} since bar {self.entry_bar} at {self.entry_price:g}, pl {self.pl:.2f}>"


class SimplePosition:
    """The position now. True while there is one."""

    __slots__ = ("_owner",)

    def __init__(self, owner: SimpleStrategy) -> None:
        self._owner = owner

    def __bool__(self) -> bool:
        return self._owner.size != 0

    @property
    def size(self) -> float:
        """Units, negative when short."""
        return self._owner.size

    @property
    def is_long(self) -> bool:
        return self._owner.size > 0

    @property
    def is_short(self) -> bool:
        return self._owner.size < 0

    @property
    def pl(self) -> float:
        """Unrealised profit in currency at the last close, before fees."""
        return float(self._owner.context.position(self._owner.data.instrument).unrealized)

    @property
    def pl_pct(self) -> float:
        """Unrealised profit as a fraction of what was paid, before fees."""
        position = self._owner.context.position(self._owner.data.instrument)
        paid = abs(position.quantity * (position.average_price or 0.0))
        return float(position.unrealized / paid) if paid else 0.0

    def close(self, portion: float = 1.0) -> None:
        """An order at the market for this part of the position; the protective orders go with it."""
        size = self._owner.size
        if size == 0:
            return
        if not 0 < portion <= 1:
            raise OrderError(f"the portion to close is {portion}; give a fraction above 0 and up to 1")
        if portion == 1:
            self._owner.context.close(self._owner.data.instrument)
        else:
            self._owner.reduce(max(1.0, round(abs(size) * portion)), is_long=size > 0)

    def __repr__(self) -> str:
        return f"<SimplePosition {self.size:g}, pl {self.pl:.2f}>" if self else "<SimplePosition flat>"


class Lots:
    """Trades from fills, first in, first out; a protective order closes the trade that it protects."""

    __slots__ = ("closed", "open", "size")

    def __init__(self) -> None:
        self.open: list[SimpleTrade] = []
        self.closed: list[SimpleTrade] = []
        self.size = 0.0

    def fill(self, owner: SimpleStrategy, update: OrderUpdate, bar: int) -> None:
        """One fill."""
        price = update.price
        assert price is not None
        signed = update.quantity if update.side == "buy" else -update.quantity
        self.size += signed
        left = signed
        parent = update.order.parent
        for trade in sorted(self.open, key=lambda t: t.order != parent) if parent else list(self.open):
            if not left or trade.size * left > 0:
                break
            part = min(abs(left), abs(trade.size))
            self._take(trade, part, price, bar)
            left -= part if left > 0 else -part
        if left:
            self.open.append(SimpleTrade(owner, update.id, left, price, bar, owner.tag_of(update.id)))

    def _take(self, trade: SimpleTrade, part: float, price: float, bar: int) -> None:
        if part < abs(trade.size):
            gone = SimpleTrade(trade._owner, trade.order, 0.0, trade.entry_price, trade.entry_bar, trade.tag)
            gone.size = part if trade.size > 0 else -part
            trade.size -= gone.size
        else:
            gone = trade
            self.open.remove(trade)
        gone.exit_price, gone.exit_bar = price, bar
        self.closed.append(gone)
