"""The page of a sweep: one file, no network, no scripts, light and dark. Everything from outside is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from walras._sweep_result import LOWER_IS_BETTER, SHOWN, Best, Sweep, format_parameter, label_of, unit
from walras.errors import DataError
from walras.result import format_value
from walras.viz.sweep import Matrix, matrix_of

MOST_CELLS = 120  # along one side of a map; larger ones are thinned by averaging
ROWS = 25
# Viridis at eight points: as bright as it is high, also for those who do not see all colours.
RAMP = ((68, 1, 84), (70, 50, 127), (54, 92, 141), (39, 127, 142), (31, 161, 135), (74, 194, 109), (159, 218, 58),
        (253, 231, 37))  # fmt: skip


def write_page(sweep: Sweep, path: Path, title: str | None = None, tearsheet: str = "") -> Path:
    """Write the page, making its folder; returns the path. `tearsheet`: the best trial's report, in the same folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(sweep, title, tearsheet), encoding="utf-8")
    return path


def render(sweep: Sweep, title: str | None = None, tearsheet: str = "") -> str:
    """The whole page as text."""
    heading = escape(title or f"Sweep of {sweep.title or sweep.strategy}")
    css = (files("walras.viz") / "page" / "sweep.css").read_text(encoding="utf-8")
    body = [
        f"<header><h1>{heading}</h1><p class=subtitle>{escape(_subtitle(sweep))}</p></header>",
        f"<section class=card><h2>Verdict</h2>{_verdict(sweep)}{_link(tearsheet)}</section>",
        *_maps(sweep),
        f"<section class='card wide'><h2>Best trials by {escape(label_of(sweep.metric))}</h2>{_table(sweep)}</section>",
        _trouble(sweep),
        f"<section class='card wide'><h2>How it was run</h2>{_pairs(_settings(sweep))}</section>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{heading}</title><style>{css}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    )


def summary_html(sweep: Sweep) -> str:
    """A small table for notebooks, under the verdict."""
    lines = "".join(f"<p>{escape(line)}</p>" for line in sweep.lines())
    return f"<h4>Sweep of {escape(sweep.strategy)}</h4>{lines}{_table(sweep, 10)}"


def _subtitle(sweep: Sweep) -> str:
    names = sweep.instruments
    universe = ", ".join(names) if len(names) <= 6 else f"{len(names)} instruments"
    return " · ".join(filter(None, (f"{sweep.trials:,} trials", universe, sweep.currency)))


def _verdict(sweep: Sweep) -> str:
    try:
        best, robust = sweep.best, sweep.robust
    except DataError as error:
        return f"<p>{escape(str(error))}</p>"
    tiles = {
        label_of(sweep.metric): format_value(best.value, unit(sweep.metric)),
        "Probabilistic Sharpe": format_value(best.probabilistic_sharpe, "fraction"),
        "Deflated Sharpe": format_value(best.deflated_sharpe, "fraction"),
        "Best of no skill": format_value(best.expected_maximum_sharpe),
        "Trials": f"{best.trials:,}",
    }
    shown = "".join(f"<div><dt>{escape(k)}</dt><dd>{v}</dd></div>" for k, v in tiles.items())
    return (
        f"<dl class=tiles>{shown}</dl><p>Best: <b>{escape(_parameters(best))}</b>. {escape(_reading(best))}</p>"
        f"<p>Best neighbourhood: <b>{escape(_parameters(robust))}</b>, itself at "
        f"{format_value(robust.value, unit(sweep.metric))}.</p>"
    )


def _link(tearsheet: str) -> str:
    if not tearsheet:
        return ""
    link = f'<a href="{escape(quote(tearsheet))}">{escape(tearsheet)}</a>'
    return f"<p>The best trial in full, with its trades and costs: {link}</p>"


def _reading(best: Best) -> str:
    """The deflated Sharpe ratio in words."""
    if best.deflated_sharpe != best.deflated_sharpe:
        return "Too few trials can be compared to say how much of it is luck."
    luck = f"The best of {best.trials:,} trials without skill would show a Sharpe ratio of about "
    luck += f"{format_value(best.expected_maximum_sharpe)}; this one has {format_value(best.stats['sharpe'])}. "
    if best.deflated_sharpe >= 0.95:
        return luck + "It stands out from what luck alone would give."
    if best.deflated_sharpe >= 0.5:
        return luck + "That is no proof: noise gets this far too."
    return luck + "Luck alone explains it."


def _parameters(best: Best) -> str:
    return ", ".join(f"{k} = {format_parameter(v)}" for k, v in best.parameters.items())


def _maps(sweep: Sweep) -> list[str]:
    if not len(sweep.sorted()) or all(sweep[p].n_unique() < 2 for p in sweep.parameters):
        return []
    own = matrix_of(sweep, None, None, sweep.metric, sweep.frame)
    near = matrix_of(sweep, None, None, "plateau", sweep.neighbours())
    over = f" Averaged over {', '.join(own.averaged)}." if own.averaged else ""
    name = label_of(sweep.metric)
    parts = ((name, own, "★ the best"), (f"{name}, mean over neighbours", near, "★ the best, ○ best neighbourhood"))
    marks = {"★": sweep.best.parameters, "○": sweep.robust.parameters}
    return [
        f"<section class=card><h2>{escape(title)}</h2>{_svg(matrix, marks, sweep.metric, mark_all=i > 0)}"
        f"<p class=note>{escape(legend + '.' + over)}</p></section>"
        for i, (title, matrix, legend) in enumerate(parts)
    ]


def _svg(matrix: Matrix, marks: Mapping[str, Any], metric: str, *, mark_all: bool) -> str:
    """A heat map as plain shapes; each cell says its numbers on hover."""
    cells, columns, rows = _thinned(matrix)
    low, high = np.nanmin(cells), np.nanmax(cells)
    span = (high - low) or 1.0
    height, width = cells.shape
    side = max(4, min(44, 520 // max(width, height)))
    left, bottom = 58, 36
    shapes = []
    for j in range(height):
        for i in range(width):
            value = cells[j, i]
            if not np.isfinite(value):
                continue
            strength = (value - low) / span
            strength = 1 - strength if metric in LOWER_IS_BETTER else strength
            where = f"{matrix.x} {columns[i]}" + (f", {matrix.y} {rows[j]}" if matrix.y else "")
            tip = escape(f"{where}: {format_value(float(value), unit(metric))}")
            box = f'x="{left + i * side}" y="{(height - 1 - j) * side}" width="{side}" height="{side}"'
            shapes.append(f'<rect {box} fill="{_colour(strength)}"><title>{tip}</title></rect>')
    if cells.shape == matrix.cells.shape:
        for sign, parameters in marks.items():
            if sign == "★" or mark_all:
                i, j = matrix.place(parameters)
                centre = f'x="{left + (i + 0.5) * side}" y="{(height - 0.5 - j) * side}"'
                shapes.append(f'<text {centre} class=mark font-size="{max(side, 11)}">{sign}</text>')
    shapes += [
        f'<text x="{left + (i + 0.5) * side}" y="{height * side + 15}" class=tick>{escape(columns[i])}</text>'
        for i in _ticks(width, side, 34)
    ]
    shapes += [
        f'<text x="{left - 6}" y="{(height - 0.5 - j) * side + 4}" class="tick end">{escape(rows[j])}</text>'
        for j in _ticks(height, side, 18)
    ]
    shapes.append(f'<text x="{left + width * side / 2}" y="{height * side + 32}" class=axis>{escape(matrix.x)}</text>')
    if matrix.y:
        turn = f'transform="translate(12 {height * side / 2}) rotate(-90)"'
        shapes.append(f"<text {turn} class=axis>{escape(matrix.y)}</text>")
    bar = "".join(f'<i style="background:{_colour(k / 23)}"></i>' for k in range(24))
    ends = (high, low) if metric in LOWER_IS_BETTER else (low, high)
    scale = (
        f"<b>{format_value(float(ends[0]), unit(metric))}</b>{bar}<b>{format_value(float(ends[1]), unit(metric))}</b>"
    )
    size = f'viewBox="0 0 {left + width * side + 8} {height * side + bottom}"'
    return f'<svg role=img aria-label="heat map" {size}>{"".join(shapes)}</svg><p class=scale>{scale}</p>'


def _thinned(matrix: Matrix) -> tuple[Any, list[str], list[str]]:
    """At most MOST_CELLS a side: neighbours are averaged."""
    cells = matrix.cells
    labels = [[format_parameter(v) for v in values] for values in (matrix.x_values, matrix.y_values)]
    for axis, names in ((1, labels[0]), (0, labels[1])):
        step = -(-cells.shape[axis] // MOST_CELLS)
        if step > 1:
            edges = range(0, cells.shape[axis], step)
            with np.errstate(all="ignore"):
                known = np.add.reduceat(np.isfinite(cells).astype(float), edges, axis=axis)
                cells = np.add.reduceat(np.nan_to_num(cells, nan=0.0), edges, axis=axis) / known
            names[:] = [f"{names[e]}–{names[min(e + step, len(names)) - 1]}" for e in edges]
    return cells, labels[0], labels[1]


def _ticks(count: int, side: int, room: int) -> range:
    return range(0, count, max(1, -(-room // side)))


def _colour(strength: float) -> str:
    place = min(max(strength, 0.0), 1.0) * (len(RAMP) - 1)
    k = min(int(place), len(RAMP) - 2)
    part = place - k
    mixed = (round(a + (b - a) * part) for a, b in zip(RAMP[k], RAMP[k + 1], strict=True))
    return "#" + "".join(f"{c:02x}" for c in mixed)


def _table(sweep: Sweep, rows: int = ROWS) -> str:
    keys = list(dict.fromkeys((sweep.metric, *SHOWN, "final_equity", "cagr", "volatility", "sortino", "win_rate")))
    head = "".join(f"<th>{escape(name)}</th>" for name in (*sweep.parameters, *map(label_of, keys)))
    out = []
    for row in sweep.sorted().head(rows).iter_rows(named=True):
        cells = [escape(format_parameter(row[p])) for p in sweep.parameters]
        cells += [format_value(row[k], unit(k)) for k in keys]
        out.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{''.join(out)}</tbody></table></div>"


def _trouble(sweep: Sweep) -> str:
    counts = {s: sweep.count(s) for s in ("refused", "failed", "pending") if sweep.count(s)}
    if not counts:
        return ""
    shown = sweep.frame.filter(sweep["message"] != "").head(5)
    items = "".join(f"<li>{escape(text)}</li>" for text in shown["message"])
    words = ", ".join(f"{n:,} {s}" for s, n in counts.items())
    return f"<section class='card wide'><h2>Trials without numbers: {words}</h2><ul>{items}</ul></section>"


def _settings(sweep: Sweep) -> dict[str, Any]:
    ends = {p: [format_parameter(end) for end in (sweep[p].min(), sweep[p].max())] for p in sweep.parameters}
    varied = {p: f"{sweep[p].n_unique():,} values from {low} to {high}" for p, (low, high) in ends.items()}
    versions = {f"{name} version": version for name, version in sweep.versions.items()}
    return {
        "strategy": sweep.strategy, **varied, **sweep.fixed, **sweep.settings, "earlier trials": sweep.earlier_trials,
        "seed": sweep.seed, "data hash": sweep.data_hash, **versions, "command": sweep.command,
    }  # fmt: skip


def _pairs(rows: Mapping[str, Any]) -> str:
    kept = ((name, value) for name, value in rows.items() if value not in ("", None, {}))
    cells = "".join(f"<tr><th>{escape(n.replace('_', ' '))}</th><td>{escape(str(v))}</td></tr>" for n, v in kept)
    return f"<table class=pairs><tbody>{cells}</tbody></table>"
