#include "walras/data/bar_columns.hpp"

#include <fmt/format.h>

#include <cmath>

#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::data {

namespace {

constexpr double largest_raw = 9.2e18;

[[noreturn, gnu::noinline]] void refuse_number(std::size_t row, const char* name, double value) {
    throw DataError(fmt::format("row {}: the {} is {}; it must be finite and below 9.2e9", row, name, value));
}

[[noreturn, gnu::noinline]] void refuse_lots(std::size_t row, double value, std::int64_t lot_size) {
    throw DataError(fmt::format("row {}: the size {} is not a whole number of lots of {}; set the lot size", row, value,
                                core::format_fixed(lot_size)));
}

void check_length(const char* name, std::size_t length, std::size_t rows) {
    if (length != rows) {
        throw DataError(
            fmt::format("the column {} has {} rows and time has {}; give columns of one length", name, length, rows));
    }
}

std::int64_t raw_of(std::size_t row, const char* name, double value) {
    const double scaled = std::nearbyint(value * 1e9);
    if (!(std::abs(scaled) < largest_raw)) [[unlikely]] { refuse_number(row, name, value); }
    return static_cast<std::int64_t>(scaled);
}

}  // namespace

std::int64_t lot_of(std::span<const double> sizes) {
    std::int64_t lot = core::fixed_scale;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        // Whole numbers, which most are, need no division.
        if (lot == core::fixed_scale && std::nearbyint(sizes[i]) == sizes[i]) { continue; }
        const std::int64_t raw = raw_of(i, "size", sizes[i]);
        while (raw % lot != 0) { lot /= 10; }
    }
    return lot;
}

void add_trades(BarBuilder& builder, const BarTradeColumns& columns, std::int64_t lot_size,
                std::vector<TradeBar>& out) {
    const std::size_t rows = columns.time.size();
    check_length("price", columns.price.size(), rows);
    check_length("size", columns.size.size(), rows);
    if (!columns.aggressor.empty()) { check_length("aggressor", columns.aggressor.size(), rows); }
    if (!columns.sets_price.empty()) { check_length("sets_price", columns.sets_price.size(), rows); }
    if (lot_size < 1) { throw ConfigError(fmt::format("The lot size is {}; give a positive one.", lot_size)); }
    const double lots_per_unit = 1e9 / static_cast<double>(lot_size);
    const auto next = [&](std::size_t i) {
        BarTrade trade;
        trade.ts = TimeNs{columns.time[i]};
        trade.price = Price{raw_of(i, "price", columns.price[i])};
        const std::int64_t raw = raw_of(i, "size", columns.size[i]);
        trade.lots = static_cast<std::int64_t>(std::nearbyint(columns.size[i] * lots_per_unit));
        if (trade.lots * lot_size != raw) [[unlikely]] { refuse_lots(i, columns.size[i], lot_size); }
        if (!columns.aggressor.empty()) { trade.aggressor = (columns.aggressor[i] > 0) - (columns.aggressor[i] < 0); }
        trade.sets_price = columns.sets_price.empty() || columns.sets_price[i] != 0;
        return trade;
    };
    builder.add_all(rows, next, out);
}

}  // namespace walras::data
