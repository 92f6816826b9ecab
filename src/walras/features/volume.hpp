// Volume that flows with the price.
#pragma once

#include <cmath>

#include "walras/features/averages.hpp"
#include "walras/features/typical_price.hpp"

namespace walras::features {

// The sum of everything so far.
class RunningTotal {
public:
    explicit RunningTotal(double start = 0) : total_(start) {}
    void run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        double total = total_;
        for (std::size_t i = 0; i < rows; ++i) { out[i] = total += in[i]; }
        total_ = total;
    }
    // Of term(row), for which the sum does not wait.
    template <std::size_t I, class Term>
    void run(const Reads<I>& in, double* __restrict out, std::size_t rows, Term term) {
        double total = total_;
        constexpr std::size_t piece = 4 * fetched_rows;
        std::array<double, piece> terms;
        for (std::size_t i = 0; i < rows; i += piece) {
            const std::size_t count = std::min(piece, rows - i);
            Reads<I> here;
            for (std::size_t k = 0; k < I; ++k) { here[k] = in[k] + i; }
            each_row(here, out + i, count, [&terms, term, i](std::size_t j) { terms[j] = term(i + j); });
            for (std::size_t j = 0; j < count; ++j) { out[i + j] = total += terms[j]; }
        }
        total_ = total;
    }
    void visit(auto& state) { state(total_); }

private:
    double total_;
};

// On-balance volume (Granville 1963): the volume of bars that closed higher minus that of bars that closed lower; the
// first bar counts as higher (TA-Lib).
class Obv {
public:
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        const auto [close, volume] = in;
        Column before;
        Column flow;
        const std::size_t first = before_.run(close, before.data(), rows);
        for (std::size_t i = 0; i < first; ++i) { before[i] = -std::numeric_limits<double>::infinity(); }
        for (std::size_t i = 0; i < rows; ++i) {
            const double up = close[i] > before[i] ? volume[i] : 0;
            const double down = close[i] < before[i] ? volume[i] : 0;
            flow[i] = up - down;
        }
        total_.run(flow.data(), out[0], rows);
        return 0;
    }
    void visit(auto& state) {
        before_.visit(state);
        total_.visit(state);
    }

private:
    Lag before_{1};
    RunningTotal total_;
};

// The simple average of on-balance volume.
class SmoothedObv {
public:
    explicit SmoothedObv(int period) : average_(period) {}
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        Column obv;
        obv_.run(in, {obv.data()}, rows);
        return average_.run(obv.data(), out[0], rows);
    }
    void visit(auto& state) {
        obv_.visit(state);
        average_.visit(state);
    }

private:
    Obv obv_;
    Sma average_;
};

// Money flow volume (Chaikin): volume times ((close - low) - (high - close)) / (high - low); 0 where the bar has no
// range.
inline double money_flow_volume(const Reads<4>& in, std::size_t row) {
    const auto [high, low, close, volume] = in;
    const double balance = (close[row] - low[row]) - (high[row] - close[row]);
    return ratio_or(balance, high[row] - low[row], 0) * volume[row];
}

// Accumulation/distribution line: the running total of the money flow volume.
class AccumulationDistribution {
public:
    std::size_t run(Reads<4> in, Writes<1> out, std::size_t rows) {
        total_.run(in, out[0], rows, [in](std::size_t row) { return money_flow_volume(in, row); });
        return 0;
    }
    void visit(auto& state) { total_.visit(state); }

private:
    RunningTotal total_;
};

// Chaikin oscillator: fast minus slow exponential average of the accumulation/distribution line. Both begin with its
// first value; ready with bar `slow` (TA-Lib).
class ChaikinOscillator {
public:
    ChaikinOscillator(int fast, int slow)
        : fast_(fast, EmaSeed::first),
          slow_(slow, EmaSeed::first),
          settle_(static_cast<std::size_t>(std::max(fast, slow)) - 1) {}
    std::size_t run(Reads<4> in, Writes<1> out, std::size_t rows) {
        Column line;
        Column slow;
        line_.run(in, {line.data()}, rows);
        fast_.run(line.data(), out[0], rows);
        slow_.run(line.data(), slow.data(), rows);
        for (std::size_t i = 0; i < rows; ++i) { out[0][i] -= slow[i]; }
        const std::size_t missing = std::min(rows, settle_ - settled_);
        settled_ += missing;
        fill_not_ready(out[0], missing);
        return missing;
    }
    void visit(auto& state) {
        line_.visit(state);
        fast_.visit(state);
        slow_.visit(state);
        state.below(settled_, settle_ + 1);
    }

private:
    AccumulationDistribution line_;
    Ema fast_;
    Ema slow_;
    std::size_t settle_;
    std::size_t settled_ = 0;
};

// Chaikin money flow: money flow volume over volume, both summed over `period`; 0 where there was no volume.
class ChaikinMoneyFlow {
public:
    explicit ChaikinMoneyFlow(int period) : flow_(period), volume_(period) {}
    std::size_t run(Reads<4> in, Writes<1> out, std::size_t rows) {
        Column flow;
        Column total;
        each_row(in, out[0], rows, [in, to = flow.data()](std::size_t i) { to[i] = money_flow_volume(in, i); });
        flow_.run(flow.data(), out[0], rows);
        const std::size_t missing = volume_.run(in[3], total.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[0][i] = ratio_or(out[0][i], total[i], 0); }
        return missing;
    }
    void visit(auto& state) {
        flow_.visit(state);
        volume_.visit(state);
    }

private:
    RollingSum flow_;
    RollingSum volume_;
};

// Money flow index (Quong and Soudack 1989): typical price times volume of bars whose typical price rose, in percent of
// that of bars whose typical price rose or fell, over `period`; 0 where there was none.
class MoneyFlowIndex {
public:
    explicit MoneyFlowIndex(int period) : positive_(period), negative_(period) {}
    std::size_t run(Reads<4> in, Writes<1> out, std::size_t rows) {
        const auto [high, low, close, volume] = in;
        Column typical;
        Column fallen;
        Column up;
        Column down;
        for (std::size_t i = 0; i < rows; ++i) { typical[i] = typical_price(high[i], low[i], close[i]); }
        const std::size_t skip = before_.each(
            typical.data(), rows,
            [price = typical.data(), volume, rise = up.data(), fall = down.data()](std::size_t i, double b) {
                const double flow = price[i] * volume[i];
                rise[i] = price[i] > b ? flow : 0;
                fall[i] = price[i] < b ? flow : 0;
            });
        run_after(skip, negative_, down.data(), fallen.data(), rows);
        const std::size_t missing = run_after(skip, positive_, up.data(), out[0], rows);
        for (std::size_t i = missing; i < rows; ++i) {
            out[0][i] = 100 * ratio_or(out[0][i], out[0][i] + fallen[i], 0);
        }
        return missing;
    }
    void visit(auto& state) {
        before_.visit(state);
        positive_.visit(state);
        negative_.visit(state);
    }

private:
    Lag before_{1};
    RollingSum positive_;
    RollingSum negative_;
};

// Elder's force index (1993): the exponential average of the change of the close times the volume.
class ForceIndex {
public:
    explicit ForceIndex(int period) : average_(period) {}
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        const double* const close = in[0];
        const double* const volume = in[1];
        Column force;
        const std::size_t skip =
            before_.each(close, rows, [close, volume, to = force.data()](std::size_t i, double before) {
                to[i] = (close[i] - before) * volume[i];
            });
        return run_after(skip, average_, force.data(), out[0], rows);
    }
    void visit(auto& state) {
        before_.visit(state);
        average_.visit(state);
    }

private:
    Lag before_{1};
    Ema average_;
};

// Price volume trend: the running total of volume times relative change; 0 with the first bar.
class PriceVolumeTrend {
public:
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        const auto [close, volume] = in;
        Column before;
        std::fill_n(before.data(), before_.run(close, before.data(), rows), 0.0);
        total_.run(in, out[0], rows, [&, close, volume](std::size_t row) {
            return volume[row] * ratio_or(close[row] - before[row], before[row], 0);
        });
        return 0;
    }
    void visit(auto& state) {
        before_.visit(state);
        total_.visit(state);
    }

private:
    Lag before_{1};
    RunningTotal total_;
};

// Negative and positive volume index (Dysart 1936, Fosback 1976): begins at 1000 and follows the close on bars with
// less
// (`Sign` = -1) or more (1) volume than the bar before.
template <int Sign>
class VolumeIndex {
public:
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        const auto [close, volume] = in;
        Column growth;
        Column volume_before;
        const std::size_t first = close_.run(close, growth.data(), rows);
        volume_.run(volume, volume_before.data(), rows);
        std::fill_n(growth.data(), first, 1.0);
        for (std::size_t i = first; i < rows; ++i) {
            const bool counts = Sign * (volume[i] - volume_before[i]) > 0;
            growth[i] = counts ? 1 + ratio_or(close[i] - growth[i], growth[i], 0) : 1;
        }
        for (std::size_t i = 0; i < rows; ++i) { out[0][i] = index_ *= growth[i]; }
        return 0;
    }
    void visit(auto& state) {
        close_.visit(state);
        volume_.visit(state);
        state(index_);
    }

private:
    Lag close_{1};
    Lag volume_{1};
    double index_ = 1000;
};

}  // namespace walras::features
