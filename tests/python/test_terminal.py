"""Results on the terminal: sparklines, narrow and ASCII terminals, no colour where nobody sees it."""

import io
import math

import numpy as np
import pytest
from rich.console import Console

from tests.python.runs import make_run
from walras.comparison import compare
from walras.result import Stats
from walras.viz.terminal import BLOCKS, sparkline


def printed(what: object, *, width: int = 80, encoding: str = "utf-8", terminal: bool = False) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    console = Console(file=stream, width=width, force_terminal=terminal, color_system="standard" if terminal else None)
    console.print(what)
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_a_sparkline_spans_low_to_high() -> None:
    assert sparkline([1.0, 2.0, math.nan, 3.0], width=3) == "▁▄█"
    assert sparkline([]) == ""
    assert sparkline([5.0] * 9, width=3) == "▁▁▁"


def test_each_character_keeps_the_worst_of_its_stretch_when_asked() -> None:
    values = np.zeros(100)
    values[51] = 1.0
    assert "█" in sparkline(values, 10, pick=np.max)
    assert "█" not in sparkline(values, 10)


def test_the_table_has_key_numbers_curves_and_warnings() -> None:
    text = printed(make_run(warnings=("fill_at = this_close [looks] at the price it trades",)))
    assert "Sharpe ratio" in text
    assert "[looks] at the price" in text  # brackets are text, not markup
    equity, drawdown = (next(line for line in text.splitlines() if line.startswith(w)) for w in ("equity", "drawdown"))
    assert set(BLOCKS) & set(equity)
    assert make_run().stats.text("max_drawdown") in drawdown


@pytest.mark.parametrize("width", [30, 50, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for what in (make_run(), compare([make_run(), make_run(fast=10)])):
        assert max(len(line.rstrip()) for line in printed(what, width=width).splitlines()) <= width


def test_a_terminal_without_utf_8_gets_ascii() -> None:
    for what in (make_run(), compare([make_run(), make_run(fast=10)])):
        text = printed(what, encoding="ascii")
        assert text.isascii()
        assert "Sharpe ratio" in text
    assert "-" in printed(make_run(), encoding="latin-1")


def test_colour_is_for_terminals_alone() -> None:
    assert "\x1b[" not in printed(make_run())
    assert "\x1b[" in printed(make_run(), terminal=True)


def test_a_chosen_run_names_its_trials() -> None:
    chosen = {"trials": 1200, "metric": "sharpe", "probabilistic_sharpe": 0.99, "deflated_sharpe": 0.41}
    assert "1,200 trials · PSR 99.00 % · DSR 41.00 %" in printed(make_run(selection=chosen))


def test_a_run_without_rows_prints() -> None:
    full = make_run(days=100)
    empty = {name: getattr(full, name).clear() for name in ("equity", "orders", "fills", "trades", "cash_flows")}
    assert "equity" in printed(make_run(**empty, days=100, stats=Stats({})))
