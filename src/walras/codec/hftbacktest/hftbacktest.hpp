// hftbacktest's event records to ticks and back. A record is 64 bytes: ev u64, exch_ts i64, local_ts i64, px f64,
// qty f64, order_id u64, ival i64, fval f64; a file is an .npy of them (in an .npz), with or without NumPy's header.
//
// Reading takes the rows with LOCAL_EVENT, in their order: what reached us. ts_event is exch_ts, ts_init local_ts;
// `ival` is the sequence, and `order_id` a trade's id.
//
//   DEPTH             update; rows of equal times are one message, the last has flag_last
//   DEPTH_CLEAR, DEPTH_SNAPSHOT   rows of equal times are one snapshot: `clear` and its levels. A clear without levels
//                     is a `clear`; one of one side alone clears both
//   DEPTH_BBO         quote: the two sides of equal times are one
//   TRADE             trade; the side is the one that took
//   ADD_ORDER, CANCEL_ORDER, MODIFY_ORDER, FILL   add, remove, update and fill_notice of an order
//
// Writing is the reverse. What the format does not have: `state` is left out, `remove` by price becomes a level of 0,
// `reduce` a MODIFY_ORDER, `fill` a FILL and the change that it makes.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec {

struct HftRecord {
    std::uint64_t ev = 0;
    std::int64_t exch_ts = 0;
    std::int64_t local_ts = 0;
    double px = 0;
    double qty = 0;
    std::uint64_t order_id = 0;
    std::int64_t ival = 0;
    double fval = 0;
};
static_assert(sizeof(HftRecord) == 64);

namespace hft {
inline constexpr std::uint64_t exch_event = 1ULL << 31;
inline constexpr std::uint64_t local_event = 1ULL << 30;
inline constexpr std::uint64_t buy = 1ULL << 29;
inline constexpr std::uint64_t sell = 1ULL << 28;
inline constexpr std::uint64_t kind_mask = 0xFF;
inline constexpr std::uint64_t depth = 1, trade = 2, depth_clear = 3, depth_snapshot = 4, depth_bbo = 5;
inline constexpr std::uint64_t add_order = 10, cancel_order = 11, modify_order = 12, fill = 13;
}  // namespace hft

TickDecoderPtr hftbacktest_decoder(TickOptions options);

// Ticks of one instrument as records, in the order of receipt, a chunk at a time. Keeps the size of each live order.
class HftEncoder {
public:
    // `source` is named in errors.
    HftEncoder(std::int64_t lot_size, std::string source);
    // Throws DataError: a tick of a second instrument.
    void encode(std::span<const model::Tick> ticks, std::vector<HftRecord>& out);

private:
    void encode_delta(const model::Tick& tick, HftRecord row, std::vector<HftRecord>& out);
    void encode_order(const model::Tick& tick, HftRecord row, std::vector<HftRecord>& out);
    void clear(const HftRecord& row, std::vector<HftRecord>& out);

    double lot_;
    std::string source_;
    InstrumentId instrument_ = no_instrument;
    // hftbacktest clears up to a price: the farthest ones since the last clear. 0: none.
    double lowest_bid_ = 0;
    double highest_ask_ = 0;
    std::unordered_map<std::uint64_t, std::int64_t> live_;  // lots by order; never walked through
};

// hftbacktest runs through its rows once for two clocks: rows whose exchange times go back are split into one for each
// clock, so that both orders hold. `rows` are in the order of receipt.
std::vector<HftRecord> in_both_orders(std::span<const HftRecord> rows);

}  // namespace walras::codec
