"""The levels of a book, both sides."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Level: TypeAlias = tuple[float, int | float, int]


class Depth(NamedTuple):
    """Both sides, best first: (price, quantity, orders)."""

    bids: list[Level]
    asks: list[Level]
