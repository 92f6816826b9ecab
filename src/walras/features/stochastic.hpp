// Where the close lies in the range of the last bars.
#pragma once

#include "walras/features/averages.hpp"
#include "walras/features/rolling_extreme.hpp"

namespace walras::features {

// Highest high and lowest low of the last `period` bars.
class Range {
public:
    explicit Range(int period) : high_(period), low_(period) {}
    std::size_t run(const double* high, const double* low, double* highest, double* lowest, std::size_t rows) {
        high_.run(high, highest, rows);
        return low_.run(low, lowest, rows);
    }
    void visit(auto& state) {
        high_.visit(state);
        low_.visit(state);
    }

private:
    RollingMax high_;
    RollingMin low_;
};

// Fast %K (Lane): 100 (close - lowest) / (highest - lowest); 0 where the range is zero (TA-Lib).
class FastK {
public:
    explicit FastK(int period) : range_(period) {}
    std::size_t run(Reads<3> in, double* out, std::size_t rows) {
        const auto [high, low, close] = in;
        Column lowest;
        const std::size_t missing = range_.run(high, low, out, lowest.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) {
            out[i] = 100 * ratio_or(close[i] - lowest[i], out[i] - lowest[i], 0);
        }
        return missing;
    }
    void visit(auto& state) { range_.visit(state); }

private:
    Range range_;
};

// Fast stochastic: %K and its average %D. Both begin together (TA-Lib).
class FastStochastic {
public:
    FastStochastic(int fast_k, int fast_d) : k_(fast_k), d_(fast_d) {}
    std::size_t run(Reads<3> in, Writes<2> out, std::size_t rows) {
        const std::size_t skip = k_.run(in, out[0], rows);
        const std::size_t missing = run_after(skip, d_, out[0], out[1], rows);
        fill_not_ready(out[0], missing);
        return missing;
    }
    void visit(auto& state) {
        k_.visit(state);
        d_.visit(state);
    }

private:
    FastK k_;
    Sma d_;
};

// Slow stochastic: the average of fast %K, and the average of that.
class SlowStochastic {
public:
    SlowStochastic(int fast_k, int slow_k, int slow_d) : fast_(fast_k), k_(slow_k), d_(slow_d) {}
    std::size_t run(Reads<3> in, Writes<2> out, std::size_t rows) {
        Column fast;
        std::size_t missing = fast_.run(in, fast.data(), rows);
        missing = run_after(missing, k_, fast.data(), out[0], rows);
        missing = run_after(missing, d_, out[0], out[1], rows);
        fill_not_ready(out[0], missing);
        return missing;
    }
    void visit(auto& state) {
        fast_.visit(state);
        k_.visit(state);
        d_.visit(state);
    }

private:
    FastK fast_;
    Sma k_;
    Sma d_;
};

// Williams %R: -100 (highest - close) / (highest - lowest); 0 where the range is zero (TA-Lib).
class WilliamsR {
public:
    explicit WilliamsR(int period) : range_(period) {}
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        const auto [high, low, close] = in;
        Column lowest;
        const std::size_t missing = range_.run(high, low, out[0], lowest.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) {
            out[0][i] = -100 * ratio_or(out[0][i] - close[i], out[0][i] - lowest[i], 0);
        }
        return missing;
    }
    void visit(auto& state) { range_.visit(state); }

private:
    Range range_;
};

// The middle of the range of one series.
class Midpoint {
public:
    explicit Midpoint(int period) : range_(period) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column lowest;
        const std::size_t missing = range_.run(in, in, out, lowest.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[i] = 0.5 * (out[i] + lowest[i]); }
        return missing;
    }
    void visit(auto& state) { range_.visit(state); }

private:
    Range range_;
};

// The middle between highest high and lowest low.
class Midprice {
public:
    explicit Midprice(int period) : range_(period) {}
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        Column lowest;
        const std::size_t missing = range_.run(in[0], in[1], out[0], lowest.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[0][i] = 0.5 * (out[0][i] + lowest[i]); }
        return missing;
    }
    void visit(auto& state) { range_.visit(state); }

private:
    Range range_;
};

// Donchian channel: upper, middle, lower.
class Donchian {
public:
    explicit Donchian(int period) : range_(period) {}
    std::size_t run(Reads<2> in, Writes<3> out, std::size_t rows) {
        const std::size_t missing = range_.run(in[0], in[1], out[0], out[2], rows);
        for (std::size_t i = missing; i < rows; ++i) { out[1][i] = 0.5 * (out[0][i] + out[2][i]); }
        fill_not_ready(out[1], missing);
        return missing;
    }
    void visit(auto& state) { range_.visit(state); }

private:
    Range range_;
};

}  // namespace walras::features
