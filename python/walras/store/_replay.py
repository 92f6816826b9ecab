"""A recorded run walked through again, tick by tick, with the face of the market that it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from walras._depth import Depth
from walras.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walras.store._recording import Recording


class Replay:
    """Tick by tick through a recording: what was traded, last prices, the books and the news of the time.

    It has the names of `wl.sim.Market` for what a recording knows: `step`, `tick`, `now`, `symbols`, `prices`,
    `trades`, `candles`, `depth`, `news`, `on_trades`, `on_tick`.

    >>> import tempfile, walras as wl
    >>> path = tempfile.mkdtemp() + "/run.db"
    >>> market = wl.sim.Market.preset("light-rl", seed=1)
    >>> with market.record(path):
    ...     market.step(200)
    200
    >>> replay = wl.store.open(path).replay()
    >>> replay.step(200), bool((replay.prices == market.prices).all())
    (200, True)
    """

    def __init__(self, run: Recording) -> None:
        info = run.info
        self.run = run
        self.symbols = run.symbols
        self.ticks = int(info["ticks"])
        ((first, self._start, self._end),) = run._rows("SELECT first_tick, first_ts, last_ts FROM runs WHERE run = ?1")
        self.tick = self._first = first - 1
        """Ticks so far, as the market counted them: a recording may begin in mid-run."""
        self.prices: NDArray[np.float64] = np.full(len(self.symbols), np.nan)
        """Last prices, shape (symbols,); before the first trade those of the configuration, NaN where it has none."""
        for i, symbol in enumerate(run.config.get("symbols", [])[: len(self.symbols)]):
            self.prices[i] = float(symbol.get("initial_price", np.nan))
        self._pieces = run.trade_pieces(rows=200_000)
        self._left: pl.DataFrame | None = None
        self._codes: NDArray[np.int64] = np.empty(0, np.int64)
        self._piece_ticks: NDArray[np.int64] = np.empty(0, np.int64)
        self._at = 0
        self._now: dict[str, Any] = {}
        self._on_trades: list[Callable[[str, dict[str, Any]], None]] = []
        self._on_tick: list[Callable[[int], None]] = []
        self._candles = run.candles().sort("ts_close")
        self._books = {name: run._rows(
            "SELECT tick, bids, asks FROM books WHERE run = ?1 AND symbol = ?2 ORDER BY tick", i
        ) for i, name in enumerate(self.symbols)}  # fmt: skip
        self._news = run.news()

    @property
    def now(self) -> int:
        """The time of the tick, ns UTC."""
        length = (self._end - self._start) // max(self.ticks, 1)
        return int(self._start + length * (self.tick - self._first))

    def on_trades(self, f: Callable[[str, dict[str, Any]], None]) -> Callable[[str, dict[str, Any]], None]:
        """Call `f(symbol, columns)` with the trades of each tick."""
        self._on_trades.append(f)
        return f

    def on_tick(self, f: Callable[[int], None]) -> Callable[[int], None]:
        """Call `f(tick)` at the end of each tick."""
        self._on_tick.append(f)
        return f

    def step(self, ticks: int = 1) -> int:
        """Go on by so many ticks; returns how many there were."""
        if ticks < 0:
            raise ConfigError(f"ticks = {ticks} must not be negative")
        done = 0
        for _ in range(min(ticks, self._first + self.ticks - self.tick)):
            self.tick += 1
            done += 1
            self._take()
            for f in self._on_tick:
                f(self.tick)
        return done

    def trades(self, symbol: str) -> dict[str, NDArray[Any]]:
        """Those of this tick: price, quantity, buyer, seller, side."""
        self.run._index(symbol)
        found = self._now.get(symbol)
        empty: dict[str, NDArray[Any]] = {
            name: np.empty(0) for name in ("price", "quantity", "buyer", "seller", "side")
        }
        return found if found is not None else empty

    def candles(self, symbol: str, timeframe: str | None = None) -> pl.DataFrame:
        """Those that are complete by now."""
        self.run._index(symbol)
        known = self._candles.filter(
            (pl.col("symbol") == symbol) & (pl.col("ts_close") <= pl.lit(self.now).cast(pl.Datetime("ns", "UTC")))
        )
        return known if timeframe is None else known.filter(pl.col("timeframe") == timeframe)

    def depth(self, symbol: str) -> Depth:
        """The last snapshot of its book."""
        index = self.run._index(symbol)
        past = [row for row in self._books[symbol] if row[0] <= self.tick]
        if not past:
            return Depth([], [])
        sides = [
            [(level["price"], level["quantity"], level["orders"]) for level in self.run._levels(index, text)]
            for text in past[-1][1:]
        ]
        return Depth(*sides)

    def news(self) -> list[dict[str, Any]]:
        """What broke and is not over."""
        active = self._news.filter((pl.col("tick") <= self.tick) & (pl.col("tick") + pl.col("duration") > self.tick))
        return active.to_dicts()

    # ---- inside

    def _take(self) -> None:
        self._now = {}
        for frame in self._of(self.tick):
            for (name,), part in frame.group_by(["symbol"], maintain_order=True):
                columns = {c: part[c].to_numpy() for c in ("price", "quantity", "buyer", "seller", "side")}
                symbol = str(name)
                if symbol in self._now:
                    columns = {c: np.concatenate([self._now[symbol][c], v]) for c, v in columns.items()}
                self._now[symbol] = columns
        for symbol, columns in self._now.items():
            self.prices[self.symbols.index(symbol)] = columns["price"][-1]
            for f in self._on_trades:
                f(symbol, columns)

    def _of(self, tick: int) -> Iterator[pl.DataFrame]:
        """The rows of a tick, which may lie in two pieces."""
        while True:
            if self._left is None:
                self._left = next(self._pieces, None)
                if self._left is None:
                    return
                self._piece_ticks = self._left["tick"].to_numpy()
                self._at = 0
            end = int(np.searchsorted(self._piece_ticks, tick, side="right"))
            if end > self._at:
                yield self._left[self._at : end]
                self._at = end
            if end < len(self._piece_ticks):
                return
            self._left = None
