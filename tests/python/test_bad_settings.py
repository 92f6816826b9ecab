"""Settings that make no sense: refused before the run, by name, value and remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import walras as wl

NAN = float("nan")
PRICES = {"date": ["2024-01-02", "2024-01-03"], "close": [10.0, 11.0]}


def run(**settings: Any) -> Any:
    return wl.backtest.run("buy_and_hold", wl.data.read_bars(PRICES, instrument="X"), **settings)


def described(**facts: Any) -> Any:
    return run(instruments=[wl.Instrument(**({"name": "X"} | facts))])


def account(**terms: Any) -> Any:
    return run(account=wl.backtest.Account(**terms))


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (lambda: wl.latency.constant(NAN), "order_ms = nan is no delay; give milliseconds from 0"),
        (lambda: wl.latency.constant(1, 1e300), "response_ms = 1e+300 is no delay"),
        (lambda: wl.latency.constant(-1), "order_ms = -1 is no delay"),
        (lambda: wl.latency.sampled("1", 2), "minimum_ms = '1' is no delay"),  # type: ignore[arg-type]
        (lambda: run(risk=3), "risk = 3 names no limits; give a mapping"),
        (lambda: described(name=3), "An instrument's name is a text"),
        (lambda: described(expiry="soon"), "X: expiry 'soon' is not a moment; give a datetime with a time zone"),
        (
            lambda: described(expiry=datetime(2024, 1, 2, tzinfo=UTC).replace(tzinfo=None)),
            "give a datetime with a time",
        ),
        (lambda: account(cash="x"), "cash = 'x' is not a number"),
        (lambda: account(cash=-1), "cash = -1 is negative"),
        (lambda: account(maintenance_margin=2), "maintenance_margin = 2 must be a fraction from 0 to 1"),
        (lambda: account(maintenance_margin=NAN), "maintenance_margin = nan must be a fraction"),
        (lambda: account(maintenance_margin=0.6, leverage=2), "is above the initial margin 0.5 of leverage = 2"),
    ],
)
def test_a_setting_is_refused_by_name_value_and_remedy(what: Callable[[], Any], says: str) -> None:
    with pytest.raises(wl.ConfigError) as caught:
        what()
    assert says in str(caught.value)


def test_the_usual_maintenance_margin_follows_a_small_initial_one() -> None:
    assert len(account(leverage=10).fills) == 1


def test_an_expiry_is_a_moment_wherever_the_machine_stands() -> None:
    result = described(expiry=datetime(2024, 1, 2, 12, tzinfo=UTC))
    assert result.orders["reason"].to_list() == ["instrument_expired"]


def test_a_matching_engine_explains_a_wrong_word() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'tick'"):
        wl.book.MatchingEngine(tick="0.01")  # type: ignore[call-arg]


def test_a_replace_of_the_matching_engine_to_nothing_is_refused() -> None:
    engine = wl.book.MatchingEngine()
    engine.submit(side="buy", type="limit", price=1, quantity=5)
    with pytest.raises(wl.OrderError, match=r"Quantity 0 says nothing: .* call cancel\(\)"):
        engine.replace(1, quantity=0)


def test_a_hole_in_a_list_of_prices_is_named() -> None:
    with pytest.raises(wl.DataError, match="row 1: the close in column 'close' is missing"):
        wl.data.read_bars(PRICES | {"close": [10.0, None]}, instrument="X")


def test_a_day_that_does_not_exist_is_named() -> None:
    with pytest.raises(wl.DataError, match="'2024-02-30' in column 'date' names a day or a time that does not exist"):
        wl.data.read_bars(PRICES | {"date": ["2024-02-30", "2024-03-01"]}, instrument="X")
