#include "walras/codec/binance/message.hpp"

#include <bit>
#include <cstring>

namespace walras::codec {
namespace {

using detail::no_digits16;
using detail::number_at;
using model::Tick;
using Message = BinanceMessage;

template <std::size_t Size>
bool starts(const char* p, const char (&text)[Size]) {
    return std::memcmp(p, text, Size - 1) == 0;
}

// Digits up to the first other character, at most 16. Moves behind them; false where there are none or more.
bool read_integer(const char*& p, std::uint64_t& out) {
    const std::uint32_t mask = no_digits16(p);
    const int digits = std::countr_zero(mask | 0x10000U);
    if (digits == 0 || digits >= 16) { return false; }
    out = detail::number_of(detail::load8(p), digits < 8 ? digits : 8);
    if (digits > 8) {
        out = out * static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(digits - 8)]) +
              detail::number_of(detail::load8(p + 8), digits - 8);
    }
    p += digits;
    return true;
}

// "61653.30" with its quotes.
bool read_quoted(const char*& p, int decimals, std::int64_t& value) {
    std::uint64_t mask = no_digits16(p + 1);
    int length = 0;
    if (*p != '"' || !number_at(p + 1, mask, decimals, value, length) || p[1 + length] != '"') { return false; }
    p += length + 2;
    return true;
}

// [["61653.30","0.072"],...]: one look at 32 characters finds where both numbers of a level end.
bool read_levels(const char*& at, model::OrderSide side, int decimals, std::vector<Tick>& out) {
    const char* p = at + 1;
    if (*p == ']') {
        at = p + 1;
        return true;
    }
    for (;;) {
        if (!starts(p, "[\"")) { return false; }
        p += 2;
        std::uint64_t mask = no_digits16(p) | (std::uint64_t{no_digits16(p + 16)} << 16);
        int length = 0;
        Tick& tick = out.emplace_back();
        tick.delta.action = model::BookAction::update;
        tick.delta.side = side;
        if (!number_at(p, mask, 9, tick.delta.price.raw, length) || tick.delta.price.raw == 0) { return false; }
        const char* const size = p + length + 3;
        if (!starts(p + length, "\",\"")) { return false; }
        mask >>= length + 3;
        if (!number_at(size, mask, decimals, tick.delta.size.lots, length)) { return false; }
        p = size + length;
        if (!starts(p, "\"]")) { return false; }
        p += 3;
        if (p[-1] == ',') { continue; }
        if (p[-1] != ']') { return false; }
        at = p;
        return true;
    }
}

bool read_string(const char*& p, const char* end, std::string_view& out) {
    if (*p != '"') { return false; }
    const char* from = ++p;
    while (p < end && *p != '"' && *p != '\\') { ++p; }
    if (p >= end || *p != '"') { return false; }
    out = {from, static_cast<std::size_t>(p++ - from)};
    return true;
}

bool read_flag(const char*& p, bool& out) {
    out = starts(p, "true");
    if (!out && !starts(p, "false")) { return false; }
    p += out ? 4 : 5;
    return true;
}

}  // namespace

bool read_compact(std::string_view json, const LotText& lots, Message& m, std::vector<Tick>& out) {
    if (!lots.is_decimal()) { return false; }
    const int decimals = lots.decimals();
    const char* p = json.data();
    const char* const end = p + json.size();
    std::string_view word;
    const bool is_wrapped = starts(p, "{\"stream\":\"");
    if (is_wrapped) {
        p += 10;
        if (!read_string(p, end, word) || !starts(p, ",\"data\":")) { return false; }
        p += 8;
    }
    if (*p++ != '{') { return false; }
    std::uint32_t has = 0;
    for (;;) {
        if (*p != '"') { return false; }
        if (p[2] == '"' && p[3] == ':') {
            const char key = p[1];
            p += 4;
            bool read = false;
            switch (key) {
                case 'e':
                    if (starts(p, "\"bookTicker\"")) {
                        m.event = {p + 1, 10};
                        p += 12;
                        read = true;
                    } else if (starts(p, "\"depthUpdate\"")) {
                        m.event = {p + 1, 11};
                        p += 13;
                        read = true;
                    } else if (starts(p, "\"trade\"")) {
                        m.event = {p + 1, 5};
                        p += 7;
                        read = true;
                    }
                    break;
                case 's': read = read_string(p, end, m.symbol); break;
                case 'E': read = read_integer(p, m.e_time), has |= Message::event_time; break;
                case 'T': read = read_integer(p, m.t_time), has |= Message::engine_time; break;
                case 'U': read = read_integer(p, m.u_first), has |= Message::first; break;
                case 'u': read = read_integer(p, m.u_last), has |= Message::last; break;
                case 't': read = read_integer(p, m.id), has |= Message::trade_id; break;
                case 'b':
                    if (*p == '[') {
                        read = read_levels(p, model::OrderSide::buy, decimals, out), has |= Message::bids;
                    } else {
                        read = read_quoted(p, 9, m.bid_raw), has |= Message::bid;
                    }
                    break;
                case 'a':
                    if (*p == '[') {
                        read = read_levels(p, model::OrderSide::sell, decimals, out), has |= Message::asks;
                    } else {
                        read = read_quoted(p, 9, m.ask_raw), has |= Message::ask;
                    }
                    break;
                case 'B': read = read_quoted(p, decimals, m.bid_lots), has |= Message::bid_size; break;
                case 'A': read = read_quoted(p, decimals, m.ask_lots), has |= Message::ask_size; break;
                case 'p': read = read_quoted(p, 9, m.raw), has |= Message::price; break;
                case 'q': read = read_quoted(p, decimals, m.lots), has |= Message::size; break;
                case 'm': read = read_flag(p, m.maker), has |= Message::is_maker; break;
                case 'X': read = read_string(p, end, word); break;
                case 'M': {
                    bool ignored = false;
                    read = read_flag(p, ignored);
                    break;
                }
                default: break;
            }
            if (!read) { return false; }
        } else if (starts(p, "\"pu\":")) {
            p += 5;
            if (!read_integer(p, m.u_before)) { return false; }
            has |= Message::before;
        } else if (starts(p, "\"ps\":")) {
            p += 5;
            if (!read_string(p, end, word)) { return false; }
        } else {
            return false;
        }
        const char behind = *p++;
        if (behind == ',') { continue; }
        if (behind != '}') { return false; }
        break;
    }
    if (is_wrapped && *p++ != '}') { return false; }
    m.has = has;
    return p == end;
}

}  // namespace walras::codec
