// How a series persists or reverts: Hurst's exponent and the half-life of an Ornstein-Uhlenbeck process.
#pragma once

#include <cmath>

#include "walras/core/math.hpp"
#include "walras/features/window_statistics.hpp"

namespace walras::features {

// Half-life of the deviation from the mean, in observations, if x is an Ornstein-Uhlenbeck process: x[t] = a + b x[t-1]
// + e by least squares over `period` pairs, ln(1/2) / ln b. Infinite where nothing reverts (b >= 1, or a constant x), 0
// where the next observation has forgotten (b <= 0).
class OuHalfLife {
public:
    explicit OuHalfLife(int period) : slope_(require_period("OuHalfLife", period, 3)) {}
    double update(double value) {
        double b = not_ready;
        if (has_before_) { slope_.run({&value, &before_}, {&b}, 1); }
        before_ = value;
        has_before_ = true;
        if (std::isnan(b)) { return not_ready; }
        if (b >= 1 || is_flat(b)) { return std::numeric_limits<double>::infinity(); }
        return b <= 0 ? 0 : -0.693147180559945309417232121458 / core::math::log(b);
    }
    void visit(auto& state) {
        slope_.visit(state);
        state(before_);
        state(has_before_);
    }

private:
    struct Slope : SlopeOnFormula {
        void operator()(const WindowSums<Products>& w, double* out) const {
            if (central_square(w.share, w.sums[1], w.sums[3]) > 0) {
                SlopeOnFormula::operator()(w, out);
            } else {
                out[0] = flat;
            }
        }
    };
    static constexpr double flat = -2;  // no slope of an autoregression of a series that does not vary
    static bool is_flat(double b) { return b == flat; }

    RollingSums<Products, Slope> slope_;
    double before_ = 0;
    bool has_before_ = false;
};

// Hurst's exponent by the growth of the deviation of differences with their lag, over a window of `period`
// observations: slope of ln sqrt(sd(x[t] - x[t - lag])) on ln lag, lag = 2 .. max_lag, twice (E. Chan's estimate;
// QuantConnect's HurstExponent). 0.5: a random walk; below: it reverts; above: it trends; 0.5 where the series does not
// vary.
class HurstExponent {
public:
    HurstExponent(int period, int max_lag) : window_(period) {
        if (max_lag < 3 || max_lag + 2 > period) {
            throw ConfigError(fmt::format("hurst: max_lag = {} must be at least 3, and period = {} at least two more.",
                                          max_lag, period));
        }
        double sum = 0, squares = 0;
        for (int lag = 2; lag <= max_lag; ++lag) {
            differences_.emplace_back(period - lag);
            log_lags_.push_back(core::math::log(lag));
            sum += log_lags_.back();
        }
        const double mean = sum / static_cast<double>(log_lags_.size());
        for (double& x : log_lags_) {
            x -= mean;
            squares += x * x;
        }
        for (double& x : log_lags_) { x /= squares; }
    }
    double update(double value) {
        window_.push(value);
        double slope = 0;
        bool ready = window_.is_full();
        for (std::size_t i = 0; i < differences_.size(); ++i) {
            const std::size_t lag = i + 2;
            if (window_.count() <= lag) { return not_ready; }
            const double difference = value - window_.ago(lag);
            double variance = not_ready;
            differences_[i].run({&difference}, {&variance}, 1);
            if (variance > 0) { slope += log_lags_[i] * core::math::log(variance) / 4; }
            varies_ = i == 0 ? variance > 0 : varies_ && variance > 0;
        }
        if (!ready) { return not_ready; }
        return varies_ ? 2 * slope : 0.5;
    }
    void visit(auto& state) {
        window_.visit(state);
        for (auto& difference : differences_) { difference.visit(state); }
        state(varies_);
    }

private:
    Ring window_;
    std::vector<RollingSums<Powers<2>, VarianceFormula>> differences_;
    std::vector<double> log_lags_;  // centred, over their squares
    bool varies_ = false;
};

}  // namespace walras::features
