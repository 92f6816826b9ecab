// Kinds that look at candles: each alone, on prices set by hand.
#include <doctest/doctest.h>

#include "walras/core/error.hpp"
#include "walras/sim/kinds_test.hpp"

namespace walras::sim {
namespace {

std::vector<Sent> after(Stage& stage, double close) {
    stage.candle(close);
    return stage.tick();
}

TEST_CASE(
    "a trend follower sells once when the fast average crosses below the slow one, and buys when it is above again") {
    Stage stage(group_of("trend_follower", {{"fast", std::int64_t{2}}, {"slow", std::int64_t{3}}}));
    for (const double close : {100., 100., 100.}) { CHECK(after(stage, close).empty()); }
    CHECK(after(stage, 103).empty());    // 101.5 over 101: the first side that it sees
    const auto sold = after(stage, 95);  // 99 under 99.33
    REQUIRE(sold.size() == 1);
    CHECK(sold[0].side == OrderSide::sell);
    CHECK(sold[0].lots == 15);
    CHECK(sold[0].limit == 9025);  // 94.99 less 5 %, 90.2405, upwards
    CHECK(sold[0].is_immediate);
    stage.fill(sold[0], 95);
    CHECK(stage.tick().empty());            // the same candle says nothing new
    CHECK(after(stage, 110).empty());       // 102.5 under 102.67
    const auto bought = after(stage, 110);  // 110 over 105
    REQUIRE(bought.size() == 1);
    CHECK(bought[0].side == OrderSide::buy);
    CHECK(bought[0].limit == 11551);  // 110.01 and 5 %
}

TEST_CASE("a trend follower with trigger level trades whenever it is awake") {
    Stage stage(group_of("trend_follower",
                         {{"fast", std::int64_t{1}}, {"slow", std::int64_t{2}}, {"trigger", std::string{"level"}}}));
    after(stage, 100);
    for (int i = 0; i < 3; ++i) {
        const auto sent = i == 0 ? after(stage, 101) : stage.tick();
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].side == OrderSide::buy);
        stage.fill(sent[0], 101);
    }
}

TEST_CASE("averages in the wrong order are refused") {
    CHECK_THROWS_AS(Stage(group_of("trend_follower", {{"fast", std::int64_t{9}}, {"slow", std::int64_t{9}}})),
                    ConfigError);
    CHECK_THROWS_AS(Stage(group_of("macd", {{"fast", std::int64_t{9}}, {"slow", std::int64_t{9}}})), ConfigError);
}

TEST_CASE("a MACD trader buys when the histogram turns positive, and sells when it turns negative") {
    Stage stage(group_of("macd", {{"fast", std::int64_t{2}}, {"slow", std::int64_t{3}}, {"signal", std::int64_t{2}}}));
    for (int i = 0; i < 8; ++i) { CHECK(after(stage, 100).empty()); }
    CHECK(after(stage, 90).empty());        // histogram -0.556: the first side that it sees
    const auto bought = after(stage, 120);  // macd 3.611, signal 2.037
    REQUIRE(bought.size() == 1);
    CHECK(bought[0].side == OrderSide::buy);
    CHECK(bought[0].lots == 15);
    stage.fill(bought[0], 120);
    CHECK(after(stage, 120).empty());     // macd 3.287, signal 2.870
    const auto sold = after(stage, 100);  // macd -1.195, signal 0.160
    REQUIRE(sold.size() == 1);
    CHECK(sold[0].side == OrderSide::sell);
}

TEST_CASE("a Bollinger trader buys below the lower band and sells above the upper one") {
    Stage stage(group_of("bollinger", {{"period", std::int64_t{4}}, {"deviations", 1.0}}));
    for (int i = 0; i < 4; ++i) { CHECK(after(stage, 100).empty()); }
    const auto bought = after(stage, 90);  // mean 97.5, deviation 4.33: %B -0.366
    REQUIRE(bought.size() == 1);
    CHECK(bought[0].side == OrderSide::buy);
    stage.fill(bought[0], 90);
    CHECK(after(stage, 100).empty());     // %B 0.789
    const auto sold = after(stage, 120);  // mean 102.5, deviation 10.9: %B 1.303
    REQUIRE(sold.size() == 1);
    CHECK(sold[0].side == OrderSide::sell);
}

TEST_CASE("a momentum trader sells what has only risen and buys what has only fallen") {
    Stage stage(group_of("momentum", {{"period", std::int64_t{2}}}));
    after(stage, 100);
    after(stage, 101);
    const auto sold = after(stage, 102);  // RSI 100
    REQUIRE(sold.size() == 1);
    CHECK(sold[0].side == OrderSide::sell);
    stage.fill(sold[0], 102);
    for (const double close : {90., 80., 70.}) {
        const auto sent = after(stage, close);
        if (sent.empty()) { continue; }
        CHECK(sent[0].side == OrderSide::buy);
        stage.fill(sent[0], close);
    }
    CHECK(stage.holding().position > -15);
}

TEST_CASE("a VWAP executor buys slices up to its tolerance beyond the average price until its target is met") {
    Stage stage(group_of("vwap_executor"));
    stage.view.symbols[0].total_volume = 100;
    stage.view.symbols[0].total_notional = 10'000;
    const auto first = stage.tick();
    REQUIRE(first.size() == 1);
    CHECK(first[0].limit == 10020);
    CHECK(first[0].lots == 100);
    CHECK(first[0].is_immediate);
    stage.fill(first[0], 100);
    stage.population.purses[0].reserved = {};
    stage.holding().position = 950;
    const auto last = stage.tick();
    REQUIRE(last.size() == 1);
    CHECK(last[0].lots == 50);
    stage.fill(last[0], 100);
    CHECK(stage.tick().empty());
}

TEST_CASE("a VWAP executor that sells asks for not less than its tolerance below the average price") {
    GroupConfig group = group_of("vwap_executor", {{"side", std::string{"sell"}}});
    group.shares = 1000;
    Stage stage(group);
    const auto sent = stage.tick();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].side == OrderSide::sell);
    CHECK(sent[0].limit == 9980);
}

TEST_CASE(
    "a pairs trader sells the dear leg and buys the cheap one by the hedge ratio, and closes when the spread is back") {
    Stage stage(group_of("pairs", {{"lookback", std::int64_t{5}}, {"enter", 1.0}}), 2);
    // Second 100 .. 104, first twice that, but 10 more at last: slope 4, residuals 2 0 -2 -4 4, z = 4 / 3.162 = 1.265.
    for (int i = 0; i < 5; ++i) {
        CHECK(stage.tick().empty());
        stage.candle(200 + 2 * i + (i == 4 ? 10 : 0), 0);
        stage.candle(100 + i, 1);
    }
    const auto entered = stage.tick();
    REQUIRE(entered.size() == 2);
    CHECK(entered[0].symbol == 0);
    CHECK(entered[0].side == OrderSide::sell);
    CHECK(entered[0].lots == 25);
    CHECK(entered[1].symbol == 1);
    CHECK(entered[1].side == OrderSide::buy);
    CHECK(entered[1].lots == 100);
    stage.fill(entered[0], 218);
    stage.fill(entered[1], 104);
    CHECK(stage.tick().empty());  // it is in, and z is not back
    // Another 10 above twice the second: the last residual is 0.
    stage.candle(220, 0);
    stage.candle(105, 1);
    const auto left = stage.tick();
    REQUIRE(left.size() == 2);
    CHECK(left[0].side == OrderSide::buy);
    CHECK(left[0].lots == 25);
    CHECK(left[1].side == OrderSide::sell);
    CHECK(left[1].lots == 100);
}

TEST_CASE("what a crossing has seen is saved: a restored agent does not act on the same side twice") {
    Stage first(group_of("trend_follower", {{"fast", std::int64_t{1}}, {"slow", std::int64_t{2}}}));
    after(first, 100);
    after(first, 101);
    core::ArchiveWriter out;
    first.population.groups[0].kind->save(out);
    Stage second(group_of("trend_follower", {{"fast", std::int64_t{1}}, {"slow", std::int64_t{2}}}));
    core::ArchiveReader in(out.data());
    second.population.groups[0].kind->load(in);
    second.candle(100);
    CHECK(after(second, 101).empty());  // still above
    CHECK(after(second, 99).size() == 1);
}

}  // namespace
}  // namespace walras::sim
