// Candle patterns: what a rule sees of the last candles, and the node that feeds it.
//
// Sizes are relative, as in TA-Lib: a candle's body is long if it exceeds the mean body of the ten candles before it, a
// shadow very short if it is below a tenth of their mean range, and so on (TA-Lib's default candle settings). A rule
// answers 100 (bullish), -100 (bearish), 0, or the other numbers that its documentation names.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "walras/features/rolling_fold.hpp"

namespace walras::features {

struct Candle {
    double open = 0, high = 0, low = 0, close = 0;
    // Sums over the candles before this one.
    double bodies10 = 0, ranges10 = 0, shadows10 = 0, ranges5 = 0;

    [[nodiscard]] bool is_white() const { return close >= open; }
    [[nodiscard]] bool is_black() const { return close < open; }
    [[nodiscard]] int color() const { return is_white() ? 1 : -1; }
    [[nodiscard]] double body() const { return std::abs(close - open); }
    [[nodiscard]] double top() const { return std::max(open, close); }  // of the body
    [[nodiscard]] double bottom() const { return std::min(open, close); }
    [[nodiscard]] double range() const { return high - low; }
    [[nodiscard]] double upper_shadow() const { return high - top(); }
    [[nodiscard]] double lower_shadow() const { return bottom() - low; }
    [[nodiscard]] double shadows() const { return range() - body(); }

    [[nodiscard]] double mean_body() const { return bodies10 / 10; }
    [[nodiscard]] bool is_long() const { return body() > mean_body(); }
    [[nodiscard]] bool is_short() const { return body() < mean_body(); }
    [[nodiscard]] bool is_doji() const { return body() <= doji(); }
    [[nodiscard]] double doji() const { return 0.1 * (ranges10 / 10); }
    // Limits of shadows.
    [[nodiscard]] double very_short() const { return 0.1 * (ranges10 / 10); }
    [[nodiscard]] double short_shadow() const { return shadows10 / 10 / 2; }
    [[nodiscard]] double long_shadow() const { return body(); }
    [[nodiscard]] double very_long_shadow() const { return 2 * body(); }
    // Distances.
    [[nodiscard]] double near() const { return 0.2 * (ranges5 / 5); }
    [[nodiscard]] double far() const { return 0.6 * (ranges5 / 5); }
    [[nodiscard]] double equal() const { return 0.05 * (ranges5 / 5); }
};

// Gaps between bodies, and between whole candles.
inline bool body_gaps_up(const Candle& now, const Candle& before) { return now.bottom() > before.top(); }
inline bool body_gaps_down(const Candle& now, const Candle& before) { return now.top() < before.bottom(); }
inline bool gaps_up(const Candle& now, const Candle& before) { return now.low > before.high; }
inline bool gaps_down(const Candle& now, const Candle& before) { return now.high < before.low; }
inline bool is_within(double value, double middle, double distance) {
    return value <= middle + distance && value >= middle - distance;
}

// The last candles: [0] is the newest.
class Candles {
public:
    const Candle& operator[](std::size_t ago) const { return ring_[(at_ - ago) % ring_.size()]; }
    void push(const Candle& candle) { ring_[++at_ % ring_.size()] = candle; }
    void visit(auto& state) {
        for (Candle& c : ring_) {
            for (double* x : {&c.open, &c.high, &c.low, &c.close, &c.bodies10, &c.ranges10, &c.shadows10, &c.ranges5}) {
                state(*x);
            }
        }
        state(at_);
    }

private:
    std::array<Candle, 8> ring_{};
    std::uint64_t at_ = 0;
};

// Which sums a rule reads; the others are not kept.
enum CandleSums : unsigned { no_sums = 0, bodies = 1, ranges = 2, shadows = 4, near_ranges = 8 };

constexpr std::size_t sum_length(unsigned sums) {
    return (sums & (bodies | ranges | shadows)) != 0 ? 10 : sums == 0 ? 0 : 5;
}

// Rule: int operator()(const Candles&), and visit(state) where it remembers something. It is asked from the candle
// number `sum_length(sums) + before` on, counted from 0.
template <unsigned sums, std::size_t before, class Rule>
class CandleNode {
public:
    explicit CandleNode(Rule rule) : rule_(std::move(rule)) {}

    double update(double open, double high, double low, double close) {
        Candle candle{open, high, low, close};
        if constexpr ((sums & bodies) != 0) {
            candle.bodies10 = bodies_.value;
            bodies_.value = bodies_.sum.update(candle.body());
        }
        if constexpr ((sums & ranges) != 0) {
            candle.ranges10 = ranges_.value;
            ranges_.value = ranges_.sum.update(candle.range());
        }
        if constexpr ((sums & shadows) != 0) {
            candle.shadows10 = shadows_.value;
            shadows_.value = shadows_.sum.update(candle.shadows());
        }
        if constexpr ((sums & near_ranges) != 0) {
            candle.ranges5 = near_.value;
            near_.value = near_.sum.update(candle.range());
        }
        candles_.push(candle);
        const int found = rule_(candles_);
        return count_ < lookback ? (++count_, not_ready) : static_cast<double>(found);
    }
    void visit(auto& state) {
        candles_.visit(state);
        state.below(count_, lookback + 1);
        if constexpr ((sums & bodies) != 0) { bodies_.visit(state); }
        if constexpr ((sums & ranges) != 0) { ranges_.visit(state); }
        if constexpr ((sums & shadows) != 0) { shadows_.visit(state); }
        if constexpr ((sums & near_ranges) != 0) { near_.visit(state); }
        if constexpr (requires { rule_.visit(state); }) { rule_.visit(state); }
    }

private:
    static constexpr std::size_t lookback = sum_length(sums) + before;

    template <int length>
    struct Preceding {
        RollingSum sum{length};
        double value = not_ready;
        void visit(auto& state) {
            sum.visit(state);
            state(value);
        }
    };
    struct None {};
    template <unsigned which, int length>
    using If = std::conditional_t<(sums & which) != 0, Preceding<length>, None>;

    Rule rule_;
    Candles candles_;
    std::size_t count_ = 0;
    [[no_unique_address]] If<bodies, 10> bodies_;
    [[no_unique_address]] If<ranges, 10> ranges_;
    [[no_unique_address]] If<shadows, 10> shadows_;
    [[no_unique_address]] If<near_ranges, 5> near_;
};

}  // namespace walras::features
