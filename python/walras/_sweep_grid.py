"""The parameter sets of a sweep as the user gives them: axes of values, or a list of sets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.errors import ConfigError

GridLike: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Constraint: TypeAlias = Callable[[dict[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Grid:
    """Every combination of the axes, the last one moving fastest; or row i of each column. `fixed` holds for all."""

    names: tuple[str, ...]
    values: tuple[list[Any], ...]  # by name: an axis, or a column
    is_list: bool = False
    fixed: Mapping[str, Any] = field(default_factory=dict)
    only: NDArray[np.uint64] | None = None  # the points that a constraint left

    def __len__(self) -> int:
        return self.size if self.only is None else len(self.only)

    @property
    def size(self) -> int:
        """Points before the constraint."""
        if self.is_list:
            return len(self.values[0])
        return math.prod(len(v) for v in self.values)

    def axes(self) -> list[tuple[str, list[Any]]]:
        """As the core takes them: what is fixed has one value, or the same in every row."""
        n = self.size if self.is_list else 1
        return [*zip(self.names, self.values, strict=True), *((k, [v] * n) for k, v in self.fixed.items())]

    def at(self, i: int) -> dict[str, Any]:
        """One set, with what is fixed."""
        point = i if self.only is None else int(self.only[i])
        out: dict[str, Any] = dict(self.fixed)
        if self.is_list:
            return out | {name: column[point] for name, column in zip(self.names, self.values, strict=True)}
        for name, axis in zip(reversed(self.names), reversed(self.values), strict=True):
            point, step = divmod(point, len(axis))
            out[name] = axis[step]
        return {name: out[name] for name in (*self.names, *self.fixed)}

    def columns(self) -> dict[str, pl.Series]:
        """One value a trial for each name."""
        points = np.arange(self.size, dtype=np.uint64) if self.only is None else self.only
        out: dict[str, pl.Series] = {}
        stride = self.size
        for name, axis in zip(self.names, self.values, strict=True):
            stride = stride if self.is_list else stride // len(axis)
            index = points if self.is_list else points // np.uint64(stride) % np.uint64(len(axis))
            out[name] = _series(name, axis).gather(pl.Series(index))
        return out

    def where(self, constraint: Constraint | None) -> Grid:
        """The points that it lets through."""
        if constraint is None:
            return self
        kept = [i for i, p in enumerate(self._points()) if constraint(p)]
        if not kept:
            raise ConfigError(f"constraint= lets none of the {self.size:,} points through; loosen it.")
        return Grid(self.names, self.values, self.is_list, self.fixed, np.asarray(kept, dtype=np.uint64))

    def _points(self) -> Iterator[dict[str, Any]]:
        rows = zip(*self.values, strict=True) if self.is_list else product(*self.values)
        for row in rows:
            yield {**dict(zip(self.names, row, strict=True)), **self.fixed}


def parse_grid(grid: GridLike, *, known: Sequence[str], owner: str, fixed: Mapping[str, Any]) -> Grid:
    """`{"fast": range(5, 50, 5), "slow": [20, 100]}`, or `[{"fast": 5, "slow": 20}, ...]`."""
    if isinstance(grid, Mapping):
        names, values = tuple(grid), tuple(_axis(name, v) for name, v in grid.items())
        is_list = False
    elif isinstance(grid, list | tuple) and all(isinstance(p, Mapping) for p in grid):
        if not grid:
            raise ConfigError("the list of parameter sets is empty; give at least one set.")
        names, is_list = tuple(grid[0]), True
        for i, p in enumerate(grid):
            if set(p) != set(names):
                raise ConfigError(
                    f"parameter set {i} has {sorted(p)}, the first has {sorted(names)}; give all the same."
                )
        values = tuple([plain(p[name]) for p in grid] for name in names)
        if not names:
            raise ConfigError("the parameter sets are empty; name at least one parameter.")
    else:
        raise ConfigError(f"grid = {grid!r} is no grid; give {{name: values, ...}} or a list of such sets.")
    for name in names:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(known) or 'none'}."
            raise ConfigError(f"{owner} has no parameter {name!r}; {hint}")
    return Grid(names, values, is_list, {k: plain(v) for k, v in fixed.items() if k not in names})


def plain(value: Any) -> Any:
    """A NumPy scalar as Python's own."""
    return value.item() if hasattr(value, "item") and not isinstance(value, str) else value


def _axis(name: str, values: Any) -> list[Any]:
    """A range, list, array or series; a single value stands for itself."""
    if isinstance(values, str | bool | int | float) or not hasattr(values, "__iter__"):
        values = [values]
    if isinstance(values, Mapping):
        raise ConfigError(f"grid: the values of {name!r} are {values!r}; give a list, a range or an array.")
    out = [plain(v) for v in values]
    if not out:
        raise ConfigError(f"grid: {name!r} has no values to try; give at least one.")
    if len(set(out)) < len(out):
        twin = next(v for i, v in enumerate(out) if v in out[:i])
        raise ConfigError(f"grid: {name!r} has the value {twin!r} twice; each trial runs once, drop one.")
    return out


def _series(name: str, values: list[Any]) -> pl.Series:
    kinds = {type(v) for v in values}
    if kinds == {int, float}:
        return pl.Series(name, [float(v) for v in values])
    return pl.Series(name, values if len(kinds) == 1 else [str(v) for v in values])
