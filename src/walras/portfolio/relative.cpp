#include "walras/portfolio/relative.hpp"

#include <fmt/format.h>

#include <cmath>

#include "walras/core/error.hpp"
#include "walras/core/math_array.hpp"

namespace walras::portfolio::stats {

Pairs::Pairs(std::span<const double> returns, std::span<const double> benchmark) {
    if (returns.size() != benchmark.size()) {
        throw ConfigError(fmt::format("{} returns against {} of the benchmark; give one for each period.",
                                      returns.size(), benchmark.size()));
    }
    mine_ = returns;
    theirs_ = benchmark;
    moments_ = covariance(theirs_, mine_);
    // A mean is NaN if an observation is missing: then only the pairs stay.
    if (!std::isnan(moments_.x + moments_.y)) { return; }
    for (std::size_t i = 0; i < returns.size(); ++i) {
        if (std::isnan(returns[i]) || std::isnan(benchmark[i])) { continue; }
        my_storage_.push_back(returns[i]);
        their_storage_.push_back(benchmark[i]);
    }
    mine_ = my_storage_;
    theirs_ = their_storage_;
    moments_ = covariance(theirs_, mine_);
}

double Pairs::beta() const { return moments_.count < 2 ? no_value : ratio(moments_.xy, moments_.xx); }

double Pairs::beta_log() const {
    if (moments_.count < 2) { return no_value; }
    const auto logs = [](std::span<const double> returns) {
        std::vector<double> out(returns.size());
        for (std::size_t i = 0; i < out.size(); ++i) { out[i] = 1 + returns[i]; }
        core::math::log(out, out);
        return out;
    };
    const Covariance c = covariance(logs(theirs_), logs(mine_));
    return ratio(c.xy, c.xx);
}

double Pairs::held() const {
    return theirs_.empty() ? no_value : product(theirs_.size(), [&](std::size_t i) { return 1 + theirs_[i]; }) - 1;
}

double Pairs::correlation() const {
    return moments_.count < 2 ? no_value : ratio(moments_.xy, std::sqrt(moments_.xx) * std::sqrt(moments_.yy));
}

double Pairs::alpha(double per_year, double risk_free) const {
    const double slope = beta();
    if (std::isnan(slope)) { return no_value; }
    return compound(1 + (moments_.y - risk_free) - slope * (moments_.x - risk_free), per_year);
}

double Pairs::active_deviation() {
    if (active_deviation_) { return *active_deviation_; }
    const double mean = moments_.y - moments_.x;
    double squares = 0;
    for_each_block(mine_.size(), [&](std::size_t start, std::size_t count) {
        squares += sum(count, [&](std::size_t i) {
            const double deviation = mine_[start + i] - theirs_[start + i] - mean;
            return deviation * deviation;
        });
    });
    active_deviation_ = mine_.size() < 2 ? no_value : std::sqrt(squares / (moments_.count - 1));
    return *active_deviation_;
}

double Pairs::tracking_error(double per_year) { return active_deviation() * std::sqrt(per_year); }

double Pairs::information_ratio(double per_year) {
    return ratio(moments_.y - moments_.x, active_deviation()) * std::sqrt(per_year);
}

template <class Takes>
double Pairs::capture(double per_year, Takes takes) const {
    double mine = 1;
    double theirs = 1;
    double periods = 0;
    for_each_block(mine_.size(), [&](std::size_t start, std::size_t count) {
        const auto my = mine_.subspan(start, count);
        const auto their = theirs_.subspan(start, count);
        // What is left out grows by 0: a factor, not a branch.
        const auto weight = [&](std::size_t i) { return static_cast<double>(takes(their[i])); };
        mine *= product(count, [&](std::size_t i) { return 1 + weight(i) * my[i]; });
        theirs *= product(count, [&](std::size_t i) { return 1 + weight(i) * their[i]; });
        periods += sum(count, weight);
    });
    if (periods == 0) { return no_value; }
    return ratio(compound(mine, per_year / periods), compound(theirs, per_year / periods));
}

double Pairs::total_capture(double per_year) const {
    return capture(per_year, [](double) { return true; });
}

double Pairs::up_capture(double per_year) const {
    return capture(per_year, [](double b) { return b > 0; });
}

double Pairs::down_capture(double per_year) const {
    return capture(per_year, [](double b) { return b < 0; });
}

double Pairs::capture_ratio(double per_year) const { return ratio(up_capture(per_year), down_capture(per_year)); }

}  // namespace walras::portfolio::stats
