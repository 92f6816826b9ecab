// Fast averages against slow ones.
#pragma once

#include "walras/features/averages.hpp"

namespace walras::features {

enum class AverageKind { ema, sma };

// A fast and a slow average of the same values, each with its own warm-up.
class AveragePair {
public:
    AveragePair(int fast, int slow, AverageKind kind, EmaSeed seed)
        : kind_(kind), fast_ema_(fast, seed), slow_ema_(slow, seed), fast_sma_(fast), slow_sma_(slow) {}
    std::size_t run(const double* in, double* fast, double* slow, std::size_t rows) {
        if (kind_ == AverageKind::sma) {
            const std::size_t first = fast_sma_.run(in, fast, rows);
            return std::max(first, slow_sma_.run(in, slow, rows));
        }
        const std::size_t first = fast_ema_.run(in, fast, rows);
        return std::max(first, slow_ema_.run(in, slow, rows));
    }
    void visit(auto& state) {
        fast_ema_.visit(state);
        slow_ema_.visit(state);
        fast_sma_.visit(state);
        slow_sma_.visit(state);
    }

private:
    AverageKind kind_;
    Ema fast_ema_;
    Ema slow_ema_;
    Sma fast_sma_;
    Sma slow_sma_;
};

// Absolute price oscillator: fast average minus slow average.
class Apo {
public:
    Apo(int fast, int slow, AverageKind kind, EmaSeed seed)
        : averages_(std::min(fast, slow), std::max(fast, slow), kind, seed) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column slow;
        const std::size_t missing = averages_.run(in, out, slow.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[i] -= slow[i]; }
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) { averages_.visit(state); }

private:
    AveragePair averages_;
};

// Percentage price oscillator: fast average over slow average, less one, in percent; 0 where the slow one is zero.
class Ppo {
public:
    Ppo(int fast, int slow, AverageKind kind, EmaSeed seed)
        : averages_(std::min(fast, slow), std::max(fast, slow), kind, seed) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column slow;
        const std::size_t missing = averages_.run(in, out, slow.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[i] = 100 * ratio_or(out[i] - slow[i], slow[i], 0); }
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) { averages_.visit(state); }

private:
    AveragePair averages_;
};

// Moving average convergence and divergence (Appel 1979): macd, signal, histogram; all three begin with the signal.
// With seed `sma` the fast average begins with the mean of the values before the slow one's first (TA-Lib).
class Macd {
public:
    Macd(int fast, int slow, int signal, EmaSeed seed)
        : fast_(seed == EmaSeed::sma ? static_cast<std::size_t>(std::abs(slow - fast)) : 0,
                Ema(std::min(fast, slow), seed)),
          slow_(std::max(fast, slow), seed),
          signal_(signal, seed) {}
    std::size_t run(Reads<1> in, Writes<3> out, std::size_t rows) {
        fast_.run(in[0], out[0], rows);
        const std::size_t skip = slow_.run(in[0], out[2], rows);
        for (std::size_t i = skip; i < rows; ++i) { out[0][i] -= out[2][i]; }
        const std::size_t missing = run_after(skip, signal_, out[0], out[1], rows);
        for (std::size_t i = missing; i < rows; ++i) { out[2][i] = out[0][i] - out[1][i]; }
        fill_not_ready(out[0], missing);
        fill_not_ready(out[2], missing);
        return missing;
    }
    void visit(auto& state) {
        fast_.visit(state);
        slow_.visit(state);
        signal_.visit(state);
    }

private:
    LateStart<Ema> fast_;
    Ema slow_;
    Ema signal_;
};

// Awesome oscillator (Williams): average of the bars' middles over `fast` minus that over `slow`.
class Awesome {
public:
    Awesome(int fast, int slow) : difference_(fast, slow, AverageKind::sma, EmaSeed::sma) {}
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        const auto [high, low] = in;
        Column middle;
        for (std::size_t i = 0; i < rows; ++i) { middle[i] = 0.5 * (high[i] + low[i]); }
        return difference_.run(middle.data(), out[0], rows);
    }
    void visit(auto& state) { difference_.visit(state); }

private:
    Apo difference_;
};

}  // namespace walras::features
