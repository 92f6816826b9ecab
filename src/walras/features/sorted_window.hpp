// The last `period` observations in order of size: quantiles, ranks, the median.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "walras/features/lookback.hpp"

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

// Share of the `period` observations before the newest that lie below it, in percent. Short windows are counted whole,
// four observations of each at a time; long ones are kept in order.
class PercentRank {
public:
    explicit PercentRank(int period)
        : period_(static_cast<std::size_t>(require_period("PercentRank", period))),
          scale_(100.0 / period),
          recent_(is_short() ? period : 1),
          sorted_(is_short() ? 1 : period) {}

    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        const std::size_t missing = std::min(rows, period_ - seen_);
        seen_ += missing;
        if (is_short()) {
            count(recent_.extend(in, rows), out, missing, rows);
        } else {
            for (std::size_t i = 0; i < rows; ++i) {
                out[i] = static_cast<double>(sorted_.count_below(in[i])) * scale_;
                sorted_.push(in[i]);
            }
        }
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) {
        state.below(seen_, period_ + 1);
        recent_.visit(state);
        sorted_.visit(state);
    }

private:
    static constexpr std::size_t longest = 1024;  // that is counted
    [[nodiscard]] bool is_short() const { return period_ <= longest; }

    void count(const double* __restrict at, double* __restrict out, std::size_t begin, std::size_t rows) const {
        std::array<std::int64_t, stretch_rows> below;
        std::fill_n(below.begin(), rows, 0);
        const auto is_below = [at](std::size_t i, std::size_t ago) -> std::int64_t {
            return *(at + i - ago) < at[i] ? -1 : 0;
        };
        std::size_t ago = 1;
        for (; ago + 3 <= period_; ago += 4) {
            for (std::size_t i = begin; i < rows; ++i) {
                below[i] += (is_below(i, ago) + is_below(i, ago + 1)) + (is_below(i, ago + 2) + is_below(i, ago + 3));
            }
        }
        for (; ago <= period_; ++ago) {
            for (std::size_t i = begin; i < rows; ++i) { below[i] += is_below(i, ago); }
        }
        for (std::size_t i = begin; i < rows; ++i) {
            out[i] = static_cast<double>(static_cast<std::int32_t>(-below[i])) * scale_;
        }
    }

    std::size_t period_;
    double scale_;
    std::size_t seen_ = 0;
    Lookback recent_;
    SortedWindow sorted_;
};

// Mean absolute deviation from the mean of the window.
class MeanDeviation {
public:
    explicit MeanDeviation(int period)
        : period_(static_cast<std::size_t>(require_period("MeanDeviation", period))), window_(period) {}

    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        const std::size_t missing = std::min(rows, period_ - 1 - seen_);
        seen_ += missing;
        const double* __restrict at = window_.extend(in, rows);
        const auto n = static_cast<double>(period_);
        Column mean;
        std::fill_n(mean.data(), rows, 0);
        for (std::size_t ago = 0; ago < period_; ++ago) {
            for (std::size_t i = missing; i < rows; ++i) { mean[i] += *(at + i - ago); }
        }
        for (std::size_t i = missing; i < rows; ++i) { mean[i] /= n; }
        std::fill_n(out, rows, 0);
        for (std::size_t ago = 0; ago < period_; ++ago) {
            for (std::size_t i = missing; i < rows; ++i) { out[i] += std::abs(*(at + i - ago) - mean[i]); }
        }
        for (std::size_t i = missing; i < rows; ++i) { out[i] /= n; }
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) {
        state.below(seen_, period_);
        window_.visit(state);
    }

private:
    std::size_t period_;
    std::size_t seen_ = 0;
    Lookback window_;
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
