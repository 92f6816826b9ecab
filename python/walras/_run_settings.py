"""The settings of a run: checked, with their defaults, as the core takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import numpy as np

from walras import _core
from walras import fees as _fees
from walras import latency as _latency
from walras import queue as _queue
from walras import slippage as _slippage
from walras.errors import ConfigError, DataError
from walras.instrument import Number

if TYPE_CHECKING:
    from walras._account import Account

FillAt: TypeAlias = Literal["auto", "next_open", "next_close", "this_close", "intrabar_path"]
DAY = 86_400_000_000_000
MOST_SECONDS = 1e9
LEAST_BPS = 0.05  # plain numbers below it were meant as fractions
_M = TypeVar("_M")


def rate(value: float) -> int:
    return _core.parse_fixed(f"{value:.9f}")


def queue_model(queue: _core.QueueModel | str) -> _core.QueueModel:
    return _model("queue", _core.QueueModel, _queue.named(queue) if isinstance(queue, str) else queue)


def equity_step(step: float | None, on_ticks: bool) -> int:
    """ns between two rows of the equity curve; None: a second on ticks, else a row for every timestamp."""
    if step is None:
        return 1_000_000_000 if on_ticks else 0
    number: object = step
    if not isinstance(number, Real) or not 0 <= step <= MOST_SECONDS:
        raise ConfigError(f"equity_step = {step!r} is no time; give seconds, 0 for a row at every timestamp.")
    return round(float(step) * 1e9)


def window(start: Any, end: Any, bars: list[Any], quotes: list[Any], ticks: list[Any]) -> tuple[int | None, int | None]:
    """`start` and `end` as ns UTC; a window without data is an error."""
    first, last = to_ns(start), to_ns(end, last=True)
    times = [b.ts_close for b in bars] + [q.ts for q in quotes] + [t.ticks.ts_init for t in ticks if t.span]
    if not times:
        return first, last
    low = min(int(t[0]) for t in times) if first is None else first
    high = max(int(t[-1]) for t in times) if last is None else last
    if not any(np.searchsorted(t, low) < np.searchsorted(t, high, side="right") for t in times):
        raise DataError(f"no data lies between start = {start} and end = {end}; widen the window")
    return first, last


def check_cash(cash: Number) -> None:
    """Refuse what is no amount."""
    try:
        amount = Decimal(str(cash))
    except InvalidOperation:
        raise ConfigError(f"cash = {cash!r} is not a number; give an amount of at least 0.") from None
    if not amount.is_finite():
        raise ConfigError(f"cash = {cash} is not finite; give an amount of at least 0.")
    if amount < 0:
        raise ConfigError(f"cash = {cash} is negative; give at least 0.")


def check_numbers(*, cash: Number, seed: int, volume_share: float, size_buffer: float | None, history: int) -> None:
    """Refuse what the core could only misunderstand, by name, value and remedy."""
    check_cash(cash)
    for name, value in (("seed", seed), ("history", history)):
        if not isinstance(value, int | np.integer) or value < 0:
            raise ConfigError(f"{name} = {value!r} must be a whole number of at least 0.")
    if not 0 <= volume_share <= 1:
        raise ConfigError(f"volume_share = {volume_share} must be a fraction from 0 (no limit) to 1.")
    if size_buffer is not None and not 0 <= size_buffer < 1:
        raise ConfigError(f"size_buffer = {size_buffer} must be a fraction of at least 0 and below 1.")


def to_ns(when: datetime | date | str | int | None, *, last: bool = False) -> int | None:
    """ns UTC. A date without a time is its first nanosecond, or its last one."""
    if isinstance(when, str):
        try:
            when = date.fromisoformat(when) if len(when) == len("2024-01-31") else datetime.fromisoformat(when)
        except ValueError:
            raise ConfigError(f"{when!r} is not a time; write it like '2013-10-07' or '2013-10-07T09:30'.") from None
    if when is None or isinstance(when, int):
        return when
    if not isinstance(when, datetime):
        day = (when - date(1970, 1, 1)).days
        return (day + last) * DAY - last
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * DAY + since.seconds * 1_000_000_000 + since.microseconds * 1000


def resolve_fill_at(fill_at: FillAt, bars: list[Any]) -> str:
    if fill_at == "auto":
        return "next_close" if bars and all(b.closes_only for b in bars) else "next_open"
    return fill_at


def _model(name: str, kind: type[_M], given: Any) -> _M:
    if isinstance(given, kind):
        return given
    number = "" if name in ("latency", "queue") else "a number of basis points or "
    example = {"fees": "bps(10)", "slippage": "bps(1)", "latency": "constant(5)", "queue": "power(2)"}[name]
    raise ConfigError(f"{name} = {given!r} is no model; give {number}one of wl.{name}, such as wl.{name}.{example}.")


def _in_bps(name: str, given: Real) -> float:
    """A plain number; one so small was meant as a fraction, as other engines take it."""
    number = float(given)
    if 0 < number < LEAST_BPS:
        raise ConfigError(
            f"{name} = {number:g} would be {number:g} basis points, {number / 100:g} % of a fill; for "
            f"{100 * number:g} % write {1e4 * number:g}, and for so little wl.{name}.bps({number:g})."
        )
    return number


def fee_model(fees: _fees.FeeModel | float | None) -> _fees.FeeModel:
    if fees is None:
        return _fees.bps(_fees.DEFAULT_BPS)
    return _model("fees", _fees.FeeModel, _fees.bps(_in_bps("fees", fees)) if isinstance(fees, Real) else fees)


def slippage_model(slippage: _slippage.SlippageModel | float | None) -> _slippage.SlippageModel:
    if slippage is None:
        return _slippage.bps(_slippage.DEFAULT_BPS)
    model = _slippage.bps(_in_bps("slippage", slippage)) if isinstance(slippage, Real) else slippage
    return _model("slippage", _slippage.SlippageModel, model)


def latency_model(latency: _latency.LatencyModel | None, on_quotes: bool) -> _latency.LatencyModel:
    if latency is not None:
        return _model("latency", _latency.LatencyModel, latency)
    return _latency.constant(_latency.DEFAULT_QUOTE_MS) if on_quotes else _latency.none()


def core_settings(
    *,
    fill_at: str,
    fees: _fees.FeeModel,
    slippage: _slippage.SlippageModel,
    latency: _latency.LatencyModel,
    queue: _core.QueueModel,
    accounts: Sequence[Account],
    risk: Mapping[str, Any] | None,
    seed: int,
    history: int,
    at_end: str,
    window: tuple[int | None, int | None] = (None, None),
    limit_fill: str = "touch",
    volume_share: float = 0.0,
    quote_size_limits: bool = True,
    quotes_slip: bool = False,
    session_closes: Sequence[int] = (),
    partial_fills: bool = True,
    remember_consumed: bool = True,
    explain: int | None = None,
    reacts: bool = False,
    show_own_orders: bool = True,
    equity_step: int = 0,
    size_buffer: float | None = None,
    journal: str | None = None,
    journal_metadata: str = "",
) -> dict[str, Any]:
    """What `_core.run_backtest` is told, whatever the world of the run."""
    return {
        "fill_at": fill_at,
        "limit_fill": limit_fill,
        "volume_share": rate(volume_share),
        "quote_size_limits": quote_size_limits,
        "fees": fees,
        "slippage": slippage,
        "quotes_slip": quotes_slip,
        "seed": seed,
        "latency": latency,
        "session_closes": session_closes,
        "queue": queue,
        "partial_fills": partial_fills,
        "remember_consumed": remember_consumed,
        "explain": explain or 0,
        "reacts": reacts,
        "show_own_orders": show_own_orders,
        "equity_step": equity_step,
        "accounts": [a.settings() for a in accounts],
        "risk": dict(risk or {}),
        "size_buffer": rate(fees.proportional if size_buffer is None else size_buffer),
        "history": history,
        "journal": journal,
        "journal_metadata": journal_metadata,
        "at_end": at_end,
        "from": window[0],
        "to": window[1],
    }
