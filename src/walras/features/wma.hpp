// Weighted moving average: weights 1 (oldest) to `period` (newest), without drift. As in rolling_fold.hpp, the window
// is the suffix of the block before and the prefix of the current block; a suffix that grows by an older observation
// gains the sum of all of it, and the prefix of j observations weighs period - j more than it does alone.
#pragma once

#include "walras/core/wide.hpp"
#include "walras/features/node.hpp"
#include "walras/features/wide_kernels.hpp"

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
            if (at_ == 0 && full_ && i + lanes * n <= rows) {
                const std::size_t groups = (rows - i) / (lanes * n);
                if (core::has_wide() && n > 1) {
                    scratch_.resize(wide::scratch_of(n));
                    wide::weigh_blocks(in + i, out + i, n, groups, scale_, block_.data(), scratch_.data());
                } else {
                    for (std::size_t k = 0; k < groups; ++k) {
                        run_blocks(in + i + k * lanes * n, out + i + k * lanes * n);
                    }
                }
                i += groups * lanes * n;
            } else {
                const std::size_t count = std::min(rows - i, n - at_);
                run_part(in + i, out + i, count);
                i += count;
            }
        }
        fill_not_ready(out, missing);
        return missing;
    }
    // Stretches of whole groups of blocks need no parts of blocks.
    [[nodiscard]] std::size_t rows_at_once() const {
        const std::size_t group = lanes * block_.size();
        return group <= stretch_rows ? stretch_rows - stretch_rows % group : stretch_rows;
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
    // Blocks are independent of each other: their chains run side by side.
    void run_blocks(const double* __restrict x, double* __restrict y) {
        const std::size_t n = block_.size();
        double* __restrict block = block_.data();
        std::array<double, lanes> sum{};
        std::array<double, lanes> weighted{};
        for (std::size_t i = 0; i < n; ++i) {
            const auto weight = static_cast<double>(i + 1);
            const auto rest = static_cast<double>(n - i - 1);
            for (std::size_t l = 0; l < lanes; ++l) {
                const double value = x[l * n + i];
                sum[l] += value;
                weighted[l] += weight * value;
                y[l * n + i] = weighted[l] + rest * sum[l];
            }
        }
        // The suffixes of each block belong to the next one.
        sum = weighted = {};
        for (std::size_t i = n - 1; i > 0; --i) {
            y[i - 1] = (block[i] + y[i - 1]) * scale_;
            for (std::size_t l = 0; l < lanes; ++l) {
                sum[l] += x[l * n + i];
                weighted[l] += sum[l];
            }
            for (std::size_t l = 1; l < lanes; ++l) {
                y[l * n + i - 1] = (weighted[l - 1] + y[l * n + i - 1]) * scale_;
            }
            block[i] = weighted[lanes - 1];
        }
        for (std::size_t l = 0; l < lanes; ++l) { y[l * n + n - 1] *= scale_; }
        block[0] = weighted[lanes - 1] + (sum[lanes - 1] + x[(lanes - 1) * n]);
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

    static constexpr std::size_t lanes = 4;
    std::vector<double>
        block_;  // [0, at): observations; [at, period): weighted sums of the suffixes of the block before
    double scale_;
    std::size_t at_ = 0;
    double sum_ = 0;
    double weighted_ = 0;
    bool full_ = false;
    std::vector<double> scratch_{};  // of `run`
};

}  // namespace walras::features
