"""Strategies in Python: a class with callbacks and annotated parameters."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar

from walras._words import did_you_mean
from walras.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from walras._core import Bar, Book, Context, Execution, OrderUpdate, Quote, Trade

_CALLBACKS = ("on_start", "on_bars", "on_bar", "on_quote", "on_trade", "on_book", "on_order", "on_timer", "on_stop",
              "on_execution")  # fmt: skip
_TYPES: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,), "str": (str,)}


class Strategy:
    """Decides. Derive from it, annotate parameters as class attributes, override the callbacks you need.

    Class attributes with an annotation and a value are the parameters; the constructor takes them by keyword and
    refuses unknown names and wrong types. `warm_up` is the number of bars of each instrument that pass before the first
    `on_bar`. An exception in a callback stops the run and reaches the caller unchanged.

    >>> import walras as wl
    >>> class Cross(wl.Strategy):
    ...     fast: int = 10
    ...     slow: int = 30
    >>> Cross(fast=5).parameters
    {'fast': 5, 'slow': 30}
    """

    warm_up: ClassVar[int] = 0

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for name in vars(cls):
            if name.startswith("on_") and name not in _CALLBACKS:
                hint = did_you_mean(name, _CALLBACKS)
                if hint.endswith("?"):  # a method of the user's own may begin with on_
                    raise ConfigError(f"{cls.__name__}.{name} is never called; {hint}")

    def __init__(self, **parameters: Any) -> None:
        schema = self.schema()
        for name, value in parameters.items():
            if name not in schema:
                raise ConfigError(f"{type(self).__name__} has no parameter {name!r}; {did_you_mean(name, schema)}")
            setattr(self, name, _checked(type(self).__name__, name, value, schema[name]))

    @classmethod
    def schema(cls) -> dict[str, str]:
        """Parameter names with the names of their types, in the order of definition."""
        out: dict[str, str] = {}
        for base in reversed(cls.__mro__):
            if base in (object, Strategy):
                continue
            for name, annotation in inspect.get_annotations(base).items():
                if name.startswith("_") or "ClassVar" in str(annotation):
                    continue
                if hasattr(cls, name):
                    spelled = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "Any")
                    out[name] = spelled
        return out

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values of this strategy's parameters."""
        return {name: getattr(self, name) for name in self.schema()}

    def on_start(self, ctx: Context) -> None:
        """Once, before the first event."""

    def on_bars(self, ctx: Context, bars: dict[str, Bar]) -> None:
        """All bars of one timestamp together, by instrument, before `on_bar` is called for each of them."""

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        """A bar is complete."""

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        """The best bid or ask changed."""

    def on_trade(self, ctx: Context, trade: Trade) -> None:
        """A trade was printed."""

    def on_book(self, ctx: Context, book: Book) -> None:
        """The order book changed; its packet is complete. Look at `book.state` before trusting it."""

    def on_order(self, ctx: Context, update: OrderUpdate) -> None:
        """One of this strategy's orders took a step: accepted, filled, denied, canceled ..."""

    def on_execution(self, ctx: Context, execution: Execution) -> None:
        """A parent order of `ctx.execute` is over: filled, expired or canceled."""

    def on_timer(self, ctx: Context, timer: int) -> None:
        """A timer set by `ctx.wake_at` or `ctx.wake_after` is due."""

    def on_stop(self, ctx: Context) -> None:
        """Once, after the last event. Cancels still take effect; new orders meet no further prices."""


def _checked(owner: str, name: str, value: Any, kind: str) -> Any:
    """The value, if it is of the kind that the annotation names."""
    expected = _TYPES.get(kind)
    if expected is None:
        return value
    if hasattr(value, "item") and not isinstance(value, str):  # NumPy scalars
        value = value.item()
    if not isinstance(value, expected) or (isinstance(value, bool) and kind != "bool"):
        hint = ", true or false" if kind == "bool" else ""
        raise ConfigError(f"{owner}: parameter {name} = {value!r} must be of type {kind}{hint}.")
    return float(value) if isinstance(value, int) and kind == "float" else value
