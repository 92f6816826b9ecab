"""Bars to try indicators on, and how the catalogue's names call TA-Lib."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import talib
from numpy.typing import NDArray

import walras as wl

Array = NDArray[np.float64]
SPECS = {spec["name"]: spec for spec in wl.indicators.catalog()}


def walk(seed: int, rows: int = 3000) -> dict[str, Array]:
    """Bars of a random walk, every input that an indicator may ask for."""
    rng = np.random.default_rng(seed)
    close = 100 + np.cumsum(rng.normal(size=rows))
    close += 20 - min(0.0, float(close.min()))
    open_ = close + 0.3 * rng.normal(size=rows)
    high = np.maximum(open_, close) + rng.random(rows)
    low = np.minimum(open_, close) - rng.random(rows)
    volume = rng.integers(1, 1000, rows).astype(float)
    return with_others({"open": open_, "high": high, "low": low, "close": close, "volume": volume})


def with_others(bars: dict[str, Array]) -> dict[str, Array]:
    rows = len(bars["close"])
    others = {"values": bars["close"], "session": np.repeat(np.arange(rows // 50 + 1.0), 50)[:rows]}
    # A second series, for indicators of two.
    other = np.cumsum(np.random.default_rng(rows).normal(size=rows)) + 200
    return bars | others | {"x": bars["close"], "y": other, "benchmark": other, "returns": other - 200}


def ours(name: str, data: dict[str, Array], *parameters: Any, **named: Any) -> tuple[Array, ...]:
    """Our columns, always a tuple."""
    given = [data[column] for column in SPECS[name]["inputs"]]
    result = getattr(wl.indicators, name)(*given, *parameters, **named)
    return result if isinstance(result, tuple) else (result,)


def talib_call(name: str, data: dict[str, Array], *parameters: Any) -> Callable[[], Any]:
    """TA-Lib's function with our parameters, ready to be called."""
    given = [data[column] for column in SPECS[name]["inputs"] if column != "session"]
    sma, ema = 0, 1
    match name:
        case "kama":
            parameters = parameters[:1]  # TA-Lib's fast and slow are 2 and 30
        case "apo" | "ppo" | "pvo":
            parameters = (*parameters, ema)
        case "stoch":
            parameters = (parameters[0], parameters[1], sma, parameters[2], sma)
        case "stochf" | "stoch_rsi":
            parameters = (*parameters, sma)
        case "bollinger":
            parameters = (parameters[0], parameters[1], parameters[1], sma)
        case "variance" | "stddev":
            parameters = parameters[:-1]  # the population's
    return partial(getattr(talib, SPECS[name]["talib"]), *given, *parameters)


def theirs(name: str, data: dict[str, Array], *parameters: Any) -> tuple[Array, ...]:
    """TA-Lib's columns for our parameters."""
    if name == "vwap":  # TA-Lib's has one session
        begins = np.flatnonzero(np.diff(data["session"])) + 1
        parts = [np.split(data[column], begins) for column in ("high", "low", "close", "volume")]
        return (np.concatenate([talib.VWAP(*part) for part in zip(*parts, strict=True)]),)
    result = talib_call(name, data, *parameters)()
    columns = result if isinstance(result, tuple | list) else (result,)
    return tuple(np.asarray(column, dtype=np.float64) for column in columns)


def defaults(name: str) -> list[Any]:
    """The numbers among the default parameters."""
    rows = SPECS[name]["parameters"]
    return [row["default"] for row in rows if not isinstance(row["default"], str)]
