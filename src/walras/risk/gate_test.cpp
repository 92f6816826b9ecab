// Every rule once allowing and once denying, at its exact limit.
#include "walras/risk/gate.hpp"

#include <doctest/doctest.h>

#include "walras/core/error.hpp"
#include "walras/portfolio/shares_test.hpp"

using namespace walras;
using model::Order;
using model::OrderSide;
using model::OrderType;
using model::Reason;
using risk::RiskGate;
using risk::RiskLimits;
using risk::TradingState;

namespace {

constexpr TimeNs now{1'704'067'200'000'000'000};

// The shares stand at 100.00 and 50.00 with a tick of 0.01.
struct Desk : tests::Shares {
    [[nodiscard]] portfolio::Portfolio marked() const {
        portfolio::Portfolio p{universe, {account}, 2};
        p.mark(a, Price::of(100), now);
        p.mark(b, Price::of(50), now);
        return p;
    }
};

Order order(InstrumentId instrument, OrderSide side, std::int64_t lots) {
    Order o;
    o.id = OrderId{1};
    o.terms.instrument = instrument;
    o.terms.side = side;
    o.terms.quantity = Quantity{lots};
    return o;
}

Order limit_order(InstrumentId instrument, OrderSide side, std::int64_t lots, double price) {
    Order o = order(instrument, side, lots);
    o.terms.type = OrderType::limit;
    o.terms.price = Price::of(price);
    return o;
}

void fill(portfolio::Portfolio& p, InstrumentId instrument, OrderSide side, std::int64_t lots, double price,
          StrategyId strategy = {}) {
    model::Event e{model::EventKind::order, instrument, now, now};
    e.report.step = model::OrderStep::filled;
    e.report.side = side;
    e.report.quantity = Quantity{lots};
    e.report.price = Price::of(price);
    e.report.strategy = strategy;
    p.apply(e);
}

Reason verdict(RiskGate& gate, const Order& o, const portfolio::Portfolio& p, TimeNs at = now) {
    const auto result = gate.review(o, p, at);
    return result ? Reason::none : result.error().reason;
}

constexpr auto buy = OrderSide::buy;
constexpr auto sell = OrderSide::sell;

}  // namespace

TEST_CASE("an order's terms are checked before anything else") {
    Desk d;
    RiskGate gate{d.universe, {}};
    const auto p = d.marked();
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 0), p) == Reason::invalid_quantity);
    CHECK(verdict(gate, order(d.a, buy, 1'000'001), p) == Reason::invalid_quantity);
    CHECK(verdict(gate, order(InstrumentId{7}, buy, 1), p) == Reason::unknown_instrument);

    CHECK(verdict(gate, limit_order(d.a, buy, 1, 99.99), p) == Reason::none);
    CHECK(verdict(gate, limit_order(d.a, buy, 1, 0), p) == Reason::invalid_price);
    CHECK(verdict(gate, limit_order(d.a, buy, 1, -5), p) == Reason::invalid_price);
    CHECK(verdict(gate, limit_order(d.a, buy, 1, 99.995), p) == Reason::off_tick);
    Order priced_market = order(d.a, buy, 1);
    priced_market.terms.price = Price::of(100);
    CHECK(verdict(gate, priced_market, p) == Reason::invalid_price);

    Order stop = order(d.a, sell, 1);
    stop.terms.type = OrderType::stop;
    CHECK(verdict(gate, stop, p) == Reason::invalid_trigger);
    stop.terms.trigger = Price::of(95.005);
    CHECK(verdict(gate, stop, p) == Reason::off_tick);
    stop.terms.trigger = Price::of(95);
    CHECK(verdict(gate, stop, p) == Reason::none);

    Order trailing = order(d.a, sell, 1);
    trailing.terms.type = OrderType::trailing_stop;
    CHECK(verdict(gate, trailing, p) == Reason::invalid_trigger);
    trailing.terms.trailing_offset = 1;
    CHECK(verdict(gate, trailing, p) == Reason::none);
}

TEST_CASE("good till date needs a date in the future, and only good till date has one") {
    Desk d;
    RiskGate gate{d.universe, {}};
    const auto p = d.marked();
    Order o = limit_order(d.a, buy, 1, 99);
    o.terms.time_in_force = model::TimeInForce::gtd;
    CHECK(verdict(gate, o, p) == Reason::invalid_expiry);
    o.terms.expire_time = now;
    CHECK(verdict(gate, o, p) == Reason::invalid_expiry);
    o.terms.expire_time = now + DurationNs{1};
    CHECK(verdict(gate, o, p) == Reason::none);
    o.terms.time_in_force = model::TimeInForce::gtc;
    CHECK(verdict(gate, o, p) == Reason::invalid_expiry);
}

TEST_CASE("an expired instrument is not traded") {
    Desk d;
    model::Instrument future;
    future.symbol = "F";
    future.venue = "SIM";
    future.currency = d.usd;
    future.expiry = now + DurationNs{1};
    future.validate();
    const InstrumentId f = d.universe.add(future);
    portfolio::Portfolio p{d.universe, {d.account}, 1};
    p.mark(f, Price::of(10), now);
    RiskGate gate{d.universe, {}};
    CHECK(verdict(gate, order(f, buy, 1), p, now) == Reason::none);
    CHECK(verdict(gate, order(f, buy, 1), p, now + DurationNs{1}) == Reason::instrument_expired);
}

TEST_CASE("an order needs a reference price, and a fresh one where an age is set") {
    Desk d;
    RiskLimits limits;
    limits.max_reference_age = seconds(60);
    RiskGate gate{d.universe, limits};
    const portfolio::Portfolio unmarked{d.universe, {d.account}, 1};
    CHECK(verdict(gate, order(d.a, buy, 1), unmarked) == Reason::no_reference_price);
    const auto p = d.marked();
    CHECK(verdict(gate, order(d.a, buy, 1), p, now + seconds(60)) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 1), p, now + seconds(60) + DurationNs{1}) == Reason::stale_reference_price);
    RiskGate ageless{d.universe, {}};
    CHECK(verdict(ageless, order(d.a, buy, 1), p, now + days(400)) == Reason::none);
}

TEST_CASE("limit and stop prices stay within the collar around the last price") {
    Desk d;
    RiskLimits limits;
    limits.price_collar = Rate::of(0.1);
    RiskGate gate{d.universe, limits};
    const auto p = d.marked();
    CHECK(verdict(gate, limit_order(d.a, buy, 1, 110), p) == Reason::none);
    CHECK(verdict(gate, limit_order(d.a, buy, 1, 110.01), p) == Reason::price_collar);
    CHECK(verdict(gate, limit_order(d.a, buy, 1, 90), p) == Reason::none);
    CHECK(verdict(gate, limit_order(d.a, buy, 1, 89.99), p) == Reason::price_collar);
    Order stop = order(d.a, sell, 1);
    stop.terms.type = OrderType::stop;
    stop.terms.trigger = Price::of(89.99);
    CHECK(verdict(gate, stop, p) == Reason::price_collar);
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::none);  // a market order has no price
}

TEST_CASE("quantity and notional of one order are limited, also for orders that reduce") {
    Desk d;
    RiskLimits limits;
    limits.max_order_quantity = Quantity{10};
    RiskGate gate{d.universe, limits};
    auto p = d.marked();
    CHECK(verdict(gate, order(d.a, buy, 10), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 11), p) == Reason::max_order_quantity);
    fill(p, d.a, buy, 20, 100);
    CHECK(verdict(gate, order(d.a, sell, 11), p) == Reason::max_order_quantity);

    RiskLimits money;
    money.max_order_notional = Money::of(1'000);
    RiskGate notional{d.universe, money};
    CHECK(verdict(notional, order(d.a, buy, 10), p) == Reason::none);
    CHECK(verdict(notional, order(d.a, buy, 11), p) == Reason::max_order_notional);
    CHECK(verdict(notional, limit_order(d.a, buy, 11, 90), p) == Reason::none);  // valued at its own price
    CHECK(verdict(notional, limit_order(d.a, buy, 10, 100.01), p) == Reason::max_order_notional);
}

TEST_CASE("the position limit counts what is held and what open orders may add") {
    Desk d;
    RiskLimits limits;
    limits.max_position = Quantity{30};
    RiskGate gate{d.universe, limits};
    auto p = d.marked();
    fill(p, d.a, buy, 10, 100);
    CHECK(verdict(gate, order(d.a, buy, 20), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 21), p) == Reason::max_position);
    CHECK(verdict(gate, order(d.a, sell, 40), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, sell, 41), p) == Reason::max_position);
    gate.track(order(d.a, buy, 15), Quantity{0}, Quantity{15});
    CHECK(verdict(gate, order(d.a, buy, 5), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 6), p) == Reason::max_position);
    CHECK(verdict(gate, order(d.b, buy, 30), p) == Reason::none);  // another instrument
    gate.track(order(d.a, buy, 15), Quantity{15}, Quantity{0});
    CHECK(verdict(gate, order(d.a, buy, 20), p) == Reason::none);
}

TEST_CASE("gross exposure adds instruments, net exposure offsets them") {
    Desk d;
    d.account.initial_margin = Rate::of(0.1);
    d.account.maintenance_margin = Rate::of(0.05);
    auto p = d.marked();
    fill(p, d.a, buy, 10, 100);  // 1,000 long

    RiskLimits gross;
    gross.max_gross_exposure = Money::of(3'000);
    RiskGate g{d.universe, gross};
    CHECK(verdict(g, order(d.b, sell, 40), p) == Reason::none);
    CHECK(verdict(g, order(d.b, sell, 41), p) == Reason::max_gross_exposure);
    g.track(order(d.a, buy, 10), Quantity{0}, Quantity{10});
    CHECK(verdict(g, order(d.b, sell, 21), p) == Reason::max_gross_exposure);

    RiskLimits net;
    net.max_net_exposure = Money::of(2'000);
    RiskGate n{d.universe, net};
    CHECK(verdict(n, order(d.b, buy, 20), p) == Reason::none);
    CHECK(verdict(n, order(d.b, buy, 21), p) == Reason::max_net_exposure);
    CHECK(verdict(n, order(d.b, sell, 60), p) == Reason::none);  // 1,000 - 3,000
    CHECK(verdict(n, order(d.b, sell, 61), p) == Reason::max_net_exposure);
}

TEST_CASE("a cash account pays in full, open orders included, and is never short") {
    Desk d;
    d.account.kind = portfolio::AccountKind::cash;
    auto p = d.marked();
    RiskGate gate{d.universe, {}};
    CHECK(verdict(gate, order(d.a, buy, 100), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 101), p) == Reason::buying_power);
    gate.track(order(d.b, buy, 100), Quantity{0}, Quantity{100});  // 5,000 promised
    CHECK(verdict(gate, order(d.a, buy, 50), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 51), p) == Reason::buying_power);

    CHECK(verdict(gate, order(d.a, sell, 1), p) == Reason::shorting_not_allowed);
    fill(p, d.a, buy, 10, 100);
    CHECK(verdict(gate, order(d.a, sell, 10), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, sell, 11), p) == Reason::shorting_not_allowed);
    gate.track(order(d.a, sell, 4), Quantity{0}, Quantity{-4});
    CHECK(verdict(gate, order(d.a, sell, 6), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, sell, 7), p) == Reason::shorting_not_allowed);

    RiskLimits unchecked;
    unchecked.check_buying_power = false;
    RiskGate blind{d.universe, unchecked};
    CHECK(verdict(blind, order(d.a, buy, 1'000), p) == Reason::none);
}

TEST_CASE("a cash account sells no more of a currency than it holds") {
    Desk d;
    model::Instrument pair;
    pair.symbol = "BTCUSD";
    pair.venue = "SIM";
    pair.kind = model::InstrumentKind::currency_pair;
    pair.currency = d.usd;
    pair.base = d.universe.currency("BTC");
    pair.lot_size = 1'000'000;  // 0.001
    pair.validate();
    const InstrumentId btc = d.universe.add(pair);
    d.account.kind = portfolio::AccountKind::cash;
    d.account.balances.push_back({*pair.base, Money::of(0.5)});
    portfolio::Portfolio p{d.universe, {d.account}, 1};
    p.mark(btc, Price::of(20'000), now);
    RiskGate gate{d.universe, {}};
    CHECK(verdict(gate, order(btc, sell, 500), p) == Reason::none);
    CHECK(verdict(gate, order(btc, sell, 501), p) == Reason::shorting_not_allowed);
    gate.track(order(btc, sell, 200), Quantity{0}, Quantity{-200});
    CHECK(verdict(gate, order(btc, sell, 300), p) == Reason::none);
    CHECK(verdict(gate, order(btc, sell, 301), p) == Reason::shorting_not_allowed);
}

TEST_CASE("a margin account needs initial margin for positions and for the worst its open orders can do") {
    Desk d;
    d.account.initial_margin = Rate::of(0.5);
    auto p = d.marked();
    RiskGate gate{d.universe, {}};
    CHECK(verdict(gate, order(d.a, buy, 200), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 201), p) == Reason::buying_power);
    CHECK(verdict(gate, order(d.a, sell, 200), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, sell, 201), p) == Reason::buying_power);
    gate.track(order(d.b, sell, 100), Quantity{0}, Quantity{-100});  // 2,500 of margin
    CHECK(verdict(gate, order(d.a, buy, 150), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 151), p) == Reason::buying_power);
    gate.track(order(d.b, sell, 100), Quantity{-100}, Quantity{0});
    // A flip needs margin for what it leaves, not for what it trades.
    fill(p, d.a, buy, 200, 100);
    CHECK(verdict(gate, order(d.a, sell, 400), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, sell, 401), p) == Reason::buying_power);
}

TEST_CASE("a position that has outgrown the account may be turned into one that fits") {
    Desk d;
    RiskGate gate{d.universe, {}};
    auto p = d.marked();
    fill(p, d.a, sell, 90, 100);
    p.mark(d.a, Price::of(110), now);                                   // equity 9,100; the short alone needs 9,900
    CHECK(verdict(gate, order(d.a, buy, 90 + 82), p) == Reason::none);  // 9,020 are needed then
    CHECK(verdict(gate, order(d.a, buy, 90 + 83), p) == Reason::buying_power);  // 9,130
    CHECK(verdict(gate, order(d.a, sell, 1), p) == Reason::buying_power);
    gate.track(order(d.a, sell, 1), Quantity{0}, Quantity{-1});  // it could come first
    CHECK(verdict(gate, order(d.a, buy, 90 + 82), p) == Reason::buying_power);
}

TEST_CASE("what reduces a position passes where buying power is gone") {
    Desk d;
    d.account.initial_margin = Rate::of(0.5);
    auto p = d.marked();
    fill(p, d.a, buy, 200, 100);
    p.mark(d.a, Price::of(60), now);  // equity 2,000, initial margin 6,000
    RiskGate gate{d.universe, {}};
    CHECK(verdict(gate, order(d.a, sell, 200), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::buying_power);
    // Two sales of everything: together they would turn the position around.
    gate.track(order(d.a, sell, 200), Quantity{0}, Quantity{-200});
    CHECK(verdict(gate, order(d.a, sell, 200), p) == Reason::buying_power);
    Order closing = order(d.a, sell, 200);
    closing.terms.reduce_only = true;
    CHECK(verdict(gate, closing, p) == Reason::none);
}

TEST_CASE("reduce-only stays within the strategy's own position") {
    Desk d;
    auto p = d.marked();
    RiskGate gate{d.universe, {}};
    Order o = order(d.a, sell, 10);
    o.terms.reduce_only = true;
    CHECK(verdict(gate, o, p) == Reason::reduce_only_would_increase);
    fill(p, d.a, buy, 10, 100);
    CHECK(verdict(gate, o, p) == Reason::none);
    o.terms.quantity = Quantity{11};
    CHECK(verdict(gate, o, p) == Reason::reduce_only_would_increase);
    o.terms.quantity = Quantity{10};
    o.terms.side = buy;
    CHECK(verdict(gate, o, p) == Reason::reduce_only_would_increase);
    // Another strategy on the same account holds nothing that it could close.
    o.terms.side = sell;
    o.strategy = StrategyId{1};
    CHECK(verdict(gate, o, p) == Reason::reduce_only_would_increase);
    // A stop and a target may both cover the whole position.
    o.strategy = StrategyId{0};
    gate.track(o, Quantity{0}, Quantity{-10});
    CHECK(verdict(gate, o, p) == Reason::none);
    CHECK(verdict(gate, order(d.a, sell, 10), p) == Reason::none);
}

TEST_CASE("of orders that cancel each other only the largest of each side counts") {
    Desk d;
    d.account.kind = portfolio::AccountKind::cash;
    auto p = d.marked();
    RiskGate gate{d.universe, {}};
    const auto linked = [&](std::uint64_t id, OrderSide side, std::int64_t lots, double price) {
        Order o = limit_order(d.a, side, lots, price);
        o.id = OrderId{id};
        o.list = OrderListId{1};
        o.contingency = model::Contingency::oco;
        return o;
    };
    SUBCASE("sells of the same shares") {
        fill(p, d.a, buy, 10, 100);
        const Order one = linked(1, sell, 10, 110);
        CHECK(verdict(gate, one, p) == Reason::none);
        gate.track(one, Quantity{0}, one.signed_leaves());
        CHECK(verdict(gate, linked(2, sell, 10, 120), p) == Reason::none);
        CHECK(verdict(gate, linked(2, sell, 11, 120), p) == Reason::shorting_not_allowed);
        CHECK(verdict(gate, order(d.a, sell, 1), p) == Reason::shorting_not_allowed);  // no sibling
        const Order two = linked(2, sell, 8, 120);
        gate.track(two, Quantity{0}, two.signed_leaves());
        gate.track(one, one.signed_leaves(), Quantity{0});  // cancelled: the other still counts
        CHECK(verdict(gate, order(d.a, sell, 2), p) == Reason::none);
        CHECK(verdict(gate, order(d.a, sell, 3), p) == Reason::shorting_not_allowed);
        gate.track(two, two.signed_leaves(), Quantity{0});
        CHECK(verdict(gate, order(d.a, sell, 10), p) == Reason::none);
    }
    SUBCASE("buys with the same cash") {
        const Order one = linked(1, buy, 100, 90);
        gate.track(one, Quantity{0}, one.signed_leaves());  // 10,000 at the last price
        CHECK(verdict(gate, linked(2, buy, 100, 95), p) == Reason::none);
        CHECK(verdict(gate, linked(2, buy, 100, 101), p) == Reason::buying_power);  // 10,100
        CHECK(verdict(gate, order(d.b, buy, 1), p) == Reason::buying_power);
    }
    SUBCASE("within the position limit") {
        RiskLimits limits;
        limits.max_position = Quantity{10};
        RiskGate limited{d.universe, limits};
        const Order one = linked(1, buy, 10, 90);
        limited.track(one, Quantity{0}, one.signed_leaves());
        CHECK(verdict(limited, linked(2, buy, 10, 95), p) == Reason::none);
        CHECK(verdict(limited, linked(2, buy, 11, 95), p) == Reason::max_position);
    }
}

TEST_CASE("orders per second are counted in a sliding second, refused ones do not count") {
    Desk d;
    RiskLimits limits;
    limits.max_orders_per_second = 2;
    RiskGate gate{d.universe, limits};
    const auto p = d.marked();
    CHECK(verdict(gate, order(d.a, buy, 1), p, now) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 0), p, now) == Reason::invalid_quantity);
    CHECK(verdict(gate, order(d.a, buy, 1), p, now + milliseconds(500)) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 1), p, now + milliseconds(999)) == Reason::order_rate);
    CHECK(verdict(gate, order(d.a, buy, 1), p, now + milliseconds(1000)) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 1), p, now + milliseconds(1499)) == Reason::order_rate);
    CHECK(verdict(gate, order(d.a, buy, 1), p, now + milliseconds(1500)) == Reason::none);
}

TEST_CASE("reducing lets reductions through, halted lets nothing through") {
    Desk d;
    auto p = d.marked();
    fill(p, d.a, buy, 10, 100);
    RiskGate gate{d.universe, {}};
    gate.set_state(TradingState::reducing);
    CHECK(verdict(gate, order(d.a, sell, 10), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, sell, 11), p) == Reason::reducing_only);
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::reducing_only);
    gate.set_state(TradingState::halted);
    CHECK(verdict(gate, order(d.a, sell, 10), p) == Reason::trading_halted);
    gate.set_state(TradingState::active);
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::none);
}

TEST_CASE("a daily loss is measured from the end of the day before and halts until the next day") {
    Desk d;
    RiskLimits limits;
    limits.max_daily_loss = Money::of(500);
    RiskGate gate{d.universe, limits};
    auto p = d.marked();
    fill(p, d.a, buy, 10, 100);
    gate.watch(Money::of(10'000), now);
    gate.watch(Money::of(9'500), now + days(1));  // one close a day: the loss happened since yesterday
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::none);
    gate.watch(Money::of(9'499), now + days(1) + seconds(1));
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::daily_loss_halt);
    CHECK(verdict(gate, order(d.a, sell, 10), p) == Reason::none);
    gate.watch(Money::of(9'499), now + days(2));
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::none);
    gate.watch(Money::of(8'998), now + days(3));
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::daily_loss_halt);
}

TEST_CASE("a drawdown is measured from the peak and halts for good") {
    Desk d;
    RiskLimits limits;
    limits.max_drawdown = Rate::of(0.2);
    RiskGate gate{d.universe, limits};
    const auto p = d.marked();
    gate.watch(Money::of(10'000), now);
    gate.watch(Money::of(12'000), now + days(1));
    gate.watch(Money::of(9'600), now + days(2));
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::none);
    gate.watch(Money::of(9'599), now + days(3));
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::drawdown_halt);
    gate.watch(Money::of(12'000), now + days(4));
    CHECK(verdict(gate, order(d.a, buy, 1), p) == Reason::drawdown_halt);
}

TEST_CASE("a replace is judged as the order it would become, without counting the order twice") {
    Desk d;
    RiskLimits limits;
    limits.max_position = Quantity{20};
    RiskGate gate{d.universe, limits};
    const auto p = d.marked();
    Order working = limit_order(d.a, buy, 10, 99);
    working.status = model::OrderStatus::accepted;
    working.filled = Quantity{4};
    gate.track(working, Quantity{0}, working.signed_leaves());
    const auto ask = [&](std::int64_t lots, double price) {
        const auto r = gate.review(
            model::Replace{working.id, Quantity{lots}, price == 0 ? Price{} : Price::of(price), {}}, working, p, now);
        return r ? Reason::none : r.error().reason;
    };
    CHECK(ask(24, 0) == Reason::none);  // 20 are still to come
    CHECK(ask(25, 0) == Reason::max_position);
    CHECK(ask(4, 0) == Reason::replace_below_filled);
    CHECK(ask(5, 0) == Reason::none);
    CHECK(ask(0, 98.5) == Reason::none);
    CHECK(ask(0, 98.555) == Reason::off_tick);
    // The order as it stands still counts afterwards.
    CHECK(verdict(gate, order(d.a, buy, 14), p) == Reason::none);
    CHECK(verdict(gate, order(d.a, buy, 15), p) == Reason::max_position);
}

TEST_CASE("negative limits are a configuration error, and a refusal says numbers") {
    Desk d;
    RiskLimits limits;
    limits.max_position = Quantity{-1};
    CHECK_THROWS_AS(RiskGate(d.universe, limits), ConfigError);
    const std::string text = risk::describe({Reason::max_position, 31, 30});
    CHECK(text.find("31") != std::string::npos);
    CHECK(text.find("30") != std::string::npos);
}
