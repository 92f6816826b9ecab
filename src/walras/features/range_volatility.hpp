// Realised volatilities of bars over a window, as deviations of log prices: of one bar, times sqrt(periods_per_year).
//
// With o, h, l, c the logs of a bar's prices and c' that of the close before: Parkinson (1980) mean (h - l)^2 / (4 ln
// 2); Garman-Klass (1980) mean (h - l)^2 / 2 - (2 ln 2 - 1) (c - o)^2; Rogers-Satchell (1991) mean (h - c) (h - o) + (l
// - c) (l - o); Yang-Zhang (2000) var(o - c') + k var(c - o) + (1 - k) RS, k = 0.34 / (1.34 + (n + 1) / (n - 1)), both
// variances with n - 1. The square is never taken of less than nothing.
#pragma once

#include <cmath>

#include "walras/core/math.hpp"
#include "walras/features/moving_average.hpp"
#include "walras/features/window_statistics.hpp"

namespace walras::features {

inline constexpr double ln2 = 0.693147180559945309417232121458;

inline void require_positive(double price) {
    if (!(price > 0)) {
        throw DataError(
            fmt::format("A volatility of log prices was given the price {}; prices must be above 0.", price));
    }
}
inline double log_price(double price) {
    require_positive(price);
    return core::math::log(price);
}

struct ParkinsonBar {
    static double of(double, double h, double l, double) { return (h - l) * (h - l) / (4 * ln2); }
};
struct GarmanKlassBar {
    static double of(double o, double h, double l, double c) {
        return (h - l) * (h - l) / 2 - (2 * ln2 - 1) * (c - o) * (c - o);
    }
};
struct RogersSatchellBar {
    static double of(double o, double h, double l, double c) { return (h - c) * (h - o) + (l - c) * (l - o); }
};

template <class Bar>
class RangeVolatility {
public:
    RangeVolatility(int period, double periods_per_year) : mean_(period), scale_(std::sqrt(periods_per_year)) {}
    double update(double open, double high, double low, double close) {
        const double mean = mean_.update(Bar::of(log_price(open), log_price(high), log_price(low), log_price(close)));
        return std::isnan(mean) ? mean : std::sqrt(std::max(mean, 0.0)) * scale_;
    }
    void visit(auto& state) { mean_.visit(state); }

private:
    Sma mean_;
    double scale_;
};

// Sample deviation of the last `period` log returns; ready after period + 1 closes.
class CloseVolatility {
public:
    CloseVolatility(int period, double periods_per_year)
        : returns_(require_period("CloseVolatility", period, 2),
                   VarianceFormula{period / (period - 1.0), true, std::sqrt(periods_per_year)}) {}
    double update(double close) {
        const double log_close = log_price(close);
        double out = not_ready;
        if (has_before_) {
            const double r = log_close - before_;
            returns_.run({&r}, {&out}, 1);
        }
        before_ = log_close;
        has_before_ = true;
        return out;
    }
    void visit(auto& state) {
        returns_.visit(state);
        state(before_);
        state(has_before_);
    }

private:
    RollingSums<Powers<2>, VarianceFormula> returns_;
    double before_ = 0;
    bool has_before_ = false;
};

class YangZhangVolatility {
public:
    YangZhangVolatility(int period, double periods_per_year)
        : overnight_(require_period("YangZhang", period, 2), VarianceFormula{period / (period - 1.0)}),
          day_(period, VarianceFormula{period / (period - 1.0)}),
          range_(period),
          k_(0.34 / (1.34 + (period + 1.0) / (period - 1.0))),
          scale_(std::sqrt(periods_per_year)) {}
    double update(double open, double high, double low, double close) {
        const double o = log_price(open), h = log_price(high), l = log_price(low), c = log_price(close);
        double out = not_ready;
        if (has_before_) {
            const double overnight = o - before_;
            const double day = c - o;
            double overnight_variance = 0, day_variance = 0;
            overnight_.run({&overnight}, {&overnight_variance}, 1);
            day_.run({&day}, {&day_variance}, 1);
            const double range = range_.update(RogersSatchellBar::of(o, h, l, c));
            if (range_.is_ready()) {
                const double variance = overnight_variance + k_ * day_variance + (1 - k_) * range;
                out = std::sqrt(std::max(variance, 0.0)) * scale_;
            }
        }
        before_ = c;
        has_before_ = true;
        return out;
    }
    void visit(auto& state) {
        overnight_.visit(state);
        day_.visit(state);
        range_.visit(state);
        state(before_);
        state(has_before_);
    }

private:
    RollingSums<Powers<2>, VarianceFormula> overnight_, day_;
    Sma range_;
    double k_;
    double scale_;
    double before_ = 0;
    bool has_before_ = false;
};

}  // namespace walras::features
