"""The self-contained HTML report: one file, no network, light and dark, fit to be printed and sent.

Python writes what must be readable without scripts (numbers, tables, costs, settings); `page/report.js` draws the
curves and the trades. Everything that comes from outside is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from walras.result import BacktestResult, format_value, headlines
from walras.viz.curves import Step, cost_steps, monthly_returns, worst_drawdowns
from walras.viz.payload import TRADES, encode, shown_instruments

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_report(result: BacktestResult, path: Path, title: str | None = None) -> Path:
    """Write the page, making its folder; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(result, title=title), encoding="utf-8")
    return path


def render(result: BacktestResult, title: str | None = None) -> str:
    """The whole page as text."""
    page = files("walras.viz") / "page"

    def read(name: str) -> str:
        return (page / name).read_text(encoding="utf-8")

    parts = {
        "title": escape(title or result.title),
        "subtitle": subtitle(result),
        "warnings": warnings(result),
        "headlines": headline_tiles(result),
        "costs": costs(result),
        "months": months(result),
        "drawdowns": drawdowns(result),
        "statistics": statistics(result),
        "settings": settings(result),
        "provenance": provenance(result),
        "instruments": options(shown_instruments(result)),
        "trade_note": trade_note(result),
        "data": encode(result),
        "css": read("uplot.min.css") + read("report.css"),
        "js": "/* uPlot, MIT licence\n" + read("uplot.LICENSE.txt") + "*/\n" + read("uplot.min.js") + read("report.js"),
    }
    pieces = read("report.html").split("{{")  # one pass, so that no value is ever read as a template
    return pieces[0] + "".join(parts[name] + rest for name, rest in (p.split("}}", 1) for p in pieces[1:]))


def summary_html(result: BacktestResult) -> str:
    """A small table for notebooks."""
    rows = "".join(f"<tr><th>{escape(result.stats.info(k).title)}</th><td>{result.stats.text(k)}</td></tr>" for k in headlines(result.stats))
    alerts = "".join(f"<p>⚠ {escape(text)}</p>" for text in result.warnings)
    return f"<h4>{escape(result.title)}</h4>{alerts}<table>{rows}</table>"


def subtitle(result: BacktestResult) -> str:
    names = list(result.prices)
    universe = ", ".join(names) if len(names) <= 6 else f"{len(names)} instruments"
    period = " – ".join(f"{t:%-d %b %Y}" for t in result.period or ())
    parameters = " · ".join(f"{k} {v}" for s in result.strategies[:3] for k, v in dict(s.get("parameters") or {}).items())
    return "".join(f"<span>{escape(part)}</span>" for part in (period, universe, parameters, result.currency) if part)


def warnings(result: BacktestResult) -> str:
    if not result.warnings:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in result.warnings)
    return f'<aside class="warnings" role="note"><strong>Read this first</strong><ul>{items}</ul></aside>'


def headline_tiles(result: BacktestResult) -> str:
    tiles = []
    for key in headlines(result.stats):
        info, value = result.stats.info(key), result.stats[key]
        sign = _sign(value) if key in ("total_return", "cagr", "sharpe") else ""
        tiles.append(f'<div class="tile"><dt>{_term(info.title, info.formula)}</dt><dd class="{sign}">{result.stats.text(key)}</dd></div>')
    return "".join(tiles)


def statistics(result: BacktestResult) -> str:
    """Tables by group; each title carries its formula."""
    groups: dict[str, list[str]] = {}
    for key in result.stats:
        info = result.stats.info(key)
        row = f"<tr><th scope=row>{_term(info.title, info.formula, key)}</th><td>{escape(result.stats.text(key))}</td></tr>"
        groups.setdefault(info.group, []).append(row)
    return "".join(f"<table class=pairs><caption>{escape(g)}</caption><tbody>{''.join(r)}</tbody></table>" for g, r in groups.items())


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
    rows = "".join(_waterfall_row(step, (a - low) * scale, (b - a) * scale, -low * scale) for step, a, b in spans)
    gross = steps[0].amount
    lost = gross - steps[-1].amount
    share = f" – {lost / gross:.1%} of the profit before costs" if gross > 0 else ""
    note = f"<p class=note>Trading and carrying cost {format_value(lost, 'currency')} {escape(result.currency)}{share}.</p>"
    return f"<table class=waterfall><caption class=hidden>From the profit before costs to the net profit</caption><tbody>{rows}</tbody></table>{note}"


def _waterfall_row(step: Step, left: float, width: float, zero: float) -> str:
    kind = "total" if step.is_total else _sign(step.amount) or "flat"
    bar = f'<i class="{kind}" style="left:{left:.3f}%;width:{max(width, 0.15):.3f}%"></i><b style="left:{zero:.3f}%"></b>'
    amount = format_value(step.amount, "currency")
    return f"<tr class={kind}><th scope=row>{escape(step.label)}</th><td class=track>{bar}</td><td class=number>{amount}</td></tr>"


def months(result: BacktestResult) -> str:
    """The heat map of monthly returns; colour is repeated by the number."""
    table = monthly_returns(result)
    head = "".join(f"<th scope=col>{m}</th>" for m in (*MONTHS, "Year"))
    known = sorted(abs(v) for year in table.values() for m, v in year.items() if m)
    full = (known[int(0.95 * (len(known) - 1))] if known else 0) or 0.01
    rows = "".join(
        f"<tr><th scope=row>{year}</th>{''.join(_month(row.get(m), full) for m in range(1, 13))}{_month(row.get(0), full * 4, 'year')}</tr>"
        for year, row in sorted(table.items())
    )
    return f"<table class=heat><caption class=hidden>Return of each month in percent</caption><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _month(value: float | None, full: float, css: str = "") -> str:
    if value is None:
        return f'<td class="{css}"></td>'
    strength = round(min(abs(value) / full, 1) * 100)
    return f'<td class="{css} {_sign(value)}" style="--s:{strength}%">{f"{value:.1%}"[:-1].replace("-", "−")}</td>'


def drawdowns(result: BacktestResult) -> str:
    rows = "".join(
        f"<tr><td class='number negative'>{format_value(d.depth, 'fraction')}</td><td>{d.peak:%Y-%m-%d}</td><td>{d.trough:%Y-%m-%d}</td>"
        f"<td>{f'{d.recovered:%Y-%m-%d}' if d.recovered else 'not yet'}</td>"
        f"<td class=number>{((d.recovered or result.equity['ts'][-1]) - d.peak).days:,}</td></tr>"
        for d in worst_drawdowns(result)
    )
    head = "<th class=number>Depth</th><th>Peak</th><th>Trough</th><th>Recovered</th><th class=number>Days</th>"
    return f"<table class=list><caption class=hidden>Worst drawdowns</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def settings(result: BacktestResult) -> str:
    rows: dict[str, Any] = {}
    for strategy in result.strategies:
        parameters = ", ".join(f"{k} = {v}" for k, v in dict(strategy.get("parameters") or {}).items())
        rows[f"strategy {strategy.get('name')}"] = parameters or "no parameters"
    return _pairs({**rows, **{k.replace("_", " "): v for k, v in result.settings.items()}})


def provenance(result: BacktestResult) -> str:
    versions = {f"{name} version": version for name, version in result.versions.items()}
    run = {"seed": result.seed, "signature": result.signature, "data hash": result.data_hash, **versions}
    command = f"<p class=command><code>{escape(result.command)}</code><button type=button data-copy>Copy</button></p>" if result.command else ""
    return _pairs(run, code=True) + command


def trade_note(result: BacktestResult) -> str:
    hidden = len(result.trades) - TRADES
    return f"The latest {TRADES:,} of {len(result.trades):,} round trips; the result's frame has them all." if hidden > 0 else ""


def options(names: Iterable[str]) -> str:
    return "".join(f"<option>{escape(name)}</option>" for name in names)


def _pairs(rows: Mapping[str, Any], *, code: bool = False) -> str:
    def cell(value: Any) -> str:
        text = escape(", ".join(map(str, value)) if isinstance(value, list | tuple) else f"{value:,}" if isinstance(value, float | int) and not code else str(value))
        return f"<code>{text}</code>" if code else text

    body = "".join(f"<tr><th scope=row>{escape(k)}</th><td>{cell(v)}</td></tr>" for k, v in rows.items() if v not in ("", None))
    return f"<table class=pairs><tbody>{body}</tbody></table>"


def _term(title: str, formula: str, key: str = "") -> str:
    """A title that shows its formula on hover and on focus."""
    tip = f"{formula} · key {key}" if formula and key else formula
    return f'<span class=term tabindex=0 data-tip="{escape(tip)}">{escape(title)}</span>' if tip else escape(title)


def _sign(value: object) -> str:
    if not isinstance(value, float | int) or value == 0 or value != value:
        return ""
    return "positive" if value > 0 else "negative"
