"""Results on the terminal: key numbers, sparklines as wide as there is room, plain ASCII where nothing else fits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from walras.result import BacktestResult, Value, format_value, headlines
from walras.viz.curves import dated, drawdown, starting_equity, worst_drawdowns

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from walras.comparison import Comparison

BLOCKS, ASCII_BLOCKS = "▁▂▃▄▅▆▇█", "_.-~=+*#"
ASCII = str.maketrans({"−": "-", "—": "-", "–": "-", "∞": "inf", "·": "|", "…": "...", "→": "->", "★": "*"})
SIGNED = ("total_return", "cagr", "sharpe")
LABEL = 16  # width of the words on the left
LEAST, WIDEST = 10, 72  # of a sparkline


def plain_text(text: str, *, ascii_only: bool) -> str:
    """`text` as the terminal can show it.

    >>> plain_text("−1.5 … 2 · ∞", ascii_only=True)
    '-1.5 ... 2 | inf'
    """
    return text.translate(ASCII).encode("ascii", "replace").decode() if ascii_only else text


def sparkline(values: Iterable[float], width: int = 40, *, ascii_only: bool = False, pick: Any = None) -> str:
    """The course of a series in at most `width` characters, from its low to its high.

    Each character stands for a stretch of values: its last one, or what `pick` (np.min, np.max) takes of it.

    >>> sparkline([1, 2, 3, 4], 4)
    '▁▃▆█'
    >>> sparkline([1, 2, 3, 4], 4, ascii_only=True)
    '_-+#'
    """
    finite = np.array([v for v in values if math.isfinite(v)], dtype=np.float64)
    if not len(finite) or width < 1:
        return ""
    parts = np.array_split(finite, min(width, len(finite)))
    heights = np.array([part[-1] if pick is None else pick(part) for part in parts])
    low, span = float(heights.min()), float(np.ptp(heights))
    signs = ASCII_BLOCKS if ascii_only else BLOCKS
    return "".join(signs[int(v)] for v in (heights - low) / (span or 1.0) * 7.999)


def show(result: BacktestResult, *, width: int = 80, ascii_only: bool = False) -> Iterator[RenderableType]:
    """What `result.print_table()` prints: title, key numbers, curves, warnings."""
    from rich.text import Text

    result = dated(result)

    def words(text: str, style: str = "") -> Text:
        return Text(plain_text(text, ascii_only=ascii_only), style=style)

    yield words(result.title, "bold")
    yield _numbers(result, words)
    yield _curves(result, words, width, ascii_only)
    for warning in result.warnings:
        yield words("warning: ", "yellow") + words(warning)


def _grid() -> Table:
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 1))
    table.add_column(style="dim", no_wrap=True, min_width=LABEL)
    return table


def _numbers(result: BacktestResult, words: Any) -> Table:
    table = _grid()
    table.add_column(justify="right", style="bold")
    if result.period:
        table.add_row("period", words(" … ".join(t.strftime("%Y-%m-%d") for t in result.period)))
    for key in headlines(result.stats):
        table.add_row(result.stats.info(key).title, words(result.stats.text(key), _colour(key, result.stats[key])))
        if key == "total_return" and isinstance(result.stats.get("buy_and_hold_return"), float):
            table.add_row("buy and hold", words(result.stats.text("buy_and_hold_return"), "not bold"))
    if result.selection:
        table.add_row("best of", words(selection_text(result)))
    table.add_row(words("orders · fills"), words(f"{len(result.orders):,} · {len(result.fills):,}"))
    table.add_row(words("seed · signature"), words(f"{result.seed} · {result.signature}"))
    return table


def selection_text(result: BacktestResult) -> str:
    """The trials behind a chosen run, in a few words."""
    chosen = result.selection
    psr, dsr = (format_value(chosen.get(k), "fraction") for k in ("probabilistic_sharpe", "deflated_sharpe"))
    return f"{format_value(chosen.get('trials'), 'count')} trials · PSR {psr} · DSR {dsr}"


def _colour(key: str, value: Value) -> str:
    if key not in SIGNED or not isinstance(value, float | int) or not value:
        return ""
    return "green" if value > 0 else "red"


def _curves(result: BacktestResult, words: Any, width: int, ascii_only: bool) -> Table:
    equity, start = result.equity["equity"].to_numpy(), starting_equity(result)
    falls = worst_drawdowns(result, 1)
    ends = [""] * 2
    if len(equity):
        ends[0] = f"{format_value(start, 'currency')} → {format_value(float(equity[-1]), 'currency')} {result.currency}"
        ends[1] = f"{format_value(falls[0].depth, 'fraction')} on {falls[0].trough:%Y-%m-%d}" if falls else "none"
    if width - LABEL - len(ends[0]) - 9 < LEAST:
        ends[0] = ends[0].rpartition("→ ")[2]
    room = min(WIDEST, width - LABEL - max(map(len, ends)) - 9)
    table = _grid()
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    lines: Sequence[tuple[str, Any, Any, str]] = (
        ("equity", equity, None, "cyan"), ("drawdown", -drawdown(equity, start), np.max, "red"),
    )  # fmt: skip
    for (label, values, pick, style), end in zip(lines, ends, strict=True):
        drawn = sparkline(values, room, ascii_only=ascii_only, pick=pick) if room >= LEAST else ""
        table.add_row(label, words(drawn, style), words(end))
    return table


# ---- several runs ----------------------------------------------------------------------------------------------------

COMPARED = ("final_equity", "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "trades",
            "win_rate", "fees_paid")  # fmt: skip


def show_comparison(comparison: Comparison, *, width: int = 80, ascii_only: bool = False) -> Iterator[RenderableType]:
    """Key numbers side by side, the best of each row marked; a curve each; what makes them less comparable."""
    from rich.table import Table
    from rich.text import Text

    def words(text: str, style: str = "") -> Text:
        return Text(plain_text(text, ascii_only=ascii_only), style=style)

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    for label in comparison.labels:
        table.add_column(words(label), justify="right")
    known = set(comparison.stats["key"])
    for key in [k for k in COMPARED if k in known]:
        info, best = comparison.info(key), comparison.best.get(key)
        cells = []
        for label, result in zip(comparison.labels, comparison.results, strict=True):
            text = format_value(result.stats.get(key), info.unit)
            cells.append(words(f"★ {text}" if label == best else text, "bold green" if label == best else ""))
        table.add_row(words(info.title), *cells)
    room = max(0, min(WIDEST, width - 22) // len(comparison.labels) - 2)
    if room >= LEAST:
        drawn = [sparkline(r.equity["equity"], room, ascii_only=ascii_only) for r in comparison.results]
        table.add_row("equity", *(words(line, "cyan") for line in drawn))
    yield table
    for warning in comparison.warnings():
        yield words("warning: ", "yellow") + words(warning)
