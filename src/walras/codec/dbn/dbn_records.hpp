// Where the fields of DBN records lie, in bytes from the record's beginning. Lengths count units of four bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace walras::codec::dbn {

enum class RecordType : std::uint8_t {
    trade = 0x00,
    mbp_1 = 0x01,
    mbp_10 = 0x0a,
    symbol_mapping = 0x16,
    mbo = 0xa0,
    cmbp_1 = 0xb1,
    cbbo_1s = 0xc0,
    cbbo_1m = 0xc1,
    tcbbo = 0xc2,
    bbo_1s = 0xc3,
    bbo_1m = 0xc4,
    tbbo = 0xc5,
};

// The header of every record.
inline constexpr std::size_t header_size = 16;
inline constexpr std::size_t at_length = 0;
inline constexpr std::size_t at_type = 1;
inline constexpr std::size_t at_publisher = 2;   // u16
inline constexpr std::size_t at_instrument = 4;  // u32
inline constexpr std::size_t at_ts_event = 8;    // u64

namespace mbo {
inline constexpr std::size_t size = 56;
inline constexpr std::size_t at_order = 16;  // u64
inline constexpr std::size_t at_price = 24;  // i64
inline constexpr std::size_t at_size = 32;   // u32
inline constexpr std::size_t at_flags = 36;
inline constexpr std::size_t at_action = 38;
inline constexpr std::size_t at_side = 39;
inline constexpr std::size_t at_ts_recv = 40;   // u64
inline constexpr std::size_t at_sequence = 52;  // u32
}  // namespace mbo

// Trades, and the records by price: the same, and levels of 32 bytes behind it.
namespace mbp {
inline constexpr std::size_t at_price = 16;  // i64
inline constexpr std::size_t at_size = 24;   // u32
inline constexpr std::size_t at_action = 28;
inline constexpr std::size_t at_side = 29;
inline constexpr std::size_t at_flags = 30;
inline constexpr std::size_t at_ts_recv = 32;   // u64
inline constexpr std::size_t at_sequence = 44;  // u32
inline constexpr std::size_t at_levels = 48;
inline constexpr std::size_t level_size = 32;  // bid i64, ask i64, bid size u32, ask size u32, and counts
inline constexpr std::size_t max_levels = 10;
}  // namespace mbp

inline constexpr unsigned flag_last = 0x80;
inline constexpr unsigned flag_snapshot = 0x20;
inline constexpr unsigned flag_bad_ts_recv = 0x08;
inline constexpr unsigned flag_maybe_bad_book = 0x04;

inline constexpr std::int64_t undefined_price = INT64_MAX;
inline constexpr std::uint64_t undefined_time = UINT64_MAX;

}  // namespace walras::codec::dbn
