#include "walras/portfolio/sample.hpp"

#include <cmath>

#include "walras/core/math_array.hpp"
#include "walras/core/normal.hpp"

namespace walras::portfolio::stats {
namespace {

// sum((1 - k / n) x^k, k = 1 .. n - 1), |x| < 1, in closed form; by its limit for x = 1.
double weighted_powers(double x, double n) {
    if (x != x || n != n) { return no_value; }
    if (x == 0) { return 0; }
    if (std::abs(1 - x) < 1e-9) { return (n - 1) / 2; }
    const double magnitude = power(std::abs(x), n);
    // x^n for a negative x alternates; n need not be whole, then the last power is left out.
    const bool is_whole = n == std::floor(n);
    const double last = x > 0 ? magnitude : (!is_whole ? 0.0 : (std::fmod(n, 2) == 0 ? magnitude : -magnitude));
    return x / (1 - x) * (1 - (1 - last) / (n * (1 - x)));
}

double max_with_zero(double x) { return 0.5 * (x + std::abs(x)); }  // without a branch

}  // namespace

Sample::Sample(std::span<const double> returns, Times times, Workspace& workspace)
    : workspace_(&workspace), all_(returns), times_(times), rows_(static_cast<double>(returns.size())) {
    observe(returns);
    if (returns_.empty()) { return; }
    growth_ = product(returns_.size(), [&](std::size_t i) { return 1 + returns_[i]; });
}

Sample Sample::of_equity(std::span<const double> equity, double start, Times times, Workspace& workspace) {
    Sample s;
    s.workspace_ = &workspace;
    s.equity_ = equity;
    s.times_ = times;
    s.rows_ = static_cast<double>(equity.size());
    s.start_ = start;
    s.is_equity_ = true;
    if (equity.empty()) { return s; }
    s.growth_ = equity.back() / start;
    s.first_counts_ = equity.front() != start;
    std::vector<double>& r = workspace.returns;
    r.resize(equity.size());
    r[0] = start > 0 ? equity[0] / start - 1 : no_value;
    simple_returns(equity, std::span{r}.subspan(1));
    s.observe(std::span{r}.subspan(s.first_counts_ ? 0 : 1));
    return s;
}

void Sample::observe(std::span<const double> returns) {
    const Observed seen = stats::observe(returns, workspace_->observed);
    returns_ = seen.values;
    total_ = seen.total;
}

std::span<const double> Sample::curve() {
    if (is_equity_) { return equity_; }
    if (has_curve_) { return workspace_->curve; }
    workspace_->curve.resize(all_.size());
    double growth = 1;
    for (std::size_t i = 0; i < all_.size(); ++i) {
        if (all_[i] == all_[i]) { growth *= 1 + all_[i]; }  // nothing observed, nothing moves
        workspace_->curve[i] = growth;
    }
    has_curve_ = true;
    return workspace_->curve;
}

const Moments& Sample::moments() {
    if (!moments_) { moments_ = stats::moments(returns_, total_); }
    return *moments_;
}

const Tails& Sample::tails(double cutoff) {
    if (!tails_ || tails_cutoff_ != cutoff) {
        tails_ = stats::tails(returns_, cutoff);
        tails_cutoff_ = cutoff;
    }
    return *tails_;
}

const DrawdownSummary& Sample::falls() {
    if (!falls_) {
        const bool is_empty = returns_.empty() && equity_.empty();
        falls_ = is_empty ? DrawdownSummary{} : summarize_drawdowns(curve(), times_, start_);
    }
    return *falls_;
}

double Sample::autocorrelation() {
    if (autocorrelation_) { return *autocorrelation_; }
    autocorrelation_ = no_value;
    if (returns_.size() > 2) {
        const std::size_t n = returns_.size() - 1;
        const auto before = returns_.first(n);
        const auto after = returns_.subspan(1);
        const auto count = static_cast<double>(n);
        // Both means from the one of all: they differ by one end each.
        const double mean_before = (total_ - returns_.back()) / count;
        const double mean_after = (total_ - returns_.front()) / count;
        const double cov = sum(n, [&](std::size_t i) { return (before[i] - mean_before) * (after[i] - mean_after); });
        const double all = moments().m2 * (count + 1);
        const auto without = [&](double end, double mean) {  // central squares of all but one
            const double shift = mean - moments().mean;
            return all - (end - moments().mean) * (end - moments().mean) - count * shift * shift;
        };
        autocorrelation_ =
            ratio(cov, std::sqrt(without(returns_.back(), mean_before) * without(returns_.front(), mean_after)));
    }
    return *autocorrelation_;
}

double Sample::cagr(double per_year) const { return compound(growth_, per_year / rows_); }

double Sample::cagr_calendar() const {
    if (times_.empty() || times_.back() == times_.front()) { return no_value; }
    return compound(growth_, 365.25 / (static_cast<double>((times_.back() - times_.front()).ns) / 86'400e9));
}

double Sample::annual_return(double per_year) const { return compound(growth_, per_year / count()); }

double Sample::volatility(double per_year) { return moments().deviation() * std::sqrt(per_year); }

double Sample::volatility_geometric(double per_year) {
    return compounded_deviation(moments().variance(), 1 + compound(growth_, 1 / count()), per_year);
}

double Sample::sharpe(double per_year, double risk_free) {
    return ratio(moments().mean - risk_free, moments().deviation()) * std::sqrt(per_year);
}

double Sample::sharpe_geometric(double per_year) {
    return ratio(annual_return(per_year), volatility_geometric(per_year));
}

double Sample::sharpe_smart(double per_year, double risk_free) {
    return sharpe(per_year, risk_free) / std::sqrt(1 + 2 * weighted_powers(std::abs(autocorrelation()), count()));
}

double Sample::sharpe_lo(double per_year, double risk_free) {
    return sharpe(per_year, risk_free) / std::sqrt(1 + 2 * weighted_powers(autocorrelation(), per_year));
}

const Sample::Sides& Sample::sides(double bar) {
    if (sides_ && sides_bar_ == bar) { return *sides_; }
    Sides s;
    for_each_block(returns_.size(), [&](std::size_t start, std::size_t count) {
        const auto part = returns_.subspan(start, count);
        s.gains += sum(count, [&](std::size_t i) { return max_with_zero(part[i] - bar); });
        s.losses += sum(count, [&](std::size_t i) { return max_with_zero(bar - part[i]); });
        s.loss_squares += sum(count, [&](std::size_t i) {
            const double shortfall = max_with_zero(bar - part[i]);
            return shortfall * shortfall;
        });
    });
    sides_bar_ = bar;
    sides_ = s;
    return *sides_;
}

const TradeStatistics& Sample::outcomes() {
    if (!outcomes_) { outcomes_ = summarize_trades(returns_, returns_, {}); }
    return *outcomes_;
}

double Sample::downside_risk(double per_year, double required) {
    if (returns_.empty()) { return no_value; }
    return std::sqrt(sides(required).loss_squares / count() * per_year);
}

double Sample::sortino(double per_year, double required) {
    if (returns_.empty()) { return no_value; }
    return ratio((moments().mean - required) * per_year, downside_risk(per_year, required));
}

double Sample::sortino_geometric(double per_year) { return ratio(annual_return(per_year), downside_risk(per_year, 0)); }

double Sample::calmar(double per_year) { return ratio(cagr(per_year), -falls().deepest); }

double Sample::calmar_geometric(double per_year) { return ratio(annual_return(per_year), -falls().deepest); }

double Sample::omega(double bar) {
    if (returns_.empty()) { return no_value; }
    return ratio(sides(bar).gains, sides(bar).losses);
}

double Sample::recovery_factor() { return ratio(total_return(), -falls().deepest); }

double Sample::tail_ratio(double cutoff) {
    return ratio(std::abs(tails(cutoff).high), std::abs(tails(cutoff).low.quantile));
}

double Sample::value_at_risk_parametric(double cutoff) {
    return moments().mean + core::math::normal_quantile(cutoff) * moments().deviation();
}

double Sample::conditional_value_at_risk_parametric(double cutoff) {
    return moments().mean - moments().deviation() * normal_density(core::math::normal_quantile(cutoff)) / cutoff;
}

double Sample::stability() {
    if (is_equity_) { return log_linearity(equity_); }
    std::vector<double> growth(returns_.size());
    for (std::size_t i = 0; i < growth.size(); ++i) { growth[i] = 1 + returns_[i]; }
    core::math::log(growth, growth);
    double total = 0;
    for (double& value : growth) { value = total += value; }
    return linearity(growth);
}

double Sample::skew() {
    const Moments& m = moments();
    return ratio(m.m3, m.m2 * std::sqrt(m.m2));
}

double Sample::kurtosis() {
    const Moments& m = moments();
    return ratio(m.m4, m.m2 * m.m2);
}

}  // namespace walras::portfolio::stats
