"""The bundled prices: 20 US stocks, daily adjusted closes 1990 to 2022 (demo_data/ATTRIBUTION.md)."""

from __future__ import annotations

import gzip
from importlib.resources import files

import polars as pl


def load_demo_prices() -> pl.DataFrame:
    """Daily closes of 20 US stocks, adjusted for splits and dividends, 1990-01-02 to 2022-12-28: shape (8313, 21).

    Columns: `date` (polars Date) and one float64 column a symbol (AAPL, AMD, BAC, ..., XOM), in dollars.

    Example:
        >>> import walras as wl
        >>> prices = wl.data.load_demo_prices()
        >>> prices.shape
        (8313, 21)
    """
    packed = files("walras").joinpath("demo_data/sp500_20stocks_close.csv.gz").read_bytes()
    frame = pl.read_csv(gzip.decompress(packed), schema_overrides={"Date": pl.Date})
    return frame.rename({"Date": "date"})
