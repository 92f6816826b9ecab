"""One script of orders on EUR/USD quotes, run with NautilusTrader and with Walras.

`python -m tests.python.nautilus_cases` (with `make peers`) runs NautilusTrader and writes tests/data/nautilus anew.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import walras as wl
from tests.python.data_files import ROOT, shared

GOLDEN = ROOT / "tests" / "data" / "nautilus" / "eurusd_2020_orders.json.gz"
PEER = ROOT / "benchmarks" / "engines" / "ticks_nautilus.py"
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
SIZE = 1_000_000  # of each quote: what NautilusTrader's wrangler sets where a file has none
ORDERS = 600

Action = tuple[int, str, int, int, float]  # time (ns), market | limit | stop | cancel, order, signed units, price
Fill = list[Any]  # order, time (ns), price, quantity


def quotes() -> dict[str, Any]:
    """The published EUR/USD quotes of NautilusTrader's tests: ts, bid, ask."""
    with gzip.open(shared("fx/nautilus_eurusd_2020_quote_tick.csv.gz"), "rt") as file:
        rows = [line.split(",") for line in file]
    day = np.array([f"{r[0][:4]}-{r[0][4:6]}-{r[0][6:8]}" for r in rows], dtype="datetime64[ms]").astype(np.int64)
    clock = [r[0][9:] for r in rows]
    of_day = [((int(c[:2]) * 60 + int(c[2:4])) * 60 + int(c[4:6])) * 1000 + int(c[6:]) for c in clock]
    ts = (day + np.array(of_day)) * 1_000_000
    found = {"ts": ts, "bid": np.array([float(r[1]) for r in rows]), "ask": np.array([float(r[2]) for r in rows])}
    assert (np.diff(ts) >= 0).all()
    return found


def write_script() -> list[Action]:
    """Orders between the quotes, drawn with seed 1: times never tie with a quote's."""
    q = quotes()
    random = np.random.default_rng(1)
    script: list[Action] = []
    for k, i in enumerate(np.sort(random.choice(len(q["ts"]) - 200, ORDERS, replace=False)).tolist(), 1):
        at = int(q["ts"][i]) + 300_001 + 7 * (k % 50)
        sign = 1 if random.random() < 0.5 else -1
        units = int(random.integers(1, 50)) * 10_000
        if k % 40 == 0:
            units = 1_500_000  # more than a quote shows
        near = float(q["bid"][i] if sign > 0 else q["ask"][i])
        far = float(q["ask"][i] if sign > 0 else q["bid"][i])
        away = int(random.integers(0, 12)) * 1e-5
        what = ("market", "limit", "limit", "limit", "stop", "cross")[int(random.integers(0, 6))]
        if what == "market":
            script.append((at, "market", k, sign * units, 0.0))
            continue
        if what == "cross":  # a limit that trades at once
            script.append((at, "limit", k, sign * units, round(far + sign * away, 5)))
        elif what == "limit":
            script.append((at, "limit", k, sign * units, round(near - sign * away, 5)))
        else:
            script.append((at, "stop", k, sign * units, round(far + sign * (away + 2e-5), 5)))
        script.append((at + int(random.integers(5, 600)) * 1_000_000_000 + 11, "cancel", k, 0, 0.0))
    return sorted(script)


class Replayed(wl.Strategy):
    """Does what a script says, at its nanoseconds."""

    script: Any = ()

    def on_start(self, ctx: wl.Context) -> None:
        self.at = 0
        self.ids: dict[int, Any] = {}
        ctx.wake_at(self.script[0][0])

    def on_timer(self, ctx: wl.Context, timer: Any) -> None:
        while self.at < len(self.script) and self.script[self.at][0] <= ctx.now:
            _, what, k, signed, price = self.script[self.at]
            self.at += 1
            if what == "cancel":
                ctx.cancel(self.ids[k])
                continue
            place = ctx.buy if signed > 0 else ctx.sell
            extra: dict[str, Any] = {"market": {}, "limit": {"limit": price}, "stop": {"stop": price}}[what]
            self.ids[k] = place("EURUSD", quantity=abs(signed), tif="gtc", **extra)
        if self.at < len(self.script):
            ctx.wake_at(self.script[self.at][0])


def ours(script: list[Action]) -> list[Fill]:
    q = quotes()
    n = len(q["ts"])
    ticks = wl.data.Ticks.from_columns(
        "EURUSD",
        ts_init=q["ts"],
        kind=["quote"] * n,
        bid=q["bid"],
        ask=q["ask"],
        bid_size=[SIZE] * n,
        ask_size=[SIZE] * n,
    )
    instrument = wl.Instrument(name="EURUSD", tick_size="0.00001", lot_size="1", currency="USD")
    replayed = Replayed(script=script)
    result = wl.backtest.run(
        replayed,
        ticks,
        instruments=[instrument],
        cash=1e9,
        fees=0,
        latency=wl.latency.none(),
    )
    names = {order: k for k, order in replayed.ids.items()}
    f = result.fills
    rows = zip(f["order"], f["ts"].cast(int), f["price"], f["quantity"], strict=True)
    return sorted([names[o], ts, round(price, 8), int(quantity)] for o, ts, price, quantity in rows)


def theirs(script: list[Action]) -> list[Fill]:
    q = quotes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "quotes.npz", **q, size=np.full(len(q["ts"]), SIZE))
        (folder / "task.json").write_text(json.dumps({"symbol": "EURUSD", "decimals": 5, "script": script}))
        subprocess.run([PEERS_PYTHON, PEER, folder], check=True)
        found: list[Fill] = json.loads((folder / "out.json").read_text())
        return found


def golden() -> tuple[list[Action], list[Fill]]:
    with gzip.open(GOLDEN, "rt") as file:
        document = json.load(file)
    return [tuple(a) for a in document["script"]], document["fills"]


def by_order(fills: list[Fill]) -> dict[int, list[Fill]]:
    out: dict[int, list[Fill]] = {}
    for fill in fills:
        out.setdefault(fill[0], []).append(fill)
    return out


def main() -> None:
    script = write_script()
    fills = theirs(script)
    GOLDEN.parent.mkdir(exist_ok=True)
    text = json.dumps({"script": script, "fills": fills}, separators=(",", ":"))
    GOLDEN.write_bytes(gzip.compress(text.encode(), mtime=0))
    a, b = by_order(ours(script)), by_order(fills)
    different = [k for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k)]
    print(f"{len(script)} actions; filled: ours {len(a)}, theirs {len(b)}; different: {len(different)}")
    actions = {row[2]: row for row in script if row[1] != "cancel"}
    for k in different[:25]:
        print(actions[k], "ours", a.get(k), "theirs", b.get(k))


if __name__ == "__main__":
    main()
