"""How long orders and reports travel. Pass one of these as `latency=`."""

from __future__ import annotations

from walras import _core
from walras._core import LatencyModel

__all__ = ["DEFAULT_QUOTE_MS", "LatencyModel", "constant", "none", "sampled"]

DEFAULT_QUOTE_MS = 5.0
"""Each way, on quotes, when nothing is said. Bars have none: waiting for the next open is delay enough."""


def none() -> LatencyModel:
    """Orders arrive at once."""
    return _core.constant_latency(0, 0)


def constant(order_ms: float, response_ms: float | None = None) -> LatencyModel:
    """The same delay for each message; reports take `response_ms`, by default as long as orders."""
    response = order_ms if response_ms is None else response_ms
    return _core.constant_latency(round(order_ms * 1e6), round(response * 1e6))


def sampled(minimum_ms: float, mean_excess_ms: float, *, seed: int = 0) -> LatencyModel:
    """`minimum_ms` plus an exponential excess with this mean, drawn anew for each message.

    The draws depend on the run's seed and on this one.
    """
    return _core.sampled_latency(round(minimum_ms * 1e6), round(mean_excess_ms * 1e6), seed)
