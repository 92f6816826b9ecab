// One message of a Binance stream, key by key, and the quick way to read it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "walras/codec/decimal_text.hpp"
#include "walras/model/tick.hpp"

namespace walras::codec {

// What a message says, key by key. A number that cannot be read matters only where its kind of message needs it.
struct BinanceMessage {
    enum Field : std::uint32_t {
        event_time = 1U << 0,   // E
        engine_time = 1U << 1,  // T
        first = 1U << 2,        // U
        last = 1U << 3,         // u
        before = 1U << 4,       // pu
        trade_id = 1U << 5,     // t, or a
        is_maker = 1U << 6,     // m
        bid = 1U << 7,          // b
        ask = 1U << 8,          // a
        bid_size = 1U << 9,     // B
        ask_size = 1U << 10,    // A
        price = 1U << 11,       // p
        size = 1U << 12,        // q
        bids = 1U << 13,
        asks = 1U << 14,
        snapshot = 1U << 15,  // lastUpdateId
    };
    std::uint32_t has = 0;
    std::uint32_t broken = 0;
    std::string_view event;
    std::string_view symbol;
    std::string_view bad_size;  // of a level, as it stands there; sizes of unwanted symbols do not matter
    std::uint64_t e_time = 0, t_time = 0, u_first = 0, u_last = 0, u_before = 0, id = 0;
    std::int64_t bid_raw = 0, ask_raw = 0, bid_lots = 0, ask_lots = 0, raw = 0, lots = 0;
    bool maker = false;
};

// Reads messages as Binance writes them: no blanks, no escapes, numbers of usual length. False where something is
// unusual: then nothing that it did counts, and the general reader decides.
bool read_compact(std::string_view json, const LotText& lots, BinanceMessage& m, std::vector<model::Tick>& out);

}  // namespace walras::codec
