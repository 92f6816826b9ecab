// Statistics of a sliding window. Each update recomputes from the window itself in two passes: no drift, no
// cancellation, and a window of prices near 1e9 keeps its variance.
#pragma once

#include <cstddef>
#include <vector>

namespace walras::features {

// The last `size` observations in the order of arrival.
class Window {
public:
    explicit Window(int size);  // throws ConfigError if size < 1
    void push(double value);
    [[nodiscard]] bool is_full() const { return count_ >= values_.size(); }
    [[nodiscard]] std::size_t size() const { return count_ < values_.size() ? count_ : values_.size(); }
    [[nodiscard]] std::size_t capacity() const { return values_.size(); }
    // i = 0 is the oldest value that is held.
    [[nodiscard]] double operator[](std::size_t i) const {
        const std::size_t start = is_full() ? next_ : 0;
        const std::size_t at = start + i;
        return values_[at >= values_.size() ? at - values_.size() : at];
    }
    [[nodiscard]] double newest() const { return values_[next_ == 0 ? values_.size() - 1 : next_ - 1]; }
    [[nodiscard]] double mean() const;
    [[nodiscard]] double deviation() const;  // sample standard deviation (ddof = 1)

private:
    std::vector<double> values_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

struct Line {
    double slope = 0;
    double intercept = 0;
};

// Ordinary least squares of y on x over two windows of the same size; slope 0 where x does not vary.
Line regress(const Window& x, const Window& y);

}  // namespace walras::features
