"""The data inside a report page: columns as differences of integers, deflated, in base64.

A page of 30 years x 20 stocks stays far below 3 MB. `page/report.js` reads what `encode` writes.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from typing import Any

import numpy as np
import polars as pl

from walras.result import BacktestResult, plain
from walras.viz.curves import (
    buy_and_hold,
    drawdown,
    is_intraday,
    net_exposure,
    starting_equity,
    thin,
    turnover,
    worst_drawdowns,
)
from walras.viz.returns import annual_returns, histogram, regular_returns, rolling, windows

CURVE_ROWS = 12_000
ROLLING_ROWS = 1_600  # such curves are smooth
PRICE_VALUES = 640_000  # of all instruments together
INSTRUMENTS = 60
TRADES = 12_000
DIGITS = 6  # significant ones of a curve's largest value


def pack(column: pl.Series, digits: int = DIGITS) -> dict[str, Any]:
    """A numeric column as `{"scale": s, "delta": [...]}`: value = s * running sum; null stays null.

    >>> pack(pl.Series([1.5, 1.75, None, 2.0]))
    {'scale': 1e-05, 'delta': [150000, 25000, None, 25000]}
    """
    values = column.to_numpy().astype(np.float64)
    good = np.isfinite(values)
    largest = float(np.abs(values[good]).max(initial=0.0))
    decimals = max(0, min(9, digits - 1 - math.floor(math.log10(largest)))) if largest > 0 else 0
    steps = np.diff(np.round(values[good] * 10.0**decimals).astype(np.int64), prepend=0).tolist()
    if good.all():
        return {"scale": 10.0**-decimals, "delta": steps}
    source = iter(steps)
    return {"scale": 10.0**-decimals, "delta": [next(source) if ok else None for ok in good]}


def pack_times(column: pl.Series) -> dict[str, Any]:
    """Times as seconds since 1970."""
    return pack_integers(column.dt.epoch("s"))


def pack_integers(column: pl.Series) -> dict[str, Any]:
    steps = column.diff().fill_null(column.first()) if column.null_count() == 0 and len(column) else None
    return {"scale": 1, "delta": steps.to_list()} if steps is not None else _integers_with_gaps(column)


def _integers_with_gaps(column: pl.Series) -> dict[str, Any]:
    last, out = 0, []
    for value in column.to_list():
        out.append(None if value is None else value - last)
        last = last if value is None else value
    return {"scale": 1, "delta": out}


def pack_frame(frame: pl.DataFrame, digits: int = DIGITS) -> dict[str, Any]:
    return {c: pack_times(frame[c]) if c == "ts" else pack(frame[c], digits) for c in frame.columns}


def curves(result: BacktestResult) -> dict[str, Any]:
    frame = result.equity
    equity, start = frame["equity"].to_numpy(), starting_equity(result)
    share = pl.when(pl.col("equity") > 0)
    frame = frame.with_columns(net_exposure(result))
    frame = frame.select(
        "ts",
        "equity",
        pl.Series("hold", buy_and_hold(result), dtype=pl.Float64),
        pl.Series("drawdown", drawdown(equity, start), dtype=pl.Float64),
        *[share.then(pl.col(c) / pl.col("equity")).alias(c) for c in ("gross", "net") if c in frame.columns],
    )
    return pack_frame(thin(frame, CURVE_ROWS), digits=8)


def rolling_curves(result: BacktestResult) -> list[dict[str, Any]]:
    """One entry a window: its label and its curves."""
    frame, per_year, unit = regular_returns(result)
    return [
        {"label": window.label, "frame": pack_frame(thin(rolling(frame, window, per_year), ROLLING_ROWS))}
        for window in windows(len(frame), per_year, unit)
    ]


def marks(result: BacktestResult) -> dict[str, Any]:
    """What is drawn beside curves: drawdowns as [peak, end, depth], years, the histogram and the turnover."""
    bars, traded = histogram(result), turnover(result)
    falls = [[d.peak.timestamp(), d.end.timestamp(), d.depth] for d in worst_drawdowns(result)]
    out: dict[str, Any] = {"drawdowns": falls, "years": [list(row) for row in annual_returns(result).iter_rows()]}
    if bars is not None:
        named = [[result.stats.info(key).title, value] for key, value in bars.marks.items()]
        lists = {"centres": bars.centres.tolist(), "counts": bars.counts.tolist(), "normal": bars.normal.tolist()}
        out["histogram"] = {**lists, "marks": named}
    if traded is not None:
        out["turnover"] = {"period": traded.period, "frame": pack_frame(traded.frame)}
    document: dict[str, Any] = plain(out)
    return document


def shown_instruments(result: BacktestResult) -> list[str]:
    """Instruments with a chart: all of them, or the most traded where there are too many."""
    if len(result.prices) <= INSTRUMENTS:
        return list(result.prices)
    counts = dict(result.fills.group_by("instrument").len().iter_rows())
    return sorted(sorted(result.prices, key=lambda name: -counts.get(name, 0))[:INSTRUMENTS])


def prices(result: BacktestResult) -> dict[str, Any]:
    names = shown_instruments(result)
    out: dict[str, Any] = {}
    for name in names:
        frame = result.prices[name]
        columns = [c for c in ("ts", "open", "high", "low", "close") if c in frame.columns]
        if len(columns) == 5 and frame.select((pl.col("high") == pl.col("low")).all()).item():
            columns = ["ts", "close"]
        frame = thin(frame.select(columns), PRICE_VALUES // (len(columns) - 1) // len(names))
        out[name] = {c: (pack_times if c == "ts" else pack)(frame[c]) for c in columns}
    return out


def trades(result: BacktestResult) -> dict[str, Any]:
    """The latest round trips; words as indices into their lists."""
    frame = result.excursions().tail(TRADES)
    out: dict[str, Any] = {"total": len(result.trades)}
    for name, dtype in frame.schema.items():
        column = frame[name]
        if isinstance(dtype, pl.Datetime):
            out[name] = pack_times(column)
        elif isinstance(dtype, pl.Duration):
            out[name] = pack_integers(column.dt.total_seconds())
        elif dtype.is_numeric():
            out[name] = pack(column, digits=10)
        elif dtype == pl.Boolean:
            out[name] = column.cast(pl.Int8).to_list()
        else:
            words = column.fill_null("").unique(maintain_order=True).to_list()
            index = {word: i for i, word in enumerate(words)}
            out[name] = {"words": words, "index": [index[word] for word in column.fill_null("")]}
    return out


def encode(result: BacktestResult) -> str:
    """All that the page's scripts draw, as base64 text."""
    document = {
        "currency": result.currency,
        "intraday": is_intraday(result),
        "curves": curves(result),
        "rolling": rolling_curves(result),
        **marks(result),
        "instruments": len(result.prices),
        "prices": prices(result),
        "trades": trades(result),
    }
    return deflate(document)


def deflate(document: dict[str, Any]) -> str:
    """As the scripts of a page read it."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")
