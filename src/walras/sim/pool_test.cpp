// The background crowd: its laws alone, and its place in a market.
#include "walras/sim/pool.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "walras/sim/market_test.hpp"
#include "walras/sim/presets.hpp"

namespace walras::sim {
namespace {

MarketConfig crowd(std::uint32_t size) {
    MarketConfig config = small_market({}, 1);
    config.pool.size = size;
    config.news.enabled = false;
    return config;
}

struct Scene {
    explicit Scene(const MarketConfig& given) : config(given), pool(config, 0) {
        view.symbols.resize(1);
        view.sectors = {Sector::tech};
        view.symbols[0].mid = 100;
    }
    std::span<const PoolOrder> tick() {
        ++view.tick;
        return pool.act(view);
    }
    MarketConfig config;
    SignalBoard board{1};
    MarketView view{board};
    Pool pool;
};

TEST_CASE("a crowd sends its activity in orders, give or take its jitter, all on the passive side of mid") {
    Scene scene(crowd(10'000));
    double orders = 0, sizes = 0, squares = 0, buys = 0, capped = 0;
    constexpr int ticks = 200;
    for (int t = 0; t < ticks; ++t) {
        double now = 0;
        for (const PoolOrder& order : scene.tick()) {
            if (order.is_cancel) { continue; }
            const auto lots = static_cast<double>(order.lots);
            const bool is_buy = order.side == model::OrderSide::buy;
            REQUIRE((is_buy ? order.limit <= 10000 : order.limit >= 10000));
            REQUIRE(order.limit >= 9500);
            REQUIRE(order.limit <= 10500);
            ++now;
            sizes += lots;
            squares += lots * lots;
            buys += is_buy ? 1 : 0;
            capped += order.limit == 9500 || order.limit == 10500 ? 1 : 0;
        }
        CHECK(now >= 80);
        CHECK(now <= 121);
        orders += now;
    }
    CHECK(orders / ticks ==
          doctest::Approx(100).epsilon(4 * .1155 / std::sqrt(200.)));  // U(.8, 1.2): deviation 11.55 %
    const double mean = sizes / orders;
    CHECK(std::abs(mean - 40) < 4 * 10 / std::sqrt(orders));
    CHECK(std::sqrt(squares / orders - mean * mean) == doctest::Approx(10).epsilon(.05));
    CHECK(std::abs(buys / orders - .5) < 4 * .5 / std::sqrt(orders));
    CHECK(std::abs(capped / orders - std::exp(-.5)) < 4 * .489 / std::sqrt(orders));  // P(Exp(10) > .05)
}

TEST_CASE("good news make a crowd buy, contrarians less, and it forgets") {
    MarketConfig config = crowd(1'000'000);
    config.pool.contrarian = .25;
    Scene scene(config);
    scene.view.news.push_back({.kind = NewsKind::earnings, .symbol = 0, .magnitude = 1, .sentiment = .8, .tick = 1});
    double buys = 0, orders = 0;
    for (const PoolOrder& order : scene.tick()) {
        orders += 1;
        buys += order.side == model::OrderSide::buy ? 1 : 0;
    }
    CHECK(scene.pool.sentiment() == doctest::Approx(.4));
    CHECK(std::abs(buys / orders - .6) < 4 * .49 / std::sqrt(orders));  // .5 + .4 / 2 * (1 - 2 * .25)
    for (int t = 0; t < 100; ++t) { scene.tick(); }
    CHECK(scene.pool.sentiment() == doctest::Approx(.4 * std::pow(.995, 100)));
    // Of its sector half; and it never exceeds its bound.
    scene.view.news = {{.kind = NewsKind::sector,
                        .sector = Sector::tech,
                        .magnitude = 1,
                        .sentiment = 1,
                        .tick = scene.view.tick + 1}};
    const double before = scene.pool.sentiment() * .995;
    scene.tick();
    CHECK(scene.pool.sentiment() == doctest::Approx(before + .25));
    for (int t = 0; t < 10; ++t) {
        scene.view.news[0].tick = scene.view.tick + 1;
        scene.tick();
    }
    CHECK(scene.pool.sentiment() <= .8);
}

TEST_CASE("a crowd promises no more than it has, and takes its orders back in time") {
    MarketConfig config = crowd(1000);
    config.pool.cash = Money::of(1);  // 1,000 in all: no order of 40 shares at 95 fits
    config.pool.shares = 0;
    Scene poor(config);
    for (int t = 0; t < 50; ++t) { CHECK(poor.tick().empty()); }

    config.pool.cash = Money::of(100'000);
    config.pool.shares = 100;
    config.pool.order_life = 3;
    Scene scene(config);
    std::vector<std::vector<OrderId>> sent;
    for (std::size_t t = 0; t < 30; ++t) {
        std::vector<OrderId> orders, cancels;
        for (const PoolOrder& order : scene.tick()) { (order.is_cancel ? cancels : orders).push_back(order.id); }
        CHECK(cancels == (t < 3 ? std::vector<OrderId>{} : sent[t - 3]));
        sent.push_back(orders);
    }
}

TEST_CASE("a crowd's purse moves by what trades") {
    Scene scene(crowd(10'000));
    const auto orders = scene.tick();
    const Money cash = scene.pool.cash();
    const Lots shares = scene.pool.shares();
    const PoolOrder first = orders.front();
    const bool is_buy = first.side == model::OrderSide::buy;
    scene.pool.fill(first.id, first.lots, first.limit, true);
    const Money paid = Money::of(static_cast<double>(first.limit) / 100 * static_cast<double>(first.lots));
    CHECK(scene.pool.cash() == (is_buy ? cash - paid : cash + paid));
    CHECK(scene.pool.shares() == shares + (is_buy ? first.lots : -first.lots));
    CHECK(scene.pool.take_fees().is_zero());
}

TEST_CASE("the crowd pays the fees that agents pay: makers' where it rested, takers' where it did not") {
    for (const bool is_maker : {true, false}) {
        MarketConfig config = crowd(10'000);
        config.maker_fee = Rate::bps(2);
        config.taker_fee = Rate::bps(5);
        Scene scene(config);
        const PoolOrder first = scene.tick().front();
        const Money cash = scene.pool.cash();
        scene.pool.fill(first.id, first.lots, first.limit, is_maker);
        const double paid = static_cast<double>(first.limit) / 100 * static_cast<double>(first.lots);
        const double fee = paid * (is_maker ? .0002 : .0005);
        const double change = first.side == model::OrderSide::buy ? -paid - fee : paid - fee;
        CHECK(scene.pool.cash() == cash + Money::of(change));
        CHECK(scene.pool.take_fees() == Money::of(fee));
        CHECK(scene.pool.take_fees().is_zero());  // once
    }
}

TEST_CASE("cash and shares are kept in a market with a crowd, and no order outlives its ticks") {
    MarketConfig config = small_market(mixed_groups());
    config.pool.size = 20'000;
    config.pool.order_life = 5;
    config.maker_fee = Rate::bps(1);
    config.taker_fee = Rate::bps(3);
    Market market(config);
    const Totals before = totals_of(market);
    for (int i = 0; i < 60; ++i) {
        market.step();
        const Totals now = totals_of(market);
        REQUIRE(now.cash == before.cash);
        REQUIRE(now.shares == before.shares);
    }
    const Pool& pool = market.symbol(0).pool();
    CHECK(pool.shares() != config.pool.shares * 10'000);
    CHECK(pool.is_sane(market.view().symbols[0].last));
    for (const OrderId id : market.symbol(0).engine().orders()) {
        if (id.value < pool_order) { continue; }
        const auto order = market.symbol(0).engine().order(id);
        REQUIRE(order.has_value());
        CHECK(order->leaves().lots > 0);
    }
    Market again(config, 2);
    for (int i = 0; i < 60; ++i) { again.step(); }
    CHECK(again.signature() == market.signature());
}

TEST_CASE("every preset makes a market that trades and keeps its cash and shares") {
    for (const Preset& one : presets()) {
        CAPTURE(one.name);
        MarketConfig config = preset(one.name);
        // A tenth of the large ones is enough here.
        const bool is_large = config.symbols.size() > 1;
        if (is_large) {
            for (GroupConfig& group : config.groups) { group.count = std::max(1U, group.count / 10); }
            config.pool.size /= 10;
        }
        Market market(config);
        const Totals before = totals_of(market);
        for (int i = 0; i < (is_large ? 40 : 600); ++i) { market.step(); }
        const Totals now = totals_of(market);
        CHECK(now.cash == before.cash);
        CHECK(now.shares == before.shares);
        CHECK(market.totals().trades > 20);
    }
}

}  // namespace
}  // namespace walras::sim
