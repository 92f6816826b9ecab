#include "walras/features/market_features.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/core/random.hpp"
#include "walras/features/catalog.hpp"
#include "walras/features/market_feature_table.hpp"

namespace walras::features {
namespace {

// A walk with empty sides, unknown values and quiet stretches in it.
std::vector<MarketObservation> walk(std::size_t count, std::uint64_t seed) {
    core::Random random({seed, 1, 0, 0});
    std::vector<MarketObservation> out;
    double price = 100;
    for (std::size_t i = 0; i < count; ++i) {
        price *= 1 + .01 * (random.uniform() - .5);
        MarketObservation o;
        o.last = price;
        o.mid = price * (1 + .001 * (random.uniform() - .5));
        if (random.uniform() < .9) { o.bid = o.mid * .999; }
        if (random.uniform() < .9) { o.ask = o.mid * 1.001; }
        o.bid_size = std::isnan(o.bid) ? 0 : std::floor(100 * random.uniform());
        o.ask_size = std::isnan(o.ask) ? 0 : std::floor(100 * random.uniform());
        o.volume = i % 97 < 40 ? 0 : std::floor(1000 * random.uniform());
        o.net_flow = std::floor(o.volume * (2 * random.uniform() - 1) / 2) * 2;
        if (std::abs(o.net_flow) > o.volume) { o.net_flow = -o.volume; }
        o.trades = std::floor(o.volume / 10);
        if (random.uniform() < .95) { o.fair = price * (.9 + .2 * random.uniform()); }
        if (i % 50 < 20) {
            o.sentiment = 2 * random.uniform() - 1;
            o.magnitude = random.uniform();
            o.news_left = static_cast<double>(20 - i % 50);
        }
        out.push_back(o);
    }
    return out;
}

bool same_bits(const MarketRow& a, const MarketRow& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i]) != std::isnan(b[i]) || (!std::isnan(a[i]) && a[i] != b[i])) { return false; }
    }
    return true;
}

TEST_CASE("the table has 55 features with different names, of which 42 are minimal and 28 canonical") {
    std::set<std::string_view> names;
    for (const MarketFeature& feature : market_features()) {
        CAPTURE(feature.name);
        CHECK(names.insert(feature.name).second);
        CHECK(feature.formula.size() > 3);
        CHECK(feature.least <= feature.neutral);
        CHECK(feature.neutral <= feature.most);
    }
    CHECK(names.size() == 55);
    CHECK(features_of(FeatureSet::minimal).size() == 42);
    CHECK(features_of(FeatureSet::canonical).size() == 28);
    CHECK(features_of(FeatureSet::full).size() == 55);
    for (const std::uint8_t place : features_of(FeatureSet::canonical)) {
        CHECK(market_features()[place].is_canonical);
    }
    CHECK(find_market_feature("rsi_8") == at_rsi_8);
    CHECK(!find_market_feature("rsi_9"));
    CHECK(parse_feature_set("minimal") == FeatureSet::minimal);
    CHECK(!parse_feature_set("all"));
}

TEST_CASE("numbers by hand: changes, returns, the book, flow, value and news") {
    MarketFeatures features(1);
    features.update({.mid = 100, .last = 100, .volume = 10, .net_flow = 10, .trades = 2, .fair = 80});
    CHECK(std::isnan(features.raw()[at_change]));
    CHECK(features.raw()[at_price_to_fair] == 1.25);
    CHECK(features.raw()[at_fair_value_deviation] == .25);
    CHECK(std::isnan(features.raw()[at_spread_bps]));
    features.update({.mid = 110,
                     .last = 110,
                     .bid = 109,
                     .ask = 111,
                     .bid_size = 30,
                     .ask_size = 10,
                     .volume = 40,
                     .net_flow = -20,
                     .trades = 6,
                     .fair = 100,
                     .sentiment = -.5,
                     .magnitude = .6,
                     .news_left = 7});
    const MarketRow& row = features.raw();
    CHECK(row[at_mid] == 110);
    CHECK(row[at_change] == doctest::Approx(10).epsilon(1e-14));
    CHECK(row[at_log_return] == core::math::log(110) - core::math::log(100));
    CHECK(std::isnan(row[at_change + 1]));
    CHECK(row[at_spread_bps] == doctest::Approx(2e4 / 110).epsilon(1e-14));
    CHECK(row[at_book_imbalance] == .5);
    CHECK(row[at_news_active] == 1);
    CHECK(row[at_news_remaining] == 7);
    CHECK(row[at_sentiment_gap] == doctest::Approx(.05).epsilon(1e-14));  // -.5 * (1 - 1.1)
    for (int i = 0; i < 6; ++i) { features.update({.mid = 110, .last = 110}); }
    CHECK(features.raw()[at_net_order_flow] == doctest::Approx(-.2).epsilon(1e-14));  // (10 - 20) / 50
    CHECK(features.raw()[at_trade_intensity] == 1);                                   // 8 trades in 8
    features.update({.mid = 121, .last = 121});
    // The return of 10 % is the newest of eight, the first one has just left.
    const double r = core::math::log(121) - core::math::log(110);
    const double mean = (row[at_log_return] * 0 + r + (core::math::log(110) - core::math::log(100))) / 8;
    CHECK(features.raw()[at_volatility_8] ==
          doctest::Approx(std::sqrt((2 * (r - mean) * (r - mean) + 6 * mean * mean) / 8)).epsilon(1e-9));
}

TEST_CASE("indicators are the house's own over candles of the observations") {
    constexpr int ticks = 4;
    const auto observations = walk(500, 3);
    MarketFeatures features(ticks);
    const auto rsi = make_indicator("rsi", {{"period", std::int64_t{8}}});
    const auto macd =
        make_indicator("macd", {{"fast", std::int64_t{8}}, {"slow", std::int64_t{16}}, {"signal", std::int64_t{4}}});
    const auto bands = make_indicator("bollinger", {{"period", std::int64_t{12}}});
    const auto atr = make_indicator("atr", {{"period", std::int64_t{8}}});
    for (std::size_t i = 0; i < observations.size(); ++i) {
        features.update(observations[i]);
        if ((i + 1) % ticks != 0) { continue; }
        double high = 0;
        double low = 1e9;
        for (std::size_t k = i - 3; k <= i; ++k) {
            high = std::max(high, observations[k].last);
            low = std::min(low, observations[k].last);
        }
        const std::array<double, 3> candle{high, low, observations[i].last};
        std::array<double, 3> out{};
        const auto same = [&](std::size_t at, double value) {
            CHECK((std::isnan(value) ? std::isnan(features.raw()[at]) : features.raw()[at] == value));
        };
        rsi->update(&candle[2], out.data());
        same(at_rsi_8, out[0]);
        same(at_rsi_centered, out[0] - 50);
        macd->update(&candle[2], out.data());
        for (std::size_t k = 0; k < 3; ++k) { same(at_macd + k, out[k]); }
        bands->update(&candle[2], out.data());
        for (std::size_t k = 0; k < 3; ++k) { same(at_bollinger + k, out[k]); }
        atr->update(candle.data(), out.data());
        same(at_atr_8, out[0]);
    }
}

TEST_CASE("every value lies within its range, and nothing is missing in a row for a model") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        MarketFeatures features;
        for (const MarketObservation& o : walk(2000, seed)) {
            require_sane(o);
            features.update(o);
            MarketRow row = features.raw();
            impute(row, Missing::neutral);
            for (std::size_t i = 0; i < row.size(); ++i) {
                CAPTURE(market_features()[i].name);
                REQUIRE(row[i] >= market_features()[i].least);
                REQUIRE(row[i] <= market_features()[i].most);
            }
        }
        for (std::size_t i = 0; i < market_feature_count; ++i) {
            CAPTURE(market_features()[i].name);
            if (i == at_spread_bps || i == at_price_to_fair || i == at_fair_value_deviation || i == at_sentiment_gap ||
                i == at_book_imbalance || i == at_net_order_flow || i == at_volume_surge) {
                continue;
            }
            CHECK(!std::isnan(features.raw()[i]));
        }
    }
}

TEST_CASE("what is missing has its neutral value, or minus one") {
    MarketFeatures features;
    features.update({.mid = 100, .last = 100});
    MarketRow row = features.raw();
    impute(row, Missing::neutral);
    CHECK(row[at_rsi_8] == 50);
    CHECK(row[at_percent_b] == .5);
    CHECK(row[at_price_to_fair] == 1);
    CHECK(row[at_volatility_ratio] == 1);
    CHECK(row[at_sma_8] == 0);
    CHECK(row[at_mid] == 100);
    row = features.raw();
    impute(row, Missing::minus_one);
    CHECK(row[at_rsi_8] == -1);
    CHECK(row[at_sma_8] == -1);
    CHECK(row[at_mid] == 100);
}

TEST_CASE("a stream that was saved and restored anywhere goes on with the same bits, and so does a batch") {
    const auto observations = walk(300, 7);
    std::vector<double> batch(observations.size() * market_feature_count);
    extract_market_features(observations, 4, features_of(FeatureSet::full), std::nullopt, batch);
    MarketFeatures features(4);
    for (std::size_t i = 0; i < observations.size(); ++i) {
        features.update(observations[i]);
        MarketFeatures restored(4);
        restored.load(features.save());
        features = restored;
        MarketRow row;
        std::copy_n(batch.begin() + static_cast<std::ptrdiff_t>(i * market_feature_count), market_feature_count,
                    row.begin());
        REQUIRE(same_bits(features.raw(), row));
    }
}

TEST_CASE("a snapshot of other candles, or a damaged one, is refused") {
    MarketFeatures features(4);
    for (const MarketObservation& o : walk(100, 1)) { features.update(o); }
    const auto saved = features.save();
    MarketFeatures other(5);
    CHECK_THROWS_AS(other.load(saved), DataError);
    MarketFeatures same(4);
    for (std::size_t size = 0; size < saved.size(); size += 61) {
        CHECK_THROWS_AS(same.load(std::span(saved).first(size)), DataError);
    }
}

TEST_CASE("a batch names the observation that cannot be") {
    auto observations = walk(10, 1);
    std::vector<double> out(10);
    const std::array<std::uint8_t, 1> places{0};
    const auto message = [&] {
        try {
            extract_market_features(observations, 4, places, Missing::neutral, out);
        } catch (const DataError& error) { return std::string(error.what()); }
        return std::string{};
    };
    CHECK(message().empty());
    observations[7].mid = 0;
    CHECK(message().starts_with("Observation 7: mid = 0 must be a positive price"));
    observations[7].mid = std::numeric_limits<double>::infinity();
    CHECK(message().starts_with("Observation 7: mid = inf"));
    observations[7].mid = 100;
    observations[5].sentiment = std::nan("");
    CHECK(message().starts_with("Observation 5: sentiment"));
    CHECK_THROWS_AS(MarketFeatures(0), ConfigError);
}

}  // namespace
}  // namespace walras::features
