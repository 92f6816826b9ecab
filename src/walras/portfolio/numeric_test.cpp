#include "walras/portfolio/numeric.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "walras/core/math.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::portfolio::stats;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> normals(std::size_t n, std::uint64_t seed, double mean = 0, double deviation = 1) {
    core::Random random{{.seed = seed}};
    std::vector<double> out(n);
    for (double& value : out) { value = mean + deviation * random.normal(); }
    return out;
}

std::vector<double> prices(std::size_t n, std::uint64_t seed, double deviation) {
    std::vector<double> out = normals(n, seed, 0, deviation);
    double value = 100;
    for (double& x : out) { x = value *= core::math::exp(x); }
    return out;
}

doctest::Approx near(double value, double tolerance = 1e-12) { return doctest::Approx(value).epsilon(tolerance); }

}  // namespace

TEST_CASE("both tails at once are those of a full sort, for every length") {
    for (const std::size_t n : {1U, 2U, 3U, 5U, 20U, 511U, 512U, 2'000U, 40'000U}) {
        const auto values = normals(n, n);
        auto sorted = values;
        std::ranges::sort(sorted);
        for (const double cutoff : {0.0, 0.01, 0.05, 0.3, 0.5, 0.99, 1.0}) {
            const auto quantile = [&](double share) {
                const double place = share * static_cast<double>(n - 1);
                const auto rank = static_cast<std::size_t>(place);
                const double above = sorted[std::min(rank + 1, n - 1)];
                return sorted[rank] + (above - sorted[rank]) * (place - static_cast<double>(rank));
            };
            const Tails found = tails(values, cutoff);
            CHECK(found.low.quantile == near(quantile(cutoff)));
            CHECK(found.high == near(quantile(1 - cutoff), 1e-9));
            CHECK(found.low.quantile == tail(values, cutoff).quantile);
            CHECK(found.low.mean == tail(values, cutoff).mean);
        }
    }
    CHECK(std::isnan(tails({}, 0.05).high));
}

TEST_CASE("quantiles survive a sample that misleads: a series with the period of the sample's stride") {
    std::vector<double> values(40'000, 1.0);
    for (std::size_t i = 0; i < values.size(); i += 9) { values[i] = -5 + static_cast<double>(i) * 1e-6; }
    auto sorted = values;
    std::ranges::sort(sorted);
    CHECK(tails(values, 0.05).low.quantile == near(sorted[1'999] + 0.95 * (sorted[2'000] - sorted[1'999])));
}

TEST_CASE("logarithms of steps are those of the core to 2e-16, near and far") {
    for (const double deviation : {1e-4, 0.02, 0.08, 1.0}) {
        const auto values = prices(3'000, 7, deviation);
        std::vector<double> out(values.size() - 1);
        log_steps(values, out);
        double worst = 0;
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double exact = core::math::log(values[i + 1] / values[i]);
            worst = std::max(worst, std::abs(out[i] - exact) / std::max(1e-3, std::abs(exact)));
        }
        CHECK(worst < 3e-13);  // the quotient's own rounding, 1e-16, over a step of 1e-3
    }
    std::vector<double> out(3);
    log_steps(std::vector<double>{1, 2, -1, 3}, out);
    CHECK(out[0] == core::math::log(2));
    CHECK(std::isnan(out[1]));
    CHECK(std::isnan(out[2]));
}

TEST_CASE("logarithms against a base are those of the core") {
    for (const double width : {0.01, 0.05, 0.5}) {
        auto values = normals(500, 3, 0, 0.3 * width);
        for (double& value : values) { value = 50 * core::math::exp(std::clamp(value, -width, width)); }
        std::vector<double> out(values.size());
        log_from(50, values, out);
        double worst = 0;
        for (std::size_t i = 0; i < out.size(); ++i) {
            worst = std::max(worst, std::abs(out[i] - core::math::log(values[i] / 50)));
        }
        CHECK(worst < 4e-16);
    }
}

TEST_CASE("the straightness of logarithms needs no array of them and does not drift") {
    const auto values = prices(50'000, 11, 0.01);
    std::vector<double> logs(values.size());
    for (std::size_t i = 0; i < logs.size(); ++i) { logs[i] = core::math::log(values[i]); }
    CHECK(log_linearity(values) == near(linearity(logs), 1e-11));
    std::vector<double> straight(10'000);
    for (std::size_t i = 0; i < straight.size(); ++i) {
        straight[i] = 1e6 * core::math::exp(1e-6 * static_cast<double>(i));
    }
    CHECK(log_linearity(straight) == near(1, 1e-9));
    CHECK(std::isnan(log_linearity(std::vector<double>{1.0})));
    CHECK(std::isnan(log_linearity(std::vector<double>{1.0, 0.0, 2.0})));
    CHECK(std::isnan(log_linearity(std::vector<double>{1.0, 2.0, -1.0, 3.0, 4.0})));
}

TEST_CASE("a covariance by blocks is the covariance of all, also far from zero") {
    const auto noise = normals(10'000, 1);
    const auto other = normals(10'000, 2);
    std::vector<double> x(noise.size()), y(noise.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = 1e9 + noise[i];
        y[i] = 2 * noise[i] + other[i] - 1e9;
    }
    const Covariance c = covariance(x, y);
    const Covariance plain = covariance(noise, other);
    CHECK(c.count == 10'000);
    CHECK(c.xx == near(plain.xx, 1e-7));  // 1e9 leaves nine digits of the noise
    CHECK(c.xy / c.xx == near(2 + plain.xy / plain.xx, 1e-6));
    CHECK(c.xx > 0);
    CHECK(covariance({}, {}).count == 0);
}

TEST_CASE("the slope of logarithms is that of arrays of them") {
    const auto x = prices(5'000, 1, 0.01);
    const auto y = prices(5'000, 2, 0.02);
    std::vector<double> log_x(x.size() - 1), log_y(y.size() - 1);
    log_steps(x, log_x);
    log_steps(y, log_y);
    const Covariance c = covariance(log_x, log_y);
    CHECK(log_beta(x, y) == near(c.xy / c.xx, 1e-10));
    CHECK(log_beta(x, x) == near(1));
    CHECK(std::isnan(log_beta(std::vector<double>{1, 2}, std::vector<double>{1, 2})));
}

TEST_CASE("returns of equity end where equity ends") {
    std::vector<double> out(3);
    simple_returns(std::vector<double>{100, 110, 0, 50}, out);
    CHECK(out[0] == near(0.1));
    CHECK(out[1] == -1);
    CHECK(std::isnan(out[2]));  // nothing grows from 0
    simple_returns(std::vector<double>{100, -10, 50, 60}, out);
    CHECK(out[0] == near(-1.1));
    CHECK(std::isnan(out[1]));
    CHECK(out[2] == near(0.2));
}

TEST_CASE("values that are equal have no deviation, and values that nearly are have one") {
    for (const double value : {0.1, 1e-9, 123.456, -0.01}) {
        const Moments m = moments(std::vector<double>(77, value));
        CHECK(m.m2 == 0);
        CHECK(m.deviation() == 0);
    }
    std::vector<double> close(100, 0.1);
    close[0] = 0.1 + 1e-12;
    CHECK(moments(close).m2 > 0);
}

TEST_CASE("the density of the normal distribution") {
    CHECK(normal_density(0) == near(0.3989422804014327));
    CHECK(normal_density(-1.6448536269514722) == near(0.10313564037537140));
    CHECK(normal_density(infinity) == 0);
}
