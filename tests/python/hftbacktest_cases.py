"""What is run with hftbacktest and with Walras: captures, scripts of orders and models.

`python -m tests.python.hftbacktest_cases` (with `make peers`) runs hftbacktest and writes tests/data/hftbacktest anew.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import walras as wl
from walras.data._tick_records import QUOTE

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("WALRAS_SHARED", ROOT.parent / "shared"))
CAPTURES = SHARED / "data" / "crypto"
GOLDENS = ROOT / "tests" / "data" / "hftbacktest"
PEER = ROOT / "benchmarks" / "engines" / "ticks_hftbacktest.py"
PEERS_PYTHON = Path(os.environ.get("WALRAS_HFTBACKTEST", ROOT / ".venv-peers" / "bin" / "python"))

Action = tuple[int, str, int, float, float]  # time (ns, ours), buy | sell | ioc | cancel, order, price, quantity
Outcome = list[Any]  # order, quantity filled, its last fill at the exchange (ns; 0: not known), price


@dataclass(frozen=True)
class Market:
    capture: str
    symbol: str
    tick_size: float
    lot_size: str
    small: float  # quantities of the script
    large: float

    @property
    def path(self) -> Path:
        return CAPTURES / f"hftbacktest_binance_{self.capture}_20240808.jsonl.gz"


MARKETS = {
    "btc": Market("usdm_btcusdt", "BTCUSDT", 0.1, "0.001", 0.01, 3.0),
    "eth": Market("usdm_ethusdt", "ETHUSDT", 0.01, "0.001", 0.1, 40.0),
    "spot": Market("spot_btcusdt", "BTCUSDT", 0.01, "0.00000001", 0.001, 0.2),
    "coin": Market("cm_btcusd_perp", "BTCUSD_PERP", 0.1, "1", 3.0, 400.0),
}
QUEUES = ("risk_averse", "power:2", "power:3:2", "power:3:3", "log", "log:2")


@dataclass(frozen=True)
class Case:
    market: str = "btc"
    queue: str = "risk_averse"
    partial: bool = True
    order_ms: float = 5.0
    response_ms: float = 5.0
    recorded: bool = False  # order latency interpolated between recorded round trips
    feed: bool = True  # false: the feed reaches us at once
    racing: bool = False  # cancels leave when a trade at the order's price reaches us

    @property
    def name(self) -> str:
        words = [self.market, self.queue.replace(":", "_"), "partial" if self.partial else "whole"]
        words += ["recorded"] * self.recorded + ["racing"] * self.racing + ["no_feed_latency"] * (not self.feed)
        if not self.recorded and (self.order_ms, self.response_ms) != (5.0, 5.0):
            words.append(f"{self.order_ms:g}_{self.response_ms:g}_ms")
        return "-".join(words)

    @property
    def script(self) -> str:
        """Cases of one name share a script: it depends on the feed, never on fills."""
        return f"{self.market}-{self.partial}-{self.feed}-{self.racing}"


CASES = [
    *(Case(queue=queue, partial=partial) for queue in QUEUES for partial in (True, False)),
    Case("eth", "power:2"),
    Case("eth", "log", partial=False),
    Case("spot", "log:2"),
    Case("spot", "risk_averse", partial=False),
    Case("coin", "power:3:3"),
    Case("coin", "risk_averse", partial=False),
    Case(feed=False, queue="power:2"),
    Case(order_ms=1.0, response_ms=40.0),
    Case(order_ms=80.0, response_ms=2.0, queue="power:2", partial=False),
    Case(recorded=True),
    Case(recorded=True, queue="log", partial=False),
    Case(racing=True),
    Case(racing=True, order_ms=80.0, response_ms=20.0),
    Case("eth", "power:3:2", racing=True, recorded=True),
]


@cache
def feed(market: str, delayed: bool) -> wl.data.Ticks:
    """Books and trades of a capture, as hftbacktest wants them: in order of both clocks."""
    m = MARKETS[market]
    ticks = wl.data.read_ticks(m.path, lot_size=m.lot_size)
    records = ticks.records[ticks.records["kind"] != QUOTE].copy()
    records["ts_event"] = np.maximum.accumulate(records["ts_event"])
    local = np.maximum.accumulate(np.maximum(records["ts_init"], records["ts_event"]))
    records["ts_init"] = local if delayed else records["ts_event"]
    return replace(ticks, records=records)


class Maker(wl.Strategy):
    """Writes down what it does: limits at and behind the best price, cancels, and some orders that take."""

    every: float = 0.5  # seconds
    life: float = 5.0
    partial: bool = True
    racing: bool = False
    market: str = "btc"

    def on_start(self, ctx: wl.Context) -> None:
        self.log: list[Action] = []
        self.started = False
        self.beats = 0
        self.live: dict[int, Action] = {}
        self.m = MARKETS[self.market]

    def act(self, action: Action) -> None:
        self.log.append(action)

    def on_book(self, ctx: wl.Context, book: Any) -> None:
        if not self.started and book.is_valid and book.bid and book.ask:
            self.started = True
            ctx.wake_at(ctx.now + 10**9)

    def on_trade(self, ctx: wl.Context, trade: Any) -> None:
        if not self.racing:
            return
        # hftbacktest sends no cancel before the order's acknowledgement is back
        known = [(k, a[3]) for k, a in self.live.items() if ctx.now - a[0] > 200_000_000]
        self.cancel(ctx, [k for k, price in known if abs(price - trade.price) < self.m.tick_size / 2])

    def cancel(self, ctx: wl.Context, orders: list[int]) -> None:
        for k in orders:
            self.act((ctx.now, "cancel", k, 0.0, 0.0))
            del self.live[k]

    def on_timer(self, ctx: wl.Context, timer: Any) -> None:
        book: Any = ctx.book(self.m.symbol)
        tick = self.m.tick_size
        self.beats += 1
        k = self.beats
        self.cancel(ctx, [o for o, a in self.live.items() if ctx.now - a[0] >= self.life * 1e9])
        side = "buy" if k % 2 else "sell"
        offset = (k // 2 % 3) * tick
        price = round(book.bid - offset if side == "buy" else book.ask + offset, 8)
        # one order a side and price, so that orders of ours do not queue behind each other
        if (side, price) not in {(a[1], a[3]) for a in self.live.values()}:
            whole = self.m.small if k % 7 else self.m.large
            # no two alike: what trades never equals what is left of an order exactly (see docs/guides/peers-ticks.md)
            odd = self.m.large * 0.57 + self.m.large * 0.002 + float(self.m.lot_size) * (1 + k % 50)
            order = (ctx.now, side, k, price, round(odd if self.partial else whole, 8))
            if self.partial and float(self.m.lot_size) == 1:
                order = (*order[:4], float(round(order[4])))
            self.live[k] = order
            self.act(order)
        if k % 25 == 0:
            self.act((ctx.now, "ioc", 100_000 + k, round(book.ask + 10 * tick, 8), 2 * self.m.small * 100))
        ctx.wake_after(self.every)


class Replayed(wl.Strategy):
    """Does what a script says, at its nanoseconds."""

    script: Any = ()
    symbol: str = ""

    def on_start(self, ctx: wl.Context) -> None:
        self.at = 0
        self.ids: dict[int, Any] = {}
        ctx.wake_at(self.script[0][0])

    def on_timer(self, ctx: wl.Context, timer: Any) -> None:
        while self.at < len(self.script) and self.script[self.at][0] <= ctx.now:
            _, what, k, price, quantity = self.script[self.at]
            self.at += 1
            if what == "cancel":
                ctx.cancel(self.ids[k])
            else:
                place = ctx.sell if what == "sell" else ctx.buy
                tif: Any = "ioc" if what == "ioc" else "gtc"
                self.ids[k] = place(self.symbol, quantity=quantity, limit=price, tif=tif)
        if self.at < len(self.script):
            ctx.wake_at(self.script[self.at][0])


def settings(case: Case) -> dict[str, Any]:
    m = MARKETS[case.market]
    instrument = wl.Instrument(
        name=m.symbol, kind="perpetual", tick_size=f"{m.tick_size:g}", lot_size=m.lot_size, currency="USDT"
    )
    return {
        "instruments": [instrument],
        "currency": "USDT",
        "cash": 9e9,
        "fees": 0,
        "latency": wl.latency.recorded(*round_trips(case).T)
        if case.recorded
        else wl.latency.constant(case.order_ms, case.response_ms),
        "queue": case.queue,
        "partial_fills": case.partial,
        "remember_consumed": False,
    }


def round_trips(case: Case) -> np.ndarray:
    """Requests every 0.2 s with delays of 1 to 30 ms each way: shape (trips, 3), ns."""
    times = feed(case.market, case.feed).records["ts_event"]
    requested = np.arange(times[0] - 10**9, times[-1] + 10**9, 200_000_000)
    delays = np.random.default_rng(1).integers(1_000_000, 30_000_000, (len(requested), 2))
    at_venue = requested + delays[:, 0]
    return np.stack([requested, at_venue, at_venue + delays[:, 1]], axis=1)


def write_script(case: Case) -> list[Action]:
    maker = Maker(partial=case.partial, racing=case.racing, market=case.market)
    wl.backtest.run(maker, feed(case.market, case.feed), **settings(case))
    return maker.log


def ours(case: Case, script: list[Action]) -> list[Outcome]:
    """Of each order that filled: quantity, time of the last fill, its price."""
    replayed = Replayed(script=script, symbol=MARKETS[case.market].symbol)
    result = wl.backtest.run(replayed, feed(case.market, case.feed), **settings(case))
    names = {order: k for k, order in replayed.ids.items()}
    found: dict[int, Outcome] = {}
    fills = result.fills
    for order, ts, quantity, price in zip(
        fills["order"], fills["ts"].cast(int), fills["quantity"], fills["price"], strict=True
    ):
        row = found.setdefault(names[order], [names[order], 0.0, 0, 0.0])
        row[1:] = [round(row[1] + quantity, 8), ts, price]
    return [found[k] for k in sorted(found)]


def theirs(cases: list[Case], script: list[Action], repeat: int = 1) -> tuple[list[list[Outcome]], list[float]]:
    """The same with hftbacktest, in its own environment, and seconds; the cases share a feed."""
    first = cases[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wl.data.write_hftbacktest(feed(first.market, first.feed), folder / "feed.npz")
        np.save(folder / "trips.npy", round_trips(first))
        market = MARKETS[first.market]
        task = {
            "tick_size": market.tick_size,
            "lot_size": float(market.lot_size),
            "script": script,
            "cases": [asdict(case) for case in cases],
            "repeat": repeat,
        }
        (folder / "task.json").write_text(json.dumps(task))
        subprocess.run([PEERS_PYTHON, PEER, folder], check=True)
        found = json.loads((folder / "out.json").read_text())
        return found["outcomes"], found["seconds"]


def golden(case: Case) -> tuple[list[Action], list[Outcome]]:
    """The script and what hftbacktest made of it."""
    with gzip.open(GOLDENS / f"{case.script}.json.gz", "rt") as file:
        document = json.load(file)
    return [tuple(a) for a in document["script"]], document["outcomes"][case.name]


def differences(a: list[Outcome], b: list[Outcome]) -> list[str]:
    """Ours against theirs, order by order."""
    left, right = ({row[0]: row for row in rows} for rows in (a, b))
    out = []
    for k in sorted(left.keys() | right.keys()):
        x, y = left.get(k), right.get(k)
        same = x is not None and y is not None and x[1] == y[1] and (y[2] == 0 or x[2:] == y[2:])
        if not same:
            out.append(f"order {k}: ours {x}, theirs {y}")
    return out


def main() -> None:
    for name in dict.fromkeys(case.script for case in CASES if case.script in (sys.argv[1:] or [case.script])):
        cases = [case for case in CASES if case.script == name]
        script = write_script(cases[0])
        outcomes, _ = theirs(cases, script)
        for case, found in zip(cases, outcomes, strict=True):
            bad = differences(ours(case, script), found)
            print(f"{case.name}: {len(script)} actions, {len(found)} orders filled, {len(bad)} different", *bad[:5])
        document = {"script": script, "outcomes": {c.name: o for c, o in zip(cases, outcomes, strict=True)}}
        text = json.dumps(document, separators=(",", ":"))
        (GOLDENS / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
