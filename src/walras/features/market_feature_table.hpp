// Places of the features of a market in a row. Groups of neighbours have the place of their first.
#pragma once

#include <cstddef>

namespace walras::features {

inline constexpr std::size_t lag_count = 12;

inline constexpr std::size_t at_mid = 0;
inline constexpr std::size_t at_change = 1;
inline constexpr std::size_t at_log_return = at_change + lag_count;
inline constexpr std::size_t at_sma_8 = at_log_return + lag_count;
inline constexpr std::size_t at_sma_16 = 26;
inline constexpr std::size_t at_ema_8 = 27;
inline constexpr std::size_t at_ema_16 = 28;
inline constexpr std::size_t at_rsi_8 = 29;
inline constexpr std::size_t at_macd = 30;       // and its signal, and the difference
inline constexpr std::size_t at_bollinger = 33;  // upper, middle, lower
inline constexpr std::size_t at_percent_b = 36;
inline constexpr std::size_t at_atr_8 = 37;
inline constexpr std::size_t at_news_active = 38;
inline constexpr std::size_t at_news_sentiment = 39;
inline constexpr std::size_t at_news_magnitude = 40;
inline constexpr std::size_t at_news_remaining = 41;
inline constexpr std::size_t minimal_count = 42;
inline constexpr std::size_t at_spread_bps = 42;
inline constexpr std::size_t at_book_imbalance = 43;
inline constexpr std::size_t at_net_order_flow = 44;
inline constexpr std::size_t at_volatility_8 = 45;
inline constexpr std::size_t at_volatility_32 = 46;
inline constexpr std::size_t at_volatility_ratio = 47;
inline constexpr std::size_t at_fair_value_deviation = 48;
inline constexpr std::size_t at_price_to_fair = 49;
inline constexpr std::size_t at_trend_strength = 50;
inline constexpr std::size_t at_rsi_centered = 51;
inline constexpr std::size_t at_volume_surge = 52;
inline constexpr std::size_t at_trade_intensity = 53;
inline constexpr std::size_t at_sentiment_gap = 54;

}  // namespace walras::features
