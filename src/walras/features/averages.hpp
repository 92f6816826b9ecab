// Averages that are made of other averages.
#pragma once

#include <cmath>

#include "walras/features/lag.hpp"
#include "walras/features/moving_average.hpp"
#include "walras/features/wma.hpp"

namespace walras::features {

// Double exponential moving average (Mulloy 1994): 2 e1 - e2, where e2 is the average of e1.
class Dema {
public:
    explicit Dema(int period, EmaSeed seed = EmaSeed::sma) : first_(period, seed), second_(period, seed) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column e1;
        const std::size_t skip = first_.run(in, e1.data(), rows);
        const std::size_t missing = run_after(skip, second_, e1.data(), out, rows);
        for (std::size_t i = missing; i < rows; ++i) { out[i] = 2 * e1[i] - out[i]; }
        return missing;
    }
    void visit(auto& state) {
        first_.visit(state);
        second_.visit(state);
    }

private:
    Ema first_;
    Ema second_;
};

// Triple exponential moving average (Mulloy 1994): 3 e1 - 3 e2 + e3.
class Tema {
public:
    explicit Tema(int period, EmaSeed seed = EmaSeed::sma)
        : first_(period, seed), second_(period, seed), third_(period, seed) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column e1;
        Column e2;
        std::size_t missing = first_.run(in, e1.data(), rows);
        missing = run_after(missing, second_, e1.data(), e2.data(), rows);
        missing = run_after(missing, third_, e2.data(), out, rows);
        for (std::size_t i = missing; i < rows; ++i) { out[i] = 3 * e1[i] - 3 * e2[i] + out[i]; }
        return missing;
    }
    void visit(auto& state) {
        first_.visit(state);
        second_.visit(state);
        third_.visit(state);
    }

private:
    Ema first_;
    Ema second_;
    Ema third_;
};

// Tillson's T3 (1998): the generalised double average GD(x) = (1 + v) e1 - v e2, three times, multiplied out.
class T3 {
public:
    T3(int period, double volume_factor)
        : averages_{Ema(period), Ema(period), Ema(period), Ema(period), Ema(period), Ema(period)} {
        const double v = volume_factor;
        weights_ = {1 + v * (3 + v * (3 + v)), -3 * v * (1 + v) * (1 + v), 3 * v * v * (1 + v), -v * v * v};
    }
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column a;
        Column b;
        Column e3;
        Column e4;
        Column e5;
        std::size_t missing = averages_[0].run(in, a.data(), rows);
        missing = run_after(missing, averages_[1], a.data(), b.data(), rows);
        missing = run_after(missing, averages_[2], b.data(), e3.data(), rows);
        missing = run_after(missing, averages_[3], e3.data(), e4.data(), rows);
        missing = run_after(missing, averages_[4], e4.data(), e5.data(), rows);
        missing = run_after(missing, averages_[5], e5.data(), out, rows);
        for (std::size_t i = missing; i < rows; ++i) {
            out[i] = weights_[0] * e3[i] + weights_[1] * e4[i] + weights_[2] * e5[i] + weights_[3] * out[i];
        }
        return missing;
    }
    void visit(auto& state) {
        for (Ema& average : averages_) { average.visit(state); }
    }

private:
    std::array<Ema, 6> averages_;
    std::array<double, 4> weights_{};
};

// Triangular moving average: the average of averages whose windows together span `period`.
class Trima {
public:
    explicit Trima(int period) : first_((require_period("Trima", period) + 1) / 2), second_(period / 2 + 1) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column mean;
        const std::size_t skip = first_.run(in, mean.data(), rows);
        return run_after(skip, second_, mean.data(), out, rows);
    }
    void visit(auto& state) {
        first_.visit(state);
        second_.visit(state);
    }

private:
    Sma first_;
    Sma second_;
};

// Hull moving average (Hull 2005): WMA(2 WMA(x, period / 2) - WMA(x, period), sqrt(period)), both rounded down.
class Hma {
public:
    explicit Hma(int period)
        : half_(require_period("Hma", period, 2) / 2),
          whole_(period),
          root_(static_cast<int>(std::sqrt(static_cast<double>(period)))) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column half;
        Column whole;
        half_.run(in, half.data(), rows);
        const std::size_t skip = whole_.run(in, whole.data(), rows);
        for (std::size_t i = skip; i < rows; ++i) { whole[i] = 2 * half[i] - whole[i]; }
        return run_after(skip, root_, whole.data(), out, rows);
    }
    void visit(auto& state) {
        half_.visit(state);
        whole_.visit(state);
        root_.visit(state);
    }

private:
    Wma half_;
    Wma whole_;
    Wma root_;
};

// Zero-lag exponential moving average (Ehlers and Way 2010): EMA of x + (x - x[lag]), lag = (period - 1) / 2.
class Zlema {
public:
    explicit Zlema(int period) : lag_(std::max(1, (period - 1) / 2)), lagless_(period < 3), average_(period) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        if (lagless_) { return average_.run(in, out, rows); }
        Column ahead;
        const std::size_t skip = lag_.run(in, ahead.data(), rows);
        for (std::size_t i = skip; i < rows; ++i) { ahead[i] = 2 * in[i] - ahead[i]; }
        return run_after(skip, average_, ahead.data(), out, rows);
    }
    void visit(auto& state) {
        lag_.visit(state);
        average_.visit(state);
    }

private:
    Lag lag_;
    bool lagless_;
    Ema average_;
};

// Volume-weighted moving average; the newest price where the window has no volume.
class Vwma {
public:
    explicit Vwma(int period) : value_(period), volume_(period) {}
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        const auto [price, volume] = in;
        Column product;
        for (std::size_t i = 0; i < rows; ++i) { product[i] = price[i] * volume[i]; }
        Column total;
        value_.run(product.data(), out[0], rows);
        const std::size_t missing = volume_.run(volume, total.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[0][i] = ratio_or(out[0][i], total[i], price[i]); }
        return missing;
    }
    void visit(auto& state) {
        value_.visit(state);
        volume_.visit(state);
    }

private:
    RollingSum value_;
    RollingSum volume_;
};

}  // namespace walras::features
