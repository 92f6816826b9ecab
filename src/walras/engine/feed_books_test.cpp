// Recorded feeds against books: what data streams say and what book makes of it, by outside figures.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "walras/book/market_book.hpp"
#include "walras/codec/gzip.hpp"
#include "walras/codec/lobster/lobster.hpp"
#include "walras/data/journal_file.hpp"
#include "walras/data/tick_stream.hpp"

using namespace walras;
using book::MarketBook;
using codec::lobster::BookRow;
using model::BookAction;
using model::EventKind;
using model::OrderSide;
using model::Tick;

namespace {

// ../shared of a clone, or of a worktree one level deeper.
std::optional<std::filesystem::path> shared(const std::string& name) {
    const auto root = std::filesystem::path(WALRAS_SOURCE_DIR);
    for (const auto& base : {root.parent_path(), root.parent_path().parent_path()}) {
        if (std::filesystem::exists(base / "shared/data" / name)) { return base / "shared/data" / name; }
    }
    MESSAGE("skipped: ../shared/data/", name, " is absent");
    return {};
}

std::string text_of(const std::filesystem::path& path) { return codec::gunzip(data::read_file(path), path.string()); }

std::vector<Tick> all_ticks(data::TickStream& stream) {
    std::vector<Tick> out;
    for (auto chunk = stream.next(); !chunk.empty(); chunk = stream.next()) {
        out.insert(out.end(), chunk.begin(), chunk.end());
    }
    return out;
}

// Midnight in New York on 2012-06-21.
constexpr std::int64_t lobster_date = 1'340'251'200'000'000'000;

std::vector<codec::lobster::Level> levels_of(const MarketBook& book, OrderSide side, std::size_t count) {
    std::vector<book::TickDepth> depth(count);
    depth.resize(book.depth(side, depth));
    std::vector<codec::lobster::Level> out;
    out.reserve(depth.size());
    for (const book::TickDepth& level : depth) { out.push_back({book.scale().price(level.tick), level.lots}); }
    return out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.size(), text.find('\n', at));
        out.push_back(text.substr(at, end - at));
        if (!out.back().empty() && out.back().back() == '\r') { out.back().pop_back(); }
        at = end + 1;
    }
    return out;
}

std::vector<BookRow> rows_of(const std::string& text) {
    std::vector<BookRow> out;
    codec::lobster::BookReader reader(text, "rows");
    for (BookRow row; reader.next(row);) { out.push_back(row); }
    return out;
}

std::vector<Tick> decode(const std::vector<std::string>& lines, std::size_t count, const BookRow& seed) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) { text += lines[i] + "\n"; }
    const auto decoder = codec::lobster::make_decoder({.symbols = {"AAPL"}, .date = lobster_date}, seed);
    std::vector<Tick> out;
    std::vector<Tick> some;
    for (auto bytes = std::as_bytes(std::span(text)); !bytes.empty(); some.clear()) {
        bytes = bytes.subspan(decoder->decode(bytes, true, some));
        out.insert(out.end(), some.begin(), some.end());
    }
    return out;
}

// The states of the best prices, each once.
void note_top(const MarketBook& book, std::vector<BookRow>& states) {
    BookRow top{levels_of(book, OrderSide::sell, 1), levels_of(book, OrderSide::buy, 1)};
    if (states.empty() || states.back() != top) { states.push_back(std::move(top)); }
}
std::vector<BookRow> distinct(std::vector<BookRow> rows) {
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

struct Agreement {
    std::size_t first = 0;   // states that are equal before the first difference
    std::size_t equal = 0;   // of LOBSTER's states, those that ours has too, in order
    std::size_t states = 0;  // of LOBSTER, until ours end
};

// Side by side; behind a difference both go on at the nearest state that they share.
Agreement compare(const std::vector<BookRow>& ours, const std::vector<BookRow>& theirs) {
    Agreement out;
    std::size_t i = 0;
    std::size_t j = 0;
    bool is_exact = true;
    constexpr std::size_t reach = 400;
    while (i < ours.size() && j < theirs.size()) {
        if (ours[i] == theirs[j]) {
            ++out.equal;
            out.first += is_exact;
            ++i;
            ++j;
            continue;
        }
        is_exact = false;
        std::size_t best = 2 * reach;
        std::size_t skip_i = 1;
        std::size_t skip_j = 1;
        for (std::size_t a = 0; a < std::min(best, ours.size() - i); ++a) {
            for (std::size_t b = 0; b < std::min(reach, theirs.size() - j) && a + b < best; ++b) {
                if (ours[i + a] == theirs[j + b]) {
                    best = a + b;
                    skip_i = a;
                    skip_j = b;
                }
            }
        }
        i += skip_i;
        j += skip_j;
    }
    out.states = j;
    return out;
}

}  // namespace

TEST_CASE("the market by order of ESH4 on 2023-12-25 becomes the published book") {
    const auto path = shared("l3/databento_esh4_20231225.mbo.dbn.zst");
    if (!path) { return; }
    const auto stream = data::open_ticks(*path, "", {});
    MarketBook book({.tick_size = Price::of(0.25)});
    std::size_t applied = 0;
    std::size_t trades = 0;
    std::size_t notices = 0;
    TimeNs last_event{};
    TimeNs last_init{};
    for (auto chunk = stream->next(); !chunk.empty(); chunk = stream->next()) {
        for (const Tick& tick : chunk) {
            book.apply(tick);
            last_event = tick.ts_event;
            last_init = tick.ts_init;
            trades += tick.kind == EventKind::trade;
            if (tick.kind != EventKind::book_delta) { continue; }
            notices += tick.delta.action == BookAction::fill_notice;
            applied += tick.delta.action == BookAction::add || tick.delta.action == BookAction::update ||
                       tick.delta.action == BookAction::reduce;
        }
    }
    CHECK(stream->symbols() == std::vector<std::string>{"ESH4"});
    CHECK(stream->progress() == 1.0);
    CHECK(book.level_count(OrderSide::buy) == 922);
    CHECK(book.level_count(OrderSide::sell) == 565);
    CHECK(book.best_price(OrderSide::buy) == Price::of(4810.00));
    CHECK(book.best_price(OrderSide::sell) == Price::of(4810.25));
    CHECK(book.sequence() == 59585);
    CHECK(last_init.ns == 1703548799446821072);
    CHECK(last_event.ns % 1'000'000'000 == 446724905);
    CHECK(book.order_count() == 11217);
    CHECK(applied == 59448);
    CHECK(trades == 2973);
    CHECK(notices == 6371);
    CHECK(book.faults().total() == 0);
    CHECK(book.is_valid());
}

TEST_CASE("a snapshot of ESM4 begins a valid book that two seconds of messages keep valid") {
    const auto path = shared("l3/databento_20240508_2s.mbo.dbn.zst");
    if (!path) { return; }
    const auto stream = data::open_ticks(*path, "dbn", {});
    MarketBook book({.tick_size = Price::of(0.25)});
    for (const Tick& tick : all_ticks(*stream)) {
        book.apply(tick);
        if (tick.has(model::flag_snapshot) && !tick.has(model::flag_last)) { CHECK_FALSE(book.is_valid()); }
    }
    CHECK(book.is_valid());
    CHECK(book.faults().total() == 0);
    CHECK(book.order_count() == 13598);
    CHECK_FALSE(book.is_crossed());
}

// Messages of the file with fifty levels, since those of the file with ten leave out what happens below them. The rows
// are LOBSTER's own, after each of the 999 messages of the smaller file; the first one is the seed.
TEST_CASE("LOBSTER's first 999 messages give LOBSTER's ten levels exactly, after each message") {
    const auto path = shared("l3/lobster_aapl_20120621_0930_1030_message_50.csv.gz");
    const auto head_path = shared("l3/lobster_aapl_20120621_head_message_10.csv.gz");
    const auto rows_path = shared("l3/lobster_aapl_20120621_head_orderbook_10.csv.gz");
    if (!path || !head_path || !rows_path) { return; }
    const std::vector<std::string> lines = lines_of(text_of(*path));
    const std::vector<std::string> head = lines_of(text_of(*head_path));
    const std::vector<BookRow> rows = rows_of(text_of(*rows_path));
    REQUIRE(head.size() == 999);
    REQUIRE(rows.size() == 999);
    std::vector<std::size_t> line_of;  // of each message of the smaller file, in the larger one, from 1
    for (std::size_t at = 0; const std::string& line : head) {
        while (at < lines.size() && lines[at] != line) { ++at; }
        REQUIRE(at < lines.size());
        line_of.push_back(++at);
    }
    const std::vector<Tick> ticks = decode(lines, line_of.back(), rows.front());
    MarketBook book;
    std::size_t next = 0;
    std::size_t equal = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (; next < ticks.size() && ticks[next].sequence <= line_of[i]; ++next) { book.apply(ticks[next]); }
        equal +=
            levels_of(book, OrderSide::buy, 10) == rows[i].bids && levels_of(book, OrderSide::sell, 10) == rows[i].asks;
    }
    CHECK(next == ticks.size());
    CHECK(equal == 999);
    CHECK(book.faults().total() == 0);
    CHECK(book.is_valid());
}

TEST_CASE("an hour of LOBSTER's messages gives LOBSTER's best prices, as far as it can be known") {
    const auto path = shared("l3/lobster_aapl_20120621_0930_1030_message_50.csv.gz");
    const auto rows_path = shared("l3/lobster_aapl_20120621_head_orderbook_10.csv.gz");
    const auto top_path = shared("l3/lobster_aapl_20120621_orderbook_1.csv.gz");
    if (!path || !rows_path || !top_path) { return; }
    const std::vector<std::string> lines = lines_of(text_of(*path));
    MarketBook book;
    std::vector<BookRow> ours;
    for (const Tick& tick : decode(lines, lines.size(), rows_of(text_of(*rows_path)).front())) {
        book.apply(tick);
        if (tick.has(model::flag_last) && !tick.has(model::flag_snapshot)) { note_top(book, ours); }
    }
    const Agreement agreement = compare(ours, distinct(rows_of(text_of(*top_path))));
    INFO("LOBSTER: ", agreement.first, " changes until the first difference, ", agreement.equal, " of ",
         agreement.states, " states");
    CHECK(agreement.first >= 15'999);
    CHECK((agreement.states - agreement.equal) * 1250 <= agreement.states);  // 99.92 %
}

// What LOBSTER's first row has and the stream does not: orders from before 9:30 that no message ever touches.
void add_untouched(MarketBook& book, const BookRow& after_first) {
    std::uint64_t order = codec::lobster::first_seeded_order;
    for (const OrderSide side : {OrderSide::buy, OrderSide::sell}) {
        for (const auto& level : side == OrderSide::buy ? after_first.bids : after_first.asks) {
            const std::int64_t rest = level.size - book.lots_at(side, level.price.raw / 10'000'000);
            if (rest > 0) { book.apply({level.price, Quantity{rest}, order--, BookAction::add, side}, 0); }
        }
    }
}

// The stream invents, before 9:30, every order whose arrival LOBSTER's messages leave out. Numbers count up over the
// day: one that is larger than those of 9:30 arrived later, when the stream reached such numbers.
TEST_CASE("the ITCH stream made of LOBSTER's messages gives LOBSTER's best prices") {
    const auto path = shared("l3/aapl_20120621_from_lobster.itch50.gz");
    const auto rows_path = shared("l3/lobster_aapl_20120621_head_orderbook_10.csv.gz");
    const auto top_path = shared("l3/lobster_aapl_20120621_orderbook_1.csv.gz");
    if (!path || !rows_path || !top_path) { return; }
    const auto stream = data::open_ticks(*path, "", {.date = lobster_date});
    const BookRow first = rows_of(text_of(*rows_path)).front();
    MarketBook book;
    std::vector<BookRow> ours;
    std::vector<const Tick*> later;  // by number, the smallest last
    std::uint64_t largest = 0;
    std::size_t trades = 0;
    const std::vector<Tick> ticks = all_ticks(*stream);
    for (const Tick& tick : ticks) {
        trades += tick.kind == EventKind::trade;
        const bool is_add = tick.kind == EventKind::book_delta && tick.delta.action == BookAction::add;
        if (tick.ts_event.ns < lobster_date + 34'200'000'000'000) {
            constexpr std::uint64_t first_of_the_day = 16'113'575;
            if (is_add && tick.delta.order > first_of_the_day) {
                later.push_back(&tick);
            } else {
                book.apply(tick);
            }
            continue;
        }
        if (is_add && largest == 0) {
            std::ranges::sort(later, std::greater{}, [](const Tick* t) { return t->delta.order; });
        }
        if (is_add) { largest = std::max(largest, tick.delta.order); }
        for (; !later.empty() && later.back()->delta.order < largest; later.pop_back()) { book.apply(*later.back()); }
        book.apply(tick);
        if (!tick.has(model::flag_last)) { continue; }
        if (ours.empty()) { add_untouched(book, first); }
        note_top(book, ours);
    }
    CHECK(stream->symbols() == std::vector<std::string>{"AAPL"});
    CHECK(book.is_valid());
    CHECK(book.faults().total() == 0);
    CHECK(trades == 4067 + 2201);
    const Agreement agreement = compare(ours, distinct(rows_of(text_of(*top_path))));
    INFO("ITCH: ", agreement.first, " changes until the first difference, ", agreement.equal, " of ", agreement.states,
         " states");
    CHECK(agreement.first >= 15'999);
    CHECK((agreement.states - agreement.equal) * 1250 <= agreement.states);  // 99.92 %
}
