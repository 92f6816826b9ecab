// The least-squares line through the last `period` observations, y = intercept + slope i, i = 0 for the oldest.
//
// Its moments are of d = x - K, folded as in rolling_tree.hpp, so that prices near 1e9 keep their slope. K moves every
// few hundred rows to the middle one of three observations of the window, which one wild observation does not carry
// away; what is still read is then taken afresh. Nothing drifts.
#pragma once

#include <algorithm>

#include "walras/features/lookback.hpp"
#include "walras/features/rolling_tree.hpp"
#include "walras/features/window_statistics.hpp"

namespace walras::features {

// The sum, twice the sum of products with time as counted from the middle of the window, and perhaps the squares.
template <bool WithSquares>
struct LineFold {
    static constexpr std::size_t columns = WithSquares ? 3 : 2;
    static constexpr bool overlaps = false;
    using Value = std::array<double, columns>;
    // The middles of the two lie half the width of the other away from the middle of both.
    static Value join(const Value& newer, const Value& older, const Joint& joint) {
        Value out;
        out[0] = newer[0] + older[0];
        out[1] = (newer[1] + older[1]) + (joint.older * newer[0] - joint.newer * older[0]);
        if constexpr (WithSquares) { out[2] = newer[2] + older[2]; }
        return out;
    }
};

struct FittedLine {
    double n;
    double slope;
    double intercept;
    double variance;  // of the observations, if asked for
    [[nodiscard]] double at(double i) const { return intercept + slope * i; }
};

// Formula: static constexpr bool needs_variance; static double of(const FittedLine&).
template <class Formula>
class RollingLine {
    using Fold = LineFold<Formula::needs_variance>;
    using Tree = RollingTree<Fold>;

public:
    explicit RollingLine(int period)
        : n_(static_cast<std::size_t>(period)),
          span_(std::max<std::size_t>(256, 8 * n_)),
          tree_(period),
          past_(period),
          left_(n_) {}

    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        std::size_t missing = 0;
        for (std::size_t i = 0; i < rows;) {
            if (left_ == 0) { move_shift(); }
            if (!std::exchange(started_, true)) { shift_ = in[i]; }
            const std::size_t count = std::min({rows - i, Tree::most_rows, left_});
            past_.extend(in + i, count);
            missing += fit(in + i, out + i, count);
            left_ -= count;
            i += count;
        }
        fill_not_ready(out, missing);
        return missing;
    }

    void visit(auto& state) {
        tree_.visit(state);
        past_.visit(state);
        state(shift_);
        state.below(left_, span_ + 1);
        state(started_);
    }

private:
    std::size_t fit(const double* __restrict x, double* __restrict out, std::size_t rows) {
        const auto terms = tree_.room(rows);
        const double shift = shift_;
        WALRAS_COLUMNS_APART
        for (std::size_t i = 0; i < rows; ++i) {
            const double d = x[i] - shift;
            terms[0][i] = d;
            terms[1][i] = 0;
            if constexpr (Formula::needs_variance) { terms[2][i] = d * d; }
        }
        const auto n = static_cast<double>(n_);
        const double share = 1 / n;
        const double slope_share = 6 / (n * (n * n - 1));
        const double middle = (n - 1) / 2;
        return tree_.fold(rows, [=](std::ptrdiff_t row, const typename Fold::Value& sums) {
            FittedLine line{n, sums[1] * slope_share, 0, 0};
            line.intercept = shift + sums[0] * share - line.slope * middle;
            if constexpr (Formula::needs_variance) { line.variance = central_square(share, sums[0], sums[2]); }
            out[row] = Formula::of(line);
        });
    }

    [[gnu::noinline]] void move_shift() {
        const double* window = past_.newest() + 1 - n_;
        const double a = window[0];
        const double b = window[n_ / 2];
        const double c = window[n_ - 1];
        shift_ = std::max(std::min(a, b), std::min(std::max(a, b), c));
        tree_.clear();
        std::array<double, Tree::most_rows> unread;
        for (std::size_t i = 1; i < n_;) {
            const std::size_t count = std::min(n_ - i, Tree::most_rows);
            fit(window + i, unread.data(), count);
            i += count;
        }
        left_ = span_;
    }

    std::size_t n_;
    std::size_t span_;
    Tree tree_;
    Lookback past_;
    double shift_ = 0;
    std::size_t left_;  // rows until K moves
    bool started_ = false;
};

}  // namespace walras::features
