// What changed since some observations ago.
#pragma once

#include "walras/features/averages.hpp"

namespace walras::features {

// A function of an observation and the one `period` rows before.
template <class Function>
class Since {
public:
    explicit Since(int period) : lag_(period) {}
    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        const std::size_t missing =
            lag_.each(in, rows, [=](std::size_t i, double before) { out[i] = Function::of(in[i], before); });
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) { lag_.visit(state); }

private:
    Lag lag_;
};

// Where a ratio divides by zero, nothing changed: 0 (TA-Lib).
struct Difference {
    static double of(double now, double before) { return now - before; }
};
struct RelativeChange {
    static double of(double now, double before) { return ratio_or(now - before, before, 0); }
};
struct PercentChange {
    static double of(double now, double before) { return 100 * ratio_or(now - before, before, 0); }
};
struct ChangeRatio {
    static double of(double now, double before) { return ratio_or(now, before, 0); }
};
struct PercentRatio {
    static double of(double now, double before) { return 100 * ratio_or(now, before, 0); }
};
using Momentum = Since<Difference>;
using Rocp = Since<RelativeChange>;
using Roc = Since<PercentChange>;
using Rocr = Since<ChangeRatio>;
using Rocr100 = Since<PercentRatio>;

// TRIX (Hutson 1983): percent change of a threefold exponential average.
class Trix {
public:
    explicit Trix(int period) : averages_{Ema(period), Ema(period), Ema(period)}, change_(1) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column a;
        Column b;
        std::size_t skip = averages_[0].run(in, a.data(), rows);
        skip = run_after(skip, averages_[1], a.data(), b.data(), rows);
        skip = run_after(skip, averages_[2], b.data(), a.data(), rows);
        return run_after(skip, change_, a.data(), out, rows);
    }
    void visit(auto& state) {
        for (Ema& average : averages_) { average.visit(state); }
        change_.visit(state);
    }

private:
    std::array<Ema, 3> averages_;
    Roc change_;
};

// Coppock curve (1962): weighted average of the sum of two rates of change in percent.
class Coppock {
public:
    Coppock(int period, int short_period, int long_period)
        : short_(short_period), long_(long_period), average_(period) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column one;
        Column two;
        const std::size_t first = short_.run(in, one.data(), rows);
        const std::size_t second = long_.run(in, two.data(), rows);
        const std::size_t skip = std::max(first, second);
        for (std::size_t i = skip; i < rows; ++i) { one[i] += two[i]; }
        return run_after(skip, average_, one.data(), out, rows);
    }
    void visit(auto& state) {
        short_.visit(state);
        long_.visit(state);
        average_.visit(state);
    }

private:
    Roc short_;
    Roc long_;
    Wma average_;
};

// Know sure thing (Pring 1992): averages of four rates of change in percent with weights 1 to 4, and its own average.
class Kst {
public:
    Kst(const std::array<int, 4>& changes, const std::array<int, 4>& averages, int signal)
        : changes_{Roc(changes[0]), Roc(changes[1]), Roc(changes[2]), Roc(changes[3])},
          averages_{Sma(averages[0]), Sma(averages[1]), Sma(averages[2]), Sma(averages[3])},
          signal_(signal) {}
    std::size_t run(Reads<1> in, Writes<2> out, std::size_t rows) {
        Column change;
        Column mean;
        std::size_t missing = 0;
        std::fill_n(out[0], rows, 0.0);
        for (std::size_t k = 0; k < changes_.size(); ++k) {
            const std::size_t skip = changes_[k].run(in[0], change.data(), rows);
            const std::size_t from = run_after(skip, averages_[k], change.data(), mean.data(), rows);
            const double weight = static_cast<double>(k) + 1;
            for (std::size_t i = from; i < rows; ++i) { out[0][i] += weight * mean[i]; }
            missing = std::max(missing, from);
        }
        fill_not_ready(out[0], missing);
        return run_after(missing, signal_, out[0], out[1], rows);
    }
    void visit(auto& state) {
        for (Roc& change : changes_) { change.visit(state); }
        for (Sma& average : averages_) { average.visit(state); }
        signal_.visit(state);
    }

private:
    std::array<Roc, 4> changes_;
    std::array<Sma, 4> averages_;
    Sma signal_;
};

// Detrended price: the price of period / 2 + 1 rows ago minus the average of the last `period`.
class DetrendedPrice {
public:
    explicit DetrendedPrice(int period) : lag_(period / 2 + 1), average_(period) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column before;
        const std::size_t lagged = lag_.run(in, before.data(), rows);
        const std::size_t missing = std::max(lagged, average_.run(in, out, rows));
        for (std::size_t i = missing; i < rows; ++i) { out[i] = before[i] - out[i]; }
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) {
        lag_.visit(state);
        average_.visit(state);
    }

private:
    Lag lag_;
    Sma average_;
};

// True strength index (Blau 1991): 100 times the twice averaged change over the twice averaged size of change; 0 where
// nothing changed.
class Tsi {
public:
    Tsi(int first, int second) : change_(1), up_{Ema(first), Ema(second)}, size_{Ema(first), Ema(second)} {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column change;
        Column once;
        Column size;
        const std::size_t skip = change_.run(in, change.data(), rows);
        std::size_t missing = run_after(skip, up_[0], change.data(), once.data(), rows);
        missing = run_after(missing, up_[1], once.data(), out, rows);
        for (std::size_t i = skip; i < rows; ++i) { change[i] = std::abs(change[i]); }
        const std::size_t half = run_after(skip, size_[0], change.data(), once.data(), rows);
        run_after(half, size_[1], once.data(), size.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[i] = 100 * ratio_or(out[i], size[i], 0); }
        return missing;
    }
    void visit(auto& state) {
        change_.visit(state);
        for (auto* pair : {&up_, &size_}) {
            for (Ema& average : *pair) { average.visit(state); }
        }
    }

private:
    Momentum change_;
    std::array<Ema, 2> up_;
    std::array<Ema, 2> size_;
};

}  // namespace walras::features
