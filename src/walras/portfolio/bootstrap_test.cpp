#include "walras/portfolio/bootstrap.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"
#include "walras/portfolio/parallel.hpp"
#include "walras/portfolio/returns.hpp"

using namespace walras;
using namespace walras::portfolio::stats;

namespace {

std::vector<double> noise(std::size_t n, std::uint64_t seed) {
    core::Random random{{.seed = seed}};
    std::vector<double> out(n);
    for (double& value : out) { value = 0.001 + 0.01 * random.normal(); }
    return out;
}

const MetricOptions daily{.periods_per_year = 252};

}  // namespace

TEST_CASE("replicates depend on the seed and not on the number of threads") {
    const auto r = noise(300, 1);
    const auto draw = [&](std::uint64_t seed, unsigned threads, BootstrapKind kind) {
        return bootstrap(r, {}, metric("sharpe"), daily,
                         {.kind = kind, .samples = 200, .seed = seed, .threads = threads});
    };
    for (const auto kind : {BootstrapKind::stationary, BootstrapKind::circular}) {
        const Bootstrap one = draw(1, 1, kind);
        CHECK(one.replicates == draw(1, 2, kind).replicates);
        CHECK(one.replicates == draw(1, 0, kind).replicates);
        CHECK(one.replicates != draw(2, 1, kind).replicates);
        CHECK(one.estimate == sharpe(r, 252));
        CHECK(one.low < one.estimate);
        CHECK(one.high > one.estimate);
        CHECK(one.standard_error > 0);
    }
}

TEST_CASE("a replicate is made of blocks of the series around the circle") {
    std::vector<double> r(50);
    for (std::size_t i = 0; i < r.size(); ++i) { r[i] = static_cast<double>(i); }
    // Of consecutive numbers each block is a straight line: its autocorrelation shows the breaks.
    const Bootstrap whole = bootstrap(r, {}, metric("expectancy"), {},
                                      {.kind = BootstrapKind::circular, .samples = 40, .block_length = 50});
    for (const double value : whole.replicates) { CHECK(value == doctest::Approx(24.5)); }
    const Bootstrap pairs = bootstrap(r, {}, metric("expectancy"), {},
                                      {.kind = BootstrapKind::circular, .samples = 400, .block_length = 2});
    CHECK(pairs.standard_error == doctest::Approx(14.43 / std::sqrt(25)).epsilon(0.15));  // 25 draws of pairs
    const Bootstrap single = bootstrap(r, {}, metric("expectancy"), {}, {.samples = 400, .block_length = 1});
    CHECK(single.standard_error == doctest::Approx(14.43 / std::sqrt(50)).epsilon(0.15));
}

TEST_CASE("blocks go on with the probability that their mean length says, short ones and long ones") {
    std::vector<double> r(4'000);  // a wave so slow that neighbours are alike: breaks alone make them differ
    for (std::size_t i = 0; i < r.size(); ++i) { r[i] = std::abs(static_cast<double>(i) - 2'000); }
    for (const double length : {1.25, 2.0, 8.0, 40.0}) {
        const Bootstrap found =
            bootstrap(r, {}, metric("autocorrelation"), {}, {.samples = 100, .block_length = length});
        const double mean = total(found.replicates) / 100;
        // Of 400,000 draws; the deviation of the mean is 1 / sqrt(400,000) at most.
        CHECK(mean == doctest::Approx(1 - 1 / length).epsilon(0.006));
    }
}

TEST_CASE("a benchmark's period goes with its return's") {
    const auto b = noise(200, 3);
    std::vector<double> r(b.size());
    for (std::size_t i = 0; i < r.size(); ++i) { r[i] = 3 * b[i]; }
    const Bootstrap found = bootstrap(r, b, metric("beta"), {}, {.samples = 50});
    for (const double value : found.replicates) { CHECK(value == doctest::Approx(3)); }
    CHECK(found.low == doctest::Approx(3));
}

TEST_CASE("gaps are drawn as gaps, and a series of nothing gives NaN") {
    auto r = noise(100, 4);
    for (std::size_t i = 0; i < r.size(); i += 3) { r[i] = no_value; }
    const Bootstrap found = bootstrap(r, {}, metric("volatility"), daily, {.samples = 100});
    CHECK(found.low > 0);
    CHECK(std::isnan(bootstrap({}, {}, metric("sharpe"), daily, {}).estimate));
    const std::vector<double> nothing(30, no_value);
    CHECK(std::isnan(bootstrap(nothing, {}, metric("sharpe"), daily, {.samples = 5}).low));
}

TEST_CASE("the optimal block length is 1 where there is nothing to keep together, and bounded") {
    CHECK(optimal_block_length(noise(9, 1), BootstrapKind::stationary) == 1);
    CHECK(optimal_block_length(std::vector<double>(100, 0.1), BootstrapKind::stationary) == 1);
    std::vector<double> line(100);
    for (std::size_t i = 0; i < line.size(); ++i) { line[i] = static_cast<double>(i); }
    CHECK(optimal_block_length(line, BootstrapKind::circular) <= 30);  // ceil(3 sqrt(100))
    CHECK(optimal_block_length(line, BootstrapKind::circular) > 5);
}

TEST_CASE("settings that mean nothing are refused") {
    const auto r = noise(30, 1);
    const auto with = [&](BootstrapConfig config) { return bootstrap(r, {}, metric("sharpe"), daily, config); };
    CHECK_THROWS_AS(with({.samples = 1}), ConfigError);
    CHECK_THROWS_AS(with({.block_length = 0.5}), ConfigError);
    CHECK_THROWS_AS(with({.confidence = 1}), ConfigError);
    CHECK_THROWS_AS(bootstrap(r, {}, metric("best_day"), daily, {}), ConfigError);
    CHECK_THROWS_AS(bootstrap(r, std::span{r}.first(3), metric("beta"), daily, {}), ConfigError);
}

TEST_CASE("of failures in parallel work the one of the lowest piece reaches the caller") {
    std::vector<int> done(100);
    const auto work = [&](int&, std::size_t i) {
        done[i] = 1;
        if (i == 17 || i == 80) { throw ConfigError(std::to_string(i)); }
    };
    for (const unsigned threads : {1U, 4U}) {
        CHECK_THROWS_WITH_AS(in_parallel(100, threads, [] { return 0; }, work), "17", ConfigError);
        CHECK(std::ranges::count(done, 1) == 100);
    }
    in_parallel(0, 4, [] { return 0; }, work);
}
