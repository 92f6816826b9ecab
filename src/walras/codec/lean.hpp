// LEAN's (QuantConnect's) data files as presets of the CSV reader. Prices of equities are times 10,000; intraday times
// are milliseconds since midnight of the exchange's zone, and a bar's is its start; daily times are "19980102 00:00".
// LEAN's own files have no header and hold one day, which their name says; files that were put together have a header
// and a `date` column, and the CSV reader knows their names.
#pragma once

#include <optional>
#include <string_view>

#include "walras/codec/csv.hpp"

namespace walras::codec {

enum class LeanLayout : std::uint8_t {
    minute_trade,  // ms, open, high, low, close, volume
    minute_quote,  // ms, bid open high low close, size, ask open high low close, size
    daily_trade,   // datetime, open, high, low, close, volume
    daily_quote,   // datetime, bid open high low close, size, ask ..., size
    tick_trade,    // ms, price, size, exchange, conditions, suspicious
    tick_quote,    // ms, bid, size, ask, size, exchange, conditions, suspicious
    forex_tick,    // ms, bid, ask
};

// From a member's name and its number of fields: "20131007_spy_minute_trade.csv", "spy.csv".
std::optional<LeanLayout> lean_layout(std::string_view file_name, std::size_t fields);

// Days since 1970 of the eight digits in "20131007_spy_minute_trade.csv".
std::optional<std::int64_t> lean_date(std::string_view file_name);

// Sets names, price divisor (equities: 10,000; else 1), step and date for a file without a header.
void set_lean(CsvOptions& options, LeanLayout layout, bool is_equity, std::optional<std::int64_t> date);

// What the layout's rows are.
CsvKind lean_kind(LeanLayout layout);

}  // namespace walras::codec
