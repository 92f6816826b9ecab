// Columns of trades through a BarBuilder in one go, and the bars as rows.
//
// The builder goes on where it was, so that columns may be cut anywhere.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "walras/data/bar_builder.hpp"

namespace walras::data {

// All of one length; `aggressor` and `sets_price` may be empty: unknown, and all do.
struct BarTradeColumns {
    std::span<const std::int64_t> time;
    std::span<const double> price, size;
    std::span<const std::int8_t> aggressor;
    std::span<const std::uint8_t> sets_price;
};

// The fewest decimals, 0 to 9, that write all sizes at 1e-9; as a lot: 1'000'000'000 for whole numbers, 1 for nine.
std::int64_t lot_of(std::span<const double> sizes);

// Doubles become prices and lots by the one rule, nearest 1e-9. Appends the bars that are complete. Throws DataError
// naming the row: what is not finite or out of range, a size that is not a whole number of lots, a time that goes back.
void add_trades(BarBuilder& builder, const BarTradeColumns& columns, std::int64_t lot_size, std::vector<TradeBar>& out);

}  // namespace walras::data
