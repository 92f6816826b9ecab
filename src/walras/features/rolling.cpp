#include "walras/features/rolling.hpp"

#include <fmt/format.h>

#include <cmath>

#include "walras/core/error.hpp"

namespace walras::features {

Window::Window(int size) {
    if (size < 1) { throw ConfigError(fmt::format("A window of {} observations must hold at least 1.", size)); }
    values_.resize(static_cast<std::size_t>(size));
}

void Window::push(double value) {
    values_[next_] = value;
    next_ = next_ + 1 == values_.size() ? 0 : next_ + 1;
    ++count_;
}

double Window::mean() const {
    double sum = 0;
    for (std::size_t i = 0; i < size(); ++i) { sum += (*this)[i]; }
    return sum / static_cast<double>(size());
}

double Window::deviation() const {
    if (size() < 2) { return 0; }
    const double center = mean();
    double squares = 0;
    for (std::size_t i = 0; i < size(); ++i) {
        const double d = (*this)[i] - center;
        squares += d * d;
    }
    return std::sqrt(squares / static_cast<double>(size() - 1));
}

Line regress(const Window& x, const Window& y) {
    const double mean_x = x.mean();
    const double mean_y = y.mean();
    double covariance = 0;
    double variance = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double d = x[i] - mean_x;
        covariance += d * (y[i] - mean_y);
        variance += d * d;
    }
    const double slope = variance > 0 ? covariance / variance : 0;
    return {slope, mean_y - slope * mean_x};
}

}  // namespace walras::features
