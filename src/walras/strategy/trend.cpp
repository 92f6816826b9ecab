// Strategies that follow: the MACD and its signal, and breakouts of Donchian's channel.
#include <fmt/format.h>

#include <cmath>

#include "walras/core/error.hpp"
#include "walras/features/moving_average.hpp"
#include "walras/features/rolling_extreme.hpp"
#include "walras/strategy/sides.hpp"

namespace walras::strategy {
namespace {

// Long while the difference of two exponential averages is above its own average, short while it is below.
class MacdCross {
public:
    static constexpr bool closes_only = true;

    MacdCross(int fast, int slow, int signal) : fast_(fast), slow_(slow), signal_(signal) {
        if (fast >= slow) {
            throw ConfigError(fmt::format("macd: fast = {} must be smaller than slow = {}.", fast, slow));
        }
    }
    std::int8_t side(double, double, double close) {
        const double fast = fast_.update(close);
        const double slow = slow_.update(close);
        if (!slow_.is_ready()) { return 0; }
        const double macd = fast - slow;
        const double signal = signal_.update(macd);
        if (signal_.is_ready() && macd != signal) { side_ = macd > signal ? std::int8_t{1} : std::int8_t{-1}; }
        return side_;
    }

private:
    features::Ema fast_, slow_, signal_;
    std::int8_t side_ = 0;
};

// Long from a close above the highest high of the `entry` bars before until one below the lowest low of the `exit` bars
// before; short likewise downwards.
class DonchianBreakout {
public:
    static constexpr bool closes_only = false;

    DonchianBreakout(int entry, int exit) : entry_high_(entry), entry_low_(entry), exit_high_(exit), exit_low_(exit) {
        if (exit > entry) {
            throw ConfigError(fmt::format("donchian_breakout: exit = {} must not exceed entry = {}.", exit, entry));
        }
    }
    std::int8_t side(double high, double low, double close) {
        if (!std::isnan(top_)) {
            if (side_ > 0 && close < exit_bottom_) { side_ = 0; }
            if (side_ < 0 && close > exit_top_) { side_ = 0; }
            if (side_ == 0 && close > top_) { side_ = 1; }
            if (side_ == 0 && close < bottom_) { side_ = -1; }
        }
        top_ = entry_high_.update(high);
        bottom_ = entry_low_.update(low);
        exit_top_ = exit_high_.update(high);
        exit_bottom_ = exit_low_.update(low);
        return side_;
    }

private:
    features::RollingMax entry_high_;
    features::RollingMin entry_low_;
    features::RollingMax exit_high_;
    features::RollingMin exit_low_;
    // Of the bars before the newest.
    double top_ = features::not_ready, bottom_ = 0, exit_top_ = 0, exit_bottom_ = 0;
    std::int8_t side_ = 0;
};

}  // namespace

Description describe_macd() {
    return describe_sides<MacdCross>(
        "macd", "MACD and its signal",
        "Holds an instrument while MACD = EMA(fast) - EMA(slow) is above its own EMA(signal), the moment at which a "
        "trend gains "
        "speed (G. Appel 1979).",
        {{"fast", std::int64_t{12}, 1, 10'000, "bars", "Length of the fast average."},
         {"slow", std::int64_t{26}, 2, 10'000, "bars", "Length of the slow average; larger than fast."},
         {"signal", std::int64_t{9}, 1, 10'000, "bars", "Length of the average of the difference."}},
        "Go short instead of flat below the signal.",
        [](const Parameters& p) { return MacdCross(p.integer("fast"), p.integer("slow"), p.integer("signal")); });
}

Description describe_donchian_breakout() {
    return describe_sides<DonchianBreakout>(
        "donchian_breakout", "Donchian breakout",
        "Buys a close above the highest high of the `entry` bars before it and sells one below the lowest low of the "
        "`exit` bars "
        "before it: few and long trades, many small losses (R. Donchian; the Turtles' rules, C. Faith 2003).",
        {{"entry", std::int64_t{55}, 1, 10'000, "bars", "Length of the channel that is broken out of."},
         {"exit", std::int64_t{20}, 1, 10'000, "bars", "Length of the channel that ends a position; not above entry."}},
        "Go short on a close below the lowest low.",
        [](const Parameters& p) { return DonchianBreakout(p.integer("entry"), p.integer("exit")); });
}

}  // namespace walras::strategy
