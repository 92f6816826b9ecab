"""The self-contained HTML report: one file, no network, light and dark, fit to be printed and sent.

Python writes what must be readable without scripts (numbers, tables, costs, settings); the scripts of `page/` draw the
curves and the trades. Everything that comes from outside is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from walras.result import SELECTION, BacktestResult, format_value, headlines
from walras.stats import Interval, trade_table
from walras.viz import html
from walras.viz.curves import Step, cost_steps, dated, is_intraday, worst_drawdowns
from walras.viz.payload import TRADES, encode, shown_instruments
from walras.viz.returns import histogram, intervals, monthly_returns, regular_returns
from walras.viz.terminal import selection_text

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BREAKDOWN_ROWS = 8
CONVINCING = 0.95  # deflated Sharpe ratio from which a chosen run is more than luck


def write_report(result: BacktestResult, path: Path, title: str | None = None) -> Path:
    """Write the page, making its folder; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(result, title=title), encoding="utf-8")
    return path


def render(result: BacktestResult, title: str | None = None) -> str:
    """The whole page as text."""
    result = dated(result)
    sure = intervals(result)
    parts = {
        "title": escape(title or result.title),
        "subtitle": subtitle(result),
        "warnings": warnings(result.warnings),
        "headlines": headline_tiles(result),
        "selection": selection(result),
        "costs": costs(result),
        "breakdown": breakdown(result),
        "months": months(result),
        "drawdowns": drawdowns(result),
        "rolling_note": rolling_note(result),
        "histogram_note": histogram_note(result),
        "statistics": statistics(result, sure),
        "confidence_note": confidence_note(sure),
        "settings": settings(result),
        "provenance": provenance(result),
        "instruments": options(shown_instruments(result)),
        "trade_note": trade_note(result),
        "data": encode(result),
        "css": html.styles("report.css"),
        "js": html.scripts("trades.js", "report.js"),
    }
    return html.fill("report.html", parts)


def summary_html(result: BacktestResult) -> str:
    """A small table for notebooks."""
    keys = headlines(result.stats)
    if isinstance(result.stats.get("buy_and_hold_return"), float) and "total_return" in keys:
        keys.insert(keys.index("total_return") + 1, "buy_and_hold_return")
    rows = "".join(
        f"<tr><th>{escape(result.stats.info(k).title)}</th><td>{escape(result.stats.text(k))}</td></tr>" for k in keys
    )
    alerts = "".join(f"<p>⚠ {escape(text)}</p>" for text in result.warnings)
    chosen = f"<p>Best of {escape(selection_text(result))}</p>" if result.selection else ""
    return f"<h4>{escape(result.title)}</h4>{alerts}{chosen}<table>{rows}</table>"


def subtitle(result: BacktestResult) -> str:
    names = list(result.prices)
    universe = ", ".join(names) if len(names) <= 6 else f"{len(names)} instruments"
    period = " – ".join(f"{t:%-d %b %Y}" for t in result.period or ())
    parameters = " · ".join(
        f"{k} {v}" for s in result.strategies[:3] for k, v in dict(s.get("parameters") or {}).items()
    )
    return "".join(f"<span>{escape(part)}</span>" for part in (period, universe, parameters, result.currency) if part)


def warnings(texts: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<aside class="warnings" role="note"><strong>Read this first</strong><ul>{items}</ul></aside>' * bool(items)


def selection(result: BacktestResult) -> str:
    """What the search did that chose this run: nobody sees a best trial without the number of trials behind it."""
    chosen = result.selection
    if not chosen:
        return ""
    metric = escape(result.stats.info(str(chosen.get("metric"))).title)
    units = {"trials": "count", "expected_maximum_sharpe": "ratio"}
    text = {key: escape(format_value(chosen.get(key), units.get(key, "fraction"))) for key in SELECTION}
    trials, highest = text["trials"], text["expected_maximum_sharpe"]
    psr, dsr, deflated = text["probabilistic_sharpe"], text["deflated_sharpe"], chosen.get("deflated_sharpe")
    likely = isinstance(deflated, float) and deflated >= CONVINCING
    verdict = "more than the search explains" if likely else "a search of this size may find as much by luck"
    return (
        f'<aside class="selection{"" if likely else " warnings"}" role="note"><strong>Chosen from {trials} trials by '
        f"{metric}: {verdict}.</strong> Probabilistic Sharpe ratio {psr}: the probability that the true one is above "
        f"0, as if this were the only trial. Deflated Sharpe ratio {dsr}: that it is above {highest} a year, which the "
        f"best of {trials} trials without skill would show.{_against_holding(result)}</aside>"
    )


def _against_holding(result: BacktestResult) -> str:
    """The chosen run beside what needs no search."""
    if not isinstance(result.stats.get("buy_and_hold_return"), float):
        return ""
    held, own = (escape(result.stats.text(key)) for key in ("buy_and_hold_return", "total_return"))
    return f" Buy and hold made {held} in the same time, this run {own}."


# ---- numbers ---------------------------------------------------------------------------------------------------------


def headline_tiles(result: BacktestResult) -> str:
    tiles = []
    for key in headlines(result.stats):
        info, value = result.stats.info(key), result.stats[key]
        text = result.stats.text(key)
        if info.unit == "currency" and isinstance(value, float) and abs(value) >= 1e5:
            text = format_value(value, "count")  # a tile is narrow; the table below has the decimals
        elif info.unit == "fraction" and isinstance(value, float) and abs(value) >= 10:
            text = f"{100 * value:,.0f} %"
        sign = html.sign(value) if key in ("total_return", "cagr", "sharpe") else ""
        term = html.term(info.title, info.formula, info.unit)
        size = " long" if len(text) > 10 else ""
        tiles.append(f'<div class="tile"><dt>{term}</dt><dd class="{sign}{size}">{escape(text)}</dd></div>')
    return "".join(tiles)


def statistics(result: BacktestResult, sure: Mapping[str, Interval]) -> str:
    """Tables by group; each title carries its formula, unit and key, key figures their interval."""
    groups: dict[str, list[str]] = {}
    for key in result.stats:
        info = result.stats.info(key)
        title = html.term(info.title, info.formula, info.unit, key)
        interval = ""
        if key in sure:
            ends = (format_value(end, info.unit) for end in (sure[key].low, sure[key].high))
            interval = f"<small>{' … '.join(ends)}</small>"
        groups.setdefault(info.group, []).append(
            html.row(title, f"<td>{escape(result.stats.text(key))}{interval}</td>")
        )
    return "".join(
        html.table("pairs", rows, caption=f"<caption>{escape(group)}</caption>") for group, rows in groups.items()
    )


def confidence_note(sure: Mapping[str, Interval]) -> str:
    if not sure:
        return ""
    one = next(iter(sure.values()))
    return (
        f"<p class=note>Small figures: {100 * one.confidence:.0f} % intervals by stationary block bootstrap of the "
        f"returns, {len(one.replicates):,} samples, blocks of {one.block_length:.1f} rows on average. Read them as a "
        "lower bound of the doubt.</p>"
    )


def costs(result: BacktestResult) -> str:
    """A waterfall from the profit before costs to the net profit."""
    steps = cost_steps(result)
    level, spans = 0.0, []
    for step in steps:
        begin, end = (0.0, step.amount) if step.is_total else (level, level + step.amount)
        spans.append((step, min(begin, end), max(begin, end)))
        level = end
    low, high = min([0.0, *(s[1] for s in spans)]), max([0.0, *(s[2] for s in spans)])
    scale = 100 / (high - low or 1.0)
    rows = [_waterfall_row(step, (a - low) * scale, (b - a) * scale, -low * scale) for step, a, b in spans]
    gross = steps[0].amount
    lost = gross - steps[-1].amount
    share = f" – {lost / gross:.1%} of the profit before costs" if 0 < lost <= gross else ""
    note = f"Trading and carrying cost {format_value(lost, 'currency')} {escape(result.currency)}{share}."
    caption = html.hidden("From the profit before costs to the net profit")
    return f"{html.table('waterfall', rows, caption=caption)}<p class=note>{note}</p>"


def _waterfall_row(step: Step, left: float, width: float, zero: float) -> str:
    kind = "total" if step.is_total else html.sign(step.amount) or "flat"
    place = f"left:{left:.3f}%;width:{max(width, 0.15):.3f}%"
    track = f'<td class=track><i class="{kind}" style="{place}"></i><b style="left:{zero:.3f}%"></b></td>'
    return html.row(
        escape(step.label), track, f"<td class=number>{format_value(step.amount, 'currency')}</td>", css=kind
    )


def breakdown(result: BacktestResult) -> str:
    """Closed trades by side and by instrument, the largest results first."""
    closed = result.trades.filter(~pl.col("is_open"))
    if closed.is_empty():
        return "<p class=note>This run closed no trade.</p>"
    keys = ["side", *(["instrument"] if closed["instrument"].n_unique() > 1 else [])]
    tables = [trade_table(closed, key).sort(pl.col("net").abs(), descending=True, maintain_order=True) for key in keys]
    rows = []
    for table in tables:
        shown = table.head(BREAKDOWN_ROWS).select(table.columns[0], "trades", "win_rate", "net")
        for name, trades, wins, net in shown.iter_rows():
            share = f"<td class=number>{trades:,.0f}</td><td class=number>{100 * wins:.0f} %</td>"
            money = f'<td class="number {html.sign(net)}">{format_value(net, "currency")}</td>'
            rows.append(html.row(escape(name), share, money))
    more = max(len(table) for table in tables) - BREAKDOWN_ROWS
    note = f"<p class=note>{more:,} more instruments.</p>" if more > 0 else ""
    head = "<th></th><th class=number>Trades</th><th class=number>Won</th><th class=number>Net profit</th>"
    return html.table("list", rows, head=head, caption=html.hidden("Results by side and instrument")) + note


# ---- returns ---------------------------------------------------------------------------------------------------------


def months(result: BacktestResult) -> str:
    """The heat map of monthly returns; colour is repeated by the number."""
    table = monthly_returns(result)
    known = sorted(abs(value) for year in table.values() for month, value in year.items() if month)
    full = (known[int(0.95 * (len(known) - 1))] if known else 0) or 0.01
    rows = []
    for year, row in sorted(table.items()):
        cells = [heat_cell(row.get(month), full) for month in range(1, 13)]
        rows.append(html.row(str(year), *cells, heat_cell(row.get(0), full * 4, "year")))
    head = "<td></td>" + "".join(f"<th scope=col>{name}</th>" for name in (*MONTHS, "Year"))
    return html.table("heat", rows, head=head, caption=html.hidden("Return of each month in percent"))


def heat_cell(value: float | None, full: float, css: str = "") -> str:
    """A return in percent, its colour strongest from `full` on."""
    if value is None or value != value:
        return f'<td class="{css}"></td>'
    strength = round(min(abs(value) / full, 1) * 100)
    text = f"{value:.1%}"[:-1].replace("-0.0", "0.0").replace("-", "−")
    return f'<td class="{css} {html.sign(value)}" style="--s:{strength}%">{text}</td>'


def drawdowns(result: BacktestResult) -> str:
    """Depth, dates and lengths; to the minute where rows are closer than a day."""
    day, form = ("%Y-%m-%d %H:%M", ",.1f") if is_intraday(result) else ("%Y-%m-%d", ",.0f")
    rows = []
    for number, fall in enumerate(worst_drawdowns(result), start=1):
        recovered = f"{fall.recovered:{day}}" if fall.recovered else "not yet"
        cells = "".join(f"<td>{text}</td>" for text in (f"{fall.peak:{day}}", f"{fall.trough:{day}}", recovered))
        depth = f'<td class="number negative">{format_value(fall.depth, "fraction")}</td>'
        lengths = [(until - fall.peak).total_seconds() / 86_400 for until in (fall.trough, fall.end)]
        ends = "".join(f"<td class=number>{length:{form}}</td>" for length in lengths)
        rows.append(f"<tr><th scope=row class=number>{number}</th>{depth}{cells}{ends}</tr>")
    if not rows:
        return "<p class=note>Equity never fell below an earlier height.</p>"
    head = "<th class=number>#</th><th class=number>Depth</th><th>Start</th><th>Trough</th><th>Recovery</th>"
    head += "<th class=number>Days down</th><th class=number>Days</th>"
    return html.table("list", rows, head=head, caption=html.hidden("Worst drawdowns"), name="drawdowns")


def rolling_note(result: BacktestResult) -> str:
    _, per_year, unit = regular_returns(result)
    word = unit.removesuffix("s")
    return (
        f"Returns from {word} to {word}, {per_year:,.0f} a year; each point looks at the window that ends there. "
        "Definitions as in the statistics below, risk-free rate 0."
    )


def histogram_note(result: BacktestResult) -> str:
    """What the bars are, and how often the normal distribution was beaten."""
    bars = histogram(result)
    if bars is None:
        return ""
    count = int(bars.counts.sum())
    return (
        f"{count:,} returns, from one row of equity to the next; the outermost bars hold all beyond them. VaR and CVaR "
        "are those of the statistics below."
    )


# ---- settings --------------------------------------------------------------------------------------------------------


def settings(result: BacktestResult) -> str:
    rows: dict[str, Any] = {}
    for strategy in result.strategies:
        parameters = ", ".join(f"{k} = {v}" for k, v in dict(strategy.get("parameters") or {}).items())
        rows[f"strategy {strategy.get('name')}"] = parameters or "no parameters"
    rows |= {key.replace("_", " "): value for key, value in result.settings.items()}
    rows |= {f"balances of {name}": account["balances"] for name, account in result.accounts.items()}
    return html.pairs(rows)


def provenance(result: BacktestResult) -> str:
    versions = {f"{name} version": version for name, version in result.versions.items()}
    run = {"seed": result.seed, "signature": result.signature, "data hash": result.data_hash, **versions}
    copy = "<button type=button data-copy>Copy</button>"
    command = f"<p class=command><code>{escape(result.command)}</code>{copy}</p>" if result.command else ""
    return html.pairs(run, code=True) + command


def trade_note(result: BacktestResult) -> str:
    total = len(result.trades)
    return f"The latest {TRADES:,} of {total:,}; the result's frame has them all." if total > TRADES else ""


def options(names: Iterable[str]) -> str:
    return "".join(f"<option>{escape(name)}</option>" for name in names)
