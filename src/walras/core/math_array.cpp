#include "walras/core/math_array.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "walras/core/check.hpp"
#include "walras/core/math.hpp"

namespace walras::core::math {
namespace {

constexpr double ln2_high = 0x1.62e42fefa0000p-1;
constexpr double ln2_low = 0x1.cf79abc9e3b3ap-40;
constexpr std::size_t block = 256;

// Positive, normal and finite: the exponent's bits say so.
bool is_plain(double x) { return std::bit_cast<std::uint64_t>(x) - 0x0010000000000000U < 0x7fe0000000000000U; }

// math::log for plain arguments, operation by operation, without branch or call, so that the compiler takes two or
// four elements at once.
double plain_log(double x) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const double half = std::bit_cast<double>((bits & 0x000fffffffffffffU) | 0x3fe0000000000000U);  // [0.5, 1)
    // The exponent as a double: its bits below those of 2^52.
    const double exponent = std::bit_cast<double>((bits >> 52U) | 0x4330000000000000U) - (0x1p52 + 1022);
    const bool is_low = half < 0x1.6a09e667f3bcdp-1;
    const double m = is_low ? half * 2.0 : half;
    const double k = is_low ? exponent - 1.0 : exponent;
    const double f = m - 1.0;
    const double s = f / (2.0 + f);
    const double z = s * s;
    double tail = z * (2.0 / 23);
    tail = z * (tail + 2.0 / 21);
    tail = z * (tail + 2.0 / 19);
    tail = z * (tail + 2.0 / 17);
    tail = z * (tail + 2.0 / 15);
    tail = z * (tail + 2.0 / 13);
    tail = z * (tail + 2.0 / 11);
    tail = z * (tail + 2.0 / 9);
    tail = z * (tail + 2.0 / 7);
    tail = z * (tail + 2.0 / 5);
    tail = z * (tail + 2.0 / 3);
    const double half_square = 0.5 * f * f;
    return k * ln2_high - ((half_square - (s * (half_square + tail) + k * ln2_low)) - f);
}

}  // namespace

void log(std::span<const double> values, std::span<double> out) {
    WALRAS_CHECK(values.size() == out.size(), "log of an array needs room for each value");
    for (std::size_t start = 0; start < values.size(); start += block) {
        const auto from = values.subspan(start, std::min(block, values.size() - start));
        const auto to = out.subspan(start, from.size());
        std::uint64_t odd = 0;
        for (const double x : from) { odd |= static_cast<std::uint64_t>(!is_plain(x)); }
        if (odd == 0) {
            for (std::size_t i = 0; i < from.size(); ++i) { to[i] = plain_log(from[i]); }
        } else {
            for (std::size_t i = 0; i < from.size(); ++i) { to[i] = log(from[i]); }
        }
    }
}

}  // namespace walras::core::math
