#include "walras/portfolio/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "walras/core/error.hpp"
#include "walras/portfolio/calendar.hpp"
#include "walras/portfolio/relative.hpp"
#include "walras/portfolio/returns.hpp"
#include "walras/portfolio/trade_statistics.hpp"

namespace walras::portfolio::stats {
namespace {

Times times_of(const Performance& p) { return p.times_ns.empty() ? Times{p.times} : Times{p.times_ns}; }

void check_length(std::size_t length, std::string_view what, std::size_t rows) {
    if (length != 0 && length != rows) {
        throw ConfigError(fmt::format("{} {} for {} rows of equity; give one for each.", length, what, rows));
    }
}

void check(const Performance& p, double equity_sum) {
    const Times times = times_of(p);
    check_length(times.size(), "times", p.equity.size());
    check_length(p.benchmark.size(), "benchmark prices", p.equity.size());
    check_length(p.gross.size(), "gross exposures", p.equity.size());
    if (times.first_fall() != times.size()) {
        throw ConfigError(
            fmt::format("The times of the equity fall at row {}; sort the rows by time.", times.first_fall()));
    }
    if (std::isfinite(equity_sum)) { return; }
    for (std::size_t i = 0; i < p.equity.size(); ++i) {
        if (!std::isfinite(p.equity[i])) {
            throw DataError(fmt::format("Equity is {} at row {}; give a number for each row.", p.equity[i], i));
        }
    }
}

// Share of rows with a position: from the row of the entry to the row of the exit, both included.
double exposure_time(const Performance& p, const Times& times) {
    if (times.empty()) { return no_value; }
    struct Held {
        std::size_t from = 0, to = 0;
        auto operator<=>(const Held&) const = default;
    };
    std::vector<Held> held;
    held.reserve(p.trades.size() + p.open_trades.size());
    const std::size_t last = times.size() - 1;
    for (const RoundTrip& trade : p.trades) {
        const std::size_t from = std::min(times.first_at(trade.entry_time), last);
        held.push_back({from, std::max(from, std::min(times.first_at(trade.exit_time), last))});
    }
    for (const RoundTrip& trade : p.open_trades) {
        held.push_back({std::min(times.first_at(trade.entry_time), last), last});
    }
    std::ranges::sort(held);
    std::size_t exposed = 0;
    std::size_t next = 0;  // the first row that is not yet counted
    for (const Held& each : held) {
        if (each.to < next) { continue; }
        exposed += each.to + 1 - std::max(each.from, next);
        next = each.to + 1;
    }
    return static_cast<double>(exposed) / static_cast<double>(times.size());
}

void put_returns(Values& out, Sample& s, double per_year, double risk_free) {
    out[Key::total_return] = s.total_return();
    out[Key::cagr] = s.cagr(per_year);
    out[Key::cagr_calendar] = s.cagr_calendar();
    out[Key::annual_return] = s.annual_return(per_year);
    out[Key::volatility] = s.volatility(per_year);
    out[Key::volatility_geometric] = s.volatility_geometric(per_year);
    out[Key::sharpe] = s.sharpe(per_year, risk_free);
    out[Key::sharpe_geometric] = ratio(out[Key::annual_return], out[Key::volatility_geometric]);
    out[Key::sharpe_smart] = s.sharpe_smart(per_year, risk_free);
    out[Key::sharpe_lo] = s.sharpe_lo(per_year, risk_free);
    out[Key::downside_risk] = s.downside_risk(per_year, risk_free);
    out[Key::sortino] = ratio((s.moments().mean - risk_free) * per_year, out[Key::downside_risk]);
    const double at_zero = risk_free == 0 ? out[Key::downside_risk] : s.downside_risk(per_year, 0);
    out[Key::sortino_geometric] = ratio(out[Key::annual_return], at_zero);
    out[Key::omega] = s.omega(risk_free);
    out[Key::var_95] = s.tails(0.05).low.quantile;
    out[Key::cvar_95] = s.tails(0.05).low.mean;
    out[Key::var_95_parametric] = s.value_at_risk_parametric(0.05);
    out[Key::cvar_95_parametric] = s.conditional_value_at_risk_parametric(0.05);
    out[Key::tail_ratio] = s.tail_ratio(0.05);
    out[Key::stability] = s.stability();
    out[Key::skew] = s.skew();
    out[Key::kurtosis] = s.kurtosis();
    out[Key::autocorrelation] = s.autocorrelation();
}

void put_drawdowns(Values& out, Sample& s) {
    const DrawdownSummary& falls = s.falls();
    out[Key::calmar] = ratio(out[Key::cagr], -falls.deepest);
    out[Key::calmar_geometric] = ratio(out[Key::annual_return], -falls.deepest);
    out[Key::peak_equity] = falls.peak;
    out[Key::max_drawdown] = falls.deepest;
    out[Key::avg_drawdown] = falls.mean;
    out[Key::max_drawdown_duration] = falls.longest_days;
    out[Key::avg_drawdown_duration] = falls.mean_days;
    out[Key::drawdowns] = static_cast<double>(falls.count);
    out[Key::time_under_water] = static_cast<double>(falls.rows_under) / s.rows();
    out[Key::ulcer_index] = falls.ulcer;
    out[Key::recovery_factor] = s.recovery_factor();
}

void put_calendar(Values& out, Sample& s) {
    const auto of = [&](Calendar calendar) {
        return summarize_periods(s.curve(), s.times(), s.start(), s.first_counts(), calendar);
    };
    const PeriodSummary day = of(Calendar::day);
    const PeriodSummary month = of(Calendar::month);
    const PeriodSummary year = of(Calendar::year);
    out[Key::best_day] = day.best;
    out[Key::worst_day] = day.worst;
    out[Key::positive_days] = day.positive;
    out[Key::best_month] = month.best;
    out[Key::worst_month] = month.worst;
    out[Key::positive_months] = month.positive;
    out[Key::best_year] = year.best;
    out[Key::worst_year] = year.worst;
}

// `workspace` holds the returns of the equity, from its second row on.
void put_benchmark(Values& out, const Performance& p, double per_year, Workspace& workspace) {
    for (const Key key : {Key::buy_and_hold_return, Key::alpha, Key::beta, Key::alpha_total, Key::beta_log,
                          Key::correlation, Key::tracking_error, Key::information_ratio, Key::total_capture,
                          Key::up_capture, Key::down_capture, Key::capture_ratio}) {
        out[key] = no_value;
    }
    if (p.benchmark.size() <= p.benchmark_start) { return; }
    const double held = p.benchmark.back() / p.benchmark[p.benchmark_start] - 1;
    workspace.benchmark.resize(p.benchmark.size() - 1);
    simple_returns(p.benchmark, workspace.benchmark);
    Pairs pairs{std::span{workspace.returns}.subspan(1), workspace.benchmark};
    out[Key::buy_and_hold_return] = held;
    out[Key::beta] = pairs.beta();
    out[Key::alpha] = pairs.alpha(per_year, p.risk_free);
    out[Key::beta_log] = log_beta(p.benchmark, p.equity);
    out[Key::alpha_total] = out[Key::total_return] - out[Key::beta_log] * held;
    out[Key::correlation] = pairs.correlation();
    out[Key::tracking_error] = pairs.tracking_error(per_year);
    out[Key::information_ratio] = pairs.information_ratio(per_year);
    out[Key::total_capture] = pairs.total_capture(per_year);
    out[Key::up_capture] = pairs.up_capture(per_year);
    out[Key::down_capture] = pairs.down_capture(per_year);
    out[Key::capture_ratio] = ratio(out[Key::up_capture], out[Key::down_capture]);
}

void put_trades(Values& out, const Performance& p) {
    const TradeStatistics t = summarize_trades(p.trades);
    const TradeStatistics bought = summarize_trades(p.trades, model::OrderSide::buy);
    const TradeStatistics sold = summarize_trades(p.trades, model::OrderSide::sell);
    const auto count = [](std::size_t value) { return static_cast<double>(value); };
    out[Key::orders] = count(p.orders);
    out[Key::fills] = count(p.fills);
    out[Key::trades] = count(t.count);
    out[Key::open_trades] = count(p.open_trades.size());
    out[Key::trades_long] = count(bought.count);
    out[Key::trades_short] = count(sold.count);
    out[Key::win_rate] = t.win_rate;
    out[Key::win_rate_long] = bought.win_rate;
    out[Key::win_rate_short] = sold.win_rate;
    out[Key::profit_factor] = t.profit_factor;
    out[Key::profit_factor_return] = t.profit_factor_return;
    out[Key::payoff_ratio] = t.payoff_ratio;
    out[Key::expectancy] = t.expectancy;
    out[Key::expectancy_return] = t.expectancy_return;
    out[Key::expectancy_long] = bought.expectancy;
    out[Key::expectancy_short] = sold.expectancy;
    out[Key::avg_trade] = t.avg_trade;
    out[Key::best_trade] = t.best_trade;
    out[Key::worst_trade] = t.worst_trade;
    out[Key::avg_win] = t.avg_win;
    out[Key::avg_loss] = t.avg_loss;
    out[Key::max_win_streak] = count(t.max_win_streak);
    out[Key::max_loss_streak] = count(t.max_loss_streak);
    out[Key::avg_trade_duration] = t.avg_duration;
    out[Key::max_trade_duration] = t.max_duration;
    out[Key::sqn] = t.sqn;
    out[Key::kelly] = t.kelly;
}

// Mean and highest gross / equity, over the rows with equity above 0.
void put_exposure(Values& out, const Performance& p, const Times& times) {
    out[Key::exposure_time] = exposure_time(p, times);
    out[Key::avg_exposure] = no_value;
    out[Key::max_exposure] = no_value;
    const std::size_t n = p.gross.size();
    const double count = sum(n, [&](std::size_t i) { return p.equity[i] > 0 ? 1.0 : 0.0; });
    if (count == 0) { return; }
    std::array<double, 8> highest{};
    const double total = sum(n, [&](std::size_t i) {
        const double exposure = p.equity[i] > 0 ? p.gross[i] / p.equity[i] : 0.0;
        highest[i % 8] = exposure > highest[i % 8] ? exposure : highest[i % 8];
        return exposure;
    });
    out[Key::avg_exposure] = total / count;
    out[Key::max_exposure] = *std::ranges::max_element(highest);
}

}  // namespace

double Statistics::operator[](std::string_view key) const {
    const auto row = std::ranges::find(rows_, key, &Statistic::key);
    if (row != rows_.end()) { return row->value; }
    std::string known;
    for (const Statistic& each : rows_) { known += (known.empty() ? "" : ", ") + std::string{each.key}; }
    throw ConfigError(fmt::format("There is no statistic \"{}\"; there are: {}.", key, known));
}

Values evaluate(const Performance& p, Workspace& workspace) {
    const std::size_t n = p.equity.size();
    const double equity_sum = sum(n, [&](std::size_t i) { return p.equity[i]; });
    check(p, equity_sum);
    const Times times = times_of(p);
    const double start = std::isnan(p.starting_equity) ? (n == 0 ? no_value : p.equity.front()) : p.starting_equity;
    const double per_year = std::isnan(p.periods_per_year) ? periods_per_year(times) : p.periods_per_year;
    const double years = static_cast<double>(n) / per_year;

    Values out;
    out[Key::starting_equity] = start;
    out[Key::final_equity] = n == 0 ? no_value : p.equity.back();
    out[Key::duration] = times.empty() ? no_value : static_cast<double>((times.back() - times.front()).ns) / 86'400e9;
    out[Key::rows] = static_cast<double>(n);
    out[Key::periods_per_year] = per_year;
    Sample sample = Sample::of_equity(p.equity, start, times, workspace);
    put_exposure(out, p, times);
    put_returns(out, sample, per_year, p.risk_free);
    put_drawdowns(out, sample);
    put_calendar(out, sample);
    put_benchmark(out, p, per_year, workspace);
    put_trades(out, p);
    out[Key::traded_value] = p.traded_value;
    const double mean_equity = n == 0 ? no_value : equity_sum / static_cast<double>(n);
    out[Key::turnover] = ratio(p.traded_value, mean_equity * years);
    out[Key::fees_paid] = p.fees_paid;
    return out;
}

Statistics summarize(const Performance& p) {
    Workspace workspace;
    const Values values = evaluate(p, workspace);
    std::vector<Statistic> rows;
    rows.reserve(key_count);
    for (const Definition& each : definitions()) {
        rows.push_back({each.key, values[each.id], each.unit, each.formula, each.title, each.group});
    }
    return Statistics{std::move(rows)};
}

}  // namespace walras::portfolio::stats
