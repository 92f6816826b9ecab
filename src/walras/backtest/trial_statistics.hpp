// What a sweep keeps of a trial: some rows of the table of statistics.hpp, with the same definitions and the same bits
// as backtest::statistics gives for that trial alone, in a fraction of the time.
//
// Pure functions; a workspace belongs to one thread and is reused from trial to trial.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "walras/backtest/backtest.hpp"
#include "walras/portfolio/sample.hpp"

namespace walras::backtest {

// In the order of a trial's row. `observations` and `probabilistic_sharpe` are the sweep's own: the number of returns,
// and the probability that the true Sharpe ratio is above zero (overfit.hpp). The rest are keys of statistics.hpp.
inline constexpr std::array<std::string_view, 21> trial_statistics{
    "final_equity",  "total_return", "cagr",     "volatility",  "sharpe",   "probabilistic_sharpe", "sortino",
    "calmar",        "max_drawdown", "trades",   "open_trades", "win_rate", "profit_factor",        "expectancy",
    "exposure_time", "fees_paid",    "turnover", "skew",        "kurtosis", "observations",         "periods_per_year"};
using TrialRow = std::array<double, trial_statistics.size()>;

// Closed round trips, added in the order of their exits.
struct TradeTally {
    std::size_t count = 0;
    std::size_t wins = 0;
    double profit = 0;  // sums of net results in the base currency; the loss is positive
    double loss = 0;

    void add(double net) {
        ++count;
        if (net > 0) {
            ++wins;
            profit += net;
        } else if (net < 0) {
            loss -= net;
        }
    }
};

struct TrialFacts {
    std::span<const double> equity{};  // one row per timestamp
    double starting_equity = 0;
    double periods_per_year = 0;
    TradeTally trades;
    std::size_t open_trades = 0;
    std::size_t exposed_rows = 0;  // rows from each entry's to its exit's, both included
    double traded_value = 0;
    double fees_paid = 0;
};

struct TrialWorkspace {
    portfolio::stats::Workspace series;
    std::vector<int> changes;
};

TrialRow measure(const TrialFacts& facts, TrialWorkspace& workspace);
// The same from a whole result, whose equity must have been recorded.
TrialRow measure(const Result& result, TrialWorkspace& workspace);

}  // namespace walras::backtest
