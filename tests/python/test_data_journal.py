"""The event journal from Python: what is written is read, what is damaged is found."""

from __future__ import annotations

import numpy as np
import pytest

from walras import _core, data
from walras.data._journal import KINDS
from walras.errors import DataError


def journal_of_bars(count: int) -> data.Journal:
    bars = np.zeros(count, dtype=data.event_dtype("bar"))
    bars["kind"] = 1
    bars["ts_event"] = bars["ts_init"] = np.arange(count) * 60_000_000_000
    bars["sequence"] = np.arange(count)
    bars["close"] = 167_450_000_000
    bars["volume"] = 1.5
    return data.Journal(bars.view(np.uint8).reshape(-1, 128), np.arange(count) % 2 == 1, '{"seed": 7}')


def test_a_journal_comes_back_as_it_was_written(tmp_path):
    data.write_journal(tmp_path / "a.journal", journal_of_bars(1000))
    journal = data.read_journal(tmp_path / "a.journal")
    assert (len(journal), journal.fault, journal.meta()) == (1000, "", {"seed": 7})
    bars = journal.events("bar")
    assert bars["close"][0] == 167_450_000_000
    assert bars["volume"][-1] == 1.5
    assert bars["sequence"].tolist() == list(range(1000))
    assert journal.outbound.sum() == 500
    assert journal.events("quote").size == 0


def test_every_kind_has_a_layout_inside_the_slot():
    for kind in KINDS[1:]:
        dtype = data.event_dtype(kind)
        assert dtype.itemsize == 128
        ends = [offset + field.itemsize for field, offset, *_ in (dtype.fields or {}).values()]
        assert max(ends) <= 128
    assert set(_core.event_layout()) == {"header", *KINDS[1:]}  # as the core names them
    with pytest.raises(DataError, match="no event of kind 'candle'"):
        data.event_dtype("candle")


def test_a_cut_journal_keeps_what_is_whole_and_says_where_it_ends(tmp_path):
    path = tmp_path / "a.journal"
    data.write_journal(path, journal_of_bars(10))
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    journal = data.read_journal(path)
    assert len(journal) == 9
    assert "a.journal: the journal is truncated, at byte" in journal.fault
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    path.write_bytes(bytes(flipped))
    assert "the journal is damaged" in data.read_journal(path).fault


def test_what_is_no_journal_is_an_error(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("date,close\n")
    with pytest.raises(DataError, match="not a journal of Walras"):
        data.read_journal(path)
    with pytest.raises(DataError, match="cannot open the file"):
        data.read_journal(tmp_path / "none")
    with pytest.raises(DataError, match="record 0 has no known kind"):
        data.write_journal(path, data.Journal(np.zeros((1, 128), np.uint8), np.zeros(1, np.bool_)))
    with pytest.raises(DataError, match=r"shape \(1, 5\)"):
        data.write_journal(path, data.Journal(np.zeros((1, 5), np.uint8), np.zeros(1, np.bool_)))
