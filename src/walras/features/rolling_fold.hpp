// Sum, minimum or maximum of the last `period` observations: the fold of the suffix of the block before with the prefix
// of the current block (blocks of `period` observations from the first one on). No observation is ever taken out again,
// so that a sum does not drift: each value is the result of at most `period` additions, however long the stream is.
#pragma once

#include <algorithm>
#include <limits>

#include "walras/features/node.hpp"

namespace walras::features {

struct AddFold {
    static constexpr double identity = 0;
    static double combine(double a, double b) { return a + b; }
};
struct MinFold {
    static constexpr double identity = std::numeric_limits<double>::infinity();
    static double combine(double a, double b) { return b < a ? b : a; }
};
struct MaxFold {
    static constexpr double identity = -std::numeric_limits<double>::infinity();
    static double combine(double a, double b) { return b > a ? b : a; }
};

template <class Fold>
class RollingFold {
public:
    explicit RollingFold(int period) : block_(static_cast<std::size_t>(require_period("RollingFold", period))) {}

    // The fold; NaN until `period` observations are in.
    double update(double value) {
        const std::size_t n = block_.size();
        prefix_ = Fold::combine(prefix_, value);
        block_[at_] = value;  // the suffix that stood here has left the window
        if (++at_ < n) { return full_ ? Fold::combine(block_[at_], prefix_) : not_ready; }
        const double whole = prefix_;
        close_block();
        return whole;
    }

    // The same over many observations at once; `in` and `out` do not overlap. Answers how many of the first rows are
    // not ready.
    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        const std::size_t n = block_.size();
        const std::size_t missing = full_ ? 0 : std::min(rows, n - 1 - at_);
        std::size_t i = 0;
        while (i < rows) {
            if (at_ == 0 && full_ && n >= 2 && i + 4 * n <= rows) {
                scratch_.assign(block_.begin(), block_.end());
                for (; i + 4 * n <= rows; i += 4 * n) { run_blocks(in + i, out + i); }
                std::ranges::copy(scratch_, block_.begin());
            } else {
                const std::size_t count = std::min(rows - i, n - at_);
                run_part(in + i, out + i, count);
                i += count;
            }
        }
        if (missing > 0) { fill_not_ready(out, missing); }
        return missing;
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
    // From observations to their suffixes.
    void close_block() {
        double suffix = Fold::identity;
        for (std::size_t i = block_.size(); i-- > 0;) { block_[i] = suffix = Fold::combine(suffix, block_[i]); }
        at_ = 0;
        prefix_ = Fold::identity;
        full_ = true;
    }

    // A part of a block, to its end at most.
    void run_part(const double* __restrict x, double* __restrict y, std::size_t count) {
        double* __restrict block = block_.data() + at_;
        const bool closes = at_ + count == block_.size();
        double prefix = prefix_;
        for (std::size_t i = 0; i < count; ++i) { y[i] = prefix = Fold::combine(prefix, x[i]); }
        for (std::size_t i = 0; i + (closes ? 1 : 0) < count; ++i) { y[i] = Fold::combine(block[i + 1], y[i]); }
        std::copy_n(x, count, block);
        prefix_ = prefix;
        at_ += count;
        if (closes) { close_block(); }
    }

    // Four blocks are independent of each other: their chains run side by side.
    // scratch_ holds the suffixes of the block before and in the end those of the last one.
    void run_blocks(const double* __restrict x, double* __restrict y) {
        const std::size_t n = block_.size();
        double* __restrict suffix = scratch_.data();
        const double *x1 = x + n, *x2 = x1 + n, *x3 = x2 + n;
        double *y1 = y + n, *y2 = y1 + n, *y3 = y2 + n;
        double p0 = Fold::identity, p1 = p0, p2 = p0, p3 = p0;
        for (std::size_t i = 0; i < n; ++i) {
            fetch_next(x + 4 * i, y + 4 * i);
            y[i] = p0 = Fold::combine(p0, x[i]);
            y1[i] = p1 = Fold::combine(p1, x1[i]);
            y2[i] = p2 = Fold::combine(p2, x2[i]);
            y3[i] = p3 = Fold::combine(p3, x3[i]);
        }
        double s0 = Fold::identity, s1 = s0, s2 = s0, s3 = s0;
        for (std::size_t i = n - 1; i > 0; --i) {
            y[i - 1] = Fold::combine(suffix[i], y[i - 1]);
            y1[i - 1] = Fold::combine(s0 = Fold::combine(s0, x[i]), y1[i - 1]);
            y2[i - 1] = Fold::combine(s1 = Fold::combine(s1, x1[i]), y2[i - 1]);
            y3[i - 1] = Fold::combine(s2 = Fold::combine(s2, x2[i]), y3[i - 1]);
            suffix[i] = s3 = Fold::combine(s3, x3[i]);
        }
        suffix[0] = Fold::combine(s3, x3[0]);
    }

    std::vector<double> block_;  // [0, at): observations of this block; [at, period): suffixes of the block before
    std::size_t at_ = 0;
    double prefix_ = Fold::identity;
    bool full_ = false;
    std::vector<double> scratch_{};  // of `run`
};

using RollingSum = RollingFold<AddFold>;

}  // namespace walras::features
