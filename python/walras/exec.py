"""Execution algorithms for `ctx.execute`: a parent order worked with child orders.

Sizes are in units of the instrument, durations text ("10min", "90s", "1h30min"), seconds or a timedelta. Definitions
and assumptions: docs/concepts/execution.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from walras.errors import ConfigError

__all__ = ["Algorithm", "Duration", "Urgency", "iceberg", "pov", "twap", "vwap"]

Duration: TypeAlias = str | float | timedelta
Urgency: TypeAlias = Literal["passive", "aggressive"]

_UNITS = {"ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9}


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An algorithm with its parameters, made by the functions of this module."""

    name: str
    parameters: Mapping[str, Any]


def twap(
    *,
    duration: Duration,
    slices: int = 10,
    urgency: Urgency = "passive",
    randomize: float = 0.0,
    seed: int = 0,
    sweep: bool = True,
) -> Algorithm:
    """Equal slices at equal intervals over `duration`.

    `randomize`: a slice comes later by up to this fraction of the interval. What a slice does not fill stays at work
    beside the next one; with `sweep` what is left at the end takes what is there, within the limit.

    >>> twap(duration="10min", slices=20).parameters["duration"]
    600000000000
    """
    timed = _timed("twap", duration, slices, urgency, sweep)
    return Algorithm("twap", {**timed, "randomize": _fraction("randomize", randomize, zero=True), "seed": seed})


def vwap(
    *,
    duration: Duration,
    curve: Sequence[float] | None = None,
    slices: int | None = None,
    urgency: Urgency = "passive",
    sweep: bool = True,
) -> Algorithm:
    """Slices as large as the volume that is expected in them.

    `curve`: weights of equal parts of the duration; None learns it from the volume of the same minutes of the day that
    the run has seen so far, which is flat where it has seen none.

    >>> vwap(duration="1h", curve=[3, 1, 1, 3]).parameters["slices"]
    4
    """
    weights = None if curve is None else [float(w) for w in curve]
    if weights is not None and (not sum(weights) or not all(math.isfinite(w) and w >= 0 for w in weights)):
        raise ConfigError(f"curve = {list(weights)!r} must be weights of at least 0, not all of them 0.")
    count = slices if slices is not None else (len(weights) if weights else 10)
    return Algorithm("vwap", {**_timed("vwap", duration, count, urgency, sweep), "curve": weights})


def pov(
    *,
    rate: float,
    max_rate: float | None = None,
    min_clip: float | None = None,
    max_clip: float | None = None,
    duration: Duration | None = None,
    urgency: Urgency = "aggressive",
) -> Algorithm:
    """A part of what others trade: filled is at most `rate` times the volume since the start.

    In any stretch of time it fills at most `max_rate` (default: `rate`) times the volume of it and one `max_clip`
    (default: a twentieth of the quantity). `min_clip` is the smallest child order. Without a duration it goes on until
    it is filled.

    >>> pov(rate=0.1).parameters["rate"]
    0.1
    """
    most = None if max_rate is None else _fraction("max_rate", max_rate)
    if most is not None and most < rate:
        raise ConfigError(f"max_rate = {max_rate} is below rate = {rate}; leave it out, or raise it.")
    time = None if duration is None else _nanoseconds(duration)
    return Algorithm(
        "pov",
        {"rate": _fraction("rate", rate), "max_rate": most, "min_clip": min_clip, "max_clip": max_clip,
         "duration": time, "urgency": _urgency(urgency)},
    )  # fmt: skip


def iceberg(*, display: float, duration: Duration | None = None, sweep: bool = False) -> Algorithm:
    """Shows `display` at a time; each further piece joins the back of the queue. The venue never knows the rest.

    It rests at the limit of `ctx.execute`, or at the near touch where there is none.

    >>> iceberg(display=0.5).name
    'iceberg'
    """
    if sweep and duration is None:
        raise ConfigError("a sweep needs an end; give a duration.")
    time = None if duration is None else _nanoseconds(duration)
    return Algorithm("iceberg", {"display": display, "duration": time, "sweep": sweep})


def _timed(name: str, duration: Duration, slices: int, urgency: Urgency, sweep: bool) -> dict[str, Any]:
    if isinstance(slices, bool) or not isinstance(slices, int) or slices < 1:
        raise ConfigError(f"{name}: slices = {slices!r} must be a whole number of at least 1.")
    return {"duration": _nanoseconds(duration), "slices": slices, "urgency": _urgency(urgency), "sweep": bool(sweep)}


def _urgency(urgency: str) -> str:
    if urgency not in ("passive", "aggressive"):
        raise ConfigError(f"urgency = {urgency!r} must be 'passive' (rests) or 'aggressive' (takes).")
    return urgency


def _fraction(name: str, value: float, *, zero: bool = False) -> float:
    if not (0 <= value <= 1) or (value == 0 and not zero):
        raise ConfigError(f"{name} = {value!r} must be a fraction {'from' if zero else 'above'} 0 to 1.")
    return float(value)


def _nanoseconds(duration: Duration) -> int:
    if isinstance(duration, timedelta):
        total = round(duration.total_seconds() * 1e9)
    elif isinstance(duration, str):
        parts = re.findall(r"(\d+(?:\.\d+)?)\s*(ms|min|[shd])", duration)
        if not parts or re.sub(r"\d+(?:\.\d+)?\s*(ms|min|[shd])", "", duration).strip():
            raise ConfigError(f"duration = {duration!r} is no duration; write it like '10min', '90s' or '1h30min'.")
        total = round(sum(float(number) * _UNITS[unit] for number, unit in parts))
    else:
        total = round(float(duration) * 1e9)
    if total <= 0:
        raise ConfigError(f"duration = {duration!r} must be longer than nothing.")
    return total
