#include "walras/model/lifecycle.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

using namespace walras;
using namespace walras::model;

namespace {

Instrument share() {
    Instrument i;
    i.symbol = "KO";
    i.venue = "XNYS";
    i.validate();
    return i;
}

Order order_of(std::int64_t quantity, OrderStatus status = OrderStatus::initialized) {
    Order o;
    o.id = OrderId{1};
    o.terms.quantity = Quantity{quantity};
    o.status = status;
    return o;
}

OrderReport step(OrderStep s) {
    OrderReport r;
    r.order = OrderId{1};
    r.step = s;
    return r;
}

OrderReport fill(std::int64_t quantity, double price, std::uint64_t trade) {
    OrderReport r = step(OrderStep::filled);
    r.quantity = Quantity{quantity};
    r.price = Price::of(price);
    r.trade = TradeId{trade};
    return r;
}

Order must(std::expected<Order, LifecycleError> result) {
    REQUIRE(result.has_value());
    return *result;
}

const Instrument ko = share();
const TimeNs now{100};

}  // namespace

TEST_CASE("the legal pairs of status and step are exactly these") {
    using enum OrderStatus;
    using S = OrderStep;
    std::set<std::pair<OrderStatus, OrderStep>> legal{
        {initialized, S::denied},       {initialized, S::emulated},
        {initialized, S::submitted},    {initialized, S::accepted},
        {initialized, S::rejected},     {initialized, S::triggered},
        {initialized, S::filled},       {initialized, S::canceled},
        {initialized, S::expired},      {emulated, S::denied},
        {emulated, S::released},        {emulated, S::canceled},
        {emulated, S::expired},         {released, S::denied},
        {released, S::submitted},       {released, S::canceled},
        {released, S::expired},         {submitted, S::accepted},
        {submitted, S::rejected},       {submitted, S::triggered},
        {submitted, S::filled},         {submitted, S::canceled},
        {submitted, S::expired},        {accepted, S::rejected},
        {accepted, S::triggered},       {accepted, S::filled},
        {accepted, S::canceled},        {accepted, S::expired},
        {accepted, S::replaced},        {triggered, S::rejected},
        {triggered, S::filled},         {triggered, S::canceled},
        {triggered, S::expired},        {triggered, S::replaced},
        {partially_filled, S::filled},  {partially_filled, S::canceled},
        {partially_filled, S::expired}, {partially_filled, S::replaced},
        {emulated, S::replaced},        {canceled, S::filled},
        {expired, S::filled},  // a fill that crossed our cancel on the wire
    };
    for (const OrderStatus s : {emulated, submitted, accepted, triggered, partially_filled}) {
        legal.insert({s, S::cancel_requested});
        legal.insert({s, S::replace_requested});
    }
    // A venue's "too late" answer may arrive when the order is already final.
    for (const OrderStatus s :
         {emulated, submitted, accepted, rejected, triggered, partially_filled, filled, canceled, expired}) {
        legal.insert({s, S::cancel_rejected});
        legal.insert({s, S::replace_rejected});
    }
    for (int i = 0; i < order_status_count; ++i) {
        for (int j = 0; j < order_step_count; ++j) {
            const auto status = static_cast<OrderStatus>(i);
            const auto what = static_cast<OrderStep>(j);
            OrderReport report = what == S::filled ? fill(1, 10, 7) : step(what);
            const auto result = apply(order_of(10, status), report, now, ko);
            INFO(std::string(to_string(status)), " + ", std::string(to_string(what)));
            CHECK(result.has_value() == legal.contains({status, what}));
            if (!result) { CHECK(result.error() == LifecycleError::illegal_step); }
        }
    }
}

TEST_CASE("two partial fills of 40 and 60 fill an order of 100 at their average price") {
    Order o = must(apply(order_of(100, OrderStatus::accepted), fill(40, 10.00, 1), now, ko));
    CHECK(o.status == OrderStatus::partially_filled);
    CHECK(o.leaves() == Quantity{60});
    o = must(apply(o, fill(60, 10.10, 2), now, ko));
    CHECK(o.status == OrderStatus::filled);
    CHECK(average_price(o.filled_notional, o.filled, ko) == Price::of(10.06));
}

TEST_CASE("an overfill, a duplicate and an empty fill are errors and leave the order alone") {
    const Order o = must(apply(order_of(100, OrderStatus::accepted), fill(40, 10, 1), now, ko));
    CHECK(apply(o, fill(61, 10, 2), now, ko).error() == LifecycleError::overfill);
    CHECK(apply(o, fill(40, 10, 1), now, ko).error() == LifecycleError::duplicate_fill);
    CHECK(apply(o, fill(0, 10, 3), now, ko).error() == LifecycleError::invalid_fill);
    CHECK(o.filled == Quantity{40});
}

TEST_CASE("a fill that crosses a cancel still counts") {
    Order o = must(apply(order_of(100, OrderStatus::accepted), step(OrderStep::cancel_requested), now, ko));
    CHECK(o.pending == Pending::cancel);
    o = must(apply(o, step(OrderStep::canceled), now, ko));
    CHECK(o.status == OrderStatus::canceled);
    CHECK(o.pending == Pending::none);
    SUBCASE("completing the order makes it filled") {
        CHECK(must(apply(o, fill(100, 10, 1), now, ko)).status == OrderStatus::filled);
    }
    SUBCASE("a part leaves it canceled with the fill counted") {
        const Order part = must(apply(o, fill(30, 10, 1), now, ko));
        CHECK(part.status == OrderStatus::canceled);
        CHECK(part.filled == Quantity{30});
    }
}

TEST_CASE("a rejected cancel or replace clears the request and keeps the status") {
    for (const OrderStatus s : {OrderStatus::submitted, OrderStatus::accepted, OrderStatus::partially_filled}) {
        Order o = must(apply(order_of(10, s), step(OrderStep::cancel_requested), now, ko));
        o = must(apply(o, step(OrderStep::cancel_rejected), now, ko));
        CHECK(o.status == s);
        CHECK(o.pending == Pending::none);
    }
}

TEST_CASE("an acceptance that arrives while a cancel is under way keeps the cancel pending") {
    Order o = must(apply(order_of(10, OrderStatus::submitted), step(OrderStep::cancel_requested), now, ko));
    o = must(apply(o, step(OrderStep::accepted), now, ko));
    CHECK(o.status == OrderStatus::accepted);
    CHECK(o.pending == Pending::cancel);
}

TEST_CASE("a replace chain counts revisions and keeps what is filled") {
    Order o = must(apply(order_of(100, OrderStatus::accepted), fill(40, 10, 1), now, ko));
    OrderReport r = step(OrderStep::replaced);
    r.quantity = Quantity{70};
    r.price = Price::of(9.5);
    o = must(apply(o, r, now, ko));
    CHECK(o.client_id() == ClientOrderId{OrderId{1}, 1});
    CHECK(o.leaves() == Quantity{30});
    r.quantity = Quantity{39};
    CHECK(apply(o, r, now, ko).error() == LifecycleError::replace_too_small);
    r.quantity = Quantity{40};
    o = must(apply(o, r, now, ko));
    CHECK(o.status == OrderStatus::filled);
    CHECK(o.revision == 2);
}

TEST_CASE("a report for another order is refused") {
    OrderReport r = step(OrderStep::accepted);
    r.order = OrderId{2};
    CHECK(apply(order_of(1, OrderStatus::submitted), r, now, ko).error() == LifecycleError::wrong_order);
}

TEST_CASE("notionals are exact for whole units and rounded half to even below 1e-9") {
    CHECK(notional(Price::of(167.45), Quantity{688}, ko) == Money::of(115205.6));
    Instrument btc;
    btc.symbol = "BTCUSDT";
    btc.venue = "BINANCE";
    btc.lot_size = 1;  // 1e-9
    btc.validate();
    CHECK(notional(Price{1'500'000'000}, Quantity{1}, btc).raw == 2);  // 1.5e-9 -> 2e-9
    CHECK(notional(Price{2'500'000'000}, Quantity{1}, btc).raw == 2);  // 2.5e-9 -> 2e-9
    CHECK(notional(Price{2'500'000'000}, Quantity{-1}, btc).raw == -2);
    CHECK(round_to_decimals(Money::of(1.4004), 2) == Money::of(1.40));
    CHECK(affordable(Money::of(1000), Price::of(99.9), ko) == Quantity{10});
}

TEST_CASE("quantities off the lot raise with the nearest valid ones") {
    Instrument i;
    i.symbol = "BTCUSDT";
    i.venue = "BINANCE";
    i.lot_size = 1'000'000;  // 0.001
    i.validate();
    CHECK(i.quantity_from_units(0.005) == Quantity{5});
    CHECK_THROWS_WITH_AS(static_cast<void>(i.quantity_from_units(0.0015)),
                         "Quantity 0.0015 of BTCUSDT.BINANCE is not a multiple of its lot size 0.001; the nearest are "
                         "0.001 and 0.002.",
                         OrderError);
    CHECK_THROWS_AS(static_cast<void>(i.quantity_from_units(0.0 / 0.0)), OrderError);
}

TEST_CASE("a universe finds instruments by full name and by symbol when that is unambiguous") {
    Universe u;
    u.add(share());
    Instrument other = share();
    other.venue = "ARCX";
    u.add(other);
    CHECK(u.find("KO.XNYS") == InstrumentId{0});
    CHECK_FALSE(u.find("KO"));
    CHECK_THROWS_WITH_AS(static_cast<void>(u.require("PEP")),
                         "Instrument \"PEP\" is unknown; this run has: KO.XNYS, KO.ARCX.", ConfigError);
    CHECK_THROWS_AS(u.add(share()), ConfigError);
}

TEST_CASE("a step in place does what the function does, and leaves the order as it was after an error") {
    using enum OrderStatus;
    for (int s = 0; s < order_status_count; ++s) {
        for (int t = 0; t < order_step_count; ++t) {
            for (const std::int64_t quantity : {0, 4, 10, 11}) {
                Order before = order_of(10, static_cast<OrderStatus>(s));
                OrderReport report = fill(quantity, 5, 1);
                report.step = static_cast<OrderStep>(t);
                Order order = before;
                const auto done = apply_in_place(order, report, now, ko);
                const auto result = apply(before, report, now, ko);
                CHECK(done.has_value() == result.has_value());
                const Order& expected = result ? *result : before;
                CHECK(order.status == expected.status);
                CHECK(order.filled == expected.filled);
                CHECK(order.filled_notional == expected.filled_notional);
                CHECK(order.terms.quantity == expected.terms.quantity);
                CHECK(order.revision == expected.revision);
                CHECK(order.ts_last == expected.ts_last);
                if (!done) { CHECK(done.error() == result.error()); }
            }
        }
    }
    Order full = order_of(INT64_MAX, accepted);
    full.filled_notional = Money{core::int128{1} << 126};
    full.filled_notional += full.filled_notional - Money{1};
    CHECK_THROWS_AS(static_cast<void>(apply_in_place(full, fill(1, 5, 1), now, ko).has_value()), LedgerError);
    CHECK(full.filled == Quantity{0});
}
