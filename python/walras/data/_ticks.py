"""Quotes and trades of one instrument: checked, read-only columns, times in nanoseconds UTC."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from walras.data import _check
from walras.data._bars import FloatArray, IntArray, _freeze, decimals_of, float_column, instant, int_column
from walras.data._errors import DataError

SideArray = NDArray[np.int8]


def _same_length(source: str, n: int, columns: dict[str, FloatArray]) -> None:
    if n == 0:
        raise DataError(f"{source}: there are no rows; give at least one")
    for name, column in columns.items():
        if column.size != n:
            raise DataError(
                f"{source}: the column {name!r} has {column.size} rows and ts has {n}; give columns of one length"
            )


def _unknown(n: int) -> FloatArray:
    return _freeze(np.full(n, np.nan))


@dataclass(frozen=True, slots=True, eq=False)
class Quotes:
    """Best bid and ask over time. Arrays of shape (time,): `ts` int64 ns UTC, prices in currency units, sizes in units
    of the instrument (NaN where unknown)."""

    instrument: str
    ts: IntArray
    bid: FloatArray
    ask: FloatArray
    bid_size: FloatArray
    ask_size: FloatArray
    tz: str = "UTC"
    source: str = "columns"
    may_be_crossed: bool = False  # rows of several venues, or of one side (the other is 0)

    @classmethod
    def from_columns(
        cls,
        instrument: str,
        ts: ArrayLike,
        bid: ArrayLike,
        ask: ArrayLike,
        bid_size: ArrayLike | None = None,
        ask_size: ArrayLike | None = None,
        *,
        tz: str = "UTC",
        crossed: bool = False,
        nonpositive: bool = False,
        source: str = "columns",
        first_line: int | None = None,
    ) -> Quotes:
        """Arrays of shape (time,) to checked quotes. Raises DataError at the first row that breaks a rule."""
        times = int_column(ts, "ts")
        n = times.size
        columns = {
            "bid": float_column(bid, "bid"),
            "ask": float_column(ask, "ask"),
            "bid_size": float_column(bid_size, "bid_size") if bid_size is not None else _unknown(n),
            "ask_size": float_column(ask_size, "ask_size") if ask_size is not None else _unknown(n),
        }
        _same_length(source, n, columns)
        problems = _check.quote_problems(times, **columns, one_sided=crossed, nonpositive_allowed=nonpositive)
        _check.raise_first([p for p in problems if not (crossed and p.name == "crossed quote")], source, first_line)
        return cls(instrument, times, **columns, tz=tz, source=source, may_be_crossed=crossed)

    def __len__(self) -> int:
        return int(self.ts.size)

    def __repr__(self) -> str:
        return f"<Quotes {self.instrument}: {len(self):,} rows, {_check.iso(self.ts[0])} to {_check.iso(self.ts[-1])}>"

    def between(self, start: object = None, end: object = None) -> Quotes:
        """Rows with start <= ts < end; views."""
        rows = _rows(self.ts, start, end, self.tz)
        return replace(
            self,
            ts=self.ts[rows],
            bid=self.bid[rows],
            ask=self.ask[rows],
            bid_size=self.bid_size[rows],
            ask_size=self.ask_size[rows],
        )

    def frame(self) -> pl.DataFrame:
        """A polars frame: ts (UTC), bid, ask, bid_size, ask_size."""
        return pl.DataFrame(
            {
                "ts": pl.Series(self.ts).cast(pl.Datetime("ns", "UTC")),
                "bid": self.bid,
                "ask": self.ask,
                "bid_size": self.bid_size,
                "ask_size": self.ask_size,
            }
        )

    @property
    def price_decimals(self) -> int:
        return decimals_of(self.bid, self.ask)

    @property
    def data_hash(self) -> str:
        return _hash(b"walras-quotes-1", self.instrument, self.ts, (self.bid, self.ask), (self.bid_size, self.ask_size))


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Trade prints over time. Arrays of shape (time,): `ts` int64 ns UTC, `price`, `size` in units of the instrument,
    `aggressor` int8: +1 the buyer took, -1 the seller took, 0 unknown; `trade_id` int64."""

    instrument: str
    ts: IntArray
    price: FloatArray
    size: FloatArray
    aggressor: SideArray
    trade_id: IntArray
    tz: str = "UTC"
    source: str = "columns"

    @classmethod
    def from_columns(
        cls,
        instrument: str,
        ts: ArrayLike,
        price: ArrayLike,
        size: ArrayLike,
        aggressor: ArrayLike | None = None,
        trade_id: ArrayLike | None = None,
        *,
        tz: str = "UTC",
        nonpositive: bool = False,
        source: str = "columns",
        first_line: int | None = None,
    ) -> Trades:
        """Arrays of shape (time,) to checked trades. Raises DataError at the first row that breaks a rule."""
        times = int_column(ts, "ts")
        n = times.size
        columns = {"price": float_column(price, "price"), "size": float_column(size, "size")}
        _same_length(source, n, columns)
        sides = np.zeros(n, dtype=np.int8) if aggressor is None else np.asarray(aggressor).astype(np.int8)
        ids = np.arange(1, n + 1, dtype=np.int64) if trade_id is None else np.asarray(trade_id).astype(np.int64)
        if sides.shape != (n,) or ids.shape != (n,):
            raise DataError(f"{source}: aggressor or trade_id have other than {n} rows; give columns of one length")
        _check.raise_first(_check.trade_problems(times, **columns, nonpositive_allowed=nonpositive), source, first_line)
        return cls(instrument, times, **columns, aggressor=_freeze(sides), trade_id=_freeze(ids), tz=tz, source=source)

    def __len__(self) -> int:
        return int(self.ts.size)

    def __repr__(self) -> str:
        return f"<Trades {self.instrument}: {len(self):,} rows, {_check.iso(self.ts[0])} to {_check.iso(self.ts[-1])}>"

    def take(self, rows: slice | NDArray[np.bool_]) -> Trades:
        """The rows of a slice (views) or of a mask (copies)."""
        return replace(
            self,
            ts=_freeze(self.ts[rows]),
            price=_freeze(self.price[rows]),
            size=_freeze(self.size[rows]),
            aggressor=_freeze(self.aggressor[rows]),
            trade_id=_freeze(self.trade_id[rows]),
        )

    def between(self, start: object = None, end: object = None) -> Trades:
        """Rows with start <= ts < end; views."""
        return self.take(_rows(self.ts, start, end, self.tz))

    def frame(self) -> pl.DataFrame:
        """A polars frame: ts (UTC), price, size, aggressor, trade_id."""
        return pl.DataFrame(
            {
                "ts": pl.Series(self.ts).cast(pl.Datetime("ns", "UTC")),
                "price": self.price,
                "size": self.size,
                "aggressor": self.aggressor,
                "trade_id": self.trade_id,
            }
        )

    @property
    def price_decimals(self) -> int:
        return decimals_of(self.price)

    @property
    def data_hash(self) -> str:
        return _hash(
            b"walras-trades-1", self.instrument, self.ts, (self.price,), (self.size, self.aggressor.astype(np.float64))
        )


def _rows(ts: IntArray, start: object, end: object, tz: str) -> slice:
    first = 0 if start is None else int(np.searchsorted(ts, instant(start, tz)))
    last = ts.size if end is None else int(np.searchsorted(ts, instant(end, tz)))
    return slice(first, max(first, last))


def _hash(
    kind: bytes, instrument: str, ts: IntArray, prices: tuple[FloatArray, ...], sizes: tuple[FloatArray, ...]
) -> str:
    digest = hashlib.sha256(kind)
    digest.update(f"{instrument}\0{ts.size}\0".encode())
    digest.update(ts.astype("<i8").tobytes())
    for price in prices:
        digest.update(np.rint(price * 1e9).astype("<i8").tobytes())
    for size in sizes:
        digest.update(np.where(np.isnan(size), -1.0, size).astype("<f8").tobytes())
    return digest.hexdigest()
