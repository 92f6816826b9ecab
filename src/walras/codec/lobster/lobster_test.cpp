#include "walras/codec/lobster/lobster.hpp"

#include <doctest/doctest.h>

#include <string>

#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::codec;
using lobster::BookRow;
using model::AggressorSide;
using model::BookAction;
using model::EventKind;
using model::OrderSide;
using model::Tick;

namespace {

std::vector<Tick> decode(const std::string& text, std::optional<BookRow> row = {}, TickOptions options = {}) {
    const auto decoder = lobster::make_decoder(std::move(options), std::move(row));
    std::vector<Tick> out;
    const std::size_t used = decoder->decode(std::as_bytes(std::span(text)), true, out);
    CHECK(used == text.size());
    return out;
}

void check_delta(const Tick& tick, BookAction action, std::uint64_t order, OrderSide side, double price, int size) {
    CHECK(tick.kind == EventKind::book_delta);
    CHECK(tick.delta.action == action);
    CHECK(tick.delta.order == order);
    CHECK(tick.delta.side == side);
    CHECK(tick.delta.price == Price::of(price));
    CHECK(tick.delta.size.lots == size);
}

// Bids of 100 at 10.00 and 50 at 9.99, asks of 200 at 10.01.
const BookRow seed{{{Price::of(10.01), 200}}, {{Price::of(10.00), 100}, {Price::of(9.99), 50}}};
constexpr std::uint64_t first = lobster::first_seeded_order;
const std::string hidden = "34200,5,0,1,100000,1\n";  // changes no book

}  // namespace

TEST_CASE("a message of LOBSTER has its time of day, its date and its line") {
    const auto ticks = decode(
        "\xef\xbb\xbf"
        "34200.004241176,1,16113575,18,5853300,1\r\n34200.5,1,7,5,6989500,-1",
        {}, {.symbols = {"AAPL"}, .date = 1'000'000'000, .feed_delay = DurationNs{9}});
    REQUIRE(ticks.size() == 2);
    check_delta(ticks[0], BookAction::add, 16113575, OrderSide::buy, 585.33, 18);
    CHECK(ticks[0].ts_event.ns == 34'201'004'241'176);
    CHECK(ticks[0].ts_init.ns == 34'201'004'241'185);
    CHECK(ticks[0].sequence == 1);
    CHECK(ticks[0].flags == model::flag_last);
    check_delta(ticks[1], BookAction::add, 7, OrderSide::sell, 698.95, 5);
    CHECK(ticks[1].ts_event.ns == 34'201'500'000'000);
    CHECK(ticks[1].sequence == 2);
    CHECK(decode("1.0000000006,1,7,5,6989500,-1\n")[0].ts_event.ns == 1'000'000'001);  // nearest, beyond nine decimals
}

TEST_CASE("LOBSTER's types are add, reduce, remove, trade and fill, trade, and nothing for halts") {
    const auto ticks = decode(
        "34200,1,7,100,100000,1\n34201,2,7,10,100000,1\n34202,4,7,20,100000,1\n34203,3,7,70,100000,1\n"
        "34204,5,0,5,100050,-1\n34205,6,0,900,100100,-1\n34206,7,0,0,-1,-1\n34207,7,0,0,1,-1\n");
    REQUIRE(ticks.size() == 7);
    check_delta(ticks[1], BookAction::reduce, 7, OrderSide::buy, 10.00, 10);
    CHECK(ticks[2].kind == EventKind::trade);
    CHECK(ticks[2].trade.aggressor == AggressorSide::seller);
    CHECK(ticks[2].trade.size.lots == 20);
    CHECK_FALSE(ticks[2].has(model::flag_last));
    check_delta(ticks[3], BookAction::fill, 7, OrderSide::buy, 10.00, 20);
    check_delta(ticks[4], BookAction::remove, 7, OrderSide::buy, 10.00, 70);
    CHECK(ticks[5].kind == EventKind::trade);
    CHECK(ticks[5].trade.price == Price::of(10.005));
    CHECK(ticks[5].trade.aggressor == AggressorSide::buyer);
    CHECK(ticks[6].trade.price == Price::of(10.01));
    CHECK(ticks[6].trade.aggressor == AggressorSide::none);
}

TEST_CASE("a seed is a snapshot of what rested before the first message, numbered down from 2^63") {
    const auto ticks = decode(hidden, seed);
    REQUIRE(ticks.size() == 5);
    CHECK(ticks[0].delta.action == BookAction::clear);
    check_delta(ticks[1], BookAction::add, first, OrderSide::buy, 10.00, 100);
    check_delta(ticks[2], BookAction::add, first - 1, OrderSide::buy, 9.99, 50);
    check_delta(ticks[3], BookAction::add, first - 2, OrderSide::sell, 10.01, 200);
    for (int i = 0; i < 4; ++i) { CHECK(ticks[static_cast<std::size_t>(i)].has(model::flag_snapshot)); }
    CHECK_FALSE(ticks[2].has(model::flag_last));
    CHECK(ticks[3].has(model::flag_last));
}

TEST_CASE("the seed is the book before the first message, though the row is the one after it") {
    const auto added = decode("34200,1,7,30,100000,1\n", seed);
    REQUIRE(added.size() == 5);
    check_delta(added[1], BookAction::add, first, OrderSide::buy, 10.00, 70);
    check_delta(added[4], BookAction::add, 7, OrderSide::buy, 10.00, 30);
    const auto taken = decode("34200,4,7,30,100200,-1\n", BookRow{{{Price::of(10.03), 5}}, {}});
    REQUIRE(taken.size() == 5);  // the level was the best one, and nothing of it is left in the row
    check_delta(taken[1], BookAction::add, first, OrderSide::sell, 10.02, 30);
    check_delta(taken[4], BookAction::fill, first, OrderSide::sell, 10.02, 30);
}

TEST_CASE("what happens to orders that nobody added happens to the seeded order at their price") {
    const auto ticks = decode(hidden +
                                  "34201,4,5,40,100000,1\n34202,3,6,30,100000,1\n34203,1,8,10,100000,1\n"
                                  "34204,2,8,4,100000,1\n34205,3,9,50,100000,1\n34206,3,8,6,100000,1\n",
                              seed);
    REQUIRE(ticks.size() == 12);
    CHECK(ticks[5].kind == EventKind::trade);
    check_delta(ticks[6], BookAction::fill, first, OrderSide::buy, 10.00, 40);
    check_delta(ticks[7], BookAction::reduce, first, OrderSide::buy, 10.00, 30);
    check_delta(ticks[9], BookAction::reduce, 8, OrderSide::buy, 10.00, 4);
    check_delta(ticks[10], BookAction::reduce, first, OrderSide::buy, 10.00, 30);  // no more than there is
    check_delta(ticks[11], BookAction::remove, 8, OrderSide::buy, 10.00, 6);
}

TEST_CASE("orders behind the seed are left out, orders that must have been in it are shown to be missing") {
    const auto ticks = decode(hidden + "34201,4,5,40,99800,1\n34202,3,6,30,100100,1\n", seed);
    REQUIRE(ticks.size() == 7);
    CHECK(ticks[5].kind == EventKind::trade);  // it traded, wherever it stood
    CHECK(ticks[5].has(model::flag_last));
    check_delta(ticks[6], BookAction::remove, 6, OrderSide::buy, 10.01, 30);
}

TEST_CASE("a row of an order book file has asks and bids, without levels that do not exist") {
    lobster::BookReader reader(
        "\xef\xbb\xbf"
        "5859400,200,5853300,18,9999999999,0,-9999999999,0\r\n5859400,200,5853300,18",
        "f");
    BookRow row;
    REQUIRE(reader.next(row));
    CHECK(row == BookRow{{{Price::of(585.94), 200}}, {{Price::of(585.33), 18}}});
    REQUIRE(reader.next(row));
    CHECK(row.bids.size() == 1);
    CHECK_FALSE(reader.next(row));
    for (const char* bad : {"1,2,3", "1,2,3,x", "1,2,3,4,", "1,2,3,4,5", "\n1,2,3,4"}) {
        CAPTURE(bad);
        lobster::BookReader broken(bad, "f.csv");
        CHECK_THROWS_WITH_AS(broken.next(row), doctest::Contains("f.csv, line 1: not a row"), DataError);
    }
}

TEST_CASE("broken lines of LOBSTER are DataErrors with file, line and text") {
    for (const char* bad :
         {"x,1,7,5,100000,1", "34200,8,7,5,100000,1", "34200,1,7,5,100000", "34200,1,7,5,100000,2",
          "34200,1,7,0,100000,1", "34200,1,0,5,100000,1", "34200,1,7,5,100000,1,9", "34200,1,7,5.5,1,1",
          "34200.,1,7,5,99999999999,1", "", "34200,1,99999999999999999999,5,100000,1"}) {
        CAPTURE(bad);
        CHECK_THROWS_WITH_AS(
            decode(hidden + bad + "\n", {}, {.source = "f.csv"}),
            doctest::Contains((std::string("f.csv, line 2: not a message of LOBSTER, which has time, type "
                                           "1 to 7, order, size, price and direction: ") +
                               bad)
                                  .c_str()),
            DataError);
    }
    CHECK_THROWS_WITH_AS(decode(hidden + std::string(300, '1'), {}, {.source = "f"}), doctest::Contains("f, line 2"),
                         DataError);
    CHECK_THROWS_AS(lobster::make_decoder({.symbols = {"A", "B"}}), ConfigError);
}
