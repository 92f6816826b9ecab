#include "walras/portfolio/numeric.hpp"

#include <algorithm>
#include <cmath>

#include "walras/core/math.hpp"

namespace walras::portfolio::stats {
namespace {

// The k + 1 smallest values' sum, the k-th smallest (from 0) and the one above it.
struct Lowest {
    double sum = 0;
    double at = 0;
    double next = 0;
};

Lowest lowest_of(std::vector<double>& values, std::size_t k) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(k);
    std::ranges::nth_element(values, middle);
    // Summed in ascending order: the selection's own order is the library's affair.
    std::sort(values.begin(), middle);
    const double at = *middle;
    Lowest result{sum(k + 1, [&](std::size_t i) { return values[i]; }), at, at};
    if (middle + 1 != values.end()) { result.next = *std::min_element(middle + 1, values.end()); }
    return result;
}

// A sorted sample brackets the k-th smallest value; one pass counts what lies below the bracket and keeps what is
// inside.
Lowest lowest(std::span<const double> values, std::size_t k, double sign) {
    constexpr std::size_t sample_size = 2048;
    const std::size_t n = values.size();
    if (n > 4 * sample_size) {
        std::vector<double> sample(sample_size);
        const std::size_t stride = n / sample_size;
        for (std::size_t i = 0; i < sample_size; ++i) { sample[i] = sign * values[i * stride]; }
        std::ranges::sort(sample);
        // Five standard errors of the sample's rank on each side.
        const double share = static_cast<double>(k) / static_cast<double>(n);
        const auto margin = static_cast<std::size_t>(5 * std::sqrt(sample_size * share * (1 - share))) + 2;
        const auto rank = static_cast<std::size_t>(share * sample_size);
        const double low = rank > margin ? sample[rank - margin] : -std::numeric_limits<double>::infinity();
        const double high =
            rank + margin < sample_size ? sample[rank + margin] : std::numeric_limits<double>::infinity();
        std::size_t below = 0;
        const double sum_below = sum(n, [&](std::size_t i) {
            const double value = sign * values[i];
            const bool is_below = value < low;
            below += is_below ? 1U : 0U;
            return is_below ? value : 0.0;
        });
        std::vector<double> inside;
        std::array<double, 2048> block;
        for (std::size_t start = 0; start < n; start += block.size()) {
            std::size_t count = 0;
            for (const double raw : values.subspan(start, std::min(block.size(), n - start))) {
                const double value = sign * raw;
                block[count] = value;  // always written, kept only if inside: no branch to mispredict
                count += static_cast<std::size_t>(value >= low) & static_cast<std::size_t>(value <= high);
            }
            inside.insert(inside.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
        }
        if (below <= k && k + 1 < below + inside.size()) {
            Lowest result = lowest_of(inside, k - below);
            result.sum += sum_below;
            return result;
        }
    }
    std::vector<double> kept(n);
    std::ranges::transform(values, kept.begin(), [&](double value) { return sign * value; });
    return lowest_of(kept, k);
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

double Moments::deviation() const { return std::sqrt(variance()); }

Moments moments(std::span<const double> values) {
    Moments m;
    m.count = values.size();
    if (values.empty()) { return m; }
    const auto n = static_cast<double>(m.count);
    m.mean = sum(m.count, [&](std::size_t i) { return values[i]; }) / n;
    // The three sums share one pass in blocks that stay in the cache.
    constexpr std::size_t block = 2048;
    double s2 = 0, s3 = 0, s4 = 0;
    for (std::size_t start = 0; start < m.count; start += block) {
        const auto part = values.subspan(start, std::min(block, m.count - start));
        const auto deviation = [&](std::size_t i) { return part[i] - m.mean; };
        s2 += sum(part.size(), [&](std::size_t i) { return deviation(i) * deviation(i); });
        s3 += sum(part.size(), [&](std::size_t i) { return deviation(i) * deviation(i) * deviation(i); });
        s4 += sum(part.size(), [&](std::size_t i) {
            const double square = deviation(i) * deviation(i);
            return square * square;
        });
    }
    m.m2 = s2 / n;
    m.m3 = s3 / n;
    m.m4 = s4 / n;
    return m;
}

Tail tail(std::span<const double> values, double cutoff, double sign) {
    Tail result;
    if (values.empty()) { return result; }
    const double place = static_cast<double>(values.size() - 1) * cutoff;
    const auto k = static_cast<std::size_t>(place);
    const Lowest found = lowest(values, k, sign);
    result.quantile = found.at + (found.next - found.at) * (place - static_cast<double>(k));
    result.mean = found.sum / static_cast<double>(k + 1);
    return result;
}

double linearity(std::span<const double> values) {
    const std::size_t n = values.size();
    if (n < 2) { return no_value; }
    const auto count = static_cast<double>(n);
    const double center = (count - 1) / 2;
    const double mean = sum(n, [&](std::size_t i) { return values[i]; }) / count;
    const double xy = sum(n, [&](std::size_t i) { return (static_cast<double>(i) - center) * (values[i] - mean); });
    const double yy = sum(n, [&](std::size_t i) { return (values[i] - mean) * (values[i] - mean); });
    const double xx = count * (count * count - 1) / 12;
    return ratio(xy * xy, xx * yy);
}

std::span<const double> observed(std::span<const double> values, std::vector<double>& storage) {
    const auto is_missing = [](double value) { return value != value; };
    if (std::ranges::none_of(values, is_missing)) { return values; }
    storage.assign(values.begin(), values.end());
    std::erase_if(storage, is_missing);
    return storage;
}

}  // namespace walras::portfolio::stats
