#include "walras/portfolio/columns.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"
#include "walras/portfolio/definitions.hpp"
#include "walras/portfolio/returns.hpp"

using namespace walras;
using namespace walras::portfolio::stats;

namespace {

std::vector<double> noise(std::size_t n, std::uint64_t seed) {
    core::Random random{{.seed = seed}};
    std::vector<double> out(n);
    for (double& value : out) { value = 0.0004 + 0.01 * random.normal(); }
    return out;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.size() != b.size()) { return false; }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i])) { return false; }
    }
    return true;
}

std::vector<const Metric*> all_but_times() {
    std::vector<const Metric*> out;
    for (const Metric& each : metrics()) {
        if (each.needs != Needs::times) { out.push_back(&each); }
    }
    return out;
}

}  // namespace

TEST_CASE("a column among many has the bits of the column alone, with any number of threads and any strides") {
    constexpr std::size_t rows = 700;
    constexpr std::size_t columns = 19;
    auto by_row = noise(rows * columns, 1);
    by_row[5 * columns + 3] = no_value;
    const auto market = noise(rows, 2);
    const Matrix benchmark{market.data(), rows, 1, 1, 1};
    const auto wanted = all_but_times();
    const MetricOptions options{.periods_per_year = 252};
    const Matrix matrix{by_row.data(), rows, columns, static_cast<std::ptrdiff_t>(columns), 1};
    std::vector<double> want(wanted.size() * columns);
    measure_columns(matrix, benchmark, {}, wanted, options, want, 1);
    std::vector<double> by_column(rows * columns);
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < columns; ++c) { by_column[c * rows + r] = by_row[r * columns + c]; }
    }
    for (const unsigned threads : {0U, 2U, 7U}) {
        std::vector<double> out(want.size());
        measure_columns(matrix, benchmark, {}, wanted, options, out, threads);
        CHECK(same_bits(out, want));
        const Matrix turned{by_column.data(), rows, columns, 1, static_cast<std::ptrdiff_t>(rows)};
        measure_columns(turned, benchmark, {}, wanted, options, out, threads);
        CHECK(same_bits(out, want));
    }
    for (std::size_t c = 0; c < columns; ++c) {
        const std::span<const double> one{by_column.data() + c * rows, rows};
        std::vector<double> alone(wanted.size());
        measure_columns({one.data(), rows, 1, 1, 1}, benchmark, {}, wanted, options, alone, 1);
        for (std::size_t m = 0; m < wanted.size(); ++m) {
            CHECK(std::bit_cast<std::uint64_t>(alone[m]) == std::bit_cast<std::uint64_t>(want[m * columns + c]));
        }
        CHECK(sharpe(one, 252) == want[columns * 6 + c]);
        CHECK(wanted[6]->key == "sharpe");
    }
}

TEST_CASE("metrics have keys of their own, those of the table where they are in the table") {
    std::set<std::string_view> seen;
    std::set<std::string_view> known;
    for (const Definition& each : definitions()) {
        CHECK(known.insert(each.key).second);
        CHECK_FALSE(each.title.empty());
        CHECK_FALSE(each.group.empty());
    }
    for (const Metric& each : metrics()) {
        CHECK(seen.insert(each.key).second);
        CHECK(&metric(each.key) == &each);
        if (each.key.find("value_at_risk") == std::string_view::npos) { CHECK(known.contains(each.key)); }
    }
    CHECK_THROWS_AS(metric("sharp"), ConfigError);
}

TEST_CASE("matrices that do not fit together are refused") {
    const auto values = noise(20, 1);
    const Matrix two{values.data(), 10, 2, 2, 1};
    const Matrix three{values.data(), 5, 3, 3, 1};
    const std::vector<TimeNs> falling{TimeNs{3}, TimeNs{2}, TimeNs{1}, TimeNs{4}, TimeNs{5},
                                      TimeNs{6}, TimeNs{7}, TimeNs{8}, TimeNs{9}, TimeNs{9}};
    const std::vector<TimeNs> few(3);
    std::vector<double> out(2);
    const Metric* const sharpe_metric = &metric("sharpe");
    const Metric* const beta_metric = &metric("beta");
    const auto measure = [&](const Matrix& benchmark, const Times& times, const Metric* const& m, std::size_t room) {
        measure_columns(two, benchmark, times, {&m, 1}, {.periods_per_year = 252}, std::span{out}.first(room));
    };
    CHECK_NOTHROW(measure({}, {}, sharpe_metric, 2));
    CHECK_THROWS_AS(measure({}, {}, sharpe_metric, 1), ConfigError);
    CHECK_THROWS_AS(measure({}, {}, beta_metric, 2), ConfigError);
    CHECK_THROWS_AS(measure(three, {}, beta_metric, 2), ConfigError);
    CHECK_THROWS_AS(measure({values.data(), 10, 3, 1, 1}, {}, beta_metric, 2), ConfigError);
    CHECK_THROWS_AS(measure({}, Times{std::span<const TimeNs>{falling}}, sharpe_metric, 2), ConfigError);
    CHECK_THROWS_AS(measure({}, Times{std::span<const TimeNs>{few}}, sharpe_metric, 2), ConfigError);
}
