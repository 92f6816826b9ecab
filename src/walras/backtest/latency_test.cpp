#include "walras/backtest/latency.hpp"

#include <doctest/doctest.h>

#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::backtest;

TEST_CASE("constant latency is constant, each way its own") {
    const auto model = constant_latency(milliseconds(5), milliseconds(7));
    for (std::uint64_t i = 1; i < 5; ++i) {
        CHECK(model->order(0, i) == milliseconds(5));
        CHECK(model->response(0, i) == milliseconds(7));
    }
    CHECK(no_latency()->order(0, 1).ns == 0);
    CHECK(no_latency()->response(0, 1).ns == 0);
}

TEST_CASE("a sampled delay is a function of seed, direction and message, whoever asks and in which order") {
    const auto one = sampled_latency(milliseconds(1), milliseconds(2), 7);
    const auto same = sampled_latency(milliseconds(1), milliseconds(2), 7);
    const auto other = sampled_latency(milliseconds(1), milliseconds(2), 8);
    const DurationNs tenth = one->order(0, 10);
    CHECK(same->order(0, 10) == tenth);
    static_cast<void>(same->order(0, 3));
    CHECK(same->order(0, 10) == tenth);
    CHECK(other->order(0, 10) != tenth);
    CHECK(one->response(0, 10) != tenth);
    CHECK(one->order(1, 10) != tenth);  // the run's seed
    CHECK(one->order(0, 11) != tenth);
}

TEST_CASE("sampled delays have their minimum and their mean") {
    const auto model = sampled_latency(milliseconds(1), milliseconds(2), 1);
    constexpr int n = 100'000;
    double sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto d = model->order(0, i);
        CHECK(d >= milliseconds(1));
        sum += static_cast<double>(d.ns);
    }
    // The mean of n exponentials of 2 ms has a deviation of 2 ms / sqrt(n) = 6.3 us; five of them.
    CHECK(sum / n == doctest::Approx(3e6).epsilon(0.0105));
}

TEST_CASE("negative delays are refused") {
    CHECK_THROWS_AS(constant_latency({-1}, {}), ConfigError);
    CHECK_THROWS_AS(sampled_latency({}, {-1}, 0), ConfigError);
}
