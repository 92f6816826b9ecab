// What a working buy holds back of its owner's cash.
#pragma once

#include "walras/book/order_book.hpp"
#include "walras/core/fixed.hpp"

namespace walras::sim {

// `lots` at `limit` and the taker's fee on them, rounded up for each lot, so that no part of a fill is short of it.
[[nodiscard]] inline Money buy_reserve(Price limit, Rate taker_fee, book::Lots lots) {
    core::int128 each = limit.raw;
    if (!taker_fee.is_zero()) { each += (each * taker_fee.raw + core::fixed_scale - 1) / core::fixed_scale; }
    return Money{each * lots};
}

}  // namespace walras::sim
