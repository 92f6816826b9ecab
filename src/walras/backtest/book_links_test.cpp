// Linked orders, icebergs and halts at the venues of books: BookVenue and ReactiveVenue.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "walras/backtest/book_venue_test.hpp"

using namespace walras;
using namespace walras::tests;
using model::AggressorSide;
using model::BookAction;
using model::Contingency;
using model::OrderStatus;
using model::Reason;

namespace {

model::OrderTerms stop(Side side, double trigger, std::int64_t lots) {
    model::OrderTerms terms = TickWorld::market(side, lots);
    terms.type = model::OrderType::stop;
    terms.trigger = Price::of(trigger);
    return terms;
}

// A limit above and a stop below, of which one fill ends (oco) or shrinks (ouo) the other; orders 1 and 2.
void place_pair(TickWorld& w, std::int64_t ms, Contingency how, std::int64_t lots) {
    w.act(ms, [&w, how, lots](strategy::Context& c) {
        const OrderListId list = c.new_list();
        for (const model::OrderTerms& one :
             {TickWorld::limit(Side::sell, 100.01, lots), stop(Side::sell, 99.50, lots)}) {
            model::Request request;
            request.terms = one;
            request.terms.instrument = w.a;
            request.size.lots = lots;
            request.list = list;
            request.contingency = how;
            c.place(request);
        }
    });
}

std::size_t place_of(const std::vector<std::string>& steps, const std::string& step) {
    return static_cast<std::size_t>(std::ranges::find(steps, step) - steps.begin());
}

struct World : TickWorld {
    explicit World(bool reacts) { config.books.reacts = reacts; }
};

}  // namespace

TEST_CASE("under latency one of two linked orders fills, and the other is canceled before that is told") {
    for (const bool reacts : {false, true}) {
        CAPTURE(reacts);
        World w(reacts);
        w.config.replay.latency = model::constant_latency(milliseconds(50), milliseconds(50));
        w.usual_book();
        place_pair(w, 1, Contingency::oco, 5);
        w.trade(100, 100.01, 30, AggressorSide::buyer);  // through the queue: the limit fills
        w.level(101, Side::sell, 100.01, 0);
        w.level(110, Side::buy, 99.99, 0);  // and before anybody hears of it the market falls through the stop
        w.level(110, Side::buy, 99.98, 0);
        w.level(110, Side::buy, 99.40, 50);
        w.trade(111, 99.40, 1, AggressorSide::seller);
        w.level(400, Side::buy, 99.39, 5);
        const auto result = w.run();
        REQUIRE(result.fills.size() == 1);
        CHECK(result.fills[0].order == OrderId{1});
        CHECK(result.orders[1].status == OrderStatus::canceled);
        CHECK(result.orders[1].reason == Reason::contingency);
        CHECK(place_of(w.script.steps, "2 canceled") < place_of(w.script.steps, "1 filled"));
        CHECK(result.anomalies.empty());
    }
}

TEST_CASE("a partial fill shrinks a linked order by as much, at the exchange") {
    for (const bool reacts : {false, true}) {
        CAPTURE(reacts);
        World w(reacts);
        w.config.replay.latency = model::constant_latency(milliseconds(50), milliseconds(50));
        w.usual_book();
        place_pair(w, 1, Contingency::ouo, 5);
        w.trade(100, 100.01, 12, AggressorSide::buyer);  // 10 before us: 2 of 5
        w.level(101, Side::sell, 100.01, 0);
        w.level(110, Side::buy, 99.99, 0);
        w.level(110, Side::buy, 99.98, 0);
        w.level(110, Side::buy, 99.40, 50);
        w.trade(111, 99.40, 1, AggressorSide::seller);
        w.level(400, Side::buy, 99.39, 5);
        const auto result = w.run();
        std::int64_t sold = 0;
        for (const auto& fill : result.fills) { sold += fill.quantity.lots; }
        CHECK(sold == 5);
        CHECK(result.orders[1].terms.quantity == Quantity{3});
        CHECK(result.orders[1].filled == Quantity{3});
        CHECK(result.anomalies.empty());
    }
}

TEST_CASE("a linked order that was under way when its sibling filled ends as it arrives") {
    for (const bool reacts : {false, true}) {
        CAPTURE(reacts);
        World w(reacts);
        w.config.replay.latency = model::constant_latency(milliseconds(50), milliseconds(50));
        w.usual_book();
        OrderListId list{};
        const auto send = [&](model::OrderTerms terms) {
            return [&w, &list, terms](strategy::Context& c) {
                if (list.is_none()) { list = c.new_list(); }
                model::Request request;
                request.terms = terms;
                request.terms.instrument = w.a;
                request.size.lots = terms.quantity.lots;
                request.list = list;
                request.contingency = Contingency::oco;
                c.place(request);
            };
        };
        w.act(1, send(TickWorld::limit(Side::buy, 100.01, 4)));   // takes at 51, is known at 101
        w.act(60, send(TickWorld::limit(Side::buy, 100.02, 4)));  // sent before that
        w.level(400, Side::buy, 99.39, 5);
        const auto result = w.run();
        REQUIRE(result.fills.size() == 1);
        CHECK(result.orders[1].status == OrderStatus::canceled);
        CHECK(result.anomalies.empty());
    }
}

TEST_CASE("the next part of an iceberg stands behind what others still show") {
    TickWorld w;
    w.usual_book();  // 10 at 99.99
    auto iceberg = TickWorld::limit(Side::buy, 99.99, 9);
    iceberg.display_quantity = Quantity{3};
    w.place(1, iceberg);
    w.level(5, Side::buy, 99.99, 30);               // 20 others behind us
    w.trade(10, 99.99, 15, AggressorSide::seller);  // 10 before us, 3 of us, and the next part joins the back
    w.level(11, Side::buy, 99.99, 15);
    w.trade(20, 99.99, 10, AggressorSide::seller);  // 15 were left
    w.level(21, Side::buy, 99.99, 5);
    w.trade(30, 99.99, 7, AggressorSide::seller);    // 5 others, then 2 of us
    w.trade(40, 99.99, 100, AggressorSide::seller);  // nobody else is there: part after part
    const auto result = w.run();
    REQUIRE(result.fills.size() == 4);
    CHECK(result.fills[0].ts == at_ms(10));
    CHECK(result.fills[0].quantity.lots == 3);
    CHECK(result.fills[1].ts == at_ms(30));
    CHECK(result.fills[1].quantity.lots == 2);
    CHECK(result.fills[2].quantity.lots == 1);
    CHECK(result.fills[3].quantity.lots == 3);
}

TEST_CASE("by order an iceberg's next part arrives after everybody who is there") {
    TickWorld w;
    w.delta(0, BookAction::add, Side::buy, 99.99, 4, 1);
    w.delta(0, BookAction::add, Side::sell, 100.01, 4, 2);
    auto iceberg = TickWorld::limit(Side::buy, 99.99, 6);
    iceberg.display_quantity = Quantity{2};
    w.place(1, iceberg);
    w.delta(5, BookAction::add, Side::buy, 99.99, 8, 3);
    w.delta(10, BookAction::fill, Side::buy, 99.99, 4, 1);  // before us
    CHECK(w.feed.ticks.size() == 4);
    w.delta(20, BookAction::fill, Side::buy, 99.99, 5, 3);  // behind us: our 2 trade first; the next 2 stand behind it
    w.delta(30, BookAction::fill, Side::buy, 99.99, 3, 3);  // ... and are not reached by it
    w.delta(40, BookAction::add, Side::buy, 99.99, 7, 4);
    w.delta(50, BookAction::fill, Side::buy, 99.99, 1, 4);  // behind us again
    const auto result = w.run();
    REQUIRE(result.fills.size() == 2);
    CHECK(result.fills[0].ts == at_ms(20));
    CHECK(result.fills[0].quantity.lots == 2);
    CHECK(result.fills[1].ts == at_ms(50));
    CHECK(result.fills[1].quantity.lots == 1);
}

TEST_CASE("an iceberg that cannot be one, and orders for auctions, are refused with the reason") {
    for (const bool reacts : {false, true}) {
        CAPTURE(reacts);
        World w(reacts);
        w.usual_book();
        auto terms = TickWorld::limit(Side::buy, 99.99, 5);
        terms.display_quantity = Quantity{6};
        w.place(1, terms);
        auto now_or_never = TickWorld::limit(Side::buy, 99.99, 5, model::TimeInForce::ioc);
        now_or_never.display_quantity = Quantity{2};
        w.place(2, now_or_never);
        w.place(3, TickWorld::limit(Side::buy, 99.99, 5, model::TimeInForce::at_the_close));
        w.level(9, Side::buy, 99.97, 1);
        const auto result = w.run();
        CHECK(result.orders[0].reason == Reason::invalid_display);
        CHECK(result.orders[1].reason == Reason::invalid_display);
        CHECK(result.orders[2].reason == Reason::no_auction);
        for (const auto& order : result.orders) { CHECK(order.status == OrderStatus::rejected); }
    }
}

TEST_CASE("an aggressor that the feed still lists where it was does not trade there") {
    for (const bool reacts : {false, true}) {
        CAPTURE(reacts);
        World w(reacts);
        w.delta(0, BookAction::add, Side::buy, 99.90, 4, 1);
        w.delta(0, BookAction::add, Side::buy, 99.99, 4, 2);
        w.delta(0, BookAction::add, Side::sell, 100.01, 9, 3);
        w.place(1, TickWorld::limit(Side::buy, 99.95, 5));
        // Order 1 has been moved to 100.01: it trades before the book is told of its new price.
        w.trade(10, 100.01, 4, AggressorSide::buyer);
        w.feed.ticks.back().flags = 0;
        for (const auto& [side, order] : {std::pair{Side::buy, 1U}, std::pair{Side::sell, 3U}}) {
            w.delta(10, BookAction::fill_notice, side, 100.01, 4, order);
            w.feed.ticks.back().flags = 0;
        }
        w.delta(10, BookAction::reduce, Side::buy, 99.90, 4, 1);
        w.feed.ticks.back().flags = 0;
        w.delta(10, BookAction::reduce, Side::sell, 100.01, 4, 3);
        w.delta(20, BookAction::add, Side::buy, 99.50, 1, 4);
        const auto result = w.run();
        CHECK(result.fills.empty());
        CHECK(result.reactions.met_us == 0);
    }
}

TEST_CASE("nothing trades while the exchange has halted, and what came meanwhile enters when it goes on") {
    const auto halt = [](TickWorld& w, std::int64_t ms, model::BookState state) {
        w.delta(ms, BookAction::state, Side::buy, 0, 0, static_cast<std::uint64_t>(state));
    };
    TickWorld w;
    w.usual_book();
    halt(w, 5, model::BookState::halted);
    std::vector<model::BookState> seen;
    w.script.book = [&](strategy::Context&, const book::MarketBook& b) { seen.push_back(b.state()); };
    w.place(6, TickWorld::market(Side::buy, 3));
    w.level(10, Side::sell, 100.05, 7);  // orders come and go in a halt
    halt(w, 20, model::BookState::unverifiable);
    w.level(30, Side::buy, 99.97, 1);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].ts == at_ms(20));
    CHECK(std::ranges::find(seen, model::BookState::halted) != seen.end());
    CHECK(seen.back() == model::BookState::unverifiable);

    World reacting(true);
    reacting.usual_book();
    halt(reacting, 5, model::BookState::halted);
    reacting.place(6, TickWorld::market(Side::buy, 3));
    halt(reacting, 20, model::BookState::unverifiable);
    reacting.place(21, TickWorld::market(Side::buy, 3));
    reacting.level(30, Side::buy, 99.97, 1);
    const auto answered = reacting.run();
    CHECK(answered.orders[0].reason == Reason::trading_halted);
    CHECK(answered.orders[1].status == OrderStatus::filled);
}

TEST_CASE("a cancel or a replace that meets an order which has just ended is refused, and nothing is odd") {
    for (const bool reacts : {false, true}) {
        CAPTURE(reacts);
        World w(reacts);
        w.config.replay.latency = model::constant_latency(milliseconds(5), milliseconds(5));
        w.usual_book();
        w.place(1, TickWorld::market(Side::buy, 3));                                          // 1: filled
        w.place(1, TickWorld::limit(Side::buy, 99.99, 3, model::TimeInForce::at_the_close));  // 2: rejected
        w.place(1, TickWorld::limit(Side::buy, 99.00, 3, model::TimeInForce::ioc));           // 3: canceled
        w.act(8, [](strategy::Context& c) {
            c.cancel(OrderId{1});
            c.cancel(OrderId{2});
            c.replace({OrderId{3}, Quantity{5}, Price{}, Price{}});
        });
        w.level(100, Side::buy, 99.97, 1);
        const auto result = w.run();
        CHECK(result.anomalies.empty());
        for (const char* step : {"1 cancel_rejected", "2 cancel_rejected", "3 replace_rejected"}) {
            CAPTURE(step);
            CHECK(place_of(w.script.steps, step) < w.script.steps.size());
        }
        CHECK(result.orders[0].reason == Reason::none);
        CHECK(result.orders[1].reason == Reason::no_auction);
        CHECK(result.orders[2].reason == Reason::ioc_remainder);
    }
}
