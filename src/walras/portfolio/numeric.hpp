// Sums in a fixed order, moments, order statistics and logarithms of long series of doubles.
//
// Pure functions; the order of each sum depends on the number of terms alone, so that a result is the same on every
// machine and with any number of threads.
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

// Calls see(first, count) for consecutive blocks of [0, n) that stay in the cache, so that several sums share one pass.
template <class See>
void for_each_block(std::size_t n, See see) {
    constexpr std::size_t block = 2048;
    for (std::size_t start = 0; start < n; start += block) { see(start, n - start < block ? n - start : block); }
}

// Sum of the values, block by block.
inline double total(std::span<const double> values) {
    double result = 0;
    for_each_block(values.size(), [&](std::size_t start, std::size_t count) {
        result += sum(count, [&](std::size_t i) { return values[start + i]; });
    });
    return result;
}

// Product of term(i) over [0, n), likewise.
template <class Term>
double product(std::size_t n, Term term) {
    std::array<double, 8> lanes;
    lanes.fill(1);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) { lanes[lane] *= term(i + lane); }
    }
    for (; i < n; ++i) { lanes[i % 8] *= term(i); }
    return ((lanes[0] * lanes[1]) * (lanes[2] * lanes[3])) * ((lanes[4] * lanes[5]) * (lanes[6] * lanes[7]));
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

// The density of a standard normal distribution.
double normal_density(double x);

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
Moments moments(std::span<const double> values, double total);  // where the sum is known

// Central sums of pairs (x, y).
struct Covariance {
    double count = 0, x = 0, y = 0;  // number of pairs, and the means
    double xx = 0, xy = 0, yy = 0;   // sums of products of deviations

    // What two parts give together. Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing
    // sample variances" (1979), eq. 2.1.
    void merge(const Covariance& other);
};
Covariance covariance(std::span<const double> x, std::span<const double> y);

// The lower tail of `sign` * values, at quantile `cutoff`.
struct Tail {
    double quantile = no_value;  // linearly interpolated
    double mean = no_value;      // of the floor((n - 1) * cutoff) + 1 smallest
};
Tail tail(std::span<const double> values, double cutoff, double sign = 1);

// Both tails at once: `low` at quantile `cutoff`, and the quantile 1 - cutoff.
struct Tails {
    Tail low;
    double high = no_value;
};
Tails tails(std::span<const double> values, double cutoff);

// R^2 of a straight line through `values` against their index; NaN for fewer than two.
double linearity(std::span<const double> values);
// linearity of log(values), in one pass without an array of logarithms. NaN if one of them is not positive.
double log_linearity(std::span<const double> values);

// out[i] = values[i + 1] / values[i] - 1, one fewer than `values`; NaN where values[i] is not positive.
void simple_returns(std::span<const double> values, std::span<double> out);

// cov / var of the steps of log(y) against those of log(x): y = beta x. NaN if a value is not positive.
double log_beta(std::span<const double> x, std::span<const double> y);

// out[i] = log(values[i] / base). A few terms of a series serve where all are near `base`. NaN for what is negative.
void log_from(double base, std::span<const double> values, std::span<double> out);

// out[i] = log(values[i + 1] / values[i]), one fewer than `values`; likewise.
void log_steps(std::span<const double> values, std::span<double> out);

// Those that are not NaN: `values` itself if all are, else a copy in `storage`.
std::span<const double> observed(std::span<const double> values, std::vector<double>& storage);
// The same with their sum, which had to be taken anyway.
struct Observed {
    std::span<const double> values;
    double total = 0;
};
Observed observe(std::span<const double> values, std::vector<double>& storage);

}  // namespace walras::portfolio::stats
