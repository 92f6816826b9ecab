#include "walras/portfolio/returns.hpp"

#include <algorithm>
#include <vector>

#include "walras/portfolio/relative.hpp"
#include "walras/portfolio/sample.hpp"

namespace walras::portfolio::stats {
namespace {

// One statistic of one series.
template <class Statistic>
double of(std::span<const double> returns, Statistic statistic) {
    Workspace workspace;
    Sample sample{returns, {}, workspace};
    return statistic(sample);
}

}  // namespace

double total_return(std::span<const double> returns) {
    return of(returns, [](Sample& s) { return s.total_return(); });
}

double cagr(std::span<const double> returns, double per_year) {
    return of(returns, [&](Sample& s) { return s.cagr(per_year); });
}

double volatility(std::span<const double> returns, double per_year) {
    return of(returns, [&](Sample& s) { return s.volatility(per_year); });
}

double sharpe(std::span<const double> returns, double per_year, double risk_free) {
    return of(returns, [&](Sample& s) { return s.sharpe(per_year, risk_free); });
}

double downside_risk(std::span<const double> returns, double per_year, double required) {
    return of(returns, [&](Sample& s) { return s.downside_risk(per_year, required); });
}

double sortino(std::span<const double> returns, double per_year, double required) {
    return of(returns, [&](Sample& s) { return s.sortino(per_year, required); });
}

double annual_return(std::span<const double> returns, double per_year) {
    return of(returns, [&](Sample& s) { return s.annual_return(per_year); });
}

double volatility_geometric(std::span<const double> returns, double per_year) {
    return of(returns, [&](Sample& s) { return s.volatility_geometric(per_year); });
}

double sharpe_geometric(std::span<const double> returns, double per_year) {
    return of(returns, [&](Sample& s) { return s.sharpe_geometric(per_year); });
}

double sortino_geometric(std::span<const double> returns, double per_year) {
    return of(returns, [&](Sample& s) { return s.sortino_geometric(per_year); });
}

double autocorrelation(std::span<const double> returns) {
    return of(returns, [](Sample& s) { return s.autocorrelation(); });
}

double sharpe_smart(std::span<const double> returns, double per_year, double risk_free) {
    return of(returns, [&](Sample& s) { return s.sharpe_smart(per_year, risk_free); });
}

double sharpe_lo(std::span<const double> returns, double per_year, double risk_free) {
    return of(returns, [&](Sample& s) { return s.sharpe_lo(per_year, risk_free); });
}

double max_drawdown(std::span<const double> returns) {
    return of(returns, [](Sample& s) { return s.falls().deepest; });
}

double calmar(std::span<const double> returns, double per_year) {
    return of(returns, [&](Sample& s) { return s.calmar(per_year); });
}

double omega(std::span<const double> returns, double risk_free, double threshold) {
    return of(returns, [&](Sample& s) { return s.omega(risk_free + threshold); });
}

double value_at_risk(std::span<const double> returns, double cutoff) {
    return of(returns, [&](Sample& s) { return tail(s.returns(), cutoff).quantile; });
}

double conditional_value_at_risk(std::span<const double> returns, double cutoff) {
    return of(returns, [&](Sample& s) { return tail(s.returns(), cutoff).mean; });
}

double value_at_risk_parametric(std::span<const double> returns, double cutoff) {
    return of(returns, [&](Sample& s) { return s.value_at_risk_parametric(cutoff); });
}

double conditional_value_at_risk_parametric(std::span<const double> returns, double cutoff) {
    return of(returns, [&](Sample& s) { return s.conditional_value_at_risk_parametric(cutoff); });
}

double tail_ratio(std::span<const double> returns) {
    return of(returns, [](Sample& s) { return s.tail_ratio(0.05); });
}

double stability(std::span<const double> returns) {
    return of(returns, [](Sample& s) { return s.stability(); });
}

double skew(std::span<const double> returns) {
    return of(returns, [](Sample& s) { return s.skew(); });
}

double kurtosis(std::span<const double> returns) {
    return of(returns, [](Sample& s) { return s.kurtosis(); });
}

double beta(std::span<const double> returns, std::span<const double> benchmark, double /*risk_free*/) {
    return Pairs{returns, benchmark}.beta();  // a constant moves no covariance
}

double alpha(std::span<const double> returns, std::span<const double> benchmark, double per_year, double risk_free) {
    return Pairs{returns, benchmark}.alpha(per_year, risk_free);
}

double periods_per_year(std::span<const TimeNs> times) { return periods_per_year(Times{times}); }

double periods_per_year(const Times& times) {
    if (times.size() < 2) { return no_value; }
    // The median of at most 10,000 evenly spread spacings.
    const std::size_t stride = (times.size() - 2) / 10'000 + 1;
    std::vector<std::int64_t> spacings;
    for (std::size_t i = 0; i + 1 < times.size(); i += stride) { spacings.push_back((times[i + 1] - times[i]).ns); }
    const auto middle = spacings.begin() + static_cast<std::ptrdiff_t>(spacings.size() / 2);
    std::ranges::nth_element(spacings, middle);
    const double spacing_days = static_cast<double>(*middle) / 86'400e9;
    const auto near = [&](double low, double high) { return spacing_days >= low && spacing_days <= high; };
    if (near(5, 9)) { return 52; }
    if (near(27, 32)) { return 12; }
    if (near(85, 95)) { return 4; }
    if (near(350, 380)) { return 1; }
    if (spacing_days >= 2) { return 365.25 / spacing_days; }

    constexpr std::int64_t last_day = utc_day(time_max);
    const DurationNs late = lateness(times);
    std::size_t active_days = 0;
    std::size_t weekend_days = 0;
    for (std::size_t row = 0; row < times.size();) {
        const std::int64_t today = utc_day(times[row] - late);
        ++active_days;
        const std::int64_t weekday = ((today + 3) % 7 + 7) % 7;  // 1970-01-01 was a Thursday; 0 is Monday
        if (weekday >= 5) { ++weekend_days; }
        if (today == last_day) { break; }  // the day of time_max has no end
        row = times.first_at(later(TimeNs{days(today + 1).ns}, late), row);
    }
    const bool trades_weekends = static_cast<double>(weekend_days) > 2.0 / 7 * 0.6 * static_cast<double>(active_days);
    const double year = trades_weekends ? 365 : 252;
    if (spacing_days >= 0.9) { return year; }
    return year * static_cast<double>(times.size()) / static_cast<double>(active_days);
}

}  // namespace walras::portfolio::stats
