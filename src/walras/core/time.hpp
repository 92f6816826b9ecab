// Nanoseconds since 1970-01-01T00:00:00 UTC. The core knows no time zones and never asks the wall clock.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace walras {

struct DurationNs {
    std::int64_t ns = 0;
    auto operator<=>(const DurationNs&) const = default;
    friend constexpr DurationNs operator+(DurationNs a, DurationNs b) { return {a.ns + b.ns}; }
};

constexpr DurationNs milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr DurationNs seconds(std::int64_t n) { return {n * 1'000'000'000}; }
constexpr DurationNs days(std::int64_t n) { return {n * 86'400'000'000'000}; }

struct TimeNs {
    std::int64_t ns = 0;
    auto operator<=>(const TimeNs&) const = default;
    friend constexpr TimeNs operator+(TimeNs t, DurationNs d) { return {t.ns + d.ns}; }
    friend constexpr TimeNs operator-(TimeNs t, DurationNs d) { return {t.ns - d.ns}; }
    friend constexpr DurationNs operator-(TimeNs a, TimeNs b) { return {a.ns - b.ns}; }
};

inline constexpr TimeNs time_min{INT64_MIN};
inline constexpr TimeNs time_max{INT64_MAX};

// The UTC day number, for daily roll-overs: floor(ns / 86400e9).
constexpr std::int64_t utc_day(TimeNs t) {
    constexpr std::int64_t day = 86'400'000'000'000;
    return t.ns >= 0 ? t.ns / day : -((-t.ns + day - 1) / day);
}

// "2013-10-07T13:31:00Z", with fractional digits only where they are not zero.
std::string format_time(TimeNs t);

// Midnight UTC of a civil date in the proleptic Gregorian calendar.
TimeNs from_civil(int year, int month, int day);

}  // namespace walras
