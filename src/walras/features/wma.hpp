// Weighted moving average: weights 1 (oldest) to `period` (newest), without drift. As in rolling_fold.hpp, the window
// is the suffix of the block before and the prefix of the current block; a suffix that grows by an older observation
// gains the sum of all of it, and the prefix of j observations weighs period - j more than it does alone.
#pragma once

#include "walras/features/divisor.hpp"
#include "walras/features/node.hpp"

namespace walras::features {

class Wma {
public:
    explicit Wma(int period)
        : block_(static_cast<std::size_t>(require_period("Wma", period))),
          scale_(1.0 / (0.5 * period * (period + 1.0))) {}

    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        const std::size_t n = block_.size();
        const std::size_t missing = full_ ? 0 : std::min(rows, n - 1 - at_);
        for (std::size_t i = 0; i < rows;) {
            const std::size_t count = std::min(rows - i, n - at_);
            run_part(in + i, out + i, count);
            i += count;
        }
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) {
        state(block_);
        state.below(at_, block_.size());
        state(sum_);
        state(weighted_);
        state(full_);
    }

private:
    // A part of a block, to its end at most.
    void run_part(const double* __restrict x, double* __restrict y, std::size_t count) {
        const std::size_t n = block_.size();
        double* __restrict block = block_.data() + at_;
        double sum = sum_;
        double weighted = weighted_;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t j = at_ + i + 1;
            sum += x[i];
            weighted += static_cast<double>(j) * x[i];
            y[i] = weighted + static_cast<double>(n - j) * sum;
        }
        const bool closes = at_ + count == n;
        const std::size_t with_suffix = closes ? count - 1 : count;
        for (std::size_t i = 0; i < with_suffix; ++i) { y[i] = (block[i + 1] + y[i]) * scale_; }
        if (closes) { y[count - 1] *= scale_; }
        std::copy_n(x, count, block);
        sum_ = sum;
        weighted_ = weighted;
        at_ += count;
        if (closes) { close_block(); }
    }
    // From observations to the weighted sums of the suffixes.
    void close_block() {
        double sum = 0;
        double weighted = 0;
        for (std::size_t i = block_.size(); i-- > 0;) {
            sum += block_[i];
            block_[i] = weighted += sum;
        }
        at_ = 0;
        sum_ = weighted_ = 0;
        full_ = true;
    }

    std::vector<double>
        block_;  // [0, at): observations; [at, period): weighted sums of the suffixes of the block before
    double scale_;
    std::size_t at_ = 0;
    double sum_ = 0;
    double weighted_ = 0;
    bool full_ = false;
};

}  // namespace walras::features
