"""The page that compares runs: one file, no network; Python writes the tables, `page/compare.js` draws the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from walras import stats
from walras.result import BacktestResult, format_value
from walras.viz import html
from walras.viz.curves import dated, drawdown, is_intraday, starting_equity, thin
from walras.viz.payload import ROLLING_ROWS, deflate, pack_frame
from walras.viz.report import heat_cell, warnings
from walras.viz.returns import annual_returns, regular_returns, windows

if TYPE_CHECKING:
    from walras.comparison import Comparison

CURVE_VALUES = 100_000  # of all runs together
TOP = ("final_equity", "total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown", "trades",
       "win_rate", "profit_factor", "fees_paid")  # fmt: skip


def write_comparison(comparison: Comparison, path: Path, title: str | None = None) -> Path:
    """Write the page, making its folder; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(comparison, title), encoding="utf-8")
    return path


def render(comparison: Comparison, title: str | None = None) -> str:
    """The whole page as text."""
    comparison = replace(comparison, results=tuple(dated(result) for result in comparison.results))
    parts = {
        "title": escape(title or f"{len(comparison.labels)} runs compared"),
        "subtitle": subtitle(comparison),
        "warnings": warnings(comparison.warnings()),
        "statistics": statistics(comparison, TOP),
        "all_statistics": statistics(comparison, comparison.stats["key"].to_list()),
        "years": years(comparison),
        "correlation": correlation(comparison),
        "settings": settings(comparison),
        "provenance": provenance(comparison),
        "data": encode(comparison),
        "css": html.styles("report.css", "compare.css"),
        "js": html.scripts("compare.js"),
    }
    return html.fill("compare.html", parts)


def summary_html(comparison: Comparison) -> str:
    """A small table for notebooks."""
    return statistics(comparison, TOP, bare=True)


def subtitle(comparison: Comparison) -> str:
    spans = [result.period for result in comparison.results if result.period]
    period = f"{min(a for a, _ in spans):%-d %b %Y} – {max(b for _, b in spans):%-d %b %Y}" if spans else ""
    words = [period, *comparison.labels]
    return "".join(f"<span>{escape(word)}</span>" for word in words if word)


# ---- tables ----------------------------------------------------------------------------------------------------------


def _head(comparison: Comparison, first: str = "") -> str:
    swatch = [f'<i class="swatch s{i % 8}" aria-hidden="true"></i>' for i in range(len(comparison.labels))]
    cells = (
        f"<th scope=col class=number>{s}{escape(label)}</th>"
        for s, label in zip(swatch, comparison.labels, strict=True)
    )
    return f"<th>{first}</th>" + "".join(cells)


def statistics(comparison: Comparison, keys: Sequence[str], *, bare: bool = False) -> str:
    """One row a statistic; the best of each is marked where a statistic has a better side."""
    rows, group = [], ""
    known = set(comparison.stats["key"])
    for key in [k for k in keys if k in known]:
        info, best = comparison.info(key), comparison.best.get(key)
        if info.group != group and len(keys) > len(TOP):
            group = info.group
            rows.append(f"<tr><th colspan={len(comparison.labels) + 1} class=group>{escape(group)}</th></tr>")
        cells = []
        for label, result in zip(comparison.labels, comparison.results, strict=True):
            text = escape(format_value(result.stats.get(key), info.unit))
            mark = '<b title="best of the row">★&nbsp;</b>' if label == best else ""
            cells.append(f'<td class="number{" best" if mark else ""}">{mark}{text}</td>')
        title = escape(info.title) if bare else html.term(info.title, info.formula, info.unit, key)
        rows.append(html.row(title, *cells))
    return html.table("list", rows, head=_head(comparison), caption=html.hidden("Statistics side by side"))


def years(comparison: Comparison) -> str:
    """Returns by year, coloured over all runs by one scale."""
    tables = [dict(annual_returns(result).select("year", "r").iter_rows()) for result in comparison.results]
    values = sorted(abs(v) for table in tables for v in table.values() if v is not None and v == v)
    full = (values[int(0.95 * (len(values) - 1))] if values else 0) or 0.01
    rows = [
        html.row(str(year), *[heat_cell(table.get(year), full) for table in tables])
        for year in sorted({year for table in tables for year in table})
    ]
    return html.table("heat", rows, head=_head(comparison), caption=html.hidden("Returns by year in percent"))


def correlation(comparison: Comparison) -> str:
    rows = []
    for label, *values in comparison.correlation.iter_rows():
        cells = []
        for value in values:
            strength = 0 if value != value else round(abs(value) * 100)
            css = "" if value != value else "negative" if value < 0 else "related"
            cells.append(f'<td class="{css}" style="--s:{strength}%">{format_value(value)}</td>')
        rows.append(html.row(escape(label), *cells))
    return html.table("heat", rows, head=_head(comparison), caption=html.hidden("Correlation of returns"))


def settings(comparison: Comparison) -> str:
    """Parameters and settings; rows in which runs differ are marked."""
    columns = [_settings(result) for result in comparison.results]
    rows = []
    for key in dict.fromkeys(key for column in columns for key in column):
        values = [column.get(key, "—") for column in columns]
        differs = len(set(values)) > 1
        cells = "".join(f"<td class=number>{escape(value)}</td>" for value in values)
        rows.append(html.row(escape(key), cells, css="differs" if differs else "same"))
    return html.table("list", rows, head=_head(comparison), caption=html.hidden("Settings"))


def _settings(result: BacktestResult) -> dict[str, str]:
    out: dict[str, Any] = {"strategies": ", ".join(str(s.get("name")) for s in result.strategies)}
    for strategy in result.strategies:
        out |= dict(strategy.get("parameters") or {})
    out |= {key.replace("_", " "): value for key, value in result.settings.items()}
    out |= {"currency": result.currency, "trials": result.selection.get("trials", "")}
    return {key: text for key, value in out.items() if (text := html.words(value))}


def provenance(comparison: Comparison) -> str:
    """What all runs have in common, then each with what is its own."""
    columns = []
    for result in comparison.results:
        versions = {f"{name} version": version for name, version in result.versions.items()}
        run = {"signature": result.signature, "seed": result.seed, "data hash": result.data_hash}
        columns.append(run | versions | {"command": result.command})
    first, *others = columns
    common = {k: v for k, v in first.items() if all(other.get(k) == v for other in others)}
    own = [{k: v for k, v in column.items() if k not in common} for column in columns]
    parts = [("All runs", common), *zip(comparison.labels, own, strict=True)]
    return "".join(f"<div><h3>{escape(name)}</h3>{html.pairs(rows, code=True)}</div>" for name, rows in parts if rows)


# ---- curves ----------------------------------------------------------------------------------------------------------


def encode(comparison: Comparison) -> str:
    """All that the scripts draw: growth and drawdown of each run, and rolling Sharpe ratios, as base64 text."""
    return deflate({
        "labels": list(comparison.labels),
        "intraday": any(is_intraday(result) for result in comparison.results),
        "curves": pack_frame(joined_curves(comparison), digits=8),
        "rolling": rolling_sharpe(comparison),
    })  # fmt: skip


def joined_curves(comparison: Comparison) -> pl.DataFrame:
    """`ts`, and `growth i` and `drawdown i` of run i; between its rows a run keeps its last value."""
    joined = None
    for i, result in enumerate(comparison.results):
        equity, start = result.equity["equity"].to_numpy(), starting_equity(result)
        frame = result.equity.select(
            "ts",
            (pl.col("equity") / start).alias(f"growth {i}"),
            pl.Series(f"drawdown {i}", drawdown(equity, start), dtype=pl.Float64),
        )
        joined = frame if joined is None else joined.join(frame, on="ts", how="full", coalesce=True)
    assert joined is not None
    joined = joined.sort("ts")
    inside = [
        pl.when(pl.col("ts").is_between(*result.period)).then(pl.col(f"{name} {i}").forward_fill()).alias(f"{name} {i}")
        for i, result in enumerate(comparison.results)
        for name in ("growth", "drawdown")
        if result.period
    ]
    return thin(joined.with_columns(inside), CURVE_VALUES // (2 * len(comparison.results)))


def rolling_sharpe(comparison: Comparison) -> list[dict[str, Any]]:
    """By window: the rolling Sharpe ratio of each run over the rows that all have."""
    frame = comparison.returns
    _, per_year, unit = regular_returns(comparison.results[0])
    out = []
    for window in windows(len(frame), per_year, unit):
        series = enumerate(comparison.labels)
        ratios = [
            pl.Series(
                f"sharpe {i}", stats.rolling(frame[label].to_numpy(), "sharpe", window.rows, periods_per_year=per_year)
            )
            for i, label in series
        ]
        curves = frame.select("ts").with_columns(ratios).slice(window.rows - 1)
        out.append({"label": window.label, "frame": pack_frame(thin(curves, ROLLING_ROWS))})
    return out
