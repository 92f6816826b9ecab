// Delimited text to events: bars, quotes and trades, one row an event.
//
// Columns are found by role: by the names that files use (open, high, low, close, volume, bid, ask, bid_size, ask_size,
// price, size, side, trade_id; date, datetime, timestamp, time, ms, ms_ny; case does not matter, a "_e4" ending is a
// unit), or by `names`, or by `columns`. Times: "2013-10-07", "20131007", either with " HH:MM[:SS[.fraction]]" or
// "T...", with "Z" or
// "+05:00" behind; epochs in s, ms, us or ns, told apart by their size; milliseconds since midnight with a date beside
// them. A time without an offset is wall time and goes through `to_utc`: the core knows no zones.
//
// A bar's event time is its close: stamp + step, or the stamp where `stamp_is_close`. A date alone is a session, from
// its midnight to 1 ns before the next. A double becomes a price by the one rule, nearest 1e-9.
//
// Nothing is dropped. Whatever cannot be read throws DataError: "FILE, line N: fact; remedy". The reader borrows the
// text; rules that need two rows (order, crossed quotes, ranges) are checked by data::Series.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "walras/model/event.hpp"

namespace walras::codec {

enum class CsvKind : std::uint8_t { bars, quotes, trades };
enum class QuoteSide : std::uint8_t { mid, bid, ask };  // which side of bars of quotes becomes the bar

struct CsvOptions {
    std::string source = "csv";  // named in errors
    InstrumentId instrument{};
    char delimiter = 0;                                          // 0: the most frequent of , tab ; | in the first line
    std::vector<std::string> names{};                            // of all columns, where the file has no header
    std::vector<std::pair<std::string, std::string>> columns{};  // role, column name
    double price_divisor = 1;                                    // 10000 where 12345 means 1.2345
    std::int64_t lot_size = core::fixed_scale;                   // units of 1e-9 in one lot
    DurationNs step{};  // length of a bar; needed where stamps have a time of day
    bool stamp_is_close = false;
    std::int64_t date = INT64_MIN;  // day since 1970, for milliseconds without a date column
    QuoteSide side = QuoteSide::mid;
    std::function<TimeNs(TimeNs)> to_utc{};  // wall time to UTC; empty: the same
};

class CsvReader {
public:
    // Reads the header. Throws DataError: no rows, an unknown or missing column, a step that is needed and not given.
    CsvReader(std::string_view text, CsvKind kind, CsvOptions options);

    // The next row as an event whose ts_init is its ts_event; false at the end. Throws DataError.
    bool next(model::Event& event);

    [[nodiscard]] std::size_t line() const { return line_; }  // of the row that `next` gave, counted from 1
    [[nodiscard]] bool closes_only() const { return closes_only_; }

private:
    enum Role : std::uint8_t {
        time,
        clock_ms,
        open,
        high,
        low,
        close,
        volume,
        bid,
        ask,
        bid_size,
        ask_size,
        price,
        size,
        side,
        trade_id,
        bid_open,
        bid_high,
        bid_low,
        bid_close,
        ask_open,
        ask_high,
        ask_low,
        ask_close,
        role_count
    };
    static constexpr std::size_t max_fields = 64;
    static constexpr int absent = -1;
    struct Stamp {
        TimeNs wall{};
        bool is_utc = false;
        bool is_date = false;
    };

    [[noreturn]] void fail(const std::string& fact, const std::string& remedy) const;
    bool read_line(std::string_view& line);
    void split(std::string_view line);
    void find_columns(const std::vector<std::string>& names);
    [[nodiscard]] bool has(Role role) const { return at_[role] != absent; }
    void require(Role role, const char* name) const;
    [[nodiscard]] std::string_view field(Role role) const { return fields_[static_cast<std::size_t>(at_[role])]; }
    [[nodiscard]] double number(Role role, const char* name) const;
    [[nodiscard]] Price price_at(Role role, const char* name) const;
    [[nodiscard]] Price mid_or_side(Role bid_role, Role ask_role, const char* name) const;
    [[nodiscard]] Quantity size_at(Role role, const char* name) const;
    [[nodiscard]] Stamp stamp() const;
    [[nodiscard]] Stamp parse_time(std::string_view text) const;
    [[nodiscard]] TimeNs utc(const Stamp& stamp, DurationNs after = {}) const;
    void set_bar_times(model::Event& event, TimeNs& open_time) const;

    std::string_view rest_;
    CsvKind kind_;
    CsvOptions options_;
    std::array<int, role_count> at_;
    std::array<std::string_view, max_fields> fields_;
    std::size_t field_count_ = 0;
    std::size_t columns_ = 0;
    std::size_t line_ = 0;
    std::uint64_t rows_ = 0;
    bool closes_only_ = false;
    bool quote_bars_ = false;
};

}  // namespace walras::codec
