"""The framework: a benchmark is a function that says what it does and returns figures.

Speed is reported, never judged by a test. A figure is the median of its samples with their spread; figures that are
compared are taken in turns, round by round, and their ratio is the median of the rounds' ratios, so that a drift of the
machine touches both sides alike. Before each benchmark the machine is looked at: figures of a busy one are noisy.
"""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "bench" / "results"
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
BUSY = 0.1  # others may use this part of the processors before a figure counts as noisy


class SkippedError(Exception):
    """This benchmark cannot run here; the text says why and what to do."""


class WrongResultError(Exception):
    """Two engines were to do the same and did not: their times must not be compared."""


@dataclass(slots=True)
class Figure:
    """One measured quantity. `samples` in `unit`; `target` is the bar that Walras sets itself, if there is one."""

    who: str
    unit: str
    samples: list[float]
    target: float | None = None
    more_is_better: bool = True
    against: str | None = None  # the figure, by `who`, that this one is compared with
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def meets_target(self) -> bool | None:
        if self.target is None:
            return None
        return self.median >= self.target if self.more_is_better else self.median <= self.target


def ratio(figure: Figure, other: Figure) -> float:
    """How many times better `figure` is than `other`: the median over the rounds."""
    quotient = statistics.median(a / b for a, b in zip(figure.samples, other.samples, strict=True))
    return quotient if figure.more_is_better else 1 / quotient


@dataclass(frozen=True, slots=True)
class Settings:
    peers: bool = False
    rounds: int = 5
    quick: bool = False  # tiny inputs: for the tests of the benchmarks themselves
    wait_minutes: float = 0  # for the machine to become quiet

    def size(self, full: int, quick: int) -> int:
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Benchmark:
    name: str
    work: str
    input: str
    timing: str
    run: Callable[[Settings], list[Figure]]


@dataclass(slots=True)
class Report:
    """What came of a benchmark: figures, or why there are none."""

    benchmark: Benchmark
    figures: list[Figure] = field(default_factory=list)
    skipped: str = ""
    wrong: str = ""
    others_busy: float = 0.0

    def document(self) -> dict[str, Any]:
        by_name = {f.who: f for f in self.figures}
        rows = []
        for f in self.figures:
            row: dict[str, Any] = {
                "who": f.who,
                "unit": f.unit,
                "median": f.median,
                "minimum": min(f.samples),
                "maximum": max(f.samples),
                "samples": f.samples,
            }
            if f.target is not None:
                row |= {"target": f.target, "more_is_better": f.more_is_better, "meets_target": f.meets_target}
            if f.against in by_name:
                row |= {"against": f.against, "ratio": ratio(by_name[f.against], f)}
            if f.note:
                row["note"] = f.note
            rows.append(row)
        b = self.benchmark
        out: dict[str, Any] = {"name": b.name, "work": b.work, "input": b.input, "timing": b.timing, "figures": rows}
        out |= {key: text for key, text in (("skipped", self.skipped), ("wrong", self.wrong)) if text}
        return out | {"others_busy": round(self.others_busy, 3), "quiet": self.others_busy <= BUSY}


REGISTRY: dict[str, Benchmark] = {}


def benchmark(*, work: str, input: str, timing: str) -> Callable[[Callable[[Settings], list[Figure]]], Benchmark]:
    """Registers a function under its name."""

    def register(run: Callable[[Settings], list[Figure]]) -> Benchmark:
        found = Benchmark(run.__name__, work, input, timing, run)
        REGISTRY[found.name] = found
        return found

    return register


def measure(chosen: Benchmark, settings: Settings) -> Report:
    report = Report(chosen, others_busy=others_busy(0.05 if settings.quick else 1.0))
    patience = time.monotonic() + 60 * settings.wait_minutes
    while report.others_busy > BUSY and time.monotonic() < patience:
        report.others_busy = others_busy(5.0)
    try:
        report.figures = chosen.run(settings)
    except SkippedError as reason:
        report.skipped = str(reason)
    except WrongResultError as reason:
        report.wrong = str(reason)
    return report


# ---- timing ---------------------------------------------------------------------------------------------------------


def timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def per_call_ns(work: Callable[[int], Any], calls: int, rounds: int) -> list[float]:
    """Nanoseconds of one call; `work(n)` makes n of them. The Python loop around the calls is part of the figure."""
    work(calls // 10 + 1)
    return [timed(lambda: work(calls)) / calls * 1e9 for _ in range(rounds)]


def python(code: str, interpreter: str | Path = sys.executable) -> str:
    """What a fresh interpreter prints for this code."""
    return subprocess.run([str(interpreter), "-c", code], check=True, capture_output=True, text=True).stdout


def engine(interpreter: str | Path, script: str, source: Path, out: Path, *options: str) -> dict[str, Any]:
    """Runs one engine of benchmarks/engines in its own process; its report (see engines/_engine.py)."""
    command = [str(interpreter), str(ROOT / "benchmarks" / "engines" / script), str(source), str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TQDM_DISABLE": "1"}, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{script} failed:\n{done.stderr}")
    report: dict[str, Any] = json.loads(out.read_text())
    return report


def peer_version(package: str) -> str:
    return python(f"from importlib.metadata import version; print(version({package!r}))", PEERS_PYTHON).strip()


def require_peers() -> None:
    if not PEERS_PYTHON.exists():
        raise SkippedError("the peers are not installed; run `make peers`")


# ---- C++ programs ---------------------------------------------------------------------------------------------------


def google_benchmark(program: Path, settings: Settings, only: str = "") -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Runs a Google Benchmark program; yields each benchmark's name and its counters, one value a repetition.

    `ns` is the processor time of one iteration; `items_per_second` and the program's own counters where it has them.
    """
    flags = [f"--benchmark_filter={only}", f"--benchmark_repetitions={settings.rounds}", "--benchmark_format=json"]
    flags += ["--benchmark_min_time=0.01"] if settings.quick else ["--benchmark_enable_random_interleaving=true"]
    done = subprocess.run([str(program), *flags], capture_output=True, text=True, check=True)
    known = {
        "name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "repetition_index",
        "threads", "iterations", "real_time", "cpu_time", "time_unit",
    }  # fmt: skip
    scale = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
    rows: dict[str, dict[str, list[float]]] = {}
    for run in json.loads(done.stdout)["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        counters = rows.setdefault(run["run_name"].removesuffix("/iterations:1"), {})
        counters.setdefault("ns", []).append(run["cpu_time"] * scale[run["time_unit"]])
        for key in run.keys() - known:
            counters.setdefault(key, []).append(run[key])
    yield from rows.items()


# ---- the machine ----------------------------------------------------------------------------------------------------


def others_busy(seconds: float) -> float:
    """The part of all processors that is used while we sleep: 0 on a quiet machine, 1 on a full one."""

    def ticks() -> tuple[int, int]:
        with Path("/proc/stat").open() as file:
            values = [int(v) for v in file.readline().split()[1:9]]
        return sum(values) - values[3] - values[4], sum(values)  # without idle and waiting for disks

    try:
        busy, total = ticks()
        time.sleep(seconds)
        busy_after, total_after = ticks()
    except OSError:
        return 0.0
    return (busy_after - busy) / max(total_after - total, 1)


def machine(command: Sequence[str]) -> dict[str, Any]:
    """Where and how the figures were taken."""
    return {
        "cpu": _first(r"model name\s*: (.*)", Path("/proc/cpuinfo")) or platform.processor(),
        "cores": os.cpu_count(),
        "governor": _read(Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")) or "unknown",
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "compiler": compiler(),
        "flags": flags(),
        "commit": commit(),
        "command": " ".join(command),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def compiler() -> str:
    for found in sorted((ROOT / "build").glob("*/CMakeFiles/*/CMakeCXXCompiler.cmake")):
        return " ".join(_first(rf'set\(CMAKE_CXX_COMPILER_{what} "(.*)"\)', found) for what in ("ID", "VERSION"))
    return "unknown"


def flags() -> str:
    """What the release build hands to the compiler, without paths, defines and warnings."""
    with suppress(OSError, ValueError, StopIteration):
        commands = json.loads((ROOT / "build" / "release" / "compile_commands.json").read_text())
        line = next(c["command"] for c in commands if c["file"].endswith("engine/session.cpp"))
        return " ".join(w for w in line.split() if re.match(r"-(O|march|mtune|std|f(?!PIC)|DNDEBUG)", w))
    return "unknown"


def commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text().strip()
    return ""


def _first(pattern: str, path: Path) -> str:
    found = re.search(pattern, _read(path))
    return found.group(1).strip() if found else ""
