// What one bar says: its body, its range, its place in the trend of bars before.
#pragma once

#include "walras/features/averages.hpp"
#include "walras/features/stochastic.hpp"

namespace walras::features {

// Balance of power (Livshin 2001): (close - open) / (high - low); 0 where the bar has no range (TA-Lib).
class BalanceOfPower {
public:
    std::size_t run(Reads<4> in, Writes<1> out, std::size_t rows) {
        const double* const open = in[0];
        const double* const high = in[1];
        const double* const low = in[2];
        const double* const close = in[3];
        double* __restrict result = out[0];
        each_row(in, result, rows,
                 [=](std::size_t i) { result[i] = ratio_or(close[i] - open[i], high[i] - low[i], 0); });
        return 0;
    }
    void visit(auto& /*state*/) {}
};

// Internal bar strength: (close - low) / (high - low); 0.5 where the bar has no range.
class BarStrength {
public:
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        const double* const high = in[0];
        const double* const low = in[1];
        const double* const close = in[2];
        double* __restrict result = out[0];
        each_row(in, result, rows,
                 [=](std::size_t i) { result[i] = ratio_or(close[i] - low[i], high[i] - low[i], 0.5); });
        return 0;
    }
    void visit(auto& /*state*/) {}
};

// Heikin-Ashi bars: close = mean of open, high, low and close; open = middle of the body before, at first of the bar
// itself; high and low reach the body.
class HeikinAshi {
public:
    std::size_t run(Reads<4> in, Writes<4> out, std::size_t rows) {
        const auto [open, high, low, close] = in;
        Column before;
        for (std::size_t i = 0; i < rows; ++i) { out[3][i] = (open[i] + high[i] + low[i] + close[i]) / 4; }
        const std::size_t first = before_.run(out[3], before.data(), rows);
        for (std::size_t i = 0; i < first; ++i) {
            out[0][i] = 0.5 * (open[i] + close[i]);
            body_.start(out[0][i]);
        }
        body_.run(before.data() + first, out[0] + first, rows - first);
        for (std::size_t i = 0; i < rows; ++i) {
            out[1][i] = std::max(high[i], std::max(out[0][i], out[3][i]));
            out[2][i] = std::min(low[i], std::min(out[0][i], out[3][i]));
        }
        return 0;
    }
    void visit(auto& state) {
        before_.visit(state);
        body_.visit(state);
    }

private:
    Lag before_{1};
    Recurrence body_{0.5, 0.5};
};

// Mean of high - low.
class AverageRange {
public:
    explicit AverageRange(int period) : average_(period) {}
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        Column range;
        each_row(in, out[0], rows, [in, to = range.data()](std::size_t i) { to[i] = in[0][i] - in[1][i]; });
        return average_.run(range.data(), out[0], rows);
    }
    void visit(auto& state) { average_.visit(state); }

private:
    Sma average_;
};

// Mass index (Dorsey 1992): sum over `slow` bars of the average range over its own average, both over `fast`; 1 for a
// ratio where nothing moved.
class MassIndex {
public:
    MassIndex(int fast, int slow) : once_(fast), twice_(fast), sum_(slow) {}
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        Column range;
        Column once;
        each_row(in, out[0], rows, [in, to = range.data()](std::size_t i) { to[i] = in[0][i] - in[1][i]; });
        std::size_t skip = once_.run(range.data(), once.data(), rows);
        skip = run_after(skip, twice_, once.data(), range.data(), rows);
        for (std::size_t i = skip; i < rows; ++i) { range[i] = ratio_or(once[i], range[i], 1); }
        return run_after(skip, sum_, range.data(), out[0], rows);
    }
    void visit(auto& state) {
        once_.visit(state);
        twice_.visit(state);
        sum_.visit(state);
    }

private:
    Ema once_;
    Ema twice_;
    RollingSum sum_;
};

// Relative vigor index (Ehlers 2002): the symmetrically weighted (1 2 2 1) body over the range weighted alike, summed
// over `period`; the signal is the index weighted so once more. 0 where the range is zero.
class RelativeVigor {
public:
    explicit RelativeVigor(int period) : body_sum_(period), range_sum_(period) {}
    std::size_t run(Reads<4> in, Writes<2> out, std::size_t rows) {
        const auto [open, high, low, close] = in;
        Column body;
        Column range;
        Column weighted;
        for (std::size_t i = 0; i < rows; ++i) {
            body[i] = close[i] - open[i];
            range[i] = high[i] - low[i];
        }
        std::size_t skip = body_.run(body.data(), weighted.data(), rows);
        run_after(skip, body_sum_, weighted.data(), out[0], rows);
        range_.run(range.data(), weighted.data(), rows);
        const std::size_t missing = run_after(skip, range_sum_, weighted.data(), body.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[0][i] = ratio_or(out[0][i], body[i], 0); }
        return run_after(missing, signal_, out[0], out[1], rows);
    }
    void visit(auto& state) {
        for (Symmetric* weights : {&body_, &range_, &signal_}) { weights->visit(state); }
        body_sum_.visit(state);
        range_sum_.visit(state);
    }

private:
    // (x + 2 x1 + 2 x2 + x3) / 6
    class Symmetric {
    public:
        std::size_t run(const double* in, double* out, std::size_t rows) {
            Column one;
            Column two;
            one_.run(in, one.data(), rows);
            two_.run(in, two.data(), rows);
            const std::size_t missing = three_.run(in, out, rows);
            for (std::size_t i = missing; i < rows; ++i) { out[i] = (in[i] + 2 * one[i] + 2 * two[i] + out[i]) / 6; }
            return missing;
        }
        void visit(auto& state) {
            one_.visit(state);
            two_.visit(state);
            three_.visit(state);
        }

    private:
        Lag one_{1};
        Lag two_{2};
        Lag three_{3};
    };
    Symmetric body_;
    Symmetric range_;
    Symmetric signal_;
    RollingSum body_sum_;
    RollingSum range_sum_;
};

// Ichimoku Kinko Hyo (Hosoda 1969): tenkan, kijun (middles of the range of two windows), the cloud that stands over the
// present bar (senkou a: the mean of the two, and senkou b: the middle of a third window, both of `displacement` bars
// ago), and chikou, the close of `displacement` bars ago: the present close is to be compared with it. Nothing of the
// future is used.
class Ichimoku {
public:
    Ichimoku(int tenkan, int kijun, int senkou, int displacement)
        : tenkan_(tenkan), kijun_(kijun), senkou_(senkou), a_(displacement), b_(displacement), chikou_(displacement) {}
    std::size_t run(Reads<3> in, Writes<5> out, std::size_t rows) {
        const auto [high, low, close] = in;
        Column mean;
        const std::size_t first = tenkan_.run({high, low}, {out[0]}, rows);
        const std::size_t second = kijun_.run({high, low}, {out[1]}, rows);
        const std::size_t skip = std::max(first, second);
        for (std::size_t i = skip; i < rows; ++i) { mean[i] = 0.5 * (out[0][i] + out[1][i]); }
        const std::size_t a = run_after(skip, a_, mean.data(), out[2], rows);
        const std::size_t third = senkou_.run({high, low}, {mean.data()}, rows);
        const std::size_t b = run_after(third, b_, mean.data(), out[3], rows);
        return std::max({a, b, chikou_.run(close, out[4], rows)});
    }
    void visit(auto& state) {
        for (Midprice* middle : {&tenkan_, &kijun_, &senkou_}) { middle->visit(state); }
        for (Lag* lag : {&a_, &b_, &chikou_}) { lag->visit(state); }
    }

private:
    Midprice tenkan_;
    Midprice kijun_;
    Midprice senkou_;
    Lag a_;
    Lag b_;
    Lag chikou_;
};

}  // namespace walras::features
