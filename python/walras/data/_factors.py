"""Adjustment of raw prices for splits and dividends by LEAN factor files.

A row is `date, price factor, split factor[, reference price]` and holds for dates up to and including its own, back to
the row before. A price is multiplied by price factor x split factor; a volume is divided by the split factor. The
product is a double and becomes a price at the nearest 1e-9: adjusted prices do not sit on ticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.data._errors import fail
from walras.data._table import Source, load

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FactorFile:
    """Factors by the last day (number since 1970-01-01) on which each row holds."""

    last_day: IntArray
    price_factor: FloatArray
    split_factor: FloatArray
    source: str

    def at(self, days: IntArray) -> tuple[FloatArray, FloatArray]:
        """(factor of prices, factor of splits) on these days; 1 after the last row."""
        row = np.searchsorted(self.last_day, days, side="left")
        price = np.append(self.price_factor * self.split_factor, 1.0)
        split = np.append(self.split_factor, 1.0)
        return price[row], split[row]


def read_factors(source: Source | FactorFile) -> FactorFile:
    """A LEAN factor file, or a table with columns date, price_factor, split_factor."""
    if isinstance(source, FactorFile):
        return source
    names = ["date", "price_factor", "split_factor", "reference"]
    if isinstance(source, (str, Path)):
        path = Path(source)
        if not path.exists():
            fail(str(path), "the factor file does not exist", "check adjust=")
        head = path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
        table = load(path, names[: head.count(",") + 1] if head[:1].isdigit() else None)
    else:
        table = load(source)
    frame = table.frame
    lower = {c.lower(): c for c in frame.columns}
    for name in names[:3]:
        if name not in lower:
            table.fail(
                f"the factor file has no column {name!r}, only {', '.join(frame.columns)}",
                "give rows of date, price factor, split factor, as LEAN writes them",
            )
    dates = frame[lower["date"]]
    days = (
        dates.cast(pl.Date)
        if dates.dtype.is_temporal()
        else dates.cast(pl.String).str.replace_all("-", "").str.to_date("%Y%m%d", strict=False)
    )
    factors = [frame[lower[n]].cast(pl.Float64, strict=False) for n in names[1:3]]
    for column, name in zip((days, *factors), names, strict=False):
        if column.null_count():
            row = int(np.flatnonzero(column.is_null().to_numpy())[0])
            table.fail(f"the {name.replace('_', ' ')} is not readable", "write rows like 20131218,0.8646266,1", row)
    last_day = days.cast(pl.Int64).to_numpy().astype(np.int64)
    price, split = (f.to_numpy().astype(np.float64) for f in factors)
    for values, name in ((price, "price"), (split, "split")):
        bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if bad.size:
            table.fail(f"the {name} factor is {values[bad[0]]}", "factors are positive numbers", int(bad[0]))
    back = np.flatnonzero(np.diff(last_day) <= 0)
    if back.size:
        table.fail("the dates do not increase", "sort the rows by date, one row a date", int(back[0]) + 1)
    return FactorFile(last_day, price, split, table.source)
