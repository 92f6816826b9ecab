"""vectorbt on arrays of signals, as its documentation writes it; compiled before the clock starts."""

from typing import Any

import _signals
import pandas as pd
import vectorbt as vbt
from _engine import Columns, Row, main


def load(columns: Columns) -> dict[str, Any]:
    return {name: pd.DataFrame(column) for name, column in columns.items()}


def run(frames: dict[str, Any]) -> Any:
    return vbt.Portfolio.from_signals(
        frames["close"],
        frames["entries"],
        frames["exits"],
        size=_signals.SIZE,
        fees=_signals.FEE_BPS / 1e4,
        init_cash=_signals.CASH,
    )


def fills(pf: Any, columns: Columns) -> list[Row]:
    return [
        (int(r["col"]), int(r["idx"]), float(r["size"]) * (1 - 2 * int(r["side"])), float(r["price"]),
         round(float(r["fees"]), 6))
        for r in pf.order_records
    ]  # fmt: skip


main(load, run, fills, repeat=10)
