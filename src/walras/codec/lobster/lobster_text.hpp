// The cells of LOBSTER's lines.
#pragma once

#include <cstdint>
#include <string_view>

namespace walras::codec::lobster {

// Of one line; each call takes the next cell. A cell that is not what it must be makes `is_good` false for good.
class Cells {
public:
    explicit Cells(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

    std::int64_t integer() {
        const bool is_negative = at_ != end_ && *at_ == '-';
        if (is_negative) { ++at_; }
        const std::uint64_t value = digits();
        if (value > static_cast<std::uint64_t>(INT64_MAX)) { is_good_ = false; }
        end_cell();
        return is_negative ? -static_cast<std::int64_t>(value & INT64_MAX)
                           : static_cast<std::int64_t>(value & INT64_MAX);
    }
    // Decimal seconds as nanoseconds; more than nine decimals are rounded to the nearest.
    std::int64_t seconds() {
        const std::uint64_t whole = digits();
        if (whole > 200'000) { is_good_ = false; }
        std::int64_t fraction = 0;
        if (at_ != end_ && *at_ == '.') {
            ++at_;
            std::int64_t unit = 1'000'000'000;
            for (; at_ != end_ && is_digit(*at_); ++at_) {
                const int digit = *at_ - '0';
                if (unit == 0) { continue; }
                unit /= 10;
                fraction += unit != 0 ? digit * unit : digit >= 5;
            }
        }
        end_cell();
        return static_cast<std::int64_t>(whole % 1'000'000) * 1'000'000'000 + fraction;
    }
    [[nodiscard]] bool is_at_end() const { return is_over_; }
    [[nodiscard]] bool is_good() const { return is_good_; }

private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    std::uint64_t digits() {
        if (at_ == end_ || !is_digit(*at_)) { is_good_ = false; }
        std::uint64_t value = 0;
        for (; at_ != end_ && is_digit(*at_); ++at_) {
            if (value > (UINT64_MAX - 9) / 10) {
                is_good_ = false;
                value = 0;
            }
            value = value * 10 + static_cast<std::uint64_t>(*at_ - '0');
        }
        return value;
    }
    void end_cell() {
        if (is_over_) { is_good_ = false; }
        if (at_ == end_) {
            is_over_ = true;
        } else if (*at_ == ',') {
            ++at_;
        } else {
            is_good_ = false;
        }
    }

    const char* at_;
    const char* end_;
    bool is_good_ = true;
    bool is_over_ = false;
};

// Without its ending (LF or CRLF).
inline std::string_view trim_line(std::string_view line) {
    if (!line.empty() && line.back() == '\r') { line.remove_suffix(1); }
    return line;
}

inline constexpr std::int64_t price_unit = 100'000;       // prices have four decimals
inline constexpr std::int64_t max_price = 9'000'000'000;  // beyond: LOBSTER's mark for no level

}  // namespace walras::codec::lobster
