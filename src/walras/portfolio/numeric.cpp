#include "walras/portfolio/numeric.hpp"

#include <algorithm>
#include <cmath>

#include "walras/core/math.hpp"
#include "walras/core/math_array.hpp"

namespace walras::portfolio::stats {
namespace {

// log(b / a) = 2 atanh(s), s = (b - a) / (b + a), by `Terms` terms of its Taylor series.
template <int Terms>
double log_series(double a, double b) {
    const double s = (b - a) / (b + a);
    const double z = s * s;
    double tail = 0;
    for (int n = 2 * Terms - 1; n >= 3; n -= 2) { tail = z * (tail + 2.0 / n); }
    return 2 * s + s * tail;
}

// How many terms do for b / a in [low, high]: the next one is below 2^-54 of the sum. 0: none of the offered numbers.
int terms_for(double low, double high) {
    const auto reaches = [&](double s) { return low > (1 - s) / (1 + s) && high < (1 + s) / (1 - s); };
    return reaches(0.03) ? 5 : (reaches(0.115) ? 8 : 0);
}

// Points (first + i, values[i]).
Covariance line_of(std::span<const double> values, std::size_t first) {
    const std::size_t n = values.size();
    Covariance line{.count = static_cast<double>(n)};
    const double center = (line.count - 1) / 2;
    line.x = static_cast<double>(first) + center;
    line.xx = line.count * (line.count * line.count - 1) / 12;
    line.y = sum(n, [&](std::size_t i) { return values[i]; }) / line.count;
    line.xy = sum(n, [&](std::size_t i) { return (static_cast<double>(i) - center) * (values[i] - line.y); });
    line.yy = sum(n, [&](std::size_t i) { return (values[i] - line.y) * (values[i] - line.y); });
    return line;
}

double r_squared(const Covariance& line) {
    return line.count < 2 ? no_value : ratio(line.xy * line.xy, line.xx * line.yy);
}

Covariance block_covariance(std::span<const double> x, std::span<const double> y) {
    const std::size_t n = x.size();
    Covariance c{.count = static_cast<double>(n)};
    c.x = sum(n, [&](std::size_t i) { return x[i]; }) / c.count;
    c.y = sum(n, [&](std::size_t i) { return y[i]; }) / c.count;
    c.xx = sum(n, [&](std::size_t i) { return (x[i] - c.x) * (x[i] - c.x); });
    c.xy = sum(n, [&](std::size_t i) { return (x[i] - c.x) * (y[i] - c.y); });
    c.yy = sum(n, [&](std::size_t i) { return (y[i] - c.y) * (y[i] - c.y); });
    return c;
}

}  // namespace

double power(double x, double y) {
    if (x == 0) { return y == 0 ? 1 : 0; }
    return core::math::exp(y * core::math::log(x));
}

double compound(double growth, double exponent) {
    if (growth != growth) { return no_value; }
    return growth <= 0 ? -1 : power(growth, exponent) - 1;
}

double compounded_deviation(double variance, double growth, double per_year) {
    if (growth != growth || variance != variance) { return no_value; }
    const double square = growth * growth;
    return std::sqrt(power(variance + square, per_year) - power(square, per_year));
}

double normal_density(double x) {
    constexpr double inverse_root_two_pi = 0.39894228040143267794;
    return inverse_root_two_pi * core::math::exp(-0.5 * x * x);
}

double Moments::deviation() const { return std::sqrt(variance()); }

Moments moments(std::span<const double> values) { return moments(values, total(values)); }

Moments moments(std::span<const double> values, double total) {
    Moments m;
    m.count = values.size();
    if (values.empty()) { return m; }
    const auto n = static_cast<double>(m.count);
    m.mean = total / n;
    double s2 = 0, s3 = 0, s4 = 0;
    for_each_block(m.count, [&](std::size_t start, std::size_t count) {
        const auto part = values.subspan(start, count);
        const auto deviation = [&](std::size_t i) { return part[i] - m.mean; };
        s2 += sum(count, [&](std::size_t i) { return deviation(i) * deviation(i); });
        s3 += sum(count, [&](std::size_t i) { return deviation(i) * deviation(i) * deviation(i); });
        s4 += sum(count, [&](std::size_t i) {
            const double square = deviation(i) * deviation(i);
            return square * square;
        });
    });
    m.m2 = s2 / n;
    m.m3 = s3 / n;
    m.m4 = s4 / n;
    // Equal values have no deviation, also where their mean is not one of them for rounding.
    const double rounding = 4 * std::numeric_limits<double>::epsilon() * m.mean;
    if (m.m2 <= rounding * rounding) { m.m2 = m.m3 = m.m4 = 0; }
    return m;
}

void Covariance::merge(const Covariance& other) {
    const double all = count + other.count;
    if (all == 0) { return; }
    const double dx = other.x - x;
    const double dy = other.y - y;
    const double weight = count * other.count / all;
    xx += other.xx + dx * dx * weight;
    xy += other.xy + dx * dy * weight;
    yy += other.yy + dy * dy * weight;
    x += dx * other.count / all;
    y += dy * other.count / all;
    count = all;
}

Covariance covariance(std::span<const double> x, std::span<const double> y) {
    Covariance all;
    for_each_block(x.size(), [&](std::size_t start, std::size_t count) {
        all.merge(block_covariance(x.subspan(start, count), y.subspan(start, count)));
    });
    return all;
}

void simple_returns(std::span<const double> values, std::span<double> out) {
    if (values.empty()) { return; }
    for_each_block(values.size() - 1, [&](std::size_t start, std::size_t count) {
        const double* from = values.data() + start;
        double* to = out.data() + start;
        double low = from[0];
        for (std::size_t i = 0; i < count; ++i) {
            to[i] = from[i + 1] / from[i] - 1;
            low = from[i] > low ? low : from[i];
        }
        if (low > 0) { return; }
        for (std::size_t i = 0; i < count; ++i) {
            if (!(from[i] > 0)) { to[i] = no_value; }
        }
    });
}

double log_beta(std::span<const double> x, std::span<const double> y) {
    constexpr std::size_t block = 512;
    std::array<double, block> mine;
    std::array<double, block> theirs;
    Covariance all;
    for (std::size_t start = 0; start + 1 < x.size(); start += block) {
        const std::size_t n = std::min(block, x.size() - 1 - start);
        log_steps(x.subspan(start, n + 1), mine);
        log_steps(y.subspan(start, n + 1), theirs);
        all.merge(block_covariance(std::span{mine}.first(n), std::span{theirs}.first(n)));
    }
    return all.count < 2 ? no_value : ratio(all.xy, all.xx);
}

double linearity(std::span<const double> values) {
    Covariance line;
    for_each_block(values.size(), [&](std::size_t start, std::size_t count) {
        line.merge(line_of(values.subspan(start, count), start));
    });
    return r_squared(line);
}

double log_linearity(std::span<const double> values) {
    constexpr std::size_t block = 128;  // short, so that a series of few terms reaches its ends
    Covariance line;
    std::array<double, block> logs;
    for (std::size_t start = 0; start < values.size(); start += block) {
        const auto part = values.subspan(start, std::min(block, values.size() - start));
        const double base = part[part.size() / 2];
        if (!(base > 0)) { return no_value; }
        log_from(base, part, std::span{logs}.first(part.size()));
        Covariance piece = line_of(std::span{logs}.first(part.size()), start);
        piece.y += core::math::log(base);
        line.merge(piece);
    }
    return r_squared(line);
}

void log_from(double base, std::span<const double> values, std::span<double> out) {
    if (values.empty()) { return; }
    double low = values[0];
    double high = values[0];
    for (const double value : values) {
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    const int terms = base > 0 ? terms_for(low / base, high / base) : 0;
    const std::size_t n = values.size();
    if (terms == 5) {
        for (std::size_t i = 0; i < n; ++i) { out[i] = log_series<5>(base, values[i]); }
    } else if (terms == 8) {
        for (std::size_t i = 0; i < n; ++i) { out[i] = log_series<8>(base, values[i]); }
    } else {
        for (std::size_t i = 0; i < n; ++i) { out[i] = values[i] / base; }
        core::math::log(out.first(n), out.first(n));
    }
}

void log_steps(std::span<const double> values, std::span<double> out) {
    constexpr std::size_t block = 512;
    for (std::size_t start = 0; start + 1 < values.size(); start += block) {
        const std::size_t n = std::min(block, values.size() - 1 - start);
        const double* from = values.data() + start;
        const auto to = out.subspan(start, n);
        double low = 1;
        double high = 1;
        for (std::size_t i = 0; i < n; ++i) {
            const double step = from[i + 1] / from[i];
            to[i] = step;
            low = step > low ? low : step;  // a NaN stays
            high = step > high ? step : high;
        }
        const int terms = terms_for(low, high);
        if (terms == 5) {
            for (std::size_t i = 0; i < n; ++i) { to[i] = log_series<5>(from[i], from[i + 1]); }
        } else if (terms == 8) {
            for (std::size_t i = 0; i < n; ++i) { to[i] = log_series<8>(from[i], from[i + 1]); }
        } else {
            core::math::log(to, to);
        }
    }
}

Observed observe(std::span<const double> values, std::vector<double>& storage) {
    // A sum is NaN if a term is: quicker than a look at each. (Infinities of both signs also make one; then we look.)
    Observed result{values, total(values)};
    const auto is_missing = [](double value) { return value != value; };
    if (!is_missing(result.total) || std::ranges::none_of(values, is_missing)) { return result; }
    storage.assign(values.begin(), values.end());
    std::erase_if(storage, is_missing);
    return {storage, total(storage)};
}

std::span<const double> observed(std::span<const double> values, std::vector<double>& storage) {
    return observe(values, storage).values;
}

}  // namespace walras::portfolio::stats
