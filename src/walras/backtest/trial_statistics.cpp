#include "walras/backtest/trial_statistics.hpp"

#include <algorithm>

#include "walras/portfolio/numeric.hpp"
#include "walras/portfolio/overfit.hpp"
#include "walras/portfolio/returns.hpp"

namespace walras::backtest {

namespace stats = portfolio::stats;

namespace {

std::size_t exposed_rows(const Result& result, std::vector<int>& changes) {
    const std::span<const std::int64_t> times = result.equity.ts;
    changes.assign(times.size() + 1, 0);
    const auto row_of = [&](TimeNs t) {
        const auto row = static_cast<std::size_t>(std::ranges::lower_bound(times, t.ns) - times.begin());
        return std::min(row, times.size() - 1);
    };
    for (const auto& trade : result.trades) {
        ++changes[row_of(trade.entry_time)];
        --changes[row_of(trade.exit_time) + 1];
    }
    for (const auto& trade : result.open_trades) { ++changes[row_of(trade.entry_time)]; }
    std::size_t exposed = 0;
    int open = 0;
    for (std::size_t row = 0; row < times.size(); ++row) {
        open += changes[row];
        exposed += open > 0 ? 1 : 0;
    }
    return exposed;
}

}  // namespace

TrialRow measure(const TrialFacts& facts, TrialWorkspace& workspace) {
    const std::size_t n = facts.equity.size();
    const double per_year = facts.periods_per_year;
    stats::Sample sample = stats::Sample::of_equity(facts.equity, facts.starting_equity, {}, workspace.series);
    const stats::Moments& m = sample.moments();
    const double annual = sample.cagr(per_year);
    const double deepest = sample.falls().deepest;
    const double skew = sample.skew();
    const double kurtosis = sample.kurtosis();
    const auto trades = static_cast<double>(facts.trades.count);
    const double mean_equity = stats::sum(n, [&](std::size_t i) { return facts.equity[i]; }) / static_cast<double>(n);
    const double years = static_cast<double>(n) / per_year;
    return {n == 0 ? stats::no_value : facts.equity.back(),
            sample.total_return(),
            annual,
            sample.volatility(per_year),
            sample.sharpe(per_year, 0),
            stats::probabilistic_sharpe({stats::ratio(m.mean, m.deviation()), sample.count(), skew, kurtosis}),
            sample.sortino(per_year, 0),
            stats::ratio(annual, -deepest),
            deepest,
            trades,
            static_cast<double>(facts.open_trades),
            stats::ratio(static_cast<double>(facts.trades.wins), trades),
            stats::ratio(facts.trades.profit, facts.trades.loss),
            stats::ratio(facts.trades.profit - facts.trades.loss, trades),
            static_cast<double>(facts.exposed_rows) / static_cast<double>(n),
            facts.fees_paid,
            stats::ratio(facts.traded_value, mean_equity * years),
            skew,
            kurtosis,
            sample.count(),
            per_year};
}

TrialRow measure(const Result& result, TrialWorkspace& workspace) {
    TrialFacts facts;
    facts.equity = result.equity.equity;
    facts.starting_equity = result.start_equity.to_double();
    facts.periods_per_year = stats::periods_per_year(std::span<const std::int64_t>{result.equity.ts});
    for (const auto& trade : result.trades) { facts.trades.add(trade.net_in_base.to_double()); }
    facts.open_trades = result.open_trades.size();
    facts.exposed_rows = result.equity.ts.empty() ? 0 : exposed_rows(result, workspace.changes);
    facts.traded_value = result.traded_value;
    facts.fees_paid = result.fees_paid;
    return measure(facts, workspace);
}

}  // namespace walras::backtest
