// Recorded Bybit v5 streams and Bybit's own ob500 files to ticks: one message a line, with or without the time of
// receipt in front of it (receipt.hpp).
//
//   orderbook.*    book deltas `update`, the last with flag_last; type "snapshot" is a snapshot; sequence = u
//   publicTrade.*  trades; S is the side that took; the trade id is the number of 16 hexadecimal digits of `i`
//   anything else  nothing
//
// ts_event is cts, the matching engine's time, else ts; ts_init the time of receipt, else ts plus the feed delay. `u`
// counts by one from message to message: whatever does not follow is a gap (book_sync.hpp).
#pragma once

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec {

TickDecoderPtr bybit_decoder(TickOptions options);

}  // namespace walras::codec
