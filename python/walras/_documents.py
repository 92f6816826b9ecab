"""A result as one JSON document, and back: what `walras backtest --json` prints is enough to report and to compare.

Prices are not part of it, so a report of a loaded document has no price chart and no excursions; `result.save` keeps
them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from walras.errors import DataError

if TYPE_CHECKING:
    from walras.result import BacktestResult

TABLES = ("orders", "fills", "trades", "cash_flows", "executions")
PLAIN = ("signature", "seed", "versions", "data_hash", "command", "currency", "settings", "strategies", "warnings",
         "accounts", "interrupted", "selection")  # fmt: skip
TIME = "%Y-%m-%dT%H:%M:%S%.fZ"


def to_document(result: BacktestResult) -> dict[str, Any]:
    """Plain values only: times as ISO 8601 in UTC, durations in seconds, what is not finite as None.

    Tables are lists of rows; `equity` is a list for each column.
    """
    from walras.result import plain

    return {
        "stats": {key: plain(value) for key, value in result.stats.items()},
        **{name: _plain_frame(getattr(result, name)).to_dicts() for name in TABLES},
        **{name: plain(getattr(result, name)) for name in PLAIN},
        "equity": _plain_frame(result.equity).to_dict(as_series=False),
        "definitions": {key: asdict(result.stats.info(key)) for key in result.stats},
    }


def _plain_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """`duration` columns become `<name>_seconds`."""
    out = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if isinstance(dtype, pl.Datetime):
            out.append(column.dt.strftime(TIME))
        elif isinstance(dtype, pl.Duration):
            out.append((column.dt.total_nanoseconds() / 1e9).alias(f"{name}_seconds"))
        elif dtype.is_float():
            out.append(pl.when(column.is_finite()).then(column).otherwise(None).alias(name))
        else:
            out.append(column)
    return frame.select(out)


def from_document(document: Mapping[str, Any]) -> BacktestResult:
    """The result that `to_document` described, without prices."""
    from walras import result as r

    schemas: dict[str, dict[str, Any]] = {
        "equity": r.EQUITY, "fills": r.FILLS, "trades": r.TRADES, "cash_flows": r.CASH_FLOWS, "orders": {},
        "executions": {},
    }  # fmt: skip
    frames: dict[str, Any] = {name: _frame(document.get(name, []), schema) for name, schema in schemas.items()}
    info = {key: r.StatisticInfo(**value) for key, value in document["definitions"].items()}
    plain = {name: document[name] for name in PLAIN if name in document}
    plain["warnings"], plain["strategies"] = tuple(plain["warnings"]), tuple(plain["strategies"])
    return r.BacktestResult(**frames, **plain, stats=r.Stats(document["stats"], info))


def _frame(rows: Any, schema: Mapping[str, Any]) -> pl.DataFrame:
    """A list of rows, or a mapping of columns, with the types of `schema`; times and durations become their own."""
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if frame.width == 0:
        return pl.DataFrame(schema=dict(schema))
    casts = []
    for name in frame.columns:
        if name in ("ts", "ts_last", "entry_ts", "exit_ts"):
            casts.append(pl.col(name).cast(pl.String).str.to_datetime(TIME, time_unit="ns", time_zone="UTC"))
        elif name.endswith("_seconds"):
            lasted = (pl.col(name) * 1e9).round().cast(pl.Int64).cast(pl.Duration("ns"))
            casts.append(lasted.alias(name.removesuffix("_seconds")))
        else:
            casts.append(pl.col(name).cast(schema.get(name, frame.schema[name])))
    frame = frame.select(casts)
    if {"entry_ts", "exit_ts", "duration"} <= set(frame.columns):  # to the nanosecond, which seconds cannot say
        frame = frame.with_columns(
            (pl.col("exit_ts") - pl.col("entry_ts")).fill_null(pl.col("duration")).alias("duration")
        )
    return frame


def read_document(path: Path) -> BacktestResult:
    """Read a file that `walras backtest --json` or `result.to_json()` wrote. Raises DataError for any other file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: is not a result ({error}); give what --json printed or --save wrote") from None
    missing = [
        k for k in ("stats", "equity", "trades", "definitions") if not isinstance(document, dict) or k not in document
    ]
    if missing:
        raise DataError(f"{path}: has no {missing[0]!r}; give the document that `walras backtest --json` printed")
    return from_document(document)
