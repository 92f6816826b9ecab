"""The reference series of LEAN's tests (../shared/data/indicators), and what of ours answers each column.

`python -m tests.python.test_docs_tables` writes the table of docs/concepts/indicators.md again.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import walras as wl
from tests.python.data_files import shared

Array = NDArray[np.float64]
Columns = dict[str, Array]
I = wl.indicators  # noqa: E741


def read(name: str) -> Columns:
    """The columns of one file by their heads in lower case; what is no number is NaN."""
    with gzip.open(shared(f"indicators/{name}.gz"), "rt", encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    columns = {}
    for k, title in enumerate(head):
        cells = [row[k].strip() if k < len(row) else "" for row in rows]
        columns[title.strip().lower()] = np.array([as_number(cell) for cell in cells])
        if title.strip().lower() == "date":
            columns["day"] = as_days(cells)
    return columns


def as_number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def as_days(cells: Iterable[str]) -> Array:
    """A number for each date, in order of appearance."""
    numbers: dict[str, int] = {}
    return np.array([float(numbers.setdefault(cell[:10], len(numbers))) for cell in cells])


@dataclass(frozen=True)
class Reference:
    file: str
    column: str
    ours: str  # as a user writes it
    compute: Callable[[Columns], Any]
    absolute: float = 0.0
    relative: float = 0.0
    start: int = 0  # rows before are not compared, for the reason in the note
    note: str = ""


def output(name: str, compute: Callable[[Columns], Any]) -> Callable[[Columns], Any]:
    """One of several outputs."""
    return lambda c: getattr(compute(c), name)


def bar(c: Columns) -> tuple[Array, Array, Array]:
    return c["high"], c["low"], c["close"]


def full(c: Columns) -> tuple[Array, Array, Array, Array]:
    return c["open"], c["high"], c["low"], c["close"]


EXACT = 1e-12
TYPED = "printed with few digits"
SEED = "begins otherwise and forgets it"

REFERENCES = [
    Reference("lean_spy_ad.txt", "ad", "ad", lambda c: I.ad(*bar(c), c["volume"]), relative=EXACT),
    Reference("lean_spy_adr.csv", "adr", "adr(20)", lambda c: I.adr(c["high"], c["low"], 20), relative=EXACT),
    Reference("lean_spy_ao.txt", "ao", "ao", lambda c: I.ao(c["high"], c["low"]), absolute=1e-11),
    Reference("lean_spy_aps.txt", "aps", "aps(22)", lambda c: I.aps(c["close"], 22), absolute=1e-9, note=TYPED),
    Reference(
        "lean_spy_aroon_oscillator.txt",
        "aroon oscillator 14",
        "aroonosc(14)",
        lambda c: I.aroonosc(c["high"], c["low"], 14),
        absolute=1e-5,
        note=TYPED,
    ),
    Reference(
        "lean_spy_atr.txt",
        "average true range 14",
        "sma(trange, 14)",
        lambda c: I.sma(I.trange(*bar(c)), 14),
        absolute=1e-5,
        note="LEAN's ATR is a simple average, Wilder's and ours is `rma`",
    ),
    Reference("lean_spy_cmo.txt", "cmo_5", "cmo(5)", lambda c: I.cmo(c["close"], 5), absolute=1e-11),
    Reference("lean_spy_crsi.csv", "crsi", "crsi(3, 2, 100)", lambda c: I.crsi(c["close"]), relative=EXACT),
    Reference(
        "lean_spy_do.csv", "do", "derivative_oscillator", lambda c: I.derivative_oscillator(c["close"]), absolute=1e-11
    ),
    Reference("lean_spy_ema.csv", "ema14", "ema(14)", lambda c: I.ema(c["close"], 14), relative=EXACT),
    *(
        Reference(
            "lean_spy_heikin_ashi.txt",
            f"ha_{name}",
            f"heikin_ashi.{name}",
            output(name, lambda c: I.heikin_ashi(*full(c))),
            absolute=1e-7,
            note=TYPED,
        )
        for name in ("open", "high", "low", "close")
    ),
    Reference("lean_spy_ker.txt", "ker", "er(10)", lambda c: I.er(c["close"], 10), absolute=1e-9, note=TYPED),
    *(
        Reference(
            "lean_spy_mama.csv",
            name,
            f"mama.{name} of (high + low) / 2",
            output(name, lambda c: I.mama((c["high"] + c["low"]) / 2)),
            relative=EXACT,
        )
        for name in ("mama", "fama")
    ),
    Reference("lean_spy_max.txt", "max_5", "highest(5)", lambda c: I.highest(c["close"], 5), relative=EXACT),
    Reference(
        "lean_spy_midpoint.txt", "midpoint_5", "midpoint(5)", lambda c: I.midpoint(c["close"], 5), relative=EXACT
    ),
    Reference("lean_spy_min.txt", "min_5", "lowest(5)", lambda c: I.lowest(c["close"], 5), relative=EXACT),
    Reference(
        "lean_spy_ppo.txt",
        "ppo_5_10",
        'ppo(5, 10, average="sma")',
        lambda c: I.ppo(c["close"], 5, 10, average="sma"),
        absolute=1e-11,
    ),
    Reference(
        "lean_spy_rdv.txt", "rdv", "rdv(2)", lambda c: I.rdv(c["volume"], c["day"], 2), absolute=1e-8, note=TYPED
    ),
    Reference("lean_spy_rvi.txt", "rvi", "rvi(10).rvi", lambda c: I.rvi(*full(c), 10).rvi, absolute=1e-12),
    Reference("lean_spy_rvi.txt", "rvi_s", "rvi(10).signal", lambda c: I.rvi(*full(c), 10).signal, absolute=1e-12),
    Reference("lean_spy_si.csv", "si", "si(8)", lambda c: I.si(*full(c), 8), absolute=1e-7, note=TYPED),
    Reference(
        "lean_spy_stc.txt",
        "stc",
        "stc(10, 23, 50)",
        lambda c: I.stc(c["close"]),
        absolute=1e-6,
        start=250,
        note=SEED + ": zeros instead of a warm-up",
    ),
    Reference("lean_spy_t3.txt", "t3_5", "t3(5)", lambda c: I.t3(c["close"], 5), relative=EXACT),
    Reference("lean_spy_tema.txt", "tema_5", "tema(5)", lambda c: I.tema(c["close"], 5), relative=EXACT),
    Reference("lean_spy_trima.txt", "trima_5", "trima(5)", lambda c: I.trima(c["close"], 5), relative=EXACT),
    Reference("lean_spy_trima.txt", "trima_6", "trima(6)", lambda c: I.trima(c["close"], 6), relative=EXACT),
    Reference(
        "lean_spy_ultosc.txt", "ultosc_7_14_28", "ultosc(7, 14, 28)", lambda c: I.ultosc(*bar(c)), relative=EXACT
    ),
    Reference(
        "lean_spy_with_ChandeKrollStop.csv",
        "short_stop",
        "chande_kroll(5, 2, 3).short_stop",
        lambda c: I.chande_kroll(*bar(c), 5, 2, 3).short_stop,
        relative=EXACT,
        start=150,
        note=SEED,
    ),
    Reference(
        "lean_spy_with_ChandeKrollStop.csv",
        "long_stop",
        "chande_kroll(5, 2, 3).long_stop",
        lambda c: I.chande_kroll(*bar(c), 5, 2, 3).long_stop,
        relative=EXACT,
        start=150,
        note=SEED,
    ),
    Reference(
        "lean_spy_with_McGinleyDynamic.csv",
        "mcginleydynamic14",
        "mcginley(14)",
        lambda c: I.mcginley(c["close"], 14),
        relative=EXACT,
    ),
    Reference("lean_spy_with_adx.txt", "tr", "trange", lambda c: I.trange(*bar(c)), absolute=0.0051, note="two digits"),
    Reference(
        "lean_spy_with_adx.txt",
        "+di14",
        "plus_di(14)",
        lambda c: I.plus_di(*bar(c), 14),
        absolute=1e-4,
        start=250,
        note=SEED + ": sums over 14 rows first, TA-Lib over 13",
    ),
    Reference(
        "lean_spy_with_adx.txt",
        "-di14",
        "minus_di(14)",
        lambda c: I.minus_di(*bar(c), 14),
        absolute=1e-4,
        start=250,
        note=SEED + ": sums over 14 rows first, TA-Lib over 13",
    ),
    Reference(
        "lean_spy_with_adx.txt", "dx", "dx(14)", lambda c: I.dx(*bar(c), 14), absolute=0.0051, start=250, note=SEED
    ),
    Reference(
        "lean_spy_with_adx.txt", "adx 14", "adx(14)", lambda c: I.adx(*bar(c), 14), absolute=1e-4, start=250, note=SEED
    ),
    Reference(
        "lean_spy_with_adx.txt",
        "adxr 14",
        "adxr(14)",
        lambda c: I.adxr(*bar(c), 14),
        absolute=1e-4,
        start=250,
        note=SEED,
    ),
    Reference("lean_spy_with_chop.csv", "chop14", "chop(14)", lambda c: I.chop(*bar(c), 14), relative=EXACT),
    Reference(
        "lean_spy_with_fisher.txt",
        "fisher transform 10",
        "fisher(10) of (high + low) / 2",
        lambda c: I.fisher((c["high"] + c["low"]) / 2, 10),
        absolute=1e-9,
        note=TYPED,
    ),
    Reference("lean_spy_with_ibs.csv", "ibs", "ibs", lambda c: I.ibs(*bar(c)), relative=EXACT),
    Reference(
        "lean_spy_with_indicators.txt", "sma14", "sma(14)", lambda c: I.sma(c["close"], 14), absolute=0.01, note=TYPED
    ),
    Reference(
        "lean_spy_with_indicators.txt", "ema14", "ema(14)", lambda c: I.ema(c["close"], 14), absolute=0.01, note=TYPED
    ),
    Reference(
        "lean_spy_with_indicators.txt",
        "macd 12 26",
        "apo(12, 26)",
        lambda c: I.apo(c["close"]),
        absolute=5e-4,
        note="both averages with their own warm-up; our `macd` is aligned as TA-Lib's",
    ),
    Reference(
        "lean_spy_with_indicators.txt",
        "rsi 14",
        'rsi(14, average="sma")',
        lambda c: I.rsi(c["close"], 14, average="sma"),
        absolute=3e-4,
        note="why is not known; the next column, of the same closes, agrees to its last digit",
    ),
    Reference(
        "lean_spy_with_indicators.txt",
        "rsi 14 wilder",
        "rsi(14)",
        lambda c: I.rsi(c["close"], 14),
        absolute=1e-5,
        note=TYPED,
    ),
    Reference(
        "lean_spy_with_kst.csv", "kst", "kst(5, 10, 15, 25, 5, 5, 5, 10, 9).kst", lambda c: kst(c).kst, absolute=1e-11
    ),
    Reference("lean_spy_with_kst.csv", "signal", "the same, .signal", lambda c: kst(c).signal, absolute=1e-11),
    *(
        Reference(
            "lean_spy_with_macd.txt",
            name,
            f"macd.{name}",
            output(name, lambda c: I.macd(c["close"])),
            absolute=1e-5,
            note=TYPED,
        )
        for name in ("macd", "signal", "histogram")
    ),
    Reference(
        "lean_spy_with_rma.csv",
        "sma5",
        "sma(15)",
        lambda c: I.sma(c["close"], 15),
        absolute=5.1e-8,
        note="seven digits after the point; the heads SMA5 and SMA15 are exchanged in the file",
    ),
    Reference("lean_spy_with_rma.csv", "sma10", "sma(10)", lambda c: I.sma(c["close"], 10), relative=EXACT),
    Reference(
        "lean_spy_with_rma.csv",
        "sma15",
        "sma(5)",
        lambda c: I.sma(c["close"], 5),
        relative=EXACT,
        note="the heads SMA5 and SMA15 are exchanged in the file",
    ),
    Reference(
        "lean_spy_with_rma.csv",
        "rma5",
        "sma(5) - sma(10) + sma(15)",
        lambda c: I.sma(c["close"], 5) - I.sma(c["close"], 10) + I.sma(c["close"], 15),
        absolute=1e-7,
        note="LEAN's 'relative moving average'; ours of the name `rma` is Wilder's",
    ),
    Reference(
        "lean_spy_with_rocp50.txt",
        "rate of change % 50",
        "roc(50)",
        lambda c: I.roc(c["close"], 50),
        absolute=2e-5,
        note=TYPED,
    ),
    Reference(
        "lean_spy_with_sobv.csv", "sobv20", "sobv(20)", lambda c: I.sobv(c["close"], c["volume"], 20), relative=EXACT
    ),
    Reference(
        "lean_spy_with_vtx.csv", "plus_vtx", "vortex(14).plus", lambda c: I.vortex(*bar(c), 14).plus, relative=EXACT
    ),
    Reference(
        "lean_spy_with_vtx.csv", "minus_vtx", "vortex(14).minus", lambda c: I.vortex(*bar(c), 14).minus, relative=EXACT
    ),
    Reference(
        "lean_spy_with_vwma.csv", "vwma20", "vwma(20)", lambda c: I.vwma(c["close"], c["volume"], 20), relative=EXACT
    ),
    Reference("lean_spy_with_zlema.csv", "zlema5", "zlema(5)", lambda c: I.zlema(c["close"], 5), relative=EXACT),
    Reference(
        "lean_spy_zigzag.csv",
        "zigzag",
        "zigzag(0.05, 10).pivot",
        lambda c: I.zigzag(c["high"], c["low"], 0.05, 10).pivot,
        relative=EXACT,
        note="the file has the turns alone",
    ),
]

# Files that are not in the table above, and why.
ELSEWHERE = {
    "lean_spy_10_min.txt": "bars alone, no indicator",
    "lean_spy_ohlcv.txt": "bars alone, no indicator",
    "lean_spy_bollinger_bands.txt": "test_indicators_statistics.py: all five columns, to the digits that are printed",
    "lean_spy_candle_patterns.txt": "test_candles.py: every pattern, every day",
    "lean_spy_hurst_exponent.csv": "test_indicators_statistics.py: to 1e-6",
    "lean_spy_qqq_corr.csv": "two instruments in one file, by date: test_indicators_statistics.py",
    "lean_spy_sortino.csv": "a ratio of returns: a metric of `walras.stats`, not an indicator",
    "lean_spy_tsf.csv": "test_indicators_statistics.py: to 1e-6",
    "lean_spy_var.txt": "test_indicators_statistics.py: to 1e-3, the cancellation in the file's own formula",
}
# Columns that are not compared.
LEFT_OUT = {
    ("lean_spy_with_indicators.txt", "obv"): "the file has no volume to compute it from",
    ("lean_spy_with_adx.txt", "+dm 1"): "two digits; an intermediate of +di14",
    ("lean_spy_with_adx.txt", "-dm 1"): "two digits; an intermediate of -di14",
    ("lean_spy_with_adx.txt", "tr14"): "two digits; an intermediate of adx 14",
    ("lean_spy_with_adx.txt", "+dm14"): "two digits; an intermediate of +di14",
    ("lean_spy_with_adx.txt", "-dm14"): "two digits; an intermediate of -di14",
    ("lean_spy_with_adx.txt", "di 14 diff"): "two digits; an intermediate of adx 14",
    ("lean_spy_with_adx.txt", "di 14 sum"): "two digits; an intermediate of adx 14",
    ("lean_spy_rvi.txt", "volume ma"): "a column of the chart, not of the index",
    ("lean_spy_rdv.txt", "past volume"): "an intermediate of rdv",
    ("lean_spy_rdv.txt", "current volume"): "an intermediate of rdv",
    ("lean_spy_zigzag.csv", "type"): "words; the sign of `zigzag.side`",
}


def kst(c: Columns) -> Any:
    return I.kst(c["close"], 5, 10, 15, 25, 5, 5, 5, 10, 9)


def agreement(r: Reference) -> str:
    if r.relative == EXACT:
        return "12 digits"
    return f"{r.relative:g} of the value" if r.relative else f"{r.absolute:g}"


def table() -> str:
    lines = ["| file | column | ours | agrees to | remark |", "|---|---|---|---|---|"]
    for r in REFERENCES:
        note = f"from row {r.start}: {r.note}" if r.start else r.note
        lines.append(f"| `{r.file}` | {r.column} | `{r.ours}` | {agreement(r)} | {note} |")
    lines += [f"| `{file}` | {column} | | not compared | {why} |" for (file, column), why in LEFT_OUT.items()]
    lines += [f"| `{file}` | | | elsewhere | {why} |" for file, why in ELSEWHERE.items()]
    return "\n".join(lines)
