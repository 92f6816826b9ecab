"""Trials of Python strategies: one after another, or in forked worker processes."""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from walras import _core
from walras.errors import ConfigError

if TYPE_CHECKING:
    from walras._sweep_grid import Grid
    from walras.backtest import _Prepared

Progress: TypeAlias = Callable[[int, int], bool | None]
Row: TypeAlias = tuple[int, int, Any, str, Any]  # trial, status code, statistics, message, returns
PENDING, DONE, REFUSED, FAILED = range(4)
MOST_TASKS = 2_000


def run_trials(
    prepared: _Prepared,
    make: Callable[[dict[str, Any]], Any],
    grid: Grid,
    *,
    processes: int,
    keep_returns: bool,
    progress: Progress | None,
) -> Mapping[str, Any]:
    """What `_core.run_sweep` returns, for strategies that only Python can build."""
    total = len(grid)
    width = len(_core.trial_statistics())
    out: dict[str, Any] = {
        "status": np.zeros(total, dtype=np.uint8),
        "statistics": np.full((total, width), np.nan),
        "messages": {},
        "returns": np.empty(0),
        "periods": 0,
        "interrupted": False,
    }
    state = _State(prepared, make, grid, keep_returns)
    rows = _forked(state, total, processes) if processes > 1 else state.trials(range(total), lambda: False)
    done = 0
    try:
        for row in rows:
            _take(out, row)
            done += 1
            if progress is not None and progress(done, total) is False:
                break
    except KeyboardInterrupt:
        pass
    finally:
        rows.close()
    out["interrupted"] = done < total
    return out


def _take(out: dict[str, Any], row: Row) -> None:
    trial, status, statistics, message, returns = row
    out["status"][trial] = status
    if status == DONE:
        out["statistics"][trial] = statistics
    else:
        out["messages"][trial] = message
    if returns is not None:
        if not out["periods"]:
            out["periods"] = len(returns)
            out["returns"] = np.full((len(out["status"]), len(returns)), np.nan)
        if len(returns) == out["periods"]:
            out["returns"][trial] = returns


class _State:
    """What a worker needs; it reaches forked workers as their copy of the parent's memory."""

    def __init__(self, prepared: _Prepared, make: Callable[[dict[str, Any]], Any], grid: Grid, keep: bool) -> None:
        self.prepared, self.make, self.grid, self.keep = prepared, make, grid, keep

    def trials(self, indices: range, stopped: Callable[[], bool]) -> Generator[Row, None, None]:
        for i in indices:
            row = self._trial(i, stopped)
            if row is None:
                return
            yield row

    def _trial(self, i: int, stopped: Callable[[], bool]) -> Row | None:
        """None if it was stopped half way."""
        from walras.backtest import show_bars

        try:
            strategy = self.make(self.grid.at(i))
            if not isinstance(strategy, tuple):
                show_bars([strategy], self.prepared.bars)
        except ConfigError as error:
            return i, REFUSED, None, str(error), None
        except Exception as error:  # noqa: BLE001 - recorded; it fails this trial only
            return i, FAILED, None, f"{type(error).__name__}: {error}", None
        try:
            raw = _core.run_backtest(
                self.prepared.universe,
                **self.prepared.data(),
                strategies=[strategy],
                settings=self.prepared.settings,
                progress=lambda _ts, _events: not stopped(),
            )
        except Exception as error:  # noqa: BLE001 - as above
            return i, FAILED, None, f"{type(error).__name__}: {error}", None
        if raw["interrupted"]:
            return None
        return i, DONE, raw["trial"](), "", _returns(raw) if self.keep else None


def _returns(raw: Mapping[str, Any]) -> Any:
    equity = np.concatenate(([raw["start_equity"]], raw["equity"]["equity"]))
    with np.errstate(all="ignore"):
        return np.where(equity[:-1] > 0, equity[1:] / equity[:-1] - 1, np.nan)


# ---- worker processes ------------------------------------------------------------------------------------------------

_STATE: _State | None = None  # set before the fork, read by the workers
_STOP: Any = None


def can_fork() -> bool:
    return sys.platform == "linux"


def _forked(state: _State, total: int, processes: int) -> Generator[Row, None, None]:
    """Rows as they come. Closing the generator stops the workers."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    global _STATE, _STOP
    context = multiprocessing.get_context("fork")
    _STATE, _STOP = state, context.Event()
    step = max(1, -(-total // MOST_TASKS))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads: the workers use none of them
            pool = ProcessPoolExecutor(min(processes, total), mp_context=context, initializer=_begin)
            tasks = [pool.submit(_work, a, min(a + step, total)) for a in range(0, total, step)]
        try:
            for task in as_completed(tasks):
                yield from task.result()
        finally:
            _STOP.set()
            pool.shutdown(cancel_futures=True)
    finally:
        _STATE = _STOP = None


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides


def _work(first: int, last: int) -> list[Row]:
    assert _STATE is not None
    return list(_STATE.trials(range(first, last), _STOP.is_set))
