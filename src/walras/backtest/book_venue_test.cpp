#include "walras/backtest/book_venue.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "walras/backtest/book_venue_test.hpp"

using namespace walras;
using namespace walras::tests;
using model::AggressorSide;
using model::BookAction;
using model::FillRule;
using model::LiquiditySide;
using model::TimeInForce;

TEST_CASE("a resting order waits until the queue before it has traded") {
    TickWorld w;
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 99.99, 5));
    w.trade(10, 99.99, 6, AggressorSide::seller);
    w.trade(20, 99.99, 7, AggressorSide::seller);  // 4 before us, 3 left
    w.trade(30, 99.99, 9, AggressorSide::seller);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 2);
    CHECK(result.fills[0].ts == at_ms(20));
    CHECK(result.fills[0].quantity.lots == 3);
    CHECK(result.fills[0].price == Price::of(99.99));
    CHECK(result.fills[0].rule == FillRule::trade);
    CHECK(result.fills[0].liquidity == LiquiditySide::maker);
    CHECK(result.fills[1].ts == at_ms(30));
    CHECK(result.fills[1].quantity.lots == 2);
}

TEST_CASE("trades of the other side do not reach it, and trades through its price fill it whole") {
    TickWorld w;
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 99.99, 50));
    w.trade(10, 99.99, 100, AggressorSide::buyer);
    w.trade(20, 99.98, 1, AggressorSide::seller);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].ts == at_ms(20));
    CHECK(result.fills[0].quantity.lots == 50);
    CHECK(result.fills[0].price == Price::of(99.99));
}

TEST_CASE("a quote that comes to a resting order fills it") {
    TickWorld w;
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 100.00, 5));
    w.level(10, Side::sell, 100.00, 1);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].rule == FillRule::quote);
    CHECK(result.fills[0].price == Price::of(100.00));
}

TEST_CASE("a market order walks the levels, and what it took is not there again") {
    TickWorld w;
    w.usual_book();
    w.place(1, TickWorld::market(Side::buy, 15));
    w.place(2, TickWorld::market(Side::buy, 20));
    w.level(3, Side::sell, 100.02, 4);  // smaller than what we took: what is left of it is ours
    w.level(4, Side::sell, 100.02, 9);
    w.place(5, TickWorld::market(Side::buy, 20));
    w.level(6, Side::buy, 99.98, 1);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 4);
    CHECK(result.fills[0].quantity.lots == 10);
    CHECK(result.fills[0].price == Price::of(100.01));
    CHECK(result.fills[1].quantity.lots == 5);
    CHECK(result.fills[1].price == Price::of(100.02));
    CHECK(result.fills[2].quantity.lots == 15);  // of 20 we had 5; then nothing is left
    CHECK(result.fills[3].quantity.lots == 5);   // 9 less the 4 that were ours
    CHECK(result.fills[3].rule == FillRule::book);
    CHECK(result.fills[3].liquidity == LiquiditySide::taker);
    CHECK(result.orders[1].status == model::OrderStatus::canceled);
}

TEST_CASE("without partial fills an order trades whole at the best price") {
    TickWorld w;
    w.config.books.partial_fills = false;
    w.usual_book();
    w.place(1, TickWorld::market(Side::buy, 500));
    w.place(2, TickWorld::limit(Side::buy, 99.99, 500));
    w.trade(10, 99.99, 10, AggressorSide::seller);
    w.trade(11, 99.99, 1, AggressorSide::seller);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 2);
    CHECK(result.fills[0].quantity.lots == 500);
    CHECK(result.fills[0].price == Price::of(100.01));
    CHECK(result.fills[1].quantity.lots == 500);
    CHECK(result.fills[1].ts == at_ms(11));
}

TEST_CASE("immediate orders take what is there or nothing, and post-only orders never take") {
    TickWorld w;
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 100.01, 15, TimeInForce::ioc));
    w.place(2, TickWorld::limit(Side::sell, 99.98, 31, TimeInForce::fok));
    w.place(3, TickWorld::limit(Side::sell, 99.98, 30, TimeInForce::fok));
    auto post = TickWorld::limit(Side::buy, 100.02, 5);
    post.post_only = true;
    w.place(4, post);
    w.trade(9, 150, 1, AggressorSide::none);
    const auto result = w.run();
    CHECK(result.orders[0].filled.lots == 10);
    CHECK(result.orders[0].reason == model::Reason::ioc_remainder);
    CHECK(result.orders[1].reason == model::Reason::fok_not_fillable);
    CHECK(result.orders[2].status == model::OrderStatus::filled);
    CHECK(result.orders[3].reason == model::Reason::post_only_would_take);
}

TEST_CASE("the exchange and we have clocks of our own") {
    TickWorld w;
    w.feed_delay = milliseconds(3);
    w.config.replay.latency = model::constant_latency(milliseconds(10), milliseconds(4));
    w.usual_book();
    TimeNs first{};
    w.script.book = [&](strategy::Context& c, const book::MarketBook&) {
        if (first == TimeNs{}) { first = c.now(); }
    };
    w.place(5, TickWorld::market(Side::buy, 1));  // there at 15
    w.level(14, Side::sell, 100.01, 0);           // we learn of it at 17, too late
    w.level(40, Side::buy, 99.98, 1);
    const auto result = w.run();
    CHECK(first == at_ms(3));
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].ts == at_ms(15));
    CHECK(result.fills[0].price == Price::of(100.02));
    CHECK(w.script.steps == std::vector<std::string>{"1 accepted", "1 filled"});
}

TEST_CASE("a cancel that is late loses against the fill") {
    TickWorld w;
    w.config.replay.latency = model::constant_latency(milliseconds(10), milliseconds(1));
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 99.99, 5));
    w.act(20, [](strategy::Context& c) { c.cancel(OrderId{1}); });
    w.trade(29, 99.98, 1, AggressorSide::seller);
    w.level(60, Side::buy, 99.98, 1);
    const auto result = w.run();
    CHECK(result.fills.size() == 1);
    CHECK(w.script.steps.back() == "1 cancel_rejected");
}

TEST_CASE("nothing fills while the book is resyncing, and orders that came meanwhile enter with the snapshot") {
    TickWorld w;
    w.usual_book();
    w.delta(5, BookAction::state, Side::buy, 0, 0, static_cast<std::uint64_t>(model::BookState::resyncing));
    w.place(6, TickWorld::market(Side::buy, 2));
    w.level(7, Side::sell, 100.01, 9);
    w.delta(8, BookAction::clear, Side::buy, 0, 0);
    w.feed.ticks.back().flags = model::flag_snapshot;
    w.level(8, Side::buy, 101.00, 4);
    w.feed.ticks.back().flags = model::flag_snapshot;
    w.level(8, Side::sell, 101.01, 4);
    w.feed.ticks.back().flags = model::flag_snapshot | model::flag_last;
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].ts == at_ms(8));
    CHECK(result.fills[0].price == Price::of(101.01));
}

TEST_CASE("best quotes alone are a book of one level a side") {
    TickWorld w;
    w.quote(0, 99.99, 10, 100.01, 8);
    w.place(1, TickWorld::market(Side::buy, 12));
    w.place(2, TickWorld::limit(Side::buy, 99.99, 3));
    w.quote(10, 99.98, 10, 99.99, 8);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 2);
    CHECK(result.fills[0].quantity.lots == 8);
    CHECK(result.fills[1].ts == at_ms(10));
    CHECK(result.fills[1].rule == FillRule::quote);
}

TEST_CASE("a feed whose quotes come before its orders becomes a book by order") {
    TickWorld w;
    w.quote(0, 99.99, 10, 100.01, 8);
    w.delta(1, BookAction::add, Side::sell, 100.02, 5, 1);
    w.delta(1, BookAction::add, Side::buy, 99.98, 5, 2);
    w.place(2, TickWorld::market(Side::buy, 3));
    w.quote(3, 99.99, 10, 100.01, 8);  // no book any more
    w.delta(4, BookAction::remove, Side::buy, 0, 0, 2);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].price == Price::of(100.02));
}

TEST_CASE("reduce-only orders never go beyond the position") {
    TickWorld w;
    w.usual_book();
    w.place(1, TickWorld::market(Side::buy, 4));
    auto close = TickWorld::market(Side::sell, 3);
    close.reduce_only = true;
    w.act(2, [&w, close](strategy::Context& c) mutable {
        model::Request request;
        request.terms = close;
        request.terms.instrument = w.a;
        request.size.lots = 3;
        c.place(request);
        c.place(request);
    });
    w.level(3, Side::buy, 99.98, 1);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 3);
    CHECK(result.fills[1].quantity.lots == 3);
    CHECK(result.fills[2].quantity.lots == 1);
}

TEST_CASE("a size in percent of equity meets the best price that was announced for it") {
    TickWorld w;
    w.config.session.accounts.front().balances.front().amount = Money::of(1'000);
    w.usual_book();
    w.act(1, [&](strategy::Context& c) {
        model::Request all;
        all.terms.instrument = w.a;
        all.size.kind = model::SizeKind::percent;
        all.size.percent = Rate::of(1);
        c.place(all);
    });
    w.level(5, Side::buy, 99.98, 1);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].quantity.lots == 9);
    CHECK(result.fills[0].ts == at_ms(1));
}

TEST_CASE("a run that begins late knows the books by a snapshot and fills as if it had seen everything") {
    for (const bool late : {false, true}) {
        TickWorld w;
        w.usual_book();
        w.level(3, Side::buy, 99.99, 12);
        w.place(10, TickWorld::limit(Side::buy, 99.99, 5));
        w.trade(20, 99.99, 15, AggressorSide::seller);
        w.trade(21, 99.99, 15, AggressorSide::seller);
        if (late) { w.config.from = at_ms(9); }
        std::size_t packets = 0;
        w.script.book = [&](strategy::Context&, const book::MarketBook& b) {
            ++packets;
            if (late) { CHECK(b.best_lots(Side::buy) == 12); }
        };
        const auto result = w.run();
        REQUIRE(result.fills.size() == 2);
        CHECK(result.fills[0].quantity.lots == 3);
        CHECK(packets == (late ? 2 : 5));  // the snapshot and its state
    }
}

TEST_CASE("a note of each thing that happened to one order explains its fill") {
    TickWorld w;
    w.config.books.explain = OrderId{1};
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 99.99, 5));
    w.trade(10, 99.99, 6, AggressorSide::seller);
    w.level(11, Side::buy, 99.99, 3);
    w.trade(20, 99.99, 8, AggressorSide::seller);
    const auto result = w.run();
    std::vector<backtest::NoteKind> kinds;
    kinds.reserve(result.notes.size());
    for (const auto& note : result.notes) { kinds.push_back(note.kind); }
    using K = backtest::NoteKind;
    CHECK(kinds == std::vector{K::arrived, K::joined, K::advanced, K::canceled_ahead, K::reached, K::filled});
    const auto lines = backtest::explain(result.notes, w.universe.at(w.a));
    REQUIRE(lines.size() == 6);
    CHECK(lines[1] ==
          "2024-01-01T00:00:00.001Z  joins the queue at 99.99 with 5, 10 before it  [bid 99.99 ask 100.01]");
    CHECK(lines[4] ==
          "2024-01-01T00:00:00.02Z  a trade at 99.99 uses up the queue before it: 5 are left for it  [bid 99.99 ask "
          "100.01]");
}

TEST_CASE("the result does not depend on how the stream is cut into chunks") {
    std::uint64_t signature = 0;
    for (const std::size_t chunk : {SIZE_MAX, std::size_t{1}, std::size_t{3}}) {
        TickWorld w;
        w.feed.chunk = chunk;
        w.feed_delay = milliseconds(2);
        w.config.replay.latency = model::sampled_latency(milliseconds(1), milliseconds(5), 3);
        w.usual_book();
        for (int i = 1; i < 200; ++i) {
            w.level(i, i % 2 == 0 ? Side::buy : Side::sell, i % 2 == 0 ? 99.99 : 100.01, 5 + i % 7);
            if (i % 5 == 0) { w.trade(i, 99.99, i % 9, AggressorSide::seller); }
            if (i % 11 == 0) { w.place(i, TickWorld::limit(Side::buy, 99.99, 3)); }
            if (i % 17 == 0) { w.place(i, TickWorld::market(Side::sell, 2)); }
        }
        const auto result = w.run();
        CHECK(result.fills.size() > 10);
        if (signature != 0) { CHECK(result.signature == signature); }
        signature = result.signature;
    }
}
