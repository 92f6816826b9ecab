"""The sixty-one candle patterns against TA-Lib and against LEAN's reference file."""

from __future__ import annotations

import csv
import gzip
import importlib

import numpy as np
import pytest
import talib
from numpy.typing import NDArray

import walras as wl
from tests.python.data_files import shared

PATTERNS = {row["name"]: row["talib"] for row in wl.indicators.catalog() if row["group"] == "candle"}
Candles = tuple[NDArray[np.float64], ...]
# Opens and closes: a kick, and a rise that three small candles interrupt.
RARE = [
    np.array([[0.0, -8.0], [8.0, 18.0]]),
    np.array([[0.0, 12.0], [11.0, 10.9], [10.0, 9.9], [9.0, 8.9], [9.5, 20.0]]),
]


def candles(seed: int, rows: int, *, tick: float) -> Candles:
    """Candles of all shapes on a grid of prices: gaps, doji, long and short bodies, with and without shadows."""
    rng = np.random.default_rng(seed)
    scale = rng.choice([0.1, 1.0, 3.0], rows)
    body = rng.normal(size=rows) * scale * rng.choice([0.02, 1.0], rows, p=[0.25, 0.75])
    gap = rng.normal(size=rows) * rng.choice([0.0, 0.3, 1.5], rows)
    close = 500 + np.cumsum(body + gap) * 0.2
    open_ = close - body
    upper = np.abs(rng.normal(size=rows)) * scale * rng.choice([0.0, 0.1, 1.0], rows)
    lower = np.abs(rng.normal(size=rows)) * scale * rng.choice([0.0, 0.1, 1.0], rows)
    columns = (open_, np.maximum(open_, close) + upper, np.minimum(open_, close) - lower, close)
    for at in range(50, rows - 50, 101):  # shapes that chance seldom makes, jittered and mirrored
        shape = RARE[(at // 101) % len(RARE)] * rng.choice([-1, 1])
        place = slice(at, at + len(shape))
        moved = shape * rng.uniform(0.8, 1.25) + rng.normal(size=shape.shape) * 0.01 + close[at - 1]
        columns[0][place], columns[3][place] = moved[:, 0], moved[:, 1]
        columns[1][place], columns[2][place] = moved.max(axis=1), moved.min(axis=1)
    rounded = [np.round(column / tick) * tick for column in columns]
    return rounded[0], np.max(rounded, axis=0), np.min(rounded, axis=0), rounded[3]


def test_there_are_all_sixty_one() -> None:
    assert sorted(PATTERNS.values()) == sorted(talib.get_function_groups()["Pattern Recognition"])


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_found_where_talib_finds_it(name: str) -> None:
    """On prices without a grid: on one, TA-Lib's running sums and ours may round a tie to different sides."""
    rows = candles(11, 200_000, tick=1e-7)
    found = getattr(wl.indicators, name)(*rows)
    want = getattr(talib, PATTERNS[name])(*rows)
    ready = ~np.isnan(found)
    first = int(ready.argmax())
    assert ready[first:].all()
    assert first == importlib.import_module("talib.abstract").Function(PATTERNS[name]).lookback
    np.testing.assert_array_equal(found[first:], want[first:])


def test_the_random_candles_hold_nearly_every_pattern() -> None:
    """Otherwise the comparison above would compare zeros."""
    rows = candles(11, 200_000, tick=1e-7)
    absent = [name for name in PATTERNS if not np.nansum(np.abs(getattr(wl.indicators, name)(*rows)))]
    assert absent == []


@pytest.mark.parametrize("name", PATTERNS)
def test_ties_on_a_grid_of_prices_are_rare_differences(name: str) -> None:
    rows = candles(5, 50_000, tick=0.01)
    found = getattr(wl.indicators, name)(*rows)
    want = getattr(talib, PATTERNS[name])(*rows)
    differ = (found != want) & ~np.isnan(found)
    assert differ.mean() < 1e-3


def test_leans_reference_file_agrees() -> None:
    """lean_spy_candle_patterns: 500 days of SPY, made with TA-Lib; a blank is warm-up."""
    with gzip.open(shared("indicators/lean_spy_candle_patterns.txt.gz"), "rt") as file:
        rows = list(csv.DictReader(file))
    columns = [np.array([float(row[name]) for row in rows]) for name in ("Open", "High", "Low", "Close")]
    compared = 0
    for name, theirs in PATTERNS.items():
        found = getattr(wl.indicators, name)(*columns)
        column = next((key for key in rows[0] if key and key.strip().upper() == theirs), None)
        if column is None:
            continue
        for i, row in enumerate(rows):
            if row[column] not in ("", None) and not np.isnan(found[i]):
                # Its TA-Lib is older: bodies whose ends touch were no harami yet.
                expected = 0.0 if abs(found[i]) == 80 and "harami" in name else found[i]
                assert expected == float(row[column]), (name, i)
                compared += 1
    assert compared > 20_000
