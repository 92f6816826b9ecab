"""The matching engine, alone: one instrument, price-time priority, exact integers inside.

>>> import walras as wl
>>> m = wl.book.MatchingEngine(tick_size="0.01", lot_size="1")
>>> m.submit(side="buy", type="limit", price="100.00", quantity=10)
[<accepted 1 10 @ 100>]
>>> m.submit(side="sell", type="market", quantity=4)
[<accepted 2 4>, <filled 2 x 1 4 @ 100>]
>>> m.depth(10).bids
[(100.0, 6, 1)]

What it guarantees is written in docs/concepts/book.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from walras import _core
from walras._core import BookOrder, BookTop, Indicative, MatchEvent, OrderFlowImbalance, TickTable
from walras._depth import Depth
from walras._market_book import Book, L2Book, L3Book
from walras._venues import ConsolidatedBook, Nbbo, VenueLevel, nbbo, opportunities, opportunity_summary
from walras.errors import ConfigError, OrderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from walras.instrument import Number


# Codes of the array interface are positions in these.
KINDS: tuple[str, ...] = ("submit", "cancel", "replace", "advance_to")
SIDES: tuple[str, ...] = tuple(_core.book_words("side"))
TYPES: tuple[str, ...] = tuple(_core.book_words("type"))
TIFS: tuple[str, ...] = tuple(_core.book_words("tif"))
STEPS: tuple[str, ...] = tuple(_core.book_words("step"))
REASONS: tuple[str, ...] = tuple(_core.book_words("reason"))

# One command. quantity in lots; price, trigger, trailing_offset and limit_offset in 1e-9 (trailing_offset in 1e-9 of a
# basis point where trailing_bps is set); expire_time in ns UTC, 0 for none, the new time of advance_to. order 0: the
# engine gives the next number. display in lots, 0 shows all.
COMMAND = np.dtype(
    [
        *(
            (name, "u1")
            for name in ("kind", "side", "type", "tif", "post_only", "reduce_only", "trailing_bps", "padding1")
        ),
        ("order", "u8"),
        ("owner", "u4"),
        ("padding2", "u4"),
        *(
            (name, "i8")
            for name in (
                "quantity",
                "price",
                "trigger",
                "trailing_offset",
                "limit_offset",
                "expire_time",
                "display",
            )
        ),
    ]
)

# One event, in the units of COMMAND; `step` and `reason` are positions in STEPS and REASONS.
EVENT = np.dtype(
    [
        *((name, "u8") for name in ("order", "maker", "trade")),
        *((name, "i8") for name in ("price", "quantity", "leaves", "maker_leaves", "ts")),
        *((name, "u4") for name in ("owner", "maker_owner")),
        *((name, "u1") for name in ("step", "reason", "side", "is_auction")),
        ("padding", "V4"),
    ]
)

__all__ = [
    "COMMAND",
    "EVENT",
    "KINDS",
    "REASONS",
    "SIDES",
    "STEPS",
    "TIFS",
    "TYPES",
    "Book",
    "BookOrder",
    "BookTop",
    "ConsolidatedBook",
    "Depth",
    "Indicative",
    "L2Book",
    "L3Book",
    "MatchEvent",
    "MatchingEngine",
    "Nbbo",
    "OrderFlowImbalance",
    "TickTable",
    "VenueLevel",
    "nbbo",
    "opportunities",
    "opportunity_summary",
]


class MatchingEngine(_core.MatchingEngine):
    """One instrument's market.

    `tick_size`, `lot_size`: prices and quantities must be multiples of them; text is exact, floats are taken to the
    nearest 1e-9; anything off the grid raises OrderError naming the nearest valid values. `self_trade`: what happens
    when an order would trade with one of its owner: "cancel_newest", "cancel_oldest", "cancel_both" or "none".
    `tick_size` may be a TickTable, or pairs (from price, tick size). `phase`: where the day begins. `auction_rule`:
    how call auctions are priced. `static_band`, `dynamic_band`: how far from the last auction's price and from the last
    trade a trade may print, such as "5%", "50bps" or "1.00"; `band_action`: "reject" what goes beyond, or start a
    volatility "auction". `min_display`: the least that an iceberg must show.
    `window_ticks`: price levels within about half of it behind the best price cost O(1). `expected_orders`: working at
    once before memory grows.

    `submit`, `cancel`, `replace`, `advance_to`, `end_of_session`, `set_position`, `open_auction` and `uncross` return
    the list of events that they cause. An engine belongs to one thread.

    >>> import walras as wl
    >>> m = wl.book.MatchingEngine(tick_size="0.01", lot_size="1")
    >>> events = m.submit(side="buy", type="limit", price="100.00", quantity=10, tif="gtc", owner=1)
    >>> m.replace(events[0].order, quantity=5)
    [<replaced 1 5 @ 100>]
    >>> m.cancel(events[0].order)[0].reason
    'user_request'

    A call auction collects orders and ends with one price:

    >>> m = wl.book.MatchingEngine(phase="pre_open")
    >>> m.open_auction("opening")
    []
    >>> for side, price in (("buy", 101), ("sell", 100)):
    ...     _ = m.submit(side=side, price=price, quantity=10)
    >>> m.indicative()
    <indicative 10 @ 100.5 surplus 0>
    >>> m.uncross()
    [<filled 1 x 2 10 @ 100.5>]
    >>> m.phase
    'continuous'
    """

    def __init__(
        self,
        tick_size: Number | TickTable | Sequence[tuple[Number, Number]] = "0.01",
        lot_size: Number = "1",
        *,
        self_trade: Literal["cancel_newest", "cancel_oldest", "cancel_both", "none"] = "cancel_newest",
        price_may_be_negative: bool = False,
        phase: Literal["pre_open", "continuous", "closed"] = "continuous",
        auction_rule: Literal["max_volume", "weighted_reference"] = "max_volume",
        static_band: Number | None = None,
        dynamic_band: Number | None = None,
        band_action: Literal["reject", "auction"] = "reject",
        min_display: Number | None = None,
        window_ticks: int = 4096,
        expected_orders: int = 1024,
    ) -> None:
        super().__init__(
            tick_size,
            lot_size,
            self_trade=self_trade,
            price_may_be_negative=price_may_be_negative,
            phase=phase,
            auction_rule=auction_rule,
            static_band=static_band,
            dynamic_band=dynamic_band,
            band_action=band_action,
            min_display=min_display,
            window_ticks=window_ticks,
            expected_orders=expected_orders,
        )

    def depth(self, levels: int = 10) -> Depth:
        """The best `levels` of each side."""
        return Depth(self.levels("buy", levels), self.levels("sell", levels))

    def copy(self) -> MatchingEngine:
        """A checkpoint: it goes on exactly as this one would."""
        twin = type(self).__new__(type(self))
        _core.MatchingEngine.__init__(twin, self)
        return twin

    def apply(self, commands: NDArray[np.void]) -> NDArray[np.void]:
        """Runs an array of COMMAND rows in order and returns the EVENT rows that they cause.

        The interpreter is free for other threads meanwhile. Raises ConfigError for another dtype, OrderError for an
        unknown code, before anything is applied. Off-grid numbers are rejected as events (off_tick).
        """
        rows = np.ascontiguousarray(commands)
        if rows.dtype != COMMAND:
            raise ConfigError(f"An array of {rows.dtype} is not one of commands; make it with dtype=wl.book.COMMAND.")
        return np.frombuffer(self.apply_rows(rows.view("u1").view("V80") if rows.size else rows), dtype=EVENT)

    def submit_many(
        self,
        *,
        side: str | Sequence[str] | ArrayLike,
        quantity: ArrayLike,
        price: ArrayLike | None = None,
        type: str | Sequence[str] = "limit",
        tif: str | Sequence[str] = "gtc",
        owner: ArrayLike = 0,
        order: ArrayLike = 0,
        post_only: ArrayLike = False,
        reduce_only: ArrayLike = False,
    ) -> NDArray[np.void]:
        """Submits a column of orders and returns their EVENT rows. Scalars are repeated; columns have one length.

        `side`, `type`, `tif`: words. `price`: floats in currency, `quantity` in units; off-grid values raise OrderError
        naming the first row, before anything is applied.

        >>> import walras as wl
        >>> m = wl.book.MatchingEngine()
        >>> events = m.submit_many(side=["buy", "sell"], price=[100.0, 100.0], quantity=[5, 3])
        >>> [wl.book.STEPS[step] for step in events["step"]]
        ['accepted', 'accepted', 'filled']
        """
        tick, lot = self.grid
        columns: dict[str, NDArray[Any]] = {
            "side": _codes("Side", side, SIDES),
            "type": _codes("Order type", type, TYPES),
            "tif": _codes("Time in force", tif, TIFS),
            "quantity": _steps("Quantity", quantity, lot, "lot size"),
            "price": _steps("Price", 0.0 if price is None else price, tick, "tick size") * tick,
            "owner": np.asarray(owner, dtype=np.uint32),
            "order": np.asarray(order, dtype=np.uint64),
            "post_only": np.asarray(post_only, dtype=np.uint8),
            "reduce_only": np.asarray(reduce_only, dtype=np.uint8),
        }
        commands = np.zeros(_length(columns), dtype=COMMAND)
        for name, column in columns.items():
            commands[name] = column
        return self.apply(commands)


def _length(columns: dict[str, NDArray[Any]]) -> int:
    """The rows that the columns have in common; scalars fit any number."""
    lengths = {name: len(column) for name, column in columns.items() if column.ndim == 1}
    for name, column in columns.items():
        if column.ndim > 1:
            raise ConfigError(f"{name} has {column.ndim} dimensions; give a scalar or one column.")
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ConfigError(f"The columns differ in length: {said}; give columns of one length, or scalars to repeat.")
    return next(iter(lengths.values()), 1)


def _codes(what: str, words: Any, known: tuple[str, ...]) -> NDArray[np.uint8]:
    values, inverse = np.unique(np.asarray(words), return_inverse=True)
    unknown = [str(v) for v in values if str(v) not in known]
    if unknown:
        raise ConfigError(f'{what} "{unknown[0]}" is unknown; choose one of: {", ".join(known)}.')
    codes = np.array([known.index(str(v)) for v in values], dtype=np.uint8)
    return codes[inverse].reshape(np.shape(words))


def _steps(what: str, values: ArrayLike, step: int, grid: str) -> NDArray[np.int64]:
    """Whole steps in `values`, by the house's rule: a float is its nearest 1e-9."""
    exact = np.asarray(values, dtype=np.float64) * 1e9
    usable = np.abs(exact) < 2.0**63
    if not np.all(usable):
        raise OrderError(f"Row {int(np.argmin(usable))}: {what.lower()} is not finite or beyond 9.2e9; correct it.")
    raw = np.rint(exact).astype(np.int64)
    off = np.flatnonzero(raw % step)
    if off.size:
        row = int(off[0])
        below = int(raw.flat[row]) // step * step
        value, low, high, size = (_core.format_fixed(x) for x in (int(raw.flat[row]), below, below + step, step))
        fact = f"Row {row}: {what.lower()} {value} is not a multiple of the {grid} {size}"
        raise OrderError(f"{fact}; the nearest are {low} and {high}.")
    return raw // step
