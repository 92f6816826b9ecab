// What models see of a market: 55 features of one symbol, from a stream of observations. The same extractor serves the
// agents of the simulated market and the recording of what models learn from.
//
// `update` takes one observation (of the simulated market: the end of a tick) and allocates nothing. Lags and
// volatilities count observations; indicators are the house's own over candles of `candle_observations` of them. What
// cannot be computed yet, or is not there (an empty side of the book, an unknown fair value), is NaN in `raw`; a row
// for a model has the value of the table in its place, or -1 as the minimal set of the ancestor has it. The table's
// order is that of the rows: the first 42 are the minimal set, 28 of all are the canonical one. One thread owns an
// extractor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "walras/features/macd.hpp"
#include "walras/features/moving_average.hpp"
#include "walras/features/relative_strength.hpp"
#include "walras/features/state.hpp"
#include "walras/features/true_range.hpp"
#include "walras/features/window_statistics.hpp"

namespace walras::features {

inline constexpr std::size_t market_feature_count = 55;
using MarketRow = std::array<double, market_feature_count>;

struct MarketFeature {
    std::string_view name;   // "change_8"
    std::string_view group;  // "price", "indicator", "news", "book", "volatility", "value", "activity"
    std::string_view unit;
    std::string_view formula;
    double neutral = 0;          // what stands where the value is missing
    double least = 0, most = 0;  // values lie within
    bool is_canonical = false;
};

// Rows are in this order.
std::span<const MarketFeature, market_feature_count> market_features();
// Its place in the table.
std::optional<std::size_t> find_market_feature(std::string_view name);

enum class FeatureSet : std::uint8_t { canonical, minimal, full };
std::string_view to_string(FeatureSet set);
std::optional<FeatureSet> parse_feature_set(std::string_view text);
// Places in the table, rising.
std::span<const std::uint8_t> features_of(FeatureSet set);

// What stands where a value is missing.
enum class Missing : std::uint8_t {
    neutral,    // of the table
    minus_one,  // everywhere, as the ancestor's minimal set has it
};
std::string_view to_string(Missing missing);
std::optional<Missing> parse_missing(std::string_view text);
void impute(std::span<double, market_feature_count> row, Missing missing);

// A market as it stands, and what happened since the last observation.
struct MarketObservation {
    double mid = 0;                           // above 0; of the best prices, or the last price where a side is empty
    double last = 0;                          // above 0; of the last trade
    double bid = not_ready, ask = not_ready;  // NaN: the side is empty
    double bid_size = 0, ask_size = 0;        // at the best prices
    double volume = 0;                        // traded since
    double net_flow = 0;                      // bought less sold by aggressors since
    double trades = 0;                        // since
    double fair = not_ready;                  // fundamental value; NaN: unknown
    double sentiment = 0;                     // of active news, -1 .. 1
    double magnitude = 0;                     // of the strongest active one, 0 .. 1; 0: none is active
    double news_left = 0;                     // observations until the last of them has faded
};
// Throws DataError where a number cannot be: not finite, a price that is not positive, a negative size.
void require_sane(const MarketObservation& observation);

class MarketFeatures {
public:
    explicit MarketFeatures(int candle_observations = 4);

    void update(const MarketObservation& observation);
    // After the last observation; NaN where a value is missing.
    [[nodiscard]] const MarketRow& raw() const { return row_; }
    [[nodiscard]] std::uint64_t observations() const { return observations_; }

    // All that changes. `load` throws DataError for bytes that are not of an extractor of the same candles.
    [[nodiscard]] std::vector<std::byte> save() const;
    void load(std::span<const std::byte> bytes);

private:
    struct OpenCandle {
        double high = 0, low = 0, close = 0;
        std::uint64_t observations = 0;
    };

    void lags(double mid);
    void close_candle();
    void book(const MarketObservation& now);
    void activity(const MarketObservation& now);
    void value(const MarketObservation& now);
    void visit(auto& state);

    std::uint64_t every_;
    std::uint64_t observations_ = 0;
    Ring mids_, log_mids_;
    OpenCandle candle_;
    Sma sma_fast_, sma_slow_;
    Ema ema_fast_, ema_slow_;
    Rsi rsi_;
    Macd macd_;
    RollingSums<Powers<2>, BollingerFormula> bollinger_;
    RollingSums<Powers<2>, BollingerShapeFormula> bollinger_shape_;
    Atr atr_;
    RollingSums<Powers<2>, VarianceFormula> volatility_fast_, volatility_slow_;
    RollingSum flow_, flow_volume_, volume_, trades_;
    MarketRow row_;
};

// One row of `places` for each observation, from a fresh extractor: the bits of the stream.
// out: observations.size() * places.size(). Throws DataError naming the observation that cannot be.
void extract_market_features(std::span<const MarketObservation> observations, int candle_observations,
                             std::span<const std::uint8_t> places, std::optional<Missing> missing,
                             std::span<double> out);

}  // namespace walras::features
