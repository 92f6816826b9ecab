"""Ticks in memory and files of ticks behind one face: what a run or a book reads them through."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from walras import _core
from walras.errors import DataError

HEAD = 200_000  # ticks of a file from which its symbols and its grid are guessed


@dataclass(frozen=True)
class TickSource:
    """`ticks`: `walras.data.Ticks`, or what `walras.data.stream_ticks` gives."""

    ticks: Any

    def reader(self) -> _core.TickReader:
        """A stream from the beginning; each run needs its own."""
        from walras.data import Ticks
        from walras.data._tick_records import as_bytes

        if isinstance(self.ticks, Ticks):
            return _core.memory_tick_reader(as_bytes(self.ticks.records), list(self.ticks.symbols), self.ticks.source)
        opened: _core.TickReader = self.ticks.open()
        return opened

    @cached_property
    def head(self) -> Any:
        """The records by which symbols and grid are known: all in memory, the first ones of a file."""
        from walras.data import Ticks
        from walras.data._tick_records import as_records

        if isinstance(self.ticks, Ticks):
            return self.ticks.records
        reader = self.reader()
        records = as_records(reader.read(HEAD, -(1 << 63), (1 << 63) - 1))
        self.__dict__["_seen"] = tuple(reader.symbols)
        return records

    @property
    def symbols(self) -> tuple[str, ...]:
        given: tuple[str, ...] = tuple(getattr(self.ticks, "symbols", ()) or ())
        if given:
            return given
        _ = self.head
        seen: tuple[str, ...] = self.__dict__.get("_seen", ())
        return seen

    @property
    def may_have_more(self) -> bool:
        """Later ticks may be of symbols that the head has not."""
        from walras.data import Ticks

        return not isinstance(self.ticks, Ticks) and self.head.size >= HEAD

    def check_not_empty(self) -> None:
        """Raise DataError where there is nothing to run on."""
        if self.head.size:
            return
        from dataclasses import replace

        from walras.data import Ticks

        if isinstance(self.ticks, Ticks):
            raise DataError(f"{self.ticks.source}: there are no ticks; give at least one")
        name = ", ".join(str(path) for path in self.ticks.paths)
        if self.ticks.symbols and (known := TickSource(replace(self.ticks, symbols=())).symbols):
            wanted = ", ".join(self.ticks.symbols)
            raise DataError(f"{name}: there are no ticks of {wanted}; there are some of {', '.join(known[:8])}")
        raise DataError(f"{name}: there are no ticks in it; fetch the file again, or choose another stretch of time")

    @property
    def lot_size(self) -> str:
        """Units in one lot, as text."""
        return format((Decimal(int(self.ticks.lot_size)) / 10**9).normalize(), "f")

    @property
    def data_hash(self) -> str:
        """Of the records in memory, or of the bytes of the files."""
        from walras.data import Ticks

        if isinstance(self.ticks, Ticks):
            return self.ticks.data_hash
        digest = hashlib.sha256()
        for path in self.ticks.paths:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last time, ns UTC, where they are known without reading a file to its end."""
        times = getattr(self.ticks, "ts_init", None)
        return None if times is None or not len(times) else (int(times[0]), int(times[-1]))

    def tick_size(self, symbol: str) -> str:
        """The finest grid on which all known prices of this symbol lie: 0.01 for 99.99 and 100.25."""
        from walras.data._tick_records import BOOK_DELTA, QUOTE, TRADE

        records = self.head
        if symbol in self.symbols and len(self.symbols) > 1:
            records = records[records["instrument"] == self.symbols.index(symbol)]
        prices = [records["price"][np.isin(records["kind"], (BOOK_DELTA, TRADE))]]
        quotes = records[records["kind"] == QUOTE]
        prices += [quotes["bid"], quotes["ask"]]
        raw = int(np.gcd.reduce(np.concatenate(prices))) if records.size else 0
        # A grid of 3 ticks is a chance of few prices: the next smaller power of ten, or 2.5 and 5 of it, is a rule.
        return format(Decimal(_grid_below(raw)) / 10**9, "f") if raw else "0.000000001"


def _grid_below(raw: int) -> int:
    """The largest of 1, 2, 2.5, 5 times a power of ten (in 1e-9) that divides `raw`."""
    power = 1
    best = 1
    while power <= raw:
        for tenths in (10, 20, 25, 50):
            step = power * tenths // 10
            if power * tenths % 10 == 0 and raw % step == 0:
                best = max(best, step)
        power *= 10
    return best


def tick_source(source: Any, **options: Any) -> TickSource:
    """Ticks as they are; a path as a stream of its file."""
    from walras.data import TickFiles, Ticks, stream_ticks

    if isinstance(source, Ticks | TickFiles):
        return TickSource(source)
    return TickSource(stream_ticks(source, **options))
