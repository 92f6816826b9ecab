// Strategies that quote in books, on hand-made feeds and in random markets.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "walras/backtest/wandering_market_test.hpp"
#include "walras/core/error.hpp"
#include "walras/strategy/library.hpp"

using namespace walras;
using namespace walras::tests;
using backtest::Result;
using model::AggressorSide;
using model::BookState;
using strategy::Value;

namespace {

using Given = std::map<std::string, Value>;

Result run(TickWorld& w, const char* name, const Given& given) {
    const auto made = strategy::make(name, given);
    const std::array<strategy::Strategy*, 1> strategies{made.get()};
    backtest::Data data;
    w.feed.rewind();
    data.ticks = &w.feed;
    data.ticked = {w.a};
    return backtest::run(w.universe, data, strategies, w.config);
}

// A valid book of 99.99 x 10 | 100.01 x 10 from the start.
void begin(TickWorld& w) {
    begin_valid(w);
    w.usual_book();
}

std::int64_t largest_position(const Result& result) {
    std::int64_t held = 0;
    std::int64_t largest = 0;
    for (const auto& fill : result.fills) {
        held += fill.quantity.lots * model::sign(fill.side);
        largest = std::max(largest, std::abs(held));
    }
    return largest;
}

const model::Order* order_at(const Result& result, std::int64_t ms, Side side) {
    for (const auto& order : result.orders) {
        if (order.ts_init == at_ms(ms) && order.terms.side == side) { return &order; }
    }
    return nullptr;
}

}  // namespace

TEST_CASE("the imbalance maker quotes around the fair price, leaning with the book") {
    TickWorld w;
    begin(w);
    w.level(10, Side::buy, 99.99, 30);  // imbalance 0.5, micro price 100.005
    const Result flat =
        run(w, "imbalance_maker", {{"half_spread", 1.0}, {"imbalance_shift", 0.0}, {"fair", std::string{"mid"}}});
    REQUIRE(flat.orders.size() == 2);
    CHECK(flat.orders[0].terms.price == Price::of(99.99));
    CHECK(flat.orders[1].terms.price == Price::of(100.01));
    const Result leans =
        run(w, "imbalance_maker", {{"half_spread", 1.0}, {"imbalance_shift", 2.0}, {"fair", std::string{"mid"}}});
    CHECK(leans.orders[0].terms.price == Price::of(100.00));  // 100.00 + 0.01 - 0.01
    CHECK(leans.orders[1].terms.price == Price::of(100.02));
    CHECK(leans.orders[0].revision == 1);  // moved, not sent anew
    for (const auto& order : leans.orders) { CHECK(order.terms.post_only); }
}

TEST_CASE("the imbalance maker leans against its inventory, and stops buying when it is full") {
    TickWorld w;
    begin(w);
    w.trade(10, 99.98, 50, AggressorSide::seller);  // fills the bid
    w.level(20, Side::buy, 99.98, 21);
    w.level(30, Side::buy, 99.98, 22);
    const Given given{
        {"size", 2.0}, {"max_position", 2.0}, {"imbalance_shift", 0.0}, {"skew", 1.0}, {"fair", std::string{"mid"}}};
    const Result result = run(w, "imbalance_maker", given);
    CHECK(largest_position(result) == 2);
    REQUIRE(result.orders.size() == 2);                        // no new bid
    CHECK(result.orders[1].terms.price == Price::of(100.00));  // one tick down: wants to sell
}

TEST_CASE("the imbalance maker does not send a message for each change of the book") {
    TickWorld w;
    begin(w);
    for (int i = 0; i < 500; ++i) { w.level(10 + i, Side::buy, 99.98, 20 + i % 7); }
    const Result result = run(w, "imbalance_maker", {{"fair", std::string{"mid"}}});
    CHECK(result.orders.size() == 2);
    CHECK(result.orders[0].revision == 0);
}

TEST_CASE("no strategy has an order while the book is not valid, but where it is told to trust") {
    for (const char* name : {"imbalance_maker", "grid", "queue_joiner"}) {
        CAPTURE(name);
        TickWorld w;
        w.usual_book();  // nobody knows what is missing
        w.level(10, Side::buy, 99.99, 200);
        w.level(20, Side::buy, 99.99, 201);
        Given given;
        if (name == std::string{"queue_joiner"}) { given = {{"max_queue", 1'000.0}}; }
        CHECK(run(w, name, given).orders.empty());
        Given trusting = given;
        trusting["trust_unverifiable"] = true;
        CHECK_FALSE(run(w, name, trusting).orders.empty());

        TickWorld lost;
        begin(lost);
        lost.level(10, Side::buy, 99.99, 200);
        say_state(lost, 20, BookState::resyncing);
        lost.level(30, Side::buy, 99.99, 150);
        const Result result = run(lost, name, given);
        CHECK_FALSE(result.orders.empty());
        for (const auto& order : result.orders) {
            CHECK(order.ts_init < at_ms(20));
            CHECK(order.reason == model::Reason::user_request);
            CHECK(order.ts_last <= at_ms(30));
        }
    }
}

TEST_CASE("a grid buys each line down, sells one line up, and starts again far away") {
    TickWorld w;
    begin(w);
    w.level(5, Side::buy, 99.99, 11);
    w.trade(10, 99.97, 100, AggressorSide::seller);  // through 99.98, one line of 2 ticks below 100.00
    w.level(20, Side::buy, 99.99, 12);
    const Given given{{"levels", std::int64_t{2}}, {"spacing", std::int64_t{2}}, {"size", 3.0}, {"recentre", 3.0}};
    const Result result = run(w, "grid", given);
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].price == Price::of(99.98));
    std::map<std::int64_t, std::int64_t> placed;  // cents: signed lots
    for (const auto& order : result.orders) {
        placed[order.terms.price.raw / 10'000'000] += order.terms.quantity.lots * model::sign(order.terms.side);
    }
    // The line that filled is the gap: the old centre sells.
    CHECK(placed == std::map<std::int64_t, std::int64_t>{{9996, 3}, {9998, 3}, {10000, -3}, {10002, -3}, {10004, -3}});
    const auto moved = [&] {
        TickWorld far;
        begin(far);
        far.level(10, Side::sell, 100.20, 5);
        far.level(11, Side::sell, 100.02, 0);
        far.level(12, Side::sell, 100.01, 0);  // the mid is 9 ticks up: 3 spacings are 6
        far.level(13, Side::buy, 99.99, 12);
        return run(far, "grid", given);
    }();
    REQUIRE(moved.orders.size() >= 4);
    CHECK(moved.orders[0].reason == model::Reason::user_request);
    CHECK(std::ranges::any_of(moved.orders, [](const auto& o) { return o.terms.price == Price::of(100.07); }));
}

TEST_CASE("a queue joiner joins the favoured side and leaves when the queue behind it is gone") {
    TickWorld w;
    begin(w);
    w.level(10, Side::buy, 99.99, 40);  // imbalance 0.6
    w.level(20, Side::buy, 99.99, 60);  // 20 behind us
    w.level(30, Side::buy, 99.99, 41);  // 19 of them leave: 1 of 20 is left
    w.level(40, Side::buy, 99.99, 40);
    const Given given{{"size", 2.0}, {"max_queue", 5.0}, {"enter", 0.55}};
    const Result result = run(w, "queue_joiner", given);
    const model::Order* entry = order_at(result, 10, Side::buy);
    REQUIRE(entry != nullptr);
    CHECK(entry->terms.price == Price::of(99.99));
    CHECK(entry->status == model::OrderStatus::canceled);
    CHECK(entry->ts_last == at_ms(30));
}

TEST_CASE("a queue joiner leaves when the book leans the other way, when it is outbid, and when it stays last") {
    const Given given{{"size", 2.0}, {"max_queue", 5.0}, {"enter", 0.55}, {"patience", 0.1}};
    const auto entry_of = [&](const std::function<void(TickWorld&)>& then) {
        TickWorld w;
        begin(w);
        w.level(10, Side::buy, 99.99, 40);
        then(w);
        const Result result = run(w, "queue_joiner", given);
        const model::Order* entry = order_at(result, 10, Side::buy);
        REQUIRE(entry != nullptr);
        return *entry;
    };
    CHECK(entry_of([](TickWorld& w) { w.level(30, Side::sell, 100.01, 90); }).ts_last == at_ms(30));
    CHECK(entry_of([](TickWorld& w) { w.level(40, Side::buy, 100.00, 30); }).ts_last == at_ms(40));
    const auto last = entry_of([](TickWorld& w) {
        w.level(50, Side::buy, 99.98, 21);
        w.level(120, Side::buy, 99.98, 22);
        w.level(130, Side::buy, 99.98, 23);
    });
    CHECK(last.ts_last == at_ms(120));
}

TEST_CASE("a queue joiner leaves its position by the other queue, or at the market when the book turns") {
    const Given given{{"size", 2.0}, {"max_queue", 5.0}, {"enter", 0.55}, {"stop", 0.7}};
    TickWorld w;
    begin(w);
    w.level(10, Side::buy, 99.99, 40);
    w.trade(20, 99.98, 1, AggressorSide::seller);
    w.level(30, Side::buy, 99.98, 21);
    const auto rest = [&] { return run(w, "queue_joiner", given); }();
    const model::Order* exit = order_at(rest, 30, Side::sell);
    REQUIRE(exit != nullptr);
    CHECK(exit->terms.price == Price::of(100.01));
    CHECK(exit->terms.quantity == Quantity{2});
    w.level(40, Side::sell, 100.01, 400);
    w.level(50, Side::sell, 100.01, 401);
    const Result out = run(w, "queue_joiner", given);
    REQUIRE(out.fills.size() == 2);
    CHECK(out.fills[1].side == Side::sell);
    CHECK(out.fills[1].liquidity == model::LiquiditySide::taker);
    CHECK(out.fills[1].ts == at_ms(50));
}

TEST_CASE("the execute strategy runs its algorithm on a schedule, and back") {
    TickWorld w;
    begin(w);
    w.level(1, Side::sell, 100.01, 500);
    for (int i = 0; i < 400; ++i) { w.level(10 + 10 * i, Side::buy, 99.90, 5 + i % 2); }
    const Result result = run(w, "execute",
                              {{"quantity", 12.0},
                               {"duration", 1.0},
                               {"slices", std::int64_t{4}},
                               {"urgency", std::string{"aggressive"}},
                               {"start_after", 0.5},
                               {"every", 1.5},
                               {"alternate", true}});
    REQUIRE(result.executions.size() == 3);
    CHECK(result.executions[0].request.side == Side::buy);
    CHECK(result.executions[0].start == at_ms(500));
    CHECK(result.executions[1].request.side == Side::sell);
    CHECK(result.executions[1].start == at_ms(2'000));
    CHECK(result.executions[0].filled == Quantity{12});
    for (const char* algorithm : {"twap", "vwap", "pov", "iceberg"}) {
        CAPTURE(algorithm);
        TickWorld each;
        wander(each, 5, 600);
        const Result r =
            run(each, "execute", {{"algorithm", std::string{algorithm}}, {"quantity", 20.0}, {"duration", 4.0}});
        REQUIRE(r.executions.size() == 1);
        CHECK(r.executions[0].filled.lots > 0);
    }
}

TEST_CASE("settings that contradict each other are refused") {
    CHECK_THROWS_AS(strategy::make("imbalance_maker", {{"size", 5.0}, {"max_position", 2.0}}), ConfigError);
    CHECK_THROWS_AS(strategy::make("grid", {{"size", 5.0}, {"max_position", 2.0}}), ConfigError);
    CHECK_THROWS_AS(strategy::make("queue_joiner", {{"enter", 0.1}, {"leave", 0.2}}), ConfigError);
    CHECK_THROWS_AS(strategy::make("execute", {{"algorithm", std::string{"guess"}}}), ConfigError);
}

TEST_CASE("on random markets no position exceeds its bound, with latency, refusals and lost books") {
    const std::map<std::string, Given> casts{
        {"imbalance_maker", {{"size", 3.0}, {"max_position", 7.0}, {"lifetime", 0.3}}},
        {"grid",
         {{"size", 2.0},
          {"max_position", 7.0},
          {"levels", std::int64_t{4}},
          {"spacing", std::int64_t{1}},
          {"recentre", 3.0}}},
        {"queue_joiner", {{"size", 7.0}, {"enter", 0.2}, {"leave", -0.3}, {"max_queue", 3.0}}},
    };
    for (const auto& [name, given] : casts) {
        std::size_t fills = 0;
        for (std::uint64_t seed = 1; seed <= 60; ++seed) {
            CAPTURE(name);
            CAPTURE(seed);
            TimeNs lost = time_max;
            const auto play = [&] {
                TickWorld w;
                wander(w, seed, 1'000);
                if (seed % 4 == 0) {
                    model::Tick& from = w.feed.ticks[400];
                    lost = from.ts_init;
                    from.delta = {};
                    from.kind = model::EventKind::book_delta;
                    from.delta.action = model::BookAction::state;
                    from.delta.order = static_cast<std::uint64_t>(BookState::resyncing);
                }
                constexpr DurationNs delay = milliseconds(13);
                if (seed % 3 == 1) { w.config.replay.latency = model::constant_latency(delay, delay); }
                if (seed % 5 == 1) { w.config.session.limits.max_position = Quantity{4}; }
                return run(w, name.c_str(), given);
            };
            const Result result = play();
            fills += result.fills.size();
            CHECK(largest_position(result) <= 7);
            CHECK(result.anomalies.empty());
            for (const auto& order : result.orders) { CHECK(order.ts_init <= lost); }
            CHECK(play().signature == result.signature);
        }
        CHECK(fills > 300);
    }
}
