"""Arrays of shape (time,) or (time, asset) as users hold them, and back with the same labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walras.errors import DataError

Array = NDArray[np.float64]
Restore = Callable[[Array], Any]


def take(values: Any, name: str = "values") -> tuple[Array, Restore]:
    """`values` as float64 of shape (time, asset), without a copy where it lies so, and how to give results back.

    Takes what NumPy takes, pandas Series and DataFrames, polars Series and DataFrames (a first column of dates or times
    is carried along). The second item turns an array of the same shape into what came in: the same kind and labels.
    Raises `DataError` for three dimensions and for what are not numbers.
    """
    kind = type(values).__module__.partition(".")[0]
    if kind == "pandas":
        one = values.ndim == 1
        labels = [values.name] if one else values.columns
        return _matrix(values.to_numpy(), name), lambda result: labelled(result, kind, values.index, labels, one=one)
    if kind == "polars":
        return _take_polars(values, name)
    single = np.ndim(values) == 1
    return _matrix(values, name), lambda result: labelled(result, "numpy", None, (), one=single)


def _matrix(values: Any, name: str) -> Array:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        dtype = getattr(values, "dtype", type(values).__name__)
        raise DataError(f"{name} must hold numbers; got {dtype}") from None
    if array.ndim == 1:
        return array[:, np.newaxis]
    if array.ndim != 2:
        raise DataError(f"{name} must have shape (time,) or (time, asset); got shape {array.shape}")
    return array


def _take_polars(values: Any, name: str) -> tuple[Array, Restore]:
    import polars as pl

    if isinstance(values, pl.Series):
        series = values
        return _matrix(values.to_numpy(), name), lambda result: labelled(
            result, "polars", None, [series.name], one=True
        )
    labels = [column for column in values.columns[:1] if values.schema[column].is_temporal()]
    numbers = values.drop(labels)
    index = values[labels[0]] if labels else None
    return _matrix(numbers.to_numpy(), name), lambda result: labelled(
        result, "polars", index, numbers.columns, one=False
    )


def labelled(matrix: Array, kind: str, index: Any, columns: Any, *, one: bool) -> Any:
    """A matrix (time, asset) as `kind` ("numpy", "pandas" or "polars") with these labels.

    `index`: a pandas index, or a polars Series that becomes the first column; None where there is none. `columns`:
    names, or a pandas index. `one`: its only column as a series.
    """
    if kind == "numpy":
        return matrix[:, 0] if one else matrix
    if kind == "pandas":
        import pandas as pd

        if one:
            return pd.Series(matrix[:, 0], index=index, name=columns[0])
        names = columns if isinstance(columns, pd.Index) else pd.Index(columns)
        return pd.DataFrame(matrix, index=index, columns=names)
    import polars as pl

    if one:
        return pl.Series(str(columns[0]), matrix[:, 0])
    frame = pl.DataFrame({str(name): matrix[:, i] for i, name in enumerate(columns)})
    return frame if index is None else frame.insert_column(0, index)
