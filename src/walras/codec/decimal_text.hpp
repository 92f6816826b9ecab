// Decimal text to integers, without doubles: "61653.30" at nine decimals is 61653300000000.
//
// The readers take a pointer behind which `text_padding` bytes can be read, and stop at the first byte that is no part
// of the number. No locale, no allocation.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace walras::codec {

inline constexpr std::size_t text_padding = 64;

struct Decimal {
    std::int64_t value = 0;
    bool is_exact = true;  // false: there were more decimals, and this is the nearest
};

// Sign, fraction and exponent, however long; moves `p` behind it. None: no number, or it does not fit.
std::optional<Decimal> read_any_decimal(const char*& p, const char* end, int decimals);

// The whole of `text`.
std::optional<Decimal> decimal_of(std::string_view text, int decimals);
std::optional<std::uint64_t> integer_of(std::string_view text);

inline constexpr std::array<std::int64_t, 19> powers_of_ten = [] {
    std::array<std::int64_t, 19> out{1};
    for (std::size_t i = 1; i < out.size(); ++i) { out[i] = out[i - 1] * 10; }
    return out;
}();

namespace detail {

// How many of the eight characters, from the first, are digits.
inline int leading_digits(std::uint64_t word) {
    const std::uint64_t digits = word ^ 0x3030303030303030ULL;
    const std::uint64_t other = ((digits + 0x7676767676767676ULL) | digits) & 0x8080808080808080ULL;
    return other == 0 ? 8 : std::countr_zero(other) / 8;
}

// The first `count` characters, 1 to 8 digits, as a number.
inline std::uint64_t number_of(std::uint64_t word, int count) {
    word = (word - 0x3030303030303030ULL) << (64 - 8 * count);
    word = word * 10 + (word >> 8);
    return (((word & 0x000000FF000000FFULL) * 0x000F424000000064ULL) +
            (((word >> 16) & 0x000000FF000000FFULL) * 0x0000271000000001ULL)) >>
           32;
}

inline std::uint64_t load8(const char* p) {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    return word;
}

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace detail

// A plain number of at most eight digits before and eight behind the point, which is nearly all of them; else false,
// with `p` as it was. `decimals` is 0 to 9; digits beyond it make it fail.
inline bool read_short_decimal(const char*& p, int decimals, std::int64_t& value) {
    const std::uint64_t front = detail::load8(p);
    const int whole = detail::leading_digits(front);
    if (whole == 0) { return false; }
    const char* q = p + whole;
    std::uint64_t out = detail::number_of(front, whole) *
                        static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(decimals)]);
    if (*q == '.') {
        const std::uint64_t back = detail::load8(++q);
        const int places = detail::leading_digits(back);
        if (places == 0) { return false; }
        q += places;
        const std::uint64_t fraction = detail::number_of(back, places);
        if (places <= decimals) {
            out += fraction * static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(decimals - places)]);
        } else {
            const auto unit = static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(places - decimals)]);
            if (fraction % unit != 0) { return false; }
            out += fraction / unit;
        }
    }
    if (detail::is_digit(*q) || *q == 'e' || *q == 'E' || *q == '.') { return false; }
    p = q;
    value = static_cast<std::int64_t>(out);
    return true;
}

// Sizes in text as whole lots. Lots of a power of ten are read at their own decimals; others are divided.
class LotText {
public:
    explicit LotText(std::int64_t lot_size);
    // None: no number, negative, no whole number of lots, or too many.
    bool read(const char*& p, const char* end, std::int64_t& lots) const {
        return (divisor_ == 1 && read_short_decimal(p, decimals_, lots)) || read_any(p, end, lots);
    }

private:
    bool read_any(const char*& p, const char* end, std::int64_t& lots) const;
    int decimals_ = 9;
    std::int64_t divisor_ = 1;
};

// A price at 1e-9, to the nearest; false: no number, or too large. Negative prices exist.
inline bool read_price(const char*& p, const char* end, std::int64_t& raw) {
    if (read_short_decimal(p, 9, raw)) { return true; }
    const auto found = read_any_decimal(p, end, 9);
    if (found) { raw = found->value; }
    return found.has_value();
}

}  // namespace walras::codec
