"""Walras on arrays of signals, on one thread."""

from typing import Any

import _signals
from _engine import Columns, Row, main

import walras as wl


def run(columns: Columns) -> Any:
    return wl.backtest.from_signals(
        columns["close"],
        columns["entries"],
        columns["exits"],
        size=_signals.SIZE,
        fees=_signals.FEE_BPS,
        slippage=0,
        cash=_signals.CASH,
        fill_at="this_close",
        threads=1,
    )


def fills(pf: Any, columns: Columns) -> list[Row]:
    f = pf.fills
    signed = f["quantity"] * (2 * (f["side"] == "buy").cast(int) - 1)
    rows = zip(f["instrument"].cast(int), f["row"], signed, f["price"], f["fee"].round(6), strict=True)
    return [tuple(row) for row in rows]


main(lambda columns: columns, run, fills, repeat=10)
