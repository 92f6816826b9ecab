// Indicators that begin again with each session. `session` is any number that changes when a session begins: the date,
// or a counter.
#pragma once

#include "walras/features/averages.hpp"
#include "walras/features/typical_price.hpp"

namespace walras::features {

// Volume-weighted average of the typical price since the session began; the typical price while there is no volume.
class SessionVwap {
public:
    std::size_t run(Reads<5> in, Writes<1> out, std::size_t rows) {
        const auto [high, low, close, volume, session] = in;
        if (rows == 0) { return 0; }
        Column typical;
        std::uint64_t begins = session[0] != session_ ? 1 : 0;
        for (std::size_t i = 1; i < rows; ++i) { begins |= session[i] != session[i - 1] ? 1U : 0U; }
        for (std::size_t i = 0; i < rows; ++i) { typical[i] = typical_price(high[i], low[i], close[i]); }
        double value = value_;
        double total = total_;
        if (begins != 0) {
            for (std::size_t i = 0; i < rows; ++i) {
                const bool is_first = session[i] != (i == 0 ? session_ : session[i - 1]);
                value = (is_first ? 0 : value) + typical[i] * volume[i];
                total = (is_first ? 0 : total) + volume[i];
                out[0][i] = ratio_or(value, total, typical[i]);
            }
        } else {
            // The sums wait for themselves: there is time for the divisions, and to fetch the next stretch.
            for (std::size_t i = 0; i < rows; ++i) {
                if (i % fetched_rows == 0) { fetch_next(in, out[0], i); }
                value += typical[i] * volume[i];
                total += volume[i];
                out[0][i] = ratio_or(value, total, typical[i]);
            }
        }
        value_ = value;
        total_ = total;
        session_ = session[rows - 1];
        return 0;
    }
    void visit(auto& state) {
        state(value_);
        state(total_);
        state(session_);
    }

private:
    double value_ = 0;
    double total_ = 0;
    double session_ = not_ready;  // unequal to everything
};

// Volume-weighted average of the typical price of the last `period` bars.
class RollingVwap {
public:
    explicit RollingVwap(int period) : average_(period) {}
    std::size_t run(Reads<4> in, Writes<1> out, std::size_t rows) {
        const auto [high, low, close, volume] = in;
        Column typical;
        for (std::size_t i = 0; i < rows; ++i) { typical[i] = typical_price(high[i], low[i], close[i]); }
        return average_.run({typical.data(), volume}, out, rows);
    }
    void visit(auto& state) { average_.visit(state); }

private:
    Vwma average_;
};

// Relative daily volume: the volume since the session began over the mean of what it was after as many bars in the last
// `period` sessions, each of which counts whole where it was shorter. Bars beyond `bars` of a session share one place.
// Ready with the first bar after `period` whole sessions; 0 where they had no volume.
class RelativeDailyVolume {
public:
    RelativeDailyVolume(int period, int bars)
        : sessions_(static_cast<std::size_t>(require_period("RelativeDailyVolume", period))),
          bars_(static_cast<std::size_t>(require_period("RelativeDailyVolume bars", bars))),
          past_(sessions_ * bars_),
          today_(bars_) {}
    double update(double volume, double session) {
        if (session != session_) {
            if (started_) { keep_session(); }
            started_ = true;
            session_ = session;
            bar_ = 0;
            total_ = 0;
        }
        total_ += volume;
        const std::size_t at = std::min(bar_, bars_ - 1);
        today_[at] = total_;
        bar_ = std::min(bar_ + 1, bars_);
        if (known_ < sessions_) { return not_ready; }
        double sum = 0;
        for (std::size_t s = 0; s < sessions_; ++s) { sum += past_[s * bars_ + at]; }
        return ratio_or(total_, sum / static_cast<double>(sessions_), 0);
    }
    void visit(auto& state) {
        state(past_);
        state(today_);
        state(session_);
        state(total_);
        state.below(bar_, bars_ + 1);
        state.below(next_, sessions_);
        state.below(known_, sessions_ + 1);
        state(started_);
    }

private:
    void keep_session() {
        std::fill(today_.begin() + static_cast<std::ptrdiff_t>(bar_), today_.end(), total_);
        std::ranges::copy(today_, past_.begin() + static_cast<std::ptrdiff_t>(next_ * bars_));
        next_ = next_ + 1 == sessions_ ? 0 : next_ + 1;
        known_ = std::min(known_ + 1, sessions_);
    }

    std::size_t sessions_;
    std::size_t bars_;
    std::vector<double> past_;   // totals after each bar: [session][bar]
    std::vector<double> today_;  // [bar]
    double session_ = not_ready;
    double total_ = 0;
    std::size_t bar_ = 0;
    std::size_t next_ = 0;
    std::size_t known_ = 0;
    bool started_ = false;
};

}  // namespace walras::features
