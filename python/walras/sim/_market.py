"""The market as Python sees it: steps, arrays and tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from walras import _core
from walras._depth import Depth
from walras.errors import ConfigError, DataError
from walras.sim._config import merge, read_config

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from walras.store import MarketRecording

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


NO_PRICE = -(2**63)  # in ticks: a side of a book that is empty
_F = TypeVar("_F", bound=Callable[..., None])


def whole(name: str, value: Any, least: int = 0) -> int:
    """A count, as an int. Raises ConfigError for anything else."""
    try:
        number = least - 1 if isinstance(value, bool) else index(value)
    except TypeError:
        number = least - 1
    if not least <= number < 2**64:
        raise ConfigError(f"{name} = {value!r} must be a whole number of at least {least}")
    return number


def _function(f: _F) -> _F:
    if not callable(f):
        raise ConfigError(f"{f!r} cannot be called; attach a function")
    return f


def _hash(config: str, state: bytes) -> str:
    """What a saved market must still be when it is restored."""
    digest = hashlib.blake2b(config.encode(), digest_size=16)
    digest.update(state)
    return digest.hexdigest()


class MarketBook:
    """The order book of one symbol, as it stands now."""

    def __init__(self, market: _core.SimMarket, symbol: str) -> None:
        self._market = market
        self.symbol = symbol

    def depth(self, levels: int = 10) -> Depth:
        """The best `levels` of both sides: (price, shares, orders), best first."""
        return Depth(self._market.depth(self.symbol, True, levels), self._market.depth(self.symbol, False, levels))

    @property
    def bid(self) -> tuple[float, int] | None:
        """Best bid: (price, shares), or None."""
        return cast("tuple[float, int] | None", self._market.bid_ask(self.symbol)[0])

    @property
    def ask(self) -> tuple[float, int] | None:
        """Best ask: (price, shares), or None."""
        return cast("tuple[float, int] | None", self._market.bid_ask(self.symbol)[1])

    def __repr__(self) -> str:
        return f"<MarketBook {self.symbol}: bid {self.bid}, ask {self.ask}>"


class Market:
    """A market of agents that trade with each other, tick by tick.

    Args:
        config: a dictionary as `wl.sim.preset` gives it, or the path of a TOML file. What is not given keeps its
            default; unknown keys raise ConfigError.
        seed: overrides the configuration's.
        threads: 0 for all cores. Results do not depend on it.

    Arrays that end in an agent axis run over all agents, group after group (`groups`); those over symbols are in the
    order of `symbols`. `prices`, `mids`, `fair_values` and `sentiments` are views without a copy: they show the market
    as it is when they are looked at.

    >>> import walras as wl
    >>> market = wl.sim.Market.preset("default", seed=7)
    >>> market.step(10)
    10
    >>> market.prices.shape, market.tick
    ((10,), 10)
    """

    def __init__(self, config: Mapping[str, Any] | str | Path, *, seed: int | None = None, threads: int = 1) -> None:
        document = read_config(config) if isinstance(config, str | Path) else merge(config)
        if seed is not None:
            document["seed"] = seed
        self._market = _core.SimMarket(document, whole("threads", threads))
        self._config = self._market.config()

    @classmethod
    def preset(cls, name: str, *, seed: int | None = None, threads: int = 1) -> Market:
        """A market that is ready to run; `wl.sim.presets()` lists them."""
        return cls({"preset": name}, seed=seed, threads=threads)

    # ---- running

    def step(self, ticks: int = 1, *, progress: Callable[[int, int], bool | None] | None = None) -> int:
        """Let `ticks` ticks pass; returns how many did.

        The interpreter is free meanwhile. Ctrl-C ends it between two ticks, with KeyboardInterrupt. `progress(done,
        ticks)` is called about twenty times a second; if it returns False the market stops there.
        """
        many = whole("ticks", ticks)
        return self._market.step(many, progress)

    @property
    def tick(self) -> int:
        """Ticks so far."""
        return self._market.tick

    @property
    def now(self) -> int:
        """The market's time, ns UTC."""
        return self._market.now

    @property
    def threads(self) -> int:
        """How many work on it."""
        return self._market.threads

    @property
    def signature(self) -> str:
        """Hash over every event of every symbol and all money: equal for any number of threads."""
        return self._market.signature

    def on_orders(self, f: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
        """Call `f(columns)` with what agents hand in: agent, symbol (index), side, price, quantity, cancel.

        Several times a tick, before anything trades. May be used as a decorator, as the next two. An exception ends
        `step` as itself; here it leaves the market in the middle of a tick, from which it cannot go on.
        """
        self._market.on_orders(_function(f))
        return f

    def on_trades(self, f: Callable[[str, dict[str, Any]], None]) -> Callable[[str, dict[str, Any]], None]:
        """Call `f(symbol, columns)` with the trades of each tick; columns as in `trades`."""
        self._market.on_trades(_function(f))
        return f

    def on_tick(self, f: Callable[[int], None]) -> Callable[[int], None]:
        """Call `f(tick)` at the end of each tick. An exception ends `step` as itself."""
        self._market.on_tick(_function(f))
        return f

    def detach(self, f: Callable[..., None]) -> None:
        """Call `f` no longer. Raises ConfigError if it is not attached. Not from inside a call."""
        if not self._market.unhook(f):
            raise ConfigError(f"{f!r} is not attached to this market")

    def record(
        self,
        path: str | Path,
        *,
        name: str = "",
        flush_ticks: int = 100,
        portfolio_ticks: int = 1_000,
        book_ticks: int = 100,
        levels: int = 10,
        candles: tuple[int, ...] = (100, 300, 3600),
    ) -> MarketRecording:
        """Record from now on into a SQLite file, which may hold other runs; `wl.store.open` reads it.

        Every trade and every news is kept; agents' portfolios every `portfolio_ticks` and the best `levels` of each
        book every `book_ticks` (0: never); candles of so many ticks. Every `flush_ticks` are committed together: a
        killed process loses no more. Leave the context, or call `finish()`, to end the run.

        >>> import tempfile, walras as wl
        >>> market = wl.sim.Market.preset("light-rl", seed=1)
        >>> with market.record(tempfile.mkdtemp() + "/run.db"):
        ...     market.step(100)
        100
        """
        from walras.store import MarketRecording

        return MarketRecording(
            self, path, name=name or str(self._config.get("name") or "market"), flush_ticks=flush_ticks,
            portfolio_ticks=portfolio_ticks, book_ticks=book_ticks, levels=levels, candles=tuple(candles),
        )  # fmt: skip

    # ---- symbols

    @property
    def symbols(self) -> list[str]:
        """Names, in the order of the arrays."""
        return [symbol["name"] for symbol in self._config["symbols"]]

    @property
    def prices(self) -> Floats:
        """Last prices, shape (symbols,); the initial price before the first trade. A view."""
        return cast("Floats", self._market.column("last"))

    @property
    def mids(self) -> Floats:
        """Mid prices, shape (symbols,); the last price where a side is empty. A view."""
        return cast("Floats", self._market.column("mid"))

    @property
    def fair_values(self) -> Floats:
        """Fundamental values, shape (symbols,). A view."""
        return cast("Floats", self._market.column("fair"))

    @property
    def sentiments(self) -> Floats:
        """What active news says of each symbol, -1 to 1, shape (symbols,). A view."""
        return cast("Floats", self._market.column("sentiment"))

    @property
    def volumes(self) -> Integers:
        """Shares traded since the start, shape (symbols,). A view."""
        return cast("Integers", self._market.column("total_volume"))

    @property
    def bids(self) -> Floats:
        """Best bids, shape (symbols,); NaN where there is none. A copy, as `asks` is."""
        return self._best("bid_ticks")

    @property
    def asks(self) -> Floats:
        """Best asks, shape (symbols,); NaN where there is none."""
        return self._best("ask_ticks")

    @property
    def bid_sizes(self) -> Integers:
        """Shares at the best bids, shape (symbols,). A view."""
        return cast("Integers", self._market.column("bid_lots"))

    @property
    def ask_sizes(self) -> Integers:
        """Shares at the best asks, shape (symbols,). A view."""
        return cast("Integers", self._market.column("ask_lots"))

    def _best(self, side: str) -> Floats:
        import numpy as np

        ticks = self._market.column(side)
        sizes = cast("Floats", self._market.column("tick_size"))
        prices = np.round(cast("Integers", ticks) * sizes, 9)
        return cast("Floats", np.where(ticks == NO_PRICE, np.nan, prices))

    def book(self, symbol: str) -> MarketBook:
        """The book of one symbol. Raises ConfigError for an unknown one."""
        self._market.bid_ask(symbol)
        return MarketBook(self._market, symbol)

    def trades(self, symbol: str) -> pl.DataFrame:
        """Trades of the last tick: price, quantity, taker and maker (agents; -1 is the pool), side of the taker."""
        import polars as pl

        return pl.DataFrame(self._market.tape(symbol))

    def candles(self, symbol: str) -> pl.DataFrame:
        """The last 200 to 400 candles: tick, open, high, low, close, volume."""
        import polars as pl

        return pl.DataFrame(self._market.candles(symbol))

    def features(
        self,
        features: str | Sequence[str] = "canonical",
        *,
        missing: Literal["neutral", "minus_one"] | None = "neutral",
    ) -> Floats:
        """What models see after the last tick, shape (symbols, features): a set's name, or names of features.

        They are extracted where an agent's model needs them, or where the configuration says `features = true`;
        ConfigError otherwise. `missing`: what stands where a value is missing; None for NaN.

        >>> import walras as wl
        >>> market = wl.sim.Market({"preset": "light-rl", "features": True}, seed=7)
        >>> market.step(100)
        100
        >>> market.features().shape
        (1, 28)
        """
        from walras.features import names

        return cast("Floats", self._market.feature_rows(names(features), missing))

    @property
    def news(self) -> list[dict[str, Any]]:
        """Active news, in the order in which it broke."""
        return self._market.news()

    # ---- agents

    @property
    def agents(self) -> int:
        """How many there are."""
        return self._market.agents

    @property
    def cash(self) -> Floats:
        """Cash of each agent, shape (agents,)."""
        return self._market.cash()

    @property
    def equity(self) -> Floats:
        """Cash and shares at the last prices, shape (agents,). The array is written anew at each look."""
        return cast("Floats", self._market.equity())

    @property
    def pnl(self) -> Floats:
        """Equity less what each agent began with, shape (agents,)."""
        return self.equity - self._market.starting_equity()

    def positions(self, symbol: str) -> Integers:
        """Shares of one symbol held by each agent, shape (agents,); negative is short."""
        return self._market.positions(symbol)

    @property
    def groups(self) -> pl.DataFrame:
        """One row a group: name, kind, tier, first and last agent (excluded), equity and profit."""
        import numpy as np
        import polars as pl

        rows = []
        profit = self.pnl
        for group in self._market.groups():
            own = profit[group["begin"] : group["end"]]
            rows.append(
                {
                    "group": group["name"],
                    "kind": group["kind"],
                    "tier": group["tier"],
                    "agents": group["end"] - group["begin"],
                    "begin": group["begin"],
                    "end": group["end"],
                    "mean_pnl": float(np.mean(own)) if own.size else 0.0,
                    "worst_pnl": float(np.min(own)) if own.size else 0.0,
                    "best_pnl": float(np.max(own)) if own.size else 0.0,
                }
            )
        return pl.DataFrame(rows)

    def agents_frame(self) -> pl.DataFrame:
        """One row an agent: agent, group, kind, tier, cash, shares (of all symbols), equity, pnl."""
        import numpy as np
        import polars as pl

        groups = self._market.groups()
        sizes = [group["end"] - group["begin"] for group in groups]
        shares = np.zeros(self.agents, dtype=np.int64)
        for symbol in self.symbols:
            shares += self.positions(symbol)
        which = pl.Series(np.repeat(np.arange(len(groups)), sizes))
        named = {
            "group": pl.Series([group["name"] for group in groups], dtype=pl.String).gather(which),
            "kind": pl.Series([group["kind"] for group in groups], dtype=pl.String).gather(which),
            "tier": pl.Series([group["tier"] for group in groups], dtype=pl.Int64).gather(which),
        }
        own = {"cash": self.cash, "shares": shares, "equity": self.equity.copy(), "pnl": self.pnl}
        return pl.DataFrame({"agent": np.arange(self.agents), **named, **own})

    # ---- checkpoints

    def save(self) -> bytes:
        """The whole market as bytes, configuration included. Hooks are not part of it.

        >>> import walras as wl
        >>> market = wl.sim.Market.preset("default", seed=7)
        >>> market.step(5)
        5
        >>> other = wl.sim.Market.restore(market.save())
        >>> (market.step(5), other.step(5), market.signature == other.signature)
        (5, 5, True)
        """
        state = self._market.save()
        config = json.dumps(self.config)
        head = json.dumps({"walras_market": 1, "config": config, "hash": _hash(config, state)}).encode()
        return len(head).to_bytes(8, "little") + head + state

    @classmethod
    def restore(cls, saved: bytes, *, threads: int = 1) -> Market:
        """A market that goes on where `save` was called. Raises DataError for bytes that are none, or damaged."""
        if not isinstance(saved, bytes | bytearray | memoryview):
            raise ConfigError(f"saved is of type {type(saved).__name__}; give the bytes that Market.save returned")
        size = int.from_bytes(saved[:8], "little")
        try:
            head = json.loads(bytes(saved[8 : 8 + size]))
            config, expected = (head["config"], head["hash"]) if head["walras_market"] == 1 else (None, None)
        except (ValueError, KeyError, TypeError):
            config = None
        if not isinstance(config, str):
            raise DataError(f"These {len(saved):,} bytes are not a saved market; give what Market.save returned")
        state = bytes(saved[8 + size :])
        if _hash(config, state) != expected:
            raise DataError(
                f"This saved market of {len(saved):,} bytes was cut or changed since it was saved; save it again"
            )
        market = cls(json.loads(config), threads=threads)
        market._market.load(state)
        return market

    def branch(self, *, threads: int | None = None) -> Market:
        """A second market that begins where this one stands; what is done to one does not touch the other."""
        return Market.restore(self.save(), threads=self.threads if threads is None else threads)

    # ---- what it is

    @property
    def config(self) -> dict[str, Any]:
        """The whole configuration, defaults included: `Market(market.config)` is the same market at its start."""
        return self._market.config()

    def statistics(self) -> dict[str, Any]:
        """Counts since the start, and one row a symbol.

        Keys: ticks, agents, orders, trades, messages (by kind; empty with the clock of ticks), refusals (by reason),
        fees, symbols (name, price, fair_value, volume, bid, ask, spread).
        """
        totals = self._market.totals()
        symbols = []
        for i, name in enumerate(self.symbols):
            bid, ask = self._market.bid_ask(name)
            symbols.append(
                {
                    "name": name,
                    "price": float(self.prices[i]),
                    "fair_value": float(self.fair_values[i]),
                    "volume": int(self.volumes[i]),
                    "bid": bid[0] if bid else None,
                    "ask": ask[0] if ask else None,
                    "spread": round(ask[0] - bid[0], 9) if bid and ask else None,
                }
            )
        return {
            "ticks": self.tick,
            "agents": self.agents,
            "orders": totals["orders"],
            "trades": totals["trades"],
            "messages": self._market.messages(),
            "refusals": totals["refusals"],
            "fees": self._market.fees(),
            "symbols": symbols,
        }

    def __repr__(self) -> str:
        return f"<Market: {len(self.symbols)} symbols, {self.agents:,} agents, tick {self.tick:,}>"
