"""Ticks out: hftbacktest's .npz, Walras's journal, Parquet, CSV; whole or piece by piece in flat memory."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from walras import _core
from walras.data import _check
from walras.data._tick_records import as_bytes, facts
from walras.data._tick_set import Ticks
from walras.data._write import CsvWriter, atomic
from walras.errors import ConfigError, DataError

if TYPE_CHECKING:
    from walras.data._tick_open import Progress, TickFiles

# hftbacktest's event_dtype.
HFT = np.dtype(
    [
        ("ev", "<u8"), ("exch_ts", "<i8"), ("local_ts", "<i8"), ("px", "<f8"), ("qty", "<f8"), ("order_id", "<u8"),
        ("ival", "<i8"), ("fval", "<f8"),
    ],
    align=True,
)  # fmt: skip
ENDINGS = (".parquet", ".npz", ".journal", ".csv", ".csv.gz")


class TickWriter(Protocol):
    """Takes pieces, then is closed."""

    def write(self, ticks: Ticks) -> None: ...
    def close(self) -> None: ...


def _member() -> zipfile.ZipInfo:
    """No time inside: equal ticks, equal bytes."""
    out = zipfile.ZipInfo("data.npy")
    out.compress_type = zipfile.ZIP_DEFLATED
    return out


class _Hft:
    """Records go to a file beside the target and from there into the archive."""

    def __init__(self, part: Path, lot_size: int, source: str) -> None:
        self._part = part
        self._encoder = _core.HftEncoder(lot_size, source)
        self._rows: BinaryIO = tempfile.TemporaryFile(dir=part.parent)  # noqa: SIM115
        self._count, self._latest, self._in_order = 0, -(2**63), True

    def write(self, ticks: Ticks) -> None:
        rows = self._encoder.encode(as_bytes(ticks.records))
        if not rows.size:
            return
        times = rows.reshape(-1).view(HFT)["exch_ts"]
        self._in_order = self._in_order and bool(times[0] >= self._latest and (np.diff(times) >= 0).all())
        self._latest = int(times[-1])
        self._count += rows.shape[0]
        self._rows.write(rows.data)

    def close(self) -> None:
        self._rows.flush()
        count = self._count
        if not self._in_order:
            rows = np.memmap(self._rows, dtype=np.uint8, mode="r", shape=(count, 64))
            both: NDArray[np.uint8] = _core.hftbacktest_in_both_orders(rows)
            count = both.shape[0]
            self._rows.seek(0)
            self._rows.write(both.data)
            self._rows.truncate()
        self._rows.seek(0)
        with (
            zipfile.ZipFile(self._part, "w") as archive,
            archive.open(_member(), "w", force_zip64=True) as out,
        ):
            header = {"descr": HFT.descr, "fortran_order": False, "shape": (count,)}
            np.lib.format.write_array_header_1_0(out, header)
            shutil.copyfileobj(self._rows, out, 1 << 20)
        self._rows.close()


class _Journal:
    """The metadata stand first: symbols that come later are in a file that is read in one piece only."""

    def __init__(self, part: Path, lot_size: int, source: str) -> None:
        self._part, self._lot_size, self._source = part, lot_size, source
        self._writer: _core.TickJournalWriter | None = None
        self._symbols: tuple[str, ...] = ()

    def write(self, ticks: Ticks) -> None:
        if self._writer is None:
            meta = {"kind": "ticks", "lot_size": self._lot_size, "symbols": ticks.symbols, "source": self._source}
            self._part.unlink()
            self._writer = _core.TickJournalWriter(str(self._part), json.dumps(meta))
            self._symbols = ticks.symbols
        elif ticks.symbols != self._symbols:
            raise DataError(
                f"{self._source}: the symbol {ticks.symbols[-1]} comes first after the journal has begun; name all "
                f"symbols, or write Parquet"
            )
        self._writer.append(as_bytes(ticks.records))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class _Csv:
    def __init__(self, part: Path, *, packed: bool) -> None:
        self._writer = CsvWriter(part, packed=packed)

    def write(self, ticks: Ticks) -> None:
        self._writer.write(ticks.frame())

    def close(self) -> None:
        self._writer.close()


def ending_of(path: Path) -> str:
    """The ending of a file of ticks that can be written. Raises ConfigError where there is none."""
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if path.name.lower().endswith(ending):
            return ending
    raise ConfigError(f"{path}: ticks are written to {', '.join(ENDINGS)}; give one of these endings")


def _open(part: Path, ending: str, lot_size: int, source: str) -> TickWriter:
    if ending == ".npz":
        return _Hft(part, lot_size, source)
    if ending == ".journal":
        return _Journal(part, lot_size, source)
    if ending == ".parquet":
        from walras.data._tick_parquet import ParquetTicks

        return ParquetTicks(part, lot_size, source)
    return _Csv(part, packed=ending == ".csv.gz")


@dataclass(frozen=True, slots=True)
class WrittenTicks:
    """What was written."""

    rows: int
    symbols: tuple[str, ...]
    counts: dict[str, int]
    first: int  # ns UTC
    last: int

    def __str__(self) -> str:
        names = ", ".join(self.symbols[:8]) + (", ..." if len(self.symbols) > 8 else "")
        kinds = ", ".join(f"{n:,} {k.replace('_', ' ')}s" for k, n in self.counts.items() if n)
        return f"{self.rows:,} ticks of {names} ({kinds}), {_check.iso(self.first)} to {_check.iso(self.last)}"


def write_pieces(
    pieces: Iterable[Ticks], path: Path, *, force: bool = False, sources: Iterable[Path] = ()
) -> WrittenTicks:
    """Pieces of one stream into one file, whole or not at all."""
    ending = ending_of(path)
    rows, first, last = 0, 0, 0
    symbols: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    with atomic(path, force=force, sources=sources) as part:
        writer: TickWriter | None = None
        try:
            for ticks in pieces:
                if not len(ticks):
                    continue
                if writer is None:
                    writer = _open(part, ending, ticks.lot_size, ticks.source)
                    first = int(ticks.ts_init[0])
                writer.write(ticks)
                rows, last, symbols = rows + len(ticks), int(ticks.ts_init[-1]), ticks.symbols
                counts = {k: counts.get(k, 0) + n for k, n in facts(ticks.records).items()}
        finally:
            if writer is not None:
                writer.close()
        if writer is None:
            raise DataError(f"{path}: there are no ticks to write; check symbols, start and end")
    return WrittenTicks(rows, symbols, counts, first, last)


def write_ticks(ticks: Ticks, path: str | Path, *, force: bool = False) -> WrittenTicks:
    """Writes ticks to .parquet (Walras's columns), .npz (hftbacktest), .journal, .csv or .csv.gz, by the ending.

    Example:
        >>> import walras as wl, tempfile, pathlib
        >>> ticks = wl.data.Ticks.from_columns("X", ts_init=[5], kind="quote", bid=[1.5], ask=[1.6], bid_size=[2],
        ...                                    ask_size=[3])
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "x.parquet"
        >>> _ = wl.data.write_ticks(ticks, path)
        >>> wl.data.read_ticks(path).data_hash == ticks.data_hash
        True
    """
    return write_pieces([ticks], Path(path), force=force)


def write_hftbacktest(ticks: Ticks | TickFiles, path: str | Path, *, force: bool = False) -> WrittenTicks:
    """Writes ticks of one instrument as an .npz that hftbacktest opens. `ticks` may be files that stay on the disk.

    Times are kept as they are: where `local_ts` lies before `exch_ts`, for clocks differ, hftbacktest's own
    correct_local_timestamp moves it.
    """
    path = Path(path)
    if path.suffix.lower() != ".npz":
        raise ConfigError(f"{path}: hftbacktest's files end in .npz; name it so")
    return write_pieces([ticks] if isinstance(ticks, Ticks) else ticks.chunks(), path, force=force)


def convert_ticks(
    files: TickFiles, target: Path, *, force: bool = False, progress: Progress | None = None
) -> WrittenTicks:
    """Files of ticks into another format, piece by piece."""
    return write_pieces(files.chunks(progress=progress), target, force=force, sources=files.paths)


def journal_meta(path: Path) -> dict[str, Any]:
    """What a journal says of itself."""
    text = _core.journal_metadata(str(path))
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}
