#include "walras/exec/algorithm_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "walras/core/error.hpp"
#include "walras/core/int128.hpp"
#include "walras/core/random.hpp"

namespace walras::exec {

using model::ExecutionAlgorithm;

namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;
constexpr std::uint32_t slice_stream = 0x7477'6170;  // "twap"

// part / whole of `total`, rounded down.
std::int64_t share(std::int64_t total, std::int64_t part, std::int64_t whole) {
    return static_cast<std::int64_t>(static_cast<core::int128>(total) * part / whole);
}

TimeNs slice_start(TimeNs start, TimeNs end, int slice, int slices) {
    return start + DurationNs{share((end - start).ns, slice, slices)};
}

std::int64_t minute_of(TimeNs ts) { return utc_day(ts) * 1440 + (ts.ns - utc_day(ts) * 1440 * minute_ns) / minute_ns; }

}  // namespace

Schedule Schedule::equal(Quantity quantity, TimeNs start, TimeNs end, int slices, double randomize,
                         std::uint64_t seed) {
    Schedule out;
    const auto interval = static_cast<double>((end - start).ns) / slices;
    for (int i = 0; i < slices; ++i) {
        TimeNs when = slice_start(start, end, i, slices);
        if (randomize > 0) {
            core::Random random{{seed, slice_stream, 0, static_cast<std::uint64_t>(i)}};
            when = when + DurationNs{static_cast<std::int64_t>(random.uniform() * randomize * interval)};
        }
        out.steps_.push_back({when, Quantity{share(quantity.lots, i + 1, slices)}});
    }
    return out;
}

Schedule Schedule::curve(Quantity quantity, TimeNs start, TimeNs end, int slices, std::span<const double> weights) {
    Schedule out;
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    const auto parts = static_cast<double>(weights.size());
    std::size_t part = 0;
    double before = 0;  // of all parts before `part`
    for (int i = 0; i < slices; ++i) {
        const double at = parts * (i + 1) / slices;  // in parts of the time
        while (part + 1 < weights.size() && at >= static_cast<double>(part + 1)) { before += weights[part++]; }
        const double within = std::min(1.0, at - static_cast<double>(part));
        const double fraction = std::min(1.0, (before + within * weights[part]) / total);
        const bool is_last = i + 1 == slices;
        const auto lots = std::int64_t{std::llround(static_cast<double>(quantity.lots) * fraction)};
        out.steps_.push_back(
            {slice_start(start, end, i, slices), is_last ? quantity : Quantity{std::min(lots, quantity.lots)}});
    }
    return out;
}

Schedule Schedule::at_once(Quantity quantity, TimeNs start) {
    Schedule out;
    out.steps_.push_back({start, quantity});
    return out;
}

Quantity Schedule::due(TimeNs now) const {
    const auto after = std::ranges::upper_bound(steps_, now, {}, &Step::when);
    return after == steps_.begin() ? Quantity{} : std::prev(after)->due;
}

TimeNs Schedule::next(TimeNs now) const {
    const auto after = std::ranges::upper_bound(steps_, now, {}, &Step::when);
    return after == steps_.end() ? time_max : after->when;
}

// ---- volume -----------------------------------------------------------------------------------------------------

void VolumeProfile::open_minute(TimeNs ts) {
    if (volume_.empty()) {
        volume_.assign(minutes, 0);
        days_.assign(minutes, 0);
    }
    const std::int64_t minute = minute_of(ts);
    const auto index = static_cast<std::size_t>(minute - utc_day(ts) * 1440);
    minute_ = index;
    days_[index] += 1;
    minute_begin_ = TimeNs{minute * minute_ns};
    minute_end_ = TimeNs{(minute + 1) * minute_ns};
}

void VolumeProfile::add_bar(TimeNs open, TimeNs close, double lots) {
    const std::int64_t first = minute_of(open);
    const std::int64_t last = std::max(first, minute_of(close - DurationNs{1}));
    if (last - first >= 1440 || !(lots > 0)) { return; }  // a bar of a day says nothing about its hours
    for (std::int64_t minute = first; minute <= last; ++minute) {
        add(TimeNs{minute * minute_ns}, lots / static_cast<double>(last - first + 1));
    }
}

std::vector<double> VolumeProfile::weights(TimeNs start, TimeNs end, int parts) const {
    std::vector<double> out(static_cast<std::size_t>(parts), 1.0);
    double sum = 0;
    double seen = 0;
    for (std::size_t i = 0; i < volume_.size(); ++i) {
        if (days_[i] > 0) {
            sum += volume_[i] / days_[i];
            seen += 1;
        }
    }
    if (!(sum > 0)) { return out; }
    const double mean = sum / seen;
    for (int part = 0; part < parts; ++part) {
        TimeNs at = slice_start(start, end, part, parts);
        const TimeNs to = slice_start(start, end, part + 1, parts);
        double expected = 0;
        while (at < to) {
            const std::int64_t minute = minute_of(at);
            const TimeNs until = std::min(to, TimeNs{(minute + 1) * minute_ns});
            const auto index = static_cast<std::size_t>(minute - utc_day(at) * 1440);
            const double volume = days_[index] > 0 ? volume_[index] / days_[index] : mean;
            expected += volume * (static_cast<double>((until - at).ns) / static_cast<double>(minute_ns));
            at = until;
        }
        out[static_cast<std::size_t>(part)] = expected;
    }
    return out;
}

// ---- requests ----------------------------------------------------------------------------------------------------

void validate(const model::ExecutionRequest& r, TimeNs now) {
    const auto require = [](bool holds, const char* what) {
        if (!holds) { throw ConfigError(fmt::format("This execution cannot be worked: {}", what)); }
    };
    require(r.quantity.lots > 0, "the quantity must be positive; say sell with the side.");
    const bool is_timed = r.algorithm == ExecutionAlgorithm::twap || r.algorithm == ExecutionAlgorithm::vwap;
    require(r.duration.ns >= 0, "the duration is negative.");
    require(!is_timed || r.duration.ns > 0, "twap and vwap need a duration.");
    require(r.start == time_min || r.start >= now, "its start is in the past; leave it out to begin now.");
    require(r.slices >= 0, "the number of slices is negative.");
    require(r.randomize >= 0 && r.randomize <= 1, "randomize is a fraction of the interval, from 0 to 1.");
    if (r.algorithm == ExecutionAlgorithm::vwap && !r.curve.empty()) {
        const auto is_weight = [](double w) { return std::isfinite(w) && w >= 0; };
        require(std::ranges::all_of(r.curve, is_weight),
                "weights of the volume curve must be finite and not negative.");
        require(std::accumulate(r.curve.begin(), r.curve.end(), 0.0) > 0, "the volume curve has no weight.");
    }
    if (r.algorithm == ExecutionAlgorithm::pov) {
        require(r.rate > 0 && r.rate <= 1, "rate is a fraction of the traded volume, above 0 and at most 1.");
        require(r.max_rate == 0 || (r.max_rate >= r.rate && r.max_rate <= 1),
                "max_rate lies between rate and 1; leave it out for rate itself.");
        require(r.min_clip.lots > 0, "min_clip must be at least one lot.");
        require(r.max_clip.is_zero() || r.max_clip >= r.min_clip, "max_clip is below min_clip.");
        require(!r.sweep, "a sweep at the end would break the participation rate; leave sweep out.");
    }
    if (r.algorithm == ExecutionAlgorithm::iceberg) {
        require(r.display.lots > 0, "an iceberg needs the size that it displays.");
        require(r.urgency == model::Urgency::passive, "an iceberg rests; use twap or pov to take.");
        require(!r.sweep || r.duration.ns > 0, "a sweep needs an end; give a duration.");
    }
}

}  // namespace walras::exec
