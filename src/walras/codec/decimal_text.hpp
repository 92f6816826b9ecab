// Decimal text to integers, without doubles: "61653.30" at nine decimals is 61653300000000.
//
// The readers take a pointer behind which `text_padding` bytes can be read, and stop at the first byte that is no part
// of the number. No locale, no allocation.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

// One bit for each of the next 16 characters: set where it is no digit.
inline std::uint32_t no_digits16(const char* p) {
#ifdef __SSE2__
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i above = _mm_add_epi8(text, _mm_set1_epi8(127 - '9'));  // digits are the greatest of the signed bytes
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmplt_epi8(above, _mm_set1_epi8(127 - 9))));
#else
    std::uint32_t out = 0;
    for (unsigned i = 0; i < 16; ++i) { out |= is_digit(p[i]) ? 0U : 1U << i; }
    return out;
#endif
}

// A plain number from `p` whose first characters that are no digits are the lowest bits of `mask`; removes its own. Up
// to eight digits on each side of the point, and not more behind it than `decimals` but for zeros; else false.
inline bool number_at(const char* p, std::uint64_t& mask, int decimals, std::int64_t& value, int& length) {
    if (mask == 0) { return false; }
    int stop = std::countr_zero(mask);
    if (stop == 0 || stop > 8) { return false; }
    std::uint64_t out =
        number_of(load8(p), stop) * static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(decimals)]);
    if (p[stop] == '.') {
        mask &= mask - 1;
        if (mask == 0) { return false; }
        const int point = stop;
        stop = std::countr_zero(mask);
        const int places = stop - point - 1;
        if (places == 0 || places > 8) { return false; }
        const std::uint64_t fraction = number_of(load8(p + point + 1), places);
        if (places <= decimals) {
            out += fraction * static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(decimals - places)]);
        } else {
            const auto unit = static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(places - decimals)]);
            if (fraction % unit != 0) { return false; }
            out += fraction / unit;
        }
    }
    value = static_cast<std::int64_t>(out);
    length = stop;
    return true;
}

}  // namespace detail

// A plain number of at most 15 characters, eight digits on each side of the point, which is nearly all of them; else
// false, with `p` as it was. `decimals` is 0 to 9; digits beyond it, but for zeros, make it fail.
inline bool read_short_decimal(const char*& p, int decimals, std::int64_t& value) {
    std::uint64_t mask = detail::no_digits16(p);
    int length = 0;
    if (!detail::number_at(p, mask, decimals, value, length)) { return false; }
    const char behind = p[length];
    if (behind == 'e' || behind == 'E' || behind == '.') { return false; }
    p += length;
    return true;
}

// Sizes in text as whole lots. Lots of a power of ten are read at their own decimals; others are divided.
class LotText {
public:
    explicit LotText(std::int64_t lot_size);
    // None: no number, negative, no whole number of lots, or too many.
    [[nodiscard]] bool is_decimal() const { return divisor_ == 1; }
    [[nodiscard]] int decimals() const { return decimals_; }
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
