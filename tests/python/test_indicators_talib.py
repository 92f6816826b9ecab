"""Averages, momentum, trend and volume against TA-Lib: random walks, gaps, prices that stand still, several periods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import talib

import walras as wl
from tests.python.indicator_inputs import SPECS, Array, defaults, ours, theirs, walk, with_others
from tests.python.talib_closes import REGRESSION_CLOSES

GROUPS = {"average", "momentum", "trend", "volume"}
RANGES = {"trange", "atr", "natr", "adr", "massi"}  # the rest of the volatilities: test_indicators_statistics.py
NAMES = [name for name, spec in SPECS.items() if spec["talib"] and (spec["group"] in GROUPS or name in RANGES)]
# TA-Lib keeps running sums, which lose digits to what has left the window; ours are summed afresh. Relative to the
# largest value of the column.
TOLERANCE = 1e-9


def other_periods(name: str, factor: float) -> list[Any]:
    """The default parameters, shorter or longer."""
    if name == "kama":  # TA-Lib's fast and slow are fixed
        return [max(int(10 * factor), 2)]
    out: list[Any] = []
    for row in SPECS[name]["parameters"]:
        value = row["default"]
        if isinstance(value, int):
            out.append(max(int(value * factor), int(row["minimum"]), 2))
        elif isinstance(value, float):
            out.append(value * 0.8)
    return out


def compare(
    name: str,
    data: dict[str, Array],
    parameters: list[Any],
    tolerance: float = TOLERANCE,
    *,
    least_scale: float = 1e-300,
    unsettled: slice = slice(0, 0),
) -> None:
    """All rows but the unsettled; tolerance relative to the largest value of the column, or to `least_scale`."""
    for k, (mine, reference) in enumerate(
        zip(ours(name, data, *parameters), theirs(name, data, *parameters), strict=True)
    ):
        if name == "supertrend" and k == 1:
            reference = np.where(reference == 0, np.nan, reference)  # TA-Lib has no NaN in whole numbers
        label = f"{name}{tuple(parameters)} output {k}"
        np.testing.assert_array_equal(np.isnan(mine), np.isnan(reference), label)
        mine[unsettled] = reference[unsettled] = 0
        atol = tolerance * max(np.nanmax(np.abs(reference)), least_scale)
        np.testing.assert_allclose(mine, reference, rtol=tolerance, atol=atol, err_msg=label)


def test_nothing_with_a_talib_name_is_left_out() -> None:
    assert len(NAMES) > 50


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2])
def test_random_walks_give_talibs_numbers_from_its_first_row_on(name: str, seed: int) -> None:
    compare(name, walk(seed), defaults(name))


@pytest.mark.parametrize("name", [name for name in NAMES if defaults(name)])
@pytest.mark.parametrize("factor", [0.4, 3.0])
def test_other_periods_give_talibs_numbers(name: str, factor: float) -> None:
    compare(name, walk(3), other_periods(name, factor))


@pytest.mark.parametrize("name", NAMES)
def test_a_gap_is_a_row_that_never_was(name: str) -> None:
    """TA-Lib cannot read over NaN: it gets the rows without gaps, and we must answer the same on those."""
    data = walk(4)
    missing = np.random.default_rng(9).random(len(data["close"])) < 0.1
    missing[[0, 1, 500, 501, 502]] = True
    columns = {key: column.copy() for key, column in data.items()}
    for i in np.flatnonzero(missing):
        inputs = SPECS[name]["inputs"]
        columns[inputs[i % len(inputs)]][i] = np.nan  # one column is enough
    compacted = {key: column[~missing] for key, column in data.items()}
    parameters = defaults(name)
    for mine, reference in zip(ours(name, columns, *parameters), theirs(name, compacted, *parameters), strict=True):
        assert np.isnan(mine[missing]).all()
        kept = mine[~missing]
        reference = np.where(np.isnan(kept), np.nan, reference) if name == "supertrend" else reference
        scale = np.nanmax(np.abs(reference))
        np.testing.assert_allclose(kept, reference, rtol=TOLERANCE, atol=TOLERANCE * scale)


STILL = 50.25
# Where nothing moves, TA-Lib's running sums leave rounding, and these divide rounding by rounding; ours are exact there
# (below). The rows until the stretch is forgotten.
UNSETTLED = {"cci": slice(700, 820), "stoch_rsi": slice(700, 830), "mama": slice(700, 1000)}


def still(rows: int = 400) -> dict[str, Array]:
    flat = np.full(rows, STILL)
    return with_others({"open": flat, "high": flat, "low": flat, "close": flat, "volume": np.full(rows, 100.0)})


@pytest.mark.parametrize("name", NAMES)
def test_prices_that_never_move_give_talibs_constants(name: str) -> None:
    # A difference of two averages of 50.25 is 0 to the rounding of 50.25.
    compare(name, still(), defaults(name), 1e-14, least_scale=STILL)


@pytest.mark.parametrize("name", NAMES)
def test_prices_that_stand_still_for_a_while_give_talibs_numbers(name: str) -> None:
    """One hundred bars without range in the middle of a walk."""
    data = {key: column.copy() for key, column in walk(6, 1500).items()}
    for key in ("open", "high", "low", "close", "values"):
        data[key][700:800] = data["close"][699]
    compare(name, data, defaults(name), unsettled=UNSETTLED.get(name, slice(0, 0)))


def test_where_nothing_moves_rounding_is_no_signal() -> None:
    prices = np.concatenate([walk(6, 700)["close"], np.full(300, 123.456)])
    assert (wl.indicators.cci(prices, prices, prices)[720:] == 0).all()
    for column in wl.indicators.stoch_rsi(prices):
        assert (np.abs(column[730:]) < 1e-9).all()
    for column in wl.indicators.mama(prices):
        np.testing.assert_allclose(column[950:], 123.456, rtol=1e-4)  # on its way there from another price


def test_a_window_without_volume_answers_where_talib_does_not() -> None:
    data = walk(7, 300)
    data["volume"][100:200] = 0
    assert not np.isfinite(talib.VWMA(data["close"], data["volume"], 20)[150])
    assert wl.indicators.vwma(data["close"], data["volume"], 20)[150] == data["close"][150]
    assert (ours("cmf", data)[0][130:199] == 0).all()
    assert np.isfinite(ours("vwap", data)[0]).all()


def test_the_numbers_of_talibs_own_regression_test() -> None:
    """Of its 252 closes: see research.md, section 5."""
    closes = np.array([float(text) for text in REGRESSION_CLOSES.split()])
    assert len(closes) == 252
    rsi = wl.indicators.rsi(closes, 14)
    assert np.isnan(rsi[:14]).all()
    np.testing.assert_allclose(rsi[[14, 15, 16, -1]], [49.14, 52.32, 46.07, 49.63], atol=0.01)
    macd = wl.indicators.macd(closes)
    assert np.isnan(macd.macd[:33]).all()
    np.testing.assert_allclose([macd.macd[33], macd.signal[33]], [-1.9738, -2.7071], atol=5e-5)
    bands = wl.indicators.bollinger(closes, 20)
    np.testing.assert_allclose([column[19] for column in bands], [98.0734, 92.8910, 87.7086], atol=5e-5)
