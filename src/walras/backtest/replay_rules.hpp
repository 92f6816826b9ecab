// Small rules that the parts of ReplayVenue and the vectorised kernel share. Internal.
#pragma once

#include <cstdint>

#include "walras/core/fixed.hpp"
#include "walras/model/event.hpp"
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

// Volatility of one bar from its high and low: Parkinson 1980, sigma^2 = ln(h/l)^2 / (4 ln 2). ln(h/l) is taken to
// first order, 2 (h - l) / (h + l), which is exact to 0.01 % for ranges up to 3 %.
inline double parkinson(const model::Bar& bar) {
    const double sum = static_cast<double>(bar.high.raw) + static_cast<double>(bar.low.raw);
    if (!(sum > 0)) { return 0; }
    const double range = 2.0 * (static_cast<double>(bar.high.raw) - static_cast<double>(bar.low.raw)) / sum;
    constexpr double root_of_four_ln2 = 1.6651092223153954;
    return range / root_of_four_ln2;
}

}  // namespace walras::backtest
