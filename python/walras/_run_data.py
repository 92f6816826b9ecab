"""What a run is made of: series, instruments and corporate actions as the core takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np

from walras import _core
from walras._run_settings import DAY, to_ns
from walras._tick_source import TickSource
from walras.errors import ConfigError
from walras.instrument import Instrument, Number, split_name


@dataclass(frozen=True, slots=True, kw_only=True)
class CorporateAction:
    """A split ("split", `ratio` new shares for one), dividend ("dividend", `amount` a share), rename ("rename", to
    `successor`) or delisting ("delisting", at the price `amount`)."""

    instrument: str
    ts: datetime | date | int
    kind: Literal["split", "dividend", "rename", "delisting"]
    ratio: tuple[int, int] = (1, 1)
    amount: Number = 0
    successor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Daily settlement prices of a future: times in ns UTC and prices, shape (time,)."""

    instrument: str
    ts: Sequence[int]
    price: Sequence[float]


def split_data(data: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """The series of bars, of quotes, and the ticks in whatever was given."""
    from walras.data import Bars, Quotes, TickFiles, Ticks, bars_from_frame, read_bars

    bars: list[Any] = []
    quotes: list[Any] = []
    ticks: list[Any] = []
    for item in data if isinstance(data, list | tuple) else [data]:
        if isinstance(item, Bars):
            bars.extend(item.series)
        elif isinstance(item, Quotes):
            quotes.append(item)
        elif isinstance(item, Ticks | TickFiles):
            ticks.append(TickSource(item))
        elif hasattr(item, "columns") and not {"open", "close"} <= {str(c).lower() for c in item.columns}:
            bars.extend(bars_from_frame(item).series)
        else:
            bars.extend(read_bars(item).series)
    return bars, quotes, ticks


def universe(
    bars: list[Any], quotes: list[Any], ticks: list[Any], given: Iterable[Instrument], currency: str
) -> tuple[_core.Universe, dict[str, int], dict[str, Instrument]]:
    """Every instrument of the data, described by the user or as a plain share with one unit a lot."""
    for item in given:
        if not isinstance(item, Instrument):
            raise ConfigError(f"instruments= holds {item!r}; give wl.Instrument(name=...).")
    described = {i.name: i for i in given}
    universe = _core.Universe()
    index: dict[str, int] = {}
    grids = {symbol: source for source in ticks for symbol in source.symbols}
    for name in dict.fromkeys([*(b.instrument for b in bars), *(q.instrument for q in quotes), *grids]):
        instrument = described.pop(name, None) or described.pop(split_name(name)[0], None)
        if instrument is None and name in grids:  # a feed knows the symbol alone
            full = next((n for n in described if isinstance(n, str) and split_name(n)[0] == name), None)
            instrument = None if full is None else described.pop(full)
        if instrument is None:
            instrument = Instrument(name=name, currency=currency, **_grid(grids.get(name), name))
        elif name in grids and Decimal(str(instrument.lot_size)) != Decimal(grids[name].lot_size):
            raise ConfigError(
                f"{name}: the instrument has lots of {instrument.lot_size} and its ticks were read in lots of "
                f"{grids[name].lot_size}; read them with lot_size={str(instrument.lot_size)!r}."
            )
        index[name] = instrument.add_to(universe)
    for name, instrument in described.items():  # without data: successors of renames, legs of conversions
        index[name] = instrument.add_to(universe)
    return universe, index, {name: i for name, i in ((n, _find(given, n)) for n in index) if i is not None}


def _grid(ticks: TickSource | None, symbol: str) -> dict[str, Any]:
    """Lot and tick size as the ticks have them."""
    return {} if ticks is None else {"lot_size": ticks.lot_size, "tick_size": ticks.tick_size(symbol)}


def _find(given: Iterable[Instrument], name: str) -> Instrument | None:
    return next((i for i in given if i.name in (name, split_name(name)[0])), None)


def check_described(
    described: Mapping[str, Instrument],
    bars: list[Any],
    quotes: list[Any],
    ticks: list[Any],
    actions: Iterable[CorporateAction],
    settlements: Iterable[Settlement],
) -> None:
    """An instrument that nothing prices is a misspelt one; its lot and tick sizes would apply to nothing."""
    data = [*(b.instrument for b in bars), *(q.instrument for q in quotes), *(s for t in ticks for s in t.symbols)]
    known = {
        *data,
        *(s for s in described if split_name(s)[0] in data),
        *(a.successor for a in actions),
        *(a.instrument for a in actions),
    }
    known |= {s.instrument for s in settlements}
    for name, instrument in described.items():
        is_late = any(t.may_have_more for t in ticks)
        if name not in known and instrument.kind != "currency_pair" and not is_late:
            raise ConfigError(f'instruments= describes "{name}", which has no data; the data has: {", ".join(data)}.')


def bar_series(bars: Any, index: Mapping[str, int]) -> _core.BarSeries:
    """Fixed-point rows of these columns; kept beside them, so that the next run finds them ready."""
    instrument = index[bars.instrument]
    known: tuple[int, _core.BarSeries] | None = _SERIES.get(bars)
    if known is not None and known[0] == instrument:
        return known[1]
    series = _new_bar_series(bars, instrument)
    _SERIES[bars] = (instrument, series)
    return series


_SERIES: WeakKeyDictionary[Any, tuple[int, _core.BarSeries]] = WeakKeyDictionary()


def _new_bar_series(bars: Any, instrument: int) -> _core.BarSeries:
    return _core.BarSeries(
        instrument,
        open_time=bars.ts_open,
        close_time=bars.ts_close,
        open=bars.open,
        high=bars.high,
        low=bars.low,
        close=bars.close,
        volume=bars.volume,
        closes_only=bars.closes_only,
        source=bars.source,
    )


def quote_series(quotes: Any, index: Mapping[str, int], described: Mapping[str, Instrument]) -> _core.QuoteSeries:
    instrument = described.get(quotes.instrument)
    lot = _core.parse_fixed(str(instrument.lot_size)) if instrument else 1_000_000_000
    return _core.QuoteSeries(
        index[quotes.instrument],
        time=quotes.ts,
        bid=quotes.bid,
        ask=quotes.ask,
        bid_size=np.nan_to_num(quotes.bid_size),  # the core's word for an unknown size is 0
        ask_size=np.nan_to_num(quotes.ask_size),
        lot_size=lot,
        may_be_crossed=quotes.may_be_crossed,
        source=quotes.source,
    )


def mark_series(settlement: Settlement, index: Mapping[str, int]) -> _core.MarkSeries:
    return _core.MarkSeries(
        _require(index, settlement.instrument),
        time=np.ascontiguousarray(settlement.ts, dtype=np.int64),
        price=np.ascontiguousarray(settlement.price, dtype=np.float64),
    )


def action_series(
    actions: Iterable[CorporateAction], index: Mapping[str, int], universe: _core.Universe
) -> list[_core.ActionSeries]:
    kinds = ("split", "dividend", "rename", "delisting")
    rows: dict[int, list[tuple[int, ...]]] = {}
    for action in actions:
        instrument = _require(index, action.instrument)
        successor = _require(index, action.successor) if action.successor else 0
        if action.kind not in kinds:
            raise ConfigError(f"corporate action {action.kind!r} is unknown; choose one of: {', '.join(kinds)}.")
        ts = to_ns(action.ts)
        assert ts is not None
        amount = _core.parse_fixed(str(action.amount))
        currency = universe.currency_of(instrument)
        row = (ts, kinds.index(action.kind), amount, *action.ratio, successor, currency)
        rows.setdefault(instrument, []).append(row)
    return [_core.ActionSeries(i, sorted(r)) for i, r in rows.items()]


def _require(index: Mapping[str, int], name: str) -> int:
    if name not in index:
        raise ConfigError(f'instrument "{name}" is not part of this run; it has: {", ".join(index)}.')
    return index[name]


def tick_stream(ticks: list[TickSource]) -> _core.TickReader | None:
    """All sources as one stream, in the order in which they reached us."""
    if not ticks:
        return None
    readers = [source.reader() for source in ticks]
    return readers[0] if len(readers) == 1 else _core.merge_tick_readers(readers)


def session_closes(calendar: str | None, bars: list[Any], quotes: list[Any], ticks: list[Any]) -> list[int]:
    if calendar is None:
        return []
    from walras.data import session_hours

    spans = [(b.ts_close[0], b.ts_close[-1]) for b in bars] + [(q.ts[0], q.ts[-1]) for q in quotes]
    spans += [t.span for t in ticks if t.span is not None]
    if not spans:
        raise ConfigError(f"calendar = {calendar!r} needs to know when the data end; read the ticks with read_ticks.")
    first, last = int(min(s[0] for s in spans)), int(max(s[1] for s in spans))
    return [int(close) for close in session_hours(calendar, first // DAY - 1, last // DAY + 7)[2]]
