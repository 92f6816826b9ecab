"""Orders on EUR/USD quotes against what NautilusTrader 1.221 made of them; docs/guides/peers-ticks.md explains."""

from __future__ import annotations

import numpy as np
import pytest

from tests.python import nautilus_cases as oracle


@pytest.fixture(scope="module")
def both():
    oracle.quotes()  # skips where the file is absent
    script, theirs = oracle.golden()
    placed = {row[2]: row for row in script if row[1] != "cancel"}
    return placed, oracle.by_order(oracle.ours(script)), oracle.by_order(theirs)


GAPS = {17, 23, 110, 170, 304, 351, 387}  # stops that a quote jumps over: at the trigger there, at the quote here
LARGE = {120, 240, 280, 360, 400, 480, 520, 560}  # more than a quote shows: the rest a tick worse there
SHARED = {123, 389}  # a second order on one quote, at exactly its price: at the next quote there


def test_each_order_fills_as_in_nautilus_but_for_the_explained_ones(both) -> None:
    placed, ours, theirs = both
    assert len(placed) == oracle.ORDERS
    assert len(theirs) > 300
    assert ours.keys() == theirs.keys()  # the same orders fill, the explained ones too
    different = {k for k in ours if ours[k] != theirs[k]}
    assert different == GAPS | LARGE | SHARED


@pytest.mark.parametrize("k", sorted(GAPS))
def test_a_stop_that_a_quote_jumps_over_trades_at_the_quote_and_not_at_its_trigger(both, k: int) -> None:
    placed, ours, theirs = both
    (a,), (b,) = ours[k], theirs[k]
    assert (a[1], a[3]) == (b[1], b[3])
    quotes = oracle.quotes()
    at = int(np.searchsorted(quotes["ts"], a[1]))
    assert placed[k][1] == "stop"
    assert a[2] == quotes["ask" if placed[k][3] > 0 else "bid"][at]
    assert b[2] == placed[k][4]


@pytest.mark.parametrize("k", sorted(LARGE))
def test_an_order_larger_than_its_quote_gets_no_more_than_is_shown(both, k: int) -> None:
    placed, ours, theirs = both
    assert abs(placed[k][3]) == 1_500_000
    assert ours[k][0][3] == oracle.SIZE
    shown = next(row for row in theirs[k] if row[3] == oracle.SIZE)
    (rest,) = [row for row in theirs[k] if row is not shown]
    assert shown[1] == rest[1] == ours[k][0][1]
    assert rest[2] - shown[2] == pytest.approx(1e-5 * np.sign(placed[k][3]), abs=1e-9)
    if placed[k][1] != "stop":  # a stop's first part is at its trigger there, as above
        assert shown == ours[k][0]


@pytest.mark.parametrize("k", sorted(SHARED))
def test_a_second_order_on_one_quote_does_not_wait_for_the_next(both, k: int) -> None:
    placed, ours, theirs = both
    (a,), (b,) = ours[k], theirs[k]
    quotes = oracle.quotes()
    at = int(np.searchsorted(quotes["ts"], a[1]))
    assert quotes["bid" if placed[k][3] < 0 else "ask"][at] == placed[k][4]  # touched, not passed
    assert any(row[1] == a[1] for other in ours if other != k for row in ours[other])
    assert a[1] < b[1]
    assert (a[2], a[3]) == (b[2], b[3])
