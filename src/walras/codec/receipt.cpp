#include "walras/codec/receipt.hpp"

#include "walras/codec/csv_text.hpp"
#include "walras/codec/decimal_text.hpp"

namespace walras::codec {

TimeNs epoch_ns(std::uint64_t epoch) {
    std::uint64_t unit = 1;
    if (epoch < 100'000'000'000) {
        unit = 1'000'000'000;  // seconds, to the year 5138
    } else if (epoch < 100'000'000'000'000) {
        unit = 1'000'000;
    } else if (epoch < 100'000'000'000'000'000) {
        unit = 1'000;
    }
    std::uint64_t out = 0;
    if (__builtin_mul_overflow(epoch, unit, &out) || out > INT64_MAX) { return time_max; }
    return TimeNs{static_cast<std::int64_t>(out)};
}

std::optional<Receipt> split_receipt(std::string_view line) {
    Receipt out;
    // Nineteen digits, a blank and an object: nanoseconds as collectors write them.
    const char* const text = line.data();  // what is read of it lies before its end
    if (line.size() > 21 && line[19] == ' ' && line[20] == '{' && line.back() == '}' && line[0] != '0' &&
        (detail::no_digits16(text) | detail::no_digits16(text + 3)) == 0) {
        const std::uint64_t ns =
            (detail::number_of(detail::load8(text), 8) * 100'000'000 + detail::number_of(detail::load8(text + 8), 8)) *
                1'000 +
            detail::number_of(detail::load8(text + 16), 3);
        if (ns > INT64_MAX) { return {}; }
        out.local = TimeNs{static_cast<std::int64_t>(ns)};
        out.json = line.substr(20);
        out.is_message = true;
        return out;
    }
    line = trim(line);
    if (line.empty()) { return out; }
    if (line.front() == 'h' || line.front() == 'w') {
        const auto arrow = line.find(" -> ");
        if (arrow == std::string_view::npos) {
            // What the recorder sent, or that it connected.
            return line.find("://") == std::string_view::npos ? std::nullopt : std::optional(out);
        }
        out.url = line.substr(0, arrow);
        line.remove_prefix(arrow + 4);
    }
    std::size_t digits = 0;
    while (digits < line.size() && detail::is_digit(line[digits])) { ++digits; }
    std::size_t stamp = digits;
    if (stamp < line.size() && line[stamp] == '.') {
        ++stamp;
        while (stamp < line.size() && detail::is_digit(line[stamp])) { ++stamp; }
    }
    if (digits > 0) {
        if (stamp > digits) {
            const auto seconds = decimal_of(line.substr(0, stamp), 9);
            if (!seconds) { return {}; }
            out.local = TimeNs{seconds->value};
        } else {
            const auto epoch = integer_of(line.substr(0, digits));
            if (!epoch) { return {}; }
            out.local = epoch_ns(*epoch);
        }
        if (stamp < line.size() && line[stamp] == ':') { ++stamp; }
        line.remove_prefix(stamp);
        line = trim(line);
    }
    if (!out.url.empty() && line.empty()) { return out; }
    if (line.empty() || (line.front() != '{' && line.front() != '[')) { return {}; }
    out.json = line;
    out.is_message = true;
    return out;
}

}  // namespace walras::codec
