"""How every engine of this folder is run and timed: `python TASK_ENGINE.py INPUT.npz OUTPUT.json [OPTION]`.

INPUT holds bars as columns: `ts_open`, `ts_close` (int64, ns UTC), `open`, `high`, `low`, `close`, `volume` (float64).
OUTPUT says what the engine did (`outcome`, rows to compare with the other engines) and how long it took: `load`, from
columns to what the engine reads, and `run`, from there to its fills and statistics. Both are medians of `repeat` times,
after one time that is not counted, over the first bars only: what is imported late is imported then.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Columns = dict[str, np.ndarray]
Row = tuple[Any, ...]
WARM_UP_BARS = 500


def option(default: str) -> str:
    return sys.argv[3] if len(sys.argv) > 3 else default


def main(
    load: Callable[[Columns], Any],
    run: Callable[[Any], Any],
    outcome: Callable[[Any, Columns], list[Row]],
    *,
    repeat: int = 1,
) -> None:
    columns = dict(np.load(sys.argv[1]))
    run(load({name: column[:WARM_UP_BARS] for name, column in columns.items()}))
    loads, runs = [], []
    for _ in range(repeat):
        start = time.perf_counter()
        data = load(columns)
        loaded = time.perf_counter()
        result = run(data)
        end = time.perf_counter()
        loads.append(loaded - start)
        runs.append(end - loaded)
    report = {"load": statistics.median(loads), "run": statistics.median(runs), "outcome": outcome(result, columns)}
    Path(sys.argv[2]).write_text(json.dumps(report))
