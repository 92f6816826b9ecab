// Agents that sleep: what wakes them and what they do then.
#include <doctest/doctest.h>

#include "walras/core/error.hpp"
#include "walras/sim/kinds_test.hpp"

namespace walras::sim {
namespace {

using Given = std::map<std::string, core::Value>;

// One value of a rule for all agents of the group.
Given exactly(std::initializer_list<std::pair<const char*, double>> rules, Given rest = {}) {
    for (const auto& [name, value] : rules) {
        rest[std::string(name) + "_least"] = value;
        rest[std::string(name) + "_most"] = value;
    }
    return rest;
}
std::vector<Sent> at(Stage& stage, double price) {
    stage.price(price);
    return stage.tick();
}
void check_sells(const std::vector<Sent>& sent, Lots lots) {
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].side == OrderSide::sell);
    CHECK(sent[0].lots == lots);
    CHECK(sent[0].is_immediate);
}
void check_buys(const std::vector<Sent>& sent, Lots lots) {
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].side == OrderSide::buy);
    CHECK(sent[0].lots == lots);
}

TEST_CASE("a threshold buyer sleeps above its price and buys once each time it falls there") {
    Stage stage(group_of("threshold_buyer", exactly({{"buy", .9}, {"order", .1}})));
    CHECK(at(stage, 95).empty());
    CHECK(stage.awake.empty());
    auto sent = at(stage, 89);
    check_buys(sent, 40);
    CHECK(sent[0].limit == 9346);  // 89.01 and 5 %
    stage.fill(sent[0], 89);
    CHECK(at(stage, 88).empty());
    CHECK(at(stage, 87).empty());
    CHECK(stage.awake.empty());
    CHECK(at(stage, 91).empty());  // wakes to be ready again
    CHECK(stage.awake.size() == 1);
    check_buys(at(stage, 90), 40);
}

TEST_CASE("a threshold seller sells all when the price rises to its level, also from the start") {
    Stage stage(group_of("threshold_seller", exactly({{"sell", 1.2}})));
    CHECK(at(stage, 119).empty());
    check_sells(at(stage, 120), 100);
    Stage now(group_of("threshold_seller", exactly({{"sell", .9}})));
    check_sells(now.tick(), 100);
}

TEST_CASE("a stop loss sells all below its average cost, and tries again until it is out") {
    Stage stage(group_of("stop_loss", exactly({{"stop", .25}})));
    CHECK(at(stage, 75.01).empty());
    const auto first = at(stage, 75);
    check_sells(first, 100);
    stage.end(first[0]);
    const auto second = at(stage, 74);
    check_sells(second, 100);
    stage.fill(second[0], 74);
    CHECK(at(stage, 73).empty());
    CHECK(at(stage, 60).empty());
    CHECK(stage.awake.empty());
    CHECK(stage.index.size() == 0);  // nothing is waited for
}

TEST_CASE("a profit is taken above the average cost") {
    Stage stage(group_of("take_profit", exactly({{"take", .25}})));
    CHECK(at(stage, 124.99).empty());
    check_sells(at(stage, 125), 100);
}

TEST_CASE("a trailing stop follows the price up and not down") {
    Stage stage(group_of("trailing_stop", exactly({{"trail", .1}})));
    CHECK(at(stage, 110).empty());
    CHECK(at(stage, 100).empty());
    CHECK(at(stage, 99.01).empty());
    check_sells(at(stage, 99), 100);
}

TEST_CASE("a news reactor buys on good news that are big enough, and sells on bad ones what it has") {
    Stage stage(group_of("news_reactor", exactly({{"magnitude", .5}, {"multiplier", 2}, {"order", .1}})), 2);
    stage.break_news(NewsKind::earnings, .49, 1);
    CHECK(stage.tick().empty());
    stage.break_news(NewsKind::earnings, .9, 1, 1);  // of the other symbol
    CHECK(stage.tick().empty());
    CHECK(stage.awake.empty());
    stage.break_news(NewsKind::earnings, .6, .5);
    const auto bought = stage.tick();
    check_buys(bought, 80);
    stage.fill(bought[0], 100);
    stage.break_news(NewsKind::rate, .6, -.5);
    const auto sold = stage.tick();
    check_sells(sold, 80);
    stage.fill(sold[0], 100);
    stage.break_news(NewsKind::sector, .6, -.5);
    check_sells(stage.tick(), 80);
}

TEST_CASE("a dip buyer buys below the recent high and leaves at its stop") {
    Stage stage(group_of("dip_buyer", exactly({{"dip", .1}, {"stop", .2}, {"take", .5}, {"order", .1}},
                                              {{"window", std::int64_t{2}}, {"refresh", std::int64_t{1}}})));
    CHECK(at(stage, 50).empty());  // no candles yet
    stage.candle(100);
    stage.candle(98);
    CHECK(at(stage, 90.01).empty());
    const auto bought = at(stage, 90);
    check_buys(bought, 40);
    stage.fill(bought[0], 90);
    CHECK(at(stage, 72.01).empty());
    check_sells(at(stage, 72), 40);
}

TEST_CASE("a breakout trader buys above the recent high and follows with its stop") {
    Stage stage(group_of("breakout", exactly({{"breakout", .02}, {"trail", .1}, {"order", .1}},
                                             {{"window", std::int64_t{2}}, {"refresh", std::int64_t{1}}})));
    stage.candle(100);
    stage.candle(101);
    CHECK(at(stage, 103.01).empty());
    const auto bought = at(stage, 103.02);
    check_buys(bought, 40);
    stage.fill(bought[0], 103.02);
    CHECK(at(stage, 120).empty());
    CHECK(at(stage, 108.01).empty());
    check_sells(at(stage, 108), 40);
}

TEST_CASE("a timed trader buys at its tick and sells so many ticks later") {
    Stage stage(group_of("timed", exactly({{"enter_at", 5}, {"hold", 10}, {"order", .1}})));
    for (int t = 1; t < 5; ++t) { CHECK(stage.tick().empty()); }
    const auto bought = stage.tick();
    check_buys(bought, 40);
    stage.fill(bought[0], 100);
    for (int t = 6; t < 15; ++t) { CHECK(stage.tick().empty()); }
    check_sells(stage.tick(), 40);
}

TEST_CASE("a fundamental exit sells above the fair value, wherever that has gone") {
    Stage stage(group_of("fundamental_exit", exactly({{"premium", .1}}, {{"refresh", std::int64_t{1}}})));
    CHECK(at(stage, 109.99).empty());
    stage.view.symbols[0].fair = 120;
    CHECK(at(stage, 110).empty());
    stage.view.symbols[0].fair = 100;
    check_sells(at(stage, 110), 100);
}

TEST_CASE(
    "of the ancestor's reactive traders half take profits and the others sell at a price, and three in ten hear news") {
    constexpr std::uint32_t n = 2000;
    Stage stage(group_of("reactive", {}, n));
    // All wait for their price to buy, and for news those that hear them.
    CHECK(std::abs(static_cast<double>(stage.index.size()) / n - 1.3) < 4 * .46 / std::sqrt(double{n}));
    Lots bought = 0;
    for (const double price : {60., 20.}) {
        for (const Sent& sent : at(stage, price)) {
            REQUIRE(sent.side == OrderSide::buy);
            CHECK(sent.lots >= 40);
            CHECK(sent.lots <= 80);
            bought += sent.lots;
            stage.fill(sent, price);
        }
    }
    CHECK(static_cast<double>(bought) / n == doctest::Approx(60).epsilon(.02));
    stage.tick();
    // At 30, above 20 and half: who takes profits has left; others wait for 75 to 100.
    Lots sold = 0;
    for (const Sent& sent : at(stage, 30)) { sold += sent.side == OrderSide::sell ? sent.lots : 0; }
    CHECK(static_cast<double>(sold) / static_cast<double>(bought) == doctest::Approx(.5).epsilon(.1));
}

TEST_CASE("a reactive agent's range that falls is refused") {
    CHECK_THROWS_AS(Stage(group_of("stop_loss", {{"stop_least", .5}, {"stop_most", .4}})), ConfigError);
}

TEST_CASE("a sector rotator moves its money to the sector that is spoken well of") {
    MarketConfig config = small_market({group_of("sector_rotator")}, 5);
    for (std::size_t s = 0; s < 5; ++s) { config.symbols[s].sector = static_cast<Sector>(s); }
    Stage stage(config);
    CHECK(stage.tick().empty());
    stage.view.symbols[0].sentiment = 1;
    stage.break_news(NewsKind::earnings, .1, 1);
    // Targets .4 and four times .2, over 1.2: a third, and a sixth each. Limits are 101.01: the last is cut to the
    // cash.
    const auto sent = stage.tick();
    REQUIRE(sent.size() == 5);
    const std::vector<Lots> lots{333, 166, 166, 166, 157};
    for (std::size_t s = 0; s < 5; ++s) {
        CHECK(sent[s].side == OrderSide::buy);
        CHECK(sent[s].limit == 10101);
        CHECK(sent[s].lots == lots[s]);
        stage.fill(sent[s], 100);
    }
    stage.population.purses[0] = {};
    // Bad news five ticks later come too early; after ten it sells down to .05 / .85 of its wealth.
    stage.view.symbols[0].sentiment = -1;
    for (int t = 0; t < 4; ++t) { stage.tick(); }
    stage.break_news(NewsKind::earnings, .1, -1);
    CHECK(stage.tick().empty());
    CHECK(stage.awake.size() == 1);
    for (int t = 0; t < 5; ++t) { stage.tick(); }
    stage.break_news(NewsKind::earnings, .1, -1);
    const auto later = stage.tick();
    REQUIRE(!later.empty());
    CHECK(later[0].symbol == 0);
    CHECK(later[0].side == OrderSide::sell);
    CHECK(later[0].lots == 333 - 58);  // of 988 shares, .0588
}

TEST_CASE("what a sleeping agent waits for survives a save") {
    Stage first(group_of("trailing_stop", exactly({{"trail", .1}})));
    at(first, 110);
    core::ArchiveWriter out;
    first.population.groups[0].kind->save(out);
    first.index.save(out);
    Stage second(group_of("trailing_stop", exactly({{"trail", .1}})));
    core::ArchiveReader in(out.data());
    second.population.groups[0].kind->load(in);
    second.index.load(in);
    CHECK(at(second, 99.01).empty());
    check_sells(at(second, 99), 100);
}

}  // namespace
}  // namespace walras::sim
