#include "walras/core/decimal.hpp"

#include <cmath>

namespace walras::core {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads an optional exponent ("e-8") that must end the text.
std::expected<int, DecimalError> parse_exponent(std::string_view text) {
    if (text.empty()) { return 0; }
    if (text.front() != 'e' && text.front() != 'E') { return std::unexpected(DecimalError::malformed); }
    text.remove_prefix(1);
    bool negative = false;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (text.empty() || text.size() > 3) { return std::unexpected(DecimalError::malformed); }
    int exponent = 0;
    for (const char c : text) {
        if (!is_digit(c)) { return std::unexpected(DecimalError::malformed); }
        exponent = exponent * 10 + (c - '0');
    }
    return negative ? -exponent : exponent;
}

}  // namespace

std::string_view describe(DecimalError error) {
    switch (error) {
        case DecimalError::empty: return "the text is empty";
        case DecimalError::malformed: return "the text is not a decimal number";
        case DecimalError::too_precise: return "the number has more than nine decimals";
        case DecimalError::out_of_range: return "the number is outside +-9.2e9";
        case DecimalError::not_finite: return "the number is not finite";
    }
    return "unknown cause";
}

std::expected<std::int64_t, DecimalError> parse_fixed(std::string_view text) {
    if (text.empty()) { return std::unexpected(DecimalError::empty); }
    bool negative = false;
    if (text.front() == '-' || text.front() == '+') {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    int128 digits = 0;
    int decimals = 0;
    bool any = false;
    bool point = false;
    std::size_t i = 0;
    for (; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '.' && !point) {
            point = true;
        } else if (is_digit(c)) {
            any = true;
            if (digits > int128{1} << 100) { return std::unexpected(DecimalError::out_of_range); }
            digits = digits * 10 + (c - '0');
            decimals += point ? 1 : 0;
        } else {
            break;
        }
    }
    if (!any) { return std::unexpected(DecimalError::malformed); }
    const auto exponent = parse_exponent(text.substr(i));
    if (!exponent) { return std::unexpected(exponent.error()); }
    // value = digits * 10^(exponent - decimals); the result counts 1e-9.
    int shift = 9 + *exponent - decimals;
    for (; shift > 0 && digits != 0; --shift) {
        digits *= 10;
        if (digits > int128{INT64_MAX} + 1) { return std::unexpected(DecimalError::out_of_range); }
    }
    for (; shift < 0 && digits != 0; ++shift) {
        if (digits % 10 != 0) { return std::unexpected(DecimalError::too_precise); }
        digits /= 10;
    }
    if (digits > INT64_MAX) { return std::unexpected(DecimalError::out_of_range); }
    return static_cast<std::int64_t>(negative ? -digits : digits);
}

std::string format_fixed(int128 raw, int decimals) {
    const bool negative = raw < 0;
    std::string digits = to_string(raw);
    if (negative) { digits.erase(0, 1); }
    if (digits.size() < 10) { digits.insert(0, 10 - digits.size(), '0'); }
    std::string whole = digits.substr(0, digits.size() - 9);
    std::string part = digits.substr(digits.size() - 9);
    while (!part.empty() && part.back() == '0' && static_cast<int>(part.size()) > decimals) { part.pop_back(); }
    std::string out = negative ? "-" : "";
    out += whole;
    if (!part.empty()) {
        out += '.';
        out += part;
    }
    return out;
}

}  // namespace walras::core
