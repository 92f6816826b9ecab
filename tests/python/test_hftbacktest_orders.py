"""Exact queues on ESH4 by order against what hftbacktest 2.4.4 made of them: every order, to the nanosecond."""

from __future__ import annotations

import numpy as np
import pytest

from tests.python import hftbacktest_orders as oracle
from tests.python.hftbacktest_cases import Outcome, differences
from walras.data._tick_records import ACTIONS, BOOK_DELTA, TRADE

# Causes of the orders that differ: docs/guides/peers-ticks.md. Nothing else may.
MOVED = "another order was moved to a price that trades; theirs takes its fill for one where it had been, behind ours"
THROUGH = "a trade goes through the price of ours, which fills; theirs waits until the book is there"
EXPLAINED = dict.fromkeys((27, 57, 61, 82, 204, 258, 281, 497), MOVED) | dict.fromkeys((39, 628), THROUGH)


@pytest.mark.parametrize("number", range(len(oracle.CASES)), ids=[f"{a:g}_{b:g}_ms" for a, b in oracle.CASES])
def test_each_order_of_a_book_by_order_fills_as_in_hftbacktest_or_for_a_cause_that_is_written_down(number: int) -> None:
    script, theirs = oracle.golden()
    assert len(theirs[number]) > 60
    ours = oracle.ours(oracle.CASES[number], script)
    different = [int(line.split()[1].rstrip(":")) for line in differences(ours, theirs[number])]
    assert different == sorted(EXPLAINED)
    for k in different:
        side, price = next((a[1], a[3]) for a in script if a[2] == k and a[1] != "cancel")
        mine = next((row for row in ours if row[0] == k), None)
        other = next(row for row in theirs[number] if row[0] == k)
        assert EXPLAINED[k] == (MOVED if is_of_a_moved_order(side, price, other) else THROUGH)
        if EXPLAINED[k] == THROUGH:
            assert mine is not None
            assert mine[2] < other[2]
            assert trades_through(side, price, mine[2])


def is_of_a_moved_order(side: str, price: float, fill: Outcome) -> bool:
    """At the time of this fill an order that the book has at `price` trades at another one."""
    records = oracle.feed().records
    deltas = records[(records["kind"] == BOOK_DELTA) & (records["ts_event"] <= fill[2])]
    notices = deltas[(deltas["ts_event"] == fill[2]) & (deltas["action"] == ACTIONS.index("fill_notice"))]
    for notice in notices[notices["side"] == ("buy", "sell").index(side)]:
        before = deltas[(deltas["order"] == notice["order"]) & (deltas["ts_event"] < fill[2])]
        placed = before[np.isin(before["action"], (ACTIONS.index("add"), ACTIONS.index("update")))]
        if placed.size and placed["price"][-1] == round(price * 1e9) and notice["price"] != placed["price"][-1]:
            return True
    return False


def trades_through(side: str, price: float, ts: int) -> bool:
    records = oracle.feed().records
    paid = records["price"][(records["kind"] == TRADE) & (records["ts_event"] == ts)] / 1e9
    return bool((paid < price).any() if side == "buy" else (paid > price).any())
