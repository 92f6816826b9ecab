#include "walras/portfolio/trade_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"

namespace walras::portfolio::stats {
namespace {

struct Columns {
    std::vector<double> net, returns, days;

    void add(const RoundTrip& trade) {
        net.push_back(trade.net_in_base.to_double());
        returns.push_back(trade.return_on_entry());
        days.push_back(static_cast<double>(trade.duration().ns) / 86'400e9);
    }
    [[nodiscard]] TradeStatistics summarize() const { return summarize_trades(net, returns, days); }
};

struct Streak {
    std::size_t now = 0, longest = 0;
    void see(bool goes_on) {
        now = goes_on ? now + 1 : 0;
        longest = std::max(longest, now);
    }
};

}  // namespace

TradeStatistics summarize_trades(std::span<const double> net, std::span<const double> returns,
                                 std::span<const double> days) {
    if (net.size() != returns.size() || (!days.empty() && net.size() != days.size())) {
        throw ConfigError(fmt::format("{} nets, {} returns and {} durations; give one of each per trade.", net.size(),
                                      returns.size(), days.size()));
    }
    TradeStatistics t;
    t.count = net.size();
    if (net.empty()) { return t; }
    double profit = 0, loss = 0, gain = 0, pain = 0, total = 0, log_growth = 0, days_sum = 0;
    bool lost_all = false;
    std::size_t measured = 0;  // trades whose entry cost something, so that there is a return
    Streak winning, losing;
    for (std::size_t i = 0; i < net.size(); ++i) {
        const double r = returns[i];
        if (net[i] > 0) {
            ++t.wins;
            profit += net[i];
        } else if (net[i] < 0) {
            ++t.losses;
            loss -= net[i];
        }
        winning.see(net[i] > 0);
        losing.see(net[i] < 0);
        if (!days.empty()) {
            days_sum += days[i];
            if (!(days[i] <= t.max_duration)) { t.max_duration = days[i]; }
        }
        if (std::isnan(r)) { continue; }
        ++measured;
        gain += std::max(r, 0.0);
        pain += std::max(-r, 0.0);
        total += r;
        if (!(r <= t.best_trade)) { t.best_trade = r; }
        if (!(r >= t.worst_trade)) { t.worst_trade = r; }
        if (1 + r > 0) {
            log_growth += core::math::log(1 + r);
        } else {
            lost_all = true;
        }
    }
    const auto n = static_cast<double>(t.count);
    t.net = profit - loss;
    t.win_rate = static_cast<double>(t.wins) / n;
    t.profit_factor = ratio(profit, loss);
    t.profit_factor_return = ratio(gain, pain);
    if (t.wins > 0) { t.avg_win = profit / static_cast<double>(t.wins); }
    if (t.losses > 0) { t.avg_loss = -loss / static_cast<double>(t.losses); }
    t.payoff_ratio = t.avg_win / -t.avg_loss;
    t.expectancy = t.net / n;
    if (measured > 0) {
        t.expectancy_return = total / static_cast<double>(measured);
        t.avg_trade = lost_all ? -1 : core::math::exp(log_growth / static_cast<double>(measured)) - 1;
    }
    t.max_win_streak = winning.longest;
    t.max_loss_streak = losing.longest;
    if (!days.empty()) { t.avg_duration = days_sum / n; }
    const Moments m = moments(net);
    t.sqn = t.count < 2 ? no_value : std::sqrt(n) * ratio(m.mean, m.deviation());
    t.kelly = t.win_rate - (1 - t.win_rate) / t.payoff_ratio;
    return t;
}

TradeStatistics summarize_trades(std::span<const RoundTrip> trades) {
    Columns columns;
    for (const RoundTrip& trade : trades) { columns.add(trade); }
    return columns.summarize();
}

TradeStatistics summarize_trades(std::span<const RoundTrip> trades, model::OrderSide side) {
    Columns columns;
    for (const RoundTrip& trade : trades) {
        if (trade.side == side) { columns.add(trade); }
    }
    return columns.summarize();
}

}  // namespace walras::portfolio::stats
