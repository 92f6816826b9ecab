"""A table of a recording into a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from walras._words import did_you_mean
from walras.errors import ConfigError
from walras.store._recording import TABLES

if TYPE_CHECKING:
    from walras.store._recording import Recording

ENDINGS = (".parquet", ".csv", ".arrow")


def export(run: Recording, to: Path, table: str, *, force: bool, progress: Any) -> int:
    """See Recording.export. A file appears whole or not at all."""
    if table not in TABLES:
        raise ConfigError(f"there is no table {table!r}; {did_you_mean(table, TABLES)}")
    if to.suffix.lower() not in ENDINGS:
        raise ConfigError(f"{to}: the ending {to.suffix!r} is not known; use {', '.join(ENDINGS)}")
    if to.exists() and not force:
        raise ConfigError(f"{to}: the file exists; use force=True, or --force on the command line, to replace it")
    if not to.parent.is_dir():
        raise ConfigError(f"{to}: the folder {to.parent} does not exist; make it first")
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        rows = (
            _write_trades(run, part, to.suffix.lower(), progress) if table == "trades" else _write(run, part, to, table)
        )
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _write(run: Recording, part: Path, to: Path, table: str) -> int:
    frame: pl.DataFrame = getattr(run, table)()
    match to.suffix.lower():
        case ".parquet":
            frame.write_parquet(part)
        case ".arrow":
            frame.write_ipc(part, compression="zstd")
        case _:
            nested = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
            frame.with_columns(_as_json(frame[name]) for name in nested).write_csv(part)
    return frame.height


def _as_json(column: pl.Series) -> pl.Series:
    """CSV has no lists."""
    import json

    return pl.Series(column.name, [json.dumps(value) for value in column.to_list()], dtype=pl.String)


def _write_trades(run: Recording, part: Path, ending: str, progress: Any) -> int:
    """Piece by piece, so that a long run fits."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    total = int(run.info["trades"])
    done = 0
    writer: Any = None
    with part.open("wb") as out:
        try:
            for piece in run.trade_pieces():
                if ending == ".csv":
                    piece.write_csv(out, include_header=done == 0)
                else:
                    table = piece.with_columns(pl.col("symbol").cast(pl.String)).to_arrow(
                        compat_level=pl.CompatLevel.oldest()
                    )
                    if writer is None:
                        make = pq.ParquetWriter if ending == ".parquet" else pa.ipc.new_file
                        writer = make(out, table.schema)
                    writer.write_table(table)
                done += piece.height
                if progress is not None and progress(done, total) is False:
                    raise KeyboardInterrupt
            if done == 0:
                empty = run.trades().with_columns(pl.col("symbol").cast(pl.String))
                if ending == ".csv":
                    empty.write_csv(out)
                elif ending == ".parquet":
                    empty.write_parquet(out)
                else:
                    empty.write_ipc(out)
        finally:
            if writer is not None:
                writer.close()
    return done
