// The last `period` observations in order of size: quantiles, ranks, the median.
#pragma once

#include <algorithm>
#include <cmath>

#include "walras/features/node.hpp"

namespace walras::features {

// A new observation takes the place of the oldest one: what lies between the two moves by one.
class SortedWindow {
public:
    explicit SortedWindow(int period) : ring_(period) { sorted_.reserve(ring_.capacity()); }

    void push(double value) {
        const double leaving = ring_.push(value);
        if (std::isnan(leaving)) {
            sorted_.insert(std::ranges::upper_bound(sorted_, value), value);
            return;
        }
        const auto from = std::ranges::lower_bound(sorted_, leaving);
        if (value >= leaving) {
            const auto to = std::upper_bound(from, sorted_.end(), value);
            std::move(from + 1, to, from);
            *(to - 1) = value;
        } else {
            const auto to = std::upper_bound(sorted_.begin(), from, value);
            std::move_backward(to, from, from + 1);
            *to = value;
        }
    }
    [[nodiscard]] bool is_full() const { return ring_.is_full(); }
    [[nodiscard]] std::size_t size() const { return sorted_.size(); }
    [[nodiscard]] double operator[](std::size_t i) const { return sorted_[i]; }
    [[nodiscard]] double newest() const { return ring_.ago(0); }
    [[nodiscard]] std::size_t count_below(double value) const {
        return static_cast<std::size_t>(std::ranges::lower_bound(sorted_, value) - sorted_.begin());
    }
    [[nodiscard]] std::size_t count_up_to(double value) const {
        return static_cast<std::size_t>(std::ranges::upper_bound(sorted_, value) - sorted_.begin());
    }
    void visit(auto& state) {
        ring_.visit(state);
        // The order follows from the observations.
        sorted_.clear();
        for (std::size_t age = ring_.count(); age-- > 0;) { sorted_.push_back(ring_.ago(age)); }
        std::ranges::sort(sorted_);
    }

private:
    Ring ring_;
    std::vector<double> sorted_;
};

// Quantile q by linear interpolation between the order statistics (NumPy, pandas).
class RollingQuantile {
public:
    RollingQuantile(int period, double q) : window_(period), place_(q * (period - 1)) {}
    double update(double value) {
        window_.push(value);
        if (!window_.is_full()) { return not_ready; }
        const double floor = std::floor(place_);
        const auto i = static_cast<std::size_t>(floor);
        const double low = window_[i];
        const double high = window_[std::min(i + 1, window_.size() - 1)];
        return low + (high - low) * (place_ - floor);
    }
    void visit(auto& state) { window_.visit(state); }

private:
    SortedWindow window_;
    double place_;
};

// The smallest value of the window that at least `percent` percent do not exceed.
class NearestRank {
public:
    NearestRank(int period, double percent)
        : window_(period), place_(std::max(1.0, std::ceil(percent / 100 * period)) - 1) {}
    double update(double value) {
        window_.push(value);
        return window_.is_full() ? window_[static_cast<std::size_t>(place_)] : not_ready;
    }
    void visit(auto& state) { window_.visit(state); }

private:
    SortedWindow window_;
    double place_;
};

// Rank of the newest observation in its window, 1 for the smallest; ties share the mean of their ranks (pandas).
// As a share of the window: rank / period.
class RollingRank {
public:
    RollingRank(int period, bool share) : window_(period), scale_(share ? 1.0 / period : 1) {}
    double update(double value) {
        window_.push(value);
        if (!window_.is_full()) { return not_ready; }
        const double rank = static_cast<double>(window_.count_below(value) + window_.count_up_to(value) + 1) / 2;
        return rank * scale_;
    }
    void visit(auto& state) { window_.visit(state); }

private:
    SortedWindow window_;
    double scale_;
};

// Share of the `period` observations before the newest that lie below it, in percent.
class PercentRank {
public:
    explicit PercentRank(int period) : before_(period), scale_(100.0 / period) {}
    double update(double value) {
        const bool ready = before_.is_full();
        const double share = static_cast<double>(before_.count_below(value)) * scale_;
        before_.push(value);
        return ready ? share : not_ready;
    }
    void visit(auto& state) { before_.visit(state); }

private:
    SortedWindow before_;
    double scale_;
};

// Mean absolute deviation from the mean of the window.
class MeanDeviation {
public:
    explicit MeanDeviation(int period) : ring_(period) {}
    double update(double value) {
        ring_.push(value);
        if (!ring_.is_full()) { return not_ready; }
        const std::size_t n = ring_.capacity();
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) { sum += ring_.ago(i); }
        const double mean = sum / static_cast<double>(n);
        double deviations = 0;
        for (std::size_t i = 0; i < n; ++i) { deviations += std::abs(ring_.ago(i) - mean); }
        return deviations / static_cast<double>(n);
    }
    void visit(auto& state) { ring_.visit(state); }

private:
    Ring ring_;
};

// Spearman's rank correlation of two series over a window: Pearson's of the ranks, ties share the mean of their ranks;
// 0 where one of the two does not vary.
class RankCorrelation {
public:
    explicit RankCorrelation(int period) : x_(period), y_(period), order_(x_.capacity()) {}
    double update(double x, double y) {
        x_.push(x);
        y_.push(y);
        if (!x_.is_full()) { return not_ready; }
        ranks(x_, rank_x_);
        ranks(y_, rank_y_);
        const double middle = (static_cast<double>(order_.size()) + 1) / 2;
        double xx = 0, yy = 0, xy = 0;
        for (std::size_t i = 0; i < order_.size(); ++i) {
            const double a = rank_x_[i] - middle;
            const double b = rank_y_[i] - middle;
            xx += a * a;
            yy += b * b;
            xy += a * b;
        }
        return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
    }
    void visit(auto& state) {
        x_.visit(state);
        y_.visit(state);
    }

private:
    void ranks(const Ring& ring, std::vector<double>& out) {
        const std::size_t n = order_.size();
        for (std::size_t i = 0; i < n; ++i) { order_[i] = {ring.ago(i), i}; }
        std::ranges::sort(order_);
        out.resize(n);
        for (std::size_t i = 0; i < n;) {
            std::size_t end = i + 1;
            while (end < n && order_[end].first == order_[i].first) { ++end; }
            const double rank = static_cast<double>(i + end + 1) / 2;
            for (; i < end; ++i) { out[order_[i].second] = rank; }
        }
    }

    Ring x_, y_;
    std::vector<std::pair<double, std::size_t>> order_;
    std::vector<double> rank_x_{}, rank_y_{};
};

}  // namespace walras::features
