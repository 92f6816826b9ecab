#include <benchmark/benchmark.h>

#include "walras/data/merge.hpp"

using namespace walras;
using namespace walras::data;

namespace {

constexpr std::int64_t minute = 60'000'000'000;

BarSeries make_series(std::uint32_t instrument, std::size_t rows, std::int64_t offset) {
    std::vector<TimedBar> bars;
    bars.reserve(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        const TimeNs close{static_cast<std::int64_t>(i + 1) * minute + offset};
        bars.push_back({close, {TimeNs{close.ns - minute}, Price::of(1), Price::of(1), Price::of(1), Price::of(1), 1}});
    }
    return {InstrumentId{instrument}, std::move(bars)};
}

// Argument 0: series; argument 1: 1 = all series share their times, 0 = no two do.
void merge_bars(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const std::size_t rows = 4'000'000 / count;
    std::vector<BarSeries> series;
    for (std::uint32_t i = 0; i < count; ++i) { series.push_back(make_series(i, rows, state.range(1) == 1 ? 0 : i)); }
    Merge merge;
    for (const BarSeries& s : series) { merge.add(s); }
    for (auto _ : state) {
        merge.rewind();
        std::int64_t sum = 0;
        while (merge.next_time() != time_max) {
            for (const BarRef& bar : merge.next().bars) { sum += bar->value.close.raw; }
        }
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * count));
}

}  // namespace

BENCHMARK(merge_bars)
    ->ArgNames({"series", "aligned"})
    ->Args({1, 1})
    ->Args({2, 1})
    ->Args({20, 1})
    ->Args({1000, 1})
    ->Args({2, 0})
    ->Args({20, 0})
    ->Args({1000, 0})
    ->Unit(benchmark::kMillisecond);
