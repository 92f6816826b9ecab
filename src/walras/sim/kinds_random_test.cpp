// Kinds that trade by chance: their laws, within four standard errors.
#include <doctest/doctest.h>

#include <cmath>

#include "walras/core/error.hpp"
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds_test.hpp"

namespace walras::sim {
namespace {

TEST_CASE("zero-intelligence traders place limits within their band behind the other side's best price") {
    GroupConfig group =
        group_of("zero_intelligence",
                 {{"market", 0.0}, {"withdraw", 0.0}, {"band", .001}, {"offsets", std::string{"uniform"}}}, 4000);
    Stage stage(group);
    int buys = 0;
    int large = 0;
    double distance = 0;
    const auto sent = stage.tick();
    REQUIRE(sent.size() > 3900);  // some sizes are beyond an agent's means
    for (const Sent& one : sent) {
        const Ticks away = one.side == OrderSide::buy ? 10001 - one.limit : one.limit - 9999;
        CHECK(away >= 1);
        CHECK(away <= 10);
        CHECK(one.lots >= 5);
        distance += static_cast<double>(away);
        buys += one.side == OrderSide::buy ? 1 : 0;
        large += one.lots >= 10 ? 1 : 0;
    }
    const auto n = static_cast<double>(sent.size());
    CHECK(std::abs(distance / n - 5.5) < 4 * 2.872 / std::sqrt(n));
    CHECK(std::abs(buys / n - .5) < 4 * .5 / std::sqrt(n));
    CHECK(std::abs(large / n - std::pow(9.5 / 5, -1.5)) < 4 * .486 / std::sqrt(n));  // 10 and more are rounded from 9.5
}

TEST_CASE("zero-intelligence traders take at the market with their probability, and withdraw what works") {
    Stage all(group_of("zero_intelligence", {{"market", 1.0}}, 50));
    for (const Sent& sent : all.tick()) { CHECK(sent.is_immediate); }
    Stage none(group_of("zero_intelligence", {{"market", 0.0}, {"withdraw", 1.0}, {"most", std::int64_t{100}}}, 50));
    const auto first = none.tick();
    CHECK(first.size() == 50);
    CHECK(none.tick().empty());
    CHECK(none.cancels() == 50);
}

TEST_CASE("the mixture of sizes has its largest part at a hundred, and a lognormal tail") {
    const SizeLaw law{SizeLaw::Shape::mixture, 1, 1.5, 100'000};
    core::Random random({1, 2, 3, 4});
    constexpr int n = 40'000;
    int hundred = 0;
    int small = 0;
    for (int i = 0; i < n; ++i) {
        const Lots lots = law.draw(random);
        hundred += lots == 100 ? 1 : 0;
        small += lots <= 18 ? 1 : 0;
    }
    CHECK(std::abs(hundred / double{n} - .7) < .02);  // and a little of the lognormal part
    CHECK(std::abs(small / double{n} - .1) < .01);    // half of the lognormal part lies below e^2.9 = 18.2
}

TEST_CASE(
    "a splitter sends slices of one side until its parent is done: P(same parent k ticks later) = (k + 1)^-alpha") {
    constexpr std::uint32_t n = 4000;
    GroupConfig group = group_of("metaorder_splitter", {}, n);
    group.shares = 100;
    Stage stage(group);
    std::vector<std::vector<int>> signs(n);
    for (int t = 0; t < 4; ++t) {
        for (const Sent& sent : stage.tick()) {
            CHECK(sent.lots == 10);
            CHECK(sent.is_immediate);
            signs[sent.agent].push_back(sent.side == OrderSide::buy ? 1 : -1);
            stage.end(sent);
        }
    }
    for (const std::size_t k : {1U, 3U}) {
        double sum = 0;
        for (const auto& own : signs) { sum += own[0] * own[k]; }
        // The other parents' sides are coins: they add nothing.
        CHECK(std::abs(sum / n - std::pow(static_cast<double>(k + 1), -1.5)) < 4 / std::sqrt(double{n}));
    }
}

TEST_CASE("a splitter gives up a parent that it cannot trade") {
    GroupConfig group = group_of("metaorder_splitter");
    group.cash = Money{};
    group.shares = 0;
    Stage stage(group);
    for (int t = 0; t < 20; ++t) { CHECK(stage.tick().empty()); }
}

TEST_CASE("an agent that trades once, trades once") {
    Stage stage(group_of("noise_once", {{"until", std::int64_t{50}}}, 20));
    std::vector<int> orders(20);
    int awake = 0;
    for (int t = 0; t < 60; ++t) {
        for (const Sent& sent : stage.tick()) {
            ++orders[sent.agent];
            CHECK(sent.limit == (sent.side == OrderSide::buy ? 10001 : 9999));
        }
        awake += static_cast<int>(stage.awake.size());
    }
    CHECK(awake == 20);
    for (const int n : orders) { CHECK(n == 1); }
}

TEST_CASE("a Poisson flow sends limits, market orders and cancels at its rates") {
    // Density 1 over 12: 12 limits a unit of time; a step of .02 makes .24 a tick.
    Stage stage(group_of("poisson_flow", {{"step", .02}, {"cancel", 1.0}}, 2));
    constexpr int ticks = 5000;
    int limits = 0, markets = 0;
    std::size_t working = 0;
    double distance = 0;
    for (int t = 0; t < ticks; ++t) {
        for (const Sent& sent : stage.tick()) {
            CHECK(sent.side == (sent.agent == 0 ? OrderSide::sell : OrderSide::buy));
            CHECK(sent.lots == 1);
            if (sent.is_immediate) {
                ++markets;
                stage.end(sent);
            } else {
                ++limits;
                distance += static_cast<double>(sent.side == OrderSide::buy ? 10001 - sent.limit : sent.limit - 9999);
            }
        }
        for (const Sent& sent : stage.entrance.sent()) {
            if (sent.is_cancel) { stage.end(sent); }
        }
        for (const Ticket& ticket : stage.population.tickets) { working += ticket.is_working() ? 1U : 0U; }
    }
    CHECK(std::abs(limits - .48 * ticks) < 4 * std::sqrt(.48 * ticks));
    CHECK(std::abs(markets - .04 * ticks) < 4 * std::sqrt(.04 * ticks));
    CHECK(std::abs(distance / limits - 600.5) < 4 * 346 / std::sqrt(limits));  // 1 .. 1200 ticks of .01
    // Little's law: 24 a unit of time for one unit each, and .01 units for the rounding of lives; 100 independent
    // lives.
    CHECK(static_cast<double>(working) / ticks == doctest::Approx(24).epsilon(.1));
}

TEST_CASE("a Poisson flow faster than the clock is refused") {
    CHECK_THROWS_AS(Stage(group_of("poisson_flow", {{"step", 1.0}}, 2)), ConfigError);
}

}  // namespace
}  // namespace walras::sim
