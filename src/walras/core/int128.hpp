// 128-bit integers for money, with checked arithmetic: an overflow throws LedgerError, it never wraps.
#pragma once

#include <cstdint>
#include <string>

namespace walras::core {

__extension__ using int128 = __int128;
__extension__ using uint128 = unsigned __int128;

[[noreturn]] void throw_overflow(const char* operation);

template <class Integer>
constexpr Integer checked_add(Integer a, Integer b) {
    Integer out{};
    if (__builtin_add_overflow(a, b, &out)) [[unlikely]] { throw_overflow("addition"); }
    return out;
}

template <class Integer>
constexpr Integer checked_sub(Integer a, Integer b) {
    Integer out{};
    if (__builtin_sub_overflow(a, b, &out)) [[unlikely]] { throw_overflow("subtraction"); }
    return out;
}

template <class Integer>
constexpr Integer checked_mul(Integer a, Integer b) {
    Integer out{};
    if (__builtin_mul_overflow(a, b, &out)) [[unlikely]] { throw_overflow("multiplication"); }
    return out;
}

// Narrows to 64 bits or throws LedgerError.
constexpr std::int64_t checked_narrow(int128 value) {
    if (value > INT64_MAX || value < INT64_MIN) [[unlikely]] { throw_overflow("narrowing to 64 bits"); }
    return static_cast<std::int64_t>(value);
}

// Division rounded to the nearest integer, ties to even. `divisor` must be positive.
constexpr int128 divide_half_even(int128 value, int128 divisor) {
    const auto narrow = static_cast<std::int64_t>(value);
    const auto by = static_cast<std::int64_t>(divisor);
    if (narrow == value && by == divisor) [[likely]] {  // the same in one machine instruction
        std::int64_t quotient = narrow / by;
        const std::int64_t remainder = narrow % by;
        const std::int64_t magnitude = remainder < 0 ? -remainder : remainder;
        const std::int64_t rest = by - magnitude;
        if (magnitude > rest || (magnitude == rest && quotient % 2 != 0)) { quotient += narrow < 0 ? -1 : 1; }
        return quotient;
    }
    int128 quotient = value / divisor;
    const int128 remainder = value % divisor;
    const int128 magnitude = remainder < 0 ? -remainder : remainder;
    const int128 rest = divisor - magnitude;
    if (magnitude > rest || (magnitude == rest && (quotient % 2) != 0)) { quotient += value < 0 ? -1 : 1; }
    return quotient;
}

// Division rounded towards minus infinity. `divisor` must be positive.
constexpr int128 divide_floor(int128 value, int128 divisor) {
    const int128 quotient = value / divisor;
    return (value % divisor < 0) ? quotient - 1 : quotient;
}

std::string to_string(int128 value);

}  // namespace walras::core
