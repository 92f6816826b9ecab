// Orders that change or wait at BookVenue: replaces, stops, if-touched and trailing orders, market-to-limit.
#include <doctest/doctest.h>

#include <vector>

#include "walras/backtest/book_venue_test.hpp"

using namespace walras;
using namespace walras::tests;
using model::AggressorSide;
using model::LiquiditySide;

TEST_CASE("a smaller size keeps the place in the queue, a larger one or another price loses it") {
    for (const std::int64_t size : {4, 6}) {
        TickWorld w;
        w.usual_book();
        w.place(1, TickWorld::limit(Side::buy, 99.99, 5));
        w.level(2, Side::buy, 99.99, 30);
        w.act(3, [&](strategy::Context& c) { c.replace({OrderId{1}, Quantity{size}, {}, {}}); });
        w.trade(10, 99.99, 12, AggressorSide::seller);
        CHECK(w.run().fills.size() == (size == 4 ? 1 : 0));
    }
}

TEST_CASE("stops and if-touched orders wake when the price at which they would trade touches them") {
    TickWorld w;
    w.usual_book();
    auto stop = TickWorld::market(Side::buy, 2);
    stop.type = model::OrderType::stop;
    stop.trigger = Price::of(100.02);
    w.place(1, stop);
    auto touched = TickWorld::market(Side::sell, 3);
    touched.type = model::OrderType::market_if_touched;
    touched.trigger = Price::of(100.00);
    w.place(2, touched);
    w.level(10, Side::sell, 100.01, 0);
    w.level(20, Side::buy, 100.00, 50);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 2);
    CHECK(result.fills[0].ts == at_ms(10));
    CHECK(result.fills[0].price == Price::of(100.02));
    CHECK(result.fills[1].ts == at_ms(20));
    CHECK(result.fills[1].price == Price::of(100.00));
}

TEST_CASE("a trailing stop follows the best price and never steps back") {
    TickWorld w;
    w.usual_book();
    auto trail = TickWorld::market(Side::sell, 2);
    trail.type = model::OrderType::trailing_stop;
    trail.trailing_offset = Price::of(0.05).raw;
    w.place(1, trail);
    w.level(10, Side::buy, 100.00, 5);
    w.level(20, Side::buy, 100.00, 0);
    w.level(30, Side::buy, 99.99, 0);
    w.level(31, Side::buy, 99.98, 0);
    w.level(31, Side::buy, 99.95, 7);
    w.level(40, Side::buy, 99.90, 7);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].ts == at_ms(31));
    CHECK(result.fills[0].price == Price::of(99.95));
}

TEST_CASE("market-to-limit rests at the price of its last fill") {
    TickWorld w;
    w.usual_book();
    auto order = TickWorld::market(Side::buy, 12);
    order.type = model::OrderType::market_to_limit;
    w.level(1, Side::sell, 100.02, 0);
    w.place(2, order);
    w.level(3, Side::sell, 100.01, 0);
    w.trade(4, 100.00, 1, AggressorSide::seller);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 2);
    CHECK(result.fills[0].quantity.lots == 10);
    CHECK(result.fills[1].quantity.lots == 2);
    CHECK(result.fills[1].price == Price::of(100.01));
    CHECK(result.fills[1].liquidity == LiquiditySide::maker);
}
