#include "walras/core/time.hpp"

#include <fmt/format.h>

#include <chrono>

namespace walras {

std::string format_time(TimeNs t) {
    using namespace std::chrono;
    const std::int64_t day = utc_day(t);
    const year_month_day date{sys_days{std::chrono::days{day}}};
    const std::int64_t rest = t.ns - day * 86'400'000'000'000;
    const std::int64_t second = rest / 1'000'000'000;
    std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600,
                                  second / 60 % 60, second % 60);
    if (const std::int64_t fraction = rest % 1'000'000'000; fraction != 0) {
        std::string digits = fmt::format("{:09}", fraction);
        digits.erase(digits.find_last_not_of('0') + 1);
        out += "." + digits;
    }
    return out + "Z";
}

TimeNs from_civil(int year, int month, int day) {
    using namespace std::chrono;
    const sys_days date{std::chrono::year{year} / std::chrono::month{static_cast<unsigned>(month)} /
                        std::chrono::day{static_cast<unsigned>(day)}};
    return TimeNs{date.time_since_epoch().count() * 86'400'000'000'000};
}

}  // namespace walras
