// Feeds to books: the recorded ITCH and DBN files of ../shared/data; skipped without them.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "walras/book/market_book.hpp"
#include "walras/codec/dbn/dbn.hpp"
#include "walras/codec/gzip.hpp"
#include "walras/codec/itch/itch.hpp"
#include "walras/data/byte_source.hpp"
#include "walras/data/journal_file.hpp"
#include "walras/data/tick_stream.hpp"
#include "walras/engine/itch_books.hpp"

using namespace walras;
using book::MarketBook;
using model::Tick;

namespace {

std::optional<std::filesystem::path> shared(const char* name) {
    const auto root = std::filesystem::current_path();
    for (const auto& base : {root.parent_path(), root.parent_path().parent_path()}) {
        if (std::filesystem::exists(base / "shared/data" / name)) { return base / "shared/data" / name; }
    }
    return {};
}

void put_big(std::string& m, std::size_t at, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
        m[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * (bytes - 1 - i)));
    }
}
std::uint64_t get_big(const std::string& m, std::size_t at, int bytes) {
    std::uint64_t out = 0;
    for (int i = 0; i < bytes; ++i) {
        out = (out << 8) | static_cast<unsigned char>(m[at + static_cast<std::size_t>(i)]);
    }
    return out;
}

// The day of one stock as the day of many: message by message, each stock in turn, with numbers of its own. Stocks
// stand apart by `lag` messages, so that neighbours do different things.
struct Day {
    std::string bytes;
    std::size_t messages = 0;
};
Day interleaved(const std::string& one, std::size_t stocks, std::size_t most) {
    std::vector<std::string> messages;
    for (std::size_t at = 0; at + 2 <= one.size();) {
        const std::size_t size = get_big(one, at, 2);
        messages.push_back(one.substr(at + 2, size));
        at += 2 + size;
    }
    constexpr std::size_t lag = 37;
    Day out;
    for (std::size_t step = 0; out.messages < most && step < messages.size() + lag * stocks; ++step) {
        for (std::size_t stock = 0; stock < stocks; ++stock) {
            if (step < lag * stock || step - lag * stock >= messages.size()) { continue; }
            std::string m = messages[step - lag * stock];
            if (m[0] == 'S' && (stock != 0 || m[11] != 'O')) { continue; }
            put_big(m, 1, m[0] == 'S' ? 0 : stock + 1, 2);
            put_big(m, 5, 34'200'000'000'000 + step * 40'000, 6);
            if (std::strchr("AFECXDU", m[0]) != nullptr) { put_big(m, 11, get_big(m, 11, 8) * stocks + stock, 8); }
            if (m[0] == 'R' || m[0] == 'A') {
                const std::string name = fmt::format("S{}", stock);
                const std::size_t at = m[0] == 'R' ? 11 : 24;
                for (std::size_t i = 0; i < 8; ++i) { m[at + i] = i < name.size() ? name[i] : ' '; }
            }
            std::string length(2, '\0');
            put_big(length, 0, m.size(), 2);
            out.bytes += length + m;
            ++out.messages;
        }
    }
    return out;
}

const Day& day(std::size_t stocks) {
    static std::vector<std::pair<std::size_t, Day>> days;
    for (const auto& [count, known] : days) {
        if (count == stocks) { return known; }
    }
    const auto path = shared("l3/aapl_20120621_from_lobster.itch50.gz");
    const std::string one = path ? codec::gunzip(data::read_file(*path), "itch") : std::string{};
    return days.emplace_back(stocks, interleaved(one, stocks, 4'000'000)).second;
}

template <class Use>
void decode(codec::TickDecoder& decoder, std::span<const std::byte> bytes, std::vector<Tick>& ticks, Use use) {
    while (!bytes.empty()) {
        ticks.clear();
        bytes = bytes.subspan(decoder.decode(bytes, true, ticks));
        use(ticks);
    }
}

void itch_decode(benchmark::State& state) {
    const Day& d = day(static_cast<std::size_t>(state.range(0)));
    if (d.messages == 0) { return state.SkipWithError("../shared/data is absent"); }
    std::vector<Tick> ticks;
    for (auto _ : state) {
        const auto decoder = codec::itch::make_decoder({});
        std::size_t count = 0;
        decode(*decoder, std::as_bytes(std::span(d.bytes)), ticks, [&](const auto& some) { count += some.size(); });
        benchmark::DoNotOptimize(count);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(d.messages));
}

void itch_to_books(benchmark::State& state) {
    const auto stocks = static_cast<std::size_t>(state.range(0));
    const Day& d = day(stocks);
    if (d.messages == 0) { return state.SkipWithError("../shared/data is absent"); }
    std::vector<Tick> ticks;
    // The day begins with a clear of each book, so one set of books serves all rounds.
    std::vector<MarketBook> books(stocks, MarketBook(book::MarketBookConfig{.expected_orders = 512}));
    for (auto _ : state) {
        const auto decoder = codec::itch::make_decoder({});
        decode(*decoder, std::as_bytes(std::span(d.bytes)), ticks, [&](const auto& some) {
            for (const Tick& tick : some) { books[tick.instrument.value].apply(tick); }
        });
        std::size_t faults = 0;
        for (const MarketBook& one : books) { faults += one.faults().total(); }
        if (faults != 0) { return state.SkipWithError("a book has faults"); }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(d.messages));
}

// Books straight from the bytes; they are made before the clock starts.
void itch_books(benchmark::State& state) {
    const auto stocks = static_cast<std::size_t>(state.range(0));
    const Day& d = day(stocks);
    if (d.messages == 0) { return state.SkipWithError("../shared/data is absent"); }
    std::optional<engine::ItchBooks> books;
    for (auto _ : state) {
        state.PauseTiming();
        books.emplace(codec::TickOptions{}, book::MarketBookConfig{.window_ticks = 1024, .expected_orders = 512});
        state.ResumeTiming();
        for (auto bytes = std::as_bytes(std::span(d.bytes)); !bytes.empty();) {
            bytes = bytes.subspan(books->read(bytes, true));
        }
        std::size_t faults = 0;
        for (std::size_t i = 0; i < stocks; ++i) { faults += books->book(i).faults().total(); }
        if (faults != 0) { return state.SkipWithError("a book has faults"); }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(d.messages));
}

void dbn_decode(benchmark::State& state) {
    const auto path = shared("l3/databento_esh4_20231225.mbo.dbn.zst");
    if (!path) { return state.SkipWithError("../shared/data is absent"); }
    std::string bytes;
    const auto source = data::open_bytes(*path);
    while (!source->is_end()) {
        const auto view = source->view(1);
        bytes.append(reinterpret_cast<const char*>(view.data()), view.size());
        source->consume(view.size());
    }
    std::vector<Tick> ticks;
    std::size_t count = 0;
    for (auto _ : state) {
        const auto decoder = codec::dbn::make_decoder({});
        count = 0;
        decode(*decoder, std::as_bytes(std::span(bytes)), ticks, [&](const auto& some) { count += some.size(); });
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

// 0: unpacks and decodes, 1: and keeps the book.
void dbn_file(benchmark::State& state) {
    const auto path = shared("l3/databento_esh4_20231225.mbo.dbn.zst");
    if (!path) { return state.SkipWithError("../shared/data is absent"); }
    auto file = *path;
    const bool is_plain = state.range(1) != 0;
    if (is_plain) {
        file = std::filesystem::temp_directory_path() / "walras_feed_bench.dbn";
        const auto source = data::open_bytes(*path);
        std::ofstream out(file, std::ios::binary);
        while (!source->is_end()) {
            const auto view = source->view(1);
            out.write(reinterpret_cast<const char*>(view.data()), static_cast<std::streamsize>(view.size()));
            source->consume(view.size());
        }
    }
    std::size_t count = 0;
    for (auto _ : state) {
        MarketBook book({.tick_size = Price::of(0.25), .window_ticks = 16384, .expected_orders = 16384});
        const auto stream = data::open_ticks(file, "dbn", {});
        count = 0;
        for (auto chunk = stream->next(); !chunk.empty(); chunk = stream->next()) {
            count += chunk.size();
            if (state.range(0) == 0) { continue; }
            for (const Tick& tick : chunk) { book.apply(tick); }
        }
        benchmark::DoNotOptimize(book.order_count());
    }
    if (is_plain) { std::filesystem::remove(file); }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

}  // namespace

BENCHMARK(itch_decode)->Arg(1)->Arg(200)->Unit(benchmark::kMillisecond);
BENCHMARK(itch_to_books)->Arg(1)->Arg(200)->Unit(benchmark::kMillisecond);
BENCHMARK(itch_books)->Arg(1)->Arg(20)->Arg(200)->Unit(benchmark::kMillisecond);
BENCHMARK(dbn_decode)->Unit(benchmark::kMillisecond);
BENCHMARK(dbn_file)
    ->ArgNames({"book", "plain"})
    ->Args({0, 0})
    ->Args({1, 0})
    ->Args({0, 1})
    ->Args({1, 1})
    ->Unit(benchmark::kMillisecond);
