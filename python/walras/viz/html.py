"""Bricks of the report pages: tables, terms and signs. Everything that comes from outside is escaped here or before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any


def fill(template: str, parts: Mapping[str, str]) -> str:
    """A page of `viz/page` with its `{{names}}` filled, in one pass, so that no value is ever read as a template."""
    pieces = asset(template).split("{{")
    return pieces[0] + "".join(parts[name] + rest for name, rest in (p.split("}}", 1) for p in pieces[1:]))


def asset(name: str) -> str:
    return (files("walras.viz") / "page" / name).read_text(encoding="utf-8")


def styles(*names: str) -> str:
    return "".join(asset(name) for name in ("uplot.min.css", *names))


def scripts(*names: str) -> str:
    licence = f"/* uPlot, MIT licence\n{asset('uplot.LICENSE.txt')}*/\n"
    return licence + "".join(asset(name) for name in ("uplot.min.js", "kit.js", "charts.js", *names))


def table(css: str, rows: Iterable[str], *, head: str = "", caption: str = "", name: str = "") -> str:
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f"<table class={css}{f' id={name}' if name else ''}>{caption}{head}<tbody>{''.join(rows)}</tbody></table>"


def row(title: str, *cells: str, css: str = "row") -> str:
    return f"<tr class={css}><th scope=row>{title}</th>{''.join(cells)}</tr>"


def hidden(caption: str) -> str:
    """A caption for those who hear the page."""
    return f"<caption class=hidden>{caption}</caption>"


def pairs(rows: Mapping[str, Any], *, code: bool = False) -> str:
    """Names and values; numbers are grouped unless they are code."""
    out = []
    for name, value in rows.items():
        if value not in ("", None, {}):
            text = escape(words(value) if not code else str(value))
            out.append(row(escape(name), f"<td><code>{text}</code></td>" if code else f"<td>{text}</td>"))
    return table("pairs", out)


def words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:,.12g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value)


def term(title: str, formula: str, unit: str = "", key: str = "") -> str:
    """A title that shows its definition, unit and key on hover and on focus."""
    tip = " · ".join([formula, *([unit] if unit else []), *([f"key {key}"] if key else [])]) if formula else ""
    return f'<span class=term tabindex=0 data-tip="{escape(tip)}">{escape(title)}</span>' if tip else escape(title)


def sign(value: object) -> str:
    if not isinstance(value, float | int) or value == 0 or value != value:
        return ""
    return "positive" if value > 0 else "negative"
