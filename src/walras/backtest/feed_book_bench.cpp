// From the bytes of a feed to the book that it tells: the whole path of a message but the disk. The decoder and the
// empty book are made before the clock starts.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "walras/book/market_book.hpp"
#include "walras/codec/binance/binance.hpp"
#include "walras/codec/gzip.hpp"

using namespace walras;

namespace {

std::string capture(const char* name) {
    const std::filesystem::path path = std::filesystem::path("../shared/data/crypto") / name;
    std::ifstream file(path, std::ios::binary);
    const std::string packed((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return packed.empty() ? "" : codec::gunzip(packed, name);
}

template <class Use>
void binance(benchmark::State& state, Use use) {
    const std::string text = capture("hftbacktest_binance_usdm_btcusdt_20240808.jsonl.gz");
    if (text.empty()) {
        state.SkipWithError("shared/data is not here");
        return;
    }
    const std::int64_t lines = std::count(text.begin(), text.end(), '\n');
    codec::TickOptions options;
    options.lot_size = 1'000'000;
    std::vector<model::Tick> ticks;
    std::size_t total = 0;
    const book::MarketBook empty(
        {.tick_size = Price{100'000'000}, .window_ticks = static_cast<std::size_t>(state.range(0))});
    for (auto _ : state) {
        state.PauseTiming();
        const auto decoder = codec::binance_decoder(options);
        book::MarketBook book = empty;
        state.ResumeTiming();
        auto bytes = std::as_bytes(std::span(text));
        total = 0;
        while (!bytes.empty()) {
            ticks.clear();
            bytes = bytes.subspan(decoder->decode(bytes, true, ticks));
            total += ticks.size();
            use(book, ticks);
        }
        benchmark::DoNotOptimize(book.best_price(model::OrderSide::buy));
    }
    state.SetItemsProcessed(state.iterations() * lines);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
    state.counters["ns/message"] = benchmark::Counter(
        static_cast<double>(lines) * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    state.counters["ticks"] = static_cast<double>(total);
}

void binance_json_to_ticks(benchmark::State& state) {
    binance(state, [](book::MarketBook&, const std::vector<model::Tick>&) {});
}

void binance_json_to_book(benchmark::State& state) {
    binance(state, [](book::MarketBook& book, const std::vector<model::Tick>& ticks) {
        for (const model::Tick& tick : ticks) { book.apply(tick); }
    });
}

}  // namespace

BENCHMARK(binance_json_to_ticks)->Arg(4096)->Unit(benchmark::kMillisecond);
BENCHMARK(binance_json_to_book)->Arg(4096)->Arg(16384)->Arg(65536)->Unit(benchmark::kMillisecond);
