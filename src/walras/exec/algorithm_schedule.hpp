// When how much of a parent order is due: the part of TWAP and VWAP that knows no market. Pure values.
#pragma once

#include <span>
#include <vector>

#include "walras/model/execution.hpp"

namespace walras::exec {

// Steps of a cumulative quantity. The last step is the whole quantity: slices sum to it exactly.
class Schedule {
public:
    struct Step {
        TimeNs when{};
        Quantity due{};  // cumulative, from `when` on
    };

    Schedule() = default;
    // twap: `slices` equal slices at equal intervals from `start`; `randomize` moves each within its interval.
    static Schedule equal(Quantity quantity, TimeNs start, TimeNs end, int slices, double randomize,
                          std::uint64_t seed);
    // vwap: `slices` at equal intervals, as large as `weights` (of equal parts of the time) say.
    static Schedule curve(Quantity quantity, TimeNs start, TimeNs end, int slices, std::span<const double> weights);
    // All at once.
    static Schedule at_once(Quantity quantity, TimeNs start);

    [[nodiscard]] Quantity due(TimeNs now) const;
    [[nodiscard]] TimeNs next(TimeNs now) const;  // the first step after `now`; time_max when there is none
    [[nodiscard]] std::span<const Step> steps() const { return steps_; }

private:
    std::vector<Step> steps_;
};

// Volume by minute of the UTC day, as trades and bars have shown it so far.
class VolumeProfile {
public:
    void add(TimeNs ts, double lots) {
        if (volume_.empty() || ts >= minute_end_ || ts < minute_begin_) [[unlikely]] { open_minute(ts); }
        volume_[minute_] += lots;
    }
    // Spread evenly over the minutes of [open, close).
    void add_bar(TimeNs open, TimeNs close, double lots);
    [[nodiscard]] bool is_empty() const { return volume_.empty(); }
    // Expected volume of `parts` equal parts of [start, end). Minutes never seen count as the mean of the others; all
    // are 1 where nothing was seen.
    [[nodiscard]] std::vector<double> weights(TimeNs start, TimeNs end, int parts) const;

private:
    void open_minute(TimeNs ts);

    static constexpr std::size_t minutes = 1440;
    std::vector<double> volume_;  // by minute of the day
    std::vector<double> days_;    // on how many days the minute had volume
    std::size_t minute_ = 0;      // index of the current one
    TimeNs minute_begin_ = time_max;
    TimeNs minute_end_ = time_min;
};

// Throws ConfigError: a size, a time or a parameter without sense. `now` is the session's.
void validate(const model::ExecutionRequest& request, TimeNs now);

}  // namespace walras::exec
