#include "walras/portfolio/overfit.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::portfolio::stats;

namespace {

// Normal returns, trial after trial; trial 0 earns `edge` a period on top.
std::vector<double> noise(std::size_t trials, std::size_t periods, double edge, std::uint64_t seed) {
    std::vector<double> returns;
    for (std::size_t trial = 0; trial < trials; ++trial) {
        core::Random random{{.seed = seed, .agent = static_cast<std::uint32_t>(trial)}};
        for (std::size_t i = 0; i < periods; ++i) {
            returns.push_back(0.01 * random.normal() + (trial == 0 ? edge : 0));
        }
    }
    return returns;
}

}  // namespace

TEST_CASE("the deflated Sharpe ratio of the paper's example is 0.9004") {
    // Bailey, Lopez de Prado (2014): SR 2.5 a year, 250 periods, V = 0.5 / 250, T 1250, skew -3, kurtosis 10, N 100.
    const SharpeEstimate best{2.5 / std::sqrt(250.0), 1250, -3, 10};
    CHECK(expected_maximum_sharpe(100, 0.5 / 250) == doctest::Approx(0.113172).epsilon(5e-6));
    CHECK(deflated_sharpe(best, 100, 0.5 / 250) == doctest::Approx(0.900397).epsilon(5e-7));
}

TEST_CASE("the probabilistic Sharpe ratio of the paper's hedge fund is 0.9134, with normal moments 0.9817") {
    // Bailey, Lopez de Prado (2012): SR 0.458 a month, 24 months, skew -2.448, kurtosis 10.164.
    CHECK(probabilistic_sharpe({0.458, 24, -2.448, 10.164}) == doctest::Approx(0.913361).epsilon(5e-7));
    CHECK(probabilistic_sharpe({0.458, 24, 0, 3}) == doctest::Approx(0.981675).epsilon(5e-7));
}

TEST_CASE("one trial expects a maximum of nothing, more trials expect more") {
    CHECK(expected_maximum_sharpe(1, 0.01) == 0);
    CHECK(deflated_sharpe({0.1, 500, 0, 3}, 1, 0.01) == probabilistic_sharpe({0.1, 500, 0, 3}));
    double last = 0;
    for (const double trials : {2.0, 10.0, 1e3, 1e6, 1e9}) {
        CHECK(expected_maximum_sharpe(trials, 0.01) > last);
        last = expected_maximum_sharpe(trials, 0.01);
    }
    CHECK(last < 0.1 * 7);  // a billion draws of a normal stay below seven deviations
}

TEST_CASE("the expected maximum is what the best of a hundred draws shows") {
    double sum = 0;
    constexpr int searches = 4'000;
    for (int search = 0; search < searches; ++search) {
        core::Random random{{.seed = 3, .agent = static_cast<std::uint32_t>(search)}};
        double best = -100;
        for (int trial = 0; trial < 100; ++trial) { best = std::max(best, random.normal()); }
        sum += best;
    }
    // The formula is an approximation: 2.531 against the exact 2.508; the mean of 4,000 searches errs by 0.007.
    CHECK(std::abs(sum / searches - expected_maximum_sharpe(100, 1)) < 0.05);
}

TEST_CASE("a Sharpe ratio that cannot be judged is NaN, and nonsense is refused") {
    CHECK(std::isnan(probabilistic_sharpe({0.1, 1, 0, 3})));
    CHECK(std::isnan(probabilistic_sharpe({std::nan(""), 100, 0, 3})));
    CHECK(std::isnan(probabilistic_sharpe({1.0, 100, 5, 3})));  // skew^2 + 1 <= kurtosis for every distribution
    CHECK_THROWS_AS(static_cast<void>(expected_maximum_sharpe(0, 1)), ConfigError);
    CHECK_THROWS_AS(static_cast<void>(expected_maximum_sharpe(10, -1)), ConfigError);
    const std::vector<double> some(200, 0.0);
    CHECK_THROWS_AS(static_cast<void>(probability_of_overfitting(some, 100, 7)), ConfigError);
    CHECK_THROWS_AS(static_cast<void>(probability_of_overfitting(some, 200, 16)), ConfigError);
    CHECK_THROWS_AS(static_cast<void>(probability_of_overfitting(some, 20, 16)), ConfigError);
    CHECK_THROWS_AS(static_cast<void>(probability_of_overfitting(std::vector<double>(200, NAN), 100)), ConfigError);
}

TEST_CASE("the best of pure noise is overfitted in about half of the splits") {
    // Splits of one matrix hang together, so one matrix says little: the mean over twelve.
    double sum = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Overfitting found = probability_of_overfitting(noise(20, 640, 0, seed), 640, 12);
        CHECK(found.logits.size() == 924);
        sum += found.probability;
    }
    CHECK(sum / 12 > 0.3);
    CHECK(sum / 12 < 0.7);
}

TEST_CASE("a trial with a true edge is the best in both halves") {
    const Overfitting found = probability_of_overfitting(noise(20, 640, 0.01, 5), 640);
    CHECK(found.logits.size() == 12'870);
    CHECK(found.probability < 0.001);
    CHECK(found.mean_logit > 2);
}

TEST_CASE("trials that all do the same are ranked in the middle") {
    const Overfitting found = probability_of_overfitting(std::vector<double>(192, 0.0), 64, 4);
    CHECK(found.logits.size() == 6);
    CHECK(found.mean_logit == doctest::Approx(0));
    CHECK(found.probability == 1);  // no better than the median
}
