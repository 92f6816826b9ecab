"""Sale conditions: which trade prints may set a bar's prices, and which count in its volume."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.data._bars import instant
from walras.data._errors import DataError
from walras.data._read_ticks import read_trades
from walras.data._table import Source, load
from walras.data._ticks import Trades
from walras.data._times import session_days


class SaleCondition(IntFlag):
    """The bits of the column `conditions` of LEAN's equity ticks, in hex there (LEAN, TradeConditionFlags)."""

    REGULAR = 1 << 0
    CASH = 1 << 1
    NEXT_DAY = 1 << 2
    SELLER = 1 << 3
    YELLOW_FLAG = 1 << 4
    INTERMARKET_SWEEP = 1 << 5
    OPENING_PRINT = 1 << 6
    CLOSING_PRINT = 1 << 7
    REOPENING_PRINT = 1 << 8
    DERIVATIVELY_PRICED = 1 << 9
    FORM_T = 1 << 10
    SOLD = 1 << 11
    STOPPED = 1 << 12
    EXTENDED_HOURS = 1 << 13
    OUT_OF_SEQUENCE = 1 << 14
    SPLIT = 1 << 15
    ACQUISITION = 1 << 16
    BUNCHED = 1 << 17
    STOCK_OPTION = 1 << 18
    DISTRIBUTION = 1 << 19
    AVERAGE_PRICE = 1 << 20
    CROSS = 1 << 21
    PRICE_VARIATION = 1 << 22
    RULE_155 = 1 << 23
    OFFICIAL_CLOSE = 1 << 24
    PRIOR_REFERENCE_PRICE = 1 << 25
    OFFICIAL_OPEN = 1 << 26
    CAP_ELECTION = 1 << 27
    AUTO_EXECUTION = 1 << 28
    TRADE_THROUGH_EXEMPT = 1 << 29
    ODD_LOT = 1 << 31


# Reports of a price, not trades: neither prices nor volume (CTA and UTP plans: "no" in every column).
NOT_A_TRADE = SaleCondition.OFFICIAL_OPEN | SaleCondition.OFFICIAL_CLOSE
# The plans let these count in volume, never in last, high and low.
VOLUME_ONLY = (
    SaleCondition.CASH
    | SaleCondition.NEXT_DAY
    | SaleCondition.SELLER
    | SaleCondition.AVERAGE_PRICE
    | SaleCondition.PRICE_VARIATION
    | SaleCondition.STOCK_OPTION
    | SaleCondition.FORM_T
    | SaleCondition.ODD_LOT
)
# What LEAN's published minute bars leave out of their prices as well. The plans do let a sweep set all of them, and a
# derivatively priced trade high and low.
LEAN_VOLUME_ONLY = VOLUME_ONLY | SaleCondition.DERIVATIVELY_PRICED | SaleCondition.INTERMARKET_SWEEP


@dataclass(frozen=True, slots=True, eq=False)
class Sales:
    """Trade prints with their sale conditions. Arrays of shape (time,): `conditions` int64 bits of SaleCondition,
    `exchange` the letters of who reported."""

    trades: Trades
    conditions: NDArray[np.int64]
    exchange: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.trades)

    def has(self, conditions: SaleCondition) -> NDArray[np.bool_]:
        """Rows with any of these."""
        found: NDArray[np.bool_] = (self.conditions & int(conditions)) != 0
        return found

    def take(self, rows: NDArray[np.bool_]) -> Sales:
        """The rows of a mask."""
        return Sales(self.trades.take(rows), self.conditions[rows], self.exchange[rows])

    def eligible(
        self, volume_only: SaleCondition = VOLUME_ONLY, not_a_trade: SaleCondition = NOT_A_TRADE
    ) -> tuple[Trades, NDArray[np.bool_]]:
        """(the prints that count, which of them may set a price): what `bars_from_trades` takes."""
        counted = self.take(~self.has(not_a_trade))
        return counted.trades, ~counted.has(volume_only)

    def with_auctions(self, listing: str, opens: str = "09:30", closes: str = "16:00") -> Sales:
        """The listing exchange's opening print as the session's first trade, its closing print as the last.

        Auctions print seconds after the session began or ended. Published bars show them as the first open and the
        last close; so do these prints once they are stamped at the open and 1 ns before the close. What the last bar
        then says was known seconds later than its stamp.
        """
        t = self.trades
        ts = t.ts.copy()
        for condition, clock, shift in (
            (SaleCondition.OPENING_PRINT, opens, 0),
            (SaleCondition.CLOSING_PRINT, closes, -1),
        ):
            rows = np.flatnonzero(self.has(condition) & (self.exchange == listing))
            for row, day in zip(rows, session_days(t.ts[rows], t.tz).astype("datetime64[D]"), strict=True):
                ts[row] = instant(f"{day}T{clock}", t.tz) + shift
        # The opening print goes before the trades of its stamp; everything else keeps its order.
        is_opening = self.has(SaleCondition.OPENING_PRINT) & (self.exchange == listing)
        order = np.lexsort((~is_opening, ts))
        moved_trades = Trades.from_columns(
            t.instrument,
            ts[order],
            t.price[order],
            t.size[order],
            t.aggressor[order],
            t.trade_id[order],
            tz=t.tz,
            source=t.source,
        )
        return Sales(moved_trades, self.conditions[order], self.exchange[order])


def read_sales(source: Source, *, suspicious: str = "drop", **options: Any) -> Sales:
    """Reads LEAN's equity trade ticks with their conditions and exchanges; the options are those of `read_trades`.

    `suspicious="keep"` keeps the rows that the file itself says to leave out.
    """
    if suspicious not in {"keep", "drop"}:
        raise DataError(f"suspicious is {suspicious!r}; it must be 'keep' or 'drop'")
    table = load(source, options.get("columns"))
    missing = [name for name in ("exchange", "conditions") if name not in table.frame.columns]
    if missing:
        table.fail(f"there is no column {missing[0]!r}", "read it with read_trades: it has no sale conditions")
    trades = read_trades(table, **options)
    text = table.frame["conditions"].cast(pl.String).fill_null("0")
    words = text.unique().to_list()
    try:
        bits = {word: int(word or "0", 16) for word in words}
    except ValueError:
        table.fail(f"the conditions {words[:4]} are not all hexadecimal", "give LEAN's equity ticks")
    conditions = text.replace_strict(bits, return_dtype=pl.Int64).to_numpy()
    exchange = table.frame["exchange"].cast(pl.String).fill_null("").to_numpy().astype(np.str_)
    sales = Sales(trades, conditions, exchange)
    if suspicious == "drop" and "suspicious" in table.frame.columns:
        return sales.take(table.frame["suspicious"].cast(pl.Int64).fill_null(0).to_numpy() == 0)
    return sales
