#include <fmt/format.h>

#include <cmath>

#include "walras/core/error.hpp"
#include "walras/features/rolling.hpp"
#include "walras/strategy/library.hpp"

namespace walras::strategy {
namespace {

// Trades the spread y - beta x of two instruments. beta and the spread's mean and deviation come from the `lookback`
// bars *before* the newest one: the z-score of today is judged by yesterday's knowledge.
class Pairs final : public Strategy {
public:
    Pairs(int lookback, double entry, double exit, double stop, double invested)
        : x_(lookback), y_(lookback), entry_(entry), exit_(exit), stop_(stop), invested_(invested) {
        if (exit >= entry) {
            throw ConfigError(fmt::format("pairs: exit = {} must be below entry = {}.", exit, entry));
        }
        if (stop > 0 && stop <= entry) {
            throw ConfigError(fmt::format("pairs: stop = {} must be above entry = {}, or 0 for none.", stop, entry));
        }
    }

    void on_start(Context& context) override {
        if (context.universe().size() != 2) {
            throw ConfigError(
                fmt::format("pairs needs exactly two instruments, this run has {}; give the dependent leg "
                            "first and the hedge second.",
                            context.universe().size()));
        }
    }

    void on_bars(Context& context, std::span<const ClosedBar> bars) override {
        if (bars.size() != 2) { return; }  // a leg is missing at this time: the pair cannot be judged
        const double y = bars[0].bar.close.to_double();
        const double x = bars[1].bar.close.to_double();
        if (x_.is_full()) { decide(context, y, x); }
        y_.push(y);
        x_.push(x);
    }

private:
    void decide(Context& context, double y, double x) {
        const features::Line line = features::regress(x_, y_);
        double squares = 0;
        for (std::size_t i = 0; i < x_.size(); ++i) {
            const double residual = y_[i] - line.intercept - line.slope * x_[i];
            squares += residual * residual;
        }
        const double deviation = std::sqrt(squares / static_cast<double>(x_.size() - 2));
        if (!(deviation > 0) || !(line.slope > 0)) {  // no relation to trade on: step aside
            if (side_ != 0) { hold(context, 0, 0, y, x); }
            return;
        }
        const double z = (y - line.intercept - line.slope * x) / deviation;
        if (stopped_ && std::abs(z) < exit_) { stopped_ = false; }
        if (side_ == 0 && !stopped_ && std::abs(z) >= entry_) {
            hold(context, z > 0 ? -1 : 1, line.slope, y, x);
        } else if (side_ != 0 && side_ * z >= -exit_) {
            hold(context, 0, 0, y, x);
        } else if (side_ != 0 && stop_ > 0 && std::abs(z) >= stop_) {
            stopped_ = true;
            hold(context, 0, 0, y, x);
        }
    }

    // Long (+1) or short (-1) the spread: y against beta units of x, both legs within `invested` of equity.
    void hold(Context& context, int side, double beta, double y, double x) {
        side_ = side;
        const InstrumentId leg_y{0};
        const InstrumentId leg_x{1};
        if (side == 0) {
            context.close(leg_y);
            context.close(leg_x);
            return;
        }
        const double gross = y + beta * x;  // value of one unit of the spread's legs
        const double weight_y = invested_ * y / gross;
        context.target_percent(leg_y, Rate::of(side * weight_y));
        context.target_percent(leg_x, Rate::of(-side * (invested_ - weight_y)));
    }

    features::Window x_;
    features::Window y_;
    double entry_;
    double exit_;
    double stop_;
    double invested_;
    int side_ = 0;
    bool stopped_ = false;
};

}  // namespace

Description describe_pairs() {
    return {
        "pairs",
        "Pairs trade with a rolling hedge ratio",
        "Regresses the first instrument on the second over the last `lookback` bars, y = a + b x, and trades the "
        "spread y - a - b x: short it when it stands `entry` deviations above its mean, long when below, out within "
        "`exit`. The hedge ratio and the deviation use past bars only (Gatev, Goetzmann, Rouwenhorst 2006). Both legs "
        "pay their own costs.",
        {{"lookback", std::int64_t{60}, 3, 10'000, "bars", "Bars of the regression."},
         {"entry", 2.0, 0.1, 10.0, "deviations", "Distance at which the spread is entered."},
         {"exit", 0.5, 0.0, 10.0, "deviations", "Distance within which it is left."},
         {"stop", 0.0, 0.0, 100.0, "deviations", "Distance at which a loss is taken; 0 = never."},
         {"invested", 0.95, 0.01, 10.0, "fraction of equity", "Gross size of both legs together."}},
        [](const Parameters& p) {
            return std::make_unique<Pairs>(p.integer("lookback"), p.number("entry"), p.number("exit"), p.number("stop"),
                                           p.number("invested"));
        }};
}

}  // namespace walras::strategy
