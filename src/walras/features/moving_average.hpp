// The two averages that everything else is built of. See node.hpp for what a node promises.
#pragma once

#include "walras/features/divisor.hpp"
#include "walras/features/recurrence.hpp"
#include "walras/features/rolling_fold.hpp"

namespace walras::features {

// Simple moving average: the mean of the last `period` observations, free of drift.
class Sma {
public:
    explicit Sma(int period) : sum_(require_period("Sma", period)), divisor_(period) {}

    double update(double value) { return value_ = divisor_.divide(sum_.update(value)); }
    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        const std::size_t missing = sum_.run_mean(in, out, rows, divisor_);
        if (rows > 0) { value_ = out[rows - 1]; }
        return missing;
    }
    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] bool is_ready() const { return sum_.is_ready(); }
    [[nodiscard]] int period() const { return sum_.period(); }
    [[nodiscard]] std::size_t rows_at_once() const { return sum_.rows_at_once(); }
    void visit(auto& state) {
        sum_.visit(state);
        state(value_);
    }

private:
    RollingSum sum_;
    Divisor divisor_;
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
        if (count_ == needed_) [[likely]] { return value_ = recurrence_.update(value); }
        sum_ += value;
        if (++count_ == needed_) {
            value_ = sum_ / static_cast<double>(needed_);
            recurrence_.start(value_);
        }
        return value_;
    }
    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        std::size_t i = 0;
        for (; i < rows && count_ < needed_; ++i) { out[i] = update(in[i]); }
        if (i < rows) {
            recurrence_.run(in + i, out + i, rows - i);
            value_ = out[rows - 1];
        }
        return is_ready() && i > 0 ? i - 1 : i;
    }
    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] bool is_ready() const { return count_ == needed_; }
    [[nodiscard]] int period() const { return period_; }
    void visit(auto& state) {
        state.below(count_, needed_ + 1);
        state(sum_);
        state(value_);
        recurrence_.visit(state);
    }

private:
    Ema(int period, double alpha, EmaSeed seed)
        : period_(require_period("Ema", period)),
          needed_(seed == EmaSeed::sma ? static_cast<std::size_t>(period) : 1),
          recurrence_(1 - alpha, alpha) {}

    int period_;
    std::size_t needed_;
    std::size_t count_ = 0;
    double sum_ = 0;
    double value_ = not_ready;
    Recurrence recurrence_;
};

}  // namespace walras::features
