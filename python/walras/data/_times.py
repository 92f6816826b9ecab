"""Cells to nanoseconds since 1970 UTC, and back to dates; steps such as "1m" and "1d".

A time without an offset is wall time in the zone `tz`. Wall times that a clock change skips are errors. Of wall times
that a clock change repeats, the first pass is meant, unless that would go back in time: then it is the second.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl
from numpy.typing import NDArray

from walras.data._errors import DataError
from walras.data._table import Table

IntArray = NDArray[np.int64]
DAY = 86_400_000_000_000
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": DAY,
    "w": 7 * DAY,
}

# What the first cell looks like -> polars format. Fractions are nanoseconds' digits of any number.
_FORMATS: tuple[tuple[str, str], ...] = (
    (r"\d{8}", "%Y%m%d"),
    (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"),
    (r"\d{4}/\d\d/\d\d", "%Y/%m/%d"),
    (r"\d{4}\.\d\d\.\d\d", "%Y.%m.%d"),
    (r"\d{4}\.\d\d\.\d\d \d\d:\d\d", "%Y.%m.%d %H:%M"),
    (r"\d{8} \d\d:\d\d", "%Y%m%d %H:%M"),
    (r"\d{8} \d\d:\d\d:\d\d", "%Y%m%d %H:%M:%S"),
    (r"\d{8} \d{6}", "%Y%m%d %H%M%S"),
    (r"\d{8} \d{9}", "%Y%m%d %H%M%S%3f"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d", "%Y-%m-%d %H:%M"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?", "%Y-%m-%d %H:%M:%S%.f"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", "%Y-%m-%d %H:%M:%S%.f%z"),
)
_DATES = frozenset({"%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%m/%d/%Y", "%d/%m/%Y"})


def parse_step(step: str | int | None) -> int | None:
    """ "1m", "4h", "1d", or nanoseconds -> nanoseconds."""
    if step is None:
        return None
    if isinstance(step, int) and not isinstance(step, bool):
        if step <= 0:
            raise DataError(f"the step is {step} ns; give a positive one")
        return step
    found = re.fullmatch(r"(\d+)\s*([a-z]+)", str(step).strip().lower())
    if found is None or found[2] not in _UNITS or int(found[1]) == 0:
        raise DataError(
            f"the step {step!r} is not known; write a number and one of {', '.join(_UNITS)}, for example '1m' or '1d'"
        )
    return int(found[1]) * _UNITS[found[2]]


def format_step(step: int) -> str:
    """60_000_000_000 -> "1m"."""
    for unit in ("w", "d", "h", "m", "s", "ms", "us"):
        if step % _UNITS[unit] == 0 and not (unit == "w" and step != _UNITS["w"]):
            return f"{step // _UNITS[unit]}{unit}"
    return f"{step}ns"


def zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DataError(
            f"the time zone {tz!r} is not known; give an IANA name such as 'America/New_York' or 'UTC'"
        ) from None


def localize(wall: IntArray, tz: str, table: Table) -> IntArray:
    """Wall-clock nanoseconds in `tz` to UTC nanoseconds."""
    zone(tz)
    if tz == "UTC" or wall.size == 0:
        return wall
    series = pl.Series("t", wall).cast(pl.Datetime("ns"))
    frame = pl.DataFrame({"t": series})
    early, late = (
        frame.select(pl.col("t").dt.replace_time_zone(tz, ambiguous=which, non_existent="null"))["t"]
        for which in ("earliest", "latest")
    )
    if early.null_count():
        row = int(np.flatnonzero(early.is_null().to_numpy())[0])
        table.fail(
            f"the wall time {series[row]} does not exist in {tz}: the clocks went forward",
            "check tz=, or give times with offsets",
            row,
        )
    first = early.to_physical().to_numpy().astype(np.int64)
    second = late.to_physical().to_numpy().astype(np.int64)
    unclear = np.flatnonzero(first != second)
    if unclear.size:
        first = first.copy()
        for row in unclear.tolist():
            if row > 0 and first[row] < first[row - 1]:
                first[row] = second[row]
    return first


def midnights(days: IntArray, tz: str) -> IntArray:
    """UTC nanoseconds of 00:00 in `tz` on these civil days (numbers since 1970-01-01); the first instant of the day
    where a clock change skips midnight."""
    if tz == "UTC":
        return days * DAY
    unique, inverse = np.unique(days, return_inverse=True)
    series = pl.DataFrame({"t": pl.Series("t", unique * DAY).cast(pl.Datetime("ns"))})
    out = series.select(pl.col("t").dt.replace_time_zone(tz, ambiguous="earliest", non_existent="null"))["t"]
    values = out.to_physical().fill_null(0).to_numpy().astype(np.int64).copy()
    local = zone(tz)
    for row in np.flatnonzero(out.is_null().to_numpy()).tolist():
        # With the offset from before the change, the first skipped wall time is the instant of the change.
        wall = datetime.fromtimestamp(int(unique[row]) * 86_400, UTC).replace(tzinfo=None)
        values[row] = int(wall.replace(tzinfo=local, fold=0).astimezone(UTC).timestamp()) * 1_000_000_000
    out_values: IntArray = values[inverse]
    return out_values


def session_days(ts: IntArray, tz: str) -> IntArray:
    """The civil day number in `tz` of UTC times."""
    if tz == "UTC" or ts.size == 0:
        return np.floor_divide(ts, DAY)
    local = pl.Series("t", ts).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(tz).dt.replace_time_zone(None)
    wall: IntArray = local.to_physical().to_numpy().astype(np.int64)
    return np.floor_divide(wall, DAY)


def day_number(day: date) -> int:
    return day.toordinal() - 719_163


def infer_step(ts: IntArray) -> int | None:
    """The most frequent distance between neighbours; None where there are none."""
    gaps = np.diff(ts)
    gaps = gaps[gaps > 0]
    if gaps.size == 0:
        return None
    values, counts = np.unique(gaps, return_counts=True)
    return int(values[np.argmax(counts)])


def parse_times(table: Table, name: str, time_format: str | None) -> tuple[IntArray, bool, bool]:
    """One column as nanoseconds. Returns (times, is_utc, is_date_only): wall times where not is_utc."""
    column = table.frame[name]
    if column.null_count():
        row = int(np.flatnonzero(column.is_null().to_numpy())[0])
        table.fail(f"the time in column {name!r} is missing", "repair or remove the row", row)
    kind = column.dtype
    if kind == pl.Date:
        return column.cast(pl.Int64).to_numpy().astype(np.int64) * DAY, False, True
    if isinstance(kind, pl.Datetime):
        values = datetime_ns(table, name)
        is_utc = kind.time_zone is not None
        return values, is_utc, not is_utc and bool(np.all(values % DAY == 0))
    if kind.is_integer():
        return _epochs(column.cast(pl.Int64).to_numpy().astype(np.int64), table, name)
    if kind.is_float():
        return _float_epochs(column.to_numpy(), table, name)
    if kind != pl.String:
        table.fail(f"the column {name!r} of type {kind} holds no times", "give dates, datetimes or epoch numbers")
    return _parse_text(table, name, column, time_format)


def datetime_ns(table: Table, name: str) -> IntArray:
    """A column of datetimes without empty cells as nanoseconds; a year that nanoseconds cannot count is an error."""
    column = table.frame[name]
    assert isinstance(column.dtype, pl.Datetime)
    scale = {"ns": 1, "us": 1_000, "ms": 1_000_000}[column.dtype.time_unit]
    raw = column.to_physical().to_numpy().astype(np.int64)
    limit = np.iinfo(np.int64).max // scale
    far = np.flatnonzero((raw > limit) | (raw < -limit))
    if far.size:
        table.fail(
            f"the time in column {name!r} is beyond the years 1678 to 2261", "repair or remove the row", int(far[0])
        )
    return raw * scale


def _epochs(values: IntArray, table: Table, name: str) -> tuple[IntArray, bool, bool]:
    if values.size == 0:
        return values, True, False
    top = int(np.max(np.abs(values)))
    if top < 100_000_000 and bool(np.all((values > 18_000_000) & (values < 30_000_000))):
        days = pl.Series(values).cast(pl.String).str.to_date("%Y%m%d", strict=False)
        if days.null_count():
            row = int(np.flatnonzero(days.is_null().to_numpy())[0])
            table.fail(f"the date {values[row]} in column {name!r} does not exist", "repair the row", row)
        return days.cast(pl.Int64).to_numpy().astype(np.int64) * DAY, False, True
    for limit, unit in ((10**11, 1_000_000_000), (10**14, 1_000_000), (10**17, 1_000)):
        if top < limit:
            return values * unit, True, False
    return values, True, False


def _float_epochs(values: NDArray[np.float64], table: Table, name: str) -> tuple[IntArray, bool, bool]:
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        table.fail(
            f"the time {values[bad[0]]} in column {name!r} is not finite", "repair or remove the row", int(bad[0])
        )
    top = float(np.max(np.abs(values))) if values.size else 0.0
    for limit, unit in ((1e11, 1e9), (1e14, 1e6), (1e17, 1e3)):
        if top < limit:
            # Whole units first: a double holds seconds to about 100 ns only.
            whole = np.floor(values)
            return whole.astype(np.int64) * int(unit) + np.rint((values - whole) * unit).astype(np.int64), True, False
    return values.astype(np.int64), True, False


def _parse_text(table: Table, name: str, column: pl.Series, time_format: str | None) -> tuple[IntArray, bool, bool]:
    first = str(column[0]).strip()
    quick = None if time_format else _parse_quickly(column, first)
    if quick is not None:
        return quick
    text = column.str.strip_chars()
    parsed, with_zone, wanted = _leniently(table, name, text, first, time_format)
    _reject_nulls(table, name, text, parsed, wanted)
    if parsed.dtype == pl.Int64:
        return _epochs(parsed.to_numpy().astype(np.int64), table, name)
    if parsed.dtype == pl.Float64:
        return _float_epochs(parsed.to_numpy(), table, name)
    if parsed.dtype == pl.Date:
        return parsed.cast(pl.Int64).to_numpy().astype(np.int64) * DAY, False, True
    values = parsed.to_physical().to_numpy().astype(np.int64)
    # LEAN writes daily bars as "19980102 00:00".
    return values, with_zone, not with_zone and bool(np.all(values % DAY == 0))


def _leniently(
    table: Table, name: str, text: pl.Series, first: str, time_format: str | None
) -> tuple[pl.Series, bool, str]:
    """(parsed, has offsets, what was wanted): numbers, dates or datetimes, null where a cell is unlike `first`."""
    if time_format is None:
        for pattern, kind in ((r"[+-]?\d{9,19}", pl.Int64), (r"[+-]?\d{9,11}\.\d+", pl.Float64)):
            if re.fullmatch(pattern, first):
                return text.cast(kind, strict=False), False, "an epoch number like the first row's"
    chosen = time_format or _format_of(table, name, text, first)
    if chosen in _DATES:
        return text.str.to_date(chosen, strict=False), False, f"a date like the first row's, {first!r}"
    with_zone = "%z" in chosen
    if "T" in first and "%Y-%m-%d " in chosen:
        text = text.str.replace("T", " ", literal=True)
    if with_zone:
        text = text.str.replace(r"Z$", "+00:00")
    parsed = text.str.to_datetime(chosen, time_unit="ns", strict=False)
    return parsed, with_zone, f"a time like the first row's, {first!r}"


def unreadable_times(table: Table, name: str, time_format: str | None) -> NDArray[np.bool_]:
    """Rows whose cell is empty, or unlike the first one that has a known form."""
    column = table.frame[name]
    bad = column.is_null()
    if column.dtype.is_float():
        bad |= ~column.is_finite().fill_null(False)
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        first = next((t for t in text.to_list() if t is not None and (time_format or _is_known(t))), None)
        if first is not None:
            bad |= _leniently(table, name, text, first, time_format)[0].is_null()
    return bad.to_numpy()


def _is_known(text: str) -> bool:
    patterns = (r"[+-]?\d{9,19}", r"[+-]?\d{9,11}\.\d+", r"\d{1,2}/\d{1,2}/\d{4}", *(p for p, _ in _FORMATS))
    return any(re.fullmatch(p, text) for p in patterns)


def write_times(table: Table, name: str, ns: IntArray, time_format: str | None) -> list[str]:
    """Times as this column writes them: wall times, or UTC where it has offsets or counts. The inverse of
    `parse_times`; raises DataError where the column's form cannot say them exactly."""
    column = table.frame[name]
    if column.dtype == pl.Date:
        out = [str(np.datetime64(t // DAY, "D")) for t in ns.tolist()]
    elif isinstance(column.dtype, pl.Datetime):
        return [str(np.datetime64(t, "ns")) for t in ns.tolist()]
    elif column.dtype == pl.String:
        out = _write_text(table, name, ns, time_format)
    else:
        out = _write_numbers(column.cast(pl.Float64).to_numpy(), ns, whole=column.dtype.is_integer())
    kind = pl.String if column.dtype == pl.Date else column.dtype
    again = replace(table, frame=pl.DataFrame({name: pl.Series(out, dtype=pl.String).cast(kind)}))
    if np.any(parse_times(again, name, time_format)[0] != ns):
        table.fail(f"the column {name!r} cannot say the time {np.datetime64(int(ns[0]), 'ns')}", "do not fill gaps")
    return out


def _write_numbers(have: NDArray[np.float64], ns: IntArray, *, whole: bool) -> list[str]:
    top = float(np.max(np.abs(have)))
    if whole and 18_000_000 < top < 30_000_000:
        return [str(np.datetime64(t // DAY, "D")).replace("-", "") for t in ns.tolist()]
    unit = next((u for limit, u in ((1e11, 10**9), (1e14, 10**6), (1e17, 10**3)) if top < limit), 1)
    return [str(t // unit) if t % unit == 0 else repr(t / unit) for t in ns.tolist()]


def _write_text(table: Table, name: str, ns: IntArray, time_format: str | None) -> list[str]:
    first = str(table.frame[name].str.strip_chars()[0])
    if time_format is None and re.fullmatch(r"[+-]?\d{9,19}(\.\d+)?", first):
        return _write_numbers(np.array([float(first)]), ns, whole="." not in first)
    chosen = time_format or _format_of(table, name, table.frame[name], first)
    fraction = re.search(r":\d\d\.(\d+)", first)
    digits = 3 if "%3f" in chosen else len(fraction[1]) if fraction is not None else 0
    pattern = chosen.replace("%3f", "").replace("%.f", "").replace("%z", "")
    if "T" in first:
        pattern = pattern.replace("%d %H", "%dT%H")
    ending = "" if "%z" not in chosen else "Z" if first.endswith("Z") else "+00:00"
    out = []
    for t in ns.tolist():
        wall = datetime.fromtimestamp(t // 1_000_000_000, UTC)
        part = f"{t % 1_000_000_000:09}"[:digits]
        point = "." if digits and "%3f" not in chosen else ""
        out.append(wall.strftime(pattern) + point + part + ending)
    return out


def _parse_quickly(column: pl.Series, first: str) -> tuple[IntArray, bool, bool] | None:
    """Times in the commonest form, in one pass over the text; None where a cell is written otherwise."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", first) is None:
        return None
    times = column.str.to_datetime(f"%Y-%m-%d{first[10]}%H:%M:%S", time_unit="ns", strict=False)
    if times.null_count():
        return None
    values = times.to_physical().to_numpy().astype(np.int64)
    return values, False, bool(np.all(values % DAY == 0))


def _format_of(table: Table, name: str, text: pl.Series, first: str) -> str:
    for pattern, chosen in _FORMATS:
        if re.fullmatch(pattern, first):
            return chosen
    if re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}", first):
        parts = text.str.split_exact("/", 1).struct.unnest()
        left = parts["field_0"].cast(pl.Int64, strict=False).max()
        right = parts["field_1"].cast(pl.Int64, strict=False).max()
        left_top = left if isinstance(left, int) else 0
        right_top = right if isinstance(right, int) else 0
        if left_top <= 12 < right_top:
            return "%m/%d/%Y"
        if right_top <= 12 < left_top:
            return "%d/%m/%Y"
        table.fail(
            f"the dates in column {name!r} may be day/month or month/day ({first!r})",
            "say which: time_format='%m/%d/%Y' or '%d/%m/%Y'",
            0,
        )
    raise table.error(
        f"the time {first!r} in column {name!r} has no known form", "give time_format=, for example '%d.%m.%Y %H:%M'", 0
    )


def _reject_nulls(table: Table, name: str, text: pl.Series, parsed: pl.Series, wanted: str) -> None:
    if parsed.null_count():
        row = int(np.flatnonzero(parsed.is_null().to_numpy())[0])
        fact = "names a day or a time that does not exist" if row == 0 else f"is not {wanted}"
        table.fail(f"{text[row]!r} in column {name!r} {fact}", "repair or remove the row, or give time_format=", row)
