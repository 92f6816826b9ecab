// Averages whose speed follows the market.
#pragma once

#include <cmath>

#include "walras/features/lag.hpp"
#include "walras/features/moving_average.hpp"

namespace walras::features {

// Kaufman's efficiency ratio: |x - x[period]| over the sum of |x - x[1]|; 1 where nothing moved.
class EfficiencyRatio {
public:
    explicit EfficiencyRatio(int period) : before_(1), start_(period), path_(period) {}
    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        Column step;
        Column way;
        const std::size_t skip = before_.each(
            in, rows, [in, to = step.data()](std::size_t i, double before) { to[i] = std::abs(in[i] - before); });
        run_after(skip, path_, step.data(), way.data(), rows);
        // Rounding may make the way a little shorter than the distance.
        const std::size_t missing = start_.each(in, rows, [in, out, length = way.data()](std::size_t i, double before) {
            const double ratio = ratio_or(std::abs(in[i] - before), length[i], 1);
            out[i] = ratio > 1 ? 1 : ratio;
        });
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) {
        before_.visit(state);
        start_.visit(state);
        path_.visit(state);
    }

private:
    Lag before_;
    Lag start_;
    RollingSum path_;
};

// Kaufman's adaptive moving average (1995): kama += c (x - kama), c = (er (fast - slow) + slow)^2 with the alphas of
// averages of `fast` and `slow` observations; begins with the observation before the first efficiency ratio (TA-Lib).
// Taken four observations at a time: the value after j of them is product[j] base + sum[j], see recurrence.hpp.
class Kama {
public:
    Kama(int period, int fast, int slow)
        : ratio_(period), slow_(2.0 / (slow + 1.0)), difference_(2.0 / (fast + 1.0) - slow_) {}
    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        const std::size_t missing = ratio_.run(in, out, rows);
        for (std::size_t i = missing; i < rows; ++i) {
            const double root = out[i] * difference_ + slow_;
            out[i] = root * root;
        }
        if (missing < rows && !started_) {
            base_ = missing == 0 ? previous_ : in[missing - 1];
            started_ = true;
        }
        if (rows > 0) { previous_ = in[rows - 1]; }
        std::size_t i = missing;
        for (; i < rows && at_ != 0; ++i) { out[i] = step(in[i], out[i]); }
        double base = base_;
        for (; i + quartet <= rows; i += quartet) {
            std::array<double, quartet> products;
            std::array<double, quartet> sums;
            double product = 1;
            double sum = 0;
            for (std::size_t j = 0; j < quartet; ++j) {
                const double c = out[i + j];
                products[j] = product *= 1 - c;
                sums[j] = sum = (1 - c) * sum + c * in[i + j];
            }
            for (std::size_t j = 0; j < quartet; ++j) { out[i + j] = products[j] * base + sums[j]; }
            base = out[i + quartet - 1];
        }
        base_ = base;
        for (; i < rows; ++i) { out[i] = step(in[i], out[i]); }
        return missing;
    }
    void visit(auto& state) {
        ratio_.visit(state);
        state(started_);
        state(previous_);
        state(base_);
        state(product_);
        state(sum_);
        state.below(at_, quartet);
    }

private:
    double step(double x, double c) {
        product_ *= 1 - c;
        sum_ = (1 - c) * sum_ + c * x;
        const double value = product_ * base_ + sum_;
        if (++at_ == quartet) {
            base_ = value;
            product_ = 1;
            sum_ = 0;
            at_ = 0;
        }
        return value;
    }

    static constexpr std::size_t quartet = 4;
    EfficiencyRatio ratio_;
    double slow_;
    double difference_;
    bool started_ = false;
    double previous_ = 0;
    double base_ = 0;
    double product_ = 1;
    double sum_ = 0;
    std::size_t at_ = 0;
};

// McGinley dynamic (1991): md += (x - md) / (period (x / md)^4); begins with the mean of the first `period` values.
// Stays where it is when x or the value itself is zero.
class McGinley {
public:
    explicit McGinley(int period) : period_(require_period("McGinley", period)) {}
    double update(double x) {
        if (count_ < static_cast<std::size_t>(period_)) {
            value_ += x;
            if (++count_ < static_cast<std::size_t>(period_)) { return not_ready; }
            return value_ /= period_;
        }
        if (x != 0 && value_ != 0) {
            const double ratio = x / value_;
            const double square = ratio * ratio;
            const double next = value_ + (x - value_) / (period_ * (square * square));
            value_ = std::abs(next) <= std::numeric_limits<double>::max() ? next : x;
        }
        return value_;
    }
    void visit(auto& state) {
        state.below(count_, static_cast<std::size_t>(period_) + 1);
        state(value_);
    }

private:
    int period_;
    std::size_t count_ = 0;
    double value_ = 0;  // the sum, until there are enough
};

}  // namespace walras::features
