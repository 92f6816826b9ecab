#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/features/rolling.hpp"
#include "walras/strategy/library.hpp"

namespace walras::strategy {
namespace {

// How far the spread of two legs stands from where it should be.
struct Spread {
    double z;        // in deviations; judged by what was known before the newest bar
    double y_share;  // of the value of both legs, the part of the first
    bool is_sound;   // there is a relation to trade on
};

// Short the spread when it stands `entry` deviations above, long below, out within `exit`; a loss is taken at `stop`.
// An Estimate has std::optional<Spread> judge(double y, double x): nothing until it knows enough.
template <class Estimate>
class Pairs final : public Strategy {
public:
    Pairs(const char* name, Estimate estimate, double entry, double exit, double stop, double invested)
        : name_(name), estimate_(std::move(estimate)), entry_(entry), exit_(exit), stop_(stop), invested_(invested) {
        if (exit >= entry) {
            throw ConfigError(fmt::format("{}: exit = {} must be below entry = {}.", name, exit, entry));
        }
        if (stop > 0 && stop <= entry) {
            throw ConfigError(fmt::format("{}: stop = {} must be above entry = {}, or 0 for none.", name, stop, entry));
        }
    }

    void on_start(Context& context) override {
        if (context.universe().size() != 2) {
            throw ConfigError(
                fmt::format("{} needs exactly two instruments, this run has {}; give the dependent leg "
                            "first and the hedge second.",
                            name_, context.universe().size()));
        }
    }

    void on_bars(Context& context, std::span<const ClosedBar> bars) override {
        if (bars.size() != 2) { return; }  // a leg is missing at this time: the pair cannot be judged
        if (const auto spread = estimate_.judge(bars[0].bar.close.to_double(), bars[1].bar.close.to_double())) {
            decide(context, *spread);
        }
    }

private:
    void decide(Context& context, const Spread& spread) {
        if (!spread.is_sound) {
            if (side_ != 0) { hold(context, 0, 0); }
            return;
        }
        const double z = spread.z;
        if (stopped_ && std::abs(z) < exit_) { stopped_ = false; }
        if (side_ == 0 && !stopped_ && std::abs(z) >= entry_) {
            hold(context, z > 0 ? -1 : 1, spread.y_share);
        } else if (side_ != 0 && side_ * z >= -exit_) {
            hold(context, 0, 0);
        } else if (side_ != 0 && stop_ > 0 && std::abs(z) >= stop_) {
            stopped_ = true;
            hold(context, 0, 0);
        }
    }

    // Long (+1) or short (-1) the spread, both legs together within `invested` of equity.
    void hold(Context& context, int side, double y_share) {
        side_ = side;
        const InstrumentId leg_y{0};
        const InstrumentId leg_x{1};
        if (side == 0) {
            context.close(leg_y);
            context.close(leg_x);
            return;
        }
        const double weight_y = invested_ * y_share;
        context.target_percent(leg_y, Rate::of(side * weight_y));
        context.target_percent(leg_x, Rate::of(-side * (invested_ - weight_y)));
    }

    const char* name_;
    Estimate estimate_;
    double entry_;
    double exit_;
    double stop_;
    double invested_;
    int side_ = 0;
    bool stopped_ = false;
};

// y = a + b x by least squares over the `lookback` bars before the newest.
class RollingRegression {
public:
    explicit RollingRegression(int lookback) : x_(lookback), y_(lookback) {}
    std::optional<Spread> judge(double y, double x) {
        std::optional<Spread> out;
        if (x_.is_full()) { out = against_the_line(y, x); }
        y_.push(y);
        x_.push(x);
        return out;
    }

private:
    [[nodiscard]] Spread against_the_line(double y, double x) const {
        const features::Line line = features::regress(x_, y_);
        double squares = 0;
        for (std::size_t i = 0; i < x_.size(); ++i) {
            const double residual = y_[i] - line.intercept - line.slope * x_[i];
            squares += residual * residual;
        }
        const double deviation = std::sqrt(squares / static_cast<double>(x_.size() - 2));
        const double z = (y - line.intercept - line.slope * x) / deviation;
        return {z, y / (y + line.slope * x), deviation > 0 && line.slope > 0};
    }

    features::Window x_;
    features::Window y_;
};

// ln y = a + b ln x + e, where a and b walk at random: the filter of Kalman (1960). Each bar is first compared with
// what the bars before it predict, then it corrects them.
class KalmanRegression {
public:
    KalmanRegression(int warm_up, double drift, double noise) : warm_up_(warm_up), drift_(drift), noise_(noise) {}
    std::optional<Spread> judge(double y, double x) {
        if (!(y > 0 && x > 0)) { return std::nullopt; }  // no logarithm, no observation
        const double v = core::math::log(x);
        const double observed = core::math::log(y);
        if (seen_ == 0) { a_ = observed - b_ * v; }
        // Predict: the coefficients stay, their uncertainty grows.
        aa_ += drift_;
        bb_ += drift_;
        const double error = observed - (a_ + b_ * v);
        const double gain_a = aa_ + ab_ * v;  // times the variance of the prediction
        const double gain_b = ab_ + bb_ * v;
        const double variance = gain_a + gain_b * v + noise_;
        const Spread spread{error / std::sqrt(variance), 1 / (1 + b_), b_ > 0};
        // Correct.
        a_ += gain_a / variance * error;
        b_ += gain_b / variance * error;
        aa_ -= gain_a * gain_a / variance;
        ab_ -= gain_a * gain_b / variance;
        bb_ -= gain_b * gain_b / variance;
        return ++seen_ > warm_up_ ? std::optional{spread} : std::nullopt;
    }

private:
    int warm_up_;
    double drift_;
    double noise_;
    int seen_ = 0;
    double a_ = 0, b_ = 1;             // the coefficients
    double aa_ = 1, ab_ = 0, bb_ = 1;  // their covariance
};

std::vector<Parameter> with_thresholds(std::vector<Parameter> own, double entry, double exit) {
    own.push_back({"entry", entry, 0.1, 10.0, "deviations", "Distance at which the spread is entered."});
    own.push_back({"exit", exit, 0.0, 10.0, "deviations", "Distance within which it is left."});
    own.push_back({"stop", 0.0, 0.0, 100.0, "deviations", "Distance at which a loss is taken; 0 = never."});
    own.push_back({"invested", 0.95, 0.01, 10.0, "fraction of equity", "Gross size of both legs together."});
    return own;
}

template <class Estimate>
std::unique_ptr<Strategy> make_pairs(const char* name, const Parameters& p, Estimate estimate) {
    return std::make_unique<Pairs<Estimate>>(name, std::move(estimate), p.number("entry"), p.number("exit"),
                                             p.number("stop"), p.number("invested"));
}

}  // namespace

Description describe_pairs() {
    return {
        "pairs", "Pairs trade with a rolling hedge ratio",
        "Regresses the first instrument on the second over the last `lookback` bars, y = a + b x, and trades the "
        "spread y - a - b x: short it when it stands `entry` deviations above its mean, long when below, out within "
        "`exit`. The hedge ratio and the deviation use past bars only (Gatev, Goetzmann, Rouwenhorst 2006). Both legs "
        "pay their own costs.",
        with_thresholds({{"lookback", std::int64_t{60}, 3, 10'000, "bars", "Bars of the regression."}}, 2.0, 0.5),
        [](const Parameters& p) { return make_pairs("pairs", p, RollingRegression(p.integer("lookback"))); }};
}

Description describe_pairs_kalman() {
    return {
        "pairs_kalman", "Pairs trade with Kalman's hedge ratio",
        "Follows ln y = a + b ln x of the first instrument on the second with a Kalman filter whose coefficients walk "
        "at "
        "random, and trades the surprise of each bar, its distance from the prediction over the prediction's "
        "deviation: "
        "short the spread above `entry`, long below, out within `exit`. Each bar is judged before it is learned from "
        "(E. Chan 2013, ch. 3; R. Kalman 1960).",
        with_thresholds(
            {{"warm_up", std::int64_t{60}, 1, 10'000, "bars", "Bars that are learned from before the first trade."},
             {"drift", 1e-5, 1e-12, 1.0, "per bar", "Variance by which the coefficients wander."},
             {"noise", 1e-3, 1e-12, 1.0, "", "Variance of ln y about the line."}},
            1.0, 0.0),
        [](const Parameters& p) {
            return make_pairs("pairs_kalman", p,
                              KalmanRegression(p.integer("warm_up"), p.number("drift"), p.number("noise")));
        }};
}

}  // namespace walras::strategy
