// The last `size` observations in front of a stretch, contiguous: loops over columns read what was k rows ago at
// `at[i - k]`.
#pragma once

#include "walras/features/node.hpp"

namespace walras::features {

class Lookback {
public:
    explicit Lookback(int size)
        : size_(static_cast<std::size_t>(require_period("Lookback", size))), values_(2 * size_ + 8) {}

    // Takes a stretch in; at[i] = in[i], at[i - k] is what came k rows before, k <= size, as far as there is any.
    const double* extend(const double* in, std::size_t rows) {
        if (end_ + rows > values_.size()) {
            keep_last();
            if (end_ + rows > values_.size()) { values_.resize(2 * size_ + rows); }
        }
        double* at = values_.data() + end_;
        std::copy_n(in, rows, at);
        end_ += rows;
        return at;
    }
    [[nodiscard]] const double* newest() const { return values_.data() + end_ - 1; }
    void visit(auto& state) {
        keep_last();
        state.below(end_, size_ + 1);
        state(std::span<double>(values_.data(), size_));
    }

private:
    void keep_last() {
        if (end_ <= size_) { return; }
        std::copy(values_.data() + (end_ - size_), values_.data() + end_, values_.data());
        end_ = size_;
    }

    std::size_t size_;
    std::vector<double> values_;
    std::size_t end_ = 0;
};

}  // namespace walras::features
