#include "walras/book/matching_engine.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "walras/book/matching_engine_impl.hpp"
#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::book;

namespace {

NewOrder limit(model::OrderSide side, double price, std::int64_t lots, std::uint32_t owner = 0) {
    NewOrder n;
    n.owner = OwnerId{owner};
    n.terms.side = side;
    n.terms.type = model::OrderType::limit;
    n.terms.price = Price::of(price);
    n.terms.quantity = Quantity{lots};
    return n;
}
NewOrder buy(double price, std::int64_t lots) { return limit(model::OrderSide::buy, price, lots); }
NewOrder sell(double price, std::int64_t lots) { return limit(model::OrderSide::sell, price, lots); }

}  // namespace

TEST_CASE("an order without an id gets the next number, one with an id keeps it") {
    MatchingEngine engine;
    MatchLog log;
    engine.submit(buy(100, 1), log);
    NewOrder named = buy(100, 1);
    named.id = OrderId{41};
    engine.submit(named, log);
    engine.submit(buy(100, 1), log);
    named.id = OrderId{UINT64_MAX};  // beyond the numbers that the engine gives
    engine.submit(named, log);
    engine.submit(buy(100, 1), log);
    REQUIRE(log.events.size() == 5);
    std::vector<std::uint64_t> ids;
    ids.reserve(log.events.size());
    for (const MatchEvent& e : log.events) { ids.push_back(e.order.value); }
    CHECK(ids == std::vector<std::uint64_t>{1, 41, 42, UINT64_MAX, 43});
}

TEST_CASE("a copy is a checkpoint: both go on with the same events") {
    MatchingEngine engine;
    MatchLog log;
    for (int i = 0; i < 50; ++i) {
        engine.submit(buy(99 - i * 0.01, 5), log);
        engine.submit(sell(101 + i * 0.01, 5), log);
    }
    NewOrder stop;
    stop.terms.type = model::OrderType::stop;
    stop.terms.trigger = Price::of(101.05);
    stop.terms.quantity = Quantity{9};
    engine.submit(stop, log);
    MatchingEngine copy = engine;
    MatchLog first, second;
    for (auto [e, out] : {std::pair{&engine, &first}, std::pair{&copy, &second}}) {
        e->submit(buy(101.10, 40), *out);
        e->replace({OrderId{1}, {}, Price::of(102), {}}, *out);
        e->cancel(OrderId{3}, *out);
    }
    CHECK(first.events.size() > 10);
    CHECK(first.events == second.events);
    CHECK(engine.depth(model::OrderSide::buy, 100) == copy.depth(model::OrderSide::buy, 100));
}

TEST_CASE("listeners chosen at run time and listeners of one's own see the same events") {
    struct Sink final : MatchSink {
        std::vector<MatchEvent> events;
        void on_match(const MatchEvent& e) override { events.push_back(e); }
    };
    struct Counter {
        int fills = 0;
        void on_match(const MatchEvent& e) { fills += e.step == model::OrderStep::filled; }
    };
    MatchingEngine a, b, c;
    MatchLog log;
    Sink sink;
    Counter counter;
    for (const NewOrder& n : {buy(100, 5), buy(100, 5), sell(100, 7)}) {
        a.submit(n, log);
        b.submit(n, static_cast<MatchSink&>(sink));
        c.submit(n, counter);
    }
    CHECK(log.events == sink.events);
    CHECK(counter.fills == 2);
}

TEST_CASE("events carry the engine's time, which never goes back") {
    MatchingEngine engine;
    MatchLog log;
    engine.advance_to(TimeNs{100}, log);
    engine.advance_to(TimeNs{50}, log);
    CHECK(engine.now() == TimeNs{100});
    engine.submit(buy(100, 1), log);
    CHECK(log.events.back().ts == TimeNs{100});
}

TEST_CASE("a waiting stop counts as a working order, and shows its trigger") {
    MatchingEngine engine;
    MatchLog log;
    NewOrder stop;
    stop.terms.side = model::OrderSide::sell;
    stop.terms.type = model::OrderType::trailing_stop;
    stop.terms.trailing_offset = Price::of(1).raw;
    stop.terms.quantity = Quantity{3};
    engine.submit(stop, log);
    CHECK(engine.order_count() == 1);
    CHECK(engine.stop_count() == 1);
    CHECK(engine.order(OrderId{1})->trigger.is_zero());
    engine.submit(buy(100, 1), log);
    engine.submit(sell(100, 1), log);
    CHECK(engine.order(OrderId{1})->trigger == Price::of(99));
    CHECK_FALSE(engine.queue_ahead(OrderId{1}));
    CHECK(engine.orders() == std::vector<OrderId>{OrderId{1}});
}

TEST_CASE("a configuration that makes no sense is refused with its value") {
    MatchingEngineConfig config;
    config.tick_size = Price{0};
    CHECK_THROWS_WITH_AS(MatchingEngine{config}, "tick_size 0 is not positive; give the price step, e.g. 0.01.",
                         ConfigError);
    config = {};
    config.lot_size = -1;
    CHECK_THROWS_AS(MatchingEngine{config}, ConfigError);
    config = {};
    config.max_quantity = Quantity{0};
    CHECK_THROWS_AS(MatchingEngine{config}, ConfigError);
    config = {};
    config.window_ticks = std::size_t{1} << 40;
    CHECK_THROWS_AS(MatchingEngine{config}, ConfigError);
    MatchingEngine engine;
    MatchLog log;
    CHECK_THROWS_AS(engine.set_position(OwnerId{1}, Quantity{INT64_MIN}, log), OrderError);
}

TEST_CASE("an engine takes its grid from an instrument") {
    model::Instrument btc;
    btc.symbol = "BTCUSDT";
    btc.venue = "BINANCE";
    btc.tick_size = Price::of(0.1);
    btc.lot_size = 1'000'000;
    const MatchingEngineConfig config = MatchingEngineConfig::of(btc);
    CHECK(config.tick_size == Price::of(0.1));
    CHECK(config.lots_in(core::fixed_scale) == Quantity{1000});
    CHECK_FALSE(config.lots_in(1));
}

TEST_CASE("the largest prices that fit are traded, the next is refused") {
    MatchingEngineConfig config;
    config.tick_size = Price{1};
    config.price_may_be_negative = true;
    MatchingEngine engine(config);
    MatchLog log;
    NewOrder n = buy(1, 1);
    n.terms.price = Price{max_price};
    engine.submit(n, log);
    n.terms.price = Price{-max_price};
    engine.submit(n, log);
    n.terms.price = Price{max_price + 1};
    engine.submit(n, log);
    n.terms.price = Price{INT64_MIN};
    engine.submit(n, log);
    NewOrder market;
    market.terms.side = model::OrderSide::sell;
    market.terms.quantity = Quantity{3};
    engine.submit(market, log);
    std::vector<model::OrderStep> steps;
    steps.reserve(log.events.size());
    for (const MatchEvent& e : log.events) { steps.push_back(e.step); }
    using enum model::OrderStep;
    CHECK(steps == std::vector{accepted, accepted, rejected, rejected, accepted, filled, filled, canceled});
}

TEST_CASE("prices become ticks exactly, for every tick size") {
    core::Random dice({1, 0, 0, 0});
    for (int i = 0; i < 20'000; ++i) {
        const auto tick = static_cast<std::int64_t>(1 + dice.below(std::uint64_t{1} << (1 + dice.below(40))));
        const TickScale scale(Price{tick});
        const std::int64_t ticks =
            static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(max_price / tick) + 1));
        const std::int64_t sign = dice.below(2) == 0 ? 1 : -1;
        std::int64_t found = 0;
        CHECK(scale.to_ticks(Price{sign * ticks * tick}, found));
        CHECK(found == sign * ticks);
        if (tick > 1) { CHECK_FALSE(scale.to_ticks(Price{sign * ticks * tick + 1}, found)); }
    }
}

TEST_CASE("an auction keeps price-time priority, and nobody trades outside a limit") {
    core::Random dice({21, 0, 0, 0});
    for (int round = 0; round < 300; ++round) {
        MatchingEngineConfig config;
        config.phase = TradingPhase::pre_open;
        MatchingEngine engine(config);
        MatchLog log;
        engine.open_auction(AuctionKind::opening, log);
        std::vector<NewOrder> orders;
        for (int i = 0; i < 40; ++i) {
            NewOrder n =
                limit(dice.below(2) == 0 ? model::OrderSide::buy : model::OrderSide::sell,
                      100 + 0.01 * static_cast<double>(dice.below(21)), 1 + static_cast<std::int64_t>(dice.below(20)));
            if (dice.below(8) == 0) {
                n.terms.type = model::OrderType::market;
                n.terms.price = {};
            }
            n.id = OrderId{static_cast<std::uint64_t>(i) + 1};
            orders.push_back(n);
            engine.submit(n, log);
        }
        const Indicative indicative = engine.indicative();
        log.events.clear();
        engine.uncross(log);
        std::vector<std::int64_t> filled(orders.size() + 1, 0);
        Quantity volume;
        for (const MatchEvent& e : log.events) {
            if (e.step != model::OrderStep::filled) { continue; }
            REQUIRE(e.is_auction);
            REQUIRE(e.price == indicative.price);
            filled[e.order.value] += e.quantity.lots;
            filled[e.maker.value] += e.quantity.lots;
            volume += e.quantity;
        }
        REQUIRE(volume == indicative.volume);
        const auto is_limit = [](const NewOrder& n) { return n.terms.type == model::OrderType::limit; };
        const auto better = [&](const NewOrder& a, const NewOrder& b) {
            if (is_limit(a) != is_limit(b)) { return !is_limit(a); }
            return is_limit(a) && model::sign(a.terms.side) * (a.terms.price - b.terms.price).raw > 0;
        };
        for (const NewOrder& a : orders) {
            const std::int64_t got = filled[a.id.value];
            if (got > 0 && is_limit(a)) {
                REQUIRE(model::sign(a.terms.side) * (a.terms.price - *indicative.price).raw >= 0);
            }
            for (const NewOrder& b : orders) {
                // Who stands before somebody that traded is filled.
                const bool before = a.terms.side == b.terms.side && (better(a, b) || (!better(b, a) && a.id < b.id));
                if (before && filled[b.id.value] > 0) { REQUIRE(got == a.terms.quantity.lots); }
            }
        }
    }
}

TEST_CASE("an iceberg tells what it shows, and a copy of it goes its own way") {
    MatchingEngine engine;
    MatchLog log;
    NewOrder n = sell(100, 20);
    n.terms.display_quantity = Quantity{6};
    engine.submit(n, log);
    engine.submit(buy(100, 8), log);
    const auto order = engine.order(OrderId{1});
    CHECK(order->display_quantity == Quantity{6});
    CHECK(order->displayed == Quantity{4});
    CHECK(order->leaves() == Quantity{12});
    CHECK(order->filled == Quantity{8});
    CHECK(engine.top().ask->quantity == Quantity{4});
    MatchingEngine copy = engine;
    copy.cancel(OrderId{1}, log);
    CHECK(engine.order(OrderId{1})->leaves() == Quantity{12});
    CHECK_FALSE(copy.top().ask);
}

TEST_CASE("a phase that does not lead there says what it needs") {
    MatchingEngine engine;
    MatchLog log;
    CHECK_THROWS_WITH_AS(engine.uncross(log),
                         "uncross() needs phase auction; the market is continuous; call open_auction() first.",
                         OrderError);
    engine.close();
    CHECK_THROWS_WITH_AS(
        engine.open_auction(AuctionKind::opening, log),
        "open_auction() needs phase pre_open, continuous or halted; the market is closed; call pre_open() first.",
        OrderError);
    CHECK_THROWS_WITH_AS(engine.set_reference_price(Price::of(100.005)),
                         "Reference price 100.005 is refused: the price is not a multiple of the tick size.",
                         OrderError);
    MatchingEngineConfig config;
    config.phase = TradingPhase::halted;
    CHECK_THROWS_AS(MatchingEngine{config}, ConfigError);
    config = {};
    config.min_display = {};
    CHECK_THROWS_AS(MatchingEngine{config}, ConfigError);
    config = {};
    config.tick_table = TickTable({{Price{}, Price::of(0.005)}});
    CHECK_THROWS_AS(MatchingEngine{config}, ConfigError);
}
