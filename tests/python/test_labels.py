"""What comes in as pandas, polars or NumPy goes out as the same, with its labels."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import walras as wl

VALUES = np.arange(10.0).reshape(5, 2)
DAYS = [date(2020, 1, 1) + timedelta(days=k) for k in range(5)]
INDEX = pd.DatetimeIndex(DAYS, name="when", tz="America/New_York")
PAIRS = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["letter", "number"])


@pytest.mark.parametrize("columns", [["x", "y"], [1, 2], PAIRS, None], ids=["names", "numbers", "levels", "none"])
def test_a_pandas_frame_keeps_its_index_and_its_columns(columns: Any) -> None:
    frame = pd.DataFrame(VALUES, index=INDEX, columns=columns)
    out = wl.indicators.sma(frame, 2)
    pd.testing.assert_index_equal(out.index, frame.index)
    pd.testing.assert_index_equal(out.columns, frame.columns)
    assert out.iloc[1, 1] == 2.0


def test_series_keep_their_names() -> None:
    one = wl.indicators.sma(pd.Series(VALUES[:, 0], index=INDEX, name="KO"), 2)
    assert (one.name, list(one.index)) == ("KO", list(INDEX))
    assert wl.indicators.sma(pl.Series("KO", VALUES[:, 0]), 2).name == "KO"


def test_a_polars_frame_keeps_its_column_of_dates() -> None:
    frame = pl.DataFrame({"day": DAYS, "KO": VALUES[:, 0], "PEP": VALUES[:, 1]})
    out = wl.indicators.sma(frame, 2)
    assert out.columns == frame.columns
    assert out["day"].to_list() == DAYS
    assert wl.indicators.sma(frame.drop("day"), 2).columns == ["KO", "PEP"]


def test_numpy_keeps_its_dimensions() -> None:
    assert wl.indicators.sma(VALUES, 2).shape == (5, 2)
    assert wl.indicators.sma(VALUES[:, 0], 2).shape == (5,)
    assert wl.indicators.sma([1.0, 2.0, 3.0], 2).shape == (3,)
