// Oscillators that are made of several others.
#pragma once

#include "walras/core/math.hpp"
#include "walras/features/macd.hpp"
#include "walras/features/relative_strength.hpp"
#include "walras/features/stochastic.hpp"

namespace walras::features {

// Fisher transform (Ehlers 2002) of the place of the price in its range: value = 0.67 value + 0.66 (place - 1/2), kept
// within 0.9999; fisher = ln((1 + value) / (1 - value)) / 2 + feedback * fisher before. A range of zero is its middle.
class Fisher {
public:
    Fisher(int period, double feedback) : range_(period), feedback_(feedback) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column lowest;
        const std::size_t missing = range_.run(in, in, out, lowest.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) {
            const double place = ratio_or(in[i] - lowest[i], out[i] - lowest[i], 0.5);
            value_ = std::clamp(0.66 * (place - 0.5) + 0.67 * value_, -limit, limit);
            fisher_ = 0.5 * core::math::log((1 + value_) / (1 - value_)) + feedback_ * fisher_;
            out[i] = fisher_;
        }
        return missing;
    }
    void visit(auto& state) {
        range_.visit(state);
        state(value_);
        state(fisher_);
    }

private:
    static constexpr double limit = 0.9999;
    Range range_;
    double feedback_;
    double value_ = 0;
    double fisher_ = 0;
};

// Schaff trend cycle (1999): the place of the MACD line in its range, averaged; the place of that in its range,
// averaged.
class SchaffCycle {
public:
    SchaffCycle(int cycle, int fast, int slow, int smooth)
        : line_(fast, slow, AverageKind::ema, EmaSeed::sma),
          first_(cycle),
          second_(cycle),
          first_average_(smooth),
          second_average_(smooth) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column a;
        Column b;
        std::size_t skip = line_.run(in, a.data(), rows);
        skip = run_after(skip, first_, a.data(), b.data(), rows);
        skip = run_after(skip, first_average_, b.data(), a.data(), rows);
        skip = run_after(skip, second_, a.data(), b.data(), rows);
        return run_after(skip, second_average_, b.data(), out, rows);
    }
    void visit(auto& state) {
        line_.visit(state);
        first_.visit(state);
        second_.visit(state);
        first_average_.visit(state);
        second_average_.visit(state);
    }

private:
    Apo line_;
    PercentOfRange first_;
    PercentOfRange second_;
    Ema first_average_;
    Ema second_average_;
};

// Derivative oscillator (Brown 1999): the RSI twice averaged, minus the simple average of that.
class DerivativeOscillator {
public:
    DerivativeOscillator(int period, int first, int second, int signal)
        : rsi_(period), first_(first), second_(second), signal_(signal) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column a;
        Column b;
        std::size_t skip = rsi_.run(in, a.data(), rows);
        skip = run_after(skip, first_, a.data(), b.data(), rows);
        skip = run_after(skip, second_, b.data(), a.data(), rows);
        const std::size_t missing = run_after(skip, signal_, a.data(), out, rows);
        for (std::size_t i = missing; i < rows; ++i) { out[i] = a[i] - out[i]; }
        return missing;
    }
    void visit(auto& state) {
        rsi_.visit(state);
        first_.visit(state);
        second_.visit(state);
        signal_.visit(state);
    }

private:
    Rsi rsi_;
    Ema first_;
    Ema second_;
    Sma signal_;
};

// Augen's price spike (2008): the last change in units of the standard deviation of the period - 2 log returns before
// it times the price before it; 0 where that is zero.
class PriceSpike {
public:
    explicit PriceSpike(int period) : returns_(require_period("PriceSpike", period, 3) - 2) {}
    double update(double x) {
        double spike = not_ready;
        if (seen_ >= 2) {
            returns_.push(before_ > 0 && previous_ > 0 ? core::math::log(previous_ / before_) : 0);
            if (returns_.is_full()) { spike = ratio_or(x - previous_, deviation() * previous_, 0); }
        }
        seen_ = std::min(seen_ + 1, std::size_t{2});
        before_ = previous_;
        previous_ = x;
        return spike;
    }
    void visit(auto& state) {
        returns_.visit(state);
        state(before_);
        state(previous_);
        state.below(seen_, std::size_t{3});
    }

private:
    [[nodiscard]] double deviation() const {
        const auto n = static_cast<double>(returns_.capacity());
        double mean = 0;
        for (std::size_t age = returns_.capacity(); age-- > 0;) { mean += returns_.ago(age); }
        mean /= n;
        double squares = 0;
        for (std::size_t age = returns_.capacity(); age-- > 0;) {
            squares += (returns_.ago(age) - mean) * (returns_.ago(age) - mean);
        }
        return std::sqrt(squares / n);
    }

    Ring returns_;
    double before_ = 0;
    double previous_ = 0;
    std::size_t seen_ = 0;
};

}  // namespace walras::features
