"""Scripts of orders on Binance captures against what hftbacktest 2.4.4 made of them: every order, to the nanosecond."""

from __future__ import annotations

import re

import pytest

import walras as wl
from tests.python import hftbacktest_cases as oracle
from tests.python.hftbacktest_cases import CASES, Case

pytestmark = pytest.mark.skipif(
    not oracle.CAPTURES.exists(), reason="../shared/data is absent; the captures of Binance are there"
)

# The orders that differ, and the cause: docs/guides/peers-ticks.md. Nothing else may.
SWEEP = "it takes all that is shown up to its limit: hftbacktest fills the rest there at once, ours rests"
NAN = "less than -1 stands before it: log(1 + x) is no number, and hftbacktest sends it to the end of the queue"
EXPLAINED = {
    "btc-risk_averse-partial-recorded": {517: SWEEP, 570: SWEEP},
    "btc-risk_averse-partial-racing-80_20_ms": {498: SWEEP, 610: SWEEP},
    "eth-power_3_2-partial-recorded-racing": {399: SWEEP},
    "coin-power_3_3-partial": {631: SWEEP},
    "eth-log-whole": {24: NAN, 127: NAN, 390: NAN},
}
EXPLAINED_ORDERS = [(case, k) for case in CASES for k in EXPLAINED.get(case.name, {})]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_order_fills_as_in_hftbacktest_in_quantity_time_and_price(case: Case) -> None:
    script, theirs = oracle.golden(case)
    assert len(theirs) > 200
    different = oracle.differences(oracle.ours(case, script), theirs)
    explained = EXPLAINED.get(case.name, {})
    assert [line for line in different if int(line.split()[1].rstrip(":")) not in explained] == []
    assert len(different) == len(explained)


@pytest.mark.parametrize(("case", "k"), EXPLAINED_ORDERS, ids=lambda x: x.name if isinstance(x, Case) else str(x))
def test_an_order_that_differs_does_so_for_the_cause_that_is_written_down(case: Case, k: int) -> None:
    script, theirs = oracle.golden(case)
    market = oracle.MARKETS[case.market]
    feed, options = oracle.feed(case.market, case.feed), oracle.settings(case)
    first = oracle.Replayed(script=script, symbol=market.symbol)
    wl.backtest.run(first, feed, **options)
    result = wl.backtest.run(
        oracle.Replayed(script=script, symbol=market.symbol), feed, explain=first.ids[k], **options
    )
    story = [str(line) for line in result.explanation]
    if EXPLAINED[case.name][k] == SWEEP:
        arrival, _ = story[0].split("  ", 1)
        assert any(line.startswith(arrival) and "takes" in line for line in story)
        assert any(line.startswith(arrival) and ", 0 before it" in line for line in story)
        placed = next(a for a in script if a[2] == k and a[1] != "cancel")
        found = next(row for row in theirs if row[0] == k)
        assert found[1] == placed[4]  # theirs: whole ...
        assert found[3] == placed[3]  # ... at the limit
    else:
        left = [float(x) for line in story for x in re.findall(r"before it leave: (\S+) before it now", line)]
        assert min(left) < -1


def test_an_order_that_fills_a_microsecond_late_is_told_as_a_difference() -> None:
    assert oracle.differences([[1, 2.0, 5_000, 9.5]], [[1, 2.0, 5_000, 9.5]]) == []
    assert oracle.differences([[1, 2.0, 6_000, 9.5]], [[1, 2.0, 5_000, 9.5]]) != []
    assert oracle.differences([[1, 2.0, 6_000, 9.5]], [[1, 2.0, 0, 9.5]]) == []
    assert oracle.differences([], [[1, 2.0, 5_000, 9.5]]) != []
