// Gains against losses.
#pragma once

#include <cmath>

#include "walras/features/rate_of_change.hpp"
#include "walras/features/rolling_extreme.hpp"

namespace walras::features {

// Wilder's averages of gains and losses (1978); the first mean is over the first `period` changes.
class GainsAndLosses {
public:
    explicit GainsAndLosses(int period) : change_(1), gain_(Ema::wilder(period)), loss_(Ema::wilder(period)) {}
    std::size_t run(const double* in, double* gain, double* loss, std::size_t rows) {
        Column up;
        Column down;
        Column change;
        const std::size_t skip = change_.run(in, change.data(), rows);
        for (std::size_t i = skip; i < rows; ++i) {
            up[i] = change[i] > 0 ? change[i] : 0;
            down[i] = change[i] < 0 ? -change[i] : 0;
        }
        run_after(skip, gain_, up.data(), gain, rows);
        return run_after(skip, loss_, down.data(), loss, rows);
    }
    void visit(auto& state) {
        change_.visit(state);
        gain_.visit(state);
        loss_.visit(state);
    }

private:
    Momentum change_;
    Ema gain_;
    Ema loss_;
};

// Relative strength index: 100 gain / (gain + loss); 0 where nothing ever changed (TA-Lib).
class Rsi {
public:
    explicit Rsi(int period) : averages_(require_period("Rsi", period)) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column loss;
        const std::size_t missing = averages_.run(in, out, loss.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[i] = 100 * ratio_or(out[i], out[i] + loss[i], 0); }
        return missing;
    }
    void visit(auto& state) { averages_.visit(state); }

private:
    GainsAndLosses averages_;
};

// Chande's momentum oscillator with Wilder's averages: 100 (gain - loss) / (gain + loss); 0 where nothing ever changed.
class Cmo {
public:
    explicit Cmo(int period) : averages_(require_period("Cmo", period)) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column loss;
        const std::size_t missing = averages_.run(in, out, loss.data(), rows);
        for (std::size_t i = missing; i < rows; ++i) { out[i] = 100 * ratio_or(out[i] - loss[i], out[i] + loss[i], 0); }
        return missing;
    }
    void visit(auto& state) { averages_.visit(state); }

private:
    GainsAndLosses averages_;
};

// Where a value lies between the lowest and the highest of the last `period`, in percent; 0 where they are equal, or
// nearer to each other than `flat`, the rounding of what is read.
class PercentOfRange {
public:
    explicit PercentOfRange(int period, double flat = 0) : low_(period), high_(period), flat_(flat) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column low;
        low_.run(in, low.data(), rows);
        const std::size_t missing = high_.run(in, out, rows);
        for (std::size_t i = missing; i < rows; ++i) {
            const double range = out[i] - low[i];
            out[i] = 100 * ratio_or(in[i] - low[i], range > flat_ ? range : 0, 0);
        }
        return missing;
    }
    void visit(auto& state) {
        low_.visit(state);
        high_.visit(state);
    }

private:
    RollingMin low_;
    RollingMax high_;
    double flat_;
};

// Stochastic RSI (Chande and Kroll 1994): where the RSI lies in its own range, and the average of that.
class StochRsi {
public:
    StochRsi(int period, int fast_k, int fast_d) : rsi_(period), range_(fast_k, rsi_rounding), average_(fast_d) {}
    std::size_t run(Reads<1> in, Writes<2> out, std::size_t rows) {
        Column rsi;
        const std::size_t skip = rsi_.run(in[0], rsi.data(), rows);
        const std::size_t from = run_after(skip, range_, rsi.data(), out[0], rows);
        const std::size_t missing = run_after(from, average_, out[0], out[1], rows);
        fill_not_ready(out[0], missing);  // both begin together (TA-Lib)
        return missing;
    }
    void visit(auto& state) {
        rsi_.visit(state);
        range_.visit(state);
        average_.visit(state);
    }

private:
    static constexpr double rsi_rounding = 1e-10;
    Rsi rsi_;
    PercentOfRange range_;
    Sma average_;
};

// Connors RSI (2012): the mean of the RSI, of the RSI of the streak (days up or down in a row, with sign), and of the
// percent rank of the last relative change among the `rank` changes before it (how many were smaller).
class ConnorsRsi {
public:
    ConnorsRsi(int period, int streak, int rank) : rsi_(period), streak_rsi_(streak), changes_(rank) {}
    std::size_t run(const double* in, double* out, std::size_t rows) {
        Column streaks;
        Column streak_rsi;
        for (std::size_t i = 0; i < rows; ++i) { streaks[i] = follow(in[i]); }
        const std::size_t one = rsi_.run(in, out, rows);
        const std::size_t two = streak_rsi_.run(streaks.data(), streak_rsi.data(), rows);
        std::size_t missing = std::max(one, two);
        for (std::size_t i = 0; i < rows; ++i) {
            const double rank = percent_rank(in[i]);
            if (std::isnan(rank)) { missing = std::max(missing, i + 1); }
            out[i] = (out[i] + streak_rsi[i] + rank) / 3;
        }
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) {
        rsi_.visit(state);
        streak_rsi_.visit(state);
        changes_.visit(state);
        state(streak_);
        state(previous_);
        state(ranked_);
        state(has_previous_);
        state(has_ranked_);
    }

private:
    double follow(double x) {
        if (has_previous_) {
            const double up = streak_ > 0 ? streak_ + 1 : 1;
            const double down = streak_ < 0 ? streak_ - 1 : -1;
            streak_ = x > previous_ ? up : x < previous_ ? down : streak_;
        }
        previous_ = x;
        has_previous_ = true;
        return streak_;
    }
    double percent_rank(double x) {
        double rank = not_ready;
        if (has_ranked_) {
            const double change = RelativeChange::of(x, ranked_);
            if (changes_.is_full()) {
                const std::size_t smaller = changes_.count_below(change);
                rank = 100.0 * static_cast<double>(smaller) / static_cast<double>(changes_.capacity());
            }
            changes_.push(change);
        }
        ranked_ = x;
        has_ranked_ = true;
        return rank;
    }

    Rsi rsi_;
    Rsi streak_rsi_;
    Ring changes_;
    double streak_ = 0;
    double previous_ = 0;
    double ranked_ = 0;
    bool has_previous_ = false;
    bool has_ranked_ = false;
};

}  // namespace walras::features
