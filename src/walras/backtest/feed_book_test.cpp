// Recorded feeds to books: what the decoders, the streams and the book say together.
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <unordered_map>

#include "walras/book/market_book.hpp"
#include "walras/codec/binance/binance.hpp"
#include "walras/codec/gzip.hpp"
#include "walras/codec/tick_pieces.hpp"
#include "walras/data/tick_stream.hpp"

using namespace walras;
using model::BookAction;
using model::BookState;
using model::EventKind;
using model::Tick;

namespace {

// In shared/data beside the checkout; empty where that is absent.
std::filesystem::path shared(std::string_view name) {
    for (std::filesystem::path at = WALRAS_SOURCE_DIR; at.has_relative_path(); at = at.parent_path()) {
        const auto found = at / "shared" / "data" / name;
        if (std::filesystem::exists(found)) { return found; }
    }
    return {};
}

std::string unpacked(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream packed;
    packed << file.rdbuf();
    return codec::gunzip(packed.str(), path.string());
}

struct Capture {
    const char* name;
    double tick_size;
    std::int64_t lot_size;  // 1e-9
};
constexpr std::array captures{Capture{"usdm_btcusdt", 0.1, 1'000'000},
                              Capture{"usdm_ethusdt", 0.01, 1'000'000},
                              Capture{"cm_btcusd_perp", 0.1, 1'000'000'000},
                              Capture{"cm_ethusd_perp", 0.01, 1'000'000'000},
                              Capture{"spot_btcusdt", 0.01, 10},
                              Capture{"spot_ethusdt", 0.01, 10}};

struct Seen {
    int messages = 0, crossed = 0, gaps = 0;
    int compared = 0, equal = 0;  // with bookTicker, at equal update numbers
    int quotes = 0, near = 0;     // bookTicker against the last book, whatever its number
    bool ends_valid = false;
};

Seen follow(std::span<const Tick> ticks, const Capture& capture) {
    Seen seen;
    std::unordered_map<std::uint64_t, model::Quote> quotes;
    for (const Tick& tick : ticks) {
        if (tick.kind == EventKind::quote) { quotes[tick.sequence] = tick.quote; }
    }
    book::MarketBook book({.tick_size = Price::of(capture.tick_size), .window_ticks = 1 << 16});
    for (const Tick& tick : ticks) {
        if (tick.kind == EventKind::quote && book.is_valid()) {
            ++seen.quotes;
            seen.near += book.best_price(model::OrderSide::buy) == tick.quote.bid &&
                                 book.best_price(model::OrderSide::sell) == tick.quote.ask
                             ? 1
                             : 0;
        }
        if (tick.kind != EventKind::book_delta) { continue; }
        const bool was_known = tick.delta.action != BookAction::state;
        book.apply(tick);
        if (!was_known) {
            seen.gaps += static_cast<BookState>(tick.delta.order) == BookState::resyncing ? 1 : 0;
            continue;
        }
        if (!tick.has(model::flag_last)) { continue; }
        ++seen.messages;
        if (!book.is_valid()) { continue; }
        seen.crossed += book.is_crossed() ? 1 : 0;
        const auto at = quotes.find(tick.sequence);
        if (at == quotes.end() || tick.has(model::flag_snapshot)) { continue; }
        ++seen.compared;
        const model::Quote top = book.quote();
        seen.equal += top.bid == at->second.bid && top.ask == at->second.ask && top.bid_size == at->second.bid_size &&
                              top.ask_size == at->second.ask_size
                          ? 1
                          : 0;
    }
    seen.ends_valid = book.is_valid();
    return seen;
}

codec::TickOptions options_of(const Capture& capture) {
    codec::TickOptions options;
    options.lot_size = capture.lot_size;
    return options;
}

std::filesystem::path path_of(const Capture& capture) {
    return shared("crypto/hftbacktest_binance_" + std::string(capture.name) + "_20240808.jsonl.gz");
}

}  // namespace

TEST_CASE("the books of six Binance captures are never crossed and are bookTicker's at equal update numbers") {
    for (const Capture& capture : captures) {
        const auto path = path_of(capture);
        if (path.empty()) {
            MESSAGE("shared/data is not here");
            return;
        }
        std::vector<Tick> ticks;
        const auto stream = data::open_ticks(path, "", options_of(capture));
        for (auto some = stream->next(); !some.empty(); some = stream->next()) {
            ticks.insert(ticks.end(), some.begin(), some.end());
        }
        const Seen seen = follow(ticks, capture);
        MESSAGE(std::string(capture.name)
                << ": " << seen.messages << " messages, at equal numbers " << seen.equal << " of " << seen.compared
                << " equal, prices against the last book " << seen.near << " of " << seen.quotes);
        CHECK(seen.ends_valid);
        CHECK(seen.crossed == 0);
        CHECK(seen.messages > 3000);
        CHECK(seen.compared > 0);
        CHECK(seen.equal == seen.compared);
    }
}

TEST_CASE("every diff that is taken out of a capture is a gap that is said, and a repeated one is none") {
    for (const Capture& capture : captures) {
        const auto path = path_of(capture);
        if (path.empty()) { return; }
        const std::string text = unpacked(path);
        std::vector<std::string_view> lines;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            lines.push_back(std::string_view(text).substr(at, end - at));
            at = end + 1;
        }
        std::string less;
        std::string twice;
        int taken = 0;
        std::size_t since = 0;
        std::size_t diffs = 0;
        bool begun = false;
        for (const std::string_view line : lines) {
            const bool is_diff = line.find("depthUpdate") != std::string_view::npos;
            begun = begun || line.find("lastUpdateId") != std::string_view::npos;
            diffs += is_diff ? 1 : 0;
            // Never two in a row, for they would be one gap.
            const bool is_taken = is_diff && begun && diffs % 97 == 50 && diffs - since > 1;
            if (is_taken) {
                ++taken;
                since = diffs;
            } else {
                less.append(line).push_back('\n');
            }
            twice.append(line).push_back('\n');
            if (is_diff) { twice.append(line).push_back('\n'); }
        }
        REQUIRE(taken > 20);
        const auto count = [&](const std::string& feed) {
            const auto decoder = codec::binance_decoder(options_of(capture));
            return follow(codec::decode_all(*decoder, feed), capture);
        };
        const int before = count(text).gaps;
        CHECK(count(less).gaps - before == taken);
        CHECK_FALSE(count(less).ends_valid);
        CHECK(count(twice).gaps == before);
        CHECK(count(twice).messages == count(text).messages);
    }
}
