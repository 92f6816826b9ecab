"""How every engine of this folder is run and timed: `python TASK_ENGINE.py INPUT.npz OUTPUT.json [OPTION]`.

INPUT holds bars as columns: `ts_open`, `ts_close` (int64, ns UTC), `open`, `high`, `low`, `close`, `volume` (float64).
OUTPUT says what the engine did (`outcome`, rows to compare with the other engines) and how long it took: `load`, from
columns to what the engine reads; `run`, from there to its result with orders, fills and equity; `summarize`, for the
statistics, where the engine makes them when they are asked for. Each is the median of `repeat` times in one process,
after a time that is not counted, over the first bars only: what is imported late is imported then.
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
    summarize: Callable[[Any], Any] = lambda result: None,
    repeat: int = 3,
) -> None:
    columns = dict(np.load(sys.argv[1]))
    summarize(run(load({name: column[:WARM_UP_BARS] for name, column in columns.items()})))
    times: dict[str, list[float]] = {"load": [], "run": [], "summarize": []}
    for _ in range(repeat):
        marks = [time.perf_counter()]
        data = load(columns)
        marks.append(time.perf_counter())
        result = run(data)
        marks.append(time.perf_counter())
        summarize(result)
        marks.append(time.perf_counter())
        for name, start, end in zip(times, marks, marks[1:], strict=False):
            times[name].append(end - start)
    report = {name: statistics.median(each) for name, each in times.items()}
    Path(sys.argv[2]).write_text(json.dumps({**report, "outcome": outcome(result, columns)}))
