// Decimal text and doubles to fixed point with nine decimals, and back. One rule for the whole house:
// a double becomes fixed point as nearest(x * 1e9), ties to even; text must be exact to nine decimals.
#pragma once

#include <cmath>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "walras/core/int128.hpp"

namespace walras::core {

inline constexpr std::int64_t fixed_scale = 1'000'000'000;  // units of 1e-9 in 1.0

enum class DecimalError : std::uint8_t { empty, malformed, too_precise, out_of_range, not_finite };

// A sentence for each cause.
std::string_view describe(DecimalError error);

// "-12.50", "1e-8", "0.000000001" -> units of 1e-9. Digits beyond the ninth decimal must be zeros.
std::expected<std::int64_t, DecimalError> parse_fixed(std::string_view text);

// nearest(x * 1e9), ties to even.
inline std::expected<std::int64_t, DecimalError> fixed_from_double(double value) {
    const double scaled = std::nearbyint(value * 1e9);
    if (scaled < 0x1p63 && scaled >= -0x1p63) [[likely]] { return static_cast<std::int64_t>(scaled); }
    return std::unexpected(std::isfinite(value) ? DecimalError::out_of_range : DecimalError::not_finite);
}

inline double fixed_to_double(int128 raw) {
    const auto low = static_cast<std::int64_t>(raw);
    return (low == raw ? static_cast<double>(low) : static_cast<double>(raw)) / 1e9;
}

// Shortest exact text: 12500000000 -> "12.5". With `decimals` >= 0, at least that many decimals are written.
std::string format_fixed(int128 raw, int decimals = 0);

}  // namespace walras::core
