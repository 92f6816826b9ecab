#include "walras/portfolio/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/portfolio/numeric.hpp"
#include "walras/portfolio/returns.hpp"

namespace walras::portfolio::stats {
namespace {

constexpr double day_ns = 86'400e9;

double in_days(DurationNs duration) { return static_cast<double>(duration.ns) / day_ns; }

void check(const Performance& p) {
    if (!p.times.empty() && p.times.size() != p.equity.size()) {
        throw ConfigError(
            fmt::format("{} times for {} rows of equity; give one for each.", p.times.size(), p.equity.size()));
    }
    if (!p.benchmark.empty() && p.benchmark.size() != p.equity.size()) {
        throw ConfigError(fmt::format("{} benchmark prices for {} rows of equity; give one for each.",
                                      p.benchmark.size(), p.equity.size()));
    }
    if (!std::ranges::is_sorted(p.times)) {
        throw ConfigError("The times of the equity fall somewhere; sort the rows.");
    }
}

struct Drawdowns {
    double deepest = no_value;       // negative
    double mean = no_value;          // of the deepest points of all, negative
    double longest_days = no_value;  // from the peak to its recovery, or to the end
    double mean_days = no_value;
};

// One pass. Each stretch below a peak is one drawdown.
Drawdowns drawdowns(std::span<const double> equity, std::span<const TimeNs> times, double start) {
    Drawdowns result;
    if (equity.empty()) { return result; }
    double peak = start;
    std::size_t peak_row = 0;
    double lowest = start;
    double deepest = 0;
    double depths = 0;
    double durations = 0;
    double longest = 0;
    std::size_t count = 0;
    bool is_under = false;
    const auto finish = [&](std::size_t row) {
        const double depth = lowest / peak - 1;
        const double length = times.empty() ? no_value : in_days(times[row] - times[peak_row]);
        deepest = std::min(deepest, depth);
        depths += depth;
        durations += length;
        longest = std::max(longest, length);
        ++count;
        is_under = false;
    };
    for (std::size_t row = 0; row < equity.size(); ++row) {
        const double now = equity[row];
        if (now >= peak) {
            if (is_under) { finish(row); }
            peak = now;
            peak_row = row;
        } else {
            lowest = is_under ? std::min(lowest, now) : now;
            is_under = true;
        }
    }
    if (is_under) { finish(equity.size() - 1); }
    result.deepest = deepest;
    if (count > 0) {
        result.mean = depths / static_cast<double>(count);
        result.mean_days = durations / static_cast<double>(count);
        result.longest_days = times.empty() ? no_value : longest;
    }
    return result;
}

struct Extremes {
    double best = no_value, worst = no_value;
};

// Returns from the last row of a UTC day to the last of the next; rows further apart than a day are days of their own.
Extremes days_extremes(std::span<const double> equity, std::span<const TimeNs> times, double start, bool first_counts) {
    Extremes result;
    const auto see = [&](double r) {
        if (!(r <= result.best)) { result.best = r; }
        if (!(r >= result.worst)) { result.worst = r; }
    };
    double before = start;
    std::int64_t day_end = INT64_MIN;
    bool is_first = true;
    for (std::size_t row = 0; row < times.size(); ++row) {
        if (times[row].ns >= day_end) { day_end = days(utc_day(times[row]) + 1).ns; }
        if (row + 1 < times.size() && times[row + 1].ns < day_end) { continue; }
        // A first day of one row at the start's value has no history: it is no observation.
        if (!is_first || first_counts || row > 0) { see(equity[row] / before - 1); }
        before = equity[row];
        is_first = false;
    }
    return result;
}

// Share of rows with a position: from the row of the entry to the row of the exit, both included.
double exposure_time(const Performance& p) {
    if (p.times.empty()) { return no_value; }
    std::vector<int> change(p.times.size() + 1);
    const auto row_of = [&](TimeNs t) {
        const auto row = static_cast<std::size_t>(std::ranges::lower_bound(p.times, t) - p.times.begin());
        return std::min(row, p.times.size() - 1);
    };
    for (const RoundTrip& trade : p.trades) {
        ++change[row_of(trade.entry_time)];
        --change[row_of(trade.exit_time) + 1];
    }
    for (const RoundTrip& trade : p.open_trades) {
        ++change[row_of(trade.entry_time)];
        --change[p.times.size()];
    }
    std::size_t exposed = 0;
    int open = 0;
    for (std::size_t row = 0; row < p.times.size(); ++row) {
        open += change[row];
        if (open > 0) { ++exposed; }
    }
    return static_cast<double>(exposed) / static_cast<double>(p.times.size());
}

struct TradeSums {
    std::size_t count = 0, wins = 0, losses = 0;
    double profit = 0, loss = 0;              // sums of net, currency; the loss is positive
    double return_gain = 0, return_loss = 0;  // sums of returns
    double return_sum = 0, best = no_value, worst = no_value, geometric = no_value;
    double mean_days = no_value, longest_days = no_value;
    double sqn = no_value;
    double fees = 0;

    [[nodiscard]] double per_trade(double total) const { return ratio(total, static_cast<double>(count)); }
    [[nodiscard]] double win_rate() const { return per_trade(static_cast<double>(wins)); }
    [[nodiscard]] double mean_win() const { return wins == 0 ? no_value : profit / static_cast<double>(wins); }
    [[nodiscard]] double mean_loss() const { return losses == 0 ? no_value : -loss / static_cast<double>(losses); }
};

TradeSums sum_trades(std::span<const RoundTrip> trades) {
    TradeSums t;
    t.count = trades.size();
    if (trades.empty()) { return t; }
    std::vector<double> nets;
    nets.reserve(trades.size());
    double log_growth = 0;
    double days_sum = 0;
    bool lost_all = false;
    for (const RoundTrip& trade : trades) {
        const double net = trade.net_in_base.to_double();
        const double r = trade.return_on_entry();
        nets.push_back(net);
        if (net > 0) {
            ++t.wins;
            t.profit += net;
        } else if (net < 0) {
            ++t.losses;
            t.loss -= net;
        }
        t.return_gain += std::max(r, 0.0);
        t.return_loss += std::max(-r, 0.0);
        t.return_sum += r;
        if (!(r <= t.best)) { t.best = r; }
        if (!(r >= t.worst)) { t.worst = r; }
        if (1 + r > 0) {
            log_growth += core::math::log(1 + r);
        } else {
            lost_all = true;
        }
        const double length = in_days(trade.duration());
        days_sum += length;
        if (!(length <= t.longest_days)) { t.longest_days = length; }
    }
    const auto n = static_cast<double>(t.count);
    t.geometric = lost_all ? -1 : core::math::exp(log_growth / n) - 1;
    t.mean_days = days_sum / n;
    const Moments m = moments(nets);
    t.sqn = t.count < 2 ? no_value : std::sqrt(n) * ratio(m.mean, m.deviation());
    return t;
}

std::vector<double> returns_of(std::span<const double> equity) {
    std::vector<double> returns(equity.empty() ? 0 : equity.size() - 1);
    for (std::size_t i = 0; i < returns.size(); ++i) {
        returns[i] = equity[i] > 0 ? equity[i + 1] / equity[i] - 1 : no_value;
    }
    return returns;
}

std::vector<double> log_returns_of(std::span<const double> values) {
    std::vector<double> returns(values.empty() ? 0 : values.size() - 1);
    for (std::size_t i = 0; i < returns.size(); ++i) { returns[i] = core::math::log(values[i + 1] / values[i]); }
    return returns;
}

}  // namespace

double Statistics::operator[](std::string_view key) const {
    const auto row = std::ranges::find(rows_, key, &Statistic::key);
    if (row != rows_.end()) { return row->value; }
    std::string known;
    for (const Statistic& each : rows_) { known += (known.empty() ? "" : ", ") + std::string{each.key}; }
    throw ConfigError(fmt::format("There is no statistic \"{}\"; there are: {}.", key, known));
}

Statistics summarize(const Performance& p) {
    check(p);
    const std::size_t n = p.equity.size();
    const double start = std::isnan(p.starting_equity) ? (n == 0 ? no_value : p.equity.front()) : p.starting_equity;
    const double final = n == 0 ? no_value : p.equity.back();
    const double per_year = std::isnan(p.periods_per_year) ? periods_per_year(p.times) : p.periods_per_year;

    // The step from the start to the first row is an observation only where something happened.
    std::vector<double> returns = returns_of(p.equity);
    const bool first_counts = n > 0 && p.equity.front() != start;
    if (first_counts) { returns.insert(returns.begin(), start > 0 ? p.equity.front() / start - 1 : no_value); }
    std::vector<double> storage;
    const std::span<const double> r = observed(returns, storage);

    const Moments m = moments(r);
    const double root = std::sqrt(per_year);
    const double volatility = m.deviation() * root;
    const double growth = final / start;
    const double annual = compound(growth, per_year / static_cast<double>(n));
    const auto observations = static_cast<double>(r.size());
    const double compounded = compound(growth, per_year / observations);
    const double geometric = compounded_deviation(m.variance(), 1 + compound(growth, 1 / observations), per_year);
    const double downside = downside_risk(r, per_year, p.risk_free);
    const double downside_zero = p.risk_free == 0 ? downside : downside_risk(r, per_year);
    const Drawdowns falls = drawdowns(p.equity, p.times, start);
    const Tail low = tail(r, 0.05);
    const Tail high = tail(r, 0.05, -1);
    std::vector<double> log_growth(n);
    for (std::size_t i = 0; i < n; ++i) { log_growth[i] = core::math::log(p.equity[i] / start); }
    const Extremes days = days_extremes(p.equity, p.times, start, first_counts);
    const double peak = n == 0 ? no_value : std::max(start, *std::ranges::max_element(p.equity));
    const double mean_equity =
        n == 0 ? no_value : sum(n, [&](std::size_t i) { return p.equity[i]; }) / static_cast<double>(n);
    const double years = static_cast<double>(n) / per_year;

    double held = no_value;
    double slope = no_value;
    double compounded_alpha = no_value;
    double log_slope = no_value;
    if (p.benchmark.size() > p.benchmark_start) {
        held = p.benchmark.back() / p.benchmark[p.benchmark_start] - 1;
        const std::vector<double> mine = returns_of(p.equity);
        const std::vector<double> theirs = returns_of(p.benchmark);
        slope = beta(mine, theirs, p.risk_free);
        compounded_alpha = alpha(mine, theirs, per_year, p.risk_free);
        log_slope = beta(log_returns_of(p.equity), log_returns_of(p.benchmark));
    }

    const TradeSums t = sum_trades(p.trades);
    const double payoff = t.mean_win() / -t.mean_loss();

    const auto count = [](std::size_t value) { return static_cast<double>(value); };
    return Statistics{{
        {"starting_equity", start, "currency", "equity before the first row"},
        {"final_equity", final, "currency", "equity at the last row"},
        {"peak_equity", peak, "currency", "the highest equity, the start included"},
        {"duration", p.times.empty() ? no_value : in_days(p.times.back() - p.times.front()), "days",
         "last time - first time"},
        {"rows", count(n), "count", "rows of equity"},
        {"periods_per_year", per_year, "per year", "from the calendar of the rows, unless given"},
        {"exposure_time", exposure_time(p), "fraction", "rows from each entry's to its exit's, both included / rows"},
        {"total_return", growth - 1, "fraction", "final / start - 1"},
        {"buy_and_hold_return", held, "fraction", "benchmark: last / first row that can trade - 1"},
        {"cagr", annual, "fraction", "(final / start)^(periods_per_year / rows) - 1"},
        {"annual_return", compounded, "fraction", "(final / start)^(periods_per_year / returns) - 1 (backtesting.py)"},
        {"volatility", volatility, "fraction", "std(r, ddof 1) * sqrt(periods_per_year)"},
        {"volatility_geometric", geometric, "fraction",
         "sqrt((var(r) + g^2)^n - g^(2n)), g = (final / start)^(1 / returns), n = periods_per_year"},
        {"sharpe", ratio(m.mean - p.risk_free, m.deviation()) * root, "ratio",
         "mean(r - rf) / std(r, ddof 1) * sqrt(periods_per_year)"},
        {"sharpe_geometric", ratio(compounded, geometric), "ratio",
         "annual_return / volatility_geometric (backtesting.py)"},
        {"sortino", ratio((m.mean - p.risk_free) * per_year, downside), "ratio",
         "mean(r - rf) * periods_per_year / downside_risk"},
        {"sortino_geometric", ratio(compounded, downside_zero), "ratio",
         "annual_return / downside_risk at rf 0 (backtesting.py)"},
        {"downside_risk", downside, "fraction", "sqrt(mean(min(r - rf, 0)^2) * periods_per_year), mean over all r"},
        {"calmar", ratio(annual, -falls.deepest), "ratio", "cagr / |max_drawdown|"},
        {"omega", omega(r, p.risk_free), "ratio", "sum of gains / sum of losses of r - rf"},
        {"max_drawdown", falls.deepest, "fraction", "min(equity / peak so far - 1), the start is a peak"},
        {"avg_drawdown", falls.mean, "fraction", "mean of the lowest points of all drawdowns"},
        {"max_drawdown_duration", falls.longest_days, "days", "from a peak to its recovery, or to the end"},
        {"avg_drawdown_duration", falls.mean_days, "days", "mean over all drawdowns"},
        {"var_95", low.quantile, "fraction", "5 % quantile of r, linearly interpolated, sign kept"},
        {"cvar_95", low.mean, "fraction", "mean of the floor(0.05 (n - 1)) + 1 smallest r"},
        {"tail_ratio", ratio(std::abs(high.quantile), std::abs(low.quantile)), "ratio",
         "|95 % quantile| / |5 % quantile| of r"},
        {"stability", linearity(log_growth), "ratio", "R^2 of log(equity) against the row"},
        {"skew", ratio(m.m3, m.m2 * std::sqrt(m.m2)), "ratio", "m3 / m2^1.5, central moments of r over n"},
        {"kurtosis", ratio(m.m4, m.m2 * m.m2), "ratio", "m4 / m2^2 (3 is normal)"},
        {"best_day", days.best, "fraction", "highest return of a UTC day"},
        {"worst_day", days.worst, "fraction", "lowest return of a UTC day"},
        {"alpha", compounded_alpha, "fraction", "(1 + mean((r - rf) - beta (b - rf)))^periods_per_year - 1"},
        {"beta", slope, "ratio", "cov(r, b) / var(b), simple returns"},
        {"alpha_total", growth - 1 - log_slope * held, "fraction",
         "total_return - beta_log * buy_and_hold_return (backtesting.py)"},
        {"beta_log", log_slope, "ratio", "cov / var of log returns (backtesting.py)"},
        {"orders", count(p.orders), "count", "orders that were made, refused ones included"},
        {"fills", count(p.fills), "count", "executions"},
        {"trades", count(t.count), "count", "closed round trips, first in, first out"},
        {"open_trades", count(p.open_trades.size()), "count", "lots still held at the end"},
        {"win_rate", t.win_rate(), "fraction", "trades with net > 0 / trades"},
        {"profit_factor", ratio(t.profit, t.loss), "ratio", "sum of winning nets / |sum of losing nets|"},
        {"profit_factor_return", ratio(t.return_gain, t.return_loss), "ratio",
         "sum of gains / sum of losses of trade returns (backtesting.py)"},
        {"expectancy", t.per_trade(t.profit - t.loss), "currency", "mean net of a trade"},
        {"expectancy_return", t.per_trade(t.return_sum), "fraction", "mean return of a trade, net / entry notional"},
        {"avg_trade", t.geometric, "fraction", "geometric mean of trade returns"},
        {"best_trade", t.best, "fraction", "highest trade return"},
        {"worst_trade", t.worst, "fraction", "lowest trade return"},
        {"avg_win", t.mean_win(), "currency", "mean net of winning trades"},
        {"avg_loss", t.mean_loss(), "currency", "mean net of losing trades, negative"},
        {"avg_trade_duration", t.mean_days, "days", "mean of exit - entry"},
        {"max_trade_duration", t.longest_days, "days", "longest exit - entry"},
        {"sqn", t.sqn, "ratio", "sqrt(trades) * mean(net) / std(net, ddof 1)"},
        {"kelly", t.win_rate() - (1 - t.win_rate()) / payoff, "fraction",
         "win_rate - (1 - win_rate) / (avg_win / |avg_loss|)"},
        {"traded_value", p.traded_value, "currency", "sum of |notional| over fills"},
        {"turnover", ratio(p.traded_value, mean_equity * years), "per year", "traded_value / mean equity / years"},
        {"fees_paid", p.fees_paid, "currency", "sum of fees"},
    }};
}

}  // namespace walras::portfolio::stats
