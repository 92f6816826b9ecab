"""Ticks: what a feed said, in the order in which it reached us."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from walras.data import _check
from walras.data._bars import instant
from walras.data._errors import DataError
from walras.data._tick_records import BOOK_DELTA, QUOTE, TRADE, TickArray, as_bytes, as_records, facts
from walras.data._ticks import Quotes, Trades

if TYPE_CHECKING:
    import polars as pl

_AGGRESSOR = np.array([0, 1, -1], dtype=np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """Book deltas, quotes and trades of one or several instruments, ordered by `ts_init`: when they reached us.

    `records`: a structured array, 64 bytes a tick, read-only: kind, flags, instrument (an index into `symbols`),
    ts_event and ts_init (ns UTC), sequence, and the payload: price, size, order, action, side of a delta; bid, ask,
    bid_size, ask_size of a quote; price, size, trade, aggressor of a trade. Prices are integers of 1e-9, sizes lots of
    `lot_size` (units of 1e-9).

    Example:
        >>> import walras as wl
        >>> ticks = wl.data.Ticks.from_columns("BTCUSDT", ts_init=[1, 2], kind="trade", price=[100.5, 100.6],
        ...                                    size=[0.5, 0.25], side=["buy", "sell"], lot_size="0.001")
        >>> ticks
        <Ticks BTCUSDT: 2 trades, 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000002Z>
        >>> ticks.trades().aggressor.tolist()
        [1, -1]
    """

    records: TickArray
    symbols: tuple[str, ...]
    lot_size: int = 1_000_000_000
    tz: str = "UTC"
    source: str = "columns"

    def __post_init__(self) -> None:
        # aligned for C++ once, so that no run copies them
        object.__setattr__(self, "records", as_records(as_bytes(self.records)))
        self.records.flags.writeable = False

    @classmethod
    def from_columns(cls, symbol: str | Sequence[str], **columns: Any) -> Ticks:
        """Arrays to checked ticks: `ts_init` (and `ts_event`, the same where absent) in ns UTC, `kind` ("book_delta",
        "quote", "trade"), and the columns of `frame()` that the kinds need; words or one word for all. Sizes must be
        whole lots of `lot_size` ("1"). Raises DataError at the first row that breaks a rule.
        """
        from walras.data._tick_frames import from_columns

        return from_columns(symbol, **columns)

    @classmethod
    def from_frame(cls, frame: Any, *, lot_size: str | int = "1") -> Ticks:
        """The reverse of `frame()`: a polars or pandas frame with those columns."""
        from walras.data._tick_frames import from_frame

        return from_frame(frame, lot_size=lot_size)

    def __len__(self) -> int:
        return int(self.records.size)

    def __repr__(self) -> str:
        names = ", ".join(self.symbols[:4]) + (f", ... ({len(self.symbols)})" if len(self.symbols) > 4 else "")
        if not len(self):
            return f"<Ticks {names}: empty>"
        words = {"quote": "quotes", "trade": "trades", "book_delta": "book deltas"}
        counts = ", ".join(f"{n:,} {words[k]}" for k, n in facts(self.records).items() if n)
        return f"<Ticks {names}: {counts}, {_check.iso(self.ts_init[0])} to {_check.iso(self.ts_init[-1])}>"

    @property
    def ts_event(self) -> NDArray[np.int64]:
        """When it happened at the exchange, ns UTC."""
        return self.records["ts_event"]

    @property
    def ts_init(self) -> NDArray[np.int64]:
        """When it reached us, ns UTC; never decreases."""
        return self.records["ts_init"]

    @property
    def lot(self) -> float:
        """Units in one lot."""
        return self.lot_size / 1e9

    def between(self, start: object = None, end: object = None) -> Ticks:
        """Ticks with start <= ts_init < end; a view."""
        first = 0 if start is None else int(np.searchsorted(self.ts_init, instant(start, self.tz)))
        last = len(self) if end is None else int(np.searchsorted(self.ts_init, instant(end, self.tz)))
        return replace(self, records=self.records[first : max(first, last)])

    def only(self, *symbols: str) -> Ticks:
        """The ticks of these symbols; "BAC" stands for all of "BAC@N", "BAC@P", ..."""
        chosen = [s for s in self.symbols if s in symbols or s.partition("@")[0] in symbols]
        for name in symbols:
            if not any(name in (s, s.partition("@")[0]) for s in chosen):
                known = ", ".join(self.symbols[:8])
                raise DataError(f"{self.source}: there is no symbol {name!r}; there are {known}")
        if len(chosen) == len(self.symbols):
            return self
        place = np.full(len(self.symbols), -1, dtype=np.int64)
        for i, name in enumerate(chosen):
            place[self.symbols.index(name)] = i
        rows = self.records[place[self.records["instrument"]] >= 0]
        rows["instrument"] = place[rows["instrument"]]
        return replace(self, records=rows, symbols=tuple(chosen))

    def book_deltas(self) -> TickArray:
        """The records that change books."""
        return _frozen(self.records[self.records["kind"] == BOOK_DELTA])

    def trades(self, symbol: str | None = None) -> Trades:
        """The trades of one symbol, at the times at which they reached us."""
        one = self._one(symbol)
        rows = one.records[one.records["kind"] == TRADE]
        return Trades.from_columns(
            symbol or one.symbols[0].partition("@")[0],
            rows["ts_init"].copy(),
            rows["price"] / 1e9,
            rows["size"] * self.lot,
            _AGGRESSOR[rows["aggressor"]],
            rows["trade"].astype(np.int64),
            tz=self.tz,
            source=self.source,
        )

    def quotes(self, symbol: str | None = None) -> Quotes:
        """The quotes of one symbol, at the times at which they reached us. A side that is not there is 0."""
        one = self._one(symbol)
        rows = one.records[one.records["kind"] == QUOTE]
        one_sided = len(one.symbols) > 1 or bool(((rows["bid"] <= 0) | (rows["ask"] <= rows["bid"])).any())
        return Quotes.from_columns(
            symbol or one.symbols[0].partition("@")[0],
            rows["ts_init"].copy(),
            rows["bid"] / 1e9,
            rows["ask"] / 1e9,
            rows["bid_size"] * self.lot,
            rows["ask_size"] * self.lot,
            tz=self.tz,
            crossed=one_sided,
            source=self.source,
        )

    def _one(self, symbol: str | None) -> Ticks:
        if symbol is not None:
            return self.only(symbol)
        bases = {s.partition("@")[0] for s in self.symbols}
        if len(bases) > 1:
            raise DataError(
                f"{self.source}: there are {len(bases)} symbols, {', '.join(sorted(bases)[:4])} ...; name one of them"
            )
        return self

    def frame(self) -> pl.DataFrame:
        """A polars frame: ts_event, ts_init (UTC), symbol, kind, action, side, price, size, order, bid, bid_size, ask,
        ask_size, trade_id, sequence, flags. Words for numbers, prices and sizes as doubles; null where a kind has no
        such column. The `side` of a trade is the side that took.
        """
        from walras.data._tick_frames import to_frame

        return to_frame(self)

    @property
    def data_hash(self) -> str:
        """SHA-256 of symbols, lots and records."""
        digest = hashlib.sha256(b"walras-ticks-1")
        digest.update(f"{self.lot_size}\0{len(self)}\0{chr(0).join(self.symbols)}\0".encode())
        digest.update(as_bytes(self.records).data)
        return digest.hexdigest()


def _frozen(rows: TickArray) -> TickArray:
    rows.flags.writeable = False
    return rows


def join(parts: Iterable[Ticks]) -> Ticks:
    """Several as one, by time of receipt; equal symbols are one. Lots become the smallest."""
    parts = list(parts)
    symbols = tuple(dict.fromkeys(s for p in parts for s in p.symbols))
    sizes = {p.lot_size for p in parts}
    if len(sizes) > 1:
        raise DataError(f"lot sizes differ: {sorted(sizes)} units of 1e-9; read the files with one lot_size")
    rows = []
    for part in parts:
        place = np.array([symbols.index(s) for s in part.symbols], dtype=np.uint32)
        own = as_records(as_bytes(part.records).copy())
        if own.size:
            own["instrument"] = place[own["instrument"]]
        rows.append(own)
    # As bytes: of records whose payloads share their place NumPy would make longer ones.
    every = as_records(np.concatenate([as_bytes(own) for own in rows]))
    if (np.diff(every["ts_init"]) < 0).any():
        every = every[np.argsort(every["ts_init"], kind="stable")]
    return replace(parts[0], records=every, symbols=symbols, source=", ".join(dict.fromkeys(p.source for p in parts)))
