// Ticks of a market: the ancestor's default load, and a hundred thousand agents of which everybody decides each tick.
// Messages of a market by the clock of events: ABIDES' rmsc04 population.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "walras/sim/market.hpp"
#include "walras/sim/presets.hpp"

namespace walras::sim {
namespace {

void run_ticks(benchmark::State& state, const MarketConfig& config) {
    Market market(config, static_cast<int>(state.range(0)));
    for (int i = 0; i < 100; ++i) { market.step(); }
    const TickCounts before = market.totals();
    for (auto _ : state) { market.step(); }
    const auto ticks = static_cast<double>(state.iterations());
    state.counters["ticks/s"] = benchmark::Counter(ticks, benchmark::Counter::kIsRate);
    state.counters["orders/tick"] = static_cast<double>(market.totals().orders - before.orders) / ticks;
    state.counters["trades/tick"] = static_cast<double>(market.totals().trades - before.trades) / ticks;
}

void default_load(benchmark::State& state) { run_ticks(state, preset("default")); }
BENCHMARK(default_load)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMicrosecond);

// A population of which everybody decides each tick: one in twenty makes a market and has two orders at work, six in
// twenty follow RSI, thirteen send a limit order with chance 0.4. Counted over 100 ticks after the first hundred: see
// PERFORMANCE.md for what they send.
MarketConfig everybody(std::uint32_t agents, std::uint32_t symbols) {
    MarketConfig config = preset("default");
    config.pool.size = 0;
    const SymbolConfig model = config.symbols.front();
    config.symbols.assign(symbols, model);
    for (std::uint32_t s = 0; s < symbols; ++s) { config.symbols[s].name = fmt::format("S{:03}", s); }
    // Enough for what the makers start with.
    const std::int64_t makers = agents / 20 / symbols + 1;
    config.groups = {{.kind = "market_maker", .name = "market_maker", .count = agents / 20},
                     {.kind = "noise", .name = "noise", .count = agents / 20 * 13},
                     {.kind = "momentum", .name = "momentum", .count = agents / 20 * 6}};
    config.groups[1].wake = Wake{1, .4};
    for (SymbolConfig& symbol : config.symbols) {
        symbol.shares_outstanding.lots = std::max(symbol.shares_outstanding.lots, 1000 * makers);
    }
    return config;
}

void everybody_decides(benchmark::State& state) {
    run_ticks(state, everybody(static_cast<std::uint32_t>(state.range(1)), 10));
}
BENCHMARK(everybody_decides)
    ->Args({1, 100'000})
    ->Args({2, 100'000})
    ->Args({2, 1'000'000})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// The most memory that this process has had, in MB.
double resident_mb() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

// The same by agents, symbols and threads: benchmarks/sim_scaling.py runs each row in a process of its own.
void scaling(benchmark::State& state) {
    const auto agents = static_cast<std::uint32_t>(state.range(1));
    const MarketConfig config = everybody(agents, static_cast<std::uint32_t>(state.range(2)));
    const auto before = std::chrono::steady_clock::now();
    Market market(config, static_cast<int>(state.range(0)));
    const std::chrono::duration<double> ready = std::chrono::steady_clock::now() - before;
    // Until the first orders have had their time and the books are full.
    for (int i = 0; i < 30; ++i) { market.step(); }
    const std::uint64_t orders = market.totals().orders;
    for (auto _ : state) { market.step(); }
    const auto messages = static_cast<double>(market.totals().orders - orders);
    state.counters["messages/s"] = benchmark::Counter(messages, benchmark::Counter::kIsRate);
    state.counters["messages/tick"] = messages / static_cast<double>(state.iterations());
    state.counters["ticks/s"] =
        benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
    state.counters["resident_mb"] = resident_mb();
    state.counters["ready_s"] = ready.count();
}
BENCHMARK(scaling)
    ->ArgsProduct({{1, 2}, {1'000, 10'000, 100'000, 1'000'000}, {1, 10, 100}})
    ->UseRealTime()
    ->MinTime(.7)
    ->Unit(benchmark::kMillisecond);

void rmsc04_events(benchmark::State& state) {
    MarketConfig config = preset("rmsc04");
    config.clock = Clock::events;
    Market market(config);
    for (int i = 0; i < 100; ++i) { market.step(); }
    const std::uint64_t before = market.events()->message_count();
    for (auto _ : state) { market.step(); }
    const auto messages = static_cast<double>(market.events()->message_count() - before);
    state.counters["messages/s"] = benchmark::Counter(messages, benchmark::Counter::kIsRate);
    state.counters["messages/tick"] = messages / static_cast<double>(state.iterations());
}
BENCHMARK(rmsc04_events)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace walras::sim
