#include "walras/codec/lean.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "walras/core/time.hpp"

namespace walras::codec {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

std::optional<LeanLayout> lean_layout(std::string_view file_name, std::size_t fields) {
    const std::string name = lower(file_name);
    if (!lean_date(name)) {
        if (fields == 6) { return LeanLayout::daily_trade; }
        if (fields == 11) { return LeanLayout::daily_quote; }
        return {};
    }
    if (contains(name, "tick")) {
        if (fields == 6 && !contains(name, "quote")) { return LeanLayout::tick_trade; }
        if (fields == 8) { return LeanLayout::tick_quote; }
        if (fields == 3) { return LeanLayout::forex_tick; }
        return {};
    }
    if (fields == 6) { return LeanLayout::minute_trade; }
    if (fields == 11) { return LeanLayout::minute_quote; }
    return {};
}

std::optional<std::int64_t> lean_date(std::string_view file_name) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    for (std::size_t i = 0; i + 8 <= file_name.size(); ++i) {
        const std::string_view digits = file_name.substr(i, 8);
        if (!std::all_of(digits.begin(), digits.end(), is_digit)) { continue; }
        int value = 0;
        std::from_chars(digits.begin(), digits.end(), value);
        const int month = value / 100 % 100;
        const int day = value % 100;
        const int year = value / 10'000;
        if (year < 1700 || year > 2250 || month < 1 || month > 12 || day < 1 || day > 31) { return {}; }
        return utc_day(from_civil(year, month, day));
    }
    return {};
}

void set_lean(CsvOptions& options, LeanLayout layout, bool is_equity, std::optional<std::int64_t> date) {
    using enum LeanLayout;
    const std::vector<std::string> bar{"open", "high", "low", "close", "volume"};
    const std::vector<std::string> both{"bid_o", "bid_h", "bid_l", "bid_c", "bid_size",
                                        "ask_o", "ask_h", "ask_l", "ask_c", "ask_size"};
    const bool daily = layout == daily_trade || layout == daily_quote;
    options.names = {daily ? "datetime" : "ms"};
    const auto add = [&](const std::vector<std::string>& names) {
        options.names.insert(options.names.end(), names.begin(), names.end());
    };
    switch (layout) {
        case minute_trade:
        case daily_trade: add(bar); break;
        case minute_quote:
        case daily_quote: add(both); break;
        case tick_trade: add({"price", "size", "exchange", "conditions", "suspicious"}); break;
        case tick_quote: add({"bid", "bid_size", "ask", "ask_size", "exchange", "conditions", "suspicious"}); break;
        case forex_tick: add({"bid", "ask"}); break;
    }
    options.price_divisor = is_equity ? 10'000 : 1;
    options.step = layout == minute_trade || layout == minute_quote ? seconds(60) : DurationNs{};
    options.stamp_is_close = false;
    if (date) { options.date = *date; }
}

CsvKind lean_kind(LeanLayout layout) {
    using enum LeanLayout;
    switch (layout) {
        case minute_trade:
        case daily_trade: return CsvKind::bars;
        case minute_quote:
        case daily_quote:
        case tick_quote:
        case forex_tick: return CsvKind::quotes;
        case tick_trade: return CsvKind::trades;
    }
    return CsvKind::bars;
}

}  // namespace walras::codec
