"""Kinds of agents that are written in Python: arrays of agents in, orders out."""

from __future__ import annotations

import atexit
import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from walras import _core
from walras.errors import ConfigError


class AgentKind:
    """A rule for all agents of a group at once. Subclass it, then `wl.sim.register` the class.

    Annotated class attributes are parameters of the kind, as of a strategy. The others say what its agents begin with.

    >>> import numpy as np
    >>> import walras as wl
    >>> class Bargain(wl.sim.AgentKind):
    ...     name = "bargain_doc"
    ...     cash, max_long = 50_000, 200
    ...     discount: float = 0.01
    ...
    ...     def decide(self, view, agents):
    ...         fair = view["fair"][agents["symbol"]]
    ...         cheap = (agents["uniform"] < 0.1) & (agents["position"] < 100)
    ...         return np.where(cheap, 10, 0), fair * (1 - self.discount)
    >>> wl.sim.register(Bargain)
    >>> config = wl.sim.preset("default")
    >>> config["groups"].append({"kind": "bargain_doc", "count": 50})
    >>> wl.sim.Market(config).step(5)
    5
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    rule: ClassVar[str] = ""
    cash: ClassVar[float] = 100_000
    shares: ClassVar[int] = 0
    max_long: ClassVar[int] = 1_000
    max_short: ClassVar[int] = 0
    every: ClassVar[int] = 1
    chance: ClassVar[float] = 1.0
    order_life: ClassVar[int] = 0

    def start(self, group: dict[str, Any]) -> None:
        """Called once before the first tick. Keys: name, agents (how many), seed, symbols (names)."""

    def decide(self, view: dict[str, Any], agents: dict[str, Any]) -> tuple[Any, Any] | None:
        """Say what the agents that are awake do: (quantity, price), one entry for each of them, or None.

        Quantity (int) above 0 buys, below 0 sells, 0 does nothing. A price of NaN is at the market. A new order takes
        the place of the agent's working one.

        `view`: tick, and arrays by symbol: last, mid, bid, ask (NaN: empty), fair, sentiment. `agents`: arrays over
        those that are awake: index (in the group), symbol, position, working (shares), cash (free), uniform and
        uniform2 (this tick's luck, in [0, 1)).
        """
        raise NotImplementedError


def _orders(kind: str, answer: Any, many: int) -> tuple[Any, Any]:
    """What `decide` answered as the core takes it. Raises ConfigError for what is none."""
    import numpy as np

    try:
        wanted, limit = answer
        quantity = np.ascontiguousarray(np.broadcast_to(wanted, many))
        price = np.ascontiguousarray(np.broadcast_to(limit, many), dtype=np.float64)
        whole = quantity.astype(np.int64)
        fits = bool((whole == quantity).all())
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ConfigError(
            f"{kind}.decide answered {answer!r}; it must be (quantity, price): whole numbers and numbers, one entry "
            f"for each of the {many} agents that are awake, or None"
        )
    wrong = (whole != 0) & ~((price > 0) & np.isfinite(price) | np.isnan(price))
    if wrong.any():
        raise ConfigError(
            f"{kind}.decide answered the price {price[wrong][0]}; a price is above 0, or NaN for an order at the market"
        )
    return whole, price


_SETTINGS = ("cash", "shares", "max_long", "max_short", "order_life")


def register(kind: type[AgentKind]) -> None:
    """Make a kind known by its name, for this process. Raises ConfigError if the name is taken or empty."""
    if not (inspect.isclass(kind) and issubclass(kind, AgentKind)):
        raise ConfigError(f"{kind!r} is not a kind of agents; subclass wl.sim.AgentKind")
    if not kind.name:
        raise ConfigError(f'{kind.__name__} has no name; give it one, name = "my_kind"')
    own = {key for base in AgentKind.__mro__ for key in getattr(base, "__annotations__", {})}
    names = [key for key in inspect.get_annotations(kind) if key not in own]
    for key in names:
        if not isinstance(getattr(kind, key, None), bool | int | float | str):
            raise ConfigError(f"{kind.__name__}.{key} needs a default that is a number, true or false, or text")

    class Rule:
        def __init__(self, kind_object: AgentKind) -> None:
            self.start = kind_object.start
            self._decide = kind_object.decide

        def decide(self, view: dict[str, Any], agents: dict[str, Any]) -> Any:
            answer = self._decide(view, agents)
            return None if answer is None else _orders(kind.__name__, answer, len(agents["index"]))

    def make(values: dict[str, Any]) -> Rule:
        made = kind()
        for key, value in values.items():
            setattr(made, key, value)
        return Rule(made)

    group = {"kind": kind.name, "wake": {"every": kind.every, "chance": kind.chance}}
    group |= {key: getattr(kind, key) for key in _SETTINGS}
    parameters = [{"name": key, "default": getattr(kind, key)} for key in names]
    rule = kind.rule or inspect.getdoc(kind) or ""
    name = kind.name
    _core.register_sim_kind(group, kind.title or kind.__name__, rule, parameters, lambda values: _makers[name](values))
    _makers[name] = make


# The core keeps a kind for as long as the process lives, and must not keep alive what the class knows of.
_makers: dict[str, Callable[[dict[str, Any]], Any]] = {}
atexit.register(_makers.clear)
