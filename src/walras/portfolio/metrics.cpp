#include "walras/portfolio/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "walras/core/error.hpp"
#include "walras/portfolio/calendar.hpp"

namespace walras::portfolio::stats {
namespace {

using O = MetricOptions;

PeriodSummary periods(Sample& s, Calendar calendar) {
    return summarize_periods(s.curve(), s.times(), s.start(), s.first_counts(), calendar);
}

double share(std::size_t part, double whole) { return whole > 0 ? static_cast<double>(part) / whole : no_value; }

constexpr auto returns = Needs::returns;
constexpr auto times = Needs::times;
constexpr auto benchmark = Needs::benchmark;

constexpr std::array table{
    Metric{"total_return", returns, false, [](Sample& s, Pairs*, const O&) { return s.total_return(); }},
    Metric{"buy_and_hold_return", benchmark, false, [](Sample&, Pairs* p, const O&) { return p->held(); }},
    Metric{"cagr", returns, true, [](Sample& s, Pairs*, const O& o) { return s.cagr(o.periods_per_year); }},
    Metric{"cagr_calendar", times, false, [](Sample& s, Pairs*, const O&) { return s.cagr_calendar(); }},
    Metric{"annual_return", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.annual_return(o.periods_per_year); }},
    Metric{"volatility", returns, true, [](Sample& s, Pairs*, const O& o) { return s.volatility(o.periods_per_year); }},
    Metric{"volatility_geometric", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.volatility_geometric(o.periods_per_year); }},
    Metric{"sharpe", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.sharpe(o.periods_per_year, o.risk_free); }},
    Metric{"sharpe_geometric", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.sharpe_geometric(o.periods_per_year); }},
    Metric{"sharpe_smart", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.sharpe_smart(o.periods_per_year, o.risk_free); }},
    Metric{"sharpe_lo", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.sharpe_lo(o.periods_per_year, o.risk_free); }},
    Metric{"sortino", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.sortino(o.periods_per_year, o.required); }},
    Metric{"sortino_geometric", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.sortino_geometric(o.periods_per_year); }},
    Metric{"downside_risk", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.downside_risk(o.periods_per_year, o.required); }},
    Metric{"calmar", returns, true, [](Sample& s, Pairs*, const O& o) { return s.calmar(o.periods_per_year); }},
    Metric{"calmar_geometric", returns, true,
           [](Sample& s, Pairs*, const O& o) { return s.calmar_geometric(o.periods_per_year); }},
    Metric{"omega", returns, false, [](Sample& s, Pairs*, const O& o) { return s.omega(o.risk_free + o.threshold); }},

    Metric{"max_drawdown", returns, false, [](Sample& s, Pairs*, const O&) { return s.falls().deepest; }},
    Metric{"avg_drawdown", returns, false, [](Sample& s, Pairs*, const O&) { return s.falls().mean; }},
    Metric{"max_drawdown_duration", times, false, [](Sample& s, Pairs*, const O&) { return s.falls().longest_days; }},
    Metric{"avg_drawdown_duration", times, false, [](Sample& s, Pairs*, const O&) { return s.falls().mean_days; }},
    Metric{"drawdowns", returns, false,
           [](Sample& s, Pairs*, const O&) { return static_cast<double>(s.falls().count); }},
    Metric{"time_under_water", returns, false,
           [](Sample& s, Pairs*, const O&) { return share(s.falls().rows_under, s.rows()); }},
    Metric{"ulcer_index", returns, false, [](Sample& s, Pairs*, const O&) { return s.falls().ulcer; }},
    Metric{"recovery_factor", returns, false, [](Sample& s, Pairs*, const O&) { return s.recovery_factor(); }},

    Metric{"value_at_risk", returns, false,
           [](Sample& s, Pairs*, const O& o) { return s.tails(o.cutoff).low.quantile; }},
    Metric{"conditional_value_at_risk", returns, false,
           [](Sample& s, Pairs*, const O& o) { return s.tails(o.cutoff).low.mean; }},
    Metric{"value_at_risk_parametric", returns, false,
           [](Sample& s, Pairs*, const O& o) { return s.value_at_risk_parametric(o.cutoff); }},
    Metric{"conditional_value_at_risk_parametric", returns, false,
           [](Sample& s, Pairs*, const O& o) { return s.conditional_value_at_risk_parametric(o.cutoff); }},
    Metric{"var_95", returns, false, [](Sample& s, Pairs*, const O&) { return s.tails(0.05).low.quantile; }},
    Metric{"cvar_95", returns, false, [](Sample& s, Pairs*, const O&) { return s.tails(0.05).low.mean; }},
    Metric{"var_95_parametric", returns, false,
           [](Sample& s, Pairs*, const O&) { return s.value_at_risk_parametric(0.05); }},
    Metric{"cvar_95_parametric", returns, false,
           [](Sample& s, Pairs*, const O&) { return s.conditional_value_at_risk_parametric(0.05); }},
    Metric{"tail_ratio", returns, false, [](Sample& s, Pairs*, const O& o) { return s.tail_ratio(o.cutoff); }},
    Metric{"stability", returns, false, [](Sample& s, Pairs*, const O&) { return s.stability(); }},
    Metric{"skew", returns, false, [](Sample& s, Pairs*, const O&) { return s.skew(); }},
    Metric{"kurtosis", returns, false, [](Sample& s, Pairs*, const O&) { return s.kurtosis(); }},
    Metric{"autocorrelation", returns, false, [](Sample& s, Pairs*, const O&) { return s.autocorrelation(); }},
    Metric{"best_day", times, false, [](Sample& s, Pairs*, const O&) { return periods(s, Calendar::day).best; }},
    Metric{"worst_day", times, false, [](Sample& s, Pairs*, const O&) { return periods(s, Calendar::day).worst; }},
    Metric{"positive_days", times, false,
           [](Sample& s, Pairs*, const O&) { return periods(s, Calendar::day).positive; }},
    Metric{"best_month", times, false, [](Sample& s, Pairs*, const O&) { return periods(s, Calendar::month).best; }},
    Metric{"worst_month", times, false, [](Sample& s, Pairs*, const O&) { return periods(s, Calendar::month).worst; }},
    Metric{"positive_months", times, false,
           [](Sample& s, Pairs*, const O&) { return periods(s, Calendar::month).positive; }},
    Metric{"best_year", times, false, [](Sample& s, Pairs*, const O&) { return periods(s, Calendar::year).best; }},
    Metric{"worst_year", times, false, [](Sample& s, Pairs*, const O&) { return periods(s, Calendar::year).worst; }},

    Metric{"alpha", benchmark, true,
           [](Sample&, Pairs* p, const O& o) { return p->alpha(o.periods_per_year, o.risk_free); }},
    Metric{"beta", benchmark, false, [](Sample&, Pairs* p, const O&) { return p->beta(); }},
    Metric{"alpha_total", benchmark, false,
           [](Sample& s, Pairs* p, const O&) { return s.total_return() - p->beta_log() * p->held(); }},
    Metric{"beta_log", benchmark, false, [](Sample&, Pairs* p, const O&) { return p->beta_log(); }},
    Metric{"correlation", benchmark, false, [](Sample&, Pairs* p, const O&) { return p->correlation(); }},
    Metric{"tracking_error", benchmark, true,
           [](Sample&, Pairs* p, const O& o) { return p->tracking_error(o.periods_per_year); }},
    Metric{"information_ratio", benchmark, true,
           [](Sample&, Pairs* p, const O& o) { return p->information_ratio(o.periods_per_year); }},
    Metric{"total_capture", benchmark, true,
           [](Sample&, Pairs* p, const O& o) { return p->total_capture(o.periods_per_year); }},
    Metric{"up_capture", benchmark, true,
           [](Sample&, Pairs* p, const O& o) { return p->up_capture(o.periods_per_year); }},
    Metric{"down_capture", benchmark, true,
           [](Sample&, Pairs* p, const O& o) { return p->down_capture(o.periods_per_year); }},
    Metric{"capture_ratio", benchmark, true,
           [](Sample&, Pairs* p, const O& o) { return p->capture_ratio(o.periods_per_year); }},

    // Each return as a trade.
    Metric{"win_rate", returns, false, [](Sample& s, Pairs*, const O&) { return s.outcomes().win_rate; }},
    Metric{"profit_factor", returns, false, [](Sample& s, Pairs*, const O&) { return s.outcomes().profit_factor; }},
    Metric{"payoff_ratio", returns, false, [](Sample& s, Pairs*, const O&) { return s.outcomes().payoff_ratio; }},
    Metric{"expectancy", returns, false, [](Sample& s, Pairs*, const O&) { return s.outcomes().expectancy; }},
    Metric{"avg_win", returns, false, [](Sample& s, Pairs*, const O&) { return s.outcomes().avg_win; }},
    Metric{"avg_loss", returns, false, [](Sample& s, Pairs*, const O&) { return s.outcomes().avg_loss; }},
    Metric{"sqn", returns, false, [](Sample& s, Pairs*, const O&) { return s.outcomes().sqn; }},
    Metric{"kelly", returns, false, [](Sample& s, Pairs*, const O&) { return s.outcomes().kelly; }},
};

}  // namespace

std::span<const Metric> metrics() { return table; }

const Metric& metric(std::string_view key) {
    const auto* const found = std::ranges::find(table, key, &Metric::key);
    if (found != table.end()) { return *found; }
    std::string known;
    for (const Metric& each : table) { known += (known.empty() ? "" : ", ") + std::string{each.key}; }
    throw ConfigError(fmt::format("There is no metric \"{}\"; there are: {}.", key, known));
}

}  // namespace walras::portfolio::stats
