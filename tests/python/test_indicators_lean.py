"""Our indicators against the reference series of LEAN's tests, which lie in ../shared/data: a public clone has none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.python.data_files import shared
from tests.python.lean_references import ELSEWHERE, LEFT_OUT, REFERENCES, Reference, read

BARS = {"", "date", "day", "time", "open", "high", "low", "close", "volume"}


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: f"{r.file}:{r.column}")
def test_a_column_agrees_to_the_digits_that_the_table_says(reference: Reference) -> None:
    columns = read(reference.file)
    want = columns[reference.column]
    got = np.asarray(reference.compute(columns), dtype=np.float64)
    rows = np.flatnonzero(~np.isnan(want) & ~np.isnan(got))
    # LEAN's zeros before it is ready are no values.
    first = rows[np.flatnonzero(want[rows] != 0)[0]]
    rows = rows[rows >= max(first, reference.start)]
    assert len(rows) >= 15
    np.testing.assert_allclose(got[rows], want[rows], rtol=reference.relative, atol=reference.absolute)


def test_every_file_and_every_column_is_compared_or_says_why_not() -> None:
    folder = shared("indicators/lean_spy_ad.txt.gz").parent
    files = {path.name.removesuffix(".gz") for path in folder.glob("lean_*.gz")}
    assert files == {r.file for r in REFERENCES} | set(ELSEWHERE)
    for file in sorted(files - set(ELSEWHERE)):
        known = {r.column for r in REFERENCES if r.file == file} | {c for f, c in LEFT_OUT if f == file}
        assert set(read(file)) - BARS == known, file
