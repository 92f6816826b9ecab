#include "walras/backtest/slippage.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::backtest;

namespace {

model::Instrument share() {
    model::Instrument i;
    i.symbol = "KO";
    i.venue = "XNYS";
    i.validate();
    return i;
}
const model::Instrument ko = share();
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double cost(const SlippageModelPtr& model, std::int64_t lots, double volume, double volatility = 0) {
    return model->cost({ko, Price::of(100), Quantity{lots}, volume, volatility});
}

}  // namespace

TEST_CASE("none and spread do not look at size") {
    CHECK(cost(no_slippage(), 1'000, 10) == 0);
    CHECK(cost(spread_slippage(0.0001), 1, 1e9) == 0.0001);
    CHECK(cost(spread_slippage(0.0001), 1'000'000, unknown) == 0.0001);
}

TEST_CASE("volume share grows with the square of the share, up to its limit") {
    const auto model = volume_share_slippage(0.025, 0.1);
    CHECK(cost(model, 100, 10'000) == doctest::Approx(0.1 * 0.01 * 0.01));
    CHECK(cost(model, 250, 10'000) == doctest::Approx(0.1 * 0.025 * 0.025));
    CHECK(cost(model, 5'000, 10'000) == doctest::Approx(0.1 * 0.025 * 0.025));
    CHECK(cost(model, 1, unknown) == doctest::Approx(0.1 * 0.025 * 0.025));  // unknown counts as the limit
    CHECK(cost(model, 1, 0) == doctest::Approx(0.1 * 0.025 * 0.025));
}

TEST_CASE("the square root law: four times the size costs twice as much, and nothing without volatility") {
    const auto model = square_root_slippage(0.5);
    CHECK(cost(model, 100, 10'000, 0.02) == doctest::Approx(0.5 * 0.02 * 0.1));
    CHECK(cost(model, 400, 10'000, 0.02) == doctest::Approx(2 * cost(model, 100, 10'000, 0.02)));
    CHECK(cost(model, 100, unknown, 0.02) == doctest::Approx(0.01));
    CHECK(cost(model, 100, 10'000, 0) == 0);
}

TEST_CASE("parameters that are negative or not finite are refused") {
    CHECK_THROWS_AS(spread_slippage(-0.1), ConfigError);
    CHECK_THROWS_AS(volume_share_slippage(unknown, 0.1), ConfigError);
    CHECK_THROWS_AS(volume_share_slippage(0.1, -1), ConfigError);
    CHECK_THROWS_AS(square_root_slippage(std::numeric_limits<double>::infinity()), ConfigError);
}
