"""Writing runs: a market while it goes on, a backtest when it is done."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from walras import _core
from walras.errors import ConfigError

if TYPE_CHECKING:
    from walras.result import BacktestResult
    from walras.sim._market import Market

CANDLES = (100, 300, 3600)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _version() -> str:
    from walras import __version__

    return __version__


class MarketRecording:
    """A recording under way; `Market.record` makes it. A context: leaving it finishes the run."""

    def __init__(
        self, market: Market, path: str | Path, *, name: str, flush_ticks: int, portfolio_ticks: int, book_ticks: int,
        levels: int, candles: tuple[int, ...],
    ) -> None:  # fmt: skip
        for key, value, least in (
            ("flush_ticks", flush_ticks, 1), ("portfolio_ticks", portfolio_ticks, 0), ("book_ticks", book_ticks, 0),
            ("levels", levels, 1),
        ):  # fmt: skip
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f"{key} = {value!r} must be a whole number of at least {least}")
        if any(isinstance(c, bool) or not isinstance(c, int) or c < 1 for c in candles):
            raise ConfigError(f"candles = {candles!r} must be whole numbers of ticks, at least 1")
        self._market = market
        self.path = Path(path)
        self._recorder = _core.MarketRecorder(
            market._market, str(path), name, _now(), _version(), json.dumps(market.config), flush_ticks,
            portfolio_ticks, book_ticks, levels, candles,
        )  # fmt: skip

    @property
    def run(self) -> int:
        """Its number in the file."""
        return self._recorder.run

    def flush(self) -> None:
        """Commit what there is so far."""
        self._recorder.flush()

    def finish(self, state: str = "complete") -> None:
        """End the run: "complete" or "interrupted". The market itself goes on."""
        if state not in ("complete", "interrupted"):
            raise ConfigError(f"state = {state!r} must be complete or interrupted")
        self._recorder.finish(state, json.dumps(self._market.statistics()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._recorder.is_recording:
            self.finish("complete" if kind is None else "interrupted")


def record_result(result: BacktestResult, path: str | Path, *, name: str = "") -> int:
    """Put a backtest into a recording; see `BacktestResult.record`."""
    names = list(dict.fromkeys([*result.fills["instrument"].to_list(), *result.prices]))
    index = {symbol: i for i, symbol in enumerate(names)}
    equity = result.equity.with_columns(result.equity["ts"].cast(int))
    document = {"strategies": result.strategies, "settings": result.settings}
    recorder = _core.RunRecorder(
        str(path), "backtest", name or result.title, _now(), _version(), json.dumps(document, default=str),
        result.seed, int(equity["ts"][0]) if equity.height else 0, [(symbol, "", 1, 1) for symbol in names],
    )  # fmt: skip
    fills = result.fills.sort("ts", maintain_order=True)
    buys = (fills["side"] == "buy").to_numpy()
    recorder.add_trades(
        fills["ts"].cast(int).to_numpy(),
        np.array([index[symbol] for symbol in fills["instrument"].to_list()], dtype=np.uint32),
        _whole(fills["price"].to_numpy()),
        _whole(fills["quantity"].to_numpy()),
        np.where(buys, 0, -1).astype(np.int64),
        np.where(buys, -1, 0).astype(np.int64),
        np.where(buys, 1, -1).astype(np.int8),
    )
    for symbol, bars in result.prices.items():
        ts = bars["ts"].cast(int).to_numpy()
        columns = [
            c if c in bars.columns else "close" for c in ("open", "high", "low", "close")
        ]  # some are closes alone
        prices = _whole(np.column_stack([bars[c].to_numpy() for c in columns]))
        recorder.add_candles("bars", index[symbol], ts, ts, np.ascontiguousarray(prices), np.zeros_like(ts))
    for i, (ts, value, cash) in enumerate(equity.select("ts", "equity", "cash").iter_rows()):
        recorder.add_portfolio(i, ts, 0, "account", cash, value, [])
    recorder.finish("complete", result.signature, json.dumps(dict(result.stats), default=str))
    return recorder.run


def _whole(values: Any) -> Any:
    """In 1e-9, as the ledger counts."""
    return np.rint(np.asarray(values, dtype=np.float64) * 1e9).astype(np.int64)
