#include <benchmark/benchmark.h>

#include <string>

#include "walras/codec/crc32c.hpp"
#include "walras/codec/csv.hpp"
#include "walras/codec/journal.hpp"

using namespace walras;
using namespace walras::codec;

namespace {

void csv_bars(benchmark::State& state) {
    std::string text = "timestamp,open,high,low,close,volume\n";
    constexpr int rows = 100'000;
    for (int i = 0; i < rows; ++i) {
        text += "2021-12-31 23:01:00.000000,46319.0,46385.0,46319.0,46377.5,2300413.7295\n";
    }
    for (auto _ : state) {
        CsvReader reader(text, CsvKind::bars, {.step = seconds(60)});
        model::Event event;
        std::int64_t sum = 0;
        while (reader.next(event)) { sum += event.bar.close.raw; }
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * rows);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void journal_write(benchmark::State& state) {
    model::Event event(model::EventKind::bar, InstrumentId{1}, TimeNs{1}, TimeNs{1});
    std::vector<std::byte> out;
    out.reserve(std::size_t{1} << 24);
    JournalEncoder encoder;
    for (auto _ : state) {
        if (out.size() + 256 > out.capacity()) { out.clear(); }
        encoder.append(event, JournalSide::inbound, out);
    }
    state.SetItemsProcessed(state.iterations());
}

void journal_read(benchmark::State& state) {
    std::vector<std::byte> bytes;
    JournalEncoder encoder;
    encoder.begin("", bytes);
    constexpr int rows = 100'000;
    for (int i = 0; i < rows; ++i) {
        encoder.append(model::Event(model::EventKind::bar, InstrumentId{1}, TimeNs{i}, TimeNs{i}), JournalSide::inbound,
                       bytes);
    }
    for (auto _ : state) {
        JournalDecoder decoder(bytes);
        model::Event event;
        JournalSide side{};
        std::int64_t sum = 0;
        while (decoder.next(event, side)) { sum += event.ts_event.ns; }
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * rows);
}

}  // namespace

BENCHMARK(csv_bars)->Unit(benchmark::kMillisecond);
BENCHMARK(journal_write);
BENCHMARK(journal_read)->Unit(benchmark::kMillisecond);
