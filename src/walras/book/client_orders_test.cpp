#include "walras/book/client_orders.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <string>
#include <vector>

namespace walras::book {
namespace {

using model::Contingency;
using model::OrderSide;
using model::OrderStep;

struct Reports final : ClientReports {
    std::vector<std::string> said;
    std::uint64_t numbers = 0;
    void report(const model::OrderStepFacts& facts, OrderStep step, model::Reason) override {
        ++numbers;
        said.push_back(fmt::format("{} {} {}", facts.order.value, to_string(step), facts.terms.quantity.lots));
    }
    std::uint64_t fill(const model::Execution& e) override {
        said.push_back(fmt::format("{} filled {}", e.order.value, e.quantity.lots));
        return ++numbers;
    }
};

// One instrument, its engine, and two linked orders in it: a bid of 100 at 99 and an ask of 100 at 101.
struct Desk {
    static constexpr std::uint64_t first = 1000;

    explicit Desk(Contingency how) : contingency(how) {
        submit(1, OrderSide::buy, 99);
        submit(2, OrderSide::sell, 101);
        reports.said.clear();
    }
    void submit(std::uint32_t id, OrderSide side, double price, std::uint64_t heard = UINT64_MAX) {
        model::Order order;
        order.id = OrderId{id};
        order.list = OrderListId{1};
        order.contingency = contingency;
        order.terms.side = side;
        order.terms.type = model::OrderType::limit;
        order.terms.price = Price::of(price);
        order.terms.quantity = Quantity{100};
        const auto request = orders.arrive(order, OwnerId{7}, heard, time_max, reports);
        if (!request) { return; }
        engine.submit(*request, log);
        digest();
    }
    // Of others.
    void trade(OrderSide side, double price, std::int64_t lots) {
        NewOrder order;
        order.terms.side = side;
        order.terms.type = model::OrderType::limit;
        order.terms.price = Price::of(price);
        order.terms.quantity = Quantity{lots};
        engine.submit(order, log);
        digest();
    }
    void digest() {
        while (true) {
            for (const MatchEvent& event : log.events) { orders.tell(event, engine, reports); }
            log.events.clear();
            const auto due = orders.next_due();
            if (!due) { break; }
            due->quantity.is_zero() ? engine.cancel(due->order, log) : engine.replace(*due, log);
        }
        orders.forget([](OrderId) {});
    }
    [[nodiscard]] std::int64_t left(std::uint32_t id) const {
        const auto view = engine.order(OrderId{first + id});
        return view ? view->leaves().lots : 0;
    }

    Contingency contingency;
    model::Instrument instrument;
    MatchingEngine engine{MatchingEngineConfig{.tick_size = Price{10'000'000}}};
    ClientOrders orders{instrument, InstrumentId{0}, first};
    MatchLog log;
    Reports reports;
};
using Said = std::vector<std::string>;

TEST_CASE("what one of two orders fills cancels the other, which is said before the fill") {
    Desk desk(Contingency::oco);
    desk.trade(OrderSide::buy, 101, 30);
    CHECK(desk.reports.said == Said{"1 canceled 100", "2 filled 30"});
    CHECK(desk.left(1) == 0);
    CHECK(desk.left(2) == 70);
}

TEST_CASE("orders that shrink each other have together what one of them had, fill after fill") {
    Desk desk(Contingency::ouo);
    desk.trade(OrderSide::buy, 101, 30);
    CHECK(desk.left(1) == 70);
    desk.trade(OrderSide::sell, 99, 50);
    CHECK(desk.left(1) == 20);
    CHECK(desk.left(2) == 20);
    desk.trade(OrderSide::sell, 99, 50);
    CHECK(desk.left(2) == 0);
}

TEST_CASE("two fills in one call of the engine shrink the other order once, by both") {
    Desk desk(Contingency::ouo);
    desk.trade(OrderSide::buy, 98, 10);
    desk.trade(OrderSide::buy, 97, 10);
    model::Replace change;
    change.order = OrderId{2};
    change.price = Price::of(97);  // the ask crosses both of them, and our own bid is passed by
    const auto request = desk.orders.arrive(change, UINT64_MAX, desk.reports);
    REQUIRE(request.has_value());
    desk.engine.cancel(OrderId{Desk::first + 1}, desk.log);  // that it would meet
    desk.digest();
    desk.submit(30, OrderSide::buy, 90);  // a number that the engine gave nobody
    desk.engine.replace(*request, desk.log);
    desk.digest();
    CHECK(desk.left(2) == 80);
    CHECK(desk.left(30) == 80);
}

TEST_CASE("an order whose sibling traded while it was under way is as much smaller, or never enters") {
    for (const Contingency how : {Contingency::ouo, Contingency::oco}) {
        Desk desk(how);
        desk.trade(OrderSide::buy, 101, 30);
        desk.reports.said.clear();
        desk.submit(3, OrderSide::buy, 98, 0);  // had heard nothing
        if (how == Contingency::ouo) {
            CHECK(desk.reports.said == Said{"3 accepted 70", "3 replaced 70"});
            CHECK(desk.left(3) == 70);
        } else {
            CHECK(desk.reports.said == Said{"3 accepted 0", "3 canceled 0"});
        }
        desk.submit(4, OrderSide::buy, 97);  // had heard all
        CHECK(desk.left(4) == 100);
    }
}

TEST_CASE("without positions in the engine a reduce-only order is watched: it never opens or turns a position") {
    for (const bool is_whole : {true, false}) {
        Desk desk(Contingency::oco);
        desk.orders = ClientOrders(desk.instrument, InstrumentId{0}, Desk::first, true);
        const auto reduce = [&](std::uint32_t id, OrderSide side, std::int64_t lots) {
            model::Order order;
            order.id = OrderId{id};
            order.terms.side = side;
            order.terms.type = model::OrderType::limit;
            order.terms.price = Price::of(105);
            order.terms.quantity = Quantity{lots};
            order.terms.reduce_only = true;
            const auto request = desk.orders.arrive(order, OwnerId{7}, 0, time_max, desk.reports);
            if (!request) { return; }
            CHECK(!request->terms.reduce_only);
            desk.engine.submit(*request, desk.log);
            desk.digest();
        };
        reduce(10, OrderSide::sell, 40);
        CHECK(desk.reports.said.back() == "10 rejected 40");
        desk.submit(11, OrderSide::buy, 98);
        for (const std::uint64_t id : {1U, 2U}) { desk.engine.cancel(OrderId{Desk::first + id}, desk.log); }
        desk.digest();
        desk.trade(OrderSide::sell, 98, 60);
        desk.reports.said.clear();
        reduce(12, OrderSide::sell, is_whole ? 60 : 80);
        CHECK(desk.left(12) == 60);
        CHECK(desk.reports.said.back() == (is_whole ? "12 accepted 60" : "12 replaced 60"));
        desk.submit(13, OrderSide::sell, 104);  // not reduce-only: takes the position away
        desk.trade(OrderSide::buy, 104, 45);
        CHECK(desk.left(12) == 15);
        desk.trade(OrderSide::buy, 104, 20);
        CHECK(desk.left(12) == 0);
    }
}

TEST_CASE("owners are told apart by strategy and position") {
    ClientOwners owners(5);
    CHECK(owners.of(StrategyId{1}, PositionId{0}) == OwnerId{5});
    CHECK(owners.of(StrategyId{2}, PositionId{0}) == OwnerId{6});
    CHECK(owners.of(StrategyId{1}, PositionId{3}) == OwnerId{7});
    CHECK(owners.of(StrategyId{2}, PositionId{0}) == OwnerId{6});
}

}  // namespace
}  // namespace walras::book
