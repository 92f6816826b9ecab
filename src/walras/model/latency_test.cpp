#include "walras/model/latency.hpp"

#include <doctest/doctest.h>

#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::model;

TEST_CASE("constant latency is constant, each way its own") {
    const auto model = constant_latency(milliseconds(5), milliseconds(7));
    for (std::uint64_t i = 1; i < 5; ++i) {
        CHECK(model->order({0, i, {}}) == milliseconds(5));
        CHECK(model->response({0, i, {}}) == milliseconds(7));
    }
    CHECK(no_latency()->order({0, 1, {}}).ns == 0);
    CHECK(no_latency()->response({0, 1, {}}).ns == 0);
}

TEST_CASE("a sampled delay is a function of seed, direction and message, whoever asks and in which order") {
    const auto one = sampled_latency(milliseconds(1), milliseconds(2), 7);
    const auto same = sampled_latency(milliseconds(1), milliseconds(2), 7);
    const auto other = sampled_latency(milliseconds(1), milliseconds(2), 8);
    const DurationNs tenth = one->order({0, 10, {}});
    CHECK(same->order({0, 10, {}}) == tenth);
    static_cast<void>(same->order({0, 3, {}}));
    CHECK(same->order({0, 10, {}}) == tenth);
    CHECK(other->order({0, 10, {}}) != tenth);
    CHECK(one->response({0, 10, {}}) != tenth);
    CHECK(one->order({1, 10, {}}) != tenth);  // the run's seed
    CHECK(one->order({0, 11, {}}) != tenth);
}

TEST_CASE("sampled delays have their minimum and their mean") {
    const auto model = sampled_latency(milliseconds(1), milliseconds(2), 1);
    constexpr int n = 100'000;
    double sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto d = model->order({0, i, {}});
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

TEST_CASE("recorded delays are interpolated by the time at which a message leaves, and held at the ends") {
    const auto model =
        recorded_latency({{TimeNs{1000}, TimeNs{1100}, TimeNs{1150}}, {TimeNs{2000}, TimeNs{2300}, TimeNs{2500}}});
    CHECK(model->order({0, 1, TimeNs{0}}).ns == 100);
    CHECK(model->order({0, 1, TimeNs{1500}}).ns == 200);
    CHECK(model->order({0, 1, TimeNs{9000}}).ns == 300);
    CHECK(model->response({0, 1, TimeNs{1700}}).ns == 125);
    CHECK_THROWS_AS(recorded_latency({}), ConfigError);
    CHECK_THROWS_AS(recorded_latency({{TimeNs{5}, TimeNs{4}, TimeNs{6}}}), ConfigError);
    CHECK_THROWS_AS(recorded_latency({{TimeNs{5}, TimeNs{6}, TimeNs{7}}, {TimeNs{4}, TimeNs{8}, TimeNs{9}}}),
                    ConfigError);
}

TEST_CASE("market data may have a delay of its own") {
    const auto model =
        with_feed_latency(constant_latency(milliseconds(1), milliseconds(2)), constant_latency({}, milliseconds(3)));
    CHECK(model->order({0, 1, {}}) == milliseconds(1));
    CHECK(model->feed({0, 1, {}}) == milliseconds(3));
    CHECK(model->delays_feed());
    CHECK(!no_latency()->delays_feed());
}
