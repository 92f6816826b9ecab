// Returns of calendar days, months and years (UTC) of a curve with a time for each row.
//
// Pure functions. `times` rise; daily rows count on the date where they were made (lateness of times.hpp). The return
// of a period is last value / last value of the period before - 1; before the first one stands `start`. After a value
// of 0 or less it is NaN, no observation. The first and the last period may be partial.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "walras/portfolio/times.hpp"

namespace walras::portfolio::stats {

enum class Calendar : std::uint8_t { day, month, year };

struct PeriodReturn {
    TimeNs start{};  // midnight UTC of its first day
    double value = 0;
};

std::vector<PeriodReturn> period_returns(std::span<const double> curve, Times times, double start, Calendar calendar);

// NaN where there is no period.
struct PeriodSummary {
    double best = 0, worst = 0;
    double positive = 0;  // share of periods with a return above 0
};
// `first_counts`: a first period that is one row at the start's value is an observation.
PeriodSummary summarize_periods(std::span<const double> curve, Times times, double start, bool first_counts,
                                Calendar calendar);

}  // namespace walras::portfolio::stats
