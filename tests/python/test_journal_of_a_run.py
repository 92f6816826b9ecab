"""A run writes its journal; the journal says what happened, in order, and two equal runs write equal bytes."""

from __future__ import annotations

from pathlib import Path

import walras as wl


def run(path: Path) -> wl.BacktestResult:
    prices = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
    return wl.backtest.run("sma_cross", prices, journal=path)


def test_a_run_writes_every_event_and_command_to_its_journal(tmp_path: Path) -> None:
    result = run(tmp_path / "run.wj")
    journal = wl.data.read_journal(tmp_path / "run.wj")
    assert journal.fault == ""
    assert journal.meta()["instruments"] == ["KO"]
    assert journal.rows("bar").size == 8_313
    submit, price = 0, 3  # the strategy sizes in percent: each order asks for its price first
    kinds = journal.events("command")["command_kind"]
    assert (kinds == price).sum() == (kinds == submit).sum() == len(result.fills) == kinds.size / 2
    assert [journal.rows(kind).tolist() for kind in ("start", "stop")] == [[0], [len(journal) - 1]]
    assert not journal.outbound[journal.rows("bar")].any()
    assert journal.outbound[journal.rows("command")].all()
    assert result.signature == run(tmp_path / "again.wj").signature
    assert (tmp_path / "run.wj").read_bytes() == (tmp_path / "again.wj").read_bytes()
