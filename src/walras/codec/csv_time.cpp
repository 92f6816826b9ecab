// What a cell of a CSV file says about time: dates, clock times, epochs, and the bar that they begin or end.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "walras/codec/csv.hpp"
#include "walras/codec/csv_text.hpp"

namespace walras::codec {
namespace {

constexpr std::int64_t day_ns = 86'400'000'000'000;
constexpr std::int64_t second_ns = 1'000'000'000;

// Reads exactly `digits` digits at the front.
bool take_digits(std::string_view& text, std::size_t digits, int& out) {
    if (text.size() < digits) { return false; }
    out = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') { return false; }
        out = out * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return true;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) { return false; }
    text.remove_prefix(1);
    return true;
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Days since 1970 of a civil date (H. Hinnant, "chrono-compatible low-level date algorithms"); the date must be valid.
std::int64_t days_of(int year, int month, int day) {
    const std::int64_t y = month <= 2 ? year - 1 : year;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t yoe = y - era * 400;
    const std::int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

bool is_date(int year, int month, int day) {
    constexpr std::array<int, 12> days{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1700 || year > 2250 || month < 1 || month > 12 || day < 1) { return false; }
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= (month == 2 && !leap ? 28 : days[static_cast<std::size_t>(month - 1)]);
}

}  // namespace

CsvReader::Stamp CsvReader::stamp() const {
    if (!has(clock_ms)) { return parse_time(trim(field(time))); }
    const double ms = number(clock_ms, "time");
    if (ms < 0 || ms > 86'400'000) {
        fail(fmt::format("{} milliseconds since midnight", ms), "they lie between 0 and 86,400,000");
    }
    Stamp out;
    if (has(time)) {
        out = parse_time(trim(field(time)));
        if (!out.is_date) { fail(fmt::format("{} is not a date", show(field(time))), "write 20131007 or 2013-10-07"); }
    } else if (options_.date != INT64_MIN) {
        out.wall = TimeNs{options_.date * day_ns};
    } else {
        fail("milliseconds since midnight need a date", "give `date`, or a column of dates");
    }
    out.is_date = false;
    out.wall = TimeNs{out.wall.ns + std::llrint(ms * 1e6)};
    return out;
}

CsvReader::Stamp CsvReader::parse_time(std::string_view text) const {
    const std::string_view whole = text;
    const auto reject = [&]() {
        fail(fmt::format("{} is not a time", show(whole)), "write 2013-10-07, 2013-10-07 09:31:00 or an epoch number");
    };
    Stamp out;
    if (all_digits(text) && text.size() >= 9) {  // an epoch; eight digits are a date
        std::int64_t value = 0;
        if (text.size() > 19 || std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) {
            reject();
        }
        const std::int64_t unit = value < 100'000'000'000LL           ? second_ns
                                  : value < 100'000'000'000'000LL     ? 1'000'000
                                  : value < 100'000'000'000'000'000LL ? 1'000
                                                                      : 1;
        if (__builtin_mul_overflow(value, unit, &value)) { reject(); }
        return {TimeNs{value}, true, false};
    }
    int year = 0;
    int month = 0;
    int day = 0;
    bool good = take_digits(text, 4, year);
    const char between =
        !text.empty() && (text.front() == '-' || text.front() == '/' || text.front() == '.') ? text.front() : '\0';
    if (between != '\0') { take(text, between); }
    good = good && take_digits(text, 2, month);
    if (between != '\0') { good = good && take(text, between); }
    good = good && take_digits(text, 2, day);
    if (!good || !is_date(year, month, day)) { reject(); }
    out.wall = TimeNs{days_of(year, month, day) * day_ns};
    if (text.empty()) {
        out.is_date = true;
        return out;
    }
    int hour = 0;
    int minute = 0;
    int second = 0;
    good = (take(text, ' ') || take(text, 'T')) && take_digits(text, 2, hour);
    const bool colons = take(text, ':');
    good = good && take_digits(text, 2, minute);
    if (colons ? take(text, ':') : !text.empty()) { good = good && take_digits(text, 2, second); }
    if (!good || hour > 23 || minute > 59 || second > 59) { reject(); }
    std::int64_t fraction = 0;
    if (take(text, '.')) {
        std::int64_t unit = second_ns;
        std::size_t digits = 0;
        for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
            unit /= 10;
            fraction += unit * (text.front() - '0');
        }
        if (digits == 0) { reject(); }
    }
    out.wall = TimeNs{out.wall.ns + (hour * 3600LL + minute * 60LL + second) * second_ns + fraction};
    if (take(text, 'Z')) {
        out.is_utc = true;
    } else if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        const std::int64_t sign = text.front() == '-' ? -1 : 1;
        text.remove_prefix(1);
        int hours = 0;
        int minutes = 0;
        if (!take_digits(text, 2, hours)) { reject(); }
        take(text, ':');
        if (!take_digits(text, 2, minutes) || hours > 23 || minutes > 59) { reject(); }
        out.wall = TimeNs{out.wall.ns - sign * (hours * 3600LL + minutes * 60LL) * second_ns};
        out.is_utc = true;
    } else if (hour == 0 && minute == 0 && second == 0 && fraction == 0 && options_.step.ns == 0) {
        out.is_date = true;  // LEAN writes daily bars as "19980102 00:00"
    }
    if (!text.empty()) { reject(); }
    return out;
}

TimeNs CsvReader::utc(const Stamp& stamp, DurationNs after) const {
    const TimeNs wall = stamp.wall + after;
    return stamp.is_utc || !options_.to_utc ? wall : options_.to_utc(wall);
}

void CsvReader::set_bar_times(model::Event& event, TimeNs& open_time) const {
    const Stamp when = stamp();
    if (when.is_date && options_.step.ns % day_ns == 0) {
        open_time = utc(when);
        event.ts_event = utc(when, DurationNs{options_.step.ns == 0 ? day_ns : options_.step.ns}) - DurationNs{1};
        return;
    }
    if (options_.step.ns == 0) { fail("nobody says how long the bar is", "give `step`"); }
    const TimeNs at = utc(when);
    std::int64_t other = 0;
    if (options_.stamp_is_close ? __builtin_sub_overflow(at.ns, options_.step.ns, &other)
                                : __builtin_add_overflow(at.ns, options_.step.ns, &other)) {
        fail("the time is off the scale", "check the time column and `step`");
    }
    open_time = options_.stamp_is_close ? TimeNs{other} : at;
    event.ts_event = options_.stamp_is_close ? at : TimeNs{other};
}

}  // namespace walras::codec
