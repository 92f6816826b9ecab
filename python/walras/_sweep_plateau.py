"""Neighbours on the grid of a sweep."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.errors import ConfigError

Floats = NDArray[np.float64]


def plateau_of(frame: pl.DataFrame, parameters: tuple[str, ...], metric: str, radius: int) -> pl.DataFrame:
    """See `Sweep.neighbours`."""
    value = frame[metric].cast(pl.Float64).fill_null(math.nan).to_numpy().copy()
    value[~np.isfinite(value)] = np.nan
    levels = [frame[name].rank("dense").cast(pl.Int64).to_numpy() - 1 for name in parameters]
    moves = [range(-radius, radius + 1) if frame[name].dtype.is_numeric() else range(1) for name in parameters]
    mean, count = _box(value, levels, moves)
    known = np.isfinite(value)
    return frame.select(
        "trial",
        *parameters,
        pl.Series(metric, value).fill_nan(None),
        pl.Series("plateau", np.where(known, mean, np.nan)).fill_nan(None),
        pl.Series("neighbours", np.where(known, count, 0).astype(np.int64)),
    )


def _box(value: Floats, levels: list[NDArray[np.int64]], moves: list[range]) -> tuple[Floats, Floats]:
    """Mean over the box around each point, and how many points it is of. Memory goes with the points, not the grid."""
    sizes = [int(level.max()) + 1 for level in levels]
    if math.prod(sizes) >= 1 << 62:
        raise ConfigError("the parameter sets span more than 2^62 grid cells; neighbours need a smaller grid.")
    known = np.isfinite(value)
    keys = _keys(levels, sizes)
    cells, cell_of = np.unique(keys[known], return_inverse=True)
    total = np.bincount(cell_of, weights=value[known], minlength=len(cells))
    many = np.bincount(cell_of, minlength=len(cells)).astype(np.float64)
    sums, counts = np.zeros(len(value)), np.zeros(len(value))
    for move in product(*moves):
        there = [level + step for level, step in zip(levels, move, strict=True)]
        inside = np.ones(len(value), dtype=bool)
        for level, size in zip(there, sizes, strict=True):
            inside &= (level >= 0) & (level < size)
        wanted = _keys(there, sizes)
        place = np.minimum(np.searchsorted(cells, wanted), max(len(cells) - 1, 0))
        found = inside & (cells[place] == wanted) if len(cells) else np.zeros(len(value), dtype=bool)
        sums[found] += total[place[found]]
        counts[found] += many[place[found]]
    return np.divide(sums, counts, out=np.full(len(value), np.nan), where=counts > 0), counts


def _keys(levels: list[NDArray[np.int64]], sizes: list[int]) -> NDArray[np.int64]:
    """One number for each point of the grid."""
    out: Any = np.zeros(len(levels[0]), dtype=np.int64)
    for level, size in zip(levels, sizes, strict=True):
        out = out * size + level
    return np.asarray(out, dtype=np.int64)
