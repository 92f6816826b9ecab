// The price of a call auction: a pure function over the aggregated levels of both sides.
//
// Every tick between the lowest and the highest limit is a candidate. Among them, in this order:
//   1. the largest executable volume: the smaller of what buyers take at this price or above and what sellers give at
//      this price or below; market orders count at every price;
//   2. the smallest imbalance between the two;
//   3. market pressure: if buyers are left over at all prices that remain the highest of them, if sellers are the
//      lowest;
//   4. the one nearest to the reference price, where the reference itself is one if it lies among them; without a
//      reference the middle, rounded down.
// With market orders only there is no limit to begin from: the price is the reference, or there is none.
//
// `weighted_reference` is the rule of the ancestor's market: docs/concepts/book.md. It neither maximises volume nor
// keeps sellers inside their limits, and exists to reproduce that market.
//
// Pure: no state, no clock, same arguments same answer on every machine. Several threads may call it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "walras/book/tick_table.hpp"

namespace walras::book {

enum class AuctionRule : std::uint8_t { max_volume, weighted_reference };

std::string_view to_string(AuctionRule);
std::optional<AuctionRule> parse_auction_rule(std::string_view);

struct AuctionLevel {
    std::int64_t tick = 0;
    std::int64_t lots = 0;  // all that can trade there, hidden quantity too; positive
};

// What meets. Sums of lots stay below 2^62.
struct AuctionBook {
    std::span<const AuctionLevel> bids;  // best (highest) first, each tick once
    std::span<const AuctionLevel> asks;  // best (lowest) first
    std::int64_t market_buys = 0;        // lots without a limit
    std::int64_t market_sells = 0;
};

// Which prices are allowed: all ticks, or those of a table, which then gives prices as ticks of `tick_size`.
struct AuctionGrid {
    const TickTable* table = nullptr;
    Price tick_size{1};
};

struct AuctionOutcome {
    std::optional<std::int64_t> tick;  // nothing: nobody can trade
    std::int64_t volume = 0;           // lots that trade at it
    std::int64_t surplus = 0;          // lots that could trade at it and find nobody; buyers positive, sellers negative
    bool operator==(const AuctionOutcome&) const = default;
};

[[nodiscard]] AuctionOutcome uncross(const AuctionBook& book, std::optional<std::int64_t> reference,
                                     const AuctionGrid& grid = {});

// The ancestor's rule. `mid` and `last` serve where a side has no limits: .7 mid + .3 last, the one of them that there
// is, else `initial`; with none of them nobody trades.
struct WeightedReference {
    std::optional<double> mid, last, initial;  // in ticks
};
struct WeightedOutcome {
    std::optional<std::int64_t> reference;  // bids at or above it and asks at or below it qualify
    std::optional<std::int64_t> tick;       // the one price: mean of the qualifying asks by quantity, nearest tick
    std::int64_t buys = 0, sells = 0;       // lots that qualify
    [[nodiscard]] std::int64_t volume() const { return buys < sells ? buys : sells; }
};
[[nodiscard]] WeightedOutcome weighted_reference(const AuctionBook& book, const WeightedReference& fallback);

// Shares `volume` among `lots` in proportion, in whole lots that add up exactly: the i-th order gets what the running
// total entitles the first i to, less what the first i - 1 have. `volume` must not exceed the sum.
[[nodiscard]] std::vector<std::int64_t> pro_rata(std::span<const std::int64_t> lots, std::int64_t volume);

}  // namespace walras::book
