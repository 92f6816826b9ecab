// Ticks of a market: the ancestor's default load, and a hundred thousand agents of which everybody decides each tick.
// Messages of a market by the clock of events: ABIDES' rmsc04 population.
#include <benchmark/benchmark.h>

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

// Makers, noise that always decides, and momentum, over ten symbols.
void everybody_decides(benchmark::State& state) {
    MarketConfig config = preset("default");
    const auto agents = static_cast<std::uint32_t>(state.range(1));
    config.groups = {{.kind = "market_maker", .name = "market_maker", .count = agents / 20},
                     {.kind = "noise", .name = "noise", .count = agents / 20 * 13},
                     {.kind = "momentum", .name = "momentum", .count = agents / 20 * 6}};
    config.groups[1].wake = Wake{1, .4};
    run_ticks(state, config);
}
BENCHMARK(everybody_decides)
    ->Args({1, 100'000})
    ->Args({2, 100'000})
    ->Args({2, 1'000'000})
    ->UseRealTime()
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
