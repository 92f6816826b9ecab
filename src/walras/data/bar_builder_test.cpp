#include "walras/data/bar_builder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::data;

namespace {

std::vector<BarTrade> random_trades(std::uint64_t seed, std::size_t count) {
    core::Random random(core::RandomKey{.seed = seed});
    std::vector<BarTrade> out(count);
    std::int64_t ts = 0;
    std::int64_t price = 100'000'000'000;
    for (BarTrade& trade : out) {
        ts += static_cast<std::int64_t>(random.below(30));
        price += (static_cast<std::int64_t>(random.below(3)) - 1) * 10'000'000;
        trade.ts = TimeNs{ts};
        trade.price = Price{price};
        trade.lots = static_cast<std::int64_t>(random.below(100));
        trade.aggressor = static_cast<int>(random.below(3)) - 1;
        trade.sets_price = random.below(10) != 0;
    }
    return out;
}

BarRule rule_for(BarKind kind) {
    BarRule rule;
    rule.kind = kind;
    rule.step = DurationNs{100};
    rule.threshold =
        kind == BarKind::dollar ? core::int128{50'000'000'000'000} : core::int128{kind == BarKind::tick ? 7 : 500};
    rule.expected_ticks = 20;
    rule.min_ticks = 2;
    rule.max_ticks = 200;
    return rule;
}

}  // namespace

TEST_CASE("bars of every kind hold every trade once, with or without empty intervals") {
    for (int kind = 0; kind < bar_kind_count; ++kind) {
        for (const bool carries : {false, true}) {
            const std::vector<BarTrade> trades = random_trades(7 + static_cast<std::uint64_t>(kind), 5'000);
            BarRule rule = rule_for(static_cast<BarKind>(kind));
            rule.carries_empty = carries;
            BarBuilder builder(rule);
            std::vector<TradeBar> bars;
            for (const BarTrade& trade : trades) { builder.add(trade, bars); }
            if (const auto last = builder.unfinished()) { bars.push_back(*last); }
            std::int64_t lots = 0;
            std::int64_t count = builder.skipped();
            std::int64_t expected = 0;
            for (const TradeBar& bar : bars) {
                lots += bar.lots;
                count += bar.trades;
                CHECK(bar.low <= std::min(bar.open, bar.close));
                CHECK(bar.high >= std::max(bar.open, bar.close));
            }
            for (std::size_t i = static_cast<std::size_t>(builder.skipped()); i < trades.size(); ++i) {
                expected += trades[i].lots;
            }
            CHECK(lots == expected);
            CHECK(count == static_cast<std::int64_t>(trades.size()));
            for (std::size_t i = 1; i < bars.size(); ++i) {
                CHECK(bars[i].close_time > bars[i - 1].close_time);
                CHECK(bars[i].open_time >= bars[i - 1].close_time);
            }
        }
    }
}

TEST_CASE("a copy of a builder goes on as the builder does") {
    for (int kind = 0; kind < bar_kind_count; ++kind) {
        const std::vector<BarTrade> trades = random_trades(3, 1'000);
        BarBuilder whole(rule_for(static_cast<BarKind>(kind)));
        BarBuilder first = whole;
        std::vector<TradeBar> a;
        std::vector<TradeBar> b;
        whole.add_all(trades.size(), [&](std::size_t i) { return trades[i]; }, a);
        first.add_all(333, [&](std::size_t i) { return trades[i]; }, b);
        BarBuilder second = first;
        second.add_all(667, [&](std::size_t i) { return trades[333 + i]; }, b);
        REQUIRE(a.size() == b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            CHECK(a[i].close_time == b[i].close_time);
            CHECK(a[i].lots == b[i].lots);
            CHECK(a[i].value == b[i].value);
        }
    }
}

TEST_CASE("a clock that moves on closes a bar without a trade") {
    BarRule rule = rule_for(BarKind::time);
    rule.carries_empty = true;
    BarBuilder builder(rule);
    std::vector<TradeBar> bars;
    builder.add({TimeNs{10}, Price::of(5), 3}, bars);
    builder.advance_to(TimeNs{99}, bars);
    CHECK(bars.empty());
    builder.advance_to(TimeNs{310}, bars);
    REQUIRE(bars.size() == 3);
    CHECK(bars[0].lots == 3);
    CHECK(bars[2].close == Price::of(5));
    CHECK(bars[2].close_time == TimeNs{300});
    builder.add({TimeNs{310}, Price::of(6), 1}, bars);
    builder.advance_to(TimeNs{400}, bars);
    REQUIRE(bars.size() == 4);
    CHECK(bars[3].open == Price::of(6));
}

TEST_CASE("a trade that goes back in time is refused with both times") {
    BarBuilder builder(rule_for(BarKind::tick));
    std::vector<TradeBar> bars;
    builder.add({TimeNs{20}, Price::of(5), 3}, bars);
    CHECK_THROWS_AS(builder.add({TimeNs{10}, Price::of(5), 3}, bars), DataError);
    CHECK_THROWS_AS(builder.add({TimeNs{30}, Price::of(5), -3}, bars), DataError);
}
