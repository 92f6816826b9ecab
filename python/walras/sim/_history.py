"""What a market did while somebody looked: prices, books and volume by tick, profit by group."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from walras.errors import ConfigError, DataError
from walras.sim._market import Market, whole

if TYPE_CHECKING:
    import polars as pl
    from plotly.graph_objects import Figure

_SHOWN = ("prices", "mids", "fair_values", "bids", "asks", "bid_sizes", "ask_sizes", "volumes")
_PROFITS = 20  # looks between two rows of profits: a look at every agent costs more than one at the symbols


class History:
    """Looks at a market every `every` ticks from now on, and makes tables and plots of what it saw.

    >>> import walras as wl
    >>> market = wl.sim.Market.preset("light-rl", seed=7)
    >>> history = wl.sim.History(market)
    >>> market.step(50)
    50
    >>> history.symbols_frame().columns[:5]
    ['tick', 'ts', 'symbol', 'price', 'mid']
    >>> history.symbols_frame().height
    51
    """

    def __init__(self, market: Market, *, every: int = 1) -> None:
        self.market = market
        self.every = whole("every", every, least=1)
        self._ticks: list[int] = []
        self._rows: list[Any] = []
        self._profits: list[tuple[int, Any]] = []
        self._first = market.tick
        self._look(market.tick)
        market.on_tick(self._on_tick)

    def _on_tick(self, tick: int) -> None:
        if (tick - self._first) % self.every == 0:
            self._look(tick)

    def _look(self, tick: int) -> None:
        self._ticks.append(tick)
        self._rows.append(np.stack([getattr(self.market, name) for name in _SHOWN]).astype(float))
        if (len(self._ticks) - 1) % _PROFITS == 0:
            self._profit(tick)

    def _profit(self, tick: int) -> None:
        self._profits.append((tick, self.market.groups["mean_pnl"].to_numpy()))

    def _times(self, ticks: Any) -> Any:
        """ns UTC of ticks."""
        length = round(float(self.market.config["tick_length"]) * 1e9)
        return self.market.now + (np.asarray(ticks, dtype=np.int64) - self.market.tick) * length

    def stop(self) -> None:
        """Look no longer; what was seen stays."""
        self.market.detach(self._on_tick)

    def symbols_frame(self) -> pl.DataFrame:
        """One row a look and symbol: tick, ts, symbol, price, mid, fair_value, bid, ask (null where a side is empty),
        spread, bid_size, ask_size, volume (since the look before)."""
        import polars as pl

        symbols = self.market.symbols
        ticks = np.repeat(self._ticks, len(symbols))
        # (kind, look, symbol) flat over looks and symbols
        columns = np.stack(self._rows, axis=1)
        volumes = np.diff(columns[7], axis=0, prepend=columns[7][:1])
        flat = {name: columns[i].reshape(-1) for i, name in enumerate(_SHOWN)}
        frame = pl.DataFrame(
            {
                "tick": ticks,
                "ts": pl.Series(self._times(ticks)).cast(pl.Datetime("ns", "UTC")),
                "symbol": symbols * len(self._ticks),
                "price": flat["prices"],
                "mid": flat["mids"],
                "fair_value": flat["fair_values"],
                "bid": flat["bids"],
                "ask": flat["asks"],
                "spread": np.round(flat["asks"] - flat["bids"], 9),
                "bid_size": flat["bid_sizes"].astype(np.int64),
                "ask_size": flat["ask_sizes"].astype(np.int64),
                "volume": volumes.reshape(-1).astype(np.int64),
            }
        )
        return frame.with_columns(pl.col("bid", "ask", "spread").fill_nan(None))

    def groups_frame(self) -> pl.DataFrame:
        """One row a look and group, at every 20th look and now: tick, ts, group, kind, agents, mean_pnl."""
        import polars as pl

        if self._profits[-1][0] != self.market.tick:
            self._profit(self.market.tick)
        groups = self.market.groups
        ticks = np.repeat([tick for tick, _ in self._profits], groups.height)
        many = len(self._profits)
        return pl.DataFrame(
            {
                "tick": ticks,
                "ts": pl.Series(self._times(ticks)).cast(pl.Datetime("ns", "UTC")),
                "group": groups["group"].to_list() * many,
                "kind": groups["kind"].to_list() * many,
                "agents": groups["agents"].to_list() * many,
                "mean_pnl": np.concatenate([pnl for _, pnl in self._profits]) if groups.height else [],
            }
        )

    def plot(self, symbol: str | None = None) -> Figure:
        """A plotly figure: price against fair value, spread, volume, and profit by group. None: all symbols' prices."""
        from walras.viz.market import market_figure, symbols_figure

        if symbol is None and len(self.market.symbols) > 1:
            return symbols_figure(self)
        return market_figure(self, self.market.symbols[0] if symbol is None else symbol)

    def write(self, folder: str | Path) -> list[Path]:
        """Tables as Parquet: symbols (one row a look and symbol), groups (profit by group over time), agents (as they
        stand now). Returns where they are. Raises DataError where the folder cannot be written.
        """
        place = Path(folder)
        try:
            place.mkdir(parents=True, exist_ok=True)
            files = []
            for name, frame in (
                ("symbols", self.symbols_frame()),
                ("groups", self.groups_frame()),
                ("agents", self.market.agents_frame()),
            ):
                files.append(place / f"{name}.parquet")
                frame.write_parquet(files[-1])
        except OSError as error:
            raise DataError(f"{place}: cannot be written ({error.strerror}); choose another folder") from None
        return files


def check_symbol(market: Market, symbol: str) -> int:
    """Its place among the market's symbols."""
    if symbol not in market.symbols:
        raise ConfigError(f"this market has no symbol {symbol!r}; it has: {', '.join(market.symbols[:20])}.")
    return market.symbols.index(symbol)
