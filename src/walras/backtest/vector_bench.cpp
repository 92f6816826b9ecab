// Bar-steps a second of the vectorised engine, records included, one thread: 1,000 x 1,000 random walks in cents, seed
// 1; each side's signals in 2 % of the cells. What is measured is `run_batch`: the check of every price, the collection
// of signals, the kernel.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "walras/backtest/vector_batch.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::backtest;

namespace {

constexpr std::size_t rows = 1000;
constexpr std::size_t columns = 1000;

struct World {
    std::vector<double> open, high, low, close, orders;
    std::vector<std::uint8_t> entries, exits;
    VectorBatch batch;

    // `by_rows`: a row is contiguous, as in a NumPy array; else a column is, as in most pandas frames.
    explicit World(bool by_rows) {
        core::Random random{{.seed = 1, .stream = 0, .agent = 0, .tick = 0}};
        const auto size = rows * columns;
        for (auto* matrix : {&open, &high, &low, &close, &orders}) { matrix->resize(size); }
        entries.resize(size);
        exits.resize(size);
        const auto at = [&](std::size_t row, std::size_t column) {
            return by_rows ? row * columns + column : column * rows + row;
        };
        const auto step = [&] { return std::floor((random.uniform() - 0.5) * 200); };
        for (std::size_t column = 0; column < columns; ++column) {
            double price = 10'000;
            for (std::size_t row = 0; row < rows; ++row) {
                const std::size_t i = at(row, column);
                const double first = price;
                price = std::max(1'000.0, price + step());
                open[i] = first / 100;
                close[i] = price / 100;
                high[i] = (std::max(first, price) + std::floor(random.uniform() * 50)) / 100;
                low[i] = (std::min(first, price) - std::floor(random.uniform() * 50)) / 100;
                entries[i] = random.uniform() < 0.02 ? 1 : 0;
                exits[i] = random.uniform() < 0.02 ? 1 : 0;
                orders[i] = random.uniform() < 0.5 ? 10 : -10;
            }
        }
        batch.rows = rows;
        batch.columns = columns;
        row_stride = by_rows ? static_cast<std::ptrdiff_t>(columns) : 1;
        column_stride = by_rows ? 1 : static_cast<std::ptrdiff_t>(rows);
        batch.close = matrix(close);
        batch.enter_longs = matrix(entries);
        batch.config.fees = model::rate_fees(Rate::bps(10), Rate::bps(10));
        batch.config.slippage = spread_slippage(0.0001);
        batch.config.size_buffer = Rate::bps(10);
        for (std::uint32_t i = 0; i < columns; ++i) {
            model::Instrument instrument;
            instrument.symbol = std::to_string(i);
            instrument.venue = "BENCH";
            instrument.validate();
            batch.instruments.push_back(instrument);
            batch.pools.push_back({i});
            batch.cash.push_back(Money::of(1e6));
        }
        for (std::size_t row = 0; row < rows; ++row) {
            batch.opens.push_back(TimeNs{static_cast<std::int64_t>(row) * 1000});
            batch.closes.push_back(TimeNs{static_cast<std::int64_t>(row) * 1000 + 999});
        }
    }

    template <class T>
    [[nodiscard]] Matrix<T> matrix(const std::vector<T>& values) const {
        return {values.data(), row_stride, column_stride};
    }

    void with_bars() {
        batch.open = matrix(open);
        batch.high = matrix(high);
        batch.low = matrix(low);
    }

    std::ptrdiff_t row_stride = 0;
    std::ptrdiff_t column_stride = 0;
};

void run(benchmark::State& state, const World& world) {
    std::size_t fills = 0;
    for (auto _ : state) {
        const std::vector<PoolRun> runs = run_batch(world.batch);
        fills = 0;
        for (const PoolRun& pool : runs) { fills += pool.fills.size(); }
        benchmark::DoNotOptimize(fills);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * columns));
    state.counters["fills"] = static_cast<double>(fills);
}

void vector_signals(benchmark::State& state) {
    World world{state.range(0) != 0};
    world.batch.exit_longs = world.matrix(world.exits);
    run(state, world);
}

void vector_signals_next_open(benchmark::State& state) {
    World world{state.range(0) != 0};
    world.with_bars();
    world.batch.exit_longs = world.matrix(world.exits);
    run(state, world);
}

void vector_signals_both_sides(benchmark::State& state) {
    World world{state.range(0) != 0};
    world.batch.enter_shorts = world.matrix(world.exits);
    run(state, world);
}

void vector_signals_stops(benchmark::State& state) {
    World world{state.range(0) != 0};
    world.with_bars();
    world.batch.exit_longs = world.matrix(world.exits);
    const double stop = 0.05;
    const double target = 0.10;
    world.batch.stop_loss = {&stop, 0, 0};
    world.batch.take_profit = {&target, 0, 0};
    run(state, world);
}

void vector_signals_trailing(benchmark::State& state) {
    World world{state.range(0) != 0};
    world.with_bars();
    world.batch.exit_longs = world.matrix(world.exits);
    const double trail = 0.05;
    world.batch.trailing_stop = {&trail, 0, 0};
    run(state, world);
}

void vector_orders_in_every_bar(benchmark::State& state) {
    World world{state.range(0) != 0};
    world.batch.orders = world.matrix(world.orders);
    world.batch.size = model::SizeKind::lots;
    run(state, world);
}

}  // namespace

BENCHMARK(vector_signals)->ArgName("by_rows")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(vector_signals_next_open)->ArgName("by_rows")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(vector_signals_both_sides)->ArgName("by_rows")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(vector_signals_stops)->ArgName("by_rows")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(vector_signals_trailing)->ArgName("by_rows")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(vector_orders_in_every_bar)->ArgName("by_rows")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
