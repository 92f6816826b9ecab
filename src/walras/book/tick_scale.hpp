// Prices at 1e-9 to ticks and back. The division is a multiplication by a reciprocal, exact for multiples of the tick.
#pragma once

#include <cstdint>

#include "walras/core/fixed.hpp"
#include "walras/core/int128.hpp"

namespace walras::book {

class TickScale {
public:
    explicit TickScale(Price tick_size)
        : tick_(tick_size.raw), reciprocal_(tick_ == 1 ? 0 : UINT64_MAX / static_cast<std::uint64_t>(tick_) + 1) {}

    [[nodiscard]] Price price(std::int64_t ticks) const { return Price{ticks * tick_}; }

    // False if the price is not a multiple of the tick size.
    [[nodiscard]] bool to_ticks(Price price, std::int64_t& ticks) const {
        if (reciprocal_ == 0) {
            ticks = price.raw;
            return true;
        }
        // For n = q * tick, n * ceil(2^64 / tick) / 2^64 lies in [q, q + n / 2^64): its floor is q.
        const auto raw = static_cast<std::uint64_t>(price.raw);
        const std::uint64_t n = price.raw < 0 ? 0 - raw : raw;
        const auto q = static_cast<std::int64_t>((static_cast<core::uint128>(n) * reciprocal_) >> 64);
        ticks = price.raw < 0 ? -q : q;
        return ticks * tick_ == price.raw;
    }

private:
    std::int64_t tick_;
    std::uint64_t reciprocal_;
};

}  // namespace walras::book
