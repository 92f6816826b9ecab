// Bars a second through Session and ReplayVenue: the whole loop with journal hash, ledger, equity curve, orders and
// fills. Input: random walks in cents, one-minute bars, seed 1. The series are made before the clock starts.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>

#include "walras/backtest/backtest.hpp"
#include "walras/core/random.hpp"
#include "walras/strategy/registry.hpp"

using namespace walras;

namespace {

constexpr std::int64_t minute = 60'000'000'000;
constexpr std::int64_t cent = 10'000'000;

data::BarSeries random_walk(std::uint32_t instrument, std::size_t rows) {
    core::Random random{{.seed = 1, .stream = 0, .agent = instrument, .tick = 0}};
    const auto step = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.below(n)); };
    std::vector<data::TimedBar> bars;
    bars.reserve(rows);
    std::int64_t close = 10'000;
    for (std::size_t i = 0; i < rows; ++i) {
        const std::int64_t open = close;
        close = std::max<std::int64_t>(close + step(5) - 2, 1'000);
        const std::int64_t high = std::max(open, close) + step(3);
        const std::int64_t low = std::min(open, close) - step(3);
        const TimeNs ts{static_cast<std::int64_t>(i + 1) * minute};
        bars.push_back({ts,
                        {TimeNs{ts.ns - minute}, Price{open * cent}, Price{high * cent}, Price{low * cent},
                         Price{close * cent}, 1000}});
    }
    return {InstrumentId{instrument}, std::move(bars)};
}

struct World {
    model::Universe universe;
    std::vector<data::BarSeries> series;

    World(std::uint32_t instruments, std::size_t rows) {
        const CurrencyId usd = universe.currency("USD");
        for (std::uint32_t i = 0; i < instruments; ++i) {
            model::Instrument instrument;
            instrument.symbol = std::to_string(i);
            instrument.venue = "BENCH";
            instrument.currency = usd;
            universe.add(instrument);
            series.push_back(random_walk(i, rows));
        }
    }

    [[nodiscard]] backtest::Result run(strategy::Strategy& strategy) const {
        backtest::RunConfig config;
        portfolio::AccountConfig account;
        account.base_currency = *universe.find_currency("USD");
        account.balances = {{account.base_currency, Money::of(1e6)}};
        config.session.accounts = {account};
        backtest::Data data;
        for (const data::BarSeries& s : series) { data.bars.push_back(&s); }
        std::array<strategy::Strategy*, 1> strategies{&strategy};
        return backtest::run(universe, data, strategies, config);
    }
};

// Sees every bar and does nothing: what the engine itself costs.
class Idle final : public strategy::Strategy {
public:
    void on_bar(strategy::Context&, const strategy::ClosedBar& bar) override { sum += bar.bar.close.raw; }
    std::int64_t sum = 0;
};

template <class Make>
void run_bars(benchmark::State& state, Make make) {
    const auto instruments = static_cast<std::uint32_t>(state.range(0));
    const auto rows = static_cast<std::size_t>(state.range(1));
    const World world{instruments, rows};
    std::size_t fills = 0;
    for (auto _ : state) {
        auto strategy = make();
        const backtest::Result result = world.run(*strategy);
        fills = result.fills.size();
        benchmark::DoNotOptimize(result.signature);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(instruments * rows));
    state.counters["fills"] = static_cast<double>(fills);
}

void bars_idle(benchmark::State& state) {
    run_bars(state, [] { return std::make_unique<Idle>(); });
}

void bars_sma_cross(benchmark::State& state) {
    run_bars(state, [] { return strategy::make("sma_cross"); });
}

}  // namespace

// Instruments, bars of each. Items are bars. 20 x 8,313 is the shape of the demo prices.
BENCHMARK(bars_idle)
    ->ArgNames({"instruments", "bars"})
    ->Args({1, 1'000'000})
    ->Args({20, 8'313})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(bars_sma_cross)
    ->ArgNames({"instruments", "bars"})
    ->Args({1, 1'000'000})
    ->Args({20, 8'313})
    ->Unit(benchmark::kMillisecond);
