// The two averages that everything else is built of. See node.hpp for what a node promises.
#pragma once

#include "walras/features/rolling_sum.hpp"

namespace walras::features {

// Simple moving average: the mean of the last `period` observations, free of drift.
class Sma {
public:
    explicit Sma(int period) : sum_(require_period("Sma", period)), divisor_(period) {}

    double update(double value) { return value_ = sum_.update(value) / divisor_; }
    void run(const double* in, double* out, std::size_t rows) {
        sum_.run(in, out, rows);
        for (std::size_t i = 0; i < rows; ++i) { out[i] /= divisor_; }
        if (rows > 0) { value_ = out[rows - 1]; }
    }
    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] bool is_ready() const { return sum_.is_ready(); }
    [[nodiscard]] int period() const { return sum_.period(); }
    void visit(auto& state) {
        sum_.visit(state);
        state(value_);
    }

private:
    RollingSum sum_;
    double divisor_;
    double value_ = not_ready;
};

// How a recursive average begins. `sma`: with the mean of the first `period` values, ready with the last of them
// (TA-Lib). `first`: with the first value itself, ready at once (golden G2).
enum class EmaSeed { sma, first };

// Exponential moving average: value += alpha * (x - value).
class Ema {
public:
    explicit Ema(int period, EmaSeed seed = EmaSeed::sma) : Ema(period, 2.0 / (period + 1.0), seed) {}
    // Wilder's smoothing, alpha = 1 / period.
    static Ema wilder(int period, EmaSeed seed = EmaSeed::sma) { return {period, 1.0 / period, seed}; }

    double update(double value) {
        if (count_ == needed_) { return value_ += alpha_ * (value - value_); }
        sum_ += value;
        if (++count_ == needed_) { value_ = sum_ / static_cast<double>(needed_); }
        return value_;
    }
    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] bool is_ready() const { return count_ == needed_; }
    [[nodiscard]] int period() const { return period_; }
    void visit(auto& state) {
        state.below(count_, needed_ + 1);
        state(sum_);
        state(value_);
    }

private:
    Ema(int period, double alpha, EmaSeed seed)
        : period_(require_period("Ema", period)),
          alpha_(alpha),
          needed_(seed == EmaSeed::sma ? static_cast<std::size_t>(period) : 1) {}

    int period_;
    double alpha_;
    std::size_t needed_;
    std::size_t count_ = 0;
    double sum_ = 0;
    double value_ = not_ready;
};

}  // namespace walras::features
