// Strategies that buy what fell: by the relative strength index, and by Bollinger's bands.
#include <fmt/format.h>

#include <cmath>

#include "walras/core/error.hpp"
#include "walras/features/relative_strength.hpp"
#include "walras/features/window_statistics.hpp"
#include "walras/strategy/sides.hpp"

namespace walras::strategy {
namespace {

// Long from below `low` until it is back above `exit`; short from above `high` until it is back below 100 - exit.
class RsiReversion {
public:
    static constexpr bool closes_only = true;

    RsiReversion(int period, double low, double high, double exit) : rsi_(period), low_(low), high_(high), exit_(exit) {
        if (!(low < exit && 100 - exit < high)) {
            throw ConfigError(
                fmt::format("rsi_reversion: low = {} must be below exit = {}, and high = {} above 100 - exit = {}.",
                            low, exit, high, 100 - exit));
        }
    }
    std::int8_t side(double, double, double close) {
        double rsi = 0;
        rsi_.run(&close, &rsi, 1);
        if (std::isnan(rsi)) { return 0; }
        if (side_ > 0 && rsi > exit_) { side_ = 0; }
        if (side_ < 0 && rsi < 100 - exit_) { side_ = 0; }
        if (side_ == 0 && rsi < low_) { side_ = 1; }
        if (side_ == 0 && rsi > high_) { side_ = -1; }
        return side_;
    }

private:
    features::Rsi rsi_;
    double low_, high_, exit_;
    std::int8_t side_ = 0;
};

// Long from below the lower band until the close is back at the middle; short from above the upper band likewise.
class BollingerReversion {
public:
    static constexpr bool closes_only = true;

    BollingerReversion(int period, double deviations) : bands_(period, features::BollingerFormula{deviations}) {}
    std::int8_t side(double, double, double close) {
        double upper = 0, middle = 0, lower = 0;
        bands_.run({&close}, {&upper, &middle, &lower}, 1);
        if (std::isnan(middle)) { return 0; }
        if (side_ > 0 && close >= middle) { side_ = 0; }
        if (side_ < 0 && close <= middle) { side_ = 0; }
        if (side_ == 0 && close < lower) { side_ = 1; }
        if (side_ == 0 && close > upper) { side_ = -1; }
        return side_;
    }

private:
    features::RollingSums<features::Powers<2>, features::BollingerFormula> bands_;
    std::int8_t side_ = 0;
};

}  // namespace

Description describe_rsi_reversion() {
    return describe_sides<RsiReversion>(
        "rsi_reversion", "RSI reversion",
        "Buys when Wilder's relative strength index of `period` closes falls below `low` and sells when it is back "
        "above "
        "`exit`; the mirror image above `high` where shorts are allowed. It bets that hurried moves are undone (Wilder "
        "1978; "
        "Connors, Alvarez 2008).",
        {{"period", std::int64_t{14}, 2, 10'000, "bars", "Length of the index."},
         {"low", 30.0, 0.0, 100.0, "", "Below it the instrument is bought."},
         {"high", 70.0, 0.0, 100.0, "", "Above it the instrument is sold short, where allowed."},
         {"exit", 50.0, 0.0, 100.0, "", "A long position ends above it, a short one below 100 - exit."}},
        "Go short above `high`.", [](const Parameters& p) {
            return RsiReversion(p.integer("period"), p.number("low"), p.number("high"), p.number("exit"));
        });
}

Description describe_bollinger_reversion() {
    return describe_sides<BollingerReversion>(
        "bollinger_reversion", "Bollinger-band reversion",
        "Buys a close below the lower band, mean - `deviations` x deviation of the last `period` closes, and sells "
        "when a close "
        "is back at the mean; the mirror image above the upper band where shorts are allowed. It bets that prices "
        "return to "
        "their average (J. Bollinger 2001).",
        {{"period", std::int64_t{20}, 2, 10'000, "bars", "Length of the mean and the deviation."},
         {"deviations", 2.0, 0.1, 20.0, "deviations", "Distance of the bands from the mean."}},
        "Go short above the upper band.",
        [](const Parameters& p) { return BollingerReversion(p.integer("period"), p.number("deviations")); });
}

}  // namespace walras::strategy
