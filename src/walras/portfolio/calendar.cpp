#include "walras/portfolio/calendar.hpp"

#include <algorithm>

#include "walras/portfolio/numeric.hpp"

namespace walras::portfolio::stats {
namespace {

struct Date {
    std::int64_t year = 0;
    int month = 0;
};

// Year and month of a day number since 1970-01-01, in the proleptic Gregorian calendar: eras of 400 years that begin
// in March, so that the leap day is the last of its year.
Date date_of(std::int64_t day) {
    const std::int64_t z = day + 719'468;
    const std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
    const std::int64_t of_era = z - era * 146'097;
    const std::int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const auto shifted = static_cast<int>((5 * of_year + 2) / 153);  // 0 is March
    const int month = shifted < 10 ? shifted + 3 : shifted - 9;
    return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month};
}

struct Period {
    TimeNs start{}, end{};  // [start, end)
};

// Clamped to what nanoseconds reach: 1677-09-21 to 2262-04-11.
TimeNs midnight(std::int64_t day) {
    constexpr std::int64_t last = 106'751;
    if (day > last) { return time_max; }
    return day < -last ? time_min : TimeNs{days(day).ns};
}

TimeNs first_of(std::int64_t year, int month) {
    if (year > 2261) { return time_max; }
    return year < 1678 ? time_min : from_civil(static_cast<int>(year), month, 1);
}

Period period_of(TimeNs time, Calendar calendar) {
    const std::int64_t day = utc_day(time);
    if (calendar == Calendar::day) { return {midnight(day), midnight(day + 1)}; }
    const Date date = date_of(day);
    if (calendar == Calendar::year) { return {first_of(date.year, 1), first_of(date.year + 1, 1)}; }
    const bool is_last = date.month == 12;
    return {first_of(date.year, date.month), first_of(date.year + (is_last ? 1 : 0), is_last ? 1 : date.month + 1)};
}

// Calls see(period, first row, last row) for each period that has a row.
template <class See>
void for_each_period(Times times, Calendar calendar, See see) {
    const DurationNs late = lateness(times);
    for (std::size_t row = 0; row < times.size();) {
        const Period period = period_of(times[row] - late, calendar);
        // At the very end of time nothing is earlier than the end of its period.
        const std::size_t next = std::max(row + 1, times.first_at(later(period.end, late), row));
        see(period, row, next - 1);
        row = next;
    }
}

}  // namespace

std::vector<PeriodReturn> period_returns(std::span<const double> curve, Times times, double start, Calendar calendar) {
    std::vector<PeriodReturn> out;
    double before = start;
    for_each_period(times, calendar, [&](Period period, std::size_t, std::size_t last) {
        out.push_back({period.start, before > 0 ? curve[last] / before - 1 : no_value});
        before = curve[last];
    });
    return out;
}

PeriodSummary summarize_periods(std::span<const double> curve, Times times, double start, bool first_counts,
                                Calendar calendar) {
    PeriodSummary result{no_value, no_value, no_value};
    double before = start;
    std::size_t count = 0;
    std::size_t positive = 0;
    for_each_period(times, calendar, [&](Period, std::size_t, std::size_t last) {
        const double value = curve[last] / before - 1;
        const bool grows = before > 0;  // nothing is a return on less than nothing
        before = curve[last];
        // A first period of one row at the start's value has no history: it is no observation.
        if (!grows || (last == 0 && !first_counts)) { return; }
        if (!(value <= result.best)) { result.best = value; }
        if (!(value >= result.worst)) { result.worst = value; }
        ++count;
        positive += value > 0 ? 1U : 0U;
    });
    if (count > 0) { result.positive = static_cast<double>(positive) / static_cast<double>(count); }
    return result;
}

}  // namespace walras::portfolio::stats
