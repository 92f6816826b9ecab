#include "walras/features/market_features.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "walras/core/check.hpp"
#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/features/market_feature_table.hpp"

namespace walras::features {
namespace {

constexpr std::array<std::size_t, lag_count> lag_lengths{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
constexpr int longest_lag = 64;
constexpr int fast = 8;
constexpr int slow = 16;
constexpr int slow_window = 32;
constexpr int bollinger_period = 12;
constexpr VarianceFormula deviation{.scale = 1, .root = true, .deviations = 1};

template <class Node>
double update_one(Node& node, double x) {
    double out = not_ready;
    if constexpr (requires { node.update(x); }) {
        out = node.update(x);
    } else if constexpr (requires { node.run(&x, &out, 1); }) {
        node.run(&x, &out, 1);
    } else {
        node.run(Reads<1>{&x}, Writes<1>{&out}, 1);
    }
    return out;
}

bool is_not_negative(double x) { return std::isfinite(x) && x >= 0; }
bool is_price(double x) { return std::isfinite(x) && x > 0; }

}  // namespace

void impute(std::span<double, market_feature_count> row, Missing missing) {
    const auto table = market_features();
    for (std::size_t i = 0; i < row.size(); ++i) {
        const double stands = missing == Missing::neutral ? table[i].neutral : -1;
        row[i] = std::isnan(row[i]) ? stands : row[i];
    }
}

void require_sane(const MarketObservation& o) {
    const auto require = [](bool holds, const char* name, double value, const char* wanted) {
        if (!holds) { throw DataError(fmt::format("{} = {} must be {}; clean the recording.", name, value, wanted)); }
    };
    require(is_price(o.mid), "mid", o.mid, "a positive price");
    require(is_price(o.last), "last", o.last, "a positive price");
    require(std::isnan(o.bid) || is_price(o.bid), "bid", o.bid, "a positive price, or NaN where there is none");
    require(std::isnan(o.ask) || is_price(o.ask), "ask", o.ask, "a positive price, or NaN where there is none");
    require(std::isnan(o.fair) || is_price(o.fair), "fair", o.fair, "a positive price, or NaN where it is unknown");
    require(!(o.bid > o.ask), "bid", o.bid, "at or below the ask");
    require(is_not_negative(o.bid_size), "bid_size", o.bid_size, "a size");
    require(is_not_negative(o.ask_size), "ask_size", o.ask_size, "a size");
    require(is_not_negative(o.volume), "volume", o.volume, "a size");
    require(is_not_negative(o.trades), "trades", o.trades, "a count");
    require(std::isfinite(o.net_flow) && std::abs(o.net_flow) <= o.volume, "net_flow", o.net_flow,
            "within -volume to volume");
    require(std::abs(o.sentiment) <= 1, "sentiment", o.sentiment, "-1 to 1");
    require(o.magnitude >= 0 && o.magnitude <= 1, "magnitude", o.magnitude, "0 to 1");
    require(is_not_negative(o.news_left), "news_left", o.news_left, "a count");
}

MarketFeatures::MarketFeatures(int candle_observations)
    : every_(static_cast<std::uint64_t>(require_period("MarketFeatures", candle_observations))),
      mids_(longest_lag + 1),
      log_mids_(longest_lag + 1),
      sma_fast_(fast),
      sma_slow_(slow),
      ema_fast_(fast),
      ema_slow_(slow),
      rsi_(fast),
      macd_(fast, slow, 4, EmaSeed::sma),
      bollinger_(bollinger_period, BollingerFormula{}),
      bollinger_shape_(bollinger_period, BollingerShapeFormula{}),
      atr_(fast),
      volatility_fast_(fast, deviation),
      volatility_slow_(slow_window, deviation),
      flow_(fast),
      flow_volume_(fast),
      volume_(slow_window),
      trades_(fast) {
    row_.fill(not_ready);
}

void MarketFeatures::update(const MarketObservation& now) {
    ++observations_;
    candle_.high = candle_.observations == 0 ? now.last : std::max(candle_.high, now.last);
    candle_.low = candle_.observations == 0 ? now.last : std::min(candle_.low, now.last);
    candle_.close = now.last;
    if (++candle_.observations == every_) { close_candle(); }
    lags(now.mid);
    row_[at_news_active] = now.magnitude > 0 ? 1 : 0;
    row_[at_news_sentiment] = now.sentiment;
    row_[at_news_magnitude] = now.magnitude;
    row_[at_news_remaining] = now.news_left;
    book(now);
    activity(now);
    value(now);
}

void MarketFeatures::lags(double mid) {
    mids_.push(mid);
    log_mids_.push(core::math::log(mid));
    row_[at_mid] = mid;
    const double log_mid = log_mids_.ago(0);
    const std::size_t have = mids_.count();
    for (std::size_t i = 0; i < lag_count && lag_lengths[i] < have; ++i) {
        row_[at_change + i] = 100 * (mid / mids_.ago(lag_lengths[i]) - 1);
        row_[at_log_return + i] = log_mid - log_mids_.ago(lag_lengths[i]);
    }
    if (have < 2) { return; }
    const double last_return = row_[at_log_return];
    row_[at_volatility_8] = update_one(volatility_fast_, last_return);
    row_[at_volatility_32] = update_one(volatility_slow_, last_return);
    const double slow_one = row_[at_volatility_32];
    row_[at_volatility_ratio] = slow_one > 0 ? row_[at_volatility_8] / slow_one : not_ready;
}

void MarketFeatures::close_candle() {
    const double close = candle_.close;
    candle_.observations = 0;
    row_[at_sma_8] = update_one(sma_fast_, close);
    row_[at_sma_16] = update_one(sma_slow_, close);
    row_[at_ema_8] = update_one(ema_fast_, close);
    row_[at_ema_16] = update_one(ema_slow_, close);
    row_[at_rsi_8] = update_one(rsi_, close);
    row_[at_rsi_centered] = row_[at_rsi_8] - 50;
    macd_.run({&close}, {&row_[at_macd], &row_[at_macd + 1], &row_[at_macd + 2]}, 1);
    bollinger_.run({&close}, {&row_[at_bollinger], &row_[at_bollinger + 1], &row_[at_bollinger + 2]}, 1);
    double bandwidth = 0;
    bollinger_shape_.run({&close}, {&bandwidth, &row_[at_percent_b]}, 1);
    atr_.run({&candle_.high, &candle_.low, &close}, {&row_[at_atr_8]}, 1);
    const double range = row_[at_atr_8];
    row_[at_trend_strength] = range > 0 ? std::abs(row_[at_ema_8] - row_[at_ema_16]) / range : not_ready;
}

void MarketFeatures::book(const MarketObservation& now) {
    row_[at_spread_bps] = 1e4 * (now.ask - now.bid) / now.mid;
    const double both = now.bid_size + now.ask_size;
    row_[at_book_imbalance] = both > 0 ? (now.bid_size - now.ask_size) / both : not_ready;
}

void MarketFeatures::activity(const MarketObservation& now) {
    const double flow = update_one(flow_, now.net_flow);
    const double traded = update_one(flow_volume_, now.volume);
    row_[at_net_order_flow] = traded > 0 ? std::clamp(flow / traded, -1.0, 1.0) : not_ready;
    const double usual = update_one(volume_, now.volume) / slow_window;
    row_[at_volume_surge] = usual > 0 ? now.volume / usual : not_ready;
    row_[at_trade_intensity] = update_one(trades_, now.trades) / fast;
}

void MarketFeatures::value(const MarketObservation& now) {
    const double ratio = now.mid / now.fair;
    row_[at_price_to_fair] = ratio;
    row_[at_fair_value_deviation] = ratio - 1;
    row_[at_sentiment_gap] = now.sentiment * (1 - ratio);
}

// ---- the state

void MarketFeatures::visit(auto& state) {
    state(every_);
    state(observations_);
    mids_.visit(state);
    log_mids_.visit(state);
    state(candle_.high);
    state(candle_.low);
    state(candle_.close);
    state(candle_.observations);
    const auto each = [&state](auto&... nodes) { (nodes.visit(state), ...); };
    each(sma_fast_, sma_slow_, ema_fast_, ema_slow_, rsi_, macd_, bollinger_, bollinger_shape_, atr_, volatility_fast_,
         volatility_slow_, flow_, flow_volume_, volume_, trades_);
    state(row_);
}

std::vector<std::byte> MarketFeatures::save() const {
    MarketFeatures copy = *this;  // nodes bring their state in order first
    StateWriter writer;
    copy.visit(writer);
    return std::move(writer.bytes);
}

void MarketFeatures::load(std::span<const std::byte> bytes) {
    MarketFeatures read(static_cast<int>(every_));
    StateReader reader{bytes};
    read.visit(reader);
    reader.end();
    if (read.every_ != every_ || read.candle_.observations >= every_) {
        throw DataError("This snapshot is of features over other candles; restore its own configuration.");
    }
    *this = std::move(read);
}

void extract_market_features(std::span<const MarketObservation> observations, int candle_observations,
                             std::span<const std::uint8_t> places, std::optional<Missing> missing,
                             std::span<double> out) {
    WALRAS_CHECK(out.size() == observations.size() * places.size(), "a row of features for each observation");
    MarketFeatures extractor(candle_observations);
    double* to = out.data();
    for (std::size_t i = 0; i < observations.size(); ++i) {
        try {
            require_sane(observations[i]);
        } catch (const DataError& error) { throw DataError(fmt::format("Observation {}: {}", i, error.what())); }
        extractor.update(observations[i]);
        MarketRow row = extractor.raw();
        if (missing) { impute(row, *missing); }
        for (const std::uint8_t place : places) { *to++ = row[place]; }
    }
}

}  // namespace walras::features
