"""A run made by hand for tests of what presents runs: an SMA cross on two random walks, filled at the next close.

Its numbers are consistent (fills, trades, cash and equity agree), which the tests of the report rely on.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from walras.result import CASH_FLOWS, EQUITY, FILLS, TRADES, BacktestResult, StatisticInfo, Stats

CASH = 100_000.0
FEE_BPS, SLIPPAGE_BPS = 5.0, 2.0
INFO = {
    "final_equity": StatisticInfo("Final equity", "equity at the last time", "currency", "Returns"),
    "total_return": StatisticInfo("Total return", "final equity / initial cash - 1", "fraction", "Returns"),
    "cagr": StatisticInfo("CAGR", "(final / start)^(periods per year / n) - 1", "fraction", "Returns"),
    "volatility": StatisticInfo("Volatility", "std(r, ddof=1) * sqrt(periods per year)", "fraction", "Risk"),
    "sharpe": StatisticInfo("Sharpe ratio", "mean(r - rf) / std(r, ddof=1) * sqrt(periods per year)", "ratio", "Risk"),
    "max_drawdown": StatisticInfo("Max drawdown", "min(equity / max equity so far - 1)", "fraction", "Risk"),
    "trades": StatisticInfo("Trades", "round trips, open ones included", "count", "Trades"),
    "win_rate": StatisticInfo("Win rate", "closed trades with net profit > 0 / closed trades", "fraction", "Trades"),
    "fees": StatisticInfo("Fees", "sum of fees of all fills", "currency", "Costs"),
    "profit_factor": StatisticInfo("Profit factor", "sum of net wins / |sum of net losses|", "ratio", "Trades"),
}


def walks(names: tuple[str, ...], days: int, seed: int) -> dict[str, pl.DataFrame]:
    """Daily bars of geometric random walks."""
    rng = np.random.default_rng(seed)
    ts = [datetime(1993, 1, 4, 21, tzinfo=UTC) + timedelta(days=d) for d in range(days * 7 // 5) if d % 7 < 5][:days]
    out = {}
    for name in names:
        close = 40 * np.exp(np.cumsum(rng.normal(0.0003, 0.014, len(ts))))
        open_ = np.concatenate(([40.0], close[:-1])) * np.exp(rng.normal(0, 0.003, len(ts)))
        spread = np.abs(rng.normal(0, 0.006, len(ts))) + 0.001
        high, low = np.maximum(open_, close) * (1 + spread), np.minimum(open_, close) * (1 - spread)
        columns = {"ts": ts, "open": open_, "high": high, "low": low, "close": close}
        out[name] = pl.DataFrame(columns).with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")))
    return out


def make_run(
    prices: dict[str, pl.DataFrame] | None = None,
    *,
    fast: int = 20,
    slow: int = 80,
    days: int = 1500,
    seed: int = 7,
    **more: Any,
) -> BacktestResult:
    """Trade each instrument with its share of the cash: long while the fast mean is above the slow one, else short."""
    prices = prices or walks(("KO", "PEP"), days, seed)
    ts = next(iter(prices.values()))["ts"]
    fills: list[tuple[Any, ...]] = []
    trades: list[tuple[Any, ...]] = []
    profit, net, gross = np.zeros((3, len(ts)))
    for name, frame in prices.items():
        close = frame["close"].to_numpy()
        above = (frame["close"].rolling_mean(fast) > frame["close"].rolling_mean(slow)).fill_null(False).to_numpy()
        held, entry, pnl = 0.0, 0, 0.0
        for i in range(slow + 1, len(close)):
            target = float(np.floor(CASH / len(prices) / close[i])) * (1 if above[i - 1] else -1)
            if np.sign(target) != np.sign(held):
                cost = 0.0
                for quantity, opening in ((-held, False), (target, True)):
                    if quantity:
                        side = 1 if quantity > 0 else -1
                        paid = close[i] * (1 + side * SLIPPAGE_BPS / 1e4)
                        fee = abs(quantity) * paid * FEE_BPS / 1e4
                        slip = abs(quantity) * close[i] * SLIPPAGE_BPS / 1e4
                        row = (len(fills) + 1, len(fills) + 1, ts[i], name, "sma_cross", "buy" if side > 0 else "sell")
                        fills.append((*row, abs(quantity), paid, close[i], slip, fee, "taker", "next_close"))
                        cost += fee + slip
                        if not opening:
                            trades.append(_trade(name, held, ts, close, entry, i, closed=True))
                pnl -= cost
                held, entry = target, i
            profit[i] += pnl
            net[i] += held * close[i]
            gross[i] += abs(held * close[i])
            if i + 1 < len(close):
                pnl += held * (close[i + 1] - close[i])
        if held:
            trades.append(_trade(name, held, ts, close, entry, len(close) - 1, closed=False))
    equity = CASH + profit
    benchmark = np.mean([p["close"].to_numpy() / p["close"][0] for p in prices.values()], axis=0)
    columns = {"ts": ts, "equity": equity, "cash": equity - net, "gross": gross, "benchmark": benchmark}
    frame = pl.DataFrame(columns, schema=EQUITY)
    fill_frame = pl.DataFrame(fills, schema=FILLS, orient="row").sort("ts", "order")
    trade_frame = pl.DataFrame(trades, schema=TRADES, orient="row").sort("entry_ts")
    orders = fill_frame.select(
        pl.col("order").alias("id"),
        "ts",
        "instrument",
        "strategy",
        "side",
        pl.lit("market").alias("type"),
        "quantity",
        pl.lit("filled").alias("status"),
    )
    settings = {
        "cash": CASH,
        "fill_at": "next_close",
        "fees": f"{FEE_BPS:g} bps",
        "slippage": f"{SLIPPAGE_BPS:g} bps",
        "account": "margin",
    }
    values: dict[str, Any] = {
        "equity": frame,
        "orders": orders,
        "fills": fill_frame,
        "trades": trade_frame,
        "stats": _stats(frame, fill_frame, trade_frame),
        "signature": "9d5ed678fe57bcca",
        "seed": seed,
        "versions": {"walras": "0.1.0", "python": "3.11.7"},
        "data_hash": "5feceb66ffc86f38",
        "command": "walras backtest sma_cross --data demo:KO,PEP --set fast=20 --set slow=80",
        "settings": settings,
        "strategies": ({"name": "sma_cross", "title": "SMA cross", "parameters": {"fast": fast, "slow": slow}},),
        "prices": prices,
        "cash_flows": pl.DataFrame([(ts[-1], "borrow_fee", 0.0, "sma_cross")], schema=CASH_FLOWS, orient="row"),
    }
    return BacktestResult(**(values | more))


def _trade(
    name: str, held: float, ts: pl.Series, close: Any, entry: int, exit_: int, *, closed: bool
) -> tuple[Any, ...]:
    pnl = held * (close[exit_] - close[entry])
    fees = abs(held) * (close[entry] + closed * close[exit_]) * FEE_BPS / 1e4
    result = 100 * (pnl - fees) / abs(held * close[entry])
    side, rules = "long" if held > 0 else "short", ("next_close", "next_close" if closed else None)
    ends = (ts[exit_] if closed else None, close[entry], close[exit_])
    return (
        name,
        "sma_cross",
        side,
        abs(held),
        ts[entry],
        *ends,
        pnl,
        fees,
        pnl - fees,
        result,
        ts[exit_] - ts[entry],
        *rules,
        not closed,
    )


def _stats(equity: pl.DataFrame, fills: pl.DataFrame, trades: pl.DataFrame) -> Stats:
    e = equity["equity"].to_numpy()
    r, years = np.diff(e) / e[:-1], len(e) / 252
    closed = trades.filter(~pl.col("is_open"))["net_pnl"].to_numpy()
    won, lost = float(closed[closed > 0].sum()), float(-closed[closed < 0].sum())
    deviation = float(r.std(ddof=1)) or math.nan
    growth = float(e[-1] / CASH)
    values = {
        "final_equity": float(e[-1]),
        "total_return": growth - 1,
        "cagr": growth ** (1 / years) - 1,
        "volatility": deviation * 252**0.5,
        "sharpe": float(r.mean()) / deviation * 252**0.5,
        "max_drawdown": float((e / np.maximum.accumulate(e) - 1).min()),
        "trades": len(trades),
        "win_rate": float((closed > 0).sum()) / max(len(closed), 1),
        "fees": float(fills["fee"].sum()),
        "profit_factor": won / lost if lost else math.nan,
    }
    return Stats(values, INFO)
