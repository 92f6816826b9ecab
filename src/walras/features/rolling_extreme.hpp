// The lowest and the highest of the last `period` observations (RollingMin, RollingMax: see rolling_fold.hpp), and how
// many observations ago they were (RollingMinAge, RollingMaxAge: of equal ones the latest).
#pragma once

#include "walras/features/rolling_fold.hpp"

namespace walras::features {

using RollingMin = RollingFold<MinFold>;
using RollingMax = RollingFold<MaxFold>;

// The same suffixes and prefixes as in rolling_fold.hpp, with the position of each extreme in its block.
template <class Fold>
class RollingAge {
public:
    explicit RollingAge(int period)
        : block_(static_cast<std::size_t>(require_period("RollingAge", period))), positions_(block_.size()) {}

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
        state(positions_);
        state.below(at_, block_.size());
        state(best_);
        state(best_at_);
        state(full_);
    }

private:
    static bool reaches(double value, double best) { return Fold::combine(best, value) == value; }

    // A part of a block, to its end at most.
    void run_part(const double* __restrict x, double* __restrict y, std::size_t count) {
        const std::size_t n = block_.size();
        const bool closes = at_ + count == n;
        double best = best_;
        double best_at = best_at_;
        double position = static_cast<double>(at_);
        for (std::size_t i = 0; i < count; ++i, ++position) {
            const bool newer = reaches(x[i], best);
            best = newer ? x[i] : best;
            best_at = newer ? position : best_at;
            double age = position - best_at;
            if (i + 1 < count || !closes) {
                const double suffix = block_[at_ + i + 1];
                const double suffix_age = position + static_cast<double>(n) - positions_[at_ + i + 1];
                age = reaches(best, suffix) ? age : suffix_age;
            }
            y[i] = age;
        }
        std::copy_n(x, count, block_.data() + at_);
        best_ = best;
        best_at_ = best_at;
        at_ += count;
        if (closes) { close_block(); }
    }
    void close_block() {
        double best = Fold::identity;
        double best_at = 0;
        for (std::size_t i = block_.size(); i-- > 0;) {
            const bool older = !reaches(best, block_[i]);
            best = older ? block_[i] : best;
            best_at = older ? static_cast<double>(i) : best_at;
            block_[i] = best;
            positions_[i] = best_at;
        }
        at_ = 0;
        best_ = Fold::identity;
        best_at_ = 0;
        full_ = true;
    }

    std::vector<double> block_;  // [0, at): observations; [at, period): extremes of the suffixes of the block before
    std::vector<double> positions_;  // where in the block before those stand
    std::size_t at_ = 0;
    double best_ = Fold::identity;
    double best_at_ = 0;
    bool full_ = false;
};
using RollingMinAge = RollingAge<MinFold>;
using RollingMaxAge = RollingAge<MaxFold>;

}  // namespace walras::features
