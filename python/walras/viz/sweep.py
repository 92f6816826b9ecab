"""Heat maps of sweeps: the metric itself, and its average over neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras._sweep_result import LOWER_IS_BETTER, Sweep, format_parameter, label_of, unit
from walras.errors import ConfigError
from walras.result import format_value

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True, slots=True)
class Matrix:
    """A metric over one or two parameters; NaN where no trial has it. `averaged`: further ones, averaged over."""

    x: str
    y: str | None
    x_values: list[Any]
    y_values: list[Any]
    cells: NDArray[np.float64]  # shape (y, x)
    averaged: tuple[str, ...]

    def place(self, parameters: Any) -> tuple[int, int]:
        """Column and row of a parameter set."""
        return self.x_values.index(parameters[self.x]), self.y_values.index(parameters[self.y]) if self.y else 0


def matrix_of(sweep: Sweep, x: str | None, y: str | None, column: str, frame: pl.DataFrame) -> Matrix:
    """`column` of `frame` over two parameters of the sweep; the first two that vary where none are named."""
    varied = [p for p in sweep.parameters if sweep[p].n_unique() > 1] or list(sweep.parameters)
    for name in (x, y):
        if name is not None and name not in sweep.parameters:
            raise ConfigError(f"{name!r} is no parameter of this sweep; it has: {', '.join(sweep.parameters)}.")
    if not varied:
        raise ConfigError("the sweep has no parameter to draw over.")
    x = x or next((p for p in varied if p != y), varied[0])
    y = y or next((p for p in varied if p != x), None)
    if x == y:
        raise ConfigError(f"x and y are both {x!r}; name two parameters.")
    names = [x] if y is None else [x, y]
    value = pl.when(pl.col(column).is_finite()).then(pl.col(column))
    cells = frame.group_by(names, maintain_order=True).agg(value.mean().alias("value"))
    x_values = frame[x].unique().sort().to_list()
    y_values = [None] if y is None else frame[y].unique().sort().to_list()
    out = np.full((len(y_values), len(x_values)), np.nan)
    at_x, at_y = ({v: i for i, v in enumerate(values)} for values in (x_values, y_values))
    for row in cells.iter_rows(named=True):
        if row["value"] is not None:
            out[at_y[row[y] if y else None], at_x[row[x]]] = row["value"]
    return Matrix(x, y, x_values, y_values, out, tuple(p for p in varied if p not in names))


def heatmap_figure(sweep: Sweep, x: str | None, y: str | None, metric: str) -> Figure:
    matrix = matrix_of(sweep, x, y, metric, sweep.frame)
    return _figure(sweep, matrix, metric, label_of(metric), marks=[("best", sweep.best.parameters, "star")])


def plateau_figure(sweep: Sweep, x: str | None, y: str | None, metric: str, radius: int) -> Figure:
    matrix = matrix_of(sweep, x, y, "plateau", sweep.neighbours(metric, radius))
    steps = "1 step" if radius == 1 else f"{radius} steps"
    title = f"{label_of(metric)}, mean over neighbours within {steps}"
    marks = [("best", sweep.best.parameters, "star"), ("robust", sweep.robust.parameters, "circle-open")]
    return _figure(sweep, matrix, metric, title, marks=marks)


def _figure(sweep: Sweep, matrix: Matrix, metric: str, title: str, marks: Sequence[tuple[str, Any, str]]) -> Figure:
    import plotly.graph_objects as go

    subtitle = verdict(sweep) + (f"<br>averaged over {', '.join(matrix.averaged)}" if matrix.averaged else "")
    figure = go.Figure()
    if matrix.y is None:
        figure.add_scatter(x=matrix.x_values, y=matrix.cells[0], mode="lines+markers", name=label_of(metric))
        figure.update_yaxes(title_text=title)
    else:
        figure.add_heatmap(
            x=[format_parameter(v) for v in matrix.x_values],
            y=[format_parameter(v) for v in matrix.y_values],
            z=matrix.cells,
            colorscale="Viridis",
            reversescale=metric in LOWER_IS_BETTER,
            colorbar={"title": label_of(metric)},
            hovertemplate=f"{matrix.x} %{{x}}<br>{matrix.y} %{{y}}<br>%{{z:.4g}}<extra></extra>",
        )
        for name, parameters, symbol in marks:
            place = {"x": [format_parameter(parameters[matrix.x])], "y": [format_parameter(parameters[matrix.y])]}
            marker = {"symbol": symbol, "size": 15, "color": "#dc2626", "line": {"width": 2, "color": "#dc2626"}}
            figure.add_scatter(**place, mode="markers", name=name, marker=marker)
        figure.update_xaxes(type="category")
        figure.update_yaxes(title_text=matrix.y, type="category")
    figure.update_xaxes(title_text=matrix.x)
    return figure.update_layout(
        title={"text": f"{sweep.strategy}: {title}<br><sub>{subtitle}</sub>"},
        height=560,
        margin={"l": 60, "r": 20, "t": 96, "b": 48},
        legend={"orientation": "h", "y": -0.16},
    )


def verdict(sweep: Sweep) -> str:
    """One line that stands under every picture of a sweep."""
    best = sweep.best
    return (
        f"best of {best.trials:,} trials: {sweep.metric} {format_value(best.value, unit(sweep.metric))}, "
        f"PSR {best.probabilistic_sharpe:.3f}, DSR {best.deflated_sharpe:.3f}"
    )
