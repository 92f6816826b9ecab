"""The replay of ticks beside hftbacktest."""

from __future__ import annotations

import sys
from time import perf_counter

from harness import ROOT, Figure, Settings, SkippedError, WrongResultError, benchmark, google_benchmark, require_peers

sys.path.insert(0, str(ROOT))


@benchmark(
    work="a script of 1,229 orders and cancels on a recorded book, latency of 5 ms each way, queue model power:2, "
    "partial fills; hftbacktest makes the same fills to the nanosecond, which are compared",
    input="../shared/data/crypto/hftbacktest_binance_usdm_btcusdt_20240808.jsonl.gz: books and trades of 5 minutes",
    timing="ticks in memory on both sides; fills, ledger and equity on ours; the strategy wakes for each action: in "
    "C++ (src/walras/backtest/replay_script_bench.cpp, which compares the fills too), in Python through "
    "wl.backtest.run as a whole, and hftbacktest's compiled by numba; the shortest of 5 runs a round, of C++ a mean",
)
def ticks_against_hftbacktest(settings: Settings) -> list[Figure]:
    import walras as wl
    from tests.python import hftbacktest_cases as oracle

    if not oracle.CAPTURES.exists():
        raise SkippedError("../shared/data is absent; the captures of Binance are there")
    case = oracle.Case(queue="power:2")
    script, golden = oracle.golden(case)
    feed = oracle.feed(case.market, case.feed)
    repeat = settings.size(5, 2)
    if settings.peers:
        require_peers()
    if oracle.differences(oracle.ours(case, script), golden):
        raise WrongResultError("walras does not fill like the golden run of hftbacktest")
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(settings.rounds):
        best = float("inf")
        for _ in range(repeat):
            replayed = oracle.Replayed(script=script, symbol=oracle.MARKETS[case.market].symbol)
            started = perf_counter()
            wl.backtest.run(replayed, feed, **oracle.settings(case))
            best = min(best, perf_counter() - started)
        ours.append(len(feed) / best / 1e6)
        if settings.peers:
            (found,), (seconds,) = oracle.theirs([case], script, repeat + 1)
            if oracle.differences(golden, found):
                raise WrongResultError("hftbacktest does not fill as it did when the golden file was made")
            theirs.append(len(feed) / seconds / 1e6)
    note = f"{len(feed):,} ticks, {len(golden)} orders filled"
    figures = compiled(settings)
    figures.append(Figure("walras, strategy in Python", "M events/s", ours, target=5.0, note=note))
    if theirs:
        against = figures[0].who
        figures.append(Figure("hftbacktest 2.4.4", "M events/s", theirs, against=against, note="the same fills"))
    return figures


def compiled(settings: Settings) -> list[Figure]:
    """The C++ strategy, where `make bench` built it; it fails where a fill differs."""
    program = ROOT / "build" / "bench" / "backtest_bench"
    if not program.exists():
        return []
    figures = []
    for _, counters in google_benchmark(program, settings, "replay_script"):
        if "error_message" in counters:
            raise WrongResultError(f"the run in C++: {counters['error_message'][0]}")
        rates = [rate / 1e6 for rate in counters["items_per_second"]]
        note = "the same fills"
        figures.append(Figure("walras, strategy in C++", "M events/s", rates, target=5.0, note=note))
    return figures
