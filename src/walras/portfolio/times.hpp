// A view of the times of rows: of TimeNs, or of bare nanoseconds (a column of a result, an array of NumPy).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "walras/core/time.hpp"

namespace walras::portfolio::stats {

class Times {
public:
    Times() = default;
    Times(std::span<const TimeNs> times) : times_(times) {}        // NOLINT(google-explicit-constructor)
    Times(std::span<const std::int64_t> ns) : nanoseconds_(ns) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] std::size_t size() const { return times_.size() + nanoseconds_.size(); }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] TimeNs operator[](std::size_t i) const {
        return times_.empty() ? TimeNs{nanoseconds_[i]} : times_[i];
    }
    [[nodiscard]] TimeNs front() const { return (*this)[0]; }
    [[nodiscard]] TimeNs back() const { return (*this)[size() - 1]; }

    // Index of the first time that falls; size() where none does.
    [[nodiscard]] std::size_t first_fall() const {
        return times_.empty() ? first_fall(nanoseconds_, [](std::int64_t t) { return t; })
                              : first_fall(times_, [](TimeNs t) { return t.ns; });
    }

    // The first row at or after `time`, looked for in growing steps from `row`, where all before `row` are earlier.
    [[nodiscard]] std::size_t first_at(TimeNs time, std::size_t row = 0) const {
        std::size_t low = row;
        std::size_t step = 1;
        for (; low + step <= size() && (*this)[low + step - 1] < time; step *= 2) { low += step; }
        std::size_t high = low + step < size() ? low + step : size();
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if ((*this)[middle] < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

private:
    template <class Span, class Read>
    static std::size_t first_fall(Span times, Read read) {
        constexpr std::size_t block = 1024;  // no way out inside: the comparisons run several at a time
        for (std::size_t start = 1; start < times.size(); start += block) {
            const std::size_t end = start + block < times.size() ? start + block : times.size();
            bool falls = false;
            for (std::size_t i = start; i < end; ++i) { falls |= read(times[i]) < read(times[i - 1]); }
            if (!falls) { continue; }
            for (std::size_t i = start; i < end; ++i) {
                if (read(times[i]) < read(times[i - 1])) { return i; }
            }
        }
        return times.size();
    }

    std::span<const TimeNs> times_{};
    std::span<const std::int64_t> nanoseconds_{};
};

// How far the times of daily rows lie behind the dates that they belong to. A daily bar ends with the last nanosecond
// of its day where it was made: in New York that is five in the morning UTC of the next day, where a Friday would be a
// Saturday and December would end in January. Rows a day or more apart that end like that are taken eleven hours back,
// which is right from UTC-11 to UTC+12; all others are not moved.
inline DurationNs lateness(const Times& times) {
    constexpr std::int64_t minute = 60'000'000'000;
    const auto ends_a_day = [](TimeNs t) { return t.ns > 0 && t.ns % minute == minute - 1; };
    if (times.empty() || !ends_a_day(times.front()) || !ends_a_day(times.back())) { return {}; }
    const auto steps = static_cast<std::int64_t>(times.size() - 1);
    const bool is_daily = steps == 0 || (times.back() - times.front()).ns / steps >= seconds(72'000).ns;  // 20 hours
    return is_daily ? seconds(39'600) : DurationNs{};
}

// The end of a period for rows that are `late`.
inline TimeNs later(TimeNs time, DurationNs late) { return time > time_max - late ? time_max : time + late; }

}  // namespace walras::portfolio::stats
