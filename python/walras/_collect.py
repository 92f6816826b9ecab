"""From the core's columns to a BacktestResult."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from walras.result import TS, BacktestResult, Stats


def collect(
    raw: Mapping[str, Any],
    *,
    names: Sequence[str],
    strategies: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    seed: int,
    currency: str,
    bars: Sequence[Any],
    quotes: Sequence[Any],
    versions: Mapping[str, str],
) -> BacktestResult:
    """`raw` is what `_core.run_backtest` returns; `names` and `strategies` are by index."""
    labels = _labels(strategies)
    return BacktestResult(
        equity=_equity(raw["equity"]),
        orders=_orders(raw["orders"], names, labels),
        fills=_fills(raw["fills"], names, labels),
        trades=pl.DataFrame(),
        stats=Stats({"final_equity": raw["final_equity"]}, {}),
        signature=raw["signature"],
        seed=seed,
        currency=currency,
        versions=versions,
        settings={**settings, "balances": dict(raw["balances"])},
        strategies=tuple(strategies),
    )


def _labels(strategies: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of strategies; a number tells those of one name apart."""
    names = [str(s["name"]) for s in strategies]
    return [n if names.count(n) == 1 else f"{n}#{i + 1}" for i, n in enumerate(names)]


def _named(frame: pl.DataFrame, names: Sequence[str], labels: Sequence[str]) -> pl.DataFrame:
    """Times as times, indices as names."""
    times = [pl.col(c).cast(TS) for c in ("ts", "ts_last") if c in frame.columns]
    return frame.with_columns(
        *times,
        pl.col("instrument").replace_strict(dict(enumerate(names)), return_dtype=pl.String),
        pl.col("strategy").replace_strict(dict(enumerate(labels)), return_dtype=pl.String),
    )


def _equity(columns: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(dict(columns)).with_columns(pl.col("ts").cast(TS))


def _orders(columns: Mapping[str, Any], names: Sequence[str], labels: Sequence[str]) -> pl.DataFrame:
    refusals = columns["refusals"]
    frame = pl.DataFrame({k: v for k, v in columns.items() if k != "refusals"})
    frame = _named(frame, names, labels)
    message = pl.Series("message", [refusals.get(o, "") for o in frame["order"].to_list()], dtype=pl.String)
    return frame.with_columns(message)


def _fills(columns: Mapping[str, Any], names: Sequence[str], labels: Sequence[str]) -> pl.DataFrame:
    return _named(pl.DataFrame(dict(columns)), names, labels)
