"""Several venues of one instrument: the national best bid and offer, one book over all, and what crosses between them.

Reached as `wl.book.nbbo`, `wl.book.ConsolidatedBook` and `wl.book.opportunities`; see docs/concepts/bars.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from walras import _core
from walras.data import Quotes
from walras.data._times import parse_step
from walras.errors import ConfigError

_WHOLE = 1_000_000_000


def _age(max_age: str | int | None) -> int | None:
    return None if max_age is None else parse_step(max_age)


def _columns(quotes: Quotes, size: float | None = None) -> tuple[NDArray[Any], ...]:
    """What the core reads; unknown sizes become `size` where that is given."""
    sizes = [quotes.bid_size, quotes.ask_size]
    if size is not None:
        sizes = [np.where(np.isnan(s), size, s) for s in sizes]
    return (quotes.ts, quotes.bid, quotes.ask, *sizes)


def _lot(*columns: NDArray[np.float64]) -> int:
    """The largest power of ten that all known sizes are multiples of."""
    return min((_core.lot_of(np.nan_to_num(c, nan=0.0)) for c in columns), default=_WHOLE)


def _one_stream(
    quotes: Quotes | Mapping[str, Quotes], venues: Sequence[str] | ArrayLike | None
) -> tuple[Quotes, tuple[str, ...], NDArray[np.uint8]]:
    """Rows of all venues in order of time, the venues' names, and whose each row is."""
    if isinstance(quotes, Quotes):
        if venues is None:
            raise ConfigError("Whose quotes these are is not known; give venues=, a name for each row.")
        names, codes = np.unique(np.asarray(venues).astype(str), return_inverse=True)
        if codes.size != len(quotes):
            raise ConfigError(f"There are {codes.size} venues and {len(quotes)} quotes; give a name for each row.")
        told = tuple(str(n) for n in names)
        merged = quotes
    else:
        if venues is not None:
            raise ConfigError("Quotes by venue have their names already; leave venues= out.")
        if not quotes:
            raise ConfigError("There are no venues; give the quotes of one at least.")
        parts = list(quotes.values())
        told = tuple(quotes)
        ts = np.concatenate([q.ts for q in parts])
        codes = np.concatenate([np.full(len(q), i) for i, q in enumerate(parts)])
        order = np.argsort(ts, kind="stable")
        fields = (np.concatenate([getattr(q, n) for q in parts])[order] for n in ("bid", "ask", "bid_size", "ask_size"))
        merged = Quotes.from_columns(parts[0].instrument, ts[order], *fields, tz=parts[0].tz, crossed=True)
        codes = codes[order]
    if len(told) > 64:
        raise ConfigError(f"There are {len(told)} venues; an NBBO is of 64 at most.")
    return merged, told, codes.astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Nbbo:
    """The national best bid and offer. Arrays have a row for each change, from the first with both sides on.

    `bid_venues`, `ask_venues`: uint64, bit v is set where `venues[v]` is at the best price. `counts`: rows read, how
    often it began to be locked (bid = ask) and crossed (bid > ask), how long it was (ns), sides that became too old.
    """

    quotes: Quotes
    venues: tuple[str, ...]
    bid_venues: NDArray[np.uint64]
    ask_venues: NDArray[np.uint64]
    counts: dict[str, int]

    def at_best(self, side: Literal["bid", "ask"], row: int) -> list[str]:
        """The venues at the best bid or ask in this row."""
        bits = int((self.bid_venues if side == "bid" else self.ask_venues)[row])
        return [name for v, name in enumerate(self.venues) if bits >> v & 1]

    @classmethod
    def of(
        cls,
        quotes: Quotes | Mapping[str, Quotes],
        venues: Sequence[str] | ArrayLike | None = None,
        *,
        rows: Literal["exchange", "nation"] = "exchange",
        one_sided: bool | None = None,
        max_age: str | int | None = None,
    ) -> Nbbo:
        """The arguments are those of `nbbo`."""
        if rows not in {"exchange", "nation"}:
            raise ConfigError(f"rows is {rows!r}; it must be 'exchange' or 'nation'.")
        merged, names, codes = _one_stream(quotes, venues)
        lot = _lot(merged.bid_size, merged.ask_size)
        # A file with rows of one side only says so by being read with crossed=True and having zeros.
        halves = isinstance(quotes, Quotes) and quotes.may_be_crossed if one_sided is None else one_sided
        found = _core.nbbo_columns(
            _columns(merged),
            codes,
            venues=len(names),
            national=rows == "nation",
            one_sided=halves,
            max_age=_age(max_age),
            lot_size=lot,
        )
        made = Quotes.from_columns(
            merged.instrument,
            found["ts"],
            found["bid"],
            found["ask"],
            found["bid_size"],
            found["ask_size"],
            tz=merged.tz,
            crossed=True,
            source=f"NBBO of {merged.source}",
        )
        return cls(made, names, found["bid_venues"], found["ask_venues"], found["counts"])


def nbbo(
    quotes: Quotes | Mapping[str, Quotes],
    venues: Sequence[str] | ArrayLike | None = None,
    *,
    rows: Literal["exchange", "nation"] = "exchange",
    one_sided: bool | None = None,
    max_age: str | int | None = None,
) -> Quotes:
    """The national best bid and offer: the best over several exchanges, sizes added up; a row for each change.

    `quotes`: those of each exchange by name, or rows of all with `venues`, a name for each row. `rows="nation"`: each
    row is already the nation's best of its side (LEAN's equity ticks are). `one_sided`: a price of 0 says nothing about
    its side; default: as the rows were read (`crossed=True`). `max_age` ("1s"): an exchange that has been silent about
    a side for longer is left out. The result may be locked or crossed; `Nbbo.of` also says who is at the best and how
    often that was so.

    >>> import walras as wl
    >>> def quotes(ts, bid, ask):
    ...     return wl.data.Quotes.from_columns("X", ts, bid, ask, [100] * len(ts), [100] * len(ts))
    >>> best = wl.book.nbbo({"Q": quotes([1, 3], [10.0, 10.1], [10.3, 10.3]), "P": quotes([2], [10.1], [10.2])})
    >>> best.bid, best.ask, best.bid_size
    (array([10. , 10.1, 10.1]), array([10.3, 10.2, 10.2]), array([100., 100., 200.]))
    """
    return Nbbo.of(quotes, venues, rows=rows, one_sided=one_sided, max_age=max_age).quotes


class VenueLevel(NamedTuple):
    """A price, what all venues have there, and what each has."""

    price: float
    size: float
    venues: dict[str, float]


class ConsolidatedBook:
    """One book over several venues: levels merged by price, with each venue's share.

    `venues`: their names. `tick_size`, `lot_size`: of all of them; prices and sizes off them raise DataError. A venue's
    book comes as quotes (its best prices are then all that it has) or level by level.

    >>> import walras as wl
    >>> book = wl.book.ConsolidatedBook(["A", "B"], tick_size="0.01")
    >>> book.update("A", bid=10.00, ask=10.02, bid_size=100, ask_size=100)
    >>> book.update("B", bid=10.00, ask=10.01, bid_size=50, ask_size=30)
    >>> book.bids()[0]
    VenueLevel(price=10.0, size=150.0, venues={'A': 100.0, 'B': 50.0})
    >>> book.best_venue("sell"), book.is_crossed
    ('B', False)
    """

    __slots__ = ("_book", "_index", "venues")

    def __init__(
        self,
        venues: Sequence[str],
        *,
        tick_size: str | float = "0.01",
        lot_size: str | float = "1",
        window_ticks: int = 4096,
    ) -> None:
        self.venues = tuple(venues)
        self._index = {name: i for i, name in enumerate(self.venues)}
        if len(self._index) != len(self.venues):
            raise ConfigError(f"A venue comes twice in {', '.join(self.venues)}; give each its own name.")
        self._book = _core.ConsolidatedBook(len(self.venues), tick_size, lot_size, window_ticks)

    def _of(self, venue: str) -> int:
        if venue not in self._index:
            raise ConfigError(f"There is no venue {venue!r}; there are {', '.join(self.venues)}.")
        return self._index[venue]

    def update(self, venue: str, *, bid: float, ask: float, bid_size: float, ask_size: float) -> None:
        """The venue's best prices become its whole book; 0 = that side is empty."""
        self._book.apply_quote(self._of(venue), bid, ask, bid_size, ask_size)

    def set_level(self, venue: str, side: Literal["buy", "sell"], price: float, size: float) -> None:
        """The size of one level of a venue; 0 removes it."""
        self._book.apply_level(self._of(venue), side, price, size)

    def clear(self, venue: str) -> None:
        """The venue's book is empty."""
        self._book.clear_venue(self._of(venue))

    def bids(self, levels: int = 10) -> list[VenueLevel]:
        """The best levels of all venues, best first."""
        return self._levels("buy", levels)

    def asks(self, levels: int = 10) -> list[VenueLevel]:
        """The best levels of all venues, best first."""
        return self._levels("sell", levels)

    def _levels(self, side: str, levels: int) -> list[VenueLevel]:
        return [
            VenueLevel(price, size, {n: s for n, s in zip(self.venues, sizes, strict=True) if s > 0})
            for price, size, sizes in self._book.levels(side, levels)
        ]

    def best_venue(self, side: Literal["buy", "sell"]) -> str | None:
        """Who has most at the best bid ("buy") or ask ("sell")."""
        found = self._book.best_venue(side)
        return None if found is None else self.venues[found]

    @property
    def is_crossed(self) -> bool:
        """True where the best bid of all is at or above the best ask of all."""
        return self._book.is_crossed


def opportunities(
    quotes: Mapping[str, Quotes] | Sequence[Quotes],
    *,
    fees_bps: float | Sequence[float] = 0.0,
    max_age: str | int | None = None,
) -> pl.DataFrame:
    """The times in which one venue's bid is above another's ask: a row each, in order of their ends.

    `fees_bps`: of the notional, for each trade; one for all venues or one each. `max_age` ("5s"): a quote that is older
    counts as gone. The market is judged after all quotes of one stamp.

    Columns: start, end (UTC), duration_ns, buy_venue, sell_venue, buy_price, sell_price, size, edge, profit as it
    began; fees and net_profit of that; widest_* the same at its greatest edge; is_open: it lasted at the end. Sizes are
    1 where the quotes have none, so that profits are per unit.

    >>> import polars as pl
    >>> import walras as wl
    >>> a = wl.data.Quotes.from_columns("X", [1, 5], [10.0, 10.0], [10.1, 10.1])
    >>> b = wl.data.Quotes.from_columns("X", [2, 4], [10.2, 10.0], [10.3, 10.1])
    >>> found = wl.book.opportunities({"A": a, "B": b}, fees_bps=10)
    >>> found.select("buy_venue", "sell_venue", "duration_ns", "edge", pl.col("net_profit").round(9)).row(0)
    ('A', 'B', 2, 0.1, 0.0797)
    """
    named = dict(quotes) if isinstance(quotes, Mapping) else {str(i): q for i, q in enumerate(quotes)}
    names = list(named)
    rates = np.asarray(fees_bps, dtype=np.float64)
    if rates.ndim > 1 or (rates.ndim == 1 and rates.size != len(names)) or not bool(np.all(rates >= 0)):
        raise ConfigError(
            f"fees_bps is {fees_bps!r}; give one number from 0 on, or one for each of {len(names)} venues."
        )
    rates = np.broadcast_to(rates, (len(names),)) / 1e4
    lot = _lot(*(s for q in named.values() for s in (q.bid_size, q.ask_size)))
    found = _core.find_opportunities([_columns(q, 1.0) for q in named.values()], max_age=_age(max_age), lot_size=lot)
    buy, sell = found["buy_venue"], found["sell_venue"]
    columns: dict[str, Any] = {
        "start": pl.Series(found["start"]).cast(pl.Datetime("ns", "UTC")),
        "end": pl.Series(found["end"]).cast(pl.Datetime("ns", "UTC")),
        "duration_ns": found["end"] - found["start"],
        "buy_venue": [names[i] for i in buy],
        "sell_venue": [names[i] for i in sell],
    }
    for prefix, prices in (("", ("buy_price", "sell_price")), ("widest_", ("widest_buy", "widest_sell"))):
        bought, sold, size = found[prices[0]], found[prices[1]], found[f"{prefix}size"]
        edge = found[f"{prefix}edge"]
        fees = (bought * rates[buy] + sold * rates[sell]) * size
        columns |= {
            f"{prefix}buy_price": bought,
            f"{prefix}sell_price": sold,
            f"{prefix}size": size,
            f"{prefix}edge": edge,
            f"{prefix}profit": edge * size,
            f"{prefix}fees": fees,
            f"{prefix}net_profit": edge * size - fees,
        }
    columns["widest_time"] = pl.Series(found["widest_time"]).cast(pl.Datetime("ns", "UTC"))
    columns["is_open"] = found["is_open"].astype(np.bool_)
    return pl.DataFrame(columns, schema_overrides={"buy_venue": pl.String, "sell_venue": pl.String})


def opportunity_summary(found: pl.DataFrame) -> pl.DataFrame:
    """One row a direction: how many, for how long, and what they were worth as they began, before and after fees.

    `profitable` counts those with a net profit; `net_profit` is the sum of these alone, for nobody takes the others.
    """
    net = pl.col("net_profit")
    return (
        found.group_by("buy_venue", "sell_venue", maintain_order=True)
        .agg(
            count=pl.len(),
            profitable=(net > 0).sum(),
            total_ns=pl.col("duration_ns").sum(),
            median_ns=pl.col("duration_ns").median(),
            profit=pl.col("profit").sum(),
            net_profit=net.filter(net > 0).sum(),
            widest_edge=pl.col("widest_edge").max(),
        )
        .sort("buy_venue", "sell_venue")
    )
