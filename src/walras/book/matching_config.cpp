#include "walras/book/matching_config.hpp"

#include <fmt/format.h>

#include "walras/core/error.hpp"

namespace walras::book {

std::string_view to_string(SelfTradePolicy value) {
    switch (value) {
        case SelfTradePolicy::cancel_newest: return "cancel_newest";
        case SelfTradePolicy::cancel_oldest: return "cancel_oldest";
        case SelfTradePolicy::cancel_both: return "cancel_both";
        case SelfTradePolicy::none: return "none";
    }
    return "unknown";
}

std::optional<SelfTradePolicy> parse_self_trade_policy(std::string_view text) {
    using enum SelfTradePolicy;
    for (const SelfTradePolicy value : {cancel_newest, cancel_oldest, cancel_both, none}) {
        if (to_string(value) == text) { return value; }
    }
    return std::nullopt;
}

MatchingEngineConfig MatchingEngineConfig::of(const model::Instrument& instrument) {
    MatchingEngineConfig config;
    config.tick_size = instrument.tick_size;
    config.lot_size = instrument.lot_size;
    config.max_quantity = std::min(config.max_quantity, instrument.max_quantity);
    config.price_may_be_negative = instrument.price_may_be_negative;
    return config;
}

std::optional<Quantity> MatchingEngineConfig::lots_in(std::int64_t units) const {
    return units % lot_size == 0 ? std::optional{Quantity{units / lot_size}} : std::nullopt;
}

void MatchingEngineConfig::validate() const {
    if (tick_size.raw <= 0) {
        throw ConfigError(fmt::format("tick_size {} is not positive; give the price step, e.g. 0.01.",
                                      core::format_fixed(tick_size.raw)));
    }
    for (const TickRow& row : tick_table.rows()) {
        if (row.tick.raw % tick_size.raw != 0) {
            throw ConfigError(
                fmt::format("The tick {} from price {} on is not a multiple of tick_size {}; set tick_size "
                            "to the table's finest common step, {}.",
                            core::format_fixed(row.tick.raw), core::format_fixed(row.from.raw),
                            core::format_fixed(tick_size.raw), core::format_fixed(tick_table.finest().raw)));
        }
    }
    if (lot_size <= 0) {
        throw ConfigError(
            fmt::format("lot_size {} is not positive; give the quantity step, e.g. 1.", core::format_fixed(lot_size)));
    }
    if (max_quantity.lots <= 0 || max_quantity.lots > 1'000'000'000'000) {
        throw ConfigError(
            fmt::format("max_quantity of {} lots is outside 1..1e12; use a larger lot_size.", max_quantity.lots));
    }
    if (min_display.lots <= 0) {
        throw ConfigError(fmt::format("min_display of {} lots is not positive; give 1 to allow every display quantity.",
                                      min_display.lots));
    }
    if (phase == TradingPhase::auction || phase == TradingPhase::halted) {
        throw ConfigError(fmt::format("A market cannot start in phase {}; start it in pre_open, continuous or closed.",
                                      to_string(phase)));
    }
    bands.validate();
    if (window_ticks > (std::size_t{1} << 24)) {
        throw ConfigError(
            fmt::format("window_ticks {} exceeds 16777216; levels outside the window still work.", window_ticks));
    }
    if (expected_orders > (std::size_t{1} << 30)) {
        throw ConfigError(fmt::format("expected_orders {} exceeds 2^30.", expected_orders));
    }
    if (direct_bits < 0 || direct_bits > 32 || direct_slots > std::uint64_t{1} << direct_bits) {
        throw ConfigError(
            fmt::format("direct_slots {} do not fit into {} direct_bits; give 0 to 32 bits that hold them.",
                        direct_slots, direct_bits));
    }
}

}  // namespace walras::book
