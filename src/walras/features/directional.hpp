// Wilder's directional movement (1978), with TA-Lib's conventions: sums begin with the first period - 1 movements and
// decay by 1 / period.
#pragma once

#include <cmath>

#include "walras/features/true_range.hpp"

namespace walras::features {

// Wilder's decaying sum: sum += x - sum / period; begins with the sum of the first period - 1, ready one later.
class WilderSum {
public:
    explicit WilderSum(int period)
        : first_(static_cast<std::size_t>(require_period("WilderSum", period)) - 1), recurrence_(1 - 1.0 / period, 1) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        std::size_t i = 0;
        for (; i < rows && count_ < first_; ++i, ++count_) {
            start_ += in[i];
            recurrence_.start(start_);
        }
        fill_not_ready(out, i);
        recurrence_.run(in + i, out + i, rows - i);
        return i;
    }
    [[nodiscard]] bool has_first() const { return count_ == first_; }
    [[nodiscard]] double first() const { return start_; }
    void visit(auto& state) {
        state.below(count_, first_ + 1);
        state(start_);
        recurrence_.visit(state);
    }

private:
    std::size_t first_;
    std::size_t count_ = 0;
    double start_ = 0;
    Recurrence recurrence_;
};

// +DM and -DM: how much the high rose and the low fell since the bar before; only the greater of the two counts.
class DirectionalMovement {
public:
    std::size_t run(const double* __restrict high, const double* __restrict low, double* __restrict plus,
                    double* __restrict minus, std::size_t rows) {
        high_before_.each(high, rows, [=](std::size_t i, double before) { plus[i] = high[i] - before; });
        const std::size_t missing = low_before_.each(low, rows, [=](std::size_t i, double before) {
            const double up = plus[i];
            const double down = before - low[i];
            plus[i] = up > 0 && up > down ? up : 0;
            minus[i] = down > 0 && down > up ? down : 0;
        });
        fill_not_ready(plus, missing);
        fill_not_ready(minus, missing);
        return missing;
    }
    void visit(auto& state) {
        high_before_.visit(state);
        low_before_.visit(state);
    }

private:
    Lag high_before_{1};
    Lag low_before_{1};
};

// +DM and -DM summed by Wilder. Unlike the indicators that divide them, they are ready with the first sum (TA-Lib).
class DirectionalSums {
public:
    explicit DirectionalSums(int period) : plus_(period), minus_(period) {}
    // `first`: ready one row earlier, with the first sums.
    std::size_t run(Reads<2> in, Writes<2> out, std::size_t rows, bool first) {
        Column plus;
        Column minus;
        const std::size_t skip = movement_.run(in[0], in[1], plus.data(), minus.data(), rows);
        run_after(skip, plus_, plus.data(), out[0], rows);
        const std::size_t missing = run_after(skip, minus_, minus.data(), out[1], rows);
        if (!first || missing == skip || !plus_.has_first()) { return missing; }
        out[0][missing - 1] = plus_.first();
        out[1][missing - 1] = minus_.first();
        return missing - 1;
    }
    void visit(auto& state) {
        movement_.visit(state);
        plus_.visit(state);
        minus_.visit(state);
    }

private:
    DirectionalMovement movement_;
    WilderSum plus_;
    WilderSum minus_;
};

// +DI and -DI: the sums in percent of the sum of true ranges; 0 where nothing moved.
class DirectionalIndicators {
public:
    explicit DirectionalIndicators(int period) : sums_(period), range_sum_(period) {}
    std::size_t run(Reads<3> in, Writes<2> out, std::size_t rows) {
        Column range;
        Column sum;
        const std::size_t skip = range_.run(in, {range.data()}, rows);
        run_after(skip, range_sum_, range.data(), sum.data(), rows);
        const std::size_t missing = sums_.run({in[0], in[1]}, out, rows, false);
        for (double* column : out) {
            for (std::size_t i = missing; i < rows; ++i) { column[i] = 100 * ratio_or(column[i], sum[i], 0); }
        }
        return missing;
    }
    void visit(auto& state) {
        range_.visit(state);
        sums_.visit(state);
        range_sum_.visit(state);
    }

private:
    TrueRange range_;
    DirectionalSums sums_;
    WilderSum range_sum_;
};

// DX = 100 |+DI - -DI| / (+DI + -DI); 0 where neither moved.
inline void directional_index(const double* plus, const double* minus, double* out, std::size_t from,
                              std::size_t rows) {
    for (std::size_t i = from; i < rows; ++i) {
        out[i] = 100 * ratio_or(std::abs(plus[i] - minus[i]), plus[i] + minus[i], 0);
    }
}

// +DI, -DI and the average of DX; the average is ready period - 1 rows later.
class Dmi {
public:
    explicit Dmi(int period) : indicators_(period), average_(Ema::wilder(period)) {}
    std::size_t run(Reads<3> in, Writes<3> out, std::size_t rows) {
        Column dx;
        const std::size_t skip = indicators_.run(in, {out[0], out[1]}, rows);
        directional_index(out[0], out[1], dx.data(), skip, rows);
        return run_after(skip, average_, dx.data(), out[2], rows);
    }
    void visit(auto& state) {
        indicators_.visit(state);
        average_.visit(state);
    }

private:
    DirectionalIndicators indicators_;
    Ema average_;
};

// One column of a node with several.
template <class Node, std::size_t I, std::size_t O, std::size_t Which>
class Only {
public:
    explicit Only(Node node) : node_(std::move(node)) {}
    std::size_t run(Reads<I> in, Writes<1> out, std::size_t rows) {
        std::array<Column, O> others;
        Writes<O> all;
        for (std::size_t k = 0; k < O; ++k) { all[k] = k == Which ? out[0] : others[k].data(); }
        return node_.run(in, all, rows);
    }
    void visit(auto& state) { node_.visit(state); }

private:
    Node node_;
};

// The sum of +DM (side 0) or -DM (1) alone.
template <std::size_t Side>
class DirectionalSum {
public:
    explicit DirectionalSum(int period) : sums_(period) {}
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        Column other;
        return sums_.run(in, Side == 0 ? Writes<2>{out[0], other.data()} : Writes<2>{other.data(), out[0]}, rows, true);
    }
    void visit(auto& state) { sums_.visit(state); }

private:
    DirectionalSums sums_;
};
using PlusDm = DirectionalSum<0>;
using MinusDm = DirectionalSum<1>;
using PlusDi = Only<DirectionalIndicators, 3, 2, 0>;
using MinusDi = Only<DirectionalIndicators, 3, 2, 1>;
using Adx = Only<Dmi, 3, 3, 2>;

class Dx {
public:
    explicit Dx(int period) : indicators_(period) {}
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        Column plus;
        Column minus;
        const std::size_t missing = indicators_.run(in, {plus.data(), minus.data()}, rows);
        directional_index(plus.data(), minus.data(), out[0], missing, rows);
        fill_not_ready(out[0], missing);
        return missing;
    }
    void visit(auto& state) { indicators_.visit(state); }

private:
    DirectionalIndicators indicators_;
};

// ADXR: the mean of ADX now and period - 1 rows ago.
class Adxr {
public:
    explicit Adxr(int period) : adx_(Dmi(period)), lag_(require_period("Adxr", period, 2) - 1) {}
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        Column adx;
        const std::size_t skip = adx_.run(in, {adx.data()}, rows);
        const std::size_t missing = run_after(skip, lag_, adx.data(), out[0], rows);
        for (std::size_t i = missing; i < rows; ++i) { out[0][i] = 0.5 * (adx[i] + out[0][i]); }
        return missing;
    }
    void visit(auto& state) {
        adx_.visit(state);
        lag_.visit(state);
    }

private:
    Adx adx_;
    Lag lag_;
};

}  // namespace walras::features
