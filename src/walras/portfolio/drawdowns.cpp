#include "walras/portfolio/drawdowns.hpp"

#include <algorithm>
#include <cmath>

namespace walras::portfolio::stats {
namespace {

// One stretch below a peak: rows [first, end).
struct Stretch {
    std::size_t peak_row = 0, first = 0, end = 0;
    double peak = 0, lowest = 0;
    double squares = 0;  // sum of (value - peak)^2
    bool is_recovered = false;
};

// Calls `see` for each stretch and returns the highest value. Below a peak eight rows at a time, for then nothing but a
// new peak matters.
template <class See>
double for_each_stretch(std::span<const double> curve, double start, See see) {
    const std::size_t n = curve.size();
    double peak = start;
    std::size_t peak_row = 0;
    for (std::size_t row = 0; row < n;) {
        if (curve[row] >= peak) {
            peak = curve[row];
            peak_row = row++;
            continue;
        }
        Stretch s{.peak_row = peak_row, .first = row, .peak = peak};
        std::array<double, 8> low;
        std::array<double, 8> squares{};
        low.fill(curve[row]);
        for (; row + 8 <= n; row += 8) {
            bool is_over = false;
            for (std::size_t lane = 0; lane < 8; ++lane) { is_over |= curve[row + lane] >= peak; }
            if (is_over) { break; }
            for (std::size_t lane = 0; lane < 8; ++lane) {
                const double value = curve[row + lane];
                low[lane] = value < low[lane] ? value : low[lane];
                squares[lane] += (value - peak) * (value - peak);
            }
        }
        for (; row < n && !(curve[row] >= peak); ++row) {
            low[0] = std::min(low[0], curve[row]);
            squares[0] += (curve[row] - peak) * (curve[row] - peak);
        }
        s.end = row;
        s.is_recovered = row < n;
        s.lowest = *std::ranges::min_element(low);
        for (const double lane : squares) { s.squares += lane; }
        see(s);
    }
    return peak;
}

}  // namespace

std::vector<Drawdown> deepest_drawdowns(std::span<const double> curve, double start, std::size_t count) {
    std::vector<Drawdown> found;
    const auto is_deeper = [](const Drawdown& a, const Drawdown& b) {
        return a.depth != b.depth ? a.depth < b.depth : a.peak_row < b.peak_row;
    };
    static_cast<void>(for_each_stretch(curve, start, [&](const Stretch& s) {
        const Drawdown fall{.peak_row = s.peak_row,
                            .low_row = s.first,
                            .end_row = s.is_recovered ? s.end : s.end - 1,
                            .depth = s.lowest / s.peak - 1,
                            .is_recovered = s.is_recovered};
        if (found.size() == count && (count == 0 || !is_deeper(fall, found.back()))) { return; }
        if (found.size() == count) { found.pop_back(); }
        found.insert(std::ranges::upper_bound(found, fall, is_deeper), fall);
    }));
    for (Drawdown& fall : found) {
        const auto from = curve.begin() + static_cast<std::ptrdiff_t>(fall.low_row);
        const auto to = curve.begin() + static_cast<std::ptrdiff_t>(fall.end_row + 1);
        fall.low_row = static_cast<std::size_t>(std::min_element(from, to) - curve.begin());
    }
    return found;
}

DrawdownSummary summarize_drawdowns(std::span<const double> curve, Times times, double start) {
    DrawdownSummary result;
    if (curve.empty()) { return result; }
    double depths = 0;
    double durations = 0;
    double longest = 0;
    double squares = 0;
    result.deepest = 0;
    result.peak = for_each_stretch(curve, start, [&](const Stretch& s) {
        const double depth = s.lowest / s.peak - 1;
        result.deepest = std::min(result.deepest, depth);
        depths += depth;
        squares += s.squares / (s.peak * s.peak);
        result.rows_under += s.end - s.first;
        ++result.count;
        if (times.empty()) { return; }
        const DurationNs length = times[s.is_recovered ? s.end : s.end - 1] - times[s.peak_row];
        const double in_days = static_cast<double>(length.ns) / 86'400e9;
        durations += in_days;
        longest = std::max(longest, in_days);
    });
    result.ulcer = std::sqrt(squares / static_cast<double>(curve.size()));
    if (result.count > 0) {
        result.mean = depths / static_cast<double>(result.count);
        if (!times.empty()) {
            result.mean_days = durations / static_cast<double>(result.count);
            result.longest_days = longest;
        }
    }
    return result;
}

}  // namespace walras::portfolio::stats
