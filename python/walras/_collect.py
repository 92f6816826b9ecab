"""From the core's columns to a BacktestResult."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from walras.result import TS, BacktestResult, StatisticInfo, Stats


def collect(
    raw: Mapping[str, Any],
    *,
    names: Sequence[str],
    strategies: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    seed: int,
    currency: str,
    bars: Sequence[Any],
    series: Sequence[Any],
    quotes: Sequence[Any],
    ticks: Sequence[Any],
    unknown_symbols: Sequence[str],
    versions: Mapping[str, str],
) -> BacktestResult:
    """`raw` is what `_core.run_backtest` returns; `names` and `strategies` are by index, `series` the core's `bars`."""
    labels = _labels(strategies)
    return BacktestResult(
        equity=_equity(raw["equity"]),
        orders=_orders(raw["orders"], names, labels),
        fills=_fills(raw["fills"], names, labels, raw["currencies"]),
        trades=_trades(raw["trades"], names, labels),
        stats=Stats.when_asked(lambda: _stats(raw["statistics"]())),
        signature=raw["signature"],
        seed=seed,
        currency=currency,
        versions=versions,
        data_hash=_data_hash(bars, series, [*quotes, *ticks]),
        settings=settings,
        accounts=raw["accounts"],
        warnings=_warnings(raw, settings, unknown_symbols),
        interrupted=raw["interrupted"],
        strategies=tuple(strategies),
        prices=_prices(bars, quotes, names),
        revisions=_frame(raw["revisions"], names, labels),
        executions=_frame(raw["executions"], names, labels),
        cash_flows=_flows(raw["cash_flows"], labels),
        explanation=tuple(raw["explanation"]),
        impact=_frame(raw["impact"], names, labels),
        reactions=raw["reactions"],
    )


def _labels(strategies: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of strategies; a number tells those of one name apart."""
    names = [str(s["name"]) for s in strategies]
    return [n if names.count(n) == 1 else f"{n}#{i + 1}" for i, n in enumerate(names)]


def _frame(columns: Mapping[str, Any], names: Sequence[str], labels: Sequence[str]) -> pl.DataFrame:
    """Times as times, indices and codes as names. A code comes as (codes, names of all values)."""
    series = {}
    for key, column in columns.items():
        if isinstance(column, tuple):
            series[key] = _gather(column[1], column[0])
        elif key == "instrument":
            series[key] = _gather(names, column)
        elif key == "strategy":
            series[key] = _gather(labels, column)
        else:
            series[key] = pl.Series(key, column)
    frame = pl.DataFrame(series)
    times = [c for c in ("ts", "ts_last", "entry_ts", "exit_ts") if c in frame.columns]
    return frame.with_columns(pl.col(times).cast(TS))


def _gather(names: Sequence[str], index: Any) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(pl.Series(index))


def _equity(columns: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(dict(columns)).with_columns(pl.col("ts").cast(TS))


def _orders(columns: Mapping[str, Any], names: Sequence[str], labels: Sequence[str]) -> pl.DataFrame:
    codes, reasons = columns["reason"]
    named = {"reason": (codes, ["" if r == "none" else r for r in reasons]), "tag": (columns["tag"], columns["tags"])}
    plain = {k: v for k, v in columns.items() if k not in ("refusals", "tags")}
    frame = _frame({**plain, **named}, names, labels).with_columns(pl.lit("").alias("message"))
    messages = columns["refusals"]
    if not messages:
        return frame
    refused = pl.DataFrame(
        {"order": list(messages), "message": list(messages.values())}, schema_overrides={"order": pl.Int64}
    )
    return frame.update(refused, on="order", maintain_order="left")


def _fills(
    columns: Mapping[str, Any], names: Sequence[str], labels: Sequence[str], currencies: Sequence[str]
) -> pl.DataFrame:
    return _frame({**columns, "fee_currency": (columns["fee_currency"], currencies)}, names, labels)


def _trades(columns: Mapping[str, Any], names: Sequence[str], labels: Sequence[str]) -> pl.DataFrame:
    frame = _frame({**columns, "side": (columns["side"][0], ["long", "short"])}, names, labels)
    return frame.with_columns(pl.col("duration").cast(pl.Duration("ns")), pl.col("is_open").cast(pl.Boolean))


def _stats(rows: Sequence[tuple[str, float, str, str]]) -> tuple[dict[str, float], Mapping[str, StatisticInfo]]:
    """Counts are whole numbers; title, formula and unit of each key stand in `walras.stats.definitions()`."""
    from walras.stats import definitions

    return {key: int(value) if unit == "count" else value for key, value, unit, _ in rows}, definitions()


def _flows(columns: Mapping[str, Any], labels: Sequence[str]) -> pl.DataFrame:
    frame = pl.DataFrame(dict(columns), schema_overrides={"kind": pl.String, "currency": pl.String})
    by_index = {-1: "", **dict(enumerate(labels))}
    name = pl.col("strategy").replace_strict(by_index, default="", return_dtype=pl.String)
    return frame.with_columns(pl.col("ts").cast(TS), name)


def _prices(bars: Sequence[Any], quotes: Sequence[Any], names: Sequence[str]) -> dict[str, pl.DataFrame]:
    """What a chart draws, by full name: bars as they are, quotes as their mid."""
    full = dict(zip(dict.fromkeys(series.instrument for series in [*bars, *quotes]), names, strict=False))
    out = {}
    for quote in quotes:
        out[full[quote.instrument]] = pl.DataFrame(
            {"ts": pl.Series(quote.ts).cast(TS), "close": (quote.bid + quote.ask) / 2}
        )
    for bar in bars:
        columns = ("close",) if bar.closes_only else ("open", "high", "low", "close")
        out[full[bar.instrument]] = pl.DataFrame(
            {"ts": pl.Series(bar.ts_close).cast(TS), **{c: getattr(bar, c) for c in columns}}
        )
    return out


def _data_hash(bars: Sequence[Any], series: Sequence[Any], quotes: Sequence[Any]) -> Callable[[], str]:
    """sha256 over all that the run read: equal data, equal hash, whatever the files. Bars are hashed when asked."""
    from walras.data._bars import joined_hash, series_hash

    def compute() -> str:
        of_quotes = [q.data_hash for q in quotes]
        of_bars = [series_hash(b, s) for b, s in zip(bars, series, strict=True)]
        return joined_hash(([joined_hash(of_bars)] if of_bars else []) + of_quotes)

    return compute


# Rejections that no market would have given: the venue cannot do what was asked for.
_MISFITS = {
    "unsupported_type": "the venue of these data does not offer this order type, time in force or display",
    "no_auction": "a replay of recorded trading holds no auctions; send it while trading goes on",
    "invalid_display": "display must be at most the quantity, of a limit that can rest",
}


def _misfits(orders: Mapping[str, Any]) -> list[str]:
    codes, names = orders["reason"]
    out = []
    for name, text in _MISFITS.items():
        rows = (codes == names.index(name)).nonzero()[0]
        if rows.size:
            first = orders["order"][rows[0]]
            out.append(f"{rows.size} order(s) were rejected as {name}; the first, order {first}: {text}.")
    return out


def _warnings(raw: Mapping[str, Any], settings: Mapping[str, Any], unknown_symbols: Sequence[str]) -> tuple[str, ...]:
    """What a reader must know before the numbers."""
    out = []
    if settings["fill_at"] == "this_close":
        out.append(
            "fill_at = this_close looks at the price it trades: a decision on a close is filled at that same close."
        )
    if raw["interrupted"]:
        out.append("The run was interrupted: the numbers end where it stopped.")
    if raw["margin_calls"]:
        out.append(f"{raw['margin_calls']} margin call(s): the venue closed positions.")
    if raw["anomalies"]:
        order, text = raw["anomalies"][0]
        out.append(
            f"{len(raw['anomalies'])} order report(s) did not fit their order; the first, of order {order}: {text}"
        )
    if not len(raw["equity"]["ts"]):
        out.append("No data came between the start and the end of the run.")
    if unknown_symbols:
        out.append(
            f"Ticks of {', '.join(unknown_symbols[:8])} came late in the files and were passed over; name them in "
            f"instruments=."
        )
    out += _misfits(raw["orders"])
    refusals = raw["orders"]["refusals"]
    if refusals:
        out.append(f"{len(refusals)} order(s) were denied; the first: {next(iter(refusals.values()))}")
    return tuple(out)
