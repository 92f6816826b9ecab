"""The library of strategies, written in C++, each with a typed schema of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from walras import _core
from walras._words import did_you_mean
from walras.errors import ConfigError

__all__ = ["Description", "LibraryStrategy", "Parameter", "describe", "list_strategies", "make"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a library strategy."""

    name: str
    type: str
    default: bool | int | float | str
    minimum: float
    maximum: float
    unit: str
    help: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a library strategy is and takes."""

    name: str
    title: str
    theory: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class LibraryStrategy:
    """A library strategy with its parameters; the run builds it."""

    name: str
    title: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def list_strategies() -> tuple[Description, ...]:
    """All of them, by name.

    >>> import walras as wl
    >>> [s.name for s in wl.strategies.list_strategies()][:2]
    ['buy_and_hold', 'ema_cross']
    """
    return tuple(
        Description(row["name"], row["title"], row["theory"], tuple(Parameter(**p) for p in row["parameters"]))
        for row in _core.strategy_library()
    )


def describe(name: str) -> Description:
    """One of them. Raises ConfigError naming what exists.

    >>> import walras as wl
    >>> wl.strategies.describe("sma_crss")
    Traceback (most recent call last):
    walras._core.ConfigError: there is no strategy 'sma_crss'; did you mean 'sma_cross'?
    """
    library = list_strategies()
    for description in library:
        if description.name == name:
            return description
    raise ConfigError(f"there is no strategy {name!r}; {did_you_mean(str(name), [d.name for d in library])}")


def make(name: str, **parameters: Any) -> LibraryStrategy:
    """A library strategy with these parameters; the others keep their defaults. Values are checked.

    >>> import walras as wl
    >>> wl.strategies.make("sma_cross", fast=20, slow=100).parameters["fast"]
    20
    """
    description = describe(name)
    known = [p.name for p in description.parameters]
    for key in parameters:
        if key not in known:
            raise ConfigError(f"{name} has no parameter {key!r}; {did_you_mean(key, known)}")
    _core.check_strategy(name, parameters)
    values = {p.name: parameters.get(p.name, p.default) for p in description.parameters}
    return LibraryStrategy(name, description.title, values)
