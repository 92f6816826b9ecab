// The table of market features, and its sets (simulation.md §2.5).
#include "walras/features/market_feature_table.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "walras/features/market_features.hpp"

namespace walras::features {
namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

// name, group, unit, formula, neutral, least, most, is_canonical
constexpr std::array<MarketFeature, market_feature_count> table{{
    {"mid", "price", "price", "Middle of the best prices; the last price where a side is empty.", 0, 0, endless, true},
    {"change_1", "price", "%", "100 (mid / mid one ago - 1).", 0, -100, endless, true},
    {"change_2", "price", "%", "100 (mid / mid 2 ago - 1).", 0, -100, endless, false},
    {"change_3", "price", "%", "100 (mid / mid 3 ago - 1).", 0, -100, endless, false},
    {"change_4", "price", "%", "100 (mid / mid 4 ago - 1).", 0, -100, endless, false},
    {"change_6", "price", "%", "100 (mid / mid 6 ago - 1).", 0, -100, endless, false},
    {"change_8", "price", "%", "100 (mid / mid 8 ago - 1).", 0, -100, endless, false},
    {"change_12", "price", "%", "100 (mid / mid 12 ago - 1).", 0, -100, endless, false},
    {"change_16", "price", "%", "100 (mid / mid 16 ago - 1).", 0, -100, endless, false},
    {"change_24", "price", "%", "100 (mid / mid 24 ago - 1).", 0, -100, endless, false},
    {"change_32", "price", "%", "100 (mid / mid 32 ago - 1).", 0, -100, endless, true},
    {"change_48", "price", "%", "100 (mid / mid 48 ago - 1).", 0, -100, endless, true},
    {"change_64", "price", "%", "100 (mid / mid 64 ago - 1).", 0, -100, endless, true},
    {"log_return_1", "price", "1", "ln(mid / mid one ago).", 0, -endless, endless, false},
    {"log_return_2", "price", "1", "ln(mid / mid 2 ago).", 0, -endless, endless, false},
    {"log_return_3", "price", "1", "ln(mid / mid 3 ago).", 0, -endless, endless, false},
    {"log_return_4", "price", "1", "ln(mid / mid 4 ago).", 0, -endless, endless, false},
    {"log_return_6", "price", "1", "ln(mid / mid 6 ago).", 0, -endless, endless, false},
    {"log_return_8", "price", "1", "ln(mid / mid 8 ago).", 0, -endless, endless, false},
    {"log_return_12", "price", "1", "ln(mid / mid 12 ago).", 0, -endless, endless, false},
    {"log_return_16", "price", "1", "ln(mid / mid 16 ago).", 0, -endless, endless, false},
    {"log_return_24", "price", "1", "ln(mid / mid 24 ago).", 0, -endless, endless, false},
    {"log_return_32", "price", "1", "ln(mid / mid 32 ago).", 0, -endless, endless, true},
    {"log_return_48", "price", "1", "ln(mid / mid 48 ago).", 0, -endless, endless, true},
    {"log_return_64", "price", "1", "ln(mid / mid 64 ago).", 0, -endless, endless, true},
    {"sma_8", "indicator", "price", "Mean of the last 8 closes.", 0, 0, endless, true},
    {"sma_16", "indicator", "price", "Mean of the last 16 closes.", 0, 0, endless, true},
    {"ema_8", "indicator", "price", "Exponential average of closes, alpha = 2 / 9.", 0, 0, endless, true},
    {"ema_16", "indicator", "price", "Exponential average of closes, alpha = 2 / 17.", 0, 0, endless, true},
    {"rsi_8", "indicator", "points", "Relative strength index of closes, Wilder, period 8.", 50, 0, 100, true},
    {"macd", "indicator", "price", "EMA 8 less EMA 16 of closes.", 0, -endless, endless, true},
    {"macd_signal", "indicator", "price", "EMA 4 of macd.", 0, -endless, endless, true},
    {"macd_histogram", "indicator", "price", "macd less macd_signal.", 0, -endless, endless, true},
    {"bollinger_upper", "indicator", "price", "bollinger_middle + 2 deviations.", 0, -endless, endless, true},
    {"bollinger_middle", "indicator", "price", "Mean of the last 12 closes.", 0, 0, endless, true},
    {"bollinger_lower", "indicator", "price", "bollinger_middle - 2 deviations.", 0, -endless, endless, true},
    {"percent_b", "indicator", "1", "(close - lower) / (upper - lower), the last close.", 0.5, -endless, endless, true},
    {"atr_8", "indicator", "price", "Average true range of candles, Wilder, period 8.", 0, 0, endless, true},
    {"news_active", "news", "1", "1 while news about it are active, else 0.", 0, 0, 1, false},
    {"news_sentiment", "news", "1", "Sum of the sentiments of active news, faded, within -1 to 1.", 0, -1, 1, false},
    {"news_magnitude", "news", "1", "Magnitude of the strongest active news.", 0, 0, 1, false},
    {"news_remaining", "news", "observations", "Until the last active news has faded.", 0, 0, endless, false},
    {"spread_bps", "book", "bps", "1e4 (ask - bid) / mid.", 0, 0, endless, false},
    {"book_imbalance", "book", "1", "(bid size - ask size) / (bid size + ask size) at the best prices.", 0, -1, 1,
     false},
    {"net_order_flow", "activity", "1", "Bought less sold by aggressors over volume, last 8 observations.", 0, -1, 1,
     false},
    {"volatility_8", "volatility", "1", "Population deviation of the last 8 log returns.", 0, 0, endless, true},
    {"volatility_32", "volatility", "1", "Population deviation of the last 32 log returns.", 0, 0, endless, true},
    {"volatility_ratio", "volatility", "1", "volatility_8 / volatility_32.", 1, 0, endless, true},
    {"fair_value_deviation", "value", "1", "mid / fair value - 1.", 0, -1, endless, true},
    {"price_to_fair", "value", "1", "mid / fair value.", 1, 0, endless, true},
    {"trend_strength", "indicator", "1", "abs(ema_8 - ema_16) / atr_8.", 0, 0, endless, true},
    {"rsi_centered", "indicator", "points", "rsi_8 - 50.", 0, -50, 50, true},
    {"volume_surge", "activity", "1", "Volume over its mean of the last 32 observations.", 1, 0, endless, false},
    {"trade_intensity", "activity", "trades", "Trades of an observation, mean of the last 8.", 0, 0, endless, false},
    {"sentiment_gap", "value", "1", "news_sentiment (1 - mid / fair value).", 0, -endless, endless, false},
}};
static_assert(table[at_log_return].name == "log_return_1" && table[at_sma_8].name == "sma_8");
static_assert(table[at_news_active].name == "news_active" && table[minimal_count].name == "spread_bps");
static_assert(table[at_sentiment_gap].name == "sentiment_gap");

constexpr std::size_t canonical_count = 28;
constexpr auto canonical_places = [] {
    std::array<std::uint8_t, canonical_count> out{};
    std::size_t n = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].is_canonical) { out[n++] = static_cast<std::uint8_t>(i); }
    }
    return out;
}();
constexpr auto all_places = [] {
    std::array<std::uint8_t, market_feature_count> out{};
    std::iota(out.begin(), out.end(), std::uint8_t{0});
    return out;
}();

constexpr std::array<std::string_view, 3> set_names{"canonical", "minimal", "full"};
constexpr std::array<std::string_view, 2> missing_names{"neutral", "minus_one"};

template <class Enum>
std::optional<Enum> parse_by(std::span<const std::string_view> names, std::string_view text) {
    const auto it = std::ranges::find(names, text);
    return it == names.end() ? std::nullopt : std::optional{static_cast<Enum>(it - names.begin())};
}

}  // namespace

std::span<const MarketFeature, market_feature_count> market_features() { return table; }

std::optional<std::size_t> find_market_feature(std::string_view name) {
    const auto it = std::ranges::find(table, name, &MarketFeature::name);
    return it == table.end() ? std::nullopt : std::optional{static_cast<std::size_t>(it - table.begin())};
}

std::string_view to_string(FeatureSet set) { return set_names[static_cast<std::size_t>(set)]; }
std::optional<FeatureSet> parse_feature_set(std::string_view text) { return parse_by<FeatureSet>(set_names, text); }
std::string_view to_string(Missing missing) { return missing_names[static_cast<std::size_t>(missing)]; }
std::optional<Missing> parse_missing(std::string_view text) { return parse_by<Missing>(missing_names, text); }

std::span<const std::uint8_t> features_of(FeatureSet set) {
    switch (set) {
        case FeatureSet::canonical: return canonical_places;
        case FeatureSet::minimal: return std::span(all_places).first(minimal_count);
        case FeatureSet::full: break;
    }
    return all_places;
}

}  // namespace walras::features
