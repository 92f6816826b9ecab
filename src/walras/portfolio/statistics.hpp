// The table of performance statistics: key, value, unit and the formula in words. Python, JSON and the report share the
// keys; each number has one definition (definitions.hpp). Definitions on returns are those of returns.hpp.
//
// Units: "fraction" (0.05 is five percent), "ratio", "currency" (of the account), "days" (of 24 hours), "count",
// "per year". NaN is "there is nothing to measure": no row, no trade, no benchmark, no loss to divide by nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "walras/core/time.hpp"
#include "walras/portfolio/definitions.hpp"
#include "walras/portfolio/sample.hpp"
#include "walras/portfolio/trades.hpp"

namespace walras::portfolio::stats {

// What is measured. Spans are borrowed for the call.
struct Performance {
    static constexpr double from_data = std::numeric_limits<double>::quiet_NaN();

    std::span<const double> equity{};     // at each time, in currency
    std::span<const TimeNs> times{};      // rising, as many as equity; may be empty if periods_per_year is given
    double starting_equity = from_data;   // equity before the first row; the first row's if not given
    double periods_per_year = from_data;  // derived from `times` if not given
    double risk_free = 0;                 // per period
    std::span<const double> benchmark{};  // price of what could have been held, at each time; empty if there is none
    std::size_t benchmark_start = 0;      // the first row at which a strategy could trade
    std::span<const RoundTrip> trades{};  // closed
    std::span<const RoundTrip> open_trades{};
    double traded_value = 0;  // sum of |notional| over fills
    double fees_paid = 0;     // positive
    std::size_t orders = 0;
    std::size_t fills = 0;
    std::span<const std::int64_t> times_ns{};  // in place of `times`: the same as nanoseconds since 1970
    std::span<const double> gross{};           // sum of |position values| at each time; empty if not known
};

struct Statistic {
    std::string_view key;
    double value = std::numeric_limits<double>::quiet_NaN();
    std::string_view unit;
    std::string_view formula;
    std::string_view title{};
    std::string_view group{};
};

// The rows in the order in which they are shown.
class Statistics {
public:
    explicit Statistics(std::vector<Statistic> rows) : rows_(std::move(rows)) {}

    [[nodiscard]] double operator[](std::string_view key) const;  // throws ConfigError naming the keys
    [[nodiscard]] std::span<const Statistic> rows() const { return rows_; }

private:
    std::vector<Statistic> rows_;
};

// Throws ConfigError if the lengths of equity, times, benchmark and gross differ, or if times fall, and DataError if
// equity is not finite.
Statistics summarize(const Performance& performance);
// The bare values; a search over thousands of runs keeps one workspace for all of them.
Values evaluate(const Performance& performance, Workspace& workspace);

}  // namespace walras::portfolio::stats
