#include "walras/portfolio/calendar.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "walras/portfolio/returns.hpp"

using namespace walras;
using namespace walras::portfolio::stats;

TEST_CASE("a month is what the calendar says, for four hundred years") {
    std::vector<TimeNs> times;
    std::vector<double> curve;
    std::vector<TimeNs> firsts;
    for (int year = 1'700; year < 2'200; ++year) {
        for (int month = 1; month <= 12; ++month) {
            const TimeNs first = from_civil(year, month, 1);
            const TimeNs next = month == 12 ? from_civil(year + 1, 1, 1) : from_civil(year, month + 1, 1);
            firsts.push_back(first);
            times.push_back(first);
            times.push_back(next - DurationNs{1});
            curve.push_back(static_cast<double>(times.size()));
            curve.push_back(2 * static_cast<double>(times.size()));
        }
    }
    const auto months = period_returns(curve, Times{std::span<const TimeNs>{times}}, 1, Calendar::month);
    REQUIRE(months.size() == firsts.size());
    for (std::size_t i = 0; i < months.size(); ++i) { CHECK(months[i].start == firsts[i]); }
    CHECK(months[0].value == curve[1] - 1);
    CHECK(months[5].value == doctest::Approx(curve[11] / curve[9] - 1));
    CHECK(period_returns(curve, Times{std::span<const TimeNs>{times}}, 1, Calendar::year).size() == 500);
    CHECK(period_returns(curve, Times{std::span<const TimeNs>{times}}, 1, Calendar::day).size() == times.size());
}

TEST_CASE("a daily row counts on the date where it was made") {
    // Ten weeks of Mondays to Fridays that end with December, each with the last nanosecond of its day.
    for (const int ahead : {-10, -8, -5, 0, 1, 9, 12}) {
        CAPTURE(ahead);
        std::vector<TimeNs> times;
        std::vector<double> curve;
        for (int day = 0; day < 75; ++day) {
            const TimeNs midnight = from_civil(2021, 10, 18) + days(day);  // a Monday
            if (day % 7 >= 5) { continue; }
            times.push_back(midnight + days(1) - seconds(std::int64_t{ahead} * 3'600) - DurationNs{1});
            curve.push_back(100 + static_cast<double>(curve.size()));
        }
        REQUIRE(times.size() == 55);
        CHECK(periods_per_year(times) == 252);
        const auto years = period_returns(curve, Times{std::span<const TimeNs>{times}}, 100, Calendar::year);
        REQUIRE(years.size() == 1);
        CHECK(years[0].start == from_civil(2021, 1, 1));
        CHECK(period_returns(curve, Times{std::span<const TimeNs>{times}}, 100, Calendar::month).size() == 3);
        CHECK(period_returns(curve, Times{std::span<const TimeNs>{times}}, 100, Calendar::day).size() == 55);
    }
}

TEST_CASE("rows inside a day stay on their UTC date") {
    std::vector<TimeNs> times;
    times.reserve(48);
    for (int hour = 0; hour < 48; ++hour) {
        times.push_back(from_civil(2022, 1, 3) + seconds(3'600 * std::int64_t{hour + 1}) - DurationNs{1});
    }
    const std::vector<double> curve(times.size(), 1.0);
    CHECK(period_returns(curve, Times{std::span<const TimeNs>{times}}, 1, Calendar::day).size() == 2);
}

TEST_CASE("the ends of what nanoseconds reach are periods too") {
    const std::vector<TimeNs> times{time_min + days(2), TimeNs{0}, time_max};
    const std::vector<double> curve{1, 2, 3};
    for (const Calendar calendar : {Calendar::day, Calendar::month, Calendar::year}) {
        const auto found = period_returns(curve, Times{std::span<const TimeNs>{times}}, 1, calendar);
        CHECK(found.size() == 3);
    }
    CHECK(periods_per_year(std::vector{time_max - DurationNs{5}, time_max - DurationNs{3}, time_max}) > 0);
}

TEST_CASE("periods are summarised by best, worst and share above zero") {
    const std::vector<TimeNs> times{from_civil(2024, 1, 30), from_civil(2024, 1, 31), from_civil(2024, 2, 1),
                                    from_civil(2024, 3, 5)};
    const std::vector<double> curve{1.1, 1.2, 0.9, 0.99};
    const PeriodSummary m = summarize_periods(curve, Times{std::span<const TimeNs>{times}}, 1, true, Calendar::month);
    CHECK(m.best == doctest::Approx(0.2));
    CHECK(m.worst == doctest::Approx(-0.25));
    CHECK(m.positive == doctest::Approx(2.0 / 3));
    const PeriodSummary d = summarize_periods(curve, Times{std::span<const TimeNs>{times}}, 1, true, Calendar::day);
    CHECK(d.positive == 0.75);
    // Without history the first day is no observation.
    const PeriodSummary later =
        summarize_periods(curve, Times{std::span<const TimeNs>{times}}, 1.1, false, Calendar::day);
    CHECK(later.positive == doctest::Approx(2.0 / 3));
    CHECK(std::isnan(summarize_periods({}, {}, 1, true, Calendar::day).best));
}

TEST_CASE("times are found in growing steps as in a plain search") {
    std::vector<std::int64_t> ns;
    ns.reserve(1'000);
    for (std::int64_t i = 0; i < 1'000; ++i) { ns.push_back(i / 3 * 10); }
    const Times times{std::span<const std::int64_t>{ns}};
    for (const std::size_t from : {0U, 1U, 17U, 999U}) {
        for (std::int64_t wanted = ns[from]; wanted < 3'400; wanted += 7) {
            std::size_t plain = from;
            while (plain < ns.size() && ns[plain] < wanted) { ++plain; }
            CHECK(times.first_at(TimeNs{wanted}, from) == plain);
        }
    }
    CHECK(times.first_fall() == 1'000);
    ns[700] = 5;
    CHECK(times.first_fall() == 700);
    CHECK(Times{}.first_fall() == 0);
}
