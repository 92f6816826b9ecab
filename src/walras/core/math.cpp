#include "walras/core/math.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace walras::core::math {
namespace {

constexpr double ln2_high = 0x1.62e42fefa0000p-1;  // ln 2 with trailing zeros: k * ln2_high is exact for |k| < 2^11
constexpr double ln2_low = 0x1.cf79abc9e3b3ap-40;  // ln 2 - ln2_high

}  // namespace

// x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(s), s = (m - 1) / (m + 1), by its Taylor series: with
// |s| < 0.1716 the term s^23/23 is below 2^-60 of the sum.
double log(double x) {
    if (std::isnan(x) || x < 0.0) { return std::numeric_limits<double>::quiet_NaN(); }
    if (x == 0.0) { return -std::numeric_limits<double>::infinity(); }
    if (std::isinf(x)) { return x; }
    int exponent = 0;
    double m = std::frexp(x, &exponent);  // [0.5, 1)
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2.0;
        --exponent;
    }
    const double f = m - 1.0;  // exact
    const double s = f / (2.0 + f);
    const double z = s * s;
    double tail = 0.0;
    for (int n = 23; n >= 3; n -= 2) { tail = z * (tail + 2.0 / n); }
    // log(1 + f) = f - (f^2/2 - s (f^2/2 + tail)): the leading term f is exact.
    const double half_square = 0.5 * f * f;
    const double k = exponent;
    return k * ln2_high - ((half_square - (s * (half_square + tail) + k * ln2_low)) - f);
}

// x = k ln 2 + r, |r| <= ln2 / 2; e^r by its Taylor series to r^13/13!.
double exp(double x) {
    if (std::isnan(x)) { return x; }
    if (x > 709.782712893384) { return std::numeric_limits<double>::infinity(); }
    if (x < -745.2) { return 0.0; }
    const double k = std::nearbyint(x * 0x1.71547652b82fep+0);
    const double high = x - k * ln2_high;
    const double low = k * ln2_low;
    const double r = high - low;
    const double lost = (high - r) - low;
    double sum = 0.0;
    for (int n = 13; n >= 2; --n) { sum = (sum + 1.0) * r / n; }
    const double result = 1.0 + (r + (sum * r + lost * (1.0 + r)));
    return std::ldexp(result, static_cast<int>(k));
}

// |x| <= 1, or its reciprocal with pi/2 - atan(1/x). With c the nearest multiple of 1/16, atan x = atan c + atan t,
// t = (x - c) / (1 + x c), |t| <= 1/32, by its Taylor series: the term t^13/13 is below 2^-63 of the sum.
double atan(double x) {
    static constexpr std::array<double, 17> grid = {0,
                                                    0x1.ff55bb72cfdeap-5,
                                                    0x1.fd5ba9aac2f6ep-4,
                                                    0x1.7b97b4bce5b02p-3,
                                                    0x1.f5b75f92c80ddp-3,
                                                    0x1.362773707ebccp-2,
                                                    0x1.6f61941e4def1p-2,
                                                    0x1.a64eec3cc23fdp-2,
                                                    0x1.dac670561bb4fp-2,
                                                    0x1.0657e94db30d0p-1,
                                                    0x1.1e00babdefeb4p-1,
                                                    0x1.345f01cce37bbp-1,
                                                    0x1.4978fa3269ee1p-1,
                                                    0x1.5d58987169b18p-1,
                                                    0x1.700a7c5784634p-1,
                                                    0x1.819d0b7158a4dp-1,
                                                    0x1.921fb54442d18p-1};
    constexpr double half_pi_high = 0x1.921fb54442d18p+0;
    constexpr double half_pi_low = 0x1.1a62633145c07p-54;
    if (std::isnan(x)) { return x; }
    const double size = std::abs(x);
    const double u = size > 1.0 ? 1.0 / size : size;
    const int k = static_cast<int>(std::floor(u * 16.0 + 0.5));
    const double c = k * 0.0625;
    const double t = (u - c) / (1.0 + u * c);
    const double z = t * t;
    double tail = 0.0;
    for (int n = 11; n >= 3; n -= 2) { tail = z * (1.0 / n - tail); }
    const double angle = grid[static_cast<std::size_t>(k)] + (t - t * tail);
    return std::copysign(size > 1.0 ? half_pi_high - (angle - half_pi_low) : angle, x);
}

}  // namespace walras::core::math
