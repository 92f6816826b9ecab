// Small rules that the parts of ReplayVenue share. Internal.
#pragma once

#include <cstdint>

#include "walras/core/fixed.hpp"
#include "walras/model/order.hpp"

namespace walras::backtest {

inline constexpr std::uint32_t no_slot = UINT32_MAX;

inline bool reaches_trigger(bool is_buy, Price price, Price trigger) {
    return is_buy ? price >= trigger : price <= trigger;
}

inline bool within_limit(bool is_buy, Price price, Price limit) { return is_buy ? price <= limit : price >= limit; }

// How far a trailing trigger stays behind `from`, in units of 1e-9.
inline std::int64_t trailing_distance(const model::OrderTerms& terms, Price from) {
    if (terms.trailing_kind == model::TrailingOffset::price) { return terms.trailing_offset; }
    // 1e-9 of a basis point of the price.
    const core::int128 product = static_cast<core::int128>(from.raw) * terms.trailing_offset;
    return core::checked_narrow(core::divide_half_even(product, core::int128{10'000} * core::fixed_scale));
}

}  // namespace walras::backtest
