// Sums in a fixed order and order statistics, for long series of doubles.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace walras::portfolio::stats {

inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

// Sum of term(i) over [0, n): eight lanes, joined as a tree. The order depends on n alone.
template <class Term>
double sum(std::size_t n, Term term) {
    std::array<double, 8> lanes{};
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) { lanes[lane] += term(i + lane); }
    }
    for (; i < n; ++i) { lanes[i % 8] += term(i); }
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

// 0 / 0 is NaN, x / 0 is an infinity signed like x.
inline double ratio(double numerator, double denominator) {
    if (denominator != 0) { return numerator / denominator; }
    if (numerator == 0 || numerator != numerator) { return no_value; }
    return numerator > 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

// x^y for x >= 0, with the core's own exp and log: the same bits on every machine.
double power(double x, double y);

// growth^exponent - 1; -1 where everything was lost.
double compound(double growth, double exponent);

// The deviation of a compounded year of `per_year` periods, from the variance and the mean growth of one:
// sqrt((variance + growth^2)^n - growth^(2n)).
double compounded_deviation(double variance, double growth, double per_year);

struct Moments {
    std::size_t count = 0;
    double mean = no_value;
    double m2 = no_value, m3 = no_value, m4 = no_value;  // central, over n

    [[nodiscard]] double variance() const {  // ddof 1
        return count < 2 ? no_value : m2 * static_cast<double>(count) / static_cast<double>(count - 1);
    }
    [[nodiscard]] double deviation() const;
};
Moments moments(std::span<const double> values);

// The lower tail of `sign` * values, at quantile `cutoff`.
struct Tail {
    double quantile = no_value;  // linearly interpolated
    double mean = no_value;      // of the floor((n - 1) * cutoff) + 1 smallest
};
Tail tail(std::span<const double> values, double cutoff, double sign = 1);

// R^2 of a straight line through `values` against their index; NaN for fewer than two.
double linearity(std::span<const double> values);

// Those that are not NaN: `values` itself if all are, else a copy in `storage`.
std::span<const double> observed(std::span<const double> values, std::vector<double>& storage);

}  // namespace walras::portfolio::stats
