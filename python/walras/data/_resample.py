"""Bars to ticks and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from walras.data._bars import BarColumns, Bars, FloatArray, IntArray
from walras.data._errors import DataError
from walras.data._ticks import Quotes, Trades
from walras.data._times import parse_step


def bars_to_quotes(
    bars: Bars, offsets_ms: Sequence[int] = (-300, -200, -100, 0), *, spread: float = 0.0, size: float = float("nan")
) -> Quotes:
    """Each bar as four quotes, its open, high, low and close, at these milliseconds from its close.

    bid = price - spread / 2, ask = price + spread / 2. One instrument, with bars longer than the
    offsets reach.
    """
    if len(offsets_ms) != 4 or list(offsets_ms) != sorted(offsets_ms):
        raise DataError(
            f"offsets_ms is {tuple(offsets_ms)}; give four increasing milliseconds, for open, high, low and close"
        )
    offsets = np.array(offsets_ms, dtype=np.int64) * 1_000_000
    ts = (bars.ts_close[:, None] + offsets).ravel()
    price = np.column_stack([bars.open, bars.high, bars.low, bars.close]).ravel()
    if np.any(np.diff(ts) < 0):
        raise DataError("the offsets reach back into the bar before; choose smaller ones")
    sizes = np.full(ts.size, size)
    return Quotes.from_columns(
        bars.instrument, ts, price - spread / 2, price + spread / 2, sizes, sizes, tz=bars.tz, source=bars.source
    )


def quotes_to_bars(quotes: Quotes, step: str | int, *, price: str = "mid") -> Bars:
    """Bars of the mid, bid or ask, aligned to multiples of `step` since 1970 UTC.

    A bar covers (open, close]: the tick at the very stamp of the close belongs to the bar that it closes. Intervals
    without a tick have no bar. Volume is unknown (NaN).
    """
    columns = {"mid": (quotes.bid + quotes.ask) / 2, "bid": quotes.bid, "ask": quotes.ask}
    if price not in columns:
        raise DataError(f"price is {price!r}; it must be 'mid', 'bid' or 'ask'")
    return _ticks_to_bars(quotes.instrument, quotes.ts, columns[price], None, step, quotes.tz, quotes.source)


def trades_to_bars(trades: Trades, step: str | int) -> Bars:
    """Bars of trade prices with their volume; the rules are those of `quotes_to_bars`."""
    return _ticks_to_bars(trades.instrument, trades.ts, trades.price, trades.size, step, trades.tz, trades.source)


def resample(bars: Bars, step: str | int) -> Bars:
    """Longer bars from shorter ones, aligned to multiples of `step` since 1970 UTC; a bar belongs where it closes."""
    length = _length(step)
    out: list[BarColumns] = []
    for s in bars.series:
        if s.step is not None and length % s.step:
            raise DataError(f"the step {step} is not a multiple of the bars' own; choose one that is")
        closes, starts = _groups(s.ts_close, length)
        out.extend(
            Bars.from_columns(
                s.instrument,
                closes,
                s.open[starts],
                np.maximum.reduceat(s.high, starts),
                np.minimum.reduceat(s.low, starts),
                s.close[np.append(starts[1:], len(s)) - 1],
                np.add.reduceat(s.volume, starts),
                step=length,
                tz=s.tz,
                closes_only=s.closes_only,
                nonpositive=True,
                source=s.source,
            ).series
        )
    return Bars(out)


def _length(step: str | int) -> int:
    length = parse_step(step)
    if length is None:
        raise DataError("step is None; give the length of a bar, for example '1m'")
    return length


def _groups(ts: IntArray, length: int) -> tuple[IntArray, NDArray[np.intp]]:
    """Each group's close, and the row where it starts."""
    close = -np.floor_divide(-ts, length) * length  # rounded up
    starts = np.flatnonzero(np.diff(close, prepend=close[:1] - 1))
    return close[starts], starts


def _ticks_to_bars(
    instrument: str, ts: IntArray, price: FloatArray, size: FloatArray | None, step: str | int, tz: str, source: str
) -> Bars:
    length = _length(step)
    closes, starts = _groups(ts, length)
    return Bars.from_columns(
        instrument,
        closes,
        price[starts],
        np.maximum.reduceat(price, starts),
        np.minimum.reduceat(price, starts),
        price[np.append(starts[1:], ts.size) - 1],
        np.add.reduceat(size, starts) if size is not None else None,
        step=length,
        tz=tz,
        nonpositive=True,
        source=source,
    )
