"""hftbacktest: scripts of orders on a feed of its own format, `python ticks_hftbacktest.py FOLDER`.

FOLDER holds feed.npz, trips.npy (round trips: left, at the venue, back; ns) and task.json (tick_size, lot_size, script,
cases, repeat). out.json gets `seconds`, the shortest run of each case, and `outcomes`: for each case [order, quantity
filled, exchange time of its last fill in ns, price] of the orders that filled, or 0 for a time that a later event has
overwritten. Times are integers throughout.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from hftbacktest import GTC, LIMIT, BacktestAsset, HashMapMarketDepthBacktest
from hftbacktest.order import FILLED, PARTIALLY_FILLED
from numba import njit

IOC = 3
KINDS = {"buy": 1, "sell": 2, "cancel": 3, "ioc": 4}
QUEUES = {
    "risk_averse": lambda asset: asset.risk_adverse_queue_model(),
    "power:2": lambda asset: asset.power_prob_queue_model(2.0),
    "power:3:2": lambda asset: asset.power_prob_queue_model2(3.0),
    "power:3:3": lambda asset: asset.power_prob_queue_model3(3.0),
    "log": lambda asset: asset.log_prob_queue_model(),
    "log:2": lambda asset: asset.log_prob_queue_model2(),
    "l3_fifo": lambda asset: asset.l3_fifo_queue_model(),
}
TRIP = np.dtype([("req_ts", "i8"), ("exch_ts", "i8"), ("resp_ts", "i8"), ("_padding", "i8")], align=True)


@njit
def play(hbt, ts, kind, ids, price, quantity, whole, real):
    hbt.elapse(1)
    for i in range(len(ts)):
        if ts[i] > hbt.current_timestamp and hbt.elapse(ts[i] - hbt.current_timestamp) != 0:
            return -1
        if kind[i] == 1:
            hbt.submit_buy_order(0, ids[i], price[i], quantity[i], GTC, LIMIT, False)
        elif kind[i] == 2:
            hbt.submit_sell_order(0, ids[i], price[i], quantity[i], GTC, LIMIT, False)
        elif kind[i] == 4:
            hbt.submit_buy_order(0, ids[i], price[i], quantity[i], IOC, LIMIT, False)
        else:
            order = hbt.orders(0).get(ids[i])
            if order is not None and order.cancellable:
                hbt.cancel(0, ids[i], False)
    while hbt.elapse(10_000_000) == 0:
        pass
    rows = 0
    orders = hbt.orders(0).values()
    while orders.has_next():
        order = orders.get()
        whole[rows, 0] = order.order_id
        whole[rows, 1] = order.exch_timestamp
        whole[rows, 2] = order.status
        real[rows, 0] = order.leaves_qty
        real[rows, 1] = order.exec_price
        rows += 1
    return rows


def replay(feed, trips, task, case):
    asset = BacktestAsset().data([feed]).linear_asset(1.0)
    if case["recorded"]:
        asset = asset.intp_order_latency(trips)
    else:
        asset = asset.constant_order_latency(int(case["order_ms"] * 1e6), int(case["response_ms"] * 1e6))
    asset = QUEUES[case["queue"]](asset)
    asset = asset.partial_fill_exchange() if case["partial"] else asset.no_partial_fill_exchange()
    asset = asset.trading_value_fee_model(0.0, 0.0).tick_size(task["tick_size"]).lot_size(task["lot_size"])
    hbt = HashMapMarketDepthBacktest([asset.last_trades_capacity(0)])
    script = task["script"]
    ts = np.array([a[0] for a in script], dtype=np.int64)
    kinds = np.array([KINDS[a[1]] for a in script], dtype=np.int64)
    ids = np.array([a[2] for a in script], dtype=np.int64)
    price = np.array([a[3] for a in script], dtype=np.float64)
    quantity = np.array([a[4] for a in script], dtype=np.float64)
    whole, real = np.zeros((len(ts), 3), dtype=np.int64), np.zeros((len(ts), 2))
    started = time.perf_counter()
    rows = play(hbt, ts, kinds, ids, price, quantity, whole, real)
    seconds = time.perf_counter() - started
    hbt.close()
    if rows < 0:
        raise SystemExit(f"hftbacktest stopped before the script's end: {case}")
    wanted = {a[2]: a[4] for a in script if a[1] != "cancel"}
    out = []
    for (order, at, status), (leaves, paid) in zip(whole[:rows].tolist(), real[:rows].tolist(), strict=True):
        filled = round(wanted[order] - leaves, 8)
        if filled > 0:
            is_last = status in (FILLED, PARTIALLY_FILLED)
            out.append([order, filled, at if is_last else 0, round(paid, 8)])
    return sorted(out), seconds


def main() -> None:
    folder = Path(sys.argv[1])
    feed = np.load(folder / "feed.npz")["data"]
    columns = np.load(folder / "trips.npy")
    trips = np.zeros(len(columns), dtype=TRIP)
    for name, column in zip(TRIP.names, columns.T, strict=False):
        trips[name] = column
    task = json.loads((folder / "task.json").read_text())
    runs = [[replay(feed, trips, task, case) for _ in range(task["repeat"])] for case in task["cases"]]
    outcomes = [case[-1][0] for case in runs]
    seconds = [min(took for _, took in case) for case in runs]  # the first compiles
    (folder / "out.json").write_text(json.dumps({"outcomes": outcomes, "seconds": seconds}))


main()
