"""Bars, quotes and trades as files that keep everything: exact prices, times, and who they are.

The columns are those of `frame()`. Beside them stands one JSON text (`walras` in the Parquet or Arrow schema, an
attribute in HDF5) with the version that wrote it, the kind, each instrument's name, zone, step and hash, and where the
data came from. A CSV file has the columns only.

Prices are doubles that read back as they were; with `integers=True` they are int64 counts of 1e-9 in columns that end
in `_e9`. On reading, the hash must be that of the columns: a file that was damaged or changed is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from walras.data._bars import BarColumns, Bars, IntArray
from walras.data._errors import DataError
from walras.data._table import Table
from walras.data._ticks import Quotes, Trades
from walras.data._times import datetime_ns
from walras.data._write import GROUP_ROWS, check_target, format_of, write_frames
from walras.errors import ConfigError

Prices = Literal["double", "integer"]
_PRICES = {"bars": ("open", "high", "low", "close"), "quotes": ("bid", "ask"), "trades": ("price",)}
_FORMAT = 1


def write_bars(
    bars: Bars, path: str | Path, *, integers: bool = False, force: bool = False, sources: tuple[Path, ...] = ()
) -> None:
    """Writes bars to .parquet, .arrow (.feather), .h5 or .csv (.csv.gz), whole or not at all.

    `integers`: prices as int64 counts of 1e-9. `force`: overwrite a file that exists. `sources`: files that must not be
    overwritten. Raises ConfigError where the path is wrong, DataError where it cannot be written.

    Example:
        >>> import walras as wl, tempfile, pathlib
        >>> bars = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "ko.parquet"
        >>> wl.data.write_bars(bars, path)
        >>> wl.data.read_bars(path).data_hash == bars.data_hash
        True
    """
    path = Path(path)
    check_target(path, force=force, sources=sources)
    _write(
        _bar_groups(bars),
        path,
        bars.frame_of_rows(np.empty(0, dtype=np.int64)),
        _meta_of_bars(bars),
        integers,
        force,
        sources,
    )


def _bar_groups(bars: Bars) -> Iterator[pl.DataFrame]:
    """`bars.frame()` in slices, without making the whole."""
    if len(bars.series) == 1:
        for start in range(0, len(bars), GROUP_ROWS):
            yield bars.frame_of_rows(np.arange(start, min(start + GROUP_ROWS, len(bars)), dtype=np.int64))
        return
    order = np.argsort(np.concatenate([s.ts_close for s in bars.series]), kind="stable").astype(np.int64)
    for start in range(0, order.size, GROUP_ROWS):
        yield bars.frame_of_rows(order[start : start + GROUP_ROWS])


def write_quotes(
    quotes: Quotes, path: str | Path, *, integers: bool = False, force: bool = False, sources: tuple[Path, ...] = ()
) -> None:
    """Writes quotes; the arguments are those of `write_bars`."""
    _write_ticks(quotes, Path(path), integers, force, sources)


def write_trades(
    trades: Trades, path: str | Path, *, integers: bool = False, force: bool = False, sources: tuple[Path, ...] = ()
) -> None:
    """Writes trades; the arguments are those of `write_bars`."""
    _write_ticks(trades, Path(path), integers, force, sources)


def _write_ticks(ticks: Quotes | Trades, path: Path, integers: bool, force: bool, sources: tuple[Path, ...]) -> None:
    is_quotes = isinstance(ticks, Quotes)
    one: dict[str, Any] = {"name": ticks.instrument, "rows": len(ticks), "tz": ticks.tz, "data_hash": ticks.data_hash}
    if isinstance(ticks, Quotes):
        one["may_be_crossed"] = ticks.may_be_crossed
    meta = _meta("quotes" if is_quotes else "trades", [one], ticks.source, ticks.price_decimals)
    frame = ticks.frame()
    groups = (frame.slice(start, GROUP_ROWS) for start in range(0, frame.height, GROUP_ROWS))
    _write(groups, path, frame.head(0), meta, integers, force, sources)


def _meta(kind: str, instruments: list[dict[str, Any]], source: str, decimals: int) -> dict[str, Any]:
    from walras import __version__

    return {
        "format": _FORMAT,
        "walras": __version__,
        "kind": kind,
        "price_decimals": decimals,
        "source": source,
        "instruments": instruments,
    }


def _meta_of_bars(bars: Bars) -> dict[str, Any]:
    parts = [
        {
            "name": s.instrument,
            "rows": len(s),
            "tz": s.tz,
            "step_ns": s.step,
            "closes_only": s.closes_only,
            "source": s.source,
            "data_hash": Bars([s]).data_hash,
        }
        for s in bars.series
    ]
    return _meta("bars", parts, bars.source, bars.price_decimals)


def _write(
    groups: Iterator[pl.DataFrame],
    path: Path,
    schema: pl.DataFrame,
    meta: dict[str, Any],
    integers: bool,
    force: bool,
    sources: tuple[Path, ...],
) -> None:
    format_of(path)
    names = _PRICES[meta["kind"]] if integers else ()
    meta["prices"] = "int64, 1e-9 of a currency unit" if integers else "float64, currency units"
    write_frames(
        (_as_integers(g, names) for g in groups), path, _as_integers(schema, names), meta, force=force, sources=sources
    )


def write_pieces(
    pieces: Iterable[Bars | Quotes | Trades], path: Path, *, integers: bool, force: bool, sources: tuple[Path, ...]
) -> dict[str, Any]:
    """Writes data that come piece by piece, of one kind and the same instruments.

    What the file says of itself is what the first piece knows: no hash, no number of rows. Returns kind, rows, first
    and last time and instruments.
    """
    told: dict[str, Any] = {"rows": 0}
    pieces = iter(pieces)
    first = next(pieces)
    kind = "bars" if isinstance(first, Bars) else "quotes" if isinstance(first, Quotes) else "trades"
    if isinstance(first, Bars):
        meta = _meta_of_bars(first)
    else:
        one: dict[str, Any] = {"name": first.instrument, "tz": first.tz}
        if isinstance(first, Quotes):
            one["may_be_crossed"] = first.may_be_crossed
        meta = _meta(kind, [one], first.source, 0)
    for part in meta["instruments"]:
        part.pop("rows", None)
        part.pop("data_hash", None)
    del meta["price_decimals"]

    def groups() -> Iterator[pl.DataFrame]:
        for data in itertools.chain([first], pieces):
            told["rows"] += len(data)
            told["last"] = data.span[1] if isinstance(data, Bars) else int(data.ts[-1])
            if isinstance(data, Bars):
                yield from _bar_groups(data)
            else:
                frame = data.frame()
                yield from (frame.slice(at, GROUP_ROWS) for at in range(0, frame.height, GROUP_ROWS))

    schema = (first.frame_of_rows(np.empty(0, dtype=np.int64)) if isinstance(first, Bars) else first.frame()).head(0)
    told |= {"kind": kind, "instruments": [p["name"] for p in meta["instruments"]]}
    told["first"] = first.span[0] if isinstance(first, Bars) else int(first.ts[0])
    _write(groups(), path, schema, meta, integers, force, sources)
    return told


def _as_integers(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    if not names:
        return frame
    raw = [pl.Series(f"{n}_e9", np.rint(frame[n].to_numpy() * 1e9).astype(np.int64)) for n in names]
    return frame.select([next((r for r in raw if r.name == f"{c}_e9"), frame[c]) for c in frame.columns])


# ---- in --------------------------------------------------------------------------------------------------------


def kind_of_meta(meta: Mapping[str, Any]) -> str:
    """ "bars", "quotes", "trades", or "" where the file is not ours."""
    kind = meta.get("kind")
    return str(kind) if kind in _PRICES and isinstance(meta.get("instruments"), list) else ""


def is_ours(table: Table, *meant_otherwise: object) -> bool:
    """walras wrote the file, and nothing says to read it in another way."""
    return bool(kind_of_meta(table.meta)) and all(m is None for m in meant_otherwise)


def _wanted(table: Table, kind: str) -> list[dict[str, Any]]:
    meta = table.meta
    if not isinstance(meta.get("format"), int) or meta["format"] > _FORMAT:
        table.fail(
            f"the file has format {meta.get('format')!r}, of walras {meta.get('walras')!r}; this one reads {_FORMAT}",
            "update walras",
        )
    if kind_of_meta(meta) != kind:
        table.fail(f"the file holds {kind_of_meta(meta)}, not {kind}", f"read it with read_{kind_of_meta(meta)}")
    parts = [p for p in meta["instruments"] if isinstance(p, dict) and isinstance(p.get("name"), str)]
    if not parts or len(parts) != len(meta["instruments"]):
        table.fail("the metadata of the file is damaged", "fetch or write the file again")
    return parts


def _column(table: Table, name: str, prices: bool) -> Any:
    frame = table.frame
    if prices and f"{name}_e9" in frame.columns:
        return frame[f"{name}_e9"].cast(pl.Int64).fill_null(0).to_numpy().astype(np.int64) / 1e9
    if name not in frame.columns:
        table.fail(f"there is no column {name!r}", "fetch or write the file again")
    column = frame[name]
    if isinstance(column.dtype, pl.Datetime) and not column.null_count():
        return datetime_ns(table, name)
    if not column.dtype.is_numeric():
        table.fail(f"the column {name!r} has type {column.dtype}", "fetch or write the file again")
    if column.dtype.is_float():
        return column.fill_null(float("nan")).to_numpy().astype(np.float64)
    if column.null_count():
        table.fail(f"the column {name!r} has empty cells", "fetch or write the file again")
    return column.to_numpy()


def _check_hash(table: Table, part: Mapping[str, Any], found: str) -> None:
    if part.get("data_hash") not in (None, found):
        table.fail(
            f"the data of {part['name']!r} have the hash {found[:12]} and the file says {str(part['data_hash'])[:12]}",
            "it was changed or damaged: fetch or write it again",
        )


def _number(part: Mapping[str, Any], name: str) -> int | None:
    value = part.get(name)
    return value if isinstance(value, int) and value > 0 else None


def bars_of(table: Table, instrument: str | None, tz: str | None) -> Bars:
    """Bars of a file that `write_bars` wrote: all instruments, or the one that is named."""
    parts = _wanted(table, "bars")
    columns: dict[str, Any] = {n: _column(table, n, prices=False) for n in ("ts_open", "ts_close", "volume")}
    columns |= {n: _column(table, n, prices=True) for n in _PRICES["bars"]}
    names = table.frame["instrument"].cast(pl.String) if "instrument" in table.frame.columns else None
    if names is None and len(parts) > 1:
        table.fail("there is no column 'instrument'", "fetch or write the file again")
    known = [p["name"] for p in parts]
    if instrument is not None and len(parts) > 1:
        if instrument not in known:
            table.fail(f"there are no bars of {instrument!r}, only of {', '.join(known[:12])}", "correct instrument=")
        parts = [p for p in parts if p["name"] == instrument]
    out: list[BarColumns] = []
    for part in parts:
        rows: IntArray | slice = slice(None)
        if len(known) > 1 and names is not None:
            rows = (names == part["name"]).arg_true().to_numpy().astype(np.int64)
        try:
            bars = Bars.from_columns(
                part["name"],
                **{n: c[rows] for n, c in columns.items()},
                step=_number(part, "step_ns"),
                tz=str(part.get("tz", "UTC")),
                closes_only=bool(part.get("closes_only")),
                nonpositive=True,
                source=table.source,
            )
        except DataError as error:
            table.fail(f"{part['name']}: {error}", "fetch or write the file again")
        _check_hash(table, part, bars.data_hash)
        out.append(bars.series[0])
    if tz is not None:
        out = [replace(s, tz=tz) for s in out]
    if instrument is not None and len(known) == 1:
        out = [replace(out[0], instrument=instrument)]
    return Bars(out)


def ticks_of(
    table: Table, kind: Literal["quotes", "trades"], instrument: str | None, tz: str | None
) -> Quotes | Trades:
    """Quotes or trades of a file that `write_quotes` or `write_trades` wrote."""
    part = _wanted(table, kind)[0]
    words = ("bid", "ask", "bid_size", "ask_size") if kind == "quotes" else ("price", "size", "aggressor", "trade_id")
    columns = {n: _column(table, n, prices=n in _PRICES[kind]) for n in words}
    ts = _column(table, "ts", prices=False)
    options: dict[str, Any] = {"tz": tz or str(part.get("tz", "UTC")), "nonpositive": True, "source": table.source}
    found: Quotes | Trades
    if kind == "quotes":
        found = Quotes.from_columns(part["name"], ts, **columns, crossed=bool(part.get("may_be_crossed")), **options)
    else:
        found = Trades.from_columns(part["name"], ts, **columns, **options)
    _check_hash(table, part, found.data_hash)
    return replace(found, instrument=instrument) if instrument is not None else found


def write(data: Bars | Quotes | Trades, path: str | Path, **options: Any) -> None:
    """`write_bars`, `write_quotes` or `write_trades`, by what it is."""
    if isinstance(data, Bars):
        write_bars(data, path, **options)
    elif isinstance(data, Quotes):
        write_quotes(data, path, **options)
    elif isinstance(data, Trades):
        write_trades(data, path, **options)
    else:
        raise ConfigError(f"a {type(data).__name__} is not market data; give Bars, Quotes or Trades")
