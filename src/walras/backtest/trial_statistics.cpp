#include "walras/backtest/trial_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "walras/portfolio/numeric.hpp"
#include "walras/portfolio/overfit.hpp"
#include "walras/portfolio/returns.hpp"

namespace walras::backtest {

namespace stats = portfolio::stats;

namespace {

// min(equity / peak so far - 1), the start is a peak.
double max_drawdown(std::span<const double> equity, double start) {
    double peak = start;
    double deepest = 0;
    double lowest = start;
    for (const double now : equity) {
        if (now >= peak) {  // one division per peak that a fall ends, not one per row
            if (lowest < peak) { deepest = std::min(deepest, lowest / peak - 1); }
            peak = now;
            lowest = now;
        } else {
            lowest = std::min(lowest, now);
        }
    }
    return lowest < peak ? std::min(deepest, lowest / peak - 1) : deepest;
}

// Simple returns; the step from the start to the first row is one only where something happened.
std::span<const double> returns_of(std::span<const double> equity, double start, TrialWorkspace& workspace) {
    auto& returns = workspace.returns;
    const bool first_counts = !equity.empty() && equity.front() != start;
    const std::size_t steps = equity.empty() ? 0 : equity.size() - 1;
    returns.resize(steps + (first_counts ? 1 : 0));
    const auto change = [](double from, double to) { return from > 0 ? to / from - 1 : stats::no_value; };
    double* out = returns.data();
    if (first_counts) { *out++ = change(start, equity.front()); }
    for (std::size_t i = 0; i < steps; ++i) { out[i] = change(equity[i], equity[i + 1]); }
    return stats::observed(returns, workspace.storage);
}

std::size_t exposed_rows(const Result& result, std::vector<int>& changes) {
    const std::vector<std::int64_t>& times = result.equity.ts;
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
    const double start = facts.starting_equity;
    const double final = n == 0 ? stats::no_value : facts.equity.back();
    const double per_year = facts.periods_per_year;
    const std::span<const double> r = returns_of(facts.equity, start, workspace);
    const stats::Moments m = stats::moments(r);
    const double growth = final / start;
    const double annual = stats::compound(growth, per_year / static_cast<double>(n));
    const double deepest = n == 0 ? stats::no_value : max_drawdown(facts.equity, start);
    const double per_period = stats::ratio(m.mean - 0.0, m.deviation());
    const double skew = stats::ratio(m.m3, m.m2 * std::sqrt(m.m2));
    const double kurtosis = stats::ratio(m.m4, m.m2 * m.m2);
    const auto observations = static_cast<double>(r.size());
    const auto trades = static_cast<double>(facts.trades.count);
    const double mean_equity =
        n == 0 ? stats::no_value
               : stats::sum(n, [&](std::size_t i) { return facts.equity[i]; }) / static_cast<double>(n);
    const double years = static_cast<double>(n) / per_year;
    return {final,
            growth - 1,
            annual,
            m.deviation() * std::sqrt(per_year),
            per_period * std::sqrt(per_year),
            stats::probabilistic_sharpe({per_period, observations, skew, kurtosis}),
            stats::ratio((m.mean - 0.0) * per_year, stats::downside_risk(r, per_year)),
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
            observations,
            per_year};
}

TrialRow measure(const Result& result, TrialWorkspace& workspace) {
    TrialFacts facts;
    facts.equity = result.equity.equity;
    facts.starting_equity = result.start_equity.to_double();
    std::vector<TimeNs> times(result.equity.ts.size());
    std::ranges::transform(result.equity.ts, times.begin(), [](std::int64_t ns) { return TimeNs{ns}; });
    facts.periods_per_year = stats::periods_per_year(times);
    for (const auto& trade : result.trades) { facts.trades.add(trade.net_in_base.to_double()); }
    facts.open_trades = result.open_trades.size();
    facts.exposed_rows = times.empty() ? 0 : exposed_rows(result, workspace.changes);
    facts.traded_value = result.traded_value;
    facts.fees_paid = result.fees_paid;
    return measure(facts, workspace);
}

}  // namespace walras::backtest
