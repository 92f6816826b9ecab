#include "walras/book/tick_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::book {

namespace {

std::int64_t magnitude(Price price) { return price.raw < 0 ? -price.raw : price.raw; }

}  // namespace

TickTable::TickTable(std::vector<TickRow> rows) : rows_(std::move(rows)) {
    if (rows_.empty()) { throw ConfigError("The tick table has no rows; give at least (0, tick size)."); }
    if (!rows_[0].from.is_zero()) {
        throw ConfigError(fmt::format("The tick table begins at {}; its first row must begin at 0.",
                                      core::format_fixed(rows_[0].from.raw)));
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto [from, tick] = rows_[i];
        if (tick.raw <= 0) {
            throw ConfigError(fmt::format("The tick {} from price {} on is not positive; give the price step.",
                                          core::format_fixed(tick.raw), core::format_fixed(from.raw)));
        }
        finest_.raw = std::gcd(finest_.raw, tick.raw);
        if (i == 0) { continue; }
        if (from <= rows_[i - 1].from) {
            throw ConfigError(fmt::format("The tick table's row from {} follows the one from {}; sort it by price.",
                                          core::format_fixed(from.raw), core::format_fixed(rows_[i - 1].from.raw)));
        }
        for (const Price step : {tick, rows_[i - 1].tick}) {
            if (from.raw % step.raw != 0) {
                throw ConfigError(
                    fmt::format("The tick table's row from {} does not begin on the tick {}; let rows begin on a "
                                "multiple of their tick and of the tick before.",
                                core::format_fixed(from.raw), core::format_fixed(step.raw)));
            }
        }
    }
}

TickTable TickTable::mifid(int liquidity_band) {
    if (liquidity_band < 1 || liquidity_band > 6) {
        throw ConfigError(fmt::format("Liquidity band {} is not one of the regulation's; choose 1 (least liquid) to 6.",
                                      liquidity_band));
    }
    // Prices and ticks both climb 1, 2, 5, 10 ...: the tick of price row i in band b is step i + 3 - b of the series
    // that begins at 0.0001, and never less than its first.
    constexpr std::array<std::int64_t, 3> series{1, 2, 5};
    const auto step = [&](int k, std::int64_t unit) {
        std::int64_t value = series[static_cast<std::size_t>(k % 3)] * unit;
        for (int i = 0; i < k / 3; ++i) { value *= 10; }
        return Price{value};
    };
    std::vector<TickRow> rows;
    for (int i = 0; i < 19; ++i) {
        const Price from = i == 0 ? Price{} : step(i - 1, 100'000'000);  // 0, 0.1, 0.2, 0.5, 1 ... 50,000
        rows.push_back({from, step(std::max(0, i + 3 - liquidity_band), 100'000)});
    }
    return TickTable(std::move(rows));
}

Price TickTable::tick_at(Price price) const {
    if (rows_.empty()) { return {}; }
    const auto after = std::ranges::upper_bound(rows_, Price{magnitude(price)}, {}, &TickRow::from);
    return std::prev(after)->tick;
}

bool TickTable::allows(Price price) const {
    const Price tick = tick_at(price);
    return tick.is_zero() || price.raw % tick.raw == 0;
}

Price TickTable::floor(Price price) const {
    if (price.raw < 0) { return -ceil(-price); }
    // A row begins on its own tick, so that rounding down stays in it.
    const Price tick = tick_at(price);
    return tick.is_zero() ? price : Price{price.raw - price.raw % tick.raw};
}

Price TickTable::ceil(Price price) const {
    if (price.raw < 0) { return -floor(-price); }
    // Rounding up may reach the next row's first price, which lies on the tick of both.
    const Price tick = tick_at(price);
    const std::int64_t over = tick.is_zero() ? 0 : price.raw % tick.raw;
    return over == 0 ? price : Price{price.raw - over + tick.raw};
}

}  // namespace walras::book
