"""Bars from trades: by time, by count and by what the flow of trades tells. See docs/concepts/bars.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras import _core
from walras.data._bars import Bars, FloatArray, IntArray, instant
from walras.data._calendar import hours
from walras.data._errors import DataError
from walras.data._ticks import Quotes, Trades
from walras.data._times import parse_step

BAR_KINDS: tuple[str, ...] = (
    "time",
    "tick",
    "volume",
    "dollar",
    "tick_imbalance",
    "volume_imbalance",
    "dollar_imbalance",
    "tick_run",
    "volume_run",
    "dollar_run",
)  # fmt: skip
_DAY = 86_400_000_000_000


class BarOptions(TypedDict, total=False):
    """What bars of each kind may be told.

    All: `calendar` ("XNYS") or `sessions` (opens, closes in ns UTC) leave out what trades outside the sessions;
    `sides` "auto" or "tick_rule" (who took: see `TradeBars.buy_volume`).
    Time: `step`; `origin`, a time that bars are aligned to (default 1970-01-01 UTC; with sessions their opens);
    `closed` "left" for [open, close) or "right" for (open, close]; `empty` "skip" or "carry".
    Tick, volume, dollar: `threshold` in trades, units, currency.
    Imbalance and run: `expected_ticks`, the trades of a usual bar; `span` of the means, in bars; `min_ticks`,
    `max_ticks`, between which bars stay (default: a tenth and ten times of expected_ticks).
    """

    calendar: str
    sessions: tuple[IntArray, IntArray]
    sides: Literal["auto", "tick_rule"]
    step: str | int
    origin: object
    closed: Literal["left", "right"]
    empty: Literal["skip", "carry"]
    threshold: str | float
    expected_ticks: float
    span: float
    min_ticks: int
    max_ticks: int


@dataclass(frozen=True, slots=True, eq=False)
class TradeBars:
    """Bars with what else their trades tell. Arrays of shape (bar,).

    `trades`: how many; `value`: the sum of price x size; `vwap`: value / volume, the close where nothing traded;
    `buy_volume`: units that buyers took, by the aggressor where it is known, else by the tick rule.
    `skipped`: trades outside the sessions, and trades that set no price before one did.
    """

    bars: Bars
    vwap: FloatArray
    trades: IntArray
    buy_volume: FloatArray
    value: FloatArray
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.bars)

    def frame(self) -> pl.DataFrame:
        """The bars' frame with the columns vwap, trades, buy_volume and value."""
        return self.bars.frame().with_columns(
            vwap=pl.Series(self.vwap),
            trades=pl.Series(self.trades),
            buy_volume=pl.Series(self.buy_volume),
            value=pl.Series(self.value),
        )


def parse_bars(text: str) -> tuple[str, BarOptions]:
    """ "1m", "tick:1000", "volume:50000", "dollar:1e6", "tick_imbalance:500" -> kind and options.

    >>> parse_bars("dollar:1e6")
    ('dollar', {'threshold': 1000000.0})
    """
    kind, colon, amount = text.strip().partition(":")
    if not colon and re.fullmatch(r"\d+\s*[a-z]+", kind.lower()):
        return "time", {"step": kind}
    if kind not in BAR_KINDS or not colon:
        raise DataError(
            f"the bars {text!r} are not known; write a step such as '1m', or a kind and its number such as "
            f"'tick:1000', 'volume:50000', 'dollar:1e6' or 'tick_imbalance:500'"
        )
    if kind == "time":
        return kind, {"step": amount}
    try:
        number = float(amount)
    except ValueError:
        raise DataError(f"the bars {text!r} have {amount!r} for a number; write for example '{kind}:1000'") from None
    if kind in {"tick", "volume", "dollar"}:
        return kind, {"threshold": number}
    return kind, {"expected_ticks": number}


def trade_bars(
    trades: Trades,
    kind: str = "time",
    *,
    sets_price: NDArray[np.bool_] | None = None,
    partial: bool = True,
    **options: Unpack[BarOptions],
) -> TradeBars:
    """Bars of trades with what else the trades tell; `kind` is one of BAR_KINDS or a text such as "tick:1000" or "1m".

    `sets_price`: rows that may set open, high, low and close; the others count in volume only (sale conditions).
    `partial=False` leaves out the last bar, which nothing has completed. The options: BarOptions.

    >>> import walras as wl
    >>> trades = wl.data.Trades.from_columns("X", [1, 2, 3, 4, 5], [10.0, 11.0, 10.5, 10.5, 12.0], [1, 2, 3, 4, 5])
    >>> made = wl.data.trade_bars(trades, "tick", threshold=2)
    >>> made.bars.close, made.bars.volume, made.buy_volume
    (array([11. , 10.5, 12. ]), array([3., 7., 5.]), array([2., 0., 5.]))
    """
    lot = _core.lot_of(trades.size)
    builder, step = _builder(kind, options, lot, trades.tz, (int(trades.ts[0]), int(trades.ts[-1])))
    mask = None if sets_price is None else np.ascontiguousarray(sets_price, dtype=np.bool_)
    rows = builder.add_columns(trades.ts, trades.price, trades.size, trades.aggressor, mask, unfinished=partial)
    return _made(rows, builder.skipped, trades.instrument, trades.tz, trades.source, step)


def bars_from_trades(
    trades: Trades,
    kind: str = "time",
    *,
    sets_price: NDArray[np.bool_] | None = None,
    partial: bool = True,
    **options: Unpack[BarOptions],
) -> Bars:
    """The bars of `trade_bars` alone, for a backtest.

    >>> import walras as wl
    >>> trades = wl.data.Trades.from_columns("X", [1, 2, 3], [10.0, 11.0, 10.5], [100, 200, 300])
    >>> wl.data.bars_from_trades(trades, "volume:250").volume
    array([300., 300.])
    """
    return trade_bars(trades, kind, sets_price=sets_price, partial=partial, **options).bars


def bars_from_quotes(
    quotes: Quotes,
    kind: str = "time",
    *,
    price: Literal["mid", "bid", "ask"] = "mid",
    partial: bool = True,
    **options: Unpack[BarOptions],
) -> Bars:
    """Bars of the mid, bid or ask; each quote that has it is one tick. Volume is unknown (NaN).

    >>> import walras as wl
    >>> quotes = wl.data.Quotes.from_columns("X", [1, 2, 3], [10.0, 10.5, 10.0], [11.0, 11.5, 11.0])
    >>> wl.data.bars_from_quotes(quotes, "tick", threshold=2).close
    array([11. , 10.5])
    """
    if price not in {"mid", "bid", "ask"}:
        raise DataError(f"price is {price!r}; it must be 'mid', 'bid' or 'ask'")
    if kind.partition(":")[0].partition("_")[0] in {"volume", "dollar"}:
        raise DataError(f"quotes have no {kind.partition(':')[0]} bars, for nothing trades; choose time or tick bars")
    has = np.ones(len(quotes), dtype=np.bool_)
    for side, column in (("bid", quotes.bid), ("ask", quotes.ask)):
        if price in {side, "mid"} and quotes.may_be_crossed:
            has &= column != 0
    if not has.any():
        raise DataError(f"{quotes.source}: no row has a {price}; take another price")
    values = {"mid": (quotes.bid + quotes.ask) / 2, "bid": quotes.bid, "ask": quotes.ask}[price]
    ts = np.ascontiguousarray(quotes.ts[has])
    builder, step = _builder(kind, options, 1_000_000_000, quotes.tz, (int(ts[0]), int(ts[-1])))
    rows = builder.add_columns(ts, np.ascontiguousarray(values[has]), np.zeros(ts.size), unfinished=partial)
    rows["volume"] = np.full(rows["close"].size, np.nan)
    return _made(rows, builder.skipped, quotes.instrument, quotes.tz, quotes.source, step).bars


def bars_of(ticks: Bars | Quotes | Trades, text: str) -> Bars:
    """Bars of trades, or of quotes' mids, by a text that `parse_bars` knows."""
    if isinstance(ticks, Trades):
        return bars_from_trades(ticks, text)
    if isinstance(ticks, Quotes):
        return bars_from_quotes(ticks, text)
    raise DataError("the file holds bars, not ticks; longer bars of bars are made by wl.data.resample")


class BarBuilder:
    """Bars as trades come, one call a trade; the same bars as `trade_bars` makes in one go.

    A bar is a dict: ts_open, ts_close (ns UTC), open, high, low, close, volume, buy_volume, trades, value, vwap.
    `sizes` are multiples of `lot_size`. `copy()` is a checkpoint.

    >>> import walras as wl
    >>> builder = wl.data.BarBuilder("tick:2", lot_size="1")
    >>> builder.update(1, 10.0, 100)
    []
    >>> [(bar["close"], bar["volume"]) for bar in builder.update(2, 10.5, 200)]
    [(10.5, 300.0)]
    """

    __slots__ = ("_builder",)

    def __init__(
        self, kind: str = "time", *, lot_size: str = "0.000000001", tz: str = "UTC", **options: Unpack[BarOptions]
    ) -> None:
        if "calendar" in options:
            raise DataError("a builder does not know which days will come; give sessions=(opens, closes)")
        lot = round(float(lot_size) * 1e9)
        self._builder, _ = _builder(kind, options, lot, tz, (0, 0))

    def update(
        self, ts: int, price: float, size: float, aggressor: int = 0, *, sets_price: bool = True
    ) -> list[dict[str, Any]]:
        """One trade. The bars that it completes: mostly none."""
        found = self._builder.add_one(ts, price, size, aggressor, sets_price)
        return [] if found is None else _rows(found)

    def advance_to(self, ts: int) -> list[dict[str, Any]]:
        """It is `ts`: bars by time that are over, without waiting for a trade."""
        return _rows(self._builder.advance_to(ts))

    def unfinished(self) -> dict[str, Any] | None:
        """The bar that builds, as it is now."""
        rows = _rows(self._builder.unfinished())
        return rows[0] if rows else None

    def copy(self) -> BarBuilder:
        """Goes on exactly as this one would."""
        twin = type(self).__new__(type(self))
        twin._builder = _core.BarBuilder(self._builder)
        return twin

    @property
    def expected_ticks(self) -> float:
        """E0[T] of imbalance and run bars."""
        return self._builder.expected_ticks

    @property
    def expected_flow(self) -> float:
        """The threshold of the imbalance or run bar that builds, in trades, lots or 1e-9 x lots; 0 in the first."""
        return self._builder.expected_flow


def _rows(columns: dict[str, Any]) -> list[dict[str, Any]]:
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*(columns[n].tolist() for n in names), strict=True)]


def _builder(
    kind: str, options: BarOptions, lot: int, tz: str, span: tuple[int, int]
) -> tuple[_core.BarBuilder, int | None]:
    """The core's builder, and the length of bars by time."""
    if kind not in BAR_KINDS:
        kind, said = parse_bars(kind)
        options = said | options
    unknown = sorted(set(options) - set(BarOptions.__annotations__))
    if unknown:
        raise DataError(f"bars know no option {unknown[0]!r}; there are {', '.join(BarOptions.__annotations__)}")
    for name, words in (("closed", ("left", "right")), ("empty", ("skip", "carry")), ("sides", ("auto", "tick_rule"))):
        word = options.get(name, words[0])
        if word not in words:
            raise DataError(f"{name} is {word!r}; it must be {words[0]!r} or {words[1]!r}")
    told: dict[str, Any] = {"lot_size": lot, "ignores_aggressor": options.get("sides") == "tick_rule"}
    sessions = options.get("sessions")
    if "calendar" in options:
        days = [t // _DAY for t in span]
        _, opens, closes = hours(options["calendar"], days[0] - 1, days[1] + 1)
        sessions = (opens, closes)
    if sessions is not None:
        told["session_open"], told["session_close"] = (np.ascontiguousarray(s, dtype=np.int64) for s in sessions)
    step: int | None = None
    if kind == "time":
        step = parse_step(options.get("step"))
        if step is None:
            raise DataError("time bars need a step; give for example step='1m'")
        told |= {
            "step": step,
            "origin": instant(options.get("origin", 0), tz),
            "includes_close": options.get("closed") == "right",
            "carries_empty": options.get("empty") == "carry",
        }
    elif kind in {"tick", "volume", "dollar"}:
        if options.get("threshold") is None:
            raise DataError(f"{kind} bars need a threshold; give for example threshold=1000")
        told["threshold"] = options["threshold"]
    else:
        usual = options.get("expected_ticks")
        if usual is None:
            raise DataError(f"{kind} bars need expected_ticks, the trades of a usual bar; give for example 1000")
        told |= {
            "expected_ticks": usual,
            "span": options.get("span", 20.0),
            "min_ticks": options.get("min_ticks", max(1, int(usual / 10))),
            "max_ticks": options.get("max_ticks", max(1, int(usual * 10))),
        }
    return _core.BarBuilder(kind, **told), step


def _made(rows: dict[str, Any], skipped: int, instrument: str, tz: str, source: str, step: int | None) -> TradeBars:
    if rows["close"].size == 0:
        raise DataError(f"{source}: the ticks complete no bar; give a smaller threshold, or partial=True")
    bars = Bars.from_columns(
        instrument,
        rows["ts_close"],
        rows["open"],
        rows["high"],
        rows["low"],
        rows["close"],
        rows["volume"],
        ts_open=rows["ts_open"],
        step=step,
        tz=tz,
        nonpositive=True,
        source=source,
    )
    return TradeBars(bars, rows["vwap"], rows["trades"], rows["buy_volume"], rows["value"], skipped)
