#include "walras/engine/itch_books.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "walras/codec/gzip.hpp"
#include "walras/codec/itch/itch.hpp"
#include "walras/core/error.hpp"
#include "walras/core/random.hpp"
#include "walras/data/journal_file.hpp"

using namespace walras;
using book::MarketBook;
using engine::ItchBooks;
using model::Tick;

namespace {

std::string big(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) { out += static_cast<char>(value >> (8 * i)); }
    return out;
}
std::string stock(std::size_t number) {
    std::string name = "S" + std::to_string(number);
    name.resize(8, ' ');
    return name;
}
std::string framed(const std::string& message) { return big(message.size(), 2) + message; }

// A day of several stocks: orders with numbers of their own, and now and then a message that contradicts its book.
class Day {
public:
    std::string bytes;

    Day(std::uint64_t seed, std::size_t stocks, int messages) : random_({.seed = seed}), known_(stocks) {
        say('S', 0, "O");
        for (std::size_t i = 0; i < stocks; ++i) { say('R', i + 1, stock(i) + std::string(20, ' ')); }
        for (int i = 0; i < messages; ++i) { step(below(stocks)); }
    }

private:
    std::uint64_t below(std::uint64_t n) { return random_.below(n); }
    void say(char type, std::size_t locate, const std::string& rest) {
        bytes += framed(type + big(locate, 2) + big(0, 2) + big(++time_, 6) + rest);
    }
    void step(std::size_t at) {
        std::vector<std::uint64_t>& known = known_[at];
        const std::size_t locate = at + 1;
        // One in fifty names an order that nobody knows.
        const bool is_wrong = known.empty() || below(50) == 0;
        const std::size_t i = known.empty() ? 0 : below(known.size());
        const std::uint64_t id = is_wrong ? 1'000'000 + at : known[i];
        const std::string size = big(1 + below(300), 4);
        const std::string price = big(100 * (100 + below(200)), 4);
        const std::uint64_t what = below(100);
        if (what < 45 || known.empty()) {
            const bool again = below(200) == 0;
            const std::uint64_t next = again ? id : ++last_ * known_.size() + at;
            const std::string order = big(next, 8) + (below(2) == 0 ? "B" : "S") + size + stock(at) + price;
            if (below(10) == 0) {
                say('F', locate, order + "MPID");
            } else {
                say('A', locate, order);
            }
            if (!again || is_wrong) { known.push_back(next); }
        } else if (what < 60) {
            say('D', locate, big(id, 8));
            if (!is_wrong) { known.erase(known.begin() + static_cast<std::ptrdiff_t>(i)); }
        } else if (what < 70) {
            const std::uint64_t next = ++last_ * known_.size() + at;
            say('U', locate, big(id, 8) + big(next, 8) + size + price);
            if (!is_wrong) { known[i] = next; }
        } else if (what < 80) {
            say('X', locate, big(id, 8) + size);
        } else if (what < 90) {
            say('E', locate, big(id, 8) + size + big(time_, 8));
        } else if (what < 95) {
            say('C', locate, big(id, 8) + size + big(time_, 8) + (below(2) == 0 ? "Y" : "N") + price);
        } else if (what < 98) {
            say('P', locate, big(0, 8) + "B" + size + stock(at) + price + big(time_, 8));
        } else {
            say('Q', locate, big(below(3) * 100, 8) + stock(at) + price + big(time_, 8) + "O");
        }
    }

    core::Random random_;
    std::vector<std::vector<std::uint64_t>> known_;
    std::uint64_t last_ = 0;
    std::uint64_t time_ = 0;
};

// What the ticks of the decoder make of the same bytes.
std::vector<MarketBook> by_ticks(const std::string& bytes, const codec::TickOptions& options,
                                 const book::MarketBookConfig& config) {
    const auto decoder = codec::itch::make_decoder(options);
    std::vector<MarketBook> books;
    std::vector<Tick> ticks;
    for (auto left = std::as_bytes(std::span(bytes)); !left.empty();) {
        ticks.clear();
        left = left.subspan(decoder->decode(left, true, ticks));
        for (const Tick& tick : ticks) {
            while (books.size() <= tick.instrument.value) { books.emplace_back(config); }
            books[tick.instrument.value].apply(tick);
        }
    }
    return books;
}

void check_same(const MarketBook& ours, const MarketBook& theirs) {
    CHECK(ours.state() == theirs.state());
    CHECK(ours.ts_event() == theirs.ts_event());
    CHECK(ours.sequence() == theirs.sequence());
    CHECK(ours.faults().unknown_orders == theirs.faults().unknown_orders);
    CHECK(ours.faults().duplicate_orders == theirs.faults().duplicate_orders);
    CHECK(ours.faults().overfills == theirs.faults().overfills);
    CHECK(ours.next_arrival() == theirs.next_arrival());
    std::vector<Tick> a;
    std::vector<Tick> b;
    append_snapshot(ours, InstrumentId{0}, TimeNs{}, a);
    append_snapshot(theirs, InstrumentId{0}, TimeNs{}, b);
    REQUIRE(a.size() == b.size());
    CHECK(std::memcmp(a.data(), b.data(), a.size() * sizeof(Tick)) == 0);
    for (const Tick& tick : a) {
        if (tick.delta.order > 2) {
            REQUIRE(ours.queue_ahead(tick.delta.order) == theirs.queue_ahead(tick.delta.order));
        }
    }
}

void check_day(const std::string& bytes, const codec::TickOptions& options, std::size_t piece) {
    const book::MarketBookConfig config{.window_ticks = 128, .expected_orders = 16};
    ItchBooks books(options, config);
    std::string_view left(bytes);
    // Pieces that are cut anywhere: what is cut off comes again.
    for (std::size_t have = piece; !left.empty(); have += piece) {
        const auto view = left.substr(0, have);
        const std::size_t used = books.read(std::as_bytes(std::span(view)), view.size() == left.size());
        left.remove_prefix(used);
        have -= std::min(have, used);
    }
    const std::vector<MarketBook> expected = by_ticks(bytes, options, config);
    REQUIRE(books.symbols().size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) { check_same(books.book(i), expected[i]); }
}

}  // namespace

TEST_CASE("books kept from the bytes of ITCH are those of its ticks, order by order and fault by fault") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        check_day(Day(seed, 3, 4000).bytes, {}, 1 << 20);
        check_day(Day(seed, 40, 20'000).bytes, {.date = 86'400'000'000'000}, 1 << 20);
        check_day(Day(seed, 20, 5000).bytes, {}, 700 + seed);
    }
}

TEST_CASE("books of ITCH are those of the stocks that are wanted, in lots that are wanted") {
    const codec::TickOptions options{.lot_size = 1'000'000, .symbols = {"S3", "S11"}};
    check_day(Day(7, 20, 10'000).bytes, options, 1 << 20);
    ItchBooks books(options);
    const Day day(7, 20, 10'000);
    CHECK(books.read(std::as_bytes(std::span(day.bytes)), true) == day.bytes.size());
    CHECK(books.symbols() == std::vector<std::string>{"S3", "S11"});
    CHECK(books.messages() == 10'021);
}

TEST_CASE("a reader of ITCH's books stops where it is told, and goes on from there") {
    const Day day(8, 12, 3000);
    ItchBooks books;
    std::size_t calls = 0;
    for (auto left = std::as_bytes(std::span(day.bytes)); !left.empty(); ++calls) {
        left = left.subspan(books.read(left, true, 100));
        CHECK(books.messages() == std::min<std::size_t>(100 * (calls + 1), 3013));
    }
    CHECK(calls == 31);
}

TEST_CASE("broken ITCH ends the reading of books behind the last good message") {
    std::string bytes = Day(9, 12, 100).bytes;
    bytes += framed("Z");
    ItchBooks books({.source = "f.itch"});
    CHECK_THROWS_WITH_AS(books.read(std::as_bytes(std::span(bytes)), true),
                         "f.itch, message 114: ITCH 5.0 has no type 0x5a; the file is damaged or of another format",
                         DataError);
    CHECK(books.messages() == 113);
    ItchBooks fine({}, {.tick_size = Price::of(0.05)});
    CHECK_THROWS_WITH_AS(fine.read(std::as_bytes(std::span(bytes)), true),
                         doctest::Contains("is not a multiple of the tick"), DataError);
}

TEST_CASE("the derived ITCH stream of AAPL makes the same book from its bytes and from its ticks") {
    const auto root = std::filesystem::path(WALRAS_SOURCE_DIR);
    for (const auto& base : {root.parent_path(), root.parent_path().parent_path()}) {
        const auto path = base / "shared/data/l3/aapl_20120621_from_lobster.itch50.gz";
        if (!std::filesystem::exists(path)) { continue; }
        const std::string bytes = codec::gunzip(data::read_file(path), path.string());
        ItchBooks books;
        REQUIRE(books.read(std::as_bytes(std::span(bytes)), true) == bytes.size());
        const auto expected = by_ticks(bytes, {}, {});
        REQUIRE(books.symbols().size() == 1);
        check_same(books.book(0), expected[0]);
        return;
    }
    MESSAGE("skipped: ../shared/data/l3 is absent");
}
