// Sum of the last `period` observations without drift: it is the suffix sum of the block before plus the prefix sum of
// the current block (blocks of `period` observations from the first one on), so that no observation is ever subtracted
// and each value is the result of at most `period` additions, however long the stream is.
#pragma once

#include <algorithm>

#include "walras/features/node.hpp"

namespace walras::features {

class RollingSum {
public:
    explicit RollingSum(int period) : block_(static_cast<std::size_t>(require_period("RollingSum", period))) {}

    // The sum; NaN until `period` observations are in.
    double update(double value) {
        const std::size_t n = block_.size();
        prefix_ += value;
        block_[at_] = value;  // the suffix sum that stood here has left the window
        if (++at_ < n) { return full_ ? block_[at_] + prefix_ : not_ready; }
        const double sum = prefix_;
        double suffix = 0;
        for (std::size_t i = n; i-- > 0;) { block_[i] = suffix += block_[i]; }
        at_ = 0;
        prefix_ = 0;
        full_ = true;
        return sum;
    }

    // The same over many observations at once; `in` and `out` do not overlap. Blocks are independent of each other: two
    // chains of additions run side by side instead of one after the other.
    void run(const double* in, double* out, std::size_t rows) {
        const std::size_t n = block_.size();
        std::size_t i = 0;
        for (; i < rows && (at_ != 0 || !full_); ++i) { out[i] = update(in[i]); }
        if (i + 4 * n <= rows && n >= 2) {
            std::copy(block_.begin(), block_.end(), suffix_scratch(n));
            for (; i + 4 * n <= rows; i += 4 * n) { run_blocks(in + i, out + i); }
            std::copy(scratch_.begin(), scratch_.end(), block_.begin());
        }
        for (; i < rows; ++i) { out[i] = update(in[i]); }
    }

    [[nodiscard]] int period() const { return static_cast<int>(block_.size()); }
    [[nodiscard]] bool is_ready() const { return full_; }

    void visit(auto& state) {
        state(block_);
        state.below(at_, block_.size());
        state(prefix_);
        state(full_);
    }

private:
    double* suffix_scratch(std::size_t n) {
        scratch_.resize(n);
        return scratch_.data();
    }

    // Four whole blocks; scratch_ holds the suffix sums of the block before and in the end those of the last one.
    void run_blocks(const double* x, double* y) {
        const std::size_t n = block_.size();
        const double *x1 = x + n, *x2 = x1 + n, *x3 = x2 + n;
        double *y1 = y + n, *y2 = y1 + n, *y3 = y2 + n;
        double p0 = 0, p1 = 0, p2 = 0, p3 = 0;
        for (std::size_t i = 0; i < n; ++i) {
            y[i] = p0 += x[i];
            y1[i] = p1 += x1[i];
            y2[i] = p2 += x2[i];
            y3[i] = p3 += x3[i];
        }
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (std::size_t i = n - 1; i > 0; --i) {
            y[i - 1] = scratch_[i] + y[i - 1];
            y1[i - 1] += s0 += x[i];
            y2[i - 1] += s1 += x1[i];
            y3[i - 1] += s2 += x2[i];
            scratch_[i] = s3 += x3[i];
        }
        scratch_[0] = s3 + x3[0];
    }

    std::vector<double> block_;  // [0, at): observations of this block; [at, period): suffix sums of the block before
    std::size_t at_ = 0;
    double prefix_ = 0;
    bool full_ = false;
    std::vector<double> scratch_{};  // of `run`
};

}  // namespace walras::features
