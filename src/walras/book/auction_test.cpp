// The uncrossing by itself: examples by hand, and every answer against all prices tried one by one.
#include "walras/book/auction.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "walras/book/price_band.hpp"
#include "walras/book/trading_phase.hpp"
#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::book;

namespace {

using Levels = std::vector<AuctionLevel>;

struct Balance {
    std::int64_t buys = 0, sells = 0;
    [[nodiscard]] std::int64_t volume() const { return std::min(buys, sells); }
    [[nodiscard]] std::int64_t surplus() const { return buys - sells; }
};

Balance at(const AuctionBook& book, std::int64_t tick) {
    Balance b{book.market_buys, book.market_sells};
    for (const AuctionLevel& level : book.bids) { b.buys += level.tick >= tick ? level.lots : 0; }
    for (const AuctionLevel& level : book.asks) { b.sells += level.tick <= tick ? level.lots : 0; }
    return b;
}

// Distinct ticks, best first.
Levels random_levels(core::Random& dice, std::int64_t centre, std::int64_t best_first) {
    Levels levels;
    const std::uint64_t n = dice.below(7);
    for (std::uint64_t i = 0; i < n; ++i) {
        levels.push_back({centre + static_cast<std::int64_t>(dice.below(30)) - 15,
                          1 + static_cast<std::int64_t>(dice.below(dice.below(2) == 0 ? 3 : 40))});
    }
    std::ranges::sort(levels, {}, [&](const AuctionLevel& level) { return level.tick * -best_first; });
    const auto same = std::ranges::unique(levels, {}, &AuctionLevel::tick);
    levels.erase(same.begin(), same.end());
    return levels;
}

}  // namespace

TEST_CASE("an empty auction, one side alone and an uncrossed book have no price") {
    const Levels bids{{99, 5}};
    const Levels asks{{100, 5}};
    CHECK(uncross({}, 100) == AuctionOutcome{});
    CHECK(uncross({.bids = bids}, 100) == AuctionOutcome{});
    CHECK(uncross({.asks = asks, .market_sells = 7}, 100) == AuctionOutcome{});
    CHECK(uncross({.bids = bids, .asks = asks}, 100) == AuctionOutcome{});
    CHECK(uncross({.market_buys = 3, .market_sells = 3}, std::nullopt) == AuctionOutcome{});
    CHECK(uncross({.market_buys = 3, .market_sells = 4}, 100) == AuctionOutcome{100, 3, -1});
}

TEST_CASE("volume decides before imbalance, imbalance before pressure, pressure before the reference") {
    const Levels bids{{103, 10}, {102, 20}, {101, 40}};
    const Levels asks{{100, 15}, {101, 25}, {102, 50}};
    CHECK(uncross({.bids = bids, .asks = asks}, 103) == AuctionOutcome{101, 40, 30});
    // 100 and 101 leave 5 over, 102 and 103 nobody.
    const Levels few{{103, 10}, {101, 5}};
    const Levels one{{100, 10}};
    CHECK(uncross({.bids = few, .asks = one}, 100) == AuctionOutcome{102, 10, 0});
    CHECK(uncross({.bids = few, .asks = one}, 200) == AuctionOutcome{103, 10, 0});
    // Buyers are over everywhere: the highest, wherever the reference is.
    const Levels many{{103, 12}};
    CHECK(uncross({.bids = many, .asks = one}, 90) == AuctionOutcome{103, 10, 2});
    // Sellers are over everywhere: the lowest.
    const Levels lone{{103, 8}};
    CHECK(uncross({.bids = lone, .asks = one}, 110) == AuctionOutcome{100, 8, -2});
}

TEST_CASE("the price of a random auction is the best of all prices tried one by one") {
    core::Random dice({11, 0, 0, 0});
    int crossed = 0;
    for (int i = 0; i < 200'000; ++i) {
        const std::int64_t centre = static_cast<std::int64_t>(dice.below(3)) * 1000 - 1000;  // below zero as well
        const Levels bids = random_levels(dice, centre, 1);
        const Levels asks = random_levels(dice, centre, -1);
        AuctionBook book{.bids = bids, .asks = asks};
        if (dice.below(3) == 0) { book.market_buys = static_cast<std::int64_t>(dice.below(30)); }
        if (dice.below(3) == 0) { book.market_sells = static_cast<std::int64_t>(dice.below(30)); }
        std::optional<std::int64_t> reference;
        if (dice.below(4) != 0) { reference = centre + static_cast<std::int64_t>(dice.below(60)) - 30; }
        const AuctionOutcome found = uncross(book, reference);
        CHECK(found == uncross(book, reference));
        if (bids.empty() && asks.empty()) { continue; }

        std::int64_t low = INT64_MAX;
        std::int64_t high = INT64_MIN;
        for (const Levels* side : {&bids, &asks}) {
            for (const AuctionLevel& level : *side) {
                low = std::min(low, level.tick);
                high = std::max(high, level.tick);
            }
        }
        std::int64_t most = 0;
        for (std::int64_t tick = low; tick <= high; ++tick) { most = std::max(most, at(book, tick).volume()); }
        REQUIRE(found.volume == most);
        REQUIRE(found.tick.has_value() == (most > 0));
        if (most == 0) { continue; }
        ++crossed;
        REQUIRE(found.surplus == at(book, *found.tick).surplus());
        std::vector<std::int64_t> best;  // largest volume, smallest imbalance
        std::int64_t least = INT64_MAX;
        for (std::int64_t tick = low; tick <= high; ++tick) {
            const Balance b = at(book, tick);
            if (b.volume() != most || std::abs(b.surplus()) > least) { continue; }
            if (std::abs(b.surplus()) < least) { best.clear(); }
            least = std::abs(b.surplus());
            best.push_back(tick);
        }
        REQUIRE(std::abs(found.surplus) == least);
        const auto sign_everywhere = [&](int sign) {
            return std::ranges::all_of(best, [&](std::int64_t t) { return at(book, t).surplus() * sign > 0; });
        };
        std::int64_t want = best[(best.size() - 1) / 2];
        if (sign_everywhere(1)) {
            want = best.back();
        } else if (sign_everywhere(-1)) {
            want = best.front();
        } else if (reference) {
            want = *std::ranges::min_element(best, {}, [&](std::int64_t t) { return std::abs(t - *reference); });
        }
        REQUIRE(*found.tick == want);
    }
    CHECK(crossed > 50'000);
}

TEST_CASE("under a tick table the price is one of the table's") {
    const TickTable table({{Price{0}, Price{1}}, {Price{20}, Price{5}}, {Price{100}, Price{10}}});
    const AuctionGrid grid{&table, Price{1}};
    core::Random dice({12, 0, 0, 0});
    for (int i = 0; i < 50'000; ++i) {
        Levels bids = random_levels(dice, 30, 1);
        Levels asks = random_levels(dice, 30, -1);
        for (AuctionLevel& level : bids) { level.tick = table.floor(Price{level.tick}).raw; }
        for (AuctionLevel& level : asks) { level.tick = table.floor(Price{level.tick}).raw; }
        for (Levels* side : {&bids, &asks}) {
            const auto same = std::ranges::unique(*side, {}, &AuctionLevel::tick);
            side->erase(same.begin(), same.end());
        }
        const AuctionBook book{.bids = bids, .asks = asks};
        const AuctionOutcome free = uncross(book, 33);
        const AuctionOutcome held = uncross(book, 33, grid);
        REQUIRE(free.volume == held.volume);
        if (held.tick) { REQUIRE(table.allows(Price{*held.tick})); }
        // Every limit is an allowed price, so that the largest volume never needs another.
        if (held.tick) { REQUIRE(at(book, *held.tick).volume() == held.volume); }
    }
}

TEST_CASE("the ancestor's rule: geometric means, then the sellers' mean price") {
    // Crossed: the middle of the means 110 and 90.
    const Levels bids{{110, 8}};
    const Levels asks{{90, 2}, {96, 4}};
    const WeightedOutcome crossed = weighted_reference({.bids = bids, .asks = asks}, {});
    CHECK(crossed.reference == 102);  // (110 + 93.958) / 2
    CHECK(crossed.buys == 8);
    CHECK(crossed.sells == 6);
    CHECK(crossed.tick == 94);  // (2 x 90 + 4 x 96) / 6
    // Not crossed: nearer to the smaller side, and nobody qualifies.
    const Levels low{{90, 10}};
    const Levels high{{110, 30}};
    const WeightedOutcome apart = weighted_reference({.bids = low, .asks = high}, {});
    CHECK(apart.reference == 95);  // (90 x 30 + 110 x 10) / 40
    CHECK_FALSE(apart.tick);
    // A side without limits: the last price, or .7 mid + .3 last.
    const AuctionBook market{.bids = bids, .market_sells = 5};
    CHECK(weighted_reference(market, {.last = 100}).tick == 100);
    CHECK(weighted_reference(market, {.mid = 104, .last = 94}).reference == 101);
    CHECK(weighted_reference(market, {.initial = 50}).volume() == 5);
    CHECK_FALSE(weighted_reference(market, {}).reference);
    // Below zero the mean is arithmetic.
    const Levels negative{{-10, 1}, {-20, 1}};
    CHECK(weighted_reference({.bids = low, .asks = negative}, {}).reference == 38);  // (90 - 15) / 2, halves up
}

TEST_CASE("pro rata shares are whole lots that add up, never more than was asked, within one lot of the fair share") {
    core::Random dice({13, 0, 0, 0});
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::int64_t> lots(1 + dice.below(9));
        for (std::int64_t& l : lots) { l = 1 + static_cast<std::int64_t>(dice.below(50)); }
        const std::int64_t total = std::accumulate(lots.begin(), lots.end(), std::int64_t{0});
        const auto volume = static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(total) + 1));
        const auto shares = pro_rata(lots, volume);
        REQUIRE(std::accumulate(shares.begin(), shares.end(), std::int64_t{0}) == volume);
        for (std::size_t k = 0; k < lots.size(); ++k) {
            REQUIRE(shares[k] >= 0);
            REQUIRE(shares[k] <= lots[k]);
            REQUIRE(std::abs(shares[k] * total - lots[k] * volume) < total);
        }
    }
}

TEST_CASE("a tick table gives the tick at a price, and the allowed prices around it") {
    const TickTable table({{Price::of(0), Price::of(0.01)}, {Price::of(10), Price::of(0.05)}});
    CHECK(table.finest() == Price::of(0.01));
    CHECK(table.tick_at(Price::of(9.99)) == Price::of(0.01));
    CHECK(table.tick_at(Price::of(10)) == Price::of(0.05));
    CHECK(table.tick_at(Price::of(-12)) == Price::of(0.05));
    CHECK(table.floor(Price::of(10.04)) == Price::of(10));
    CHECK(table.ceil(Price::of(10.04)) == Price::of(10.05));
    CHECK(table.ceil(Price::of(9.995)) == Price::of(10));
    CHECK(table.floor(Price::of(-10.04)) == Price::of(-10.05));
    CHECK(table.ceil(Price::of(-10.04)) == Price::of(-10));
    CHECK(TickTable{}.allows(Price{1}));
}

TEST_CASE("the table of the European Union: ticks by price and liquidity") {
    // Delegated Regulation (EU) 2017/588, annex: corners and middle of the table.
    const auto tick = [](int band, double price) { return TickTable::mifid(band).tick_at(Price::of(price)); };
    CHECK(tick(1, 0.05) == Price::of(0.0005));
    CHECK(tick(6, 0.05) == Price::of(0.0001));
    CHECK(tick(1, 0.1) == Price::of(0.001));
    CHECK(tick(1, 15) == Price::of(0.1));
    CHECK(tick(6, 15) == Price::of(0.002));
    CHECK(tick(3, 100) == Price::of(0.2));
    CHECK(tick(4, 1.5) == Price::of(0.001));
    CHECK(tick(6, 999) == Price::of(0.1));
    CHECK(tick(1, 50'000) == Price::of(500));
    CHECK(tick(6, 60'000) == Price::of(10));
    CHECK(TickTable::mifid(2).rows().size() == 19);
    CHECK_THROWS_AS(TickTable::mifid(7), ConfigError);
}

TEST_CASE("a tick table that makes no sense is refused with its row") {
    const auto table = [](std::vector<TickRow> rows) { return TickTable(std::move(rows)); };
    CHECK_THROWS_WITH_AS(table({{Price::of(1), Price::of(1)}}),
                         "The tick table begins at 1; its first row must begin at 0.", ConfigError);
    CHECK_THROWS_AS(table({}), ConfigError);
    CHECK_THROWS_AS(table({{Price{}, Price{}}}), ConfigError);
    CHECK_THROWS_WITH_AS(table({{Price{}, Price::of(1)}, {Price{}, Price::of(2)}}),
                         "The tick table's row from 0 follows the one from 0; sort it by price.", ConfigError);
    CHECK_THROWS_AS(table({{Price{}, Price::of(0.3)}, {Price::of(1), Price::of(1)}}), ConfigError);
}

TEST_CASE("a price band is the part that both widths allow") {
    const PriceBands bands{.static_width = {model::TrailingOffset::bps, 500 * core::fixed_scale},
                           .dynamic_width = {model::TrailingOffset::price, Price::of(1).raw}};
    CHECK(bands.range(Price::of(100), Price::of(104.5)) == PriceRange{Price::of(103.5), Price::of(105)});
    CHECK(bands.range(Price::of(100), std::nullopt) == PriceRange{Price::of(99), Price::of(101)});
    CHECK(bands.range(std::nullopt, Price::of(50)) == PriceRange{Price::of(49), Price::of(51)});
    CHECK_FALSE(bands.range(std::nullopt, std::nullopt));
    CHECK(PriceBands{.static_width = {model::TrailingOffset::bps, 1000 * core::fixed_scale}}.range(
              Price::of(-50), std::nullopt) == PriceRange{Price::of(-55), Price::of(-45)});
    CHECK_THROWS_AS((PriceBands{.static_width = {model::TrailingOffset::price, -1}}.validate()), ConfigError);
}

TEST_CASE("the words of phases, auctions, rules and bands read back") {
    for (int i = 0; i < 5; ++i) {
        const auto phase = static_cast<TradingPhase>(i);
        CHECK(parse_trading_phase(to_string(phase)) == phase);
    }
    for (int i = 0; i < 3; ++i) {
        const auto kind = static_cast<AuctionKind>(i);
        CHECK(parse_auction_kind(to_string(kind)) == kind);
    }
    CHECK(parse_auction_rule("weighted_reference") == AuctionRule::weighted_reference);
    CHECK(parse_band_action("auction") == BandAction::auction);
    CHECK_FALSE(parse_trading_phase("lunch"));
    CHECK_FALSE(parse_auction_kind("lunch"));
    CHECK_FALSE(parse_auction_rule("lunch"));
    CHECK_FALSE(parse_band_action("lunch"));
}
