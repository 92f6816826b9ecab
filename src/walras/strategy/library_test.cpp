// The decisions of the library's judges, on prices made for them.
#include <doctest/doctest.h>

#include <cmath>

#include "walras/core/error.hpp"
#include "walras/strategy/registry.hpp"

using namespace walras;
using namespace walras::strategy;

namespace {

// (row, side) of each change, over closes alone.
std::vector<std::pair<std::uint32_t, int>> changes(const char* name, const std::map<std::string, Value>& given,
                                                   std::vector<double> closes) {
    const Description& strategy = describe(name);
    REQUIRE(strategy.vector_form.has_value());
    const features::IndicatorCache cache{std::move(closes)};
    std::vector<SideChange> found;
    strategy.vector_form->sides(check(strategy, given), cache, found);
    std::vector<std::pair<std::uint32_t, int>> out;
    out.reserve(found.size());
    for (const SideChange& change : found) { out.emplace_back(change.row, change.side); }
    return out;
}

using Changes = std::vector<std::pair<std::uint32_t, int>>;

}  // namespace

TEST_CASE("RSI reversion buys after a fall and sells after the recovery") {
    // RSI(2) of Wilder: 0 while it only falls, above 50 when the gains outweigh.
    const std::vector<double> closes{10, 9, 8, 7, 7.5, 9, 9.5, 9.4};
    CHECK(changes("rsi_reversion", {{"period", std::int64_t{2}}}, closes) == Changes{{2, 1}, {5, 0}});
    CHECK_THROWS_AS(changes("rsi_reversion", {{"low", 60.0}}, closes), ConfigError);
}

TEST_CASE("RSI reversion goes short where that is allowed, and only there") {
    const std::vector<double> closes{10, 11, 12, 13, 12, 10, 9};
    CHECK(changes("rsi_reversion", {{"period", std::int64_t{2}}}, closes) == Changes{{5, 1}});
    CHECK(changes("rsi_reversion", {{"period", std::int64_t{2}}, {"allow_short", true}}, closes) ==
          Changes{{2, -1}, {5, 1}});  // 100, 100, 50, 16.7, 10: the fall to 16.7 ends one and begins the other
}

TEST_CASE("Bollinger reversion buys below the lower band and sells at the mean") {
    // The window of four ends with 6: mean 9, deviation sqrt(3): the lower band at one deviation is 7.27.
    const std::vector<double> closes{10, 10, 10, 6, 9.5, 10};
    CHECK(changes("bollinger_reversion", {{"period", std::int64_t{4}}, {"deviations", 1.0}}, closes) ==
          Changes{{3, 1}, {4, 0}});
}

TEST_CASE("the MACD is long while it is above its signal") {
    std::vector<double> closes;
    closes.reserve(60);
    for (int i = 0; i < 60; ++i) { closes.push_back(100 + 10 * std::sin(i / 5.0)); }
    const auto found =
        changes("macd", {{"fast", std::int64_t{3}}, {"slow", std::int64_t{6}}, {"signal", std::int64_t{3}}}, closes);
    REQUIRE(found.size() >= 3);
    for (std::size_t i = 1; i < found.size(); ++i) { CHECK(found[i].second != found[i - 1].second); }
    CHECK_THROWS_AS(changes("macd", {{"fast", std::int64_t{30}}}, closes), ConfigError);
}

TEST_CASE("what looks at highs and lows has no form over closes") {
    CHECK_FALSE(describe("donchian_breakout").vector_form.has_value());
    CHECK_THROWS_AS(make("donchian_breakout", {{"entry", std::int64_t{5}}, {"exit", std::int64_t{6}}}), ConfigError);
}
