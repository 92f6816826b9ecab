// Stops that follow the price.
#pragma once

#include <algorithm>

#include "walras/features/true_range.hpp"

namespace walras::features {

// Parabolic stop and reverse (Wilder 1978) as TA-Lib has it: the first side is short if the low fell by more than the
// high rose, else long; ready with the second bar. A short market is a long one upside down: prices are taken with the
// sign of the side, so that the stop always lies below.
class ParabolicSar {
public:
    ParabolicSar(double acceleration, double maximum)
        : acceleration_(std::min(acceleration, maximum)), maximum_(maximum), factor_(acceleration_) {}

    double update(double high, double low) {
        if (bars_ < 2) {
            if (++bars_ == 1) {
                high_ = high;
                low_ = low;
                return not_ready;
            }
            begin(high, low);
        }
        Bar bar = seen_from_side(high, low);
        Bar before = seen_from_side(high_, low_);
        double value = stop_;
        if (bar.bottom <= stop_) {
            long_ = !long_;
            bar = {-bar.top, -bar.bottom};
            before = {-before.top, -before.bottom};
            value = stop_ = std::min({-extreme_, before.bottom, bar.bottom});
            extreme_ = bar.top;
            factor_ = acceleration_;
        } else if (bar.top > extreme_) {
            extreme_ = bar.top;
            factor_ = std::min(factor_ + acceleration_, maximum_);
        }
        // The stop of the next bar never stands inside of this one or the one before.
        stop_ = std::min({stop_ + factor_ * (extreme_ - stop_), before.bottom, bar.bottom});
        high_ = high;
        low_ = low;
        return long_ ? value : -value;
    }
    void visit(auto& state) {
        for (double* member : {&factor_, &high_, &low_, &stop_, &extreme_}) { state(*member); }
        state.below(bars_, std::size_t{3});
        state(long_);
    }

private:
    struct Bar {
        double bottom;
        double top;
    };
    [[nodiscard]] Bar seen_from_side(double high, double low) const {
        return long_ ? Bar{low, high} : Bar{-high, -low};
    }
    void begin(double high, double low) {
        const double fall = low_ - low;
        long_ = fall <= 0 || high - high_ >= fall;
        stop_ = seen_from_side(high_, low_).bottom;
        extreme_ = seen_from_side(high, low).top;
        high_ = high;
        low_ = low;
    }

    double acceleration_;
    double maximum_;
    double factor_;
    double high_ = 0;
    double low_ = 0;
    double stop_ = 0;
    double extreme_ = 0;
    std::size_t bars_ = 0;
    bool long_ = true;
};

// SuperTrend (Seban): bands `multiplier` average true ranges around the middle of the bar, each of which only closes in
// as long as the close stays on its side; the line is the lower band while the trend is up (1), the upper one while it
// is down (-1).
class SuperTrend {
public:
    SuperTrend(int period, double multiplier) : atr_(period), multiplier_(multiplier) {}
    std::size_t run(Reads<3> in, Writes<2> out, std::size_t rows) {
        const auto [high, low, close] = in;
        Column atr;
        const std::size_t missing = atr_.run(in, {atr.data()}, rows);
        for (std::size_t i = missing; i < rows; ++i) {
            const double middle = 0.5 * (high[i] + low[i]);
            const double lower = middle - multiplier_ * atr[i];
            const double upper = middle + multiplier_ * atr[i];
            lower_ = close_ > lower_ ? std::max(lower, lower_) : lower;
            upper_ = close_ < upper_ ? std::min(upper, upper_) : upper;
            trend_ = close[i] > upper_ ? 1 : close[i] < lower_ ? -1 : trend_;
            close_ = close[i];
            out[0][i] = trend_ > 0 ? lower_ : upper_;
            out[1][i] = trend_;
        }
        for (double* column : out) { fill_not_ready(column, missing); }
        return missing;
    }
    void visit(auto& state) {
        atr_.visit(state);
        for (double* member : {&lower_, &upper_, &close_, &trend_}) { state(*member); }
    }

private:
    Atr atr_;
    double multiplier_;
    double lower_ = -std::numeric_limits<double>::infinity();
    double upper_ = std::numeric_limits<double>::infinity();
    double close_ = 0;
    double trend_ = 1;
};

// Chande-Kroll stop (1994): first stops `multiplier` average true ranges inside the extremes of `atr_period` bars, then
// the extremes of those over `period`: stop of a short position, of a long one.
class ChandeKroll {
public:
    ChandeKroll(int atr_period, double multiplier, int period)
        : atr_(atr_period), extremes_(atr_period), short_(period), long_(period), multiplier_(multiplier) {}
    std::size_t run(Reads<3> in, Writes<2> out, std::size_t rows) {
        const auto [high, low, close] = in;
        Column atr;
        Column highest;
        Column lowest;
        const std::size_t ready = atr_.run(in, {atr.data()}, rows);
        extremes_.run(high, low, highest.data(), lowest.data(), rows);
        for (std::size_t i = ready; i < rows; ++i) {
            highest[i] -= multiplier_ * atr[i];
            lowest[i] += multiplier_ * atr[i];
        }
        run_after(ready, short_, highest.data(), out[0], rows);
        return run_after(ready, long_, lowest.data(), out[1], rows);
    }
    void visit(auto& state) {
        atr_.visit(state);
        extremes_.visit(state);
        short_.visit(state);
        long_.visit(state);
    }

private:
    Atr atr_;
    Range extremes_;
    RollingMax short_;
    RollingMin long_;
    double multiplier_;
};

// Zigzag: the last turning point, and whether it is a low (-1) or a high (1). A turn is made when the price has moved
// by `threshold` of the turning point against it, `length` bars at least after it; until then a new extreme moves it.
// Begins with the low of the first bar.
class ZigZag {
public:
    ZigZag(double threshold, int length)
        : threshold_(threshold), length_(static_cast<std::size_t>(require_period("ZigZag", length))) {}
    std::array<double, 2> update(double high, double low) {
        if (!started_) {
            started_ = true;
            pivot_ = low;
            side_ = -1;
            return none_ready<2>();
        }
        const bool may_turn = since_ >= length_;
        since_ = std::min(since_ + 1, length_);
        const double extreme = side_ < 0 ? low : high;
        const double other = side_ < 0 ? high : low;
        if (may_turn && side_ * (other - pivot_ * (1 - side_ * threshold_)) <= 0) {
            turn_to(-side_, other);
        } else if (side_ * (extreme - pivot_) >= 0) {
            turn_to(side_, extreme);
        }
        return {pivot_, side_};
    }
    void visit(auto& state) {
        state(pivot_);
        state(side_);
        state.below(since_, length_ + 1);
        state(started_);
    }

private:
    void turn_to(double side, double price) {
        side_ = side;
        pivot_ = price;
        since_ = std::min(std::size_t{1}, length_);
    }

    double threshold_;
    std::size_t length_;
    double pivot_ = 0;
    double side_ = -1;
    std::size_t since_ = 0;
    bool started_ = false;
};

}  // namespace walras::features
