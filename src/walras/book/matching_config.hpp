// What a matching engine is told once: the instrument's grid, its limits, and what happens when an owner meets itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "walras/book/auction.hpp"
#include "walras/book/price_band.hpp"
#include "walras/book/tick_table.hpp"
#include "walras/book/trading_phase.hpp"
#include "walras/core/fixed.hpp"
#include "walras/model/instrument.hpp"

namespace walras::book {

// What happens when an order would trade with one of the same owner. Owner 0 (nobody) never meets itself.
enum class SelfTradePolicy : std::uint8_t {
    cancel_newest,  // what is left of the incoming order is canceled
    cancel_oldest,  // the resting order is canceled and the incoming one goes on
    cancel_both,
    none,  // they trade
};

std::string_view to_string(SelfTradePolicy);
std::optional<SelfTradePolicy> parse_self_trade_policy(std::string_view);

struct MatchingEngineConfig {
    Price tick_size{10'000'000};                // order prices are multiples of it (0.01)
    TickTable tick_table{};                     // prices obey it too; its ticks are multiples of tick_size
    std::int64_t lot_size = core::fixed_scale;  // units of 1e-9 in one lot; used where quantities become text
    Quantity max_quantity{1'000'000'000'000};   // of one order, lots
    Quantity min_display{1};                    // of icebergs, lots
    bool price_may_be_negative = false;
    TradingPhase phase = TradingPhase::continuous;  // that it starts in: pre_open, continuous or closed
    AuctionRule auction_rule = AuctionRule::max_volume;
    PriceBands bands{};
    bool tracks_positions = true;  // of owners; reduce-only orders need them, hundreds of thousands of owners do not
    SelfTradePolicy self_trade = SelfTradePolicy::cancel_newest;
    std::size_t window_ticks = 4096;     // price levels within about half of it behind the best price cost O(1)
    std::size_t expected_orders = 1024;  // working at once; more are possible, at the cost of an allocation
    // Ids below 2^61 whose low `direct_bits` bits are below this tell where their order lies, which saves a search. A
    // caller that has many owners with few orders each gives every order such an id; two orders at one place are
    // duplicates.
    std::uint32_t direct_slots = 0;
    int direct_bits = 0;

    // The grid of an instrument and defaults for the rest.
    static MatchingEngineConfig of(const model::Instrument& instrument);

    // Whole lots in `units` (1e-9), or nothing: quantities from text and Python enter here.
    [[nodiscard]] std::optional<Quantity> lots_in(std::int64_t units) const;

    // Throws ConfigError naming field, value and remedy.
    void validate() const;
};

}  // namespace walras::book
