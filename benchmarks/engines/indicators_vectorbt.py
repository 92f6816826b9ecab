"""vectorbt's indicators, as its documentation calls them; compiled before the clock starts.

`python indicators_vectorbt.py INPUT.npz OUTPUT.json`: INPUT holds `high`, `low`, `close` and `volume`; OUTPUT the best
of `CALLS` seconds of each indicator, and OUTPUT with the suffix .npz its columns.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

CALLS = 5
Calls = dict[str, Callable[[], tuple[Any, ...]]]


def calls_of(high: pd.Series, low: pd.Series, close: pd.Series, volume: pd.Series) -> Calls:
    def bollinger() -> tuple[Any, ...]:
        bands = vbt.BBANDS.run(close, window=20, alpha=2)
        return bands.upper, bands.middle, bands.lower

    def stochastic() -> tuple[Any, ...]:
        both = vbt.STOCH.run(high, low, close, k_window=14, d_window=3)
        return both.percent_k, both.percent_d

    return {
        "sma(20)": lambda: (vbt.MA.run(close, window=20).ma,),
        "sma(200)": lambda: (vbt.MA.run(close, window=200).ma,),
        "ema(20)": lambda: (vbt.MA.run(close, window=20, ewm=True).ma,),
        "stddev(20)": lambda: (vbt.MSTD.run(close, window=20).mstd,),
        "bollinger(20)": bollinger,
        "stochf(14, 3)": stochastic,
        "obv": lambda: (vbt.OBV.run(close, volume).obv,),
    }


def best(call: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


columns = np.load(sys.argv[1])
calls = calls_of(*(pd.Series(columns[name]) for name in ("high", "low", "close", "volume")))
results = {name: [np.asarray(column).ravel() for column in call()] for name, call in calls.items()}
np.savez(
    Path(sys.argv[2]).with_suffix(".npz"),
    **{f"{name}/{k}": c for name, cs in results.items() for k, c in enumerate(cs)},
)
Path(sys.argv[2]).write_text(json.dumps({name: best(call) for name, call in calls.items()}))
