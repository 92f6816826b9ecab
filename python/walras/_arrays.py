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
        return _matrix(values.to_numpy(), name), _restore_pandas(values)
    if kind == "polars":
        return _take_polars(values, name)
    array = _matrix(values, name)
    one = np.ndim(values) == 1
    return array, (lambda result: result[:, 0]) if one else (lambda result: result)


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


def _restore_pandas(like: Any) -> Restore:
    def restore(result: Array) -> Any:
        import pandas as pd

        if isinstance(like, pd.DataFrame):
            return pd.DataFrame(result, index=like.index, columns=like.columns)
        return pd.Series(result[:, 0], index=like.index, name=like.name)

    return restore


def _take_polars(values: Any, name: str) -> tuple[Array, Restore]:
    import polars as pl

    if isinstance(values, pl.Series):
        series = values
        return _matrix(values.to_numpy(), name), lambda result: pl.Series(series.name, result[:, 0])
    labels = [column for column in values.columns[:1] if values.schema[column].is_temporal()]
    numbers = values.drop(labels)

    def restore(result: Array) -> Any:
        columns = [pl.Series(column, result[:, i]) for i, column in enumerate(numbers.columns)]
        return values.select(labels).with_columns(columns) if labels else pl.DataFrame(columns)

    return _matrix(numbers.to_numpy(), name), restore
