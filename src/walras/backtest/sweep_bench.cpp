// Backtests a second of a sweep: SMA crosses over 2,000 daily bars, one instrument, with the trials' statistics. Input:
// a random walk in cents, seed 1; fast 2 ... 51, slow 60 ... 158 by 2, so 2,500 trials. The goal is 27,800 a second on
// two cores: 100 million an hour.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "walras/backtest/sweep.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::backtest;

namespace {

constexpr std::int64_t day = 86'400'000'000'000;
constexpr std::int64_t cent = 10'000'000;
constexpr std::size_t rows = 2'000;

data::BarSeries random_walk(InstrumentId instrument) {
    core::Random random{{.seed = 1}};
    const auto step = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.below(n)); };
    std::vector<data::TimedBar> bars;
    std::int64_t close = 10'000;
    for (std::size_t i = 0; i < rows; ++i) {
        const std::int64_t open = std::max<std::int64_t>(close + step(61) - 30, 500);
        close = std::max<std::int64_t>(open + step(301) - 150, 500);
        const TimeNs ts{static_cast<std::int64_t>(i + i / 5 * 2 + 1) * day};
        bars.push_back({ts,
                        {TimeNs{ts.ns - day / 2}, Price{open * cent}, Price{(std::max(open, close) + step(40)) * cent},
                         Price{(std::min(open, close) - step(40)) * cent}, Price{close * cent}, 1000}});
    }
    return {instrument, std::move(bars)};
}

Axis axis(std::string name, std::int64_t first, std::int64_t step, int count) {
    Axis out{std::move(name), {}};
    for (int i = 0; i < count; ++i) { out.values.emplace_back(first + step * i); }
    return out;
}

void sweep_of(benchmark::State& state, bool vectorised, int values) {
    model::Universe universe;
    const CurrencyId usd = universe.currency("USD");
    model::Instrument instrument;
    instrument.symbol = "A";
    instrument.venue = "BENCH";
    instrument.currency = usd;
    const data::BarSeries series = random_walk(universe.add(instrument));
    Data data;
    data.bars = {&series};
    SweepConfig config;
    portfolio::AccountConfig account;
    account.base_currency = usd;
    account.balances = {{usd, Money::of(100'000)}};
    config.run.session.accounts = {account};
    config.run.session.sizing.buffer = Rate::of(0.001);
    config.run.replay.fees = model::rate_fees(Rate::of(0.001), Rate::of(0.001));
    config.run.replay.slippage = spread_slippage(0.0001);
    config.threads = static_cast<int>(state.range(0));
    config.vectorised = vectorised;
    const ParameterSpace space = ParameterSpace::grid({axis("fast", 2, 1, values), axis("slow", 60, 2, values)});
    double trades = 0;
    for (auto _ : state) {
        const SweepResult found = sweep(universe, data, "sma_cross", space, config);
        trades = 0;
        for (std::size_t i = 0; i < space.size(); ++i) { trades += found.row(i)[9]; }
        benchmark::DoNotOptimize(found.statistics.data());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(space.size()));
    state.counters["trades"] = trades / static_cast<double>(space.size());
}

void sweep_vectorised(benchmark::State& state) { sweep_of(state, true, 50); }
void sweep_by_events(benchmark::State& state) { sweep_of(state, false, 10); }

}  // namespace

// Threads. Items are backtests.
BENCHMARK(sweep_vectorised)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(sweep_by_events)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
