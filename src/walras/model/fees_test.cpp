#include "walras/model/fees.hpp"

#include <doctest/doctest.h>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

using namespace walras;
using namespace walras::model;
using LiquiditySide;

namespace {

Instrument share() {
    Instrument i;
    i.symbol = "KO";
    i.venue = "XNYS";
    i.validate();
    return i;
}
const Instrument ko = share();

Money fee(const FeeModelPtr& model, std::int64_t lots, double price, LiquiditySide side = LiquiditySide::taker,
          bool first = true, double before = 0) {
    const Money value = notional(Price::of(price), Quantity{lots}, ko);
    return model->fee({ko, Price::of(price), Quantity{lots}, value, side, first, Money::of(before)});
}

}  // namespace

TEST_CASE("no fees are no fees") { CHECK(fee(no_fees(), 100, 50).is_zero()); }

TEST_CASE("rates are of the value, by side of liquidity, and a maker may be paid") {
    const auto model = rate_fees(Rate::bps(-1), Rate::bps(10));
    CHECK(fee(model, 100, 50) == Money::of(5));
    CHECK(fee(model, 100, 50, LiquiditySide::maker) == Money::of(-0.5));
}

TEST_CASE("decimals round ties to even, as a statement does") {
    const auto model = rate_fees(Rate::bps(10), Rate::bps(10), 2);
    CHECK(fee(model, 1, 25) == Money::of(0.02));  // 0.025
    CHECK(fee(model, 1, 35) == Money::of(0.04));  // 0.035
    CHECK(fee(rate_fees(Rate::bps(10), Rate::bps(10)), 1, 25) == Money::of(0.025));
}

TEST_CASE("per share: a minimum once an order, a cap on the value") {
    const auto model = per_unit_fees(Money::of(0.005), Money::of(1), Rate::of(0.005));
    CHECK(fee(model, 1'000, 50) == Money::of(5));
    CHECK(fee(model, 100, 50) == Money::of(1));
    CHECK(fee(model, 100, 50, LiquiditySide::taker, false) == Money::of(0.5));
    CHECK(fee(model, 10, 2) == Money::of(0.1));       // 0.5 % of 20 caps the minimum
    CHECK(fee(model, 1'000, 0.5) == Money::of(2.5));  // ... and the rate
    CHECK(fee(per_unit_fees(Money::of(0.005), Money{}, Rate{}), 1'000, 0.5) == Money::of(5));
}

TEST_CASE("a tier begins at exactly its value") {
    const auto model =
        tiered_fees({{Money{}, Rate::bps(10), Rate::bps(20)}, {Money::of(1'000), Rate::bps(5), Rate::bps(8)}});
    CHECK(fee(model, 10, 100, LiquiditySide::taker, true, 999.99) == Money::of(2));
    CHECK(fee(model, 10, 100, LiquiditySide::taker, true, 1'000) == Money::of(0.8));
    CHECK(fee(model, 10, 100, LiquiditySide::maker, true, 1'000) == Money::of(0.5));
}

TEST_CASE("tiers that are empty, unsorted or do not begin at zero are refused") {
    CHECK_THROWS_AS(tiered_fees({}), ConfigError);
    CHECK_THROWS_AS(tiered_fees({{Money::of(1), {}, {}}}), ConfigError);
    CHECK_THROWS_AS(tiered_fees({{Money{}, {}, {}}, {Money::of(2), {}, {}}, {Money::of(1), {}, {}}}), ConfigError);
}
