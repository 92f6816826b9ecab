"""`clean`: finds damage in market data and repairs it, and names every repair. See docs/guides/clean-data.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from walras.data._bars import Bars
from walras.data._care import audit as audits
from walras.data._care import gaps, outliers, rows, splits, values
from walras.data._care.audit import Edit
from walras.data._care.view import Settings, View
from walras.data._errors import DataError
from walras.data._inspect import Inspection, inspect
from walras.data._read import bars_from_frame, read_bars
from walras.data._read_ticks import read_quotes, read_trades
from walras.data._table import Columns, Source, Table, load
from walras.data._ticks import Quotes, Trades
from walras.data._write import atomic, check_target, format_of, in_groups, write_frames
from walras.errors import ConfigError

# In the order in which they run. The first mode is the default, and what "on" means; "off" is understood by all.
RULES: dict[str, tuple[Callable[[View, str], list[Edit]], tuple[str, ...]]] = {
    "times": (rows.times, ("drop",)),
    "unsorted": (rows.unsorted, ("sort", "report")),
    "duplicates": (rows.duplicates, ("drop", "report")),
    "conflicts": (rows.conflicts, ("last", "first", "drop", "report")),
    "prices": (values.prices, ("repair", "drop", "report")),
    "outliers": (outliers.outliers, ("repair", "drop", "report")),
    "range": (values.ranges, ("repair", "drop", "report")),
    "crossed": (values.crossed, ("drop", "swap", "report")),
    "sizes": (values.sizes, ("repair", "drop", "report")),
    "splits": (splits.splits, ("report", "adjust")),
    "gaps": (gaps.gaps, ("report", "fill")),
}
# These may touch any number of rows: they lose nothing, or were asked for.
_UNBOUNDED = {"unsorted", "duplicates", "splits", "gaps"}
_ROUNDS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """What `clean` made, and how. `audit`: a polars frame, one row a change or finding (docs/guides/clean-data.md)."""

    table: Table = field(repr=False)
    audit: pl.DataFrame = field(repr=False)
    kind: str
    rows_in: int
    modes: Mapping[str, str] = field(repr=False)
    settings: Settings = field(repr=False)
    original: Any = field(repr=False, default=None)

    @property
    def frame(self) -> pl.DataFrame:
        """The cleaned table as polars, cells as they stood in the source."""
        return self.table.frame

    @property
    def is_changed(self) -> bool:
        """At least one repair was made."""
        return bool((self.audit["action"] != "report").any())

    @property
    def data(self) -> Any:
        """The cleaned data as what came in: Bars, Quotes, Trades, a pandas frame; a polars frame of anything else."""
        if isinstance(self.original, Bars):
            return self._bars(self.original)
        if isinstance(self.original, Quotes | Trades):
            return self.read(instrument=self.original.instrument, tz=self.original.tz)
        if type(self.original).__module__.partition(".")[0] == "pandas":
            return _to_pandas(self.frame, self.original)
        return self.frame

    def _bars(self, original: Bars) -> Bars:
        out = []
        for s in original.series:
            part = self.frame.filter(pl.col("instrument") == s.instrument)
            if part.height:
                made = read_bars(part, instrument=s.instrument, tz=s.tz, nonpositive=self.settings.nonpositive)
                out.append(replace(made.series[0], step=s.step, closes_only=s.closes_only, source=s.source))
        return Bars(out)

    def read(self, **options: Any) -> Bars | Quotes | Trades:
        """The cleaned table as Bars, Quotes or Trades; the options are those of the readers.

        Raises DataError where rules that were switched off left damage.
        """
        s = self.settings
        given: dict[str, Any] = {
            "tz": s.tz,
            "price_scale": s.price_scale,
            "columns": s.columns,
            "nonpositive": s.nonpositive,
        }
        given["time_format"] = s.time_format
        if self.kind == "quotes":
            return read_quotes(self.table, **{**given, **options})
        if self.kind == "trades":
            return read_trades(self.table, **{**given, **options})
        given |= {"step": s.step, "stamp": s.stamp}
        if self.kind == "closes of many instruments":
            for name in ("columns", "nonpositive"):
                given.pop(name)
            options.pop("instrument", None)
            return bars_from_frame(self.table, **{**given, **options})
        return read_bars(self.table, **{**given, **options})

    def inspect(self) -> Inspection:
        """What is in the cleaned table, and what is still wrong with it."""
        s = self.settings
        stamp: Any = s.stamp
        return inspect(
            self.table, step=s.step, tz=s.tz, price_scale=s.price_scale, columns=s.columns, stamp=stamp,
            calendar=s.calendar, time_format=s.time_format, sigma=s.sigma, nonpositive=s.nonpositive,
        )  # fmt: skip

    @property
    def summary(self) -> pl.DataFrame:
        """One row a rule: rule, mode, repaired (lines of the audit that change something), rows (that they touch),
        reported, first (the first row or line), example."""
        word = "line" if self.table.first_line is not None else "row"
        out = []
        for name, mode in self.modes.items():
            mine = self.audit.filter(pl.col("rule") == name)
            changes = mine.filter(pl.col("action") != "report")
            shown = changes if changes.height else mine
            out.append(
                {
                    "rule": name,
                    "mode": mode,
                    "repaired": changes.height,
                    "rows": changes["row"].n_unique(),
                    "reported": mine.height - changes.height,
                    "first": None if not shown.height else shown[word][0],
                    "example": "" if not shown.height else shown["reason"][0],
                }
            )
        return pl.DataFrame(out, infer_schema_length=None)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "source": self.table.source,
            "kind": self.kind,
            "rows_in": self.rows_in,
            "rows_out": self.frame.height,
            "changed": self.is_changed,
            "rules": {row.pop("rule"): row for row in self.summary.to_dicts()},
        }

    def write(self, path: str | Path, *, force: bool = False, instrument: str | None = None) -> None:
        """Writes the cleaned data. Text stays the text it was; into another format go bars, quotes or trades."""
        path = Path(path)
        sources = () if self.table.path is None else (self.table.path,)
        same = format_of(path) == self._format() and not self.table.meta
        if not same:
            from walras.data._store import write

            write(self.read(instrument=instrument), path, force=force, sources=sources)
            return
        write_frames(
            in_groups(self.frame),
            path,
            self.frame,
            {},
            force=force,
            sources=sources,
            delimiter=self.table.delimiter,
            header=self.table.first_line != 1,
        )

    def _format(self) -> str:
        if self.table.path is None:
            return ""
        return "csv" if self.table.first_line is not None else format_of(self.table.path)

    def write_audit(self, path: str | Path, *, force: bool = False) -> None:
        """Writes the audit as .csv, or .jsonl (one JSON object a line)."""
        path = Path(path)
        if path.suffix not in {".csv", ".jsonl"}:
            raise ConfigError(f"{path}: the audit is written as .csv or .jsonl; give such an ending")
        with atomic(path, force=force) as part:
            if path.suffix == ".jsonl":
                lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in self.audit.iter_rows(named=True))
                with part.open("w", encoding="utf-8") as out:
                    out.writelines(lines)
            else:
                self.audit.write_csv(part)


def _to_pandas(frame: pl.DataFrame, original: Any) -> Any:
    out = frame.to_pandas()
    index_name = out.columns[0]
    if len(out.columns) == len(original.columns) + 1:
        out = out.set_index(index_name)
        out.index.name = original.index.name
    return out.set_axis(list(original.columns), axis=1)


def clean(
    source: Source | Bars | Quotes | Trades,
    *,
    rules: Mapping[str, str] | None = None,
    columns: Columns | None = None,
    tz: str | None = None,
    step: str | int | None = None,
    stamp: Literal["open", "close"] = "open",
    time_format: str | None = None,
    calendar: str | None = None,
    price_scale: str | float | Decimal | None = None,
    nonpositive: bool = False,
    sigma: float = 12.0,
    min_move: float = 0.01,
    window: int = 101,
    revert_rows: int = 3,
    split_tolerance: float = 0.05,
    factors: Any = None,
    max_changed: float = 0.1,
) -> Cleaned:
    """Finds damage in bars, closes, quotes or trades and repairs it. Every repair is in the audit, with its reason.

    `source`: a file, a frame, arrays, or Bars, Quotes, Trades. The arguments from `columns` to `nonpositive` are those
    of `read_bars`. `rules`: modes by rule, such as {"outliers": "off", "conflicts": "first"}; RULES lists them.
    `sigma`: a price is an outlier beyond so many robust standard deviations (1.4826 x the median absolute deviation of
    log returns) of a window of `window` rows, and at least `min_move` (0.01 is 1 %), if it comes back within
    `revert_rows` rows. `split_tolerance`: how near an overnight change must be to k:1 or 1:k, in log units. `factors`:
    a LEAN factor file; its splits are then made where the prices show them. `calendar`: an exchange ("XNYS") that says
    which days and hours there should be. `max_changed`: the share of rows that one rule may repair (10 rows are always
    allowed); beyond it a DataError says so, for then the rule does not fit the data.

    Nothing in the source is changed that the audit does not name; cleaning again changes nothing.

    Example:
        >>> import walras as wl
        >>> done = wl.data.clean({"date": ["2024-01-02", "2024-01-03", "2024-01-04"], "open": ["10", "11", "11"],
        ...     "high": ["12", "9", "12"], "low": ["9", "12", "10"], "close": ["11", "10", "11"]})
        >>> done.audit.select("row", "column", "old", "new", "rule").rows()
        [(1, 'high', '9', '12', 'range'), (1, 'low', '12', '9', 'range')]
        >>> done.frame["high"].to_list()
        ['12', '12', '12']
    """
    modes = resolve(rules or {}, has_factors=factors is not None)
    _check_bounds(sigma=sigma, min_move=min_move, window=window, revert_rows=revert_rows,
                  split_tolerance=split_tolerance, max_changed=max_changed)  # fmt: skip
    if isinstance(source, Bars | Quotes | Trades):
        table = Table(frame=source.frame(), source=source.source)
        tz = tz or source.tz
    else:
        table = load(source, columns)
    settings = Settings(
        columns=columns if isinstance(columns, Mapping) else None,
        tz=tz, step=step, stamp=stamp, time_format=time_format,
        calendar=calendar, price_scale=price_scale, nonpositive=nonpositive,
        sigma=sigma, min_move=min_move, window=window, revert_rows=revert_rows,
        split_tolerance=split_tolerance, factors=factors, max_changed=max_changed,
    )  # fmt: skip
    view, edits = _run(table, settings, modes)
    frame = audits.to_frame(edits, table.first_line, table.frame.height)
    original = source if not isinstance(source, str | Path) else None
    return Cleaned(view.table, frame, view.kind, table.frame.height, modes, settings, original)


_BOUNDS = {
    "sigma": (1, 1e6),
    "min_move": (0, 10),
    "window": (5, 100_000),
    "revert_rows": (1, 1000),
    "split_tolerance": (0, 0.3),
    "max_changed": (0, 1),
}


def _check_bounds(**values: float) -> None:
    for name, value in values.items():
        low, high = _BOUNDS[name]
        if not low <= value <= high:
            raise ConfigError(f"{name} is {value}; it must lie between {low:,} and {high:,}")


def resolve(rules: Mapping[str, str], *, has_factors: bool = False) -> dict[str, str]:
    """All rules with their modes. Raises ConfigError at a rule or mode that does not exist."""
    out = {name: modes[0] for name, (_, modes) in RULES.items()}
    if has_factors:
        out["splits"] = "adjust"
    for name, mode in rules.items():
        if name not in RULES:
            raise ConfigError(f"there is no rule {name!r}; known: {', '.join(RULES)}")
        allowed = RULES[name][1]
        if mode not in {*allowed, "on", "off"}:
            raise ConfigError(f"the rule {name!r} has no mode {mode!r}; it has {', '.join(allowed)}, off")
        out[name] = allowed[0] if mode == "on" else mode
    return out


def _run(table: Table, settings: Settings, modes: Mapping[str, str]) -> tuple[View, list[Edit]]:
    """Round after round, until a round changes nothing: so cleaning again changes nothing."""
    n = table.frame.height
    view = View.of(table, np.arange(n, dtype=np.int64), n, settings)
    made: list[Edit] = []
    touched: dict[str, set[int]] = {}
    for _ in range(_ROUNDS):
        reports: list[Edit] = []
        is_quiet = True
        for name, (rule, _) in RULES.items():
            if modes[name] == "off":
                continue
            found = rule(view, modes[name])
            reports += [e for e in found if e.action == "report"]
            repairs = [e for e in found if e.action != "report"]
            if not repairs:
                continue
            is_quiet = False
            touched.setdefault(name, set()).update(e.row for e in repairs)
            if name not in _UNBOUNDED:
                view.guard(name, len(touched[name]))
            made += repairs
            frame, ids = audits.apply(view.frame, view.ids, repairs, table.source)
            if frame.height == 0:
                table.fail(f"the rule {name!r} leaves no row", "this is no damage: look at the file, or switch it off")
            view = view.with_frame(frame, ids)
        if is_quiet:
            explained = {(e.row, e.column) for e in reports if e.rule == "splits"}
            return view, made + [e for e in reports if e.rule != "outliers" or (e.row, e.column) not in explained]
    raise DataError(
        f"{table.source}: the rules still change something after {_ROUNDS} rounds; switch one off, for example "
        f"{made[-1].rule!r}"
    )


def clean_file(
    source: Path, target: Path, audit: Path, *, force: bool, instrument: str | None, **options: Any
) -> Cleaned:
    """`clean` from file to file: the audit first, so that no cleaned file is without one."""
    for path in (target, audit):
        check_target(path, force=force, sources=(source,))
    format_of(target)
    done = clean(source, **options)
    done.write_audit(audit, force=force)
    done.write(target, force=force, instrument=instrument)
    return done
