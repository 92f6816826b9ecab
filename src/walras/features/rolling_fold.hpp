// Sum, minimum or maximum of the last `period` observations: the fold of the suffix of the block before with the prefix
// of the current block (blocks of `period` observations from the first one on). No observation is ever taken out again,
// so that a sum does not drift: each value is the result of at most `period` additions, however long the stream is.
#pragma once

#include <algorithm>
#include <limits>

#include "walras/core/wide.hpp"
#include "walras/features/divisor.hpp"
#include "walras/features/node.hpp"
#include "walras/features/wide_kernels.hpp"

namespace walras::features {

struct AddFold {
    static constexpr wide::FoldKind kind = wide::FoldKind::add;
    static constexpr double identity = 0;
    static double combine(double a, double b) { return a + b; }
};
struct MinFold {
    static constexpr wide::FoldKind kind = wide::FoldKind::min;
    static constexpr double identity = std::numeric_limits<double>::infinity();
    static double combine(double a, double b) { return b < a ? b : a; }
};
struct MaxFold {
    static constexpr wide::FoldKind kind = wide::FoldKind::max;
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
        return run_all(in, out, rows, Fold::kind, [](double fold) { return fold; });
    }
    // Means in place of sums.
    std::size_t run_mean(const double* __restrict in, double* __restrict out, std::size_t rows, Divisor by) {
        return run_all(in, out, rows, wide::FoldKind::mean, [by](double sum) { return by.divide(sum); });
    }

    // Stretches of whole groups of blocks need no parts of blocks.
    [[nodiscard]] std::size_t rows_at_once() const {
        const std::size_t group = 4 * block_.size();
        return group <= stretch_rows ? stretch_rows - stretch_rows % group : stretch_rows;
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
    template <class Finish>
    std::size_t run_all(const double* __restrict in, double* __restrict out, std::size_t rows, wide::FoldKind kind,
                        Finish finish) {
        const std::size_t n = block_.size();
        const std::size_t missing = full_ ? 0 : std::min(rows, n - 1 - at_);
        std::size_t i = 0;
        while (i < rows) {
            std::size_t count = std::min(rows - i, n - at_);
            if (at_ == 0 && full_ && n >= 2 && i + 4 * n <= rows) {
                const std::size_t groups = (rows - i) / (4 * n);
                count = groups * 4 * n;
                if (core::has_wide()) {
                    scratch_.resize(wide::scratch_of(n));
                    wide::fold_blocks(kind, in + i, out + i, n, groups, block_.data(), scratch_.data());
                    i += count;
                    continue;
                }
                for (std::size_t k = 0; k < count; k += 4 * n) { run_blocks(in + i + k, out + i + k); }
            } else {
                run_part(in + i, out + i, count);
            }
            for (std::size_t k = i; k < i + count; ++k) { out[k] = finish(out[k]); }
            i += count;
        }
        if (missing > 0) { fill_not_ready(out, missing); }
        return missing;
    }

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
        if (at_ + count == block_.size()) {
            run_last_part(x, y, count);
            return;
        }
        double* __restrict block = block_.data() + at_;
        double prefix = prefix_;
        for (std::size_t i = 0; i < count; ++i) { y[i] = prefix = Fold::combine(prefix, x[i]); }
        for (std::size_t i = 0; i < count; ++i) { y[i] = Fold::combine(block[i + 1], y[i]); }
        std::copy_n(x, count, block);
        prefix_ = prefix;
        at_ += count;
    }
    // The part that closes a block: its prefixes and its suffixes do not wait for each other.
    void run_last_part(const double* __restrict x, double* __restrict y, std::size_t count) {
        if (scratch_.size() < count) { scratch_.resize(block_.size()); }
        double* __restrict block = block_.data() + at_;
        double* __restrict suffixes = scratch_.data();
        double prefix = prefix_;
        double suffix = Fold::identity;
        for (std::size_t i = 0; i < count; ++i) {
            y[i] = prefix = Fold::combine(prefix, x[i]);
            const std::size_t j = count - 1 - i;
            suffixes[j] = suffix = Fold::combine(suffix, x[j]);
        }
        for (std::size_t i = 0; i + 1 < count; ++i) { y[i] = Fold::combine(block[i + 1], y[i]); }
        std::copy_n(suffixes, count, block);
        for (std::size_t j = at_; j-- > 0;) { block_[j] = suffix = Fold::combine(suffix, block_[j]); }
        at_ = 0;
        prefix_ = Fold::identity;
        full_ = true;
    }

    // Four blocks are independent of each other: their chains run side by side.
    void run_blocks(const double* __restrict x, double* __restrict y) {
        const std::size_t n = block_.size();
        double* __restrict suffix = block_.data();
        const double *x1 = x + n, *x2 = x1 + n, *x3 = x2 + n;
        double *y1 = y + n, *y2 = y1 + n, *y3 = y2 + n;
        double p0 = Fold::identity, p1 = p0, p2 = p0, p3 = p0;
        for (std::size_t i = 0; i < n; ++i) {
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
