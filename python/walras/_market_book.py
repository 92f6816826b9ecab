"""Order books by hand and from files: by price (L2Book) and by order (L3Book)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from walras import _core
from walras._core import Book
from walras._depth import Depth

if TYPE_CHECKING:
    from walras.instrument import Number

__all__ = ["Book", "Depth", "L2Book", "L3Book"]


class _FileBook(_core.OwnBook):
    """What both kinds share: numbers as text or numbers, and the book that a file leaves."""

    def __init__(
        self, tick_size: Number = "0.01", lot_size: Number = 1, *, name: str = "", window_ticks: int = 1 << 14
    ) -> None:
        super().__init__(str(tick_size), str(lot_size), name, window_ticks)

    @classmethod
    def read(
        cls,
        source: Any,
        *,
        instrument: str | None = None,
        until: object = None,
        tick_size: Number | None = None,
        lot_size: Number | None = None,
        **options: Any,
    ) -> Self:
        """The book that a file of ticks (or `walras.data.Ticks`) leaves, at its end or after the last tick at `until`.

        `instrument`: which symbol, where there are several. `tick_size`: None takes the finest that the prices need.
        `options` go to `walras.data.stream_ticks`: format, date, symbols. Raises DataError.
        """
        from walras._tick_source import tick_source
        from walras.data._bars import instant

        more = {} if lot_size is None else {"lot_size": str(lot_size)}
        ticks = tick_source(source, **more, **options)
        name = instrument or (ticks.symbols[0] if ticks.symbols else "")
        book = cls(tick_size or ticks.tick_size(name), ticks.lot_size, name=name)
        last = (1 << 63) - 1 if until is None else instant(until, "UTC")
        book.replay(ticks.reader(), instrument, last)
        return book


class L2Book(_FileBook):
    """A book by price: each message says what a level holds now.

    >>> import walras as wl
    >>> book = wl.book.L2Book(tick_size="0.01")
    >>> book.set_level("buy", 99.99, 30)
    >>> book.set_level("sell", 100.01, 10)
    >>> book.mid, round(book.microprice, 4), book.imbalance()
    (100.0, 100.005, 0.5)
    """


class L3Book(_FileBook):
    """A book by order, with the queue at each price.

    >>> import walras as wl
    >>> book = wl.book.L3Book(tick_size="0.25", lot_size=1)
    >>> book.add_order(1, "buy", 4810.00, 5)
    >>> book.add_order(2, "buy", 4810.00, 3)
    >>> book.queue_ahead(2)
    5.0
    >>> book.fill_order(1, 2)
    >>> book.depth(1).bids
    [(4810.0, 6.0, 2)]
    """
