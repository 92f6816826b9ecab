#include "walras/core/normal.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using namespace walras::core::math;

namespace {

// mpmath 1.3 with 40 digits: ncdf, and the root of log ncdf(z) - log p.
const std::vector<std::pair<double, double>> cdf_reference{
    {-37.5, 4.605353009581955e-308}, {-20, 2.7536241186062337e-89}, {-8.25, 7.919726314642477e-17},
    {-5, 2.866515718791939e-07},     {-3.1, 0.0009676032132183566}, {-1.96, 0.024997895148220435},
    {-0.66, 0.25462691467133614},    {-0.3, 0.3820885778110474},    {0, 0.5},
    {0.5, 0.6914624612740131},       {0.67449, 0.7500000793818263}, {1.2815515655446004, 0.9},
    {2, 0.9772498680518208},         {4, 0.9999683287581669},       {5.65, 0.9999999919776081},
    {5.7, 0.9999999940096286},       {8.2, 0.9999999999999999}};

const std::vector<std::pair<double, double>> quantile_reference{
    {1e-300, -37.0470962993612},  {1e-100, -21.273453560965326}, {1e-20, -9.262340089798407},
    {1e-9, -5.9978070150076865},  {0.001, -3.0902323061678136},  {0.025, -1.9599639845400543},
    {0.074, -1.4466320671589785}, {0.075, -1.439531470938456},   {0.2, -0.8416212335729142},
    {0.75, 0.6744897501960817},   {0.925, 1.4395314709384561},   {0.95, 1.6448536269514722},
    {0.99, 2.3263478740408408},   {0.9999, 3.7190164854557084},  {0.999999999, 5.9978070196016375}};

bool near(double value, double reference) { return std::abs(value - reference) <= 1e-14 * std::abs(reference); }

}  // namespace

TEST_CASE("the normal distribution agrees with mpmath to fourteen digits") {
    for (const auto& [x, reference] : cdf_reference) {
        CAPTURE(x);
        CHECK(near(normal_cdf(x), reference));
    }
    for (const auto& [p, reference] : quantile_reference) {
        CAPTURE(p);
        CHECK(near(normal_quantile(p), reference));
    }
}

TEST_CASE("the normal quantile undoes the distribution") {
    for (int i = 0; i < 900; ++i) {
        const double x = -30 + 0.0371 * i;
        CAPTURE(x);
        // Towards +4 the distribution itself is known to one part in 2^53 of 1 only.
        const double slope = std::exp(-0.5 * x * x) * 0.3989422804014327;
        const double tolerance = 3e-14 * std::abs(x) + 4e-16 / slope * (x > -1 ? 1 : 0) + 1e-15;
        CHECK(std::abs(normal_quantile(normal_cdf(x)) - x) <= tolerance);
    }
}

TEST_CASE("the normal distribution keeps its order and its limits") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(normal_cdf(0) == 0.5);
    CHECK(normal_cdf(-infinity) == 0);
    CHECK(normal_cdf(infinity) == 1);
    CHECK(normal_cdf(-100) == 0);
    CHECK(normal_cdf(100) == 1);
    CHECK(std::isnan(normal_cdf(std::nan(""))));
    CHECK(normal_quantile(0.5) == 0);
    CHECK(normal_quantile(0) == -infinity);
    CHECK(normal_quantile(1) == infinity);
    CHECK(std::isnan(normal_quantile(-0.1)));
    CHECK(std::isnan(normal_quantile(1.1)));
    CHECK(std::isnan(normal_quantile(std::nan(""))));
    double last = 0;
    for (int i = -900; i < 900; ++i) {
        const double x = 0.01 * i;
        CHECK(normal_cdf(x) >= last);
        last = normal_cdf(x);
    }
}
