// Wilder's swing index (1978) and its running total.
#pragma once

#include <algorithm>
#include <cmath>

#include "walras/features/node.hpp"

namespace walras::features {

// SI = 50 (N / R) (K / T) with close C, open O of this bar, C1, O1 of the one before, limit move T:
//     N = C - C1 + (C - O) / 2 + (C1 - O1) / 4,   K = max(|H - C1|, |L - C1|),
//     R = |H - C1 - (L - C1) / 2 + (C1 - O1) / 4| if |H - C1| is the greatest of |H - C1|, |L - C1|, H - L,
//         |L - C1 - (H - C1) / 2 + (C1 - O1) / 4| if |L - C1| is,   |H - L + (C1 - O1) / 4| if H - L is.
// 0 where R is zero.
class SwingIndex {
public:
    explicit SwingIndex(double limit_move) : scale_(50 / limit_move) {}
    double update(double open, double high, double low, double close) {
        double index = not_ready;
        if (started_) {
            const double up = high - close_;
            const double down = low - close_;
            const double body = 0.25 * (close_ - open_);
            const double reach = std::max(std::abs(up), std::abs(down));
            double range = high - low + body;
            if (std::abs(up) >= std::abs(down) && std::abs(up) >= high - low) {
                range = up - 0.5 * down + body;
            } else if (std::abs(down) >= high - low) {
                range = down - 0.5 * up + body;
            }
            const double move = close - close_ + 0.5 * (close - open) + body;
            index = range == 0 ? 0 : scale_ * (move / std::abs(range)) * reach;
        }
        started_ = true;
        open_ = open;
        close_ = close;
        return index;
    }
    void visit(auto& state) {
        state(open_);
        state(close_);
        state(started_);
    }

private:
    double scale_;
    double open_ = 0;
    double close_ = 0;
    bool started_ = false;
};

class AccumulativeSwingIndex {
public:
    explicit AccumulativeSwingIndex(double limit_move) : index_(limit_move) {}
    double update(double open, double high, double low, double close) {
        const double swing = index_.update(open, high, low, close);
        if (!std::isnan(swing)) { total_ += swing; }
        started_ = started_ || !std::isnan(swing);
        return started_ ? total_ : not_ready;
    }
    void visit(auto& state) {
        index_.visit(state);
        state(total_);
        state(started_);
    }

private:
    SwingIndex index_;
    double total_ = 0;
    bool started_ = false;
};

}  // namespace walras::features
