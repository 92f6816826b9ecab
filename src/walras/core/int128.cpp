#include "walras/core/int128.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"

namespace walras::core {

void throw_overflow(const char* operation) {
    throw LedgerError(fmt::format(
        "Ledger arithmetic overflowed in {}; prices must stay below 9.2e9 and money below 1.7e29 currency units.",
        operation));
}

std::string to_string(int128 value) {
    if (value == 0) { return "0"; }
    const bool negative = value < 0;
    std::string digits;
    while (value != 0) {
        const int digit = static_cast<int>(value % 10);
        digits.push_back(static_cast<char>('0' + (digit < 0 ? -digit : digit)));
        value /= 10;
    }
    if (negative) { digits.push_back('-'); }
    std::ranges::reverse(digits);
    return digits;
}

}  // namespace walras::core
