// Candle patterns: what a rule sees of the last candles, and the node that feeds it.
//
// Sizes are relative, as in TA-Lib: a candle's body is long if it exceeds the mean body of the ten candles before it, a
// shadow very short if it is below a tenth of their mean range, and so on (TA-Lib's default candle settings). A rule
// answers 100 (bullish), -100 (bearish), 0, or the other numbers that its documentation names.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "walras/core/wide.hpp"
#include "walras/features/divisor.hpp"
#include "walras/features/rolling_fold.hpp"

namespace walras::features {

// What a rule combines: `a && b` of these asks for both. The answers change from candle to candle as chance will have
// it, and a branch that is guessed wrong costs more than all the conditions of a rule.
class Truth {
public:
    constexpr Truth(bool value) : bits_(value ? -1 : 0) {}  // NOLINT(google-explicit-constructor)
    constexpr operator bool() const { return bits_ != 0; }  // NOLINT(google-explicit-constructor)
    friend constexpr Truth operator&&(Truth a, Truth b) { return of(a.bits_ & b.bits_); }
    friend constexpr Truth operator&&(Truth a, bool b) { return a && Truth{b}; }
    friend constexpr Truth operator&&(bool a, Truth b) { return Truth{a} && b; }
    friend constexpr Truth operator||(Truth a, Truth b) { return of(a.bits_ | b.bits_); }
    friend constexpr Truth operator||(Truth a, bool b) { return a || Truth{b}; }
    friend constexpr Truth operator||(bool a, Truth b) { return Truth{a} || b; }
    // a where `which`, else b: both are asked for.
    friend constexpr Truth choose(Truth which, Truth a, Truth b) {
        return of((which.bits_ & a.bits_) | (~which.bits_ & b.bits_));
    }

private:
    static constexpr Truth of(std::int64_t bits) {
        Truth out{false};
        out.bits_ = bits;
        return out;
    }
    std::int64_t bits_;  // all or none: as wide as a double, so that rows are taken side by side
};

struct Candle {
    double open = 0, high = 0, low = 0, close = 0;
    // Sums over the candles before this one.
    double bodies10 = 0, ranges10 = 0, shadows10 = 0, ranges5 = 0;

    [[nodiscard]] Truth is_white() const { return close >= open; }
    [[nodiscard]] Truth is_black() const { return close < open; }
    [[nodiscard]] double color() const { return is_white() ? 1 : -1; }
    [[nodiscard]] double body() const { return std::abs(close - open); }
    [[nodiscard]] double top() const { return std::max(open, close); }  // of the body
    [[nodiscard]] double bottom() const { return std::min(open, close); }
    [[nodiscard]] double range() const { return high - low; }
    [[nodiscard]] double upper_shadow() const { return high - top(); }
    [[nodiscard]] double lower_shadow() const { return bottom() - low; }
    [[nodiscard]] double shadows() const { return range() - body(); }

    [[nodiscard]] double mean_body() const { return ten.divide(bodies10); }
    [[nodiscard]] Truth is_long() const { return body() > mean_body(); }
    [[nodiscard]] Truth is_short() const { return body() < mean_body(); }
    [[nodiscard]] Truth is_doji() const { return body() <= doji(); }
    [[nodiscard]] double doji() const { return 0.1 * ten.divide(ranges10); }
    // Limits of shadows.
    [[nodiscard]] double very_short() const { return 0.1 * ten.divide(ranges10); }
    [[nodiscard]] double short_shadow() const { return 0.5 * ten.divide(shadows10); }
    [[nodiscard]] double long_shadow() const { return body(); }
    [[nodiscard]] double very_long_shadow() const { return 2 * body(); }
    // Distances.
    [[nodiscard]] double near() const { return 0.2 * five.divide(ranges5); }
    [[nodiscard]] double far() const { return 0.6 * five.divide(ranges5); }
    [[nodiscard]] double equal() const { return 0.05 * five.divide(ranges5); }

private:
    static constexpr Divisor five{5};
    static constexpr Divisor ten{10};
};

// Gaps between bodies, and between whole candles.
inline Truth body_gaps_up(const Candle& now, const Candle& before) { return now.bottom() > before.top(); }
inline Truth body_gaps_down(const Candle& now, const Candle& before) { return now.top() < before.bottom(); }
inline Truth gaps_up(const Candle& now, const Candle& before) { return now.low > before.high; }
inline Truth gaps_down(const Candle& now, const Candle& before) { return now.high < before.low; }
inline Truth is_within(double value, double middle, double distance) {
    return Truth{value <= middle + distance} && value >= middle - distance;
}

// The last candles: [0] is the newest. They are read before a rule asks for any: so its conditions cost no branches,
// and what it does not ask for is not read in the end.
class Candles {
public:
    static constexpr std::size_t columns = 8;  // open, high, low, close, and the four sums
    static constexpr std::size_t kept = 6;     // the most that a rule looks at

    using Columns = std::array<const double*, columns>;

    Candles(const Columns& in, std::ptrdiff_t row) : Candles(in, row, std::make_index_sequence<kept>{}) {}
    const Candle& operator[](std::size_t ago) const { return candles_[ago]; }

private:
    // No loop: the candles are to be known one by one, not as an array in memory.
    template <std::size_t... Ago>
    Candles(const Columns& in, std::ptrdiff_t row, std::index_sequence<Ago...>)
        : candles_{at(in, row - static_cast<std::ptrdiff_t>(Ago))...} {}
    static Candle at(const Columns& in, std::ptrdiff_t row) {
        return {in[0][row], in[1][row], in[2][row], in[3][row], in[4][row], in[5][row], in[6][row], in[7][row]};
    }

    std::array<Candle, kept> candles_;
};

// The columns of the last candles when they come one by one: they run to the end of the space and begin anew.
class CandleHistory {
public:
    static constexpr std::size_t kept = Candles::kept;

    void push(const std::array<double, Candles::columns>& candle) {
        if (at_ + 1 == space) { rewind(); }
        ++at_;
        for (std::size_t k = 0; k < candle.size(); ++k) { columns_[k][at_] = candle[k]; }
    }
    [[nodiscard]] Candles::Columns newest() const {
        Candles::Columns out;
        for (std::size_t k = 0; k < Candles::columns; ++k) { out[k] = columns_[k].data() + at_; }
        return out;
    }
    void visit(auto& state) {
        rewind();
        for (auto& column : columns_) {
            for (std::size_t i = 0; i < kept; ++i) { state(column[i]); }
        }
    }

private:
    static constexpr std::size_t space = 32;

    void rewind() {
        for (auto& column : columns_) {
            std::copy_n(column.begin() + static_cast<std::ptrdiff_t>(at_ + 1 - kept), kept, column.begin());
        }
        at_ = kept - 1;
    }
    std::array<std::array<double, space>, Candles::columns> columns_{};
    std::size_t at_ = kept - 1;
};

// Which sums a rule reads; the others are not kept.
enum CandleSums : unsigned { no_sums = 0, bodies = 1, ranges = 2, shadows = 4, near_ranges = 8 };

constexpr std::size_t sum_length(unsigned sums) {
    return (sums & (bodies | ranges | shadows)) != 0 ? 10 : sums == 0 ? 0 : 5;
}

// Rule: double operator()(const Candles&), and visit(state) where it remembers something. It is asked from the candle
// number `sum_length(sums) + before` on, counted from 0.
template <unsigned Sums, std::size_t Before, class Rule>
class CandleNode {
public:
    explicit CandleNode(Rule rule) : rule_(std::move(rule)) {}

    [[gnu::noinline, gnu::flatten]] double update(double open, double high, double low, double close) {
        const Candle candle{open, high, low, close};
        candles_.push({open, high, low, close, next(bodies_, candle.body()), next(ranges_, candle.range()),
                       next(shadows_, candle.shadows()), next(near_, candle.range())});
        double found = 0;
        ask(candles_.newest(), &found, 1);
        return count_ < lookback ? (++count_, not_ready) : found;
    }

    std::size_t run(Reads<4> in, Writes<1> out, std::size_t rows) {
        const std::size_t missing = lookback - count_;
        const std::size_t alone = std::min(rows, std::max(missing, CandleHistory::kept));
        for (std::size_t i = 0; i < alone; ++i) { out[0][i] = update(in[0][i], in[1][i], in[2][i], in[3][i]); }
        if (alone < rows) { run_ready(in, out, alone, rows); }
        return std::min(missing, rows);
    }

    void visit(auto& state) {
        candles_.visit(state);
        state.below(count_, lookback + 1);
        if constexpr ((Sums & bodies) != 0) { bodies_.visit(state); }
        if constexpr ((Sums & ranges) != 0) { ranges_.visit(state); }
        if constexpr ((Sums & shadows) != 0) { shadows_.visit(state); }
        if constexpr ((Sums & near_ranges) != 0) { near_.visit(state); }
        if constexpr (requires { rule_.visit(state); }) { rule_.visit(state); }
    }

private:
    static constexpr std::size_t lookback = sum_length(Sums) + Before;

    // The sum over the candles before the one that comes.
    template <int Length>
    struct Preceding {
        RollingSum sum{Length};
        double value = not_ready;
        void visit(auto& state) {
            sum.visit(state);
            state(value);
        }
    };
    struct None {};

    template <class Sum>
    static double next(Sum& preceding, double size) {
        if constexpr (std::is_same_v<Sum, None>) {
            return 0;
        } else {
            return std::exchange(preceding.value, preceding.sum.update(size));
        }
    }

    // The same for the rows [begin, rows); column[0] stands for the row `begin`.
    template <class Sum>
    static void run_sum(Sum& preceding, const Reads<4>& in, std::size_t begin, std::size_t rows, double* column,
                        double (Candle::*size)() const) {
        if constexpr (!std::is_same_v<Sum, None>) {
            Column sizes{};
            for (std::size_t i = begin; i < rows; ++i) {
                sizes[i - begin] = (Candle{in[0][i], in[1][i], in[2][i], in[3][i]}.*size)();
            }
            column[0] = preceding.value;
            preceding.sum.run(sizes.data(), column + 1, rows - begin);
            preceding.value = column[rows - begin];
        }
    }

    // The rule for `count` rows in turn; the columns do not overlap. All that it calls becomes one piece of code.
    void ask(const Candles::Columns& columns, double* found, std::ptrdiff_t count) {
        const Candles::Columns first = columns;
        Rule rule = rule_;
        WALRAS_COLUMNS_APART
        for (std::ptrdiff_t i = 0; i < count; ++i) { found[i] = rule(Candles(first, i)); }
        rule_ = rule;
    }

    // Rows that have all that they look back at in the columns.
    [[gnu::flatten]] void run_ready(const Reads<4>& in, const Writes<1>& out, std::size_t begin, std::size_t rows) {
        constexpr std::size_t kept = CandleHistory::kept;
        constexpr std::size_t length = stretch_rows + kept + 1;
        std::array<std::array<double, length>, 4> columns;
        const auto earlier = candles_.newest();
        for (std::size_t k = 0; k < 4; ++k) { std::copy_n(earlier[4 + k] + 1 - kept, kept, columns[k].begin()); }
        run_sum(bodies_, in, begin, rows, columns[0].data() + kept, &Candle::body);
        run_sum(ranges_, in, begin, rows, columns[1].data() + kept, &Candle::range);
        run_sum(shadows_, in, begin, rows, columns[2].data() + kept, &Candle::shadows);
        run_sum(near_, in, begin, rows, columns[3].data() + kept, &Candle::range);
        Candles::Columns first;
        for (std::size_t k = 0; k < 4; ++k) {
            first[k] = in[k] + begin;
            first[4 + k] = columns[k].data() + kept;
        }
        ask(first, out[0] + begin, static_cast<std::ptrdiff_t>(rows - begin));
        for (std::size_t ago = std::min(kept, rows - begin); ago-- > 0;) {
            std::array<double, Candles::columns> candle;
            for (std::size_t k = 0; k < candle.size(); ++k) { candle[k] = first[k][rows - begin - 1 - ago]; }
            candles_.push(candle);
        }
    }
    template <unsigned Which, int Length>
    using If = std::conditional_t<(Sums & Which) != 0, Preceding<Length>, None>;

    Rule rule_;
    CandleHistory candles_;
    std::size_t count_ = 0;
    [[no_unique_address]] If<bodies, 10> bodies_;
    [[no_unique_address]] If<ranges, 10> ranges_;
    [[no_unique_address]] If<shadows, 10> shadows_;
    [[no_unique_address]] If<near_ranges, 5> near_;
};

}  // namespace walras::features
