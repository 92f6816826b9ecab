// Statistics of closed trades, of all of them or of a part (a side, an instrument).
//
// Pure functions. The net profit is in the account's currency; a return is net / what the entry cost. NaN is "there is
// nothing to measure": no trade, or no win (no loss) for what is about wins (losses). A profit factor without loss is
// infinite, without win and loss NaN: never a made-up 0.
#pragma once

#include <cstddef>
#include <span>

#include "walras/portfolio/numeric.hpp"
#include "walras/portfolio/trades.hpp"

namespace walras::portfolio::stats {

struct TradeStatistics {
    std::size_t count = 0, wins = 0, losses = 0;  // a net of exactly 0 is neither
    double net = 0;                               // sum
    double win_rate = no_value;                   // wins / count
    double profit_factor = no_value;              // sum of winning nets / |sum of losing nets|
    double profit_factor_return = no_value;       // sum of gains / sum of losses of returns
    double payoff_ratio = no_value;               // avg_win / |avg_loss|
    double expectancy = no_value;                 // mean net
    double expectancy_return = no_value;          // mean return
    double avg_trade = no_value;                  // geometric mean of returns; -1 where one lost everything
    double best_trade = no_value, worst_trade = no_value;
    double avg_win = no_value, avg_loss = no_value;  // of net; the loss is negative
    std::size_t max_win_streak = 0, max_loss_streak = 0;
    double avg_duration = no_value, max_duration = no_value;  // days
    double sqn = no_value;                                    // sqrt(count) * mean(net) / std(net, ddof 1)
    double kelly = no_value;                                  // win_rate - (1 - win_rate) / payoff_ratio
};

// One of each per trade, in the order of the exits; `days` (durations) may be empty. ConfigError if the lengths differ.
TradeStatistics summarize_trades(std::span<const double> net, std::span<const double> returns,
                                 std::span<const double> days);

TradeStatistics summarize_trades(std::span<const RoundTrip> trades);
TradeStatistics summarize_trades(std::span<const RoundTrip> trades, model::OrderSide side);

}  // namespace walras::portfolio::stats
