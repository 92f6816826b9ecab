"""Inputs of the benchmarks: made from a seed, or read from files that are named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MINUTE = 60_000_000_000
START = 1_577_836_800_000_000_000  # 2020-01-01T00:00Z
Columns = dict[str, Any]  # name -> array of shape (time,)
TICK = 0.25  # a quarter: sums of such prices are exact in double


def random_walk(bars: int, seed: int = 1) -> Columns:
    """One-minute bars of a random walk around 4000, as columns; prices in quarters, volume 1000 a bar."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-2, 3, (bars, 2))  # close to open, open to close
    path = 16_000 + np.cumsum(steps.ravel())
    path = np.abs(path - 4_000) + 4_000  # never below 1000
    open_, close = path[0::2], path[1::2]
    high = np.maximum(open_, close) + rng.integers(0, 3, bars)
    low = np.minimum(open_, close) - rng.integers(0, 3, bars)
    ts_open = START + MINUTE * np.arange(bars, dtype=np.int64)
    prices = {"open": open_, "high": high, "low": low, "close": close}
    return {
        "ts_open": ts_open,
        "ts_close": ts_open + MINUTE,
        **{name: column * TICK for name, column in prices.items()},
        "volume": np.full(bars, 1000.0),
    }


def signal_matrices(rows: int, columns: int, seed: int = 1) -> Columns:
    """Closes in cents of random walks around 100, entries and exits in 2 % of the cells; shape (time, asset)."""
    rng = np.random.default_rng(seed)
    path = 10_000 + np.cumsum(rng.integers(-100, 101, (rows, columns)), axis=0)
    flags = rng.random((2, rows, columns)) < 0.02
    return {"close": (np.abs(path - 1_000) + 1_000) / 100, "entries": flags[0], "exits": flags[1]}


def goog() -> Columns:
    """backtesting.py's daily GOOG bars of ../shared/data; raises SkippedError where they are absent."""
    import polars as pl
    from harness import SkippedError

    name = "data/daily/backtestingpy_goog_2004_2013.csv.gz"
    places = [Path(os.environ["WALRAS_SHARED"])] if "WALRAS_SHARED" in os.environ else [
        ROOT.parent / "shared", ROOT.parent.parent / "shared"
    ]  # fmt: skip
    found = next((place / name for place in places if (place / name).exists()), None)
    if found is None:
        raise SkippedError(f"../shared/{name} is absent; set WALRAS_SHARED to the folder that holds data/")
    frame = pl.read_csv(found, try_parse_dates=True)
    ts_open = frame.to_series(0).cast(pl.Datetime("ns")).cast(pl.Int64).to_numpy()
    day = 86_400_000_000_000
    prices = {c.lower(): frame[c].cast(pl.Float64).to_numpy() for c in ("Open", "High", "Low", "Close", "Volume")}
    return {"ts_open": ts_open, "ts_close": ts_open + day - 1, **prices}
