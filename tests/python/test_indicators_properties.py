"""What holds for every indicator of the catalogue, whatever its formula."""

from __future__ import annotations

import numpy as np
import pytest

import walras as wl
from tests.python.indicator_inputs import SPECS, Array, defaults, ours, walk

NAMES = [name for name, spec in SPECS.items() if spec["group"] != "candle"]
PRICES = {"open", "high", "low", "close", "values", "x"}

# The degree of homogeneity of each output: prices times 10 make the output times 10**degree. Those that are not named
# answer in shares, percents, counts or ages: degree 0.
DEGREES: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(
        "sma ema rma wma dema tema t3 hma kama trima zlema vwma mcginley midpoint midprice mom apo ao dpo trange atr "
        "adr plus_dm minus_dm sar efi vwap rolling_vwap si asi".split(),
        (1,),
    ),
    "mama": (1, 1),
    "macd": (1, 1, 1),
    "donchian": (1, 1, 1),
    "keltner": (1, 1, 1),
    "ichimoku": (1, 1, 1, 1, 1),
    "heikin_ashi": (1, 1, 1, 1),
    "supertrend": (1, 0),
    "chande_kroll": (1, 1),
    "zigzag": (1, 0),
    # Rolling statistics.
    **dict.fromkeys(
        "rolling_sum lowest highest quantile stddev avgdev linreg linreg_slope linreg_intercept tsf".split(), (1,)
    ),
    **dict.fromkeys("variance".split(), (2,)),
    "percentile": (1,),
    "bollinger": (1, 1, 1),
    "covariance": (1,),  # of x alone
    "beta": (0,),
}
NOT_HOMOGENEOUS = {"linreg_angle": "an angle"}


@pytest.mark.parametrize("name", [name for name in NAMES if PRICES & set(SPECS[name]["inputs"])])
def test_prices_times_ten_change_what_they_must_and_nothing_else(name: str) -> None:
    if name in NOT_HOMOGENEOUS:
        pytest.skip(NOT_HOMOGENEOUS[name])
    data = walk(11, 1200)
    scaled = {key: column * 10 if key in PRICES else column for key, column in data.items()}
    before, after = ours(name, data), ours(name, scaled)
    degrees = DEGREES.get(name, (0,) * len(before))
    assert len(degrees) == len(before)
    for column, scaled_column, degree in zip(before, after, degrees, strict=True):
        expected = column * 10.0**degree
        atol = 1e-9 * np.max(np.abs(expected[np.isfinite(expected)]))  # a half-life may be infinite
        np.testing.assert_allclose(scaled_column, expected, rtol=1e-9, atol=atol)


@pytest.mark.parametrize("name", [name for name in NAMES if "volume" in SPECS[name]["inputs"]])
def test_volume_times_two_doubles_flows_and_leaves_the_rest(name: str) -> None:
    data = walk(12, 1200)
    doubled = data | {"volume": data["volume"] * 2}
    factor = 2 if name in {"obv", "sobv", "ad", "adosc", "efi", "pvt"} else 1
    for column, after in zip(ours(name, data), ours(name, doubled), strict=True):
        np.testing.assert_array_equal(after, column * factor)  # a factor of two rounds nothing


@pytest.mark.parametrize("name", NAMES)
def test_a_prefix_of_a_batch_is_the_batch_of_the_prefix(name: str) -> None:
    data = walk(13, 2500)
    whole = ours(name, data)
    for rows in (0, 1, 37, 1024, 1500):
        prefix = {key: column[:rows] for key, column in data.items()}
        for column, short in zip(whole, ours(name, prefix), strict=True):
            np.testing.assert_array_equal(short, column[:rows])


def stream(name: str, data: dict[str, Array], rows: int) -> list[Array]:
    indicator = getattr(wl.indicators, SPECS[name]["class_name"])(*defaults(name))
    columns = [data[key] for key in SPECS[name]["inputs"]]
    out = [indicator.update(*(float(column[i]) for column in columns)) for i in range(rows)]
    return [np.array(column) for column in zip(*out, strict=True)] if isinstance(out[0], tuple) else [np.array(out)]


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_gives_the_bits_of_the_batch(name: str) -> None:
    data = walk(14, 700)
    for column, streamed in zip(ours(name, data, *defaults(name)), stream(name, data, 700), strict=True):
        np.testing.assert_array_equal(streamed, column)
