// True range and what is made of it.
#pragma once

#include <cmath>
#include <utility>

#include "walras/core/math.hpp"
#include "walras/features/lag.hpp"
#include "walras/features/moving_average.hpp"
#include "walras/features/stochastic.hpp"
#include "walras/features/typical_price.hpp"

namespace walras::features {

// True range (Wilder 1978): the greater of high and the close before, minus the lesser of low and the close before.
class TrueRange {
public:
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        const double* const high = in[0];
        const double* const low = in[1];
        const double* const close = in[2];
        double* __restrict result = out[0];
        if (rows == 0) { return 0; }
        const double first = close_;
        const bool is_first = !std::exchange(started_, true);
        close_ = close[rows - 1];
        each_row(in, result, rows, [=, before = close - 1](std::size_t i) {
            const double b = i == 0 ? first : before[i];
            result[i] = std::max(high[i], b) - std::min(low[i], b);
        });
        if (is_first) { result[0] = not_ready; }
        return is_first ? 1 : 0;
    }
    void visit(auto& state) {
        state(close_);
        state(started_);
    }

private:
    double close_ = 0;
    bool started_ = false;
};

// Average true range: Wilder's average of the true range.
class Atr {
public:
    explicit Atr(int period, EmaSeed seed = EmaSeed::sma)
        : average_(Ema::wilder(require_period("Atr", period), seed)) {}
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        Column range;
        const std::size_t skip = range_.run(in, {range.data()}, rows);
        return run_after(skip, average_, range.data(), out[0], rows);
    }
    void visit(auto& state) {
        range_.visit(state);
        average_.visit(state);
    }

private:
    TrueRange range_;
    Ema average_;
};

// Normalised average true range: in percent of the close; 0 where the close is zero.
class Natr {
public:
    explicit Natr(int period, EmaSeed seed = EmaSeed::sma) : atr_(period, seed) {}
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        const std::size_t missing = atr_.run(in, out, rows);
        for (std::size_t i = missing; i < rows; ++i) { out[0][i] = 100 * ratio_or(out[0][i], in[2][i], 0); }
        return missing;
    }
    void visit(auto& state) { atr_.visit(state); }

private:
    Atr atr_;
};

// Keltner channel (1960, with Raschke's average true range): upper, middle, lower; the middle is the exponential
// average of the typical price. The shorter of the two averages begins with the mean of the rows before the longer
// one's first (TA-Lib).
class Keltner {
public:
    Keltner(int period, int atr_period, double multiplier)
        : middle_(late(atr_period - (period - 1)), Ema(period)),
          atr_(late(period - 1 - atr_period), Ema::wilder(atr_period)),
          multiplier_(multiplier) {}
    std::size_t run(Reads<3> in, Writes<3> out, std::size_t rows) {
        const auto [high, low, close] = in;
        Column atr;
        Column typical;
        for (std::size_t i = 0; i < rows; ++i) { typical[i] = typical_price(high[i], low[i], close[i]); }
        const std::size_t first = middle_.run(typical.data(), out[1], rows);
        const std::size_t skip = range_.run(in, {typical.data()}, rows);
        const std::size_t missing = std::max(first, run_after(skip, atr_, typical.data(), atr.data(), rows));
        for (std::size_t i = missing; i < rows; ++i) {
            out[0][i] = out[1][i] + multiplier_ * atr[i];
            out[2][i] = out[1][i] - multiplier_ * atr[i];
        }
        for (double* column : out) { fill_not_ready(column, missing); }
        return missing;
    }
    void visit(auto& state) {
        middle_.visit(state);
        range_.visit(state);
        atr_.visit(state);
    }

private:
    static std::size_t late(int rows) { return static_cast<std::size_t>(std::max(rows, 0)); }

    LateStart<Ema> middle_;
    TrueRange range_;
    LateStart<Ema> atr_;
    double multiplier_;
};

// Vortex (Botes and Siepman 2010): plus = sum |high - low before| / sum true range, minus = sum |low - high before| /
// sum true range; 0 where nothing moved (TA-Lib).
class Vortex {
public:
    explicit Vortex(int period) : high_before_(1), low_before_(1), plus_(period), minus_(period), true_range_(period) {}
    std::size_t run(Reads<3> in, Writes<2> out, std::size_t rows) {
        const double* const high = in[0];
        const double* const low = in[1];
        Column range;
        Column up;
        Column down;
        Column total;
        const std::size_t skip = range_.run(in, {range.data()}, rows);
        low_before_.each(low, rows,
                         [high, to = up.data()](std::size_t i, double before) { to[i] = std::abs(high[i] - before); });
        high_before_.each(high, rows,
                          [low, to = down.data()](std::size_t i, double before) { to[i] = std::abs(low[i] - before); });
        const std::size_t missing = run_after(skip, true_range_, range.data(), total.data(), rows);
        run_after(skip, plus_, up.data(), out[0], rows);
        run_after(skip, minus_, down.data(), out[1], rows);
        for (std::size_t i = missing; i < rows; ++i) {
            out[0][i] = ratio_or(out[0][i], total[i], 0);
            out[1][i] = ratio_or(out[1][i], total[i], 0);
        }
        return missing;
    }
    void visit(auto& state) {
        range_.visit(state);
        high_before_.visit(state);
        low_before_.visit(state);
        plus_.visit(state);
        minus_.visit(state);
        true_range_.visit(state);
    }

private:
    TrueRange range_;
    Lag high_before_;
    Lag low_before_;
    RollingSum plus_;
    RollingSum minus_;
    RollingSum true_range_;
};

// Choppiness (Dreiss): 100 log(sum of true ranges / (highest - lowest)) / log(period). The first bar counts with its
// own range. 100 where nothing moved: a range that goes nowhere.
class Choppiness {
public:
    explicit Choppiness(int period)
        : sum_(require_period("Choppiness", period, 2)), extremes_(period), scale_(100 / core::math::log(period)) {}
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        const auto [high, low, close] = in;
        Column range;
        Column highest;
        Column lowest;
        const std::size_t first = range_.run(in, {range.data()}, rows);
        for (std::size_t i = 0; i < first; ++i) { range[i] = high[i] - low[i]; }
        sum_.run(range.data(), out[0], rows);
        const std::size_t missing = extremes_.run(high, low, highest.data(), lowest.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) {
            const double way = ratio_or(out[0][i], highest[i] - lowest[i], 0);
            out[0][i] = way > 0 ? scale_ * core::math::log(way) : 100;
        }
        return missing;
    }
    void visit(auto& state) {
        range_.visit(state);
        sum_.visit(state);
        extremes_.visit(state);
    }

private:
    TrueRange range_;
    RollingSum sum_;
    Range extremes_;
    double scale_;
};

// Ultimate oscillator (Williams 1976): buying pressure close - min(low, close before) over true range, summed over
// three windows with weights 4, 2, 1; a window in which nothing moved counts zero (TA-Lib).
class UltimateOscillator {
public:
    UltimateOscillator(int first, int second, int third)
        : before_(1),
          pressure_{RollingSum(first), RollingSum(second), RollingSum(third)},
          range_{RollingSum(first), RollingSum(second), RollingSum(third)} {}
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        const double* const high = in[0];
        const double* const low = in[1];
        const double* const close = in[2];
        double* __restrict result = out[0];
        Column pressure;
        Column range;
        Column sum;
        Column divisor;
        const std::size_t skip = before_.each(
            close, rows, [high, low, close, ways = pressure.data(), to = range.data()](std::size_t i, double b) {
                const double bottom = std::min(low[i], b);
                ways[i] = close[i] - bottom;
                to[i] = std::max(high[i], b) - bottom;
            });
        std::fill_n(result, rows, 0.0);
        std::size_t missing = skip;
        double weight = 4;
        for (std::size_t k = 0; k < 3; ++k) {
            run_after(skip, pressure_[k], pressure.data(), sum.data(), rows);
            const std::size_t from = run_after(skip, range_[k], range.data(), divisor.data(), rows);
            for (std::size_t i = from; i < rows; ++i) { result[i] += weight * ratio_or(sum[i], divisor[i], 0); }
            missing = std::max(missing, from);
            weight /= 2;
        }
        for (std::size_t i = missing; i < rows; ++i) { result[i] = 100 * (result[i] / 7); }
        fill_not_ready(result, missing);
        return missing;
    }
    void visit(auto& state) {
        before_.visit(state);
        for (auto* sums : {&pressure_, &range_}) {
            for (RollingSum& sum : *sums) { sum.visit(state); }
        }
    }

private:
    Lag before_;
    std::array<RollingSum, 3> pressure_;
    std::array<RollingSum, 3> range_;
};

}  // namespace walras::features
