"""Reading recorded runs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from walras import _core
from walras._words import did_you_mean
from walras.errors import ConfigError, DataError

if TYPE_CHECKING:
    from walras.store._replay import Replay

_APPLICATION = 0x57414C52  # schema.cpp
_VERSION = 1
_TS = pl.Datetime("ns", "UTC")
PIECE = 1 << 20  # trades that are in memory at once

TABLES: tuple[str, ...] = ("trades", "candles", "portfolios", "books", "news")
"""What can be read of a run, and exported."""

_RUNS = {
    "run": pl.Int64, "kind": pl.String, "name": pl.String, "state": pl.String, "created": pl.String,
    "seed": pl.UInt64, "first": _TS, "last": _TS, "ticks": pl.Int64, "trades": pl.Int64, "signature": pl.String,
    "version": pl.String,
}  # fmt: skip
_CANDLES = {
    "symbol": pl.String, "timeframe": pl.String, "tick": pl.Int64, "ts_open": _TS, "ts_close": _TS,
    "open": pl.Float64, "high": pl.Float64, "low": pl.Float64, "close": pl.Float64, "volume": pl.Float64,
    "trades": pl.Int64,
}  # fmt: skip
_POSITIONS = pl.List(pl.Struct({"symbol": pl.String, "units": pl.Float64}))
_PORTFOLIOS = {
    "tick": pl.Int64, "ts": _TS, "actor": pl.Int64, "group": pl.String, "cash": pl.Float64, "equity": pl.Float64,
    "positions": _POSITIONS,
}  # fmt: skip
_SIDE = pl.List(pl.Struct({"price": pl.Float64, "quantity": pl.Float64, "orders": pl.Int64}))
_BOOKS = {"tick": pl.Int64, "ts": _TS, "symbol": pl.String, "bids": _SIDE, "asks": _SIDE}
_NEWS = {
    "tick": pl.Int64, "ts": _TS, "kind": pl.String, "subject": pl.String, "sentiment": pl.Float64,
    "magnitude": pl.Float64, "duration": pl.Int64,
}  # fmt: skip


def connect(path: str | Path) -> sqlite3.Connection:
    """A connection that only reads. DataError where the file is no recording."""
    path = Path(path)
    if not path.is_file():
        raise DataError(
            f"{path}: {'this is a folder' if path.is_dir() else 'the file does not exist'}; name a recording"
        )
    db: sqlite3.Connection | None = None
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        if db is not None:
            db.close()
        raise DataError(f"{path}: it cannot be read as a recording ({error}); name another file") from None
    if application != _APPLICATION or version != _VERSION:
        db.close()
        what = f"a recording of format {version}" if application == _APPLICATION else "no recording of Walras"
        raise DataError(f"{path}: it is {what}; this version reads recordings of format {_VERSION}")
    return db


def _frame(rows: list[tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    times = [name for name, kind in schema.items() if kind == _TS]
    plain = {name: pl.Int64 if name in times else kind for name, kind in schema.items()}
    return pl.DataFrame(rows, schema=plain, orient="row").with_columns(pl.col(name).cast(_TS) for name in times)


def runs(path: str | Path) -> pl.DataFrame:
    """The runs of a recording, the oldest first: run, kind, name, state, created, seed, first, last, ticks, trades,
    signature, version. The state "running" without a process that runs means that it was killed: what was committed is
    there.
    """
    with closing(connect(path)) as db:
        rows = db.execute(
            "SELECT run, kind, name, state, created, seed, first_ts, last_ts, ticks, trades, signature, version "
            "FROM runs ORDER BY run"
        ).fetchall()
    return _frame([(*row[:5], None if row[5] is None else row[5] % 2**64, *row[6:]) for row in rows], _RUNS)


def open(path: str | Path, run: int | None = None) -> Recording:
    """A recorded run; the last one of the file unless `run` says which."""
    if run is None:
        every = runs(path)
        if not every.height:
            raise DataError(f"{path}: there are no runs in it; record one with `walras sim --record`")
        run = int(every["run"][-1])
    return Recording(path, run)


class Recording:
    """One run of a recording. Times are ns UTC, prices in money, quantities in units.

    Actors are agents (as in `market.groups`) or accounts from 0; -1 is the background crowd, numbers above the agents
    are orders from outside.
    """

    def __init__(self, path: str | Path, run: int) -> None:
        self.path = Path(path)
        self.run = run
        with closing(connect(path)) as db:
            row = db.execute("SELECT config, summary FROM runs WHERE run = ?", (run,)).fetchone()
            symbols = db.execute(
                "SELECT name, sector, price_unit, lot_unit FROM symbols WHERE run = ? ORDER BY symbol", (run,)
            ).fetchall()
        if row is None:
            known = ", ".join(map(str, runs(path)["run"].to_list())) or "none"
            raise DataError(f"{path}: there is no run {run}; there are: {known}")
        self.config: dict[str, Any] = json.loads(row[0] or "{}")
        self.summary: dict[str, Any] = json.loads(row[1] or "{}")
        self.symbols: list[str] = [s[0] for s in symbols]
        self.sectors: list[str] = [s[1] for s in symbols]
        self._prices = [s[2] / 1e9 for s in symbols]
        self._price_units = [s[2] for s in symbols]
        self._lots = [s[3] / 1e9 for s in symbols]

    @property
    def info(self) -> dict[str, Any]:
        """Its row of `runs`, as it stands now."""
        return runs(self.path).row(by_predicate=pl.col("run") == self.run, named=True)

    def __repr__(self) -> str:
        i = self.info
        return f"<Recording {self.path} run {self.run}: {i['kind']} {i['name']}, {i['state']}, {i['trades']:,} trades>"

    # ---- tables

    def trade_pieces(
        self, symbol: str | None = None, *, first_tick: int = 0, last_tick: int | None = None, rows: int = PIECE
    ) -> Iterator[pl.DataFrame]:
        """Frames as `trades` gives them, of about `rows` trades each, in flat memory."""
        index = None if symbol is None else self._index(symbol)
        reader = _core.RecordedTrades(
            str(self.path), self.run, index, first_tick, 2**63 - 1 if last_tick is None else last_tick
        )
        names = pl.Series(self.symbols or [""], dtype=pl.String).cast(pl.Categorical)
        while (columns := reader.read(rows)) is not None:
            frame = pl.DataFrame(columns)
            yield frame.with_columns(
                pl.col("ts").cast(_TS), names.gather(frame["symbol"].cast(pl.Int64)).alias("symbol")
            )

    def trades(self, symbol: str | None = None, *, first_tick: int = 0, last_tick: int | None = None) -> pl.DataFrame:
        """ts, tick, symbol, price, quantity, buyer, seller, side (1: the buyer took, -1: the seller, 0: nobody)."""
        pieces = list(self.trade_pieces(symbol, first_tick=first_tick, last_tick=last_tick))
        if pieces:
            return pl.concat(pieces)
        empty: dict[str, Any] = {
            "ts": _TS, "tick": pl.Int64, "symbol": pl.Categorical, "price": pl.Float64, "quantity": pl.Float64,
            "buyer": pl.Int64, "seller": pl.Int64, "side": pl.Int8,
        }  # fmt: skip
        return pl.DataFrame(schema=empty)

    def candles(self, timeframe: str | None = None, symbol: str | None = None) -> pl.DataFrame:
        """symbol, timeframe, tick (the first), ts_open, ts_close, open, high, low, close, volume, trades; of all
        timeframes ("100 ticks", "300 ticks", "3600 ticks"; of a backtest its bars) unless one is named."""
        if timeframe is not None and timeframe not in (known := self.timeframes):
            raise ConfigError(f"there are no candles of {timeframe!r}; {did_you_mean(timeframe, known)}")
        rows = self._rows(
            "SELECT symbol, timeframe, tick, ts_open, ts_close, open, high, low, close, volume, trades FROM candles "
            "WHERE run = ?1 AND (?2 IS NULL OR timeframe = ?2) AND (?3 IS NULL OR symbol = ?3) "
            "ORDER BY timeframe, symbol, ts_open",
            timeframe,
            None if symbol is None else self._index(symbol),
        )
        money = [[self._money(row[0], x) for x in row[5:9]] for row in rows]
        return _frame(
            [
                (self.symbols[row[0]], *row[1:5], *prices, row[9] * self._lots[row[0]], row[10])
                for row, prices in zip(rows, money, strict=True)
            ],
            _CANDLES,
        )

    @property
    def timeframes(self) -> list[str]:
        """Those of its candles."""
        return [row[0] for row in self._rows("SELECT DISTINCT timeframe FROM candles WHERE run = ?1")]

    def portfolios(self, tick: int | None = None) -> pl.DataFrame:
        """tick, ts, actor, group, cash, equity, positions (symbol and units), every so often; or those of one tick."""
        rows = self._rows(
            "SELECT tick, ts, actor, grp, cash, equity, positions FROM snapshots "
            "WHERE run = ?1 AND (?2 IS NULL OR tick = ?2) ORDER BY rowid",
            tick,
        )
        return _frame([(*row[:6], self._positions(row[6])) for row in rows], _PORTFOLIOS)

    def books(self, symbol: str | None = None, *, tick: int | None = None) -> pl.DataFrame:
        """tick, ts, symbol, bids, asks (price, quantity, orders; best first), every so often; or those of one tick."""
        rows = self._rows(
            "SELECT tick, ts, symbol, bids, asks FROM books "
            "WHERE run = ?1 AND (?2 IS NULL OR symbol = ?2) AND (?3 IS NULL OR tick = ?3) ORDER BY rowid",
            None if symbol is None else self._index(symbol),
            tick,
        )
        return _frame(
            [(r[0], r[1], self.symbols[r[2]], self._levels(r[2], r[3]), self._levels(r[2], r[4])) for r in rows], _BOOKS
        )

    def news(self) -> pl.DataFrame:
        """tick, ts, kind, subject (a symbol, a sector, "" for all), sentiment, magnitude, duration (ticks)."""
        rows = self._rows(
            "SELECT tick, ts, kind, subject, sentiment, magnitude, duration FROM news WHERE run = ?1 ORDER BY rowid"
        )
        return _frame(rows, _NEWS)

    def replay(self) -> Replay:
        """Walk through it again, tick by tick."""
        from walras.store._replay import Replay

        return Replay(self)

    def export(self, to: str | Path, table: str = "trades", *, force: bool = False, progress: Any = None) -> int:
        """Write a table to a file: .parquet, .csv or .arrow by its ending; returns the rows. Trades go in pieces, in
        flat memory. `progress(done, total)` counts trades.
        """
        from walras.store._export import export

        return export(self, Path(to), table, force=force, progress=progress)

    # ---- inside

    def _index(self, symbol: str) -> int:
        if symbol not in self.symbols:
            raise ConfigError(f"this run has no symbol {symbol!r}; {did_you_mean(symbol, self.symbols)}")
        return self.symbols.index(symbol)

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(connect(self.path)) as db:
            return db.execute(sql, (self.run, *values)).fetchall()

    def _money(self, symbol: int, count: int) -> float:
        return float(count * self._price_units[symbol] / 1e9)

    def _positions(self, text: str) -> list[dict[str, Any]]:
        return [{"symbol": self.symbols[int(s)], "units": units} for s, units in json.loads(text).items()]

    def _levels(self, symbol: int, text: str) -> list[dict[str, Any]]:
        lot = self._lots[symbol]
        return [{"price": self._money(symbol, p), "quantity": q * lot, "orders": n} for p, q, n in json.loads(text)]
