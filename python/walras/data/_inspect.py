"""What is in a file, and what is wrong with it: the same rules as the readers', counted instead of raised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import polars as pl

from walras.data import _calendar, _check
from walras.data._bars import FloatArray, IntArray, decimals_of, default_name
from walras.data._check import Problem
from walras.data._errors import DataError
from walras.data._numbers import number_column, price_columns
from walras.data._roles import ALIASES, Roles, base_name, find_roles
from walras.data._stamps import bar_times, read_stamps
from walras.data._table import Columns, Source, Table, load
from walras.data._times import DAY, format_step, infer_step, parse_step, parse_times, session_days


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `inspect` found. `problems` with severity "error" are those that a reader refuses."""

    source: str
    kind: str  # "bars", "closes", "bars of bid and ask", "quotes", "trades", "closes of many instruments", "unknown"
    instruments: tuple[str, ...]
    rows: int
    first: str  # ISO UTC; "" where times cannot be read
    last: str
    step: str  # "1m"; "" where there is none
    tz: str
    columns: tuple[str, ...]
    price_min: float
    price_max: float
    price_decimals: int
    size_bytes: int
    first_line: int | None
    problems: tuple[Problem, ...]

    @property
    def is_good(self) -> bool:
        """A reader accepts it."""
        return not any(p.severity == "error" for p in self.problems)

    def place(self, row: int) -> int:
        """A row as the file's line (from 1), or as it is where the source is no text."""
        return row + (self.first_line or 0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; rows are lines where the source is text."""
        word = "lines" if self.first_line is not None else "rows"
        out = {name: getattr(self, name) for name in self.__slots__ if name not in {"problems", "first_line"}}
        for name in ("price_min", "price_max"):
            out[name] = None if np.isnan(out[name]) else out[name]
        out["good"] = self.is_good
        out["problems"] = [
            {
                "name": p.name,
                "severity": p.severity,
                "count": p.count,
                word: [self.place(r) for r in p.rows],
                "fact": p.fact,
                "remedy": p.remedy,
            }
            for p in self.problems
        ]
        return out


def inspect(
    source: Source,
    *,
    instrument: str | None = None,
    step: str | int | None = None,
    tz: str | None = None,
    price_scale: str | float | Decimal | None = None,
    columns: Columns | None = None,
    stamp: Literal["open", "close"] = "open",
    calendar: str | None = None,
    time_format: str | None = None,
    sigma: float = 12.0,
    nonpositive: bool = False,
) -> Inspection:
    """Says what a source holds and counts what is wrong with it. The arguments are those of `read_bars`.

    `calendar`: an exchange ("XNYS"); missing sessions are then exact. `sigma`: changes of price beyond so many robust
    standard deviations (1.4826 x median absolute deviation of log returns) are reported as outliers.

    Example:
        >>> import walras as wl
        >>> found = wl.data.inspect({"date": ["2024-01-02", "2024-01-03"], "close": [10.0, 0.0]})
        >>> found.kind, found.is_good, found.problems[0].name
        ('closes', False, 'zero price')
    """
    try:
        table = load(source, columns, lenient=True)
    except DataError as error:
        return _unreadable(source, error)
    has_both_ends = {"ts_open", "ts_close"} <= set(table.frame.columns) and columns is None
    if has_both_ends and "instrument" in table.frame.columns and table.frame["instrument"].n_unique() > 1:
        return _of_many(
            table, step=step, tz=tz, price_scale=price_scale, calendar=calendar, sigma=sigma, nonpositive=nonpositive
        )
    problems: list[Problem] = []
    if table.truncated:
        problems.append(Problem("truncated", 1, (table.frame.height,), table.truncated, "fetch the file again"))
    roles = find_roles(table, columns)
    kind = kind_of(roles)
    name = instrument or _name_in(table)
    facts = Inspection(
        source=table.source,
        kind=kind,
        instruments=(name,) if name else (),
        rows=table.frame.height,
        first="",
        last="",
        step="",
        tz=tz or "UTC",
        columns=tuple(table.frame.columns),
        price_min=np.nan,
        price_max=np.nan,
        price_decimals=0,
        size_bytes=table.size_bytes,
        first_line=table.first_line,
        problems=(),
    )
    if kind == "unknown":
        names = ", ".join(repr(c) for c in table.frame.columns[:12])
        fact = f"the columns {names} are not those of bars, quotes or trades"
        problems.append(
            Problem("unknown columns", 1, (), fact, "name them with columns=, or --columns on the command line")
        )
        return replace(facts, problems=tuple(problems))
    try:
        stamps = read_stamps(roles, tz, time_format)
        is_bars = kind not in {"quotes", "trades"}
        length = parse_step(step)
        if is_bars and has_both_ends:
            opens, closes = (parse_times(table, c, None)[0] for c in ("ts_open", "ts_close"))
            length = length or infer_step(np.append(0, np.cumsum(closes - opens)))
            length = DAY if length == DAY - 1 else length  # a session ends 1 ns before midnight
        elif is_bars:
            opens, closes, length = bar_times(stamps, table, length, stamp, None)
        else:
            opens = closes = stamps.utc(table)
        facts = replace(
            facts,
            tz=stamps.tz,
            first=_check.iso(opens.min()),
            last=_check.iso(closes.max()),
            step=format_step(length) if length else "",
        )
        prices = _prices(roles, kind, price_scale, problems)
    except DataError as error:
        problems.append(_as_problem(error))
        return replace(facts, problems=tuple(problems))
    if kind == "closes of many instruments":
        facts = replace(facts, instruments=tuple(prices))
    problems += _row_problems(kind, roles, opens, closes, prices, nonpositive)
    problems += _gaps(opens, closes, length, stamps.is_date_only, stamps.tz, calendar, kind)
    problems += _outliers(kind, prices, sigma)
    finite = [v[np.isfinite(v)] for v in prices.values()]
    finite = [v for v in finite if v.size]
    if finite:
        facts = replace(
            facts,
            price_min=float(min(v.min() for v in finite)),
            price_max=float(max(v.max() for v in finite)),
            price_decimals=decimals_of(*[np.clip(v, -9e9, 9e9) for v in finite]),
        )
    return replace(facts, problems=tuple(sorted(problems, key=lambda p: p.severity)))


def _name_in(table: Table) -> str:
    """The instrument that its column names, else what the file's name says."""
    if "instrument" in table.frame.columns and table.frame.height:
        return str(table.frame["instrument"][0] or "")
    return default_name(table.path) if table.path is not None else ""


def _of_many(table: Table, **options: Any) -> Inspection:
    """Bars of many instruments in one table, as `Bars.frame()` writes them: each looked at by itself."""
    names = table.frame["instrument"].cast(pl.String).fill_null("")
    known = names.unique(maintain_order=True).to_list()
    parts: list[Inspection] = []
    merged: dict[str, Problem] = {}
    for name in known:
        rows = (names == name).arg_true().to_list()
        part = replace(table, frame=table.frame[rows].drop("instrument"), first_line=None)
        found = inspect(part, instrument=name, **options)
        parts.append(found)
        for p in found.problems:
            mine = replace(p, rows=tuple(rows[r] for r in p.rows if r < len(rows)), fact=f"{name}: {p.fact}")
            old = merged.get(p.name)
            if old is not None:
                mine = replace(old, count=old.count + p.count, rows=tuple(sorted({*old.rows, *mine.rows})[:5]))
            merged[p.name] = mine
    low, high = ([getattr(p, n) for p in parts] for n in ("price_min", "price_max"))
    return replace(
        parts[0],
        source=table.source,
        instruments=tuple(known),
        rows=table.frame.height,
        first=min(p.first for p in parts),
        last=max(p.last for p in parts),
        columns=tuple(table.frame.columns),
        price_min=float(np.nanmin(low)) if np.isfinite(low).any() else np.nan,
        price_max=float(np.nanmax(high)) if np.isfinite(high).any() else np.nan,
        price_decimals=max(p.price_decimals for p in parts),
        first_line=table.first_line,
        problems=tuple(sorted(merged.values(), key=lambda p: p.severity)),
    )


def _as_problem(error: DataError) -> Problem:
    """What a reader says: its fact and its remedy."""
    fact, _, remedy = str(error).rpartition("; ")
    return Problem("unreadable", 1, (), fact or remedy, remedy if fact else "repair the file, or say how it is meant")


def _unreadable(source: Source, error: DataError) -> Inspection:
    from pathlib import Path

    is_path = isinstance(source, (str, Path))
    if is_path and not Path(source).exists():
        raise error
    return Inspection(
        source=str(source) if is_path else "frame",
        kind="unknown",
        instruments=(),
        rows=0,
        first="",
        last="",
        step="",
        tz="",
        columns=(),
        price_min=np.nan,
        price_max=np.nan,
        price_decimals=0,
        size_bytes=Path(source).stat().st_size if is_path else 0,
        first_line=None,
        problems=(_as_problem(error),),
    )


def kind_of(roles: Roles) -> str:
    if "time" not in roles and "ms" not in roles:
        return "unknown"
    if "close" in roles:
        return "bars" if all(w in roles for w in ("open", "high", "low")) else "closes"
    if "bid_close" in roles and "ask_close" in roles and "bid_open" in roles:
        return "bars of bid and ask"
    if "bid" in roles and "ask" in roles:
        return "quotes"
    if "price" in roles and "size" in roles:
        return "trades"
    frame = roles.table.frame
    symbols = symbols_of(roles)
    numeric = [c for c in symbols if frame[c].dtype.is_numeric() or _mostly_numbers(frame[c])]
    return "closes of many instruments" if symbols and len(numeric) == len(symbols) else "unknown"


def symbols_of(roles: Roles) -> list[str]:
    times = {c for c in roles.table.frame.columns if base_name(c) in ALIASES["time"]}
    return [c for c in roles.table.frame.columns if c not in times]


def _mostly_numbers(column: pl.Series) -> bool:
    if column.dtype != pl.String:
        return column.dtype == pl.Null
    given = column.drop_nulls()
    return bool(given.cast(pl.Float64, strict=False).null_count() * 2 <= len(given))


def _prices(
    roles: Roles, kind: str, price_scale: str | float | Decimal | None, problems: list[Problem]
) -> dict[str, FloatArray]:
    """Role (or symbol) -> prices; cells that are no numbers are counted and become NaN."""
    table = roles.table
    if kind == "closes of many instruments":
        names = {c: c for c in symbols_of(roles)}
    elif kind == "quotes":
        names = {"bid": roles.names["bid"], "ask": roles.names["ask"]}
    elif kind == "trades":
        names = {"price": roles.names["price"]}
    elif kind == "bars of bid and ask":
        names = {f"{s}_{w}": roles.names[f"{s}_{w}"] for s in ("bid", "ask") for w in ("open", "high", "low", "close")}
    else:
        names = {w: roles.names[w] for w in ("open", "high", "low", "close") if kind == "bars" or w == "close"}
    for role, name in {**names, **{r: roles.names[r] for r in ("volume", "size") if r in roles}}.items():
        column = table.frame[name]
        if column.dtype == pl.String:
            broken = (
                column.str.strip_chars().cast(pl.Float64, strict=False).is_null() & column.is_not_null()
            ).to_numpy()
            if broken.any():
                rows = np.flatnonzero(broken)
                fact = f"the {role} {column[int(rows[0])]!r} is not a number"
                problems.append(
                    Problem(
                        "not a number",
                        int(rows.size),
                        tuple(int(r) for r in rows[:5]),
                        fact,
                        "repair or remove the row",
                    )
                )
    return price_columns(table, names, price_scale, lenient=True)


def _row_problems(
    kind: str, roles: Roles, opens: IntArray, closes: IntArray, prices: dict[str, FloatArray], nonpositive: bool
) -> list[Problem]:
    table = roles.table

    def sizes(role: str) -> FloatArray:
        if role not in roles:
            return np.full(closes.size, np.nan)
        return number_column(table, roles.names[role], role, lenient=True)

    if kind == "quotes":
        return _check.quote_problems(
            closes, prices["bid"], prices["ask"], sizes("bid_size"), sizes("ask_size"), nonpositive_allowed=nonpositive
        )
    if kind == "trades":
        return _check.trade_problems(closes, prices["price"], sizes("size"), nonpositive_allowed=nonpositive)
    if kind == "closes of many instruments":
        found = _check.time_problems(closes, repeats_allowed=False)
        for symbol, close in prices.items():
            # An empty cell is no bar, not a broken one.
            found += _check.price_problems(
                f"close of {symbol}", np.where(np.isnan(close), 1.0, close), nonpositive_allowed=nonpositive
            )
        return found
    if kind == "bars of bid and ask":
        found = []
        for side in ("bid", "ask"):
            open_, high, low, close = (prices[f"{side}_{w}"] for w in ("open", "high", "low", "close"))
            problems = _check.bar_problems(
                opens, closes, open_, high, low, close, np.full(closes.size, np.nan), nonpositive_allowed=nonpositive
            )
            found += [
                replace(p, fact=f"{p.fact} ({side})")
                for p in problems
                if side == "bid" or p.name not in {"unsorted", "duplicates", "overlap"}
            ]
        crossed = prices["bid_close"] > prices["ask_close"]
        if crossed.any():
            rows = np.flatnonzero(crossed)
            fact = (
                f"the bid {prices['bid_close'][rows[0]]} is above the ask {prices['ask_close'][rows[0]]} at the close"
            )
            found.append(
                Problem(
                    "crossed quote",
                    int(rows.size),
                    tuple(int(r) for r in rows[:5]),
                    fact,
                    "read_bars takes it; read_quotes needs crossed=True",
                    "warning",
                )
            )
        return found
    close = prices["close"]
    open_, high, low = (prices.get(w, close) for w in ("open", "high", "low"))
    found = _check.bar_problems(
        opens, closes, open_, high, low, close, sizes("volume"), nonpositive_allowed=nonpositive
    )
    if kind == "closes":
        # One column stands for four: say each problem once.
        found = [p for p in found if not any(f"the {w} " in p.fact for w in ("open", "high", "low"))]
    return found


def _gaps(
    opens: IntArray, closes: IntArray, length: int | None, is_date_only: bool, tz: str, calendar: str | None, kind: str
) -> list[Problem]:
    """Holes in time, as warnings: a reader cannot know what should have been there."""
    if kind in {"quotes", "trades"} or length is None or closes.size < 2:
        return []
    days = session_days(opens if length < DAY else closes, tz)
    if calendar is not None:
        return _calendar_gaps(opens, days, length, calendar)
    if is_date_only or length >= DAY:
        if length != DAY:
            return []
        weekend = (days + 3) % 7 >= 5  # 1970-01-01 was a Thursday
        if weekend.mean() > 0.2:  # a market that never closes
            missing = np.diff(days) - 1
            remedy = "fetch the missing days"
        else:
            dates = days.astype("datetime64[D]")
            missing = np.asarray(np.busday_count(dates[:-1], dates[1:]) - 1, dtype=np.int64)
            missing[missing < 3] = 0
            remedy = "fetch the missing days; --calendar XNYS tells holidays from gaps"
        rows = np.flatnonzero(missing > 0)
        if rows.size == 0:
            return []
        first = int(rows[0])
        fact = f"{int(missing[rows].sum())} days are missing, the first after {np.datetime64(int(days[first]), 'D')}"
        return [Problem("gaps", int(rows.size), tuple(int(r) + 1 for r in rows[:5]), fact, remedy, "warning")]
    inside = (np.diff(opens) > length) & (np.diff(days) == 0)
    rows = np.flatnonzero(inside)
    if rows.size == 0:
        return []
    bars = int((np.diff(opens)[rows] // length - 1).sum())
    after = _check.iso(int(opens[rows[0]]))
    fact = f"{bars} bars of {format_step(length)} are missing inside days, the first after {after}"
    remedy = "minutes without a trade have no bar in many files; if these had trades, fetch them"
    return [Problem("gaps", int(rows.size), tuple(int(r) + 1 for r in rows[:5]), fact, remedy, "warning")]


def _calendar_gaps(opens: IntArray, days: IntArray, length: int, calendar: str) -> list[Problem]:
    sessions, starts, ends = _calendar.hours(calendar, int(days.min()), int(days.max()))
    found = []
    have = np.unique(days)
    missing = np.setdiff1d(sessions, have)
    if missing.size:
        fact = f"{missing.size} sessions of {calendar} are missing, the first on {np.datetime64(int(missing[0]), 'D')}"
        rows = tuple(int(r) for r in np.searchsorted(days, missing[:5]))
        found.append(Problem("missing sessions", int(missing.size), rows, fact, "fetch the missing days", "warning"))
    extra = np.flatnonzero(~np.isin(days, sessions))
    if extra.size:
        fact = f"{np.datetime64(int(days[extra[0]]), 'D')} was no session of {calendar}"
        found.append(
            Problem(
                "not a session",
                int(extra.size),
                tuple(int(r) for r in extra[:5]),
                fact,
                "check tz= and the calendar",
                "warning",
            )
        )
    if length < DAY:
        # Every start of a step inside the sessions' hours should be there.
        wanted = np.concatenate([np.arange(a, b, length) for a, b in zip(starts, ends, strict=True)])
        absent = np.setdiff1d(wanted, opens)
        if absent.size:
            rows = tuple(int(r) for r in np.searchsorted(opens, absent[:5]))
            at = _check.iso(int(absent[0]))
            fact = f"{absent.size} bars of {format_step(length)} inside sessions are missing, the first at {at}"
            found.append(
                Problem(
                    "gaps", int(absent.size), rows, fact, "minutes without a trade have no bar in many files", "warning"
                )
            )
    return found


def _outliers(kind: str, prices: dict[str, FloatArray], sigma: float) -> list[Problem]:
    if kind == "closes of many instruments":
        columns = prices
    else:
        columns = {n: prices[n] for n in ("close", "bid_close", "bid", "price") if n in prices}
    rows: set[int] = set()
    fact = ""
    for name, column in columns.items():
        good = np.flatnonzero(np.isfinite(column) & (column > 0))
        if good.size < 30:
            continue
        change = np.diff(np.log(column[good]))
        moved = change[change != 0]
        if moved.size < 20:
            continue
        spread = max(1.4826 * float(np.median(np.abs(moved - np.median(moved)))), 1e-9)
        wild = np.flatnonzero(np.abs(change) > sigma * spread)
        if wild.size and not fact:
            i = int(wild[0])
            fact = (
                f"the {name if kind != 'closes of many instruments' else 'close of ' + name} moves from "
                f"{_check.number(column[good[i]])} to {_check.number(column[good[i + 1]])}, "
                f"{abs(change[i]) / spread:.0f} robust standard deviations"
            )
        rows.update(int(r) for r in good[wild + 1])
    if not rows:
        return []
    ordered = sorted(rows)
    return [
        Problem(
            "outliers",
            len(ordered),
            tuple(ordered[:5]),
            fact,
            "check these rows: a split, a wrong digit, or real",
            "warning",
        )
    ]
