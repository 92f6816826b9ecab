// Moving averages as streaming nodes: one `update` per observation, the value ready at once. The batch form of an
// indicator is the loop over `update`, so both give the same bits. Before an indicator is ready its value is NaN.
// A NaN observation is refused by the callers' borders; a node itself does not look.
#pragma once

#include <cstddef>
#include <vector>

namespace walras::features {

// Simple moving average over the last `period` observations. The running sum is compensated (Neumaier), so that it does
// not drift however long the stream is.
class Sma {
public:
    explicit Sma(int period);  // throws ConfigError if period < 1
    double update(double value);
    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] bool is_ready() const { return count_ >= window_.size(); }
    [[nodiscard]] int period() const { return static_cast<int>(window_.size()); }
    void reset();

private:
    void add(double term);

    std::vector<double> window_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    double sum_ = 0;
    double compensation_ = 0;
    double value_;
};

// How an EMA begins. `sma`: the mean of the first `period` values, ready with the last of them (TA-Lib).
// `first`: the first value itself, ready at once (golden G2).
enum class EmaSeed { sma, first };

// Exponential moving average, alpha = 2 / (period + 1).
class Ema {
public:
    explicit Ema(int period, EmaSeed seed = EmaSeed::sma);  // throws ConfigError if period < 1
    double update(double value);
    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] bool is_ready() const { return count_ >= needed_; }
    [[nodiscard]] int period() const { return period_; }
    void reset();

private:
    int period_;
    EmaSeed seed_;
    double alpha_;
    std::size_t needed_;
    std::size_t count_ = 0;
    double average_ = 0;
    double value_;
};

}  // namespace walras::features
