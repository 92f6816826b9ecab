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
    rows = "".join(
        f"<tr><th>{escape(result.stats.info(k).title)}</th><td>{result.stats.text(k)}</td></tr>"
        for k in headlines(result.stats)
    )
    alerts = "".join(f"<p>⚠ {escape(text)}</p>" for text in result.warnings)
    return f"<h4>{escape(result.title)}</h4>{alerts}<table>{rows}</table>"


def subtitle(result: BacktestResult) -> str:
    names = list(result.prices)
    universe = ", ".join(names) if len(names) <= 6 else f"{len(names)} instruments"
    period = " – ".join(f"{t:%-d %b %Y}" for t in result.period or ())
    parameters = " · ".join(
        f"{k} {v}" for s in result.strategies[:3] for k, v in dict(s.get("parameters") or {}).items()
    )
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
        text = result.stats.text(key)
        if info.unit == "currency" and isinstance(value, float) and abs(value) >= 1e5:
            text = format_value(value, "count")  # a tile is narrow; the table below has the decimals
        elif info.unit == "fraction" and isinstance(value, float) and abs(value) >= 10:
            text = f"{100 * value:,.0f} %"
        sign = _sign(value) if key in ("total_return", "cagr", "sharpe") else ""
        tiles.append(
            f'<div class="tile"><dt>{_term(info.title, info.formula)}</dt><dd class="{sign}">{text}</dd></div>'
        )
    return "".join(tiles)


def statistics(result: BacktestResult) -> str:
    """Tables by group; each title carries its formula."""
    groups: dict[str, list[str]] = {}
    for key in result.stats:
        info = result.stats.info(key)
        row = _row(_term(info.title, info.formula, key), f"<td>{escape(result.stats.text(key))}</td>")
        groups.setdefault(info.group, []).append(row)
    return "".join(
        _table("pairs", rows, caption=f"<caption>{escape(group)}</caption>") for group, rows in groups.items()
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
    share = f" – {lost / gross:.1%} of the profit before costs" if gross > 0 else ""
    note = f"Trading and carrying cost {format_value(lost, 'currency')} {escape(result.currency)}{share}."
    caption = _hidden("From the profit before costs to the net profit")
    return f"{_table('waterfall', rows, caption=caption)}<p class=note>{note}</p>"


def _waterfall_row(step: Step, left: float, width: float, zero: float) -> str:
    kind = "total" if step.is_total else _sign(step.amount) or "flat"
    place = f"left:{left:.3f}%;width:{max(width, 0.15):.3f}%"
    track = f'<td class=track><i class="{kind}" style="{place}"></i><b style="left:{zero:.3f}%"></b></td>'
    return _row(escape(step.label), track, f"<td class=number>{format_value(step.amount, 'currency')}</td>", css=kind)


def months(result: BacktestResult) -> str:
    """The heat map of monthly returns; colour is repeated by the number."""
    table = monthly_returns(result)
    known = sorted(abs(value) for year in table.values() for month, value in year.items() if month)
    full = (known[int(0.95 * (len(known) - 1))] if known else 0) or 0.01
    rows = []
    for year, row in sorted(table.items()):
        cells = [_month(row.get(month), full) for month in range(1, 13)]
        rows.append(_row(str(year), *cells, _month(row.get(0), full * 4, "year")))
    head = "<td></td>" + "".join(f"<th scope=col>{name}</th>" for name in (*MONTHS, "Year"))
    return _table("heat", rows, head=head, caption=_hidden("Return of each month in percent"))


def _month(value: float | None, full: float, css: str = "") -> str:
    if value is None:
        return f'<td class="{css}"></td>'
    strength = round(min(abs(value) / full, 1) * 100)
    text = f"{value:.1%}"[:-1].replace("-0.0", "0.0").replace("-", "−")
    return f'<td class="{css} {_sign(value)}" style="--s:{strength}%">{text}</td>'


def drawdowns(result: BacktestResult) -> str:
    rows = []
    for fall in worst_drawdowns(result):
        recovered = f"{fall.recovered:%Y-%m-%d}" if fall.recovered else "not yet"
        days = ((fall.recovered or result.equity["ts"][-1]) - fall.peak).days
        cells = "".join(f"<td>{text}</td>" for text in (f"{fall.peak:%Y-%m-%d}", f"{fall.trough:%Y-%m-%d}", recovered))
        depth = f'<td class="number negative">{format_value(fall.depth, "fraction")}</td>'
        rows.append(f"<tr>{depth}{cells}<td class=number>{days:,}</td></tr>")
    head = "<th class=number>Depth</th><th>Peak</th><th>Trough</th><th>Recovered</th><th class=number>Days</th>"
    return _table("list", rows, head=head, caption=_hidden("Worst drawdowns"))


def settings(result: BacktestResult) -> str:
    rows: dict[str, Any] = {}
    for strategy in result.strategies:
        parameters = ", ".join(f"{k} = {v}" for k, v in dict(strategy.get("parameters") or {}).items())
        rows[f"strategy {strategy.get('name')}"] = parameters or "no parameters"
    rows |= {key.replace("_", " "): value for key, value in result.settings.items()}
    rows |= {f"balances of {name}": account["balances"] for name, account in result.accounts.items()}
    return _pairs(rows)


def provenance(result: BacktestResult) -> str:
    versions = {f"{name} version": version for name, version in result.versions.items()}
    run = {"seed": result.seed, "signature": result.signature, "data hash": result.data_hash, **versions}
    copy = "<button type=button data-copy>Copy</button>"
    command = f"<p class=command><code>{escape(result.command)}</code>{copy}</p>" if result.command else ""
    return _pairs(run, code=True) + command


def trade_note(result: BacktestResult) -> str:
    total = len(result.trades)
    return f"The latest {TRADES:,} of {total:,}; the result's frame has them all." if total > TRADES else ""


def options(names: Iterable[str]) -> str:
    return "".join(f"<option>{escape(name)}</option>" for name in names)


# ---- bricks ----------------------------------------------------------------------------------------------------------


def _table(css: str, rows: Iterable[str], *, head: str = "", caption: str = "") -> str:
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f"<table class={css}>{caption}{head}<tbody>{''.join(rows)}</tbody></table>"


def _row(title: str, *cells: str, css: str = "row") -> str:
    return f"<tr class={css}><th scope=row>{title}</th>{''.join(cells)}</tr>"


def _hidden(caption: str) -> str:
    """A caption for those who hear the page."""
    return f"<caption class=hidden>{caption}</caption>"


def _pairs(rows: Mapping[str, Any], *, code: bool = False) -> str:
    """Names and values; numbers are grouped unless they are code."""
    out = []
    for name, value in rows.items():
        if value not in ("", None, {}):
            text = escape(_words(value) if not code else str(value))
            out.append(_row(escape(name), f"<td><code>{text}</code></td>" if code else f"<td>{text}</td>"))
    return _table("pairs", out)


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:,.12g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value)


def _term(title: str, formula: str, key: str = "") -> str:
    """A title that shows its formula on hover and on focus."""
    tip = f"{formula} · key {key}" if formula and key else formula
    return f'<span class=term tabindex=0 data-tip="{escape(tip)}">{escape(title)}</span>' if tip else escape(title)


def _sign(value: object) -> str:
    if not isinstance(value, float | int) or value == 0 or value != value:
        return ""
    return "positive" if value > 0 else "negative"
