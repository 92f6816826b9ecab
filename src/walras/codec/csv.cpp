#include "walras/codec/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "walras/codec/csv_text.hpp"
#include "walras/codec/lots.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::codec {
namespace {

std::string base_name(std::string_view name) {
    std::string out;
    for (const char c : trim(name)) { out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
    if (out.ends_with("_e4")) { out.resize(out.size() - 3); }
    return out;
}

struct Alias {
    std::string_view name;
    int role;
};

}  // namespace

void CsvReader::fail(const std::string& fact, const std::string& remedy) const {
    throw DataError(fmt::format("{}, line {}: {}; {}", options_.source, line_, fact, remedy));
}

CsvReader::CsvReader(std::string_view text, CsvKind kind, CsvOptions options)
    : rest_(text), kind_(kind), options_(std::move(options)) {
    if (rest_.starts_with("\xef\xbb\xbf")) { rest_.remove_prefix(3); }
    at_.fill(absent);
    if (!(options_.price_divisor > 0) || options_.lot_size <= 0 || options_.step.ns < 0) {
        throw ConfigError(options_.source + ": price_divisor and lot_size must be positive, step must not be negative");
    }
    std::string_view head = rest_.substr(0, rest_.find('\n'));
    if (options_.delimiter == 0) {
        options_.delimiter = ',';
        for (const char c : {'\t', ';', '|'}) {
            if (std::count(head.begin(), head.end(), c) > std::count(head.begin(), head.end(), options_.delimiter)) {
                options_.delimiter = c;
            }
        }
    }
    if (options_.names.empty()) {
        std::string_view line;
        if (!read_line(line)) { throw DataError(options_.source + ": the file is empty; fetch or write it again"); }
        split(line);
        std::vector<std::string> names;
        names.reserve(field_count_);
        for (std::size_t i = 0; i < field_count_; ++i) { names.emplace_back(trim(fields_[i])); }
        find_columns(names);
    } else {
        find_columns(options_.names);
    }
    if (trim(rest_.substr(0, rest_.find('\n'))).empty() &&
        rest_.find_first_not_of("\r\n \t") == std::string_view::npos) {
        throw DataError(options_.source + ": the file has no rows; fetch or write it again");
    }
}

void CsvReader::find_columns(const std::vector<std::string>& names) {
    static constexpr std::array<Alias, 50> aliases{{
        {"ts", time},
        {"ts_event", time},
        {"timestamp", time},
        {"timestamp_utc", time},
        {"datetime", time},
        {"date", time},
        {"time", time},
        {"", time},
        {"ms", clock_ms},
        {"ms_ny", clock_ms},
        {"ms_utc", clock_ms},
        {"open", open},
        {"o", open},
        {"high", high},
        {"h", high},
        {"low", low},
        {"l", low},
        {"close", close},
        {"c", close},
        {"volume", volume},
        {"vol", volume},
        {"v", volume},
        {"bid", bid},
        {"bid_price", bid},
        {"ask", ask},
        {"ask_price", ask},
        {"bid_size", bid_size},
        {"ask_size", ask_size},
        {"price", price},
        {"size", size},
        {"quantity", size},
        {"qty", size},
        {"side", side},
        {"aggressor", side},
        {"aggressor_side", side},
        {"trade_id", trade_id},
        {"id", trade_id},
        {"bid_o", bid_open},
        {"bid_h", bid_high},
        {"bid_l", bid_low},
        {"bid_c", bid_close},
        {"ask_o", ask_open},
        {"ask_h", ask_high},
        {"ask_l", ask_low},
        {"ask_c", ask_close},
        {"bid_open", bid_open},
        {"bid_close", bid_close},
        {"ask_open", ask_open},
        {"ask_close", ask_close},
        {"amount", size},
    }};
    columns_ = names.size();
    if (columns_ > max_fields) {
        fail(fmt::format("there are {} columns", columns_), fmt::format("at most {} are read", max_fields));
    }
    for (const auto& [role_name, column] : options_.columns) {
        const auto alias =
            std::find_if(aliases.begin(), aliases.end(), [&](const Alias& a) { return a.name == role_name; });
        const auto found = std::find(names.begin(), names.end(), column);
        if (alias == aliases.end()) {
            throw ConfigError(fmt::format("{}: the role '{}' is not known", options_.source, role_name));
        }
        if (found == names.end()) {
            fail(fmt::format("there is no column {}", show(column)), "correct the names of the columns");
        }
        at_[static_cast<std::size_t>(alias->role)] = static_cast<int>(found - names.begin());
    }
    const auto is_given = at_;
    for (const Alias& alias : aliases) {
        if (is_given[static_cast<std::size_t>(alias.role)] != absent ||
            at_[static_cast<std::size_t>(alias.role)] != absent) {
            continue;
        }
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (base_name(names[i]) == alias.name) {
                at_[static_cast<std::size_t>(alias.role)] = static_cast<int>(i);
                break;
            }
        }
    }
    const bool e4 = std::any_of(names.begin(), names.end(), [](const std::string& n) { return n.ends_with("_e4"); });
    if (e4 && options_.price_divisor == 1) { options_.price_divisor = 10'000; }

    if (!has(clock_ms)) { require(time, "time"); }
    quote_bars_ = has(bid_close) && has(ask_close);
    switch (kind_) {
        case CsvKind::bars:
            if (quote_bars_ && !has(close)) {
                for (const Role role : {bid_open, bid_high, bid_low, ask_open, ask_high, ask_low}) {
                    require(role, "bid and ask bars");
                }
                break;
            }
            quote_bars_ = false;
            require(close, "close");
            closes_only_ = !has(open) && !has(high) && !has(low);
            if (!closes_only_) {
                require(open, "open");
                require(high, "high");
                require(low, "low");
            }
            break;
        case CsvKind::quotes:
            if (!quote_bars_) {
                require(bid, "bid");
                require(ask, "ask");
            }
            break;
        case CsvKind::trades:
            require(price, "price");
            if (!has(size)) { at_[size] = at_[volume]; }
            require(size, "size");
            break;
    }
}

void CsvReader::require(Role role, const char* name) const {
    if (has(role)) { return; }
    fail(fmt::format("there is no column for '{}'", name), "name it in `columns`, or name all columns in `names`");
}

bool CsvReader::read_line(std::string_view& line) {
    if (rest_.empty()) { return false; }
    const std::size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_;
    if (!line.empty() && line.back() == '\r') { line.remove_suffix(1); }
    return true;
}

void CsvReader::split(std::string_view line) {
    field_count_ = 0;
    for (;;) {
        if (field_count_ == max_fields) {
            fail("the line has too many fields", fmt::format("at most {} are read", max_fields));
        }
        if (!line.empty() && line.front() == '"') {
            const std::size_t end = line.find('"', 1);
            if (end == std::string_view::npos || (end + 1 < line.size() && line[end + 1] != options_.delimiter)) {
                fail("a quoted field does not end where the next begins", "repair the line");
            }
            fields_[field_count_++] = line.substr(1, end - 1);
            if (end + 1 == line.size()) { return; }
            line.remove_prefix(end + 2);
            continue;
        }
        const std::size_t end = line.find(options_.delimiter);
        fields_[field_count_++] = line.substr(0, end);
        if (end == std::string_view::npos) { return; }
        line.remove_prefix(end + 1);
    }
}

bool CsvReader::next(model::Event& event) {
    std::string_view line;
    if (!read_line(line)) { return false; }
    if (trim(line).empty()) {
        if (rest_.find_first_not_of("\r\n \t") == std::string_view::npos) { return false; }  // blank lines at the end
        fail("the line is blank", "remove it");
    }
    split(line);
    if (field_count_ != columns_) {
        fail(fmt::format("the line has {} fields and {} are expected: {}", field_count_, columns_, show(line)),
             "repair the line");
    }
    ++rows_;
    switch (kind_) {
        case CsvKind::bars: {
            event = model::Event(model::EventKind::bar, options_.instrument, {}, {});
            event.bar = model::Bar{};
            set_bar_times(event, event.bar.open_time);
            event.bar.volume = has(volume) && !trim(field(volume)).empty() ? number(volume, "volume")
                                                                           : std::numeric_limits<double>::quiet_NaN();
            if (quote_bars_) {
                event.bar.open = mid_or_side(bid_open, ask_open, "open");
                event.bar.high = mid_or_side(bid_high, ask_high, "high");
                event.bar.low = mid_or_side(bid_low, ask_low, "low");
                event.bar.close = mid_or_side(bid_close, ask_close, "close");
                event.bar.volume = std::numeric_limits<double>::quiet_NaN();
                break;
            }
            event.bar.close = price_at(close, "close");
            event.bar.open = closes_only_ ? event.bar.close : price_at(open, "open");
            event.bar.high = closes_only_ ? event.bar.close : price_at(high, "high");
            event.bar.low = closes_only_ ? event.bar.close : price_at(low, "low");
            break;
        }
        case CsvKind::quotes: {
            event = model::Event(model::EventKind::quote, options_.instrument, {}, {});
            event.quote = model::Quote{};
            if (quote_bars_) {
                TimeNs open_time;
                set_bar_times(event, open_time);
            } else {
                event.ts_event = utc(stamp());
            }
            event.quote.bid = price_at(quote_bars_ ? bid_close : bid, "bid");
            event.quote.ask = price_at(quote_bars_ ? ask_close : ask, "ask");
            if (has(bid_size)) { event.quote.bid_size = size_at(bid_size, "bid size"); }
            if (has(ask_size)) { event.quote.ask_size = size_at(ask_size, "ask size"); }
            break;
        }
        case CsvKind::trades: {
            event = model::Event(model::EventKind::trade, options_.instrument, {}, {});
            event.trade = model::Trade{};
            event.ts_event = utc(stamp());
            event.trade.price = price_at(price, "price");
            event.trade.size = size_at(size, "size");
            event.trade.trade = TradeId{rows_};
            if (has(trade_id)) {
                const std::string_view text = trim(field(trade_id));
                std::uint64_t id = 0;
                const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), id);
                if (code != std::errc{} || end != text.data() + text.size()) {
                    fail(fmt::format("the trade id {} is not a number", show(text)),
                         "leave the column out, or number the trades");
                }
                event.trade.trade = TradeId{id};
            }
            if (has(side)) {
                const std::string word = base_name(field(side));
                if (word == "buy" || word == "buyer" || word == "b" || word == "1" || word == "+1") {
                    event.trade.aggressor = model::AggressorSide::buyer;
                } else if (word == "sell" || word == "seller" || word == "s" || word == "-1") {
                    event.trade.aggressor = model::AggressorSide::seller;
                } else if (!word.empty() && word != "none" && word != "0") {
                    fail(fmt::format("the side {} is not known", show(word)), "write buy, sell or none");
                }
            }
            break;
        }
    }
    event.ts_init = event.ts_event;
    event.sequence = rows_;
    return true;
}

double CsvReader::number(Role role, const char* name) const {
    std::string_view text = trim(field(role));
    if (text.empty()) { fail(fmt::format("the {} is missing", name), "repair or remove the row"); }
    if (text.front() == '+') { text.remove_prefix(1); }
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        fail(fmt::format("the {} {} is not a finite number", name, show(text)), "repair or remove the row");
    }
    return value;
}

Price CsvReader::price_at(Role role, const char* name) const {
    const auto raw = core::fixed_from_double(number(role, name) / options_.price_divisor);
    if (!raw) {
        fail(fmt::format("the {} {}: {}", name, show(field(role)), core::describe(raw.error())),
             "check the price divisor");
    }
    return Price{*raw};
}

Price CsvReader::mid_or_side(Role bid_role, Role ask_role, const char* name) const {
    if (options_.side == QuoteSide::bid) { return price_at(bid_role, name); }
    if (options_.side == QuoteSide::ask) { return price_at(ask_role, name); }
    const double mid =
        (number(bid_role, name) / options_.price_divisor + number(ask_role, name) / options_.price_divisor) / 2;
    const auto raw = core::fixed_from_double(mid);
    if (!raw) { fail(fmt::format("the {} {}: {}", name, mid, core::describe(raw.error())), "check the price divisor"); }
    return Price{*raw};
}

Quantity CsvReader::size_at(Role role, const char* name) const {
    if (trim(field(role)).empty()) { return {}; }
    const double units = number(role, name);
    const auto lots = whole_lots(units, options_.lot_size);
    if (!lots) {
        fail(fmt::format("the {} {} is not a whole number of lots of {}", name, show(field(role)),
                         core::format_fixed(options_.lot_size)),
             "set lot_size to the unit of these sizes");
    }
    return *lots;
}

}  // namespace walras::codec
