// Kinds that know a value, and makers: each alone, on a view set by hand.
#include <doctest/doctest.h>

#include <cmath>

#include "walras/sim/kinds_test.hpp"

namespace walras::sim {
namespace {

TEST_CASE("a market maker quotes around its reference, leaning against what it holds") {
    Stage stage(group_of("market_maker", {{"fair_weight", 0.0}}));
    const auto quotes = stage.tick();  // holds 800: leans by 8 %
    REQUIRE(quotes.size() == 2);
    CHECK(quotes[0].limit == 9195);
    CHECK(quotes[1].limit == 9205);
    CHECK(quotes[0].lots == 60);
}

TEST_CASE("a noise trader without bias and spread orders at the fair value, on both sides about as often") {
    GroupConfig group = group_of("noise", {{"bias", 0.0}, {"spread", 0.0}}, 400);
    group.shares = 100;
    Stage stage(group);
    int buys = 0;
    for (const Sent& sent : stage.tick()) {
        CHECK(sent.limit == 10000);
        CHECK(sent.lots == 15);
        buys += sent.side == OrderSide::buy ? 1 : 0;
    }
    CHECK(std::abs(buys - 200) < 40);  // four deviations of 10
}

TEST_CASE("a value agent that sees clearly buys at the ask below the fair value and sells at the bid above it") {
    Stage stage(group_of("value", {{"noise", 0.0}, {"aggressive", 1.0}}));
    stage.view.symbols[0].fair = 101;
    const auto bought = stage.tick();
    REQUIRE(bought.size() == 1);
    CHECK(bought[0].side == OrderSide::buy);
    CHECK(bought[0].limit == 10001);
    stage.fill(bought[0], 100.01);
    stage.view.symbols[0].fair = 99;
    const auto sold = stage.tick();
    REQUIRE(sold.size() == 1);
    CHECK(sold[0].side == OrderSide::sell);
    CHECK(sold[0].limit == 9999);
}

TEST_CASE("value agents trust a look as much as its noise and their own doubt allow") {
    // One tick of shocks of 1 against a look with noise 1: half of the way from 100 to 110.
    Stage stage(group_of("value", {{"noise", .01}, {"shock", .01}, {"kappa", 0.0}}, 400));
    SymbolView& symbol = stage.view.symbols[0];
    symbol.fair = 110;
    symbol.bid = symbol.ask = no_price;
    double sum = 0;
    const auto sent = stage.tick();
    REQUIRE(sent.size() == 400);
    for (const Sent& one : sent) { sum += static_cast<double>(one.limit) / 100; }
    CHECK(sum / 400 == doctest::Approx(105 - .005).epsilon(.001));  // four deviations of .5 / 20; rounded down
}

TEST_CASE("a value agent believes that the value returns to its mean between two looks") {
    // Without shocks it never doubts its estimate, 100, however the fair value moves.
    Stage stage(group_of("value", {{"noise", .5}, {"shock", 0.0}, {"kappa", .1}}));
    SymbolView& symbol = stage.view.symbols[0];
    symbol.fair = 150;
    symbol.bid = symbol.ask = no_price;
    const auto sent = stage.tick();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].limit == 10000);
}

TEST_CASE("fundamentalists of the Chiarella model demand kappa times the log mispricing") {
    Stage stage(group_of("chiarella", {{"mixed", false}, {"sigma", 0.0}, {"beta", 0.0}}, 400));
    stage.price(90);
    double sum = 0;
    for (const Sent& sent : stage.tick()) {
        CHECK(sent.side == OrderSide::buy);
        CHECK((sent.lots == 15 || sent.lots == 16));
        sum += static_cast<double>(sent.lots);
    }
    CHECK(sum / 400 == doctest::Approx(15.804).epsilon(.006));  // 150 ln(100 / 90); four deviations of .4 / 20
}

TEST_CASE("chartists of the Chiarella model follow the trend, saturating") {
    Stage stage(
        group_of("chiarella", {{"mixed", false}, {"sigma", 0.0}, {"kappa", 0.0}, {"period", std::int64_t{1}}}, 400));
    stage.candle(100);
    stage.candle(101);
    double sum = 0;
    for (const Sent& sent : stage.tick()) {
        CHECK(sent.side == OrderSide::buy);
        sum += static_cast<double>(sent.lots);
        stage.fill(sent, 101);
    }
    CHECK(sum / 400 == doctest::Approx(14.44).epsilon(.007));  // 15 tanh(200 / 101)
    stage.candle(50);
    const auto sold = stage.tick();
    REQUIRE(sold.size() == 400);
    CHECK(sold[0].side == OrderSide::sell);
    CHECK(sold[0].lots == 15);
}

TEST_CASE("an informed trader takes what is cheap against what it knows, up to its edge") {
    Stage stage(group_of("informed", {{"noise", 0.0}}));
    stage.view.symbols[0].fair_ahead = 103;
    const auto bought = stage.tick();
    REQUIRE(bought.size() == 1);
    CHECK(bought[0].side == OrderSide::buy);
    CHECK(bought[0].limit == 10198);  // 103 / 1.01
    CHECK(bought[0].is_immediate);
    stage.fill(bought[0], 100.01);
    stage.view.symbols[0].fair_ahead = 100.5;
    CHECK(stage.tick().empty());
    stage.view.symbols[0].fair_ahead = 97;
    const auto sold = stage.tick();
    REQUIRE(sold.size() == 1);
    CHECK(sold[0].limit == 9797);
}

TEST_CASE("an Avellaneda-Stoikov maker quotes the paper's spread around its reservation price") {
    Stage stage(group_of("avellaneda_stoikov"));
    // gamma .1, sigma 2, k 1.5, all of the session left: half a spread = (.4 + 20 ln(1 + .1 / 1.5)) / 2 = .8454.
    auto quotes = stage.tick();
    REQUIRE(quotes.size() == 2);
    CHECK(quotes[0].limit == 9915);
    CHECK(quotes[1].limit == 10085);
    // One order long: r = 100 - .4 (1 - 1 / 200) = 99.602; half a spread = (.398 + 1.29077) / 2 = .8444.
    stage.fill(quotes[0], 99.15);
    quotes = stage.tick();
    REQUIRE(quotes.size() == 2);
    CHECK(quotes[0].limit == 9875);
    CHECK(quotes[1].limit == 10045);
}

TEST_CASE("a ladder maker quotes as many levels as it is told, and a share of the volume on each") {
    Stage stage(group_of("ladder_maker", {{"levels", std::int64_t{3}}}));
    auto quotes = stage.tick();
    REQUIRE(quotes.size() == 6);
    CHECK(quotes[0].limit == 9999);
    CHECK(quotes[1].limit == 10001);
    CHECK(quotes[2].limit == 9989);  // five spreads of two ticks further
    CHECK(quotes[5].limit == 10021);
    CHECK(quotes[0].lots == 1);
    stage.view.symbols[0].total_volume = 1000;
    quotes = stage.tick();
    REQUIRE(quotes.size() == 6);
    CHECK(quotes[0].lots == 25);
}

}  // namespace
}  // namespace walras::sim
