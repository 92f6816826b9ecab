#include "walras/portfolio/returns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/portfolio/numeric.hpp"

namespace walras::portfolio::stats {
namespace {

// The observed returns of a series that may have gaps.
class Observed {
public:
    explicit Observed(std::span<const double> returns) : view_(observed(returns, storage_)) {}
    Observed(const Observed&) = delete;
    Observed& operator=(const Observed&) = delete;
    operator std::span<const double>() const { return view_; }  // NOLINT(google-explicit-constructor)
    double operator[](std::size_t i) const { return view_[i]; }
    [[nodiscard]] std::size_t size() const { return view_.size(); }
    [[nodiscard]] bool empty() const { return view_.empty(); }

private:
    std::vector<double> storage_;
    std::span<const double> view_;
};

// Both series where both were observed.
struct Pairs {
    std::vector<double> mine, theirs;

    Pairs(std::span<const double> returns, std::span<const double> benchmark, double risk_free) {
        if (returns.size() != benchmark.size()) {
            throw ConfigError(fmt::format("{} returns against {} of the benchmark; give one for each period.",
                                          returns.size(), benchmark.size()));
        }
        for (std::size_t i = 0; i < returns.size(); ++i) {
            if (std::isnan(returns[i]) || std::isnan(benchmark[i])) { continue; }
            mine.push_back(returns[i] - risk_free);
            theirs.push_back(benchmark[i] - risk_free);
        }
    }
    [[nodiscard]] std::size_t size() const { return mine.size(); }
    [[nodiscard]] double beta() const {
        if (size() < 2) { return no_value; }
        const double my_mean = sum(size(), [&](std::size_t i) { return mine[i]; }) / static_cast<double>(size());
        const double their_mean = sum(size(), [&](std::size_t i) { return theirs[i]; }) / static_cast<double>(size());
        const double covariance =
            sum(size(), [&](std::size_t i) { return (mine[i] - my_mean) * (theirs[i] - their_mean); });
        const double variance =
            sum(size(), [&](std::size_t i) { return (theirs[i] - their_mean) * (theirs[i] - their_mean); });
        return ratio(covariance, variance);
    }
};

}  // namespace

double total_return(std::span<const double> returns) {
    const Observed r{returns};
    if (r.empty()) { return no_value; }
    double growth = 1;
    for (std::size_t i = 0; i < r.size(); ++i) { growth *= 1 + r[i]; }
    return growth - 1;
}

double cagr(std::span<const double> returns, double per_year) {
    return compound(1 + total_return(returns), per_year / static_cast<double>(returns.size()));
}

double volatility(std::span<const double> returns, double per_year) {
    return moments(Observed{returns}).deviation() * std::sqrt(per_year);
}

double sharpe(std::span<const double> returns, double per_year, double risk_free) {
    const Moments m = moments(Observed{returns});
    return ratio(m.mean - risk_free, m.deviation()) * std::sqrt(per_year);
}

double downside_risk(std::span<const double> returns, double per_year, double required) {
    const Observed r{returns};
    if (r.empty()) { return no_value; }
    const double squares = sum(r.size(), [&](std::size_t i) {
        const double excess = r[i] - required;
        const double shortfall = 0.5 * (excess - std::abs(excess));  // min(excess, 0), without a branch
        return shortfall * shortfall;
    });
    return std::sqrt(squares / static_cast<double>(r.size()) * per_year);
}

double sortino(std::span<const double> returns, double per_year, double required) {
    const Observed r{returns};
    if (r.empty()) { return no_value; }
    const double mean = sum(r.size(), [&](std::size_t i) { return r[i] - required; }) / static_cast<double>(r.size());
    return ratio(mean * per_year, downside_risk(r, per_year, required));
}

double annual_return(std::span<const double> returns, double per_year) {
    const Observed r{returns};
    return compound(1 + total_return(r), per_year / static_cast<double>(r.size()));
}

double volatility_geometric(std::span<const double> returns, double per_year) {
    const Observed r{returns};
    const double growth = 1 + compound(1 + total_return(r), 1 / static_cast<double>(r.size()));
    return compounded_deviation(moments(r).variance(), growth, per_year);
}

double sharpe_geometric(std::span<const double> returns, double per_year) {
    return ratio(annual_return(returns, per_year), volatility_geometric(returns, per_year));
}

double sortino_geometric(std::span<const double> returns, double per_year) {
    return ratio(annual_return(returns, per_year), downside_risk(returns, per_year));
}

double max_drawdown(std::span<const double> returns) {
    const Observed r{returns};
    if (r.empty()) { return no_value; }
    double growth = 1;
    double peak = 1;
    double deepest = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
        growth *= 1 + r[i];
        peak = std::max(peak, growth);
        deepest = std::min(deepest, growth / peak - 1);
    }
    return deepest;
}

double calmar(std::span<const double> returns, double per_year) {
    return ratio(cagr(returns, per_year), -max_drawdown(returns));
}

double omega(std::span<const double> returns, double risk_free, double threshold) {
    const Observed r{returns};
    if (r.empty()) { return no_value; }
    const double bar = risk_free + threshold;
    const auto positive_part = [](double x) { return 0.5 * (x + std::abs(x)); };  // max(x, 0), without a branch
    const double gains = sum(r.size(), [&](std::size_t i) { return positive_part(r[i] - bar); });
    const double losses = sum(r.size(), [&](std::size_t i) { return positive_part(bar - r[i]); });
    return ratio(gains, losses);
}

double value_at_risk(std::span<const double> returns, double cutoff) {
    return tail(Observed{returns}, cutoff).quantile;
}

double conditional_value_at_risk(std::span<const double> returns, double cutoff) {
    return tail(Observed{returns}, cutoff).mean;
}

double tail_ratio(std::span<const double> returns) {
    const Observed r{returns};
    return ratio(std::abs(tail(r, 0.05, -1).quantile), std::abs(tail(r, 0.05).quantile));
}

double stability(std::span<const double> returns) {
    const Observed r{returns};
    std::vector<double> cumulative(r.size());
    double growth = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
        growth += core::math::log(1 + r[i]);
        cumulative[i] = growth;
    }
    return linearity(cumulative);
}

double skew(std::span<const double> returns) {
    const Moments m = moments(Observed{returns});
    return ratio(m.m3, m.m2 * std::sqrt(m.m2));
}

double kurtosis(std::span<const double> returns) {
    const Moments m = moments(Observed{returns});
    return ratio(m.m4, m.m2 * m.m2);
}

double beta(std::span<const double> returns, std::span<const double> benchmark, double risk_free) {
    return Pairs{returns, benchmark, risk_free}.beta();
}

double alpha(std::span<const double> returns, std::span<const double> benchmark, double per_year, double risk_free) {
    const Pairs pairs{returns, benchmark, risk_free};
    const double slope = pairs.beta();
    if (std::isnan(slope)) { return no_value; }
    const double excess = sum(pairs.size(), [&](std::size_t i) { return pairs.mine[i] - slope * pairs.theirs[i]; });
    return compound(1 + excess / static_cast<double>(pairs.size()), per_year);
}

double periods_per_year(std::span<const TimeNs> times) {
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

    std::size_t active_days = 0;
    std::size_t weekend_days = 0;
    std::int64_t last = INT64_MIN;
    std::int64_t last_end = INT64_MIN;  // times rise, so most of them need no division
    for (const TimeNs time : times) {
        if (time.ns < last_end) { continue; }
        const std::int64_t today = utc_day(time);
        last_end = days(today + 1).ns;
        if (today == last) { continue; }
        last = today;
        ++active_days;
        const std::int64_t weekday = ((today + 3) % 7 + 7) % 7;  // 1970-01-01 was a Thursday; 0 is Monday
        if (weekday >= 5) { ++weekend_days; }
    }
    const bool trades_weekends = static_cast<double>(weekend_days) > 2.0 / 7 * 0.6 * static_cast<double>(active_days);
    const double year = trades_weekends ? 365 : 252;
    if (spacing_days >= 0.9) { return year; }
    return year * static_cast<double>(times.size()) / static_cast<double>(active_days);
}

}  // namespace walras::portfolio::stats
