"""Files of ticks: opened as streams in flat memory, or read whole."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from walras import _core
from walras.data._bars import default_name, instant
from walras.data._errors import DataError
from walras.data._tick_frames import lots_of
from walras.data._tick_records import as_records
from walras.data._tick_set import Ticks, join
from walras.data._times import midnights
from walras.errors import ConfigError, WalrasError

PIECE = 1 << 16  # ticks at a time
ENDLESS = 2**63 - 1
Progress = Callable[[int, int], bool | None]

# Coins trade in fractions: 1e-8 is the finest that exchanges have.
_FINE = "0.00000001"
_LOTS = {"binance": _FINE, "bybit": _FINE, "tardis": _FINE, "hftbacktest": _FINE, "nautilus": ""}
# Opened here, not by a decoder of bytes: journals, and the Parquet of Walras and of NautilusTrader.
_IN_PYTHON = ("journal", "nautilus", "walras")
# Files of one instrument that do not say which.
NAMELESS = {"lobster", "lean", "hftbacktest"}
_WALL_CLOCK = {"lobster", "lean", "itch"}
PARQUET = {".parquet", ".pq"}


def tick_formats() -> list[str]:
    """The formats of ticks that can be read: "binance", "dbn", "itch", ..."""
    return sorted([*_core.tick_formats(), *_IN_PYTHON])


def guess_format(path: str | Path) -> str:
    """The format of ticks that a file's name and first bytes say, or ""."""
    from walras.data._tick_parquet import parquet_format

    path = Path(path)
    if not path.is_file():
        return ""
    try:
        if path.suffix.lower() in PARQUET:
            return parquet_format(path)
        with path.open("rb") as file:
            if file.read(8) == b"WALRASJ\n":
                return "journal"
        with unpacked(path) as plain:
            return str(_core.guess_tick_format(str(plain)))
    except WalrasError:
        return ""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The path itself, or, of a zip archive (.zip, .npz), a temporary file with its only member."""
    with path.open("rb") as file:
        is_zip = file.read(4) == b"PK\x03\x04"
    if not is_zip:
        yield path
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) != 1:
                raise DataError(f"{path}: the archive has {len(members)} files; give one that has one")
            name = Path(members[0].filename).name
            with tempfile.TemporaryDirectory(prefix="walras-") as folder:
                plain = Path(folder) / name
                with archive.open(members[0]) as packed, plain.open("wb") as out:
                    shutil.copyfileobj(packed, out, 1 << 20)
                yield plain
    except (zipfile.BadZipFile, EOFError) as error:
        raise DataError(f"{path}: the archive is damaged: {error}; fetch the file again") from None


@dataclass(frozen=True, slots=True)
class TickFiles:
    """Files of ticks that stay on the disk: `chunks()` gives them piece by piece, `read()` all at once, and a backtest
    takes them as data in flat memory. Several files are one stream by time of receipt."""

    paths: tuple[Path, ...]
    format: str
    lot_size: int
    symbols: tuple[str, ...]
    date: int
    tz: str
    start: int
    end: int
    feed_delay_ns: int
    instrument: str | None

    def __repr__(self) -> str:
        return f"<TickFiles {', '.join(str(p) for p in self.paths)}: {self.format}>"

    def open(self) -> _core.TickReader:
        """A stream from the beginning, for whoever runs on it."""
        readers = [self._reader(path) for path in self.paths]
        reader = readers[0] if len(readers) == 1 else _core.merge_tick_readers(readers)
        name = self.instrument if self.instrument and self.format not in NAMELESS else ""
        wanted = list(self.symbols) if self.format in _IN_PYTHON else []
        if name or wanted or self.start > -ENDLESS or self.end < ENDLESS:
            return _core.select_ticks(reader, self.start, self.end, wanted, name or "")
        return reader

    def _reader(self, path: Path) -> _core.TickReader:
        if self.format == "journal":
            from walras.data._tick_write import journal_meta

            meta = journal_meta(path)
            return _core.open_journal_ticks(str(path), list(meta.get("symbols") or meta.get("instruments") or ()))
        if self.format in _IN_PYTHON:
            from walras.data._tick_parquet import parquet_pieces

            return _core.python_tick_reader(lambda: parquet_pieces(path, self.lot_size), str(path))
        with unpacked(path) as plain, _named(plain, path):
            return _core.open_ticks(
                str(plain), self.format, self.lot_size, list(self._names(path)), self.date, *_shifts(self.tz),
                self.feed_delay_ns,
            )  # fmt: skip

    def _names(self, path: Path) -> tuple[str, ...]:
        if self.format not in NAMELESS:
            return self.symbols
        return self.symbols or (self.instrument or _name_in(path),)

    def chunks(self, rows: int = PIECE, progress: Progress | None = None) -> Iterator[Ticks]:
        """Pieces of about `rows` ticks. Raises DataError where a file is broken."""
        with _named(None, self.paths[0]):
            reader = self.open()
        size = sum(p.stat().st_size for p in self.paths)
        done = 0
        while True:
            records = as_records(reader.read(rows, self.start, self.end))
            if not records.size:
                return
            done += records.size
            yield Ticks(records, tuple(reader.symbols), self.lot_size, self.tz, ", ".join(str(p) for p in self.paths))
            if progress is not None:
                progress(int(reader.progress * size), done)

    def read(self) -> Ticks:
        """All ticks in memory."""
        parts = list(self.chunks(rows=2**62))
        if len(parts) > 1:
            return join(parts)
        if not parts:
            raise DataError(f"{self.paths[0]}: there are no ticks of {self.symbols or 'any symbol'} in this time")
        return parts[0]


@contextmanager
def _named(plain: Path | None, path: Path) -> Iterator[None]:
    """Errors name the file that was given, not the one that was unpacked."""
    try:
        yield
    except DataError as error:
        if plain is not None and plain != path and str(plain) in str(error):
            raise DataError(str(error).replace(str(plain), str(path))) from None
        raise


def _shifts(tz: str) -> tuple[list[int], list[int]]:
    """Wall time to UTC as a table of the zone's changes, 1990 to 2060; empty for UTC."""
    if tz == "UTC":
        return [], []
    days = np.arange(7305, 32872, dtype=np.int64)
    add = midnights(days, tz) - days * 86_400_000_000_000
    changes = np.flatnonzero(np.diff(add)) + 1
    # Clocks change in the early hours of the day before the first midnight that differs.
    begin = [-(2**63), *((days[changes] - 1) * 86_400_000_000_000 + 7_200_000_000_000).tolist()]
    return begin, [int(add[0]), *add[changes].tolist()]


def _name_in(path: Path) -> str:
    """ "lean_bac_tick_quote_20131007.csv.gz" is BAC's."""
    words = default_name(path).lower().split("_")
    if "tick" in words[1:]:
        return words[words.index("tick") - 1].upper()
    if re.fullmatch(r"[a-z.]+", words[0]) and len(words) > 1 and words[0] == "lobster":
        return words[1].upper()
    return words[0].upper()


def _date_of(path: Path, date: Any, tz: str, format: str) -> int:
    if date is None:
        found = re.search(r"(?<!\d)(?:19|20)\d\d-?\d\d-?\d\d(?!\d)", path.name)
        if found is None:
            return 0
        digits = found[0].replace("-", "")
        try:
            date = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError:
            return 0
    return instant(date, tz)


def stream_ticks(
    *paths: str | Path | Sequence[str | Path],
    format: str | None = None,
    instrument: str | None = None,
    tz: str | None = None,
    date: Any = None,
    lot_size: str | float | None = None,
    symbols: str | Sequence[str] | None = None,
    start: object = None,
    end: object = None,
    feed_delay_ns: int = 0,
) -> TickFiles:
    """Files of ticks as a stream in flat memory; the arguments are those of `read_ticks`."""
    files = tuple(Path(p) for one in paths for p in ((one,) if isinstance(one, (str, Path)) else one))
    if not files:
        raise ConfigError("there is no file of ticks; name one")
    files = tuple(found for path in files for found in _members(path))
    for path in files:
        if not path.is_file():
            raise DataError(f"{path}: the file does not exist; name a file of ticks")
    if format is not None and format not in tick_formats():
        raise ConfigError(f"there is no format of ticks {format!r}; known are {', '.join(tick_formats())}")
    found = format or guess_format(files[0])
    if not found:
        with unpacked(files[0]) as plain, _named(plain, files[0]):
            _core.open_ticks(str(plain), "", 1_000_000_000, [], 0, [], [], 0)  # raises what is wrong
        raise DataError(f"{files[0]}: the format of these ticks is unknown; name it: {', '.join(tick_formats())}")
    clock = tz or ("America/New_York" if found in _WALL_CLOCK and not _is_forex(files[0]) else "UTC")
    wanted = (symbols,) if isinstance(symbols, str) else tuple(symbols or ())
    return TickFiles(
        files,
        found,
        _lot(lot_size, found, files[0]),
        wanted,
        _date_of(files[0], date, clock, found) if found in _WALL_CLOCK else 0,
        clock,
        -(2**63) if start is None else instant(start, clock),
        ENDLESS if end is None else instant(end, clock),
        feed_delay_ns,
        instrument,
    )


def _members(path: Path) -> list[Path]:
    """The path itself; of a folder, such as a NautilusTrader catalog, its Parquet files of ticks."""
    if not path.is_dir():
        return [path]
    found = [file for file in sorted(path.rglob("*.parquet")) if guess_format(file)]
    if not found:
        raise DataError(f"{path}: the folder has no Parquet files of ticks; name a file, or a NautilusTrader catalog")
    return found


def _is_forex(path: Path) -> bool:
    return any(word in path.name.lower() for word in ("oanda", "fxcm", "forex", "crypto", "coinbase"))


def _lot(lot_size: str | float | None, format: str, path: Path) -> int:
    if lot_size is not None:
        return lots_of(lot_size)
    if format == "journal":
        from walras.data._tick_write import journal_meta

        return int(journal_meta(path).get("lot_size", 1_000_000_000))
    if format == "walras":
        from walras.data._tick_parquet import meta_of

        return int(meta_of(path)["lot_size"])
    return lots_of(_LOTS.get(format, "1") or _FINE)


def read_ticks(
    path: str | Path | Sequence[str | Path],
    *,
    format: str | None = None,
    instrument: str | None = None,
    tz: str | None = None,
    date: Any = None,
    lot_size: str | float | None = None,
    symbols: str | Sequence[str] | None = None,
    start: object = None,
    end: object = None,
    feed_delay_ns: int = 0,
) -> Ticks:
    """Reads book deltas, quotes and trades from a file, or several merged by time of receipt.

    A folder stands for all Parquet files of ticks in it and below: a NautilusTrader catalog.

    `format`: one of `tick_formats()`; without it name and first bytes tell. `instrument`: a name where the file has one
    instrument. `tz`, `date`: zone and day of formats with a time of day (default: New York; the day in the file's
    name). `lot_size`: units in one lot, into which all sizes must divide (default: 1, and 0.00000001 for coins).
    `symbols`: only these. `start`, `end`: only ticks with start <= ts_init < end. `feed_delay_ns`: how long after the
    event a tick reached us, where the format does not say.

    Raises DataError with the place where a file is broken, ConfigError where a setting is wrong.
    """
    return stream_ticks(
        *((path,) if isinstance(path, (str, Path)) else path), format=format, instrument=instrument, tz=tz, date=date,
        lot_size=lot_size, symbols=symbols, start=start, end=end, feed_delay_ns=feed_delay_ns,
    ).read()  # fmt: skip
