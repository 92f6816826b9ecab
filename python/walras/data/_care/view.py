"""What a rule of care looks at: the table as it is now, its times, its prices as numbers, who is whose neighbour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.data import _check
from walras.data._bars import FloatArray, IntArray
from walras.data._care.audit import Edit, cell
from walras.data._inspect import kind_of, symbols_of
from walras.data._numbers import number_column
from walras.data._roles import Roles, find_roles
from walras.data._stamps import bar_times, read_stamps
from walras.data._table import Columns, Table
from walras.data._times import DAY, infer_step, parse_step, parse_times, unreadable_times

BoolArray = NDArray[np.bool_]
WORDS = ("open", "high", "low", "close")
TICKS = ("quotes", "trades")
GROUP_NAMES = ("instrument", "symbol", "ticker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the source is read and what counts as damage; `clean` explains each."""

    columns: Columns | None = None
    tz: str | None = None
    step: str | int | None = None
    stamp: str = "open"
    time_format: str | None = None
    calendar: str | None = None
    price_scale: str | float | Decimal | None = None
    nonpositive: bool = False
    sigma: float = 12.0
    min_move: float = 0.01
    window: int = 101
    revert_rows: int = 3
    split_tolerance: float = 0.05
    factors: Any = None
    max_changed: float = 0.1


@dataclass(frozen=True, slots=True)
class Leg:
    """Columns of prices that belong together: four of a bar, or `close` alone. `optional`: a cell may be empty."""

    name: str
    columns: Mapping[str, str]  # of WORDS -> column
    optional: bool = False

    @property
    def is_bar(self) -> bool:
        return len(self.columns) == 4


@dataclass(frozen=True)
class View:
    """A table at one moment of its cleaning. Arrays have one entry a row, in the order of the rows now."""

    table: Table
    ids: IntArray  # the rows' numbers in the source
    source_rows: int  # how many the source has: inserted rows are numbered on from there
    settings: Settings
    roles: Roles
    kind: str

    @classmethod
    def of(cls, table: Table, ids: IntArray, source_rows: int, settings: Settings) -> View:
        """Raises DataError where the table is no market data."""
        roles = find_roles(table, settings.columns)
        kind = kind_of(roles)
        if kind == "unknown":
            names = ", ".join(repr(c) for c in table.frame.columns[:12])
            table.fail(f"the columns {names} are not those of bars, quotes or trades", "name them with columns=")
        if table.frame.height == 0:
            table.fail("there are no rows", "give at least one")
        return cls(table, ids, source_rows, settings, roles, kind)

    @property
    def frame(self) -> pl.DataFrame:
        return self.table.frame

    @property
    def rows(self) -> int:
        return self.frame.height

    # ---- times -----------------------------------------------------------------------------------------------

    @cached_property
    def time_columns(self) -> list[str]:
        """The columns that make the time, the one of dates first."""
        if self.has_both_ends:
            return ["ts_open", "ts_close"]
        names = [self.roles.names[r] for r in ("time", "clock", "ms") if r in self.roles]
        return list(dict.fromkeys(names))

    @property
    def has_both_ends(self) -> bool:
        """The layout that `Bars.frame()` writes."""
        return {"ts_open", "ts_close"} <= set(self.frame.columns) and self.settings.columns is None

    @cached_property
    def bad_times(self) -> BoolArray:
        """Rows whose time cannot be read."""
        bad = np.zeros(self.rows, dtype=np.bool_)
        for name in self.time_columns:
            column = self.frame[name]
            if name == self.roles.names.get("time") or self.has_both_ends:
                bad |= unreadable_times(self.table, name, self.settings.time_format)
            else:
                bad |= column.is_null().to_numpy()
        return bad

    @cached_property
    def _times(self) -> tuple[IntArray, IntArray, int | None, bool, str]:
        """(opens, closes, step, dates only, zone)."""
        s = self.settings
        if self.has_both_ends:
            opens, closes = (parse_times(self.table, c, None)[0] for c in ("ts_open", "ts_close"))
            length = parse_step(s.step) or infer_step(np.append(0, np.cumsum(closes - opens)))
            # A session ends 1 ns before midnight.
            length = DAY if length == DAY - 1 else length
            return opens, closes, length, False, s.tz or "UTC"
        stamps = read_stamps(self.roles, s.tz, s.time_format)
        if self.kind in TICKS:
            utc = stamps.utc(self.table)
            return utc, utc, None, False, stamps.tz
        length = parse_step(s.step)
        if self.rows == 1 and length is None and not stamps.is_date_only:
            utc = stamps.utc(self.table)
            return utc, utc, None, False, stamps.tz
        opens, closes, length = bar_times(stamps, self.table, length, s.stamp, None)
        return opens, closes, length, stamps.is_date_only, stamps.tz

    @property
    def opens(self) -> IntArray:
        return self._times[0]

    @property
    def closes(self) -> IntArray:
        return self._times[1]

    @property
    def step(self) -> int | None:
        return self._times[2]

    @property
    def is_date_only(self) -> bool:
        return self._times[3]

    @property
    def tz(self) -> str:
        return self._times[4]

    def time_text(self, place: int) -> str:
        """The row's time for a person: its cells where they are dates, else UTC."""
        if self._shows_cells:
            return " ".join(cell(self.frame[c], place) for c in self.time_columns)
        ts = self.opens if self.settings.stamp == "open" and self.kind not in TICKS else self.closes
        return _check.iso(int(ts[place]))

    @cached_property
    def _shows_cells(self) -> bool:
        return bool(self.bad_times.any()) or self.is_date_only

    # ---- groups and prices -----------------------------------------------------------------------------------

    @cached_property
    def group_column(self) -> str | None:
        """The column that names the instrument of a row, where one file holds several."""
        lower = {c.strip().lower(): c for c in self.frame.columns}
        name = next((lower[g] for g in GROUP_NAMES if g in lower), None)
        if (
            name is None
            or self.frame[name].dtype not in (pl.String, pl.Categorical)
            or self.kind.endswith("instruments")
        ):
            return None
        return name

    @cached_property
    def groups(self) -> list[IntArray]:
        """Places of the rows of each instrument, in the table's order."""
        if self.group_column is None:
            return [np.arange(self.rows, dtype=np.int64)]
        codes = self.frame[self.group_column].fill_null("").rank("dense").to_numpy().astype(np.int64) - 1
        order = np.argsort(codes, kind="stable").astype(np.int64)
        return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)

    @cached_property
    def legs(self) -> list[Leg]:
        names = self.roles.names
        if self.kind == "closes of many instruments":
            return [Leg(f"close of {c}", {"close": c}, optional=True) for c in symbols_of(self.roles)]
        if self.kind == "quotes":
            return [Leg(side, {"close": names[side]}) for side in ("bid", "ask")]
        if self.kind == "trades":
            return [Leg("price", {"close": names["price"]})]
        if self.kind == "bars of bid and ask":
            return [Leg(side, {w: names[f"{side}_{w}"] for w in WORDS}) for side in ("bid", "ask")]
        if self.kind == "bars":
            return [Leg("", {w: names[w] for w in WORDS})]
        return [Leg("", {"close": names["close"]})]

    @cached_property
    def size_columns(self) -> dict[str, str]:
        roles = {
            "quotes": ("bid_size", "ask_size"),
            "trades": ("size",),
            "bars of bid and ask": ("bid_size", "ask_size"),
        }
        return {r: self.roles.names[r] for r in roles.get(self.kind, ("volume",)) if r in self.roles}

    def numbers(self, name: str) -> FloatArray:
        """A column as it stands in the file, NaN where a cell is empty or no number."""
        if name not in self._numbers:
            self._numbers[name] = number_column(self.table, name, name, lenient=True)
        return self._numbers[name]

    @cached_property
    def _numbers(self) -> dict[str, FloatArray]:
        return {}

    def is_price(self, values: FloatArray) -> BoolArray:
        """Finite, within bounds, and positive unless other prices are said to be real."""
        with np.errstate(invalid="ignore"):
            fine = np.isfinite(values) & (np.abs(values) < _check.PRICE_LIMIT * 1e9)
            return fine if self.settings.nonpositive else fine & (values > 0)

    def guard(self, rule: str, count: int) -> None:
        """Raises DataError where a rule would touch more rows than damage does."""
        if count > max(10, self.settings.max_changed * self.source_rows):
            self.table.fail(
                f"the rule {rule!r} would repair {count:,} of {self.source_rows:,} rows, which is how this file is "
                "rather than damage",
                f"switch it off (rules={{{rule!r}: 'off'}}, --rule {rule}=off), or allow more with max_changed "
                "(--max-changed)",
            )

    # ---- edits -----------------------------------------------------------------------------------------------

    def set(self, place: int, column: str, new: str, rule: str, reason: str) -> Edit:
        old = cell(self.frame[column], place)
        return Edit(int(self.ids[place]), column, "set", old, new, rule, reason, self.time_text(place))

    def drop(self, place: int, rule: str, reason: str) -> Edit:
        text = ",".join(cell(self.frame[name], place) for name in self.frame.columns)
        return Edit(int(self.ids[place]), "", "drop", text, "", rule, reason, self.time_text(place))

    def report(self, place: int, column: str, rule: str, reason: str) -> Edit:
        text = cell(self.frame[column], place) if column else ""
        return Edit(int(self.ids[place]), column, "report", text, text, rule, reason, self.time_text(place))

    def text(self, place: int, column: str) -> str:
        return cell(self.frame[column], place).strip()

    def with_frame(self, frame: pl.DataFrame, ids: IntArray) -> View:
        return View.of(replace(self.table, frame=frame), ids, self.source_rows, self.settings)


def decimal(text: str) -> Decimal:
    """A cell as an exact decimal; it is known to be a number."""
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return Decimal(repr(float(text)))


def plain(value: Decimal) -> str:
    """A decimal without exponent and without needless zeros behind the point."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
