// Falls from a peak: the stretches of a curve that lie below its highest point so far.
//
// Pure functions. The curve is equity, or growth of one unit; `start` is its value before the first row and the first
// peak. A drawdown begins with the last row at the peak and ends with the row that reaches it again, or with the curve.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "walras/portfolio/times.hpp"

namespace walras::portfolio::stats {

struct Drawdown {
    std::size_t peak_row = 0;  // 0 also where the peak is the start
    std::size_t low_row = 0;
    std::size_t end_row = 0;
    double depth = 0;  // negative fraction of the peak
    bool is_recovered = false;
};

// The `count` deepest, deepest first; equal ones in the order of time.
std::vector<Drawdown> deepest_drawdowns(std::span<const double> curve, double start, std::size_t count);

// What all drawdowns have in common.
struct DrawdownSummary {
    double deepest = std::numeric_limits<double>::quiet_NaN();       // negative; 0 where nothing falls
    double mean = std::numeric_limits<double>::quiet_NaN();          // of the lowest points, negative
    double longest_days = std::numeric_limits<double>::quiet_NaN();  // from the peak to the recovery, or to the end
    double mean_days = std::numeric_limits<double>::quiet_NaN();
    double ulcer = std::numeric_limits<double>::quiet_NaN();  // root of the mean square over all rows
    double peak = std::numeric_limits<double>::quiet_NaN();   // the highest value, the start included
    std::size_t count = 0;
    std::size_t rows_under = 0;
};

// `times` has a time for each row or is empty: then there are no durations.
DrawdownSummary summarize_drawdowns(std::span<const double> curve, Times times, double start);

}  // namespace walras::portfolio::stats
