"""The 64-byte record of a tick as NumPy sees it, and the words for its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

TickArray = NDArray[np.void]

BAR, QUOTE, TRADE, BOOK_DELTA = 1, 2, 3, 4
KINDS = {QUOTE: "quote", TRADE: "trade", BOOK_DELTA: "book_delta"}
ACTIONS = ("add", "update", "remove", "clear", "reduce", "fill", "fill_notice", "state")
STATES = ("valid", "resyncing", "unverifiable", "halted")
SNAPSHOT, LAST = 2, 4  # flags

# One record, three payloads: book deltas have price, size, order, action, side; quotes bid, ask, bid_size, ask_size;
# trades price, size, trade, aggressor (0 none, 1 the buyer took, 2 the seller took). Prices are 1e-9, sizes lots.
_FIELDS: dict[str, tuple[str, int]] = {
    "kind": ("u1", 0),
    "flags": ("u1", 1),
    "source": ("<u2", 2),
    "instrument": ("<u4", 4),
    "ts_event": ("<i8", 8),
    "ts_init": ("<i8", 16),
    "sequence": ("<u8", 24),
    "price": ("<i8", 32),
    "size": ("<i8", 40),
    "order": ("<u8", 48),
    "action": ("u1", 56),
    "side": ("u1", 57),
    "bid": ("<i8", 32),
    "ask": ("<i8", 40),
    "bid_size": ("<i8", 48),
    "ask_size": ("<i8", 56),
    "trade": ("<u8", 48),
    "aggressor": ("u1", 56),
}
TICK = np.dtype(
    {
        "names": list(_FIELDS),
        "formats": [f for f, _ in _FIELDS.values()],
        "offsets": [at for _, at in _FIELDS.values()],
        "itemsize": 64,
    }
)


def as_records(raw: NDArray[np.uint8]) -> TickArray:
    """uint8 of shape (n, 64) as records; the same memory."""
    out: TickArray = raw.reshape(-1).view(TICK)
    return out


def as_bytes(records: TickArray) -> NDArray[np.uint8]:
    """Records as uint8 of shape (n, 64), aligned for C++; the same memory where that is possible."""
    raw = np.ascontiguousarray(records).view(np.uint8).reshape(-1, 64)
    if raw.ctypes.data % 64:
        spare = np.empty(raw.size + 64, dtype=np.uint8)
        begin = -spare.ctypes.data % 64
        aligned = spare[begin : begin + raw.size].reshape(-1, 64)
        aligned[:] = raw
        return aligned
    return raw


def new_records(n: int) -> TickArray:
    """Zeroed, aligned records."""
    spare = np.zeros(n * 64 + 64, dtype=np.uint8)
    begin = -spare.ctypes.data % 64
    return as_records(spare[begin : begin + n * 64].reshape(-1, 64))


def facts(records: TickArray) -> dict[str, Any]:
    """Counts by kind, in words."""
    counts = np.bincount(records["kind"], minlength=5)
    return {word: int(counts[kind]) for kind, word in KINDS.items()}
