"""A book by order with hftbacktest and with Walras: ESH4 by Databento, orders of one lot in exact queues.

`python -m tests.python.hftbacktest_orders` (with `make peers`) runs hftbacktest and writes its golden file anew.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import walras as wl
from tests.python.data_files import shared
from tests.python.hftbacktest_cases import GOLDENS, PEER, PEERS_PYTHON, Action, Outcome, Replayed
from walras.data._tick_records import ACTIONS, BOOK_DELTA

GOLDEN = GOLDENS / "esh4-by-order.json.gz"
TICK = 0.25
FIRST = 1_703_545_230_000_000_000  # half a minute after the market has opened
CASES = [(5.0, 5.0), (1.0, 40.0), (80.0, 2.0)]  # ms to the exchange and back


@cache
def feed() -> wl.data.Ticks:
    return wl.data.read_ticks(shared("l3/databento_esh4_20231225.mbo.dbn.zst"))


class Maker(wl.Strategy):
    """Joins the best prices and those behind them by turns; one order of its own at a price."""

    def on_start(self, ctx: wl.Context) -> None:
        self.log: list[Action] = []
        self.random = np.random.default_rng(5)
        self.live: dict[float, int] = {}  # price: when it has surely gone
        ctx.wake_at(FIRST)

    def on_timer(self, ctx: wl.Context, timer: Any) -> None:
        book: Any = ctx.book("ESH4")
        k = len(self.log) // 2 + 1
        side = "buy" if k % 2 else "sell"
        offset = int(self.random.integers(0, 3)) * TICK
        price = book.bid - offset if side == "buy" else book.ask + offset
        ends = ctx.now + int(self.random.integers(2, 25)) * 10**9
        if self.live.get(price, 0) < ctx.now:
            self.live[price] = ends + 10**9
            self.log.append((ctx.now, side, k, price, 1.0))
            self.log.append((ends, "cancel", k, 0.0, 0.0))
        ctx.wake_after(int(self.random.integers(1_000, 6_000)) / 1000)


def write_script() -> list[Action]:
    maker = Maker()
    wl.backtest.run(maker, feed(), latency=wl.latency.none())
    last = int(feed().ts_event[-1])
    return sorted((a for a in maker.log if a[0] < last - 60 * 10**9), key=lambda a: a[0])


def ours(case: tuple[float, float], script: list[Action]) -> list[Outcome]:
    """Of each order that filled: quantity, time, price."""
    replayed = Replayed(script=script, symbol="ESH4")
    result = wl.backtest.run(
        replayed,
        feed(),
        cash=9e9,
        fees=0,
        latency=wl.latency.constant(*case),
        partial_fills=False,
        remember_consumed=False,
    )
    names = {order: k for k, order in replayed.ids.items()}
    fills = result.fills
    rows = zip(fills["order"], fills["quantity"], fills["ts"].cast(int), fills["price"], strict=True)
    return sorted([names[order], quantity, ts, price] for order, quantity, ts, price in rows)


def peers_feed() -> wl.data.Ticks:
    """hftbacktest ends at a fill of an order that it does not know: seven aggressors that never rested."""
    records = feed().records
    live: set[int] = set()
    kept = np.ones(records.size, dtype=np.bool_)
    add, notice = ACTIONS.index("add"), ACTIONS.index("fill_notice")
    for i in np.flatnonzero(records["kind"] == BOOK_DELTA).tolist():
        order, action = int(records["order"][i]), int(records["action"][i])
        if action == add:
            live.add(order)
        elif action == notice:
            kept[i] = order in live
    return wl.data.Ticks(records[kept], feed().symbols, feed().lot_size)


def theirs(script: list[Action]) -> list[list[Outcome]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wl.data.write_hftbacktest(peers_feed(), folder / "feed.npz")
        np.save(folder / "trips.npy", np.zeros((1, 3), dtype=np.int64))
        cases = [
            {"queue": "l3_fifo", "partial": False, "recorded": False, "order_ms": a, "response_ms": b} for a, b in CASES
        ]
        task = {"tick_size": TICK, "lot_size": 1.0, "script": script, "cases": cases, "repeat": 1}
        (folder / "task.json").write_text(json.dumps(task))
        subprocess.run([PEERS_PYTHON, PEER, folder], check=True)
        found: list[list[Outcome]] = json.loads((folder / "out.json").read_text())["outcomes"]
        return found


def golden() -> tuple[list[Action], list[list[Outcome]]]:
    """The script and what hftbacktest made of it, case by case."""
    with gzip.open(GOLDEN, "rt") as file:
        document = json.load(file)
    return [tuple(a) for a in document["script"]], document["outcomes"]


def main() -> None:
    from tests.python.hftbacktest_cases import differences

    script = write_script()
    outcomes = theirs(script)
    for case, found in zip(CASES, outcomes, strict=True):
        bad = differences(ours(case, script), found)
        print(f"{case}: {len(script)} actions, {len(found)} orders filled, {len(bad)} different", *bad[:9], sep="\n  ")
    text = json.dumps({"script": script, "outcomes": outcomes}, separators=(",", ":"))
    GOLDEN.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
