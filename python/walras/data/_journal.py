"""The event journal as NumPy: a session's inbound and outbound events, checked record by record (CRC-32C)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walras import _core
from walras.errors import DataError

# In the order of walras::model::EventKind.
KINDS = (
    "none",
    "bar",
    "quote",
    "trade",
    "book_delta",
    "mark",
    "order",
    "timer",
    "corporate_action",
    "cash_flow",
    "command",
    "start",
    "stop",
)
_SIZE = 128


@cache
def event_dtype(kind: str) -> np.dtype[np.void]:
    """The structured dtype of one kind of event: the header's fields, then the payload's, at C++'s offsets.

    Times are ns UTC; prices and quantities are integers (1e-9 and lots); 128-bit money is two words, `fee_low` and
    `fee_high`.
    """
    layout = _core.event_layout()
    if kind not in layout or kind == "header":
        raise DataError(f"there is no event of kind {kind!r}; kinds are {', '.join(KINDS[1:])}")
    header = {name for name, _, _ in layout["header"]}
    fields = [
        *layout["header"],
        *((name if name not in header else f"{kind}_{name}", f, at) for name, f, at in layout[kind]),
    ]
    names, formats, offsets = zip(*fields, strict=True)
    return np.dtype({"names": list(names), "formats": list(formats), "offsets": list(offsets), "itemsize": _SIZE})


@dataclass(frozen=True, slots=True, eq=False)
class Journal:
    """Records in order. `records`: uint8, shape (n, 128); `outbound`: bool, shape (n,): what the session decided.

    `fault` is "" or says where a damaged or cut file stops being whole; what is here is whole.
    """

    records: NDArray[np.uint8]
    outbound: NDArray[np.bool_]
    metadata: str = ""
    fault: str = ""

    def __len__(self) -> int:
        return int(self.records.shape[0])

    @property
    def kinds(self) -> NDArray[np.uint8]:
        """The kind of each record, an index into KINDS."""
        return self.records[:, 0]

    def rows(self, kind: str) -> NDArray[np.intp]:
        """Which records are of this kind."""
        event_dtype(kind)
        return np.flatnonzero(self.kinds == KINDS.index(kind))

    def events(self, kind: str) -> NDArray[np.void]:
        """The records of one kind as a structured array (a copy of those rows)."""
        dtype = event_dtype(kind)
        return np.ascontiguousarray(self.records[self.rows(kind)]).reshape(-1).view(dtype)

    def meta(self) -> dict[str, Any]:
        """The metadata as JSON; {} where there is none."""
        found = json.loads(self.metadata) if self.metadata else {}
        return found if isinstance(found, dict) else {"value": found}


def read_journal(path: str | Path) -> Journal:
    """Reads what is whole of a journal; `fault` says why it stops early. Raises DataError if the file is no journal."""
    metadata, records, sides, fault = _core.read_journal(str(path))
    return Journal(records, sides.astype(np.bool_), metadata, fault)


def write_journal(path: str | Path, journal: Journal) -> None:
    """Writes a journal. Raises DataError if the file cannot be written or a record is of no known kind."""
    records = np.ascontiguousarray(journal.records, dtype=np.uint8)
    if records.ndim != 2 or records.shape[1] != _SIZE:
        raise DataError(f"records have shape {records.shape}; give uint8 of shape (n, 128)")
    _core.write_journal(str(path), records, journal.outbound.astype(np.uint8), journal.metadata)
