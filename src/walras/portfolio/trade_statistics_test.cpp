#include "walras/portfolio/trade_statistics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/portfolio/statistics.hpp"

using namespace walras;
using namespace walras::portfolio;
using namespace walras::portfolio::stats;

namespace {

RoundTrip trade(model::OrderSide side, double net) {
    RoundTrip t;
    t.side = side;
    t.gross = Money::of(net);
    t.net_in_base = Money::of(net);
    t.entry_notional = Money::of(1'000);
    return t;
}

}  // namespace

TEST_CASE("trades are told apart by side") {
    using enum model::OrderSide;
    const std::vector<RoundTrip> trades{trade(buy, 10), trade(sell, -5), trade(buy, -2), trade(sell, 7), trade(buy, 1)};
    const TradeStatistics bought = summarize_trades(trades, buy);
    const TradeStatistics sold = summarize_trades(trades, sell);
    CHECK(bought.count == 3);
    CHECK(bought.win_rate == doctest::Approx(2.0 / 3));
    CHECK(bought.profit_factor == 5.5);
    CHECK(sold.count == 2);
    CHECK(sold.expectancy == 1);
    const auto s = summarize({.trades = trades});
    CHECK(s["trades_long"] == 3);
    CHECK(s["trades_short"] == 2);
    CHECK(s["win_rate_long"] == bought.win_rate);
    CHECK(s["win_rate_short"] == 0.5);
    CHECK(s["expectancy_long"] == 3);
    CHECK(s["expectancy_short"] == 1);
    CHECK(s["payoff_ratio"] == doctest::Approx(6 / 3.5));
}

TEST_CASE("streaks are runs of wins or losses, and a trade of exactly nothing ends both") {
    const std::vector<double> net{1, 2, 0, 3, -1, -1, -1, 2, 2, 2, 2, 0, -1};
    const TradeStatistics t = summarize_trades(net, net, {});
    CHECK(t.max_win_streak == 4);
    CHECK(t.max_loss_streak == 3);
    CHECK(t.wins == 7);
    CHECK(t.losses == 4);
    CHECK(std::isnan(t.avg_duration));
}

TEST_CASE("a trade that cost nothing to enter has profit but no return") {
    const std::vector<double> net{10, 20};
    const std::vector<double> returns{0.1, no_value};
    const TradeStatistics t = summarize_trades(net, returns, {});
    CHECK(t.expectancy == 15);
    CHECK(t.expectancy_return == doctest::Approx(0.1));
    CHECK(t.avg_trade == doctest::Approx(0.1));
    CHECK(t.best_trade == 0.1);
    const TradeStatistics none = summarize_trades(net, std::vector{no_value, no_value}, {});
    CHECK(std::isnan(none.avg_trade));
    CHECK(std::isnan(none.profit_factor_return));
}

TEST_CASE("one trade that lost everything is a geometric mean of -1") {
    const std::vector<double> net{10, -100};
    CHECK(summarize_trades(net, std::vector{0.5, -1.0}, {}).avg_trade == -1);
    CHECK(summarize_trades(net, std::vector{0.5, -1.2}, {}).avg_trade == -1);
}

TEST_CASE("no win, no loss and no trade say NaN where there is nothing to measure") {
    const TradeStatistics none = summarize_trades({}, {}, {});
    CHECK(none.count == 0);
    CHECK(std::isnan(none.win_rate));
    CHECK(std::isnan(none.profit_factor));
    CHECK(std::isnan(none.kelly));
    const std::vector<double> wins{1, 2};
    const TradeStatistics winning = summarize_trades(wins, wins, {});
    CHECK(winning.profit_factor == std::numeric_limits<double>::infinity());
    CHECK(std::isnan(winning.avg_loss));
    CHECK(std::isnan(winning.payoff_ratio));
    CHECK(winning.win_rate == 1);
    const std::vector<double> flat{0, 0};
    CHECK(std::isnan(summarize_trades(flat, flat, {}).profit_factor));
    CHECK(summarize_trades(flat, flat, {}).win_rate == 0);
    CHECK_THROWS_AS(summarize_trades(wins, std::span{flat}.first(1), {}), ConfigError);
    CHECK_THROWS_AS(summarize_trades(wins, flat, std::span{flat}.first(1)), ConfigError);
}
