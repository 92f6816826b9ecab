"""How much stands before our order at its price, where a feed shows levels and not orders. Pass one as `queue=`.

Where the feed shows orders (L3) the place is exact and no model is asked. The models and their formulas are those of
hftbacktest, so that results can be compared: docs/concepts/tick-replay.md.

>>> import walras as wl
>>> wl.queue.power(2).describe()
'power(n=2, form=1)'
"""

from __future__ import annotations

from numbers import Real

from walras import _core
from walras._core import QueueModel
from walras._words import did_you_mean
from walras.errors import ConfigError

__all__ = ["QueueModel", "log", "named", "power", "risk_averse"]


def risk_averse() -> QueueModel:
    """Only trades move us forward; and never more is before us than the level holds."""
    return _core.risk_averse_queue()


def power(n: float = 2.0, *, form: int = 1) -> QueueModel:
    """A cancellation was behind us with probability f(back) / (f(back) + f(front)), f(x) = x**n (form 1),
    f(back) / f(back + front) (form 2) or 1 - f(front / (front + back)) (form 3)."""
    number: object = n
    if isinstance(number, bool) or not isinstance(number, Real):
        raise ConfigError(f"n = {n!r} is not a number; give a positive one such as 2.")
    return _core.power_queue(float(n), form)


def log(*, form: int = 1) -> QueueModel:
    """Forms 1 and 2 of `power` with f(x) = log(1 + x), x in units of the instrument."""
    return _core.log_queue(form)


def named(text: str) -> QueueModel:
    """From text, as the command line has it: "risk_averse", "log", "log:2", "power:3", "power:3:2" (n, form)."""
    name, *rest = text.split(":")
    try:
        if name == "risk_averse" and not rest:
            return risk_averse()
        if name == "log" and len(rest) <= 1:
            return log(form=int(rest[0]) if rest else 1)
        if name == "power" and len(rest) <= 2:
            return power(float(rest[0]) if rest else 2.0, form=int(rest[1]) if len(rest) == 2 else 1)
    except ValueError:
        raise ConfigError(f"queue model {text!r} has a part that is not a number; write power:2 or log:1.") from None
    hint = did_you_mean(name, ("risk_averse", "power", "log"))
    raise ConfigError(f"queue model {text!r} is unknown; {hint}")
