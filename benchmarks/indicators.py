"""Each indicator against TA-Lib, and rolling statistics against polars and pandas: one million points, one thread."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from harness import (
    PEERS_PYTHON,
    ROOT,
    Figure,
    Settings,
    SkippedError,
    WrongResultError,
    benchmark,
    engine,
    require_peers,
    timed,
)

Calls = dict[str, Callable[[], Any]]
CALLS = 5  # of each contender in a round, in turns; the best counts


def rounds(calls: Calls, settings: Settings) -> dict[str, list[float]]:
    """Seconds of each contender, one number a round; all take turns, so that a slow moment touches all."""
    samples: dict[str, list[float]] = {who: [] for who in calls}
    for _ in range(settings.rounds):
        best = dict.fromkeys(calls, float("inf"))
        for _ in range(settings.size(CALLS, 1)):
            for who, call in calls.items():
                best[who] = min(best[who], timed(call))
        for who, seconds in best.items():
            samples[who].append(seconds)
    return samples


def columns_of(result: Any) -> list[Any]:
    parts = result if isinstance(result, tuple | list) else (result,)
    return [np.asarray(part) for part in parts]


def require_same(ours: Any, theirs: Any, who: str, tolerance: float = 1e-6) -> None:
    """NaN in the same rows (whole numbers have none), and the same numbers, relative to the largest; but for one row in
    a thousand, where what an indicator compares is equal to rounding."""
    for a, b in zip(columns_of(ours), columns_of(theirs), strict=True):
        b = b if b.dtype == np.float64 else np.where(np.isnan(a), np.nan, b)
        scale = float(np.nanmax(np.abs(b), initial=1e-300))
        wrong = ~np.isclose(a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
        if wrong.sum() > len(wrong) / 1000:
            raise WrongResultError(f"{who} has other numbers: {int(wrong.sum()):,} of {len(wrong):,} rows")


def faster(who: str, times: dict[str, list[float]], peer: str) -> Figure:
    """How many times as fast as the peer, round by round."""
    ours, theirs = times["walras"], times[peer]
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    note = f"{1e3 * min(ours):.2f} ms, {peer} {1e3 * min(theirs):.2f} ms"
    return Figure(who, "x as fast", ratios, target=1.0, note=note)


@benchmark(
    work="every indicator that TA-Lib has, with its default parameters, candle patterns too; the numbers of both are "
    "compared",
    input="bars of a random walk, seed 1: 1,000,000 rows of float64",
    timing="the call from Python with its result allocated; both in turns, one thread, the best of 5 in each round",
)
def indicators_against_talib(settings: Settings) -> list[Figure]:
    try:
        import talib  # noqa: F401
    except ImportError:
        raise SkippedError("TA-Lib is not installed: pip install walras[dev]") from None
    import walras as wl

    sys.path.insert(0, str(ROOT))
    from tests.python.indicator_inputs import SPECS, defaults, talib_call, walk

    data = walk(1, settings.size(1_000_000, 5_000))
    data["session"] = np.zeros_like(data["close"])
    figures = []
    for name, spec in SPECS.items():
        if not spec["talib"]:
            continue
        parameters = defaults(name)
        calls: Calls = {
            "walras": partial(getattr(wl.indicators, name), *(data[c] for c in spec["inputs"]), *parameters, threads=1),
            "TA-Lib": talib_call(name, data, *parameters),
        }
        require_same(calls["walras"](), calls["TA-Lib"](), name)
        figures.append(faster(name, rounds(calls, settings), "TA-Lib"))
    return sorted(figures, key=lambda figure: figure.median)


@benchmark(
    work="SMA(200); rolling sum, mean, deviation, minimum, median, skewness and exponential average over 20 rows by "
    "polars and pandas; the numbers are compared",
    input="random walk, seed 1: 1,000,000 float64 in a NumPy array, for polars and pandas in a series of their own",
    timing="the call from Python with its result allocated; all in turns, one thread, the best of 5 in each round",
)
def rolling_statistics(settings: Settings) -> list[Figure]:
    import pandas as pd
    import polars as pl

    import walras as wl

    i = wl.indicators
    x = 1000 + np.cumsum(np.random.default_rng(1).normal(size=settings.size(1_000_000, 5_000)))
    p, q = pl.Series(x), pd.Series(x)
    work: dict[str, tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]] = {
        "sma(200)": (lambda: i.sma(x, 200), lambda: p.rolling_mean(200), lambda: q.rolling(200).mean()),
        "sma(20)": (lambda: i.sma(x, 20), lambda: p.rolling_mean(20), lambda: q.rolling(20).mean()),
        "rolling_sum(20)": (lambda: i.rolling_sum(x, 20), lambda: p.rolling_sum(20), lambda: q.rolling(20).sum()),
        "stddev(20)": (
            lambda: i.stddev(x, 20, ddof=1),
            lambda: p.rolling_std(20),
            lambda: q.rolling(20).std(),
        ),
        "lowest(20)": (lambda: i.lowest(x, 20), lambda: p.rolling_min(20), lambda: q.rolling(20).min()),
        "quantile(20)": (lambda: i.quantile(x, 20), lambda: p.rolling_median(20), lambda: q.rolling(20).median()),
        "skew(20)": (
            lambda: i.skew(x, 20),
            lambda: p.rolling_skew(20, bias=False),
            lambda: q.rolling(20).skew(),
        ),
        "ema(20)": (
            lambda: i.ema(x, 20, seed="first"),
            lambda: p.ewm_mean(span=20, adjust=False),
            lambda: q.ewm(span=20, adjust=False).mean(),
        ),
    }
    figures = []
    for name, (ours, polars, pandas) in work.items():
        for who, theirs in (("polars", polars), ("pandas", pandas)):
            require_same(ours(), theirs(), f"{who}, {name}")
        times = rounds({"walras": ours, "polars": polars, "pandas": pandas}, settings)
        figures += [faster(f"{name} against {who}", times, who) for who in ("polars", "pandas")]
        if name == "sma(200)":
            ms = [1e3 * seconds for seconds in times["walras"]]
            figures.insert(0, Figure("walras, sma(200)", "ms", ms, target=1.0, more_is_better=False))
    return figures


@benchmark(
    work="the indicators that vectorbt has with the same numbers, which are compared from the row on where both are "
    "ready",
    input="bars of a random walk, seed 1: 1,000,000 rows of float64, for vectorbt in a pandas series",
    timing="the call with its result allocated; each in a process of its own, in turns, one thread, compiled before; "
    "the best of 5 in each round",
)
def indicators_against_vectorbt(settings: Settings) -> list[Figure]:
    if not settings.peers:
        raise SkippedError("vectorbt is in the environment of the peers: make peers, then pass --peers")
    require_peers()
    import walras as wl

    i = wl.indicators
    rows = settings.size(1_000_000, 5_000)
    rng = np.random.default_rng(1)
    close = 1000 + np.cumsum(rng.normal(size=rows))
    high, low = close + rng.random(rows), close - rng.random(rows)
    volume = rng.integers(1, 1000, rows).astype(float)
    ours: Calls = {
        "sma(20)": lambda: i.sma(close, 20),
        "sma(200)": lambda: i.sma(close, 200),
        "ema(20)": lambda: i.ema(close, 20, seed="first"),
        "stddev(20)": lambda: i.stddev(close, 20),
        "bollinger(20)": lambda: i.bollinger(close, 20),
        "stochf(14, 3)": lambda: i.stochf(high, low, close, 14, 3),
        "obv": lambda: i.obv(close, volume),
    }
    times: dict[str, dict[str, list[float]]] = {name: {"walras": [], "vectorbt": []} for name in ours}
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "bars.npz", Path(folder) / "vectorbt.json"
        np.savez(source, high=high, low=low, close=close, volume=volume)
        for _ in range(settings.rounds):
            theirs = engine(PEERS_PYTHON, "indicators_vectorbt.py", source, out)
            for name, call in ours.items():
                times[name]["vectorbt"].append(theirs[name])
                times[name]["walras"].append(min(timed(call) for _ in range(settings.size(CALLS, 1))))
        columns = np.load(out.with_suffix(".npz"))
        for name, call in ours.items():
            for k, column in enumerate(columns_of(call())):
                other = columns[f"{name}/{k}"]
                both = np.isfinite(column) & np.isfinite(other)
                if both.sum() < rows - 500:
                    raise WrongResultError(f"vectorbt, {name}: only {int(both.sum()):,} rows are ready in both")
                require_same(column[both], other[both], f"vectorbt, {name}")
    return sorted((faster(name, each, "vectorbt") for name, each in times.items()), key=lambda figure: figure.median)
