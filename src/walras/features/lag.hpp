// Looking back: the value of some observations ago, and how stretches pass from node to node.
#pragma once

#include "walras/features/node.hpp"

namespace walras::features {

// The observation `period` rows ago; NaN for the first `period` rows.
class Lag {
public:
    explicit Lag(int period) : ring_(static_cast<std::size_t>(require_period("Lag", period))) {}

    // `take(row, before)` for each row that has an observation `period` rows before it; answers how many of the first
    // rows have none. What `take` writes does not overlap with `in`, and no other row reads it.
    template <class Take>
    std::size_t each(const double* __restrict in, std::size_t rows, Take take) {
        const std::size_t n = ring_.size();
        const std::size_t missing = std::min(rows, n - count_);
        const std::size_t from_ring = std::min(rows, n);
        const std::size_t start = next_;
        for (std::size_t i = missing; i < from_ring; ++i) { take(i, ring_[start + i < n ? start + i : start + i - n]); }
        const double* const before = in - static_cast<std::ptrdiff_t>(n);
        WALRAS_COLUMNS_APART
        for (std::size_t i = from_ring; i < rows; ++i) { take(i, before[i]); }
        for (std::size_t i = rows - from_ring; i < rows; ++i) {
            ring_[next_] = in[i];
            next_ = next_ + 1 == n ? 0 : next_ + 1;
        }
        count_ += missing;
        return missing;
    }
    // Answers how many of the first rows are not ready. `in` and `out` do not overlap.
    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        const std::size_t missing = each(in, rows, [out](std::size_t i, double before) { out[i] = before; });
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) {
        state(ring_);
        state.below(next_, ring_.size());
        state.below(count_, ring_.size() + 1);
    }

private:
    std::vector<double> ring_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

// Runs `node` over the rows from `skip` on: the rows before are not ready because what it reads is not. Answers how
// many rows of `out` are not.
template <class Node>
std::size_t run_after(std::size_t skip, Node& node, const double* in, double* out, std::size_t rows) {
    fill_not_ready(out, skip);
    return skip + node.run(in + skip, out + skip, rows - skip);
}

// A node that ignores the first `late` observations.
template <class Node>
class LateStart {
public:
    LateStart(std::size_t late, Node node) : late_(late), node_(std::move(node)) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        const std::size_t skip = std::min(rows, late_ - seen_);
        seen_ += skip;
        return run_after(skip, node_, in, out, rows);
    }
    void visit(auto& state) {
        state.below(seen_, late_ + 1);
        node_.visit(state);
    }

private:
    std::size_t late_;
    std::size_t seen_ = 0;
    Node node_;
};

// A quotient, and what stands where the divisor is zero.
inline double ratio_or(double numerator, double divisor, double instead) {
    const double quotient = numerator / (divisor == 0 ? 1 : divisor);
    return divisor == 0 ? instead : quotient;
}

}  // namespace walras::features
