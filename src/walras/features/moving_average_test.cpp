#include "walras/features/moving_average.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "walras/core/error.hpp"
#include "walras/features/rolling.hpp"

using namespace walras;
using namespace walras::features;

TEST_CASE("a simple average is the mean of the last values, and NaN before there are enough") {
    std::mt19937_64 random{11};
    std::uniform_real_distribution<double> prices{1, 200};
    for (const int period : {1, 2, 7, 50}) {
        Sma sma{period};
        std::vector<double> seen;
        for (int i = 0; i < 300; ++i) {
            seen.push_back(prices(random));
            const double got = sma.update(seen.back());
            CHECK(sma.is_ready() == (i + 1 >= period));
            if (!sma.is_ready()) {
                CHECK(std::isnan(got));
                continue;
            }
            double sum = 0;
            for (int j = 0; j < period; ++j) { sum += seen[seen.size() - 1 - static_cast<std::size_t>(j)]; }
            CHECK(got == doctest::Approx(sum / period).epsilon(1e-13));
            CHECK(sma.value() == got);
        }
    }
}

TEST_CASE("a simple average does not drift in ten million updates") {
    Sma sma{10};
    std::mt19937_64 random{5};
    std::uniform_real_distribution<double> wide{-1e12, 1e12};
    for (int i = 0; i < 10'000'000; ++i) { sma.update(wide(random)); }
    for (int i = 0; i < 10; ++i) { sma.update(0.1); }
    // A plain running sum would be left with the rounding of 1e7 terms of 1e12, about 0.1.
    CHECK(sma.value() == doctest::Approx(0.1).epsilon(1e-9));
}

TEST_CASE("an exponential average begins with the mean of its period, or with the first value") {
    Ema ema{3};
    CHECK(std::isnan(ema.update(1)));
    CHECK(std::isnan(ema.update(2)));
    CHECK(ema.update(6) == 3);
    CHECK(ema.is_ready());
    CHECK(ema.update(5) == 4);  // alpha = 1/2
    Ema first{3, EmaSeed::first};
    CHECK(first.update(8) == 8);
    CHECK(first.is_ready());
    CHECK(first.update(4) == 6);
    Ema one{1};
    CHECK(one.update(5) == 5);
    CHECK(one.update(7) == 7);
}

TEST_CASE("a period below one is refused") {
    CHECK_THROWS_AS(Sma{0}, ConfigError);
    CHECK_THROWS_AS(Ema{-1}, ConfigError);
    CHECK_THROWS_AS(Window{0}, ConfigError);
}

TEST_CASE("a window keeps the last values in the order of arrival") {
    Window w{3};
    for (const double x : {1.0, 2.0}) { w.push(x); }
    CHECK_FALSE(w.is_full());
    CHECK(w.size() == 2);
    CHECK(w[0] == 1);
    CHECK(w.newest() == 2);
    for (const double x : {3.0, 4.0, 5.0}) { w.push(x); }
    CHECK(w.is_full());
    CHECK(w[0] == 3);
    CHECK(w[2] == 5);
    CHECK(w.newest() == 5);
    CHECK(w.mean() == 4);
    CHECK(w.deviation() == 1);
}

TEST_CASE("deviation keeps its digits at a high level") {
    Window w{3};
    for (const double x : {1e9 + 1, 1e9 + 2, 1e9 + 3}) { w.push(x); }
    CHECK(w.deviation() == doctest::Approx(1).epsilon(1e-12));
    Window one{1};
    one.push(4);
    CHECK(one.deviation() == 0);
}

TEST_CASE("a regression finds the line, and none where x stands still") {
    Window x{5};
    Window y{5};
    for (int i = 0; i < 9; ++i) {
        x.push(i);
        y.push(3 * i - 7);
    }
    const Line line = regress(x, y);
    CHECK(line.slope == doctest::Approx(3));
    CHECK(line.intercept == doctest::Approx(-7));
    Window still{5};
    for (int i = 0; i < 5; ++i) { still.push(2); }
    CHECK(regress(still, y).slope == 0);
}
