"""vectorbt's published order records (engine.md §5: its tests on prices 1..5) against `from_signals` and `from_orders`.

Decisions fill at the close that they look at (`fill_at="this_close"`), lots are 1e-9 of a share, cash is 100, nothing
costs anything unless a case says so. A record is (row, side, quantity, price), or with the fee as a fifth number. We
close and open where vectorbt turns a position around with one order: fills of one row and side are added up. The cases
of DIFFERENT are those whose records are not ours, each with the reason that docs/concepts/vectorised.md gives.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import walras as wl

INF, NAN = math.inf, math.nan
UP, DOWN = [1.0, 2, 3, 4, 5], [5.0, 4, 3, 2, 1]
HUMP, DIP = [4.0, 5, 4, 3, 2], [2.0, 1, 2, 3, 4]
ENTRIES, EXITS = [True, True, True, False, False], [False, False, True, True, True]
FIRST, NEVER = [True, False, False, False, False], [False] * 5
ONES = [1.0, -1, NAN, 1, -1]
Record = tuple[float, ...]


def bars(close: list[float], step: float) -> dict[str, Any]:
    """The published bars: the open a quarter before the close, the range half around it."""
    c = np.array(close)
    return {"open": c - 0.25 * step, "high": c + 0.5, "low": c - 0.5}


def signals(close: Any = UP, entries: Any = ENTRIES, exits: Any = EXITS, **more: Any) -> Any:
    settings: dict[str, Any] = {"fees": 0, "slippage": 0, "cash": 100, "lot_size": "0.000000001"} | more
    settings.setdefault("fill_at", "this_close")
    return wl.backtest.from_signals(np.array(close), np.array(entries), np.array(exits), **settings)


def orders(size: Any, close: Any = UP, **more: Any) -> Any:
    settings: dict[str, Any] = {"fees": 0, "slippage": 0, "cash": 100, "lot_size": "0.000000001"} | more
    return wl.backtest.from_orders(np.array(close), np.array(size), fill_at="this_close", **settings)


def records(pf: Any, column: int = 0) -> list[Record]:
    """Our fills as records: what one row buys or sells is one of them."""
    fills = pf.fills.filter(pf.fills["instrument"] == pf._axes.names[column])
    out: dict[tuple[int, int], list[float]] = {}
    for row, side, quantity, price, fee in fills.select("row", "side", "quantity", "price", "fee").rows():
        known = out.setdefault((row, 1 if side == "buy" else -1), [0.0, price, 0.0])
        assert known[1] == price
        known[0] += quantity
        known[2] += fee
    return [(row, side, *rest) for (row, side), rest in out.items()]


def agrees(ours: list[Record], theirs: list[Record]) -> bool:
    return len(ours) == len(theirs) and all(
        mine[: len(other)] == pytest.approx(other, abs=2e-8) for mine, other in zip(ours, theirs, strict=True)
    )


SAME: dict[str, tuple[Any, list[Record]]] = {
    # signals
    "both sides": (lambda: signals(direction="both"), [(0, 1, 100, 1), (3, -1, 200, 4)]),
    "long": (lambda: signals(), [(0, 1, 100, 1), (3, -1, 100, 4)]),
    "both sides, one share": (lambda: signals(direction="both", size=1), [(0, 1, 1, 1), (3, -1, 2, 4)]),
    "long, one share": (lambda: signals(size=1), [(0, 1, 1, 1), (3, -1, 1, 4)]),
    "short, one share": (lambda: signals(direction="short", size=1), [(0, -1, 1, 1), (3, 1, 1, 4)]),
    "no shares": (lambda: signals(size=0), []),
    "long, one of money": (lambda: signals(size=1, size_type="value"), [(0, 1, 1, 1), (3, -1, 1, 4)]),
    "short, one of money": (
        lambda: signals(direction="short", size=1, size_type="value"), [(0, -1, 1, 1), (3, 1, 1, 4)]
    ),
    "long, half": (lambda: signals(size="50%"), [(0, 1, 50, 1), (3, -1, 50, 4)]),
    "fees, both": (
        lambda: signals(direction="both", size=1, fees=1000), [(0, 1, 1, 1, 0.1), (3, -1, 2, 4, 0.8)]
    ),
    "fees, long": (lambda: signals(size=1, fees=1000), [(0, 1, 1, 1, 0.1), (3, -1, 1, 4, 0.4)]),
    "fees, short": (
        lambda: signals(direction="short", size=1, fees=1000), [(0, -1, 1, 1, 0.1), (3, 1, 1, 4, 0.4)]
    ),
    "all in fees, both": (
        lambda: signals(direction="both", size=1, fees=10_000), [(0, 1, 1, 1, 1), (3, -1, 2, 4, 8)]
    ),
    "fixed fee, long": (
        lambda: signals(size=1, fees=wl.fees.per_share(0, minimum=0.1)), [(0, 1, 1, 1, 0.1), (3, -1, 1, 4, 0.1)]
    ),
    "fixed fee, short": (
        lambda: signals(direction="short", size=1, fees=wl.fees.per_share(0, minimum=1)),
        [(0, -1, 1, 1, 1), (3, 1, 1, 4, 1)],
    ),
    "slippage, both": (
        lambda: signals(direction="both", size=1, slippage=1000), [(0, 1, 1, 1.1), (3, -1, 2, 3.6)]
    ),
    "slippage, long": (lambda: signals(size=1, slippage=1000), [(0, 1, 1, 1.1), (3, -1, 1, 3.6)]),
    "slippage, short": (
        lambda: signals(direction="short", size=1, slippage=1000), [(0, -1, 1, 0.9), (3, 1, 1, 4.4)]
    ),
    "all of it slips": (lambda: signals(size=1, slippage=10_000), [(0, 1, 1, 2), (3, -1, 1, 0)]),
    "adding, both": (
        lambda: signals(direction="both", size=1, accumulate=True),
        [(0, 1, 1, 1), (1, 1, 1, 2), (3, -1, 3, 4), (4, -1, 1, 5)],
    ),
    "adding, long": (
        lambda: signals(size=1, accumulate=True), [(0, 1, 1, 1), (1, 1, 1, 2), (3, -1, 2, 4)]
    ),
    "adding, short": (
        lambda: signals(direction="short", size=1, accumulate=True), [(0, -1, 1, 1), (1, -1, 1, 2), (3, 1, 2, 4)]
    ),
    "conflict, long": (
        lambda: signals(UP[:3], [True] * 3, [True, False, True], size=1, accumulate=True), [(1, 1, 1, 2)]
    ),
    "conflict, short": (
        lambda: signals(UP[:3], [True] * 3, [True, False, True], direction="short", size=1, accumulate=True),
        [(1, -1, 1, 2)],
    ),
    "conflict of sides": (
        lambda: signals(UP[:3], [True] * 3, [True, False, True], direction="both", size=1, accumulate=True),
        [(1, 1, 1, 2)],
    ),
    "turning, long first": (
        lambda: signals(UP[:3], [True, False, True], [False, True, False], direction="both", size=1),
        [(0, 1, 1, 1), (1, -1, 2, 2), (2, 1, 2, 3)],
    ),
    "turning, short first": (
        lambda: signals(UP[:3], [False, True, False], [True, False, True], direction="both", size=1, accumulate=True),
        [(0, -1, 1, 1), (1, 1, 2, 2), (2, -1, 2, 3)],
    ),
    "cash of nothing, long": (lambda: signals(size=1, cash=0), []),
    "cash of one, both": (lambda: signals(direction="both", size=1, cash=1), [(0, 1, 1, 1), (3, -1, 2, 4)]),
    "cash of one, long": (lambda: signals(size=1, cash=1), [(0, 1, 1, 1), (3, -1, 1, 4)]),
    "held": (lambda: signals(UP, [True] * 5, NEVER), [(0, 1, 100, 1)]),
    # vectorbt's price=-inf trades a row's signal at the open: ours of the row before, at the next open
    "at the open, both": (
        lambda: signals(UP, [True, True, False, False, False], [False, True, True, True, True], direction="both",
                        open=np.array([1.0, 1, 2, 3, 4]), fill_at="next_open"),
        [(1, 1, 100, 1), (3, -1, 200, 3)],
    ),
    "at the open, long": (
        lambda: signals(UP, [True, True, False, False, False], [False, True, True, True, True],
                        open=np.array([1.0, 1, 2, 3, 4]), fill_at="next_open"),
        [(1, 1, 100, 1), (3, -1, 100, 3)],
    ),
    "stop exits close": (
        lambda: signals(DOWN, FIRST, NEVER, size=1, stop_loss=0.1), [(0, 1, 1, 5), (1, -1, 1, 4)]
    ),
    # orders
    "orders, long": (
        lambda: orders([1, 0, NAN, 1, 0], size_type="target_percent"),
        [(0, 1, 100, 1), (1, -1, 100, 2), (3, 1, 50, 4), (4, -1, 50, 5)],
    ),
    "orders, both": (
        lambda: orders([1, -1, NAN, 1, NAN], size_type="target_percent"),
        [(0, 1, 100, 1), (1, -1, 200, 2), (3, 1, 100, 4)],
    ),
    "orders, short": (
        lambda: orders([-1, 0, NAN, -1, 0], size_type="target_percent"), [(0, -1, 100, 1), (1, 1, 100, 2)]
    ),
    "orders, all in": (lambda: orders([1.0] * 5, size_type="target_percent"), [(0, 1, 100, 1)]),
    "orders of one": (lambda: orders(ONES), [(0, 1, 1, 1), (1, -1, 1, 2), (3, 1, 1, 4), (4, -1, 1, 5)]),
    "orders of one, short": (
        lambda: orders([-n for n in ONES]), [(0, -1, 1, 1), (1, 1, 1, 2), (3, -1, 1, 4), (4, 1, 1, 5)]
    ),
    "orders, fees": (
        lambda: orders(ONES, fees=1000), [(0, 1, 1, 1, 0.1), (1, -1, 1, 2, 0.2), (3, 1, 1, 4, 0.4), (4, -1, 1, 5, 0.5)]
    ),
    "orders, fees, short": (
        lambda: orders([-n for n in ONES], fees=10_000),
        [(0, -1, 1, 1, 1), (1, 1, 1, 2, 2), (3, -1, 1, 4, 4), (4, 1, 1, 5, 5)],
    ),
    "orders, fixed fee": (
        lambda: orders(ONES, fees=wl.fees.per_share(0, minimum=1)),
        [(0, 1, 1, 1, 1), (1, -1, 1, 2, 1), (3, 1, 1, 4, 1), (4, -1, 1, 5, 1)],
    ),
    "orders, slippage": (
        lambda: orders(ONES, slippage=1000), [(0, 1, 1, 1.1), (1, -1, 1, 1.8), (3, 1, 1, 4.4), (4, -1, 1, 4.5)]
    ),
    "orders, slippage, short": (
        lambda: orders([-n for n in ONES], slippage=1000),
        [(0, -1, 1, 0.9), (1, 1, 1, 2.2), (3, -1, 1, 3.6), (4, 1, 1, 5.5)],
    ),
    "orders, all of it slips": (
        lambda: orders(ONES, slippage=10_000), [(0, 1, 1, 2), (1, -1, 1, 0), (3, 1, 1, 8), (4, -1, 1, 0)]
    ),
    "orders of money": (
        lambda: orders(ONES, size_type="value"), [(0, 1, 1, 1), (1, -1, 0.5, 2), (3, 1, 0.25, 4), (4, -1, 0.2, 5)]
    ),
    "orders of money, short": (
        lambda: orders([-n for n in ONES], size_type="value"),
        [(0, -1, 1, 1), (1, 1, 0.5, 2), (3, -1, 0.25, 4), (4, 1, 0.2, 5)],
    ),
    "target of shares": (lambda: orders([75.0] * 5, size_type="target_shares"), [(0, 1, 75, 1)]),
    "target of money": (
        lambda: orders([50.0] * 5, size_type="target_value"),
        [(0, 1, 50, 1), (1, -1, 25, 2), (2, -1, 8.333333332, 3), (3, -1, 4.166666668, 4), (4, -1, 2.5, 5)],
    ),
    "target of equity": (
        lambda: orders([0.5] * 5, size_type="target_percent"),
        [(0, 1, 50, 1), (1, -1, 12.5, 2), (2, -1, 6.25, 3), (3, -1, 3.90625, 4), (4, -1, 2.734375, 5)],
    ),
    "target of equity, short": (
        lambda: orders([-0.5] * 5, size_type="target_percent"),
        [(0, -1, 50, 1), (1, 1, 37.5, 2), (2, 1, 6.25, 3), (3, 1, 2.34375, 4), (4, 1, 1.171875, 5)],
    ),
}  # fmt: skip

# Stops, targets and trailing stops: (close, direction, with bars, setting, distance) -> the exit, if there is one.
STOPS: list[tuple[list[float], str, bool, str, float | None, Record | None]] = [
    (DOWN, "long", False, "stop_loss", None, None),
    (DOWN, "long", False, "stop_loss", 0.1, (1, -1, 20, 4)),
    (DOWN, "long", False, "stop_loss", 0.5, (3, -1, 20, 2)),
    (DOWN, "short", False, "stop_loss", 0.1, None),
    (DOWN, "short", False, "stop_loss", 0.5, None),
    (DOWN, "long", True, "stop_loss", 0.1, (1, -1, 20, 4.25)),
    (DOWN, "long", True, "stop_loss", 0.15, (1, -1, 20, 4.25)),
    (DOWN, "long", True, "stop_loss", 0.2, (1, -1, 20, 4)),
    (DOWN, "short", True, "stop_loss", 0.1, None),
    (DOWN, "short", True, "stop_loss", 0.2, None),
    (UP, "long", False, "stop_loss", 0.5, None),
    (UP, "short", False, "stop_loss", 0.5, (1, 1, 100, 2)),
    (UP, "long", True, "stop_loss", 0.5, None),
    (UP, "long", True, "stop_loss", 0.75, None),
    (UP, "long", True, "stop_loss", 1.0, None),
    (UP, "short", True, "stop_loss", 0.5, (1, 1, 100, 1.75)),
    (UP, "short", True, "stop_loss", 0.75, (1, 1, 100, 1.75)),
    (UP, "short", True, "stop_loss", 1.0, (1, 1, 100, 2)),
    (HUMP, "long", False, "trailing_stop", None, None),
    (HUMP, "long", False, "trailing_stop", 0.1, (2, -1, 25, 4)),
    (HUMP, "long", False, "trailing_stop", 0.5, (4, -1, 25, 2)),
    (HUMP, "short", False, "trailing_stop", 0.1, (1, 1, 25, 5)),
    (HUMP, "short", False, "trailing_stop", 0.5, None),
    (HUMP, "long", True, "trailing_stop", 0.15, (2, -1, 25, 4.25)),
    (HUMP, "long", True, "trailing_stop", 0.2, (2, -1, 25, 4.25)),
    (HUMP, "long", True, "trailing_stop", 0.25, (2, -1, 25, 4.125)),
    (HUMP, "short", True, "trailing_stop", 0.15, (1, 1, 25, 5.25)),
    (HUMP, "short", True, "trailing_stop", 0.2, (1, 1, 25, 5.25)),
    (HUMP, "short", True, "trailing_stop", 0.25, (1, 1, 25, 5.25)),
    (DIP, "long", False, "trailing_stop", 0.5, (1, -1, 50, 1)),
    (DIP, "long", False, "trailing_stop", 3.0, None),
    (DIP, "short", False, "trailing_stop", 0.5, (2, 1, 50, 2)),
    (DIP, "short", False, "trailing_stop", 3.0, (4, 1, 50, 4)),
    (DIP, "long", True, "trailing_stop", 0.5, (1, -1, 50, 0.75)),
    (DIP, "long", True, "trailing_stop", 0.75, (1, -1, 50, 0.5)),
    (DIP, "long", True, "trailing_stop", 1.0, None),
    (DIP, "short", True, "trailing_stop", 0.5, (2, 1, 50, 1.75)),
    (DIP, "short", True, "trailing_stop", 0.75, (2, 1, 50, 1.75)),
    (DIP, "short", True, "trailing_stop", 1.0, (2, 1, 50, 1.75)),
    (DOWN, "long", False, "take_profit", 0.1, None),
    (DOWN, "short", False, "take_profit", 0.1, (1, 1, 20, 4)),
    (DOWN, "short", False, "take_profit", 0.5, (3, 1, 20, 2)),
    (DOWN, "long", True, "take_profit", 0.2, None),
    (DOWN, "short", True, "take_profit", 0.1, (1, 1, 20, 4.25)),
    (DOWN, "short", True, "take_profit", 0.15, (1, 1, 20, 4.25)),
    (DOWN, "short", True, "take_profit", 0.2, (1, 1, 20, 4)),
    (UP, "long", False, "take_profit", 0.5, (1, -1, 100, 2)),
    (UP, "long", False, "take_profit", 3.0, (3, -1, 100, 4)),
    (UP, "long", True, "take_profit", 0.5, (1, -1, 100, 1.75)),
    (UP, "long", True, "take_profit", 0.75, (1, -1, 100, 1.75)),
    (UP, "long", True, "take_profit", 1.0, (1, -1, 100, 2)),
]

SHORT_OF_CASH = "an account below its maintenance margin is closed out; vectorbt holds on with no equity left"
PARTIAL = "what the account cannot pay is denied; vectorbt fills the part that it can"
OF_CASH = "percent means of equity; vectorbt means of free cash"
DIFFERENT: dict[str, tuple[str, Any, list[Record]]] = {
    "short": (SHORT_OF_CASH, lambda: signals(direction="short"), [(0, -1, 100, 1), (3, 1, 50, 4)]),
    "short, half": (
        SHORT_OF_CASH, lambda: signals(direction="short", size="50%"), [(0, -1, 50, 1), (3, 1, 37.5, 4)]
    ),
    "short, stop at three times": (
        SHORT_OF_CASH, lambda: signals(UP, FIRST, NEVER, direction="short", stop_loss=3.0),
        [(0, -1, 100, 1), (3, 1, 50, 4)],
    ),
    "short without a stop": (
        SHORT_OF_CASH, lambda: signals(UP, FIRST, NEVER, direction="short"), [(0, -1, 100, 1)]
    ),
    "short without a trailing stop": (
        SHORT_OF_CASH, lambda: signals(DIP, FIRST, NEVER, direction="short"), [(0, -1, 50, 2)]
    ),
    "cash of one, short": (
        SHORT_OF_CASH, lambda: signals(direction="short", size=1, cash=1), [(0, -1, 1, 1), (3, 1, 0.5, 4)]
    ),
    "target of shares, short": (
        SHORT_OF_CASH, lambda: orders([-75.0] * 5, size_type="target_shares"), [(0, -1, 75, 1)]
    ),
    "target of money, short": (
        SHORT_OF_CASH, lambda: orders([-50.0] * 5, size_type="target_value"),
        [(0, -1, 50, 1), (1, 1, 25, 2), (2, 1, 8.333333332, 3), (3, 1, 4.166666668, 4), (4, 1, 2.5, 5)],
    ),
    "a thousand shares": (
        PARTIAL, lambda: signals(size=1000), [(0, 1, 100, 1), (3, -1, 100, 4)]
    ),
    "shorting without cash": (
        PARTIAL, lambda: signals(direction="both", size=1, cash=0), [(3, -1, 1, 4)]
    ),
    "orders of half": (
        OF_CASH, lambda: orders([0.5] * 5, size_type="percent"),
        [(0, 1, 50, 1), (1, 1, 12.5, 2), (2, 1, 4.16666667, 3), (3, 1, 1.5625, 4), (4, 1, 0.625, 5)],
    ),
    "turning with one of money": (
        "the new side is worth the size; vectorbt takes the position's value off it",
        lambda: signals(direction="both", size=1, size_type="value"),
        [(0, 1, 1, 1), (3, -1, 0.3125, 4), (4, -1, 0.1775, 5)],
    ),
    "fixed fee, both": (
        "closing and opening are two orders, each with its fee",
        lambda: signals(direction="both", size=1, fees=wl.fees.per_share(0, minimum=0.1)),
        [(0, 1, 1, 1, 0.1), (3, -1, 2, 4, 0.1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_the_records_are_those_that_vectorbt_publishes(name: str) -> None:
    run, theirs = SAME[name]
    assert agrees(records(run()), theirs), records(run())


@pytest.mark.parametrize(("close", "direction", "with_bars", "setting", "distance", "leaves"), STOPS)
def test_stops_leave_where_those_of_vectorbt_leave(
    close: list[float], direction: str, with_bars: bool, setting: str, distance: float | None, leaves: Record | None
) -> None:
    step = 1.0 if close in (UP, DIP) else -1.0
    more = bars(close, step) if with_bars else {}
    pf = signals(close, FIRST, NEVER, direction=direction, **{setting: distance}, **more)
    enters = (0, 1 if direction == "long" else -1, 100 / close[0], close[0])
    assert agrees(records(pf), [enters] if leaves is None else [enters, leaves]), records(pf)


@pytest.mark.parametrize("name", DIFFERENT)
def test_where_the_records_differ_we_know_why(name: str) -> None:
    _, run, theirs = DIFFERENT[name]
    assert not agrees(records(run()), theirs), "they agree: move the case to SAME"


def test_three_columns_have_the_records_of_one_each() -> None:
    pf = signals(np.tile(np.array(UP)[:, None], 3), ENTRIES, EXITS, direction="both")
    for column in range(3):
        assert agrees(records(pf, column), [(0, 1, 100, 1), (3, -1, 200, 4)])


def test_columns_of_a_group_share_its_cash() -> None:
    pf = signals(np.tile(np.array(UP)[:, None], 3), ENTRIES, EXITS, direction="both", groups=["x", "x", "y"])
    assert agrees(records(pf, 0), [(0, 1, 100, 1), (3, -1, 200, 4)])
    assert records(pf, 1) == []
    assert agrees(records(pf, 2), [(0, 1, 100, 1), (3, -1, 200, 4)])


def test_what_a_sale_frees_buys_in_the_same_row() -> None:
    """vectorbt's call_seq="auto" at a constant price of 1."""
    entries = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]], dtype=bool)
    exits = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=bool)
    pf = signals(np.ones((5, 3)), entries, exits, groups="all")
    assert agrees(records(pf, 0), [(2, 1, 100, 1), (3, -1, 100, 1)])
    assert agrees(records(pf, 1), [(1, 1, 100, 1), (2, -1, 100, 1), (4, 1, 100, 1)])
    assert agrees(records(pf, 2), [(0, 1, 100, 1), (1, -1, 100, 1), (3, 1, 100, 1), (4, -1, 100, 1)])


def test_targets_of_money_sell_before_they_buy() -> None:
    pf = orders(np.full((5, 3), 50.0), np.tile(np.array(UP)[:, None], 3), size_type="target_value", groups="all")
    tail = [(2, -1, 8.333333332, 3), (3, -1, 4.166666668, 4), (4, -1, 2.5, 5)]
    assert agrees(records(pf, 0), [(0, 1, 50, 1), (1, -1, 25, 2), *tail])
    assert agrees(records(pf, 1), [(0, 1, 50, 1), (1, -1, 25, 2), *tail])
    assert agrees(records(pf, 2), [(1, 1, 25, 2), *tail])


def test_targets_of_equity_stop_where_the_cash_ends() -> None:
    pf = orders(np.full((5, 3), 0.5), np.tile(np.array(UP)[:, None], 3), size_type="target_percent", groups="all")
    assert [len(records(pf, i)) for i in range(3)] == [1, 1, 0]
    assert agrees(records(pf, 1), [(0, 1, 50, 1)])
