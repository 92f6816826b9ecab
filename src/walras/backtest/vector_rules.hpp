// What the vectorised kernel and its strategy in the event engine share: how numbers from outside become sizes and
// distances, and which signals survive. Internal.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "walras/backtest/vector.hpp"
#include "walras/core/error.hpp"

namespace walras::backtest::vectorised {

// ISO 4217's "no currency": a pool has one, and nobody says which.
inline constexpr const char* no_currency = "XXX";

// Prices by the one rule. Rows are checked before: here a NaN is no price.
inline Price price_of(double value) { return Price{static_cast<std::int64_t>(std::nearbyint(value * 1e9))}; }

// An amount of its kind, without the side.
struct Amount {
    model::SizeKind kind{};
    Quantity lots{};  // target_lots: signed
    Money value{};    // target_value: signed
    Rate percent{};   // target_percent: signed

    [[nodiscard]] model::Size size() const { return {kind, lots.lots, value, percent}; }
};

// `number` is in the unit of its kind. Throws OrderError: not finite, not a whole number of lots.
Amount amount_of(model::SizeKind kind, double number, const model::Instrument& instrument);

// The size of an entry that is decided in `row`; none where the number is 0 or NaN. Throws OrderError if it is
// negative.
std::optional<Amount> entry_amount(const VectorAsset& asset, std::size_t row);

// What an order column asks for in `row`; none where there is nothing.
struct Ask {
    model::OrderSide side{};
    Amount amount;
};
std::optional<Ask> order_at(const VectorAsset& asset, std::size_t row);

// The legs of an entry that is decided in `row`. Throws ConfigError: a negative distance, a stop that stands and
// trails.
struct Protection {
    Rate stop{};             // distance from the fill; 0: none
    std::int64_t trail = 0;  // 1e-9 of a basis point of the best price; 0: none
    Rate target{};

    [[nodiscard]] bool has_stop() const { return !stop.is_zero() || trail != 0; }
    [[nodiscard]] bool has_target() const { return !target.is_zero(); }
};
Protection protection_at(const SignalRules& rules, std::size_t row);

// What a row asks of a position.
struct Wish {
    bool close = false;
    bool enter = false;
    model::OrderSide side = model::OrderSide::buy;  // of the entry
};

inline Wish wish_of(std::uint8_t bits, std::int64_t held, bool accumulate) {
    const bool is_long = held > 0;
    const bool is_short = held < 0;
    const bool buy = (bits & enter_long) != 0;
    const bool sell = (bits & enter_short) != 0;
    Wish wish;
    wish.enter = (buy && (!is_long || accumulate)) || (sell && (!is_short || accumulate));
    wish.side = buy ? model::OrderSide::buy : model::OrderSide::sell;
    wish.close = (is_long && (sell || (bits & exit_long) != 0)) || (is_short && (buy || (bits & exit_short) != 0));
    return wish;
}

// Contradictions say nothing: an entry and an exit of one side, or entries of both sides, cancel each other.
inline std::uint8_t without_conflicts(std::uint8_t bits) {
    constexpr std::uint8_t longs = enter_long | exit_long;
    constexpr std::uint8_t shorts = enter_short | exit_short;
    constexpr std::uint8_t entries = enter_long | enter_short;
    unsigned left = bits;
    if ((left & longs) == longs) { left &= ~static_cast<unsigned>(longs); }
    if ((left & shorts) == shorts) { left &= ~static_cast<unsigned>(shorts); }
    if ((left & entries) == entries) { left &= ~static_cast<unsigned>(entries); }
    return static_cast<std::uint8_t>(left);
}

// True if the asset trades in this row.
inline bool is_bar(const VectorBars& bars, std::size_t row) {
    const double close = bars.close[row];
    return close == close;
}

// The bar of a row in which the asset trades, by the one rule.
inline model::Bar bar_at(const VectorBars& bars, std::size_t row) {
    model::Bar bar;
    bar.close = price_of(bars.close[row]);
    bar.open = bars.open.empty() ? bar.close : price_of(bars.open[row]);
    bar.high = bars.high.empty() ? std::max(bar.open, bar.close) : price_of(bars.high[row]);
    bar.low = bars.low.empty() ? std::min(bar.open, bar.close) : price_of(bars.low[row]);
    bar.volume = bars.volume.empty() ? std::numeric_limits<double>::quiet_NaN() : bars.volume[row];
    return bar;
}

// Signals and orders in rows in which their asset does not trade.
std::uint32_t count_ignored(std::span<const VectorAsset> assets);

// `run_pool` without its checks.
PoolRun run_checked(std::span<const VectorAsset> assets, const PoolConfig& config, std::span<const TimeNs> times);

// Throws ConfigError or DataError: no assets, lengths that differ, an instrument that does not pay in full, times that
// do not rise, a negative buffer.
void check_pool(std::span<const VectorAsset> assets, const PoolConfig& config, std::span<const TimeNs> times);

}  // namespace walras::backtest::vectorised
