#include "walras/codec/decimal_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "walras/core/int128.hpp"

namespace walras::codec {

std::optional<Decimal> read_any_decimal(const char*& p, const char* end, int decimals) {
    const char* q = p;
    const bool is_negative = q < end && *q == '-';
    if (q < end && (*q == '-' || *q == '+')) { ++q; }
    core::int128 digits = 0;
    int kept = 0;    // digits in `digits`, without leading zeros
    int shift = 0;   // the value is digits * 10^shift
    bool any = false;
    bool lost = false;
    bool after_point = false;
    for (; q < end; ++q) {
        if (*q == '.' && !after_point) {
            after_point = true;
            continue;
        }
        if (!detail::is_digit(*q)) { break; }
        any = true;
        if (kept < 36) {
            digits = digits * 10 + (*q - '0');
            kept += digits != 0 ? 1 : 0;
            shift -= after_point ? 1 : 0;
        } else {
            lost = lost || *q != '0';
            shift += after_point ? 0 : 1;
        }
        if (shift > 400 || shift < -100'000) { return {}; }
    }
    if (!any) { return {}; }
    if (q + 1 < end && (*q == 'e' || *q == 'E')) {
        const char* from = q + 1 + (q[1] == '+' ? 1 : 0);
        int exponent = 0;
        const auto [to, fault] = std::from_chars(from, end, exponent);
        if (fault != std::errc{} || exponent > 400 || exponent < -400) { return {}; }
        shift += exponent;
        q = to;
    }
    shift += decimals;
    Decimal out;
    out.is_exact = !lost;
    for (; shift > 0 && digits != 0; --shift) {
        digits *= 10;
        if (digits > std::numeric_limits<std::int64_t>::max()) { return {}; }
    }
    if (shift < 0 && digits != 0) {
        // One division: two roundings would not be the nearest.
        core::int128 unit = 1;
        for (int i = 0; i < std::min(-shift, 37); ++i) { unit *= 10; }
        const core::int128 rest = -shift > 37 ? digits : digits % unit;
        out.is_exact = out.is_exact && rest == 0;
        digits = -shift > 37 ? 0 : digits / unit + (rest >= unit - rest ? 1 : 0);
    }
    if (digits > std::numeric_limits<std::int64_t>::max()) { return {}; }
    out.value = static_cast<std::int64_t>(is_negative ? -digits : digits);
    p = q;
    return out;
}

std::optional<Decimal> decimal_of(std::string_view text, int decimals) {
    const char* p = text.data();
    const auto out = read_any_decimal(p, text.data() + text.size(), decimals);
    return out && p == text.data() + text.size() ? out : std::nullopt;
}

std::optional<std::uint64_t> integer_of(std::string_view text) {
    std::uint64_t out = 0;
    const auto [to, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (fault != std::errc{} || to != text.data() + text.size() || text.empty()) { return {}; }
    return out;
}

LotText::LotText(std::int64_t lot_size) {
    for (std::size_t i = 0; i <= 9; ++i) {
        if (lot_size == powers_of_ten[i]) {
            decimals_ = 9 - static_cast<int>(i);
            return;
        }
    }
    divisor_ = lot_size;
}

bool LotText::read_any(const char*& p, const char* end, std::int64_t& lots) const {
    const char* q = p;
    const auto found = read_any_decimal(q, end, decimals_);
    if (!found || !found->is_exact || found->value < 0 || found->value % divisor_ != 0) { return false; }
    lots = found->value / divisor_;
    p = q;
    return true;
}

}  // namespace walras::codec
