"""How long orders and reports travel. Pass one of these as `latency=`."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from walras import _core
from walras._core import LatencyModel
from walras.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["DEFAULT_QUOTE_MS", "LatencyModel", "constant", "none", "recorded", "sampled", "with_feed"]

DEFAULT_QUOTE_MS = 5.0
"""Each way, on quotes, when nothing is said. Bars have none: waiting for the next open is delay enough."""

MOST_MS = 1e12  # 31 years


def none() -> LatencyModel:
    """Orders arrive at once."""
    return _core.constant_latency(0, 0)


def constant(order_ms: float, response_ms: float | None = None, *, feed_ms: float = 0.0) -> LatencyModel:
    """The same delay for each message; reports take `response_ms`, by default as long as orders.

    `feed_ms`: how much later than recorded market data reach us; books and ticks only.
    """
    response = order_ms if response_ms is None else response_ms
    return _core.constant_latency(_ns("order_ms", order_ms), _ns("response_ms", response), _ns("feed_ms", feed_ms))


def recorded(requested: ArrayLike, at_venue: ArrayLike, answered: ArrayLike) -> LatencyModel:
    """Delays of recorded round trips, linear in between by the time at which a message leaves.

    Arrays of shape (trips,), ns UTC, sorted: when a request left, when it was at the venue, when its answer was back.
    """
    columns = [np.asarray(c, dtype=np.int64).reshape(-1) for c in (requested, at_venue, answered)]
    if len({c.size for c in columns}) != 1:
        sizes = ", ".join(str(c.size) for c in columns)
        raise ConfigError(f"recorded round trips have columns of {sizes} rows; give columns of one length.")
    return _core.recorded_latency(np.stack(columns, axis=1).tolist())


def with_feed(orders: LatencyModel, feed: LatencyModel) -> LatencyModel:
    """Orders and reports by `orders`; market data (books and ticks) later by the delays that `feed` has for reports."""
    return _core.with_feed_latency(orders, feed)


def sampled(minimum_ms: float, mean_excess_ms: float, *, seed: int = 0) -> LatencyModel:
    """`minimum_ms` plus an exponential excess with this mean, drawn anew for each message.

    The draws depend on the run's seed and on this one.
    """
    return _core.sampled_latency(_ns("minimum_ms", minimum_ms), _ns("mean_excess_ms", mean_excess_ms), seed)


def _ns(name: str, milliseconds: float) -> int:
    number: object = milliseconds
    if not isinstance(number, Real) or not 0 <= milliseconds <= MOST_MS:
        raise ConfigError(f"{name} = {milliseconds!r} is no delay; give milliseconds from 0 to {MOST_MS:g}.")
    return round(float(milliseconds) * 1e6)
