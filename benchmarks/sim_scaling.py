"""How the simulated market grows with agents, symbols and threads: one row a size, each in a process of its own."""

from __future__ import annotations

from harness import ROOT, Figure, Settings, SkippedError, benchmark, google_benchmark

AGENTS = (1_000, 10_000, 100_000, 1_000_000)
SYMBOLS = (1, 10, 100)
THREADS = (1, 2)
PROGRAM = ROOT / "build" / "bench" / "sim_bench"


@benchmark(
    work="one tick of a market in which every agent decides and trades through the book: one in twenty makes a market "
    "with two orders at work, six in twenty follow RSI, thirteen in twenty send a limit order with chance 0.4, which "
    "is withdrawn after 20 ticks. Messages are orders and cancels that reach the engines",
    input="src/walras/sim/market_bench.cpp, `scaling`: 30 ticks first, then 0.7 s a round at least; resident is the "
    "most that the process had, ready the time until the market can take its first tick",
    timing="each size in a process of its own, time by the clock on the wall",
)
def sim_scaling(settings: Settings) -> list[Figure]:
    if not PROGRAM.exists():
        raise SkippedError("the C++ benchmarks are not built; run `make bench`")
    figures = []
    for agents in AGENTS[: settings.size(4, 2)]:
        for symbols in SYMBOLS:
            for threads in THREADS:
                only = f"^scaling/{threads}/{agents}/{symbols}/"
                ((_, counters),) = google_benchmark(PROGRAM, settings, only)
                middle = {name: sorted(values)[len(values) // 2] for name, values in counters.items()}
                note = (
                    f"{middle['messages/s'] / 1e6:.2f} M messages/s, {middle['messages/tick']:,.0f} a tick, "
                    f"{middle['resident_mb']:,.0f} MB resident, ready in {middle['ready_s']:.2f} s"
                )
                who = f"{agents:,} agents, {symbols} symbols, {threads} threads".replace(" 1 symbols", " 1 symbol")
                who = who.replace(" 1 threads", " 1 thread")
                is_bar = (agents, symbols, threads) == (100_000, 10, 2)
                times = [1e3 / rate for rate in counters["ticks/s"]]
                figures.append(Figure(who, "ms/tick", times, 3.0 if is_bar else None, more_is_better=False, note=note))
    return figures
