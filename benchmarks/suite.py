"""The benchmarks. Whole paths first, then what they stand on."""

from __future__ import annotations

import re
import sys
import tempfile
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from harness import (
    PEERS_PYTHON,
    REGISTRY,
    ROOT,
    Benchmark,
    Figure,
    Settings,
    SkippedError,
    WrongResultError,
    benchmark,
    engine,
    google_benchmark,
    peer_version,
    per_call_ns,
    python,
    require_peers,
    timed,
)
from inputs import goog, random_walk, signal_matrices


def in_folder(run: Callable[[Settings, Path], list[Figure]]) -> Callable[[Settings], list[Figure]]:
    """Gives a benchmark a folder that is gone afterwards."""

    def inside(settings: Settings) -> list[Figure]:
        with tempfile.TemporaryDirectory() as folder:
            return run(settings, Path(folder))

    inside.__name__ = run.__name__
    return inside


# ---- one strategy, four engines -------------------------------------------------------------------------------------


Contenders = dict[str, tuple[Any, ...]]  # by name: interpreter, script, options ...


def compare(task: str, source: Path, folder: Path, contenders: Contenders, rounds: int) -> dict[str, Any]:
    """Each contender once a round; their times, and what they did."""
    parts = ("load", "run", "summarize")
    found: dict[str, Any] = {who: {part: [] for part in parts} for who in contenders}
    for _ in range(rounds):
        for who, (interpreter, script, *options) in contenders.items():
            report = engine(interpreter, f"{task}_{script}.py", source, folder / "out.json", *options)
            for part in parts:
                found[who][part].append(report[part])
            found[who]["outcome"] = report["outcome"]
    return found


def require_equal(ours: list[Any], theirs: list[Any], who: str) -> None:
    if ours == theirs:
        return
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    raise WrongResultError(
        f"{who} does not trade like walras: {len(theirs)} rows against {len(ours)}; row {at}: "
        f"{theirs[at : at + 1]} against {ours[at : at + 1]}"
    )


def together(times: dict[str, Any], *parts: str) -> list[float]:
    return [sum(samples) for samples in zip(*(times[part] for part in parts), strict=True)]


def rate(samples: list[float], count: int) -> list[float]:
    return [count / s / 1e6 for s in samples]


@benchmark(
    work="the Cross of the README as a Python class: two averages, market orders, fills, ledger, equity; beside peers "
    "with statistics; each peer makes the same fills, which are compared",
    input="random walk in quarters, one-minute bars, seed 1: 1,000,000 bars; with peers 100,000",
    timing="each engine in a process of its own, in turns, the median of 3 runs in each; from its own data object to "
    "fills and equity, beside peers to statistics",
)
@in_folder
def python_cross(settings: Settings, folder: Path) -> list[Figure]:
    bars = settings.size(1_000_000, 20_000)
    walk = folder / "walk.npz"
    np.savez(walk, **random_walk(bars))
    here = sys.executable
    found = compare("cross", walk, folder, {"walras": (here, "walras")}, settings.rounds)["walras"]
    whole = together(found, "load", "run", "summarize")
    fills = f"{len(found['outcome']):,} fills in {bars:,} bars"
    figures = [
        Figure("walras", "M bars/s", rate(found["run"], bars), target=3.0, note=fills),
        Figure("walras, with loading the columns and statistics", "M bars/s", rate(whole, bars)),
    ]
    if not settings.peers:
        return figures
    require_peers()
    bars = settings.size(100_000, 2_000)
    np.savez(walk, **random_walk(bars))
    contenders = {
        "walras, the same bars": (here, "walras"),
        f"backtesting.py {peer_version('backtesting')}": (PEERS_PYTHON, "backtesting"),
        f"backtrader {peer_version('backtrader')}": (PEERS_PYTHON, "backtrader"),
        # It fills market orders at the close of the bar that was decided on (see engines/cross_nautilus.py).
        "walras, this_close": (here, "walras", "this_close"),
        f"nautilus_trader {peer_version('nautilus_trader')}": (PEERS_PYTHON, "nautilus"),
    }
    found = compare("cross", walk, folder, contenders, settings.rounds)
    ours = "walras, the same bars"
    for who, times in found.items():
        if who == "walras, this_close":
            ours = who
        require_equal(found[ours]["outcome"], times["outcome"], who)
        loading = float(np.median(times["load"])) / bars * 1e9
        note = f"{len(times['outcome']):,} fills in {bars:,} bars; loading them takes {loading:,.0f} ns a bar more"
        against = None if who == ours else ours
        figures.append(
            Figure(who, "M bars/s", rate(together(times, "run", "summarize"), bars), against=against, note=note)
        )
    return figures


@benchmark(
    work="golden G4: SMA 10/30 on GOOG, close and reverse with all equity at the next open; 66 trades, 51,422.99",
    input="../shared/data/daily/backtestingpy_goog_2004_2013.csv.gz, 2,148 daily bars",
    timing="each engine in a process of its own, in turns; the median of 20 runs in each",
)
@in_folder
def goog_cross(settings: Settings, folder: Path) -> list[Figure]:
    columns = goog()
    source = folder / "goog.npz"
    np.savez(source, **columns)
    contenders: Contenders = {"walras": (sys.executable, "walras")}
    if settings.peers:
        require_peers()
        contenders[f"backtesting.py {peer_version('backtesting')}"] = (PEERS_PYTHON, "backtesting")
    found = compare("goog", source, folder, contenders, settings.rounds)
    ours = found["walras"]["outcome"]
    if len(ours) != 66 + 1 or ours[-1] != ["final equity", 51422.99]:
        raise WrongResultError(f"walras: {len(ours) - 1} trades, {ours[-1]}; the golden has 66 trades and 51422.99")
    figures = []
    for who, times in found.items():
        require_equal(ours, times["outcome"], who)
        against = None if who == "walras" else "walras"
        milliseconds = [1e3 * s for s in together(times, "run", "summarize")]
        figures.append(Figure(who, "ms", milliseconds, more_is_better=False, against=against))
    return figures


# ---- arrays ---------------------------------------------------------------------------------------------------------


@benchmark(
    work="wl.backtest.from_signals: 10 shares a signal at the same close, 10 basis points, orders and fills recorded; "
    "vectorbt makes the same fills, which are compared",
    input="random walks in cents, seed 1: 1,000 rows x 1,000 columns, entries and exits in 2 % of the cells",
    timing="each engine in a process of its own, in turns, one thread; the median of 10 runs in each; checks, labels "
    "and records included, curves and statistics left out, as both make them when they are asked for",
)
@in_folder
def array_signals(settings: Settings, folder: Path) -> list[Figure]:
    rows, columns = settings.size(1_000, 60), settings.size(1_000, 20)
    source = folder / "signals.npz"
    np.savez(source, **signal_matrices(rows, columns))
    contenders: Contenders = {"walras": (sys.executable, "walras")}
    if settings.peers:
        require_peers()
        contenders[f"vectorbt {peer_version('vectorbt')}"] = (PEERS_PYTHON, "vectorbt")
    found = compare("signals", source, folder, contenders, settings.rounds)
    ours = found["walras"]["outcome"]
    figures = []
    for who, times in found.items():
        require_equal(ours, times["outcome"], who)
        first = who == "walras"
        note = f"{len(times['outcome']):,} fills in {rows * columns:,} cells"
        figures.append(
            Figure(
                who,
                "M bars/s",
                rate(times["run"], rows * columns),
                target=100.0 if first else None,
                against=None if first else "walras",
                note=note,
            )
        )
    return figures


# ---- strategies of the library --------------------------------------------------------------------------------------


@benchmark(
    work='wl.backtest.run("sma_cross", bars): a C++ strategy with orders, fills, ledger, equity and statistics',
    input="random walk in quarters, one-minute bars, seed 1: 10,000,000 bars",
    timing="wl.backtest.run as a whole, the conversion of NumPy columns and of results included",
)
def library_sma_cross(settings: Settings) -> list[Figure]:
    import walras as wl

    count = settings.size(10_000_000, 20_000)
    columns = random_walk(count)
    bars = wl.data.Bars.from_columns("WALK.SIM", **columns)
    run = partial(wl.backtest.run, "sma_cross", bars, cash=10_000_000, fees=0, slippage=0)
    fills = len(run().fills)
    times = [timed(run) for _ in range(settings.rounds)]
    return [Figure("walras", "M bars/s", rate(times, count), note=f"{fills:,} fills")]


@benchmark(
    work="the demo's two runs over the bundled closes of 20 US stocks: sma_cross on all of them, pairs on KO and PEP",
    input="walras.data.load_demo_prices(): 20 x 8,313 daily closes, 1993-2025",
    timing="wl.backtest.run as a whole",
)
def demo_portfolio(settings: Settings) -> list[Figure]:
    import walras as wl

    prices = wl.data.bars_from_frame(wl.data.load_demo_prices())
    pair = [prices["KO"], prices["PEP"]]
    runs: dict[str, tuple[Callable[[], Any], int]] = {
        "sma_cross, 20 stocks": (partial(wl.backtest.run, "sma_cross", prices, cash=1_000_000), 20 * len(prices["KO"])),
        "pairs, KO and PEP": (partial(wl.backtest.run, "pairs", pair, cash=1_000_000), 2 * len(prices["KO"])),
    }
    figures = []
    for who, (run, count) in runs.items():
        fills = len(run().fills)
        times = [timed(run) for _ in range(settings.rounds)]
        figures.append(Figure(who, "M bars/s", rate(times, count), note=f"{fills:,} fills; {1e3 * min(times):.1f} ms"))
    return figures


@benchmark(
    work='wl.backtest.sweep("sma_cross", bars, grid, threads=2): every trial with its statistics, as a frame; '
    "20 of them compared with wl.backtest.run, number by number",
    input="random walk in quarters, daily bars, seed 1: 2,000 bars; fast 2 .. 101, slow 110 .. 308 by 2: 10,000 trials",
    timing="wl.backtest.sweep as a whole, on two threads",
)
def sma_sweep(settings: Settings) -> list[Figure]:
    import walras as wl

    day = 86_400_000_000_000
    columns = random_walk(2_000)
    columns["ts_open"] = np.arange(2_000) * day
    columns["ts_close"] = columns["ts_open"] + day // 2
    bars = wl.data.Bars.from_columns("WALK.SIM", **columns)
    values = settings.size(100, 5)
    grid = {"fast": range(2, 2 + values), "slow": range(110, 110 + 2 * values, 2)}
    money = {"cash": 1_000_000, "fees": 10, "slippage": 1}
    run = partial(wl.backtest.sweep, "sma_cross", bars, grid, threads=2, progress=False, **money)
    found = run()
    for row in found.frame.gather_every(max(1, len(found) // 20)).iter_rows(named=True):
        alone = wl.backtest.run(wl.strategies.make("sma_cross", fast=row["fast"], slow=row["slow"]), bars, **money)
        wrong = [k for k in found.columns if k in alone.stats and row[k] != alone.stats[k] and row[k] == row[k]]
        if wrong:
            raise WrongResultError(f"trial {row['trial']}: {wrong[0]} differs from that of a single run")
    trades = f"{found['trades'].mean():.1f} trades in a backtest"
    rates = rate([timed(run) for _ in range(settings.rounds)], len(found))
    return [Figure("walras", "M backtests/h", [3600 * r for r in rates], target=100.0, note=trades)]


# ---- what users wait for --------------------------------------------------------------------------------------------


@benchmark(
    work="14 statistics of each column: total return, CAGR, volatility, Sharpe, Sortino, downside risk, Calmar, Omega, "
    "max drawdown, VaR, CVaR, tail ratio, alpha, beta; both give the same numbers",
    input="normal returns, seed 1: 2,500 days of 1,000 columns, and a benchmark; empyrical takes the first 20",
    timing="from a NumPy matrix to the numbers; empyrical a column and a statistic at a time, from its pandas Series",
)
def statistics_of_columns(settings: Settings) -> list[Figure]:
    import pandas as pd

    import walras as wl
    from walras.stats._input import measure, read

    rows, columns, few = settings.size(2_500, 300), settings.size(1_000, 30), settings.size(20, 3)
    returns = np.random.default_rng(1).normal(0.0005, 0.01, (rows, columns))
    market = returns[:, :10].mean(axis=1)
    ours = {
        "total_return": "cum_returns_final", "cagr": "annual_return", "volatility": "annual_volatility",
        "sharpe": "sharpe_ratio", "sortino": "sortino_ratio", "downside_risk": "downside_risk",
        "calmar": "calmar_ratio", "omega": "omega_ratio", "max_drawdown": "max_drawdown",
        "value_at_risk": "value_at_risk", "conditional_value_at_risk": "conditional_value_at_risk",
        "tail_ratio": "tail_ratio", "alpha": "alpha", "beta": "beta",
    }  # fmt: skip
    matrix, benchmark = read(returns), read(market)

    def walras(threads: int) -> Any:
        return measure(list(ours), matrix, benchmark=benchmark, periods_per_year=252, threads=threads)

    figures = [
        Figure(
            f"walras, {name}",
            "us a column",
            [timed(partial(walras, n)) / columns * 1e6 for _ in range(settings.rounds)],
        )
        for name, n in (("1 thread", 1), ("all cores", 0))
    ]
    try:
        import empyrical
    except ImportError:
        figures[0].note = "empyrical is not installed: pip install walras[dev]"
        return figures
    series = [pd.Series(returns[:, c]) for c in range(few)]
    other = pd.Series(market)

    def peer() -> Any:
        ask = {key: getattr(empyrical, name) for key, name in ours.items()}
        return [[ask[k](s, other) if k in ("alpha", "beta") else ask[k](s) for s in series] for k in ours]

    if not np.allclose(walras(0)[:, :few], np.array(peer()), rtol=1e-9):
        raise WrongResultError("empyrical's numbers are not ours")
    theirs = Figure("empyrical", "us a column", [timed(peer) / few * 1e6 for _ in range(settings.rounds)])
    for figure in (*figures, theirs):
        figure.more_is_better = False
    theirs.against = figures[0].who
    one = np.random.default_rng(2).normal(0.0, 0.001, settings.size(1_000_000, 5_000))
    equity = 1e6 * np.cumprod(1 + one)
    times = 946_857_600_000_000_000 + 60_000_000_000 * np.arange(len(equity))
    whole = [timed(partial(wl.stats.from_equity, equity, times=times)) * 1e3 for _ in range(settings.rounds)]
    return [*figures, theirs, Figure(f"the table of {len(one):,} rows of equity", "ms", whole, more_is_better=False)]


@benchmark(
    work="import walras",
    input="none",
    timing="inside a fresh interpreter, files cached by the system; in turns with polars",
)
def import_time(settings: Settings) -> list[Figure]:
    code = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
    modules = {
        "import walras": "walras",
        "with what a run needs (polars and NumPy too)": "walras, walras.backtest, walras.data",
        "import polars alone, for comparison": "polars",
    }
    samples: dict[str, list[float]] = {who: [] for who in modules}
    for _ in range(settings.size(3 * settings.rounds, 1)):
        for who, module in modules.items():
            samples[who].append(float(python(code.format(module))))
    targets = {"import walras": 0.3}
    return [Figure(who, "s", times, targets.get(who), more_is_better=False) for who, times in samples.items()]


@benchmark(
    work="bars from files, with all checks",
    input="random walk, seed 1: 1,000,000 bars as CSV and as Parquet",
    timing="the call as a whole, file in the system's cache",
)
@in_folder
def files(settings: Settings, folder: Path) -> list[Figure]:
    import polars as pl

    import walras as wl

    count = settings.size(1_000_000, 2_000)
    columns = random_walk(count)
    frame = pl.DataFrame(columns).rename({"ts_open": "ts"}).drop("ts_close")
    frame = frame.with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")))
    frame.write_csv(folder / "walk.csv")
    frame.write_parquet(folder / "walk.parquet")
    figures = []
    for kind in ("csv", "parquet"):
        read = partial(wl.data.read_bars, folder / f"walk.{kind}", instrument="WALK", step="1m")
        if len(read().close) != count:
            raise WrongResultError(f"read_bars of {kind} lost rows")
        times = [timed(read) for _ in range(settings.rounds)]
        figures.append(Figure(f"read_bars, {kind}", "M bars/s", rate(times, count)))
    return figures


@benchmark(
    work="result.report(path): the self-contained HTML page of a finished run, with statistics, 95 % intervals by "
    "bootstrap, and every trade",
    input="walras.data.load_demo_prices(): 33 years of daily closes, sma_cross on KO alone, on all 20 stocks, and "
    "from_target_weights with monthly weights on all 20",
    timing="the call as a whole, statistics computed anew",
)
@in_folder
def tearsheet(settings: Settings, folder: Path) -> list[Figure]:
    import walras as wl

    frame = wl.data.load_demo_prices().tail(settings.size(8_313, 400))
    prices = wl.data.bars_from_frame(frame)
    stocks = [c for c in frame.columns if c != "date"]
    weights = {"weights": dict.fromkeys(stocks, 0.99 / len(stocks)), "rebalance": "month_end", "groups": "all"}
    runs: dict[str, Callable[[], Any]] = {
        "one stock": partial(wl.backtest.run, "sma_cross", prices["KO"], cash=10_000),
        "20 stocks": partial(wl.backtest.run, "sma_cross", prices, cash=1_000_000),
        "20 stocks, arrays": partial(wl.backtest.from_target_weights, frame, cash=1_000_000, **weights),
    }
    figures = []
    for who, run in runs.items():
        path, times = folder / "report.html", []
        for i in range(settings.rounds + 1):
            result = run()
            seconds = timed(partial(result.report, path))
            times += [seconds] if i else []  # the first one imports what it needs
        size = path.stat().st_size / 1e6
        note = f"{len(result.trades):,} trades"
        figures.append(Figure(who, "s", times, target=2.0, more_is_better=False, note=note))
        figures.append(Figure(f"{who}, size", "MB", [size], target=3.0, more_is_better=False))
    return figures


@benchmark(
    work="one call from Python into the core",
    input="made in place",
    timing="a Python loop over the calls, the loop included",
)
def binding_calls(settings: Settings) -> list[Figure]:
    import walras as wl

    def loop(statement: str, **names: Any) -> Callable[[int], float]:
        return timeit.Timer(statement, globals=names).timeit

    calls, rounds = settings.size(200_000, 200), settings.rounds
    sma = wl.indicators.Sma(30)
    samples = {"Sma.update": per_call_ns(loop("update(101.5)", update=sma.update), calls, rounds)}

    class Probe(wl.Strategy):
        def on_bar(self, ctx: wl.Context, bar: wl.Bar) -> None:
            if len(samples) > 1:
                return
            name = bar.instrument
            samples["bar.close"] = per_call_ns(loop("bar.close", bar=bar), calls, rounds)
            words = {"position": ctx.position, "name": name}
            samples["ctx.position"] = per_call_ns(loop("position(name)", **words), calls, rounds)
            samples["if ctx.position"] = per_call_ns(loop("if position(name): pass", **words), calls, rounds)
            few = settings.size(5_000, 20)
            samples["ctx.buy"] = per_call_ns(loop("buy(name, quantity=1)", buy=ctx.buy, name=name), few, rounds)

    bars = wl.data.Bars.from_columns("WALK.SIM", **random_walk(100))
    wl.backtest.run(Probe(), bars, cash=1e9, fees=0, slippage=0)

    match = wl.book.MatchingEngine(tick_size="0.01", lot_size="1")
    both = 'submit(side="buy", price=100.0, quantity=10); submit(side="sell", price=100.0, quantity=10)'
    pairs = per_call_ns(loop(both, submit=match.submit), calls // 10, rounds)
    samples["MatchingEngine.submit"] = [ns / 2 for ns in pairs]
    samples["MatchingEngine.top"] = per_call_ns(loop("top()", top=match.top), calls, rounds)
    return [Figure(who, "ns", times, target=1000, more_is_better=False) for who, times in samples.items()]


# ---- the C++ programs -----------------------------------------------------------------------------------------------

NANOSECONDS = -1e9  # divisor of a rate that is told as the time of one item

# What is expected of them, by benchmark and counter: (unit, divisor, target, more is better).
EXPECTED: dict[str, dict[str, tuple[str, float, float | None, bool]]] = {
    r"bars_idle/instruments:1/.*": {"items_per_second": ("M bars/s", 1e6, 20.0, True)},
    r"bars_.*|merge_bars.*|csv_bars.*": {"items_per_second": ("M bars/s", 1e6, None, True)},
    r"vector_signals(_next_open|_both_sides)?/.*": {"items_per_second": ("M bars/s", 1e6, 100.0, True)},
    r"vector_.*": {"items_per_second": ("M bars/s", 1e6, None, True)},
    r"matching_exchange_core": {"items_per_second": ("M orders/s", 1e6, 10.0, True)},
    r"matching_exchange_core_latency": {
        "p50_ns": ("ns", 1.0, None, False),
        "p99_ns": ("ns", 1.0, 1000.0, False),
        "p99.9_ns": ("ns", 1.0, None, False),
    },
    r"matching_.*_latency": {"p50_ns": ("ns", 1.0, None, False), "p99_ns": ("ns", 1.0, None, False)},
    r"matching_.*": {"items_per_second": ("M orders/s", 1e6, None, True)},
    r"market_book_level": {"items_per_second": ("ns", NANOSECONDS, 15.0, False)},
    r"market_book_order": {"items_per_second": ("ns", NANOSECONDS, None, False)},
    r"itch_books/.*": {"items_per_second": ("ns/message", NANOSECONDS, 40.0, False)},
    r"itch_.*": {"items_per_second": ("ns/message", NANOSECONDS, None, False)},
    r"binance_json_to_book/.*": {"items_per_second": ("ns/message", NANOSECONDS, 300.0, False)},
    r"binance_json_to_ticks/.*": {"items_per_second": ("ns/message", NANOSECONDS, None, False)},
    r"dbn_file/book:1/.*": {"items_per_second": ("M deltas/s", 1e6, 12.0, True)},
    r"dbn_.*": {"items_per_second": ("M deltas/s", 1e6, None, True)},
    r"default_load/.*": {"ticks/s": ("ticks/s", 1.0, 1500.0, True)},
    r"everybody_decides/2/100000/.*": {"ticks/s": ("ticks/s", 1.0, 1000 / 3, True)},
    r"everybody_decides/.*": {"ticks/s": ("ticks/s", 1.0, None, True)},
    r"rmsc04_events.*": {"messages/s": ("M messages/s", 1e6, 2.0, True)},
    r"replay_(l2|script).*": {"items_per_second": ("M events/s", 1e6, 5.0, True)},
}


def program_figures(module: str, settings: Settings) -> list[Figure]:
    program = ROOT / "build" / "bench" / f"{module}_bench"
    if not program.exists():
        raise SkippedError("the C++ benchmarks are not built; run `make bench`")
    figures = []
    for name, counters in google_benchmark(program, settings, only="-^scaling/"):  # see sim_scaling.py
        wanted = next((e for pattern, e in EXPECTED.items() if re.fullmatch(pattern, name)), None)
        if wanted is None and "items_per_second" in counters:
            wanted = {"items_per_second": ("M/s", 1e6, None, True)}
        elif wanted is None:
            wanted = {"ns": ("ns", 1.0, None, False)}
        for counter, (unit, divisor, target, more) in wanted.items():
            who = name if counter in ("items_per_second", "ns") else f"{name}, {counter.removesuffix('_ns')}"
            values = [-divisor / v if divisor < 0 else v / divisor for v in counters[counter]]
            figures.append(Figure(who, unit, values, target, more))
    return figures


for _file in sorted((ROOT / "src" / "walras").glob("*/*_bench.cpp")):
    _module = _file.parent.name
    REGISTRY[f"cpp_{_module}"] = Benchmark(
        f"cpp_{_module}",
        f"Google Benchmark program of the module {_module}",
        f"see {_file.relative_to(ROOT)}",
        "processor time of the measuring thread, one core; repetitions in random order",
        partial(program_figures, _module),
    )
