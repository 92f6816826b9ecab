// Recorded Binance streams to ticks: spot, USD-M and coin-M futures, of one or several symbols. Each line is a message
// with the time of receipt in front of it (receipt.hpp), in the wrapper of combined streams or bare; keys may come in
// any order.
//
//   depthUpdate            book deltas `update`, the last with flag_last; sequence = u
//   REST depth             a snapshot; sequence = lastUpdateId
//   bookTicker             a quote; sequence = u
//   trade, or aggTrade     a trade; "m" (the buyer was resting) makes the seller the aggressor. Where a symbol has
//                          both, the kind that came first counts
//   anything else          nothing
//
// ts_event is T, the matching engine's time, else E, else the time of receipt.
//
// Sequence. Futures name the update before (`pu`), spot counts without holes (U = u + 1). Whatever does not follow is a
// gap: BookAction::state resyncing, before the deltas behind it. A file that begins without a snapshot is
// unverifiable. A REST snapshot is older than the diffs that came while it was asked for: those are kept (the last
// few thousand) and come again behind the snapshot where they are newer. The state is valid from the first diff that
// bridges the snapshot: with pu <= lastUpdateId <= u in futures, U <= lastUpdateId + 1 <= u in spot. A snapshot
// without a symbol belongs to the only symbol of the file.
#pragma once

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec {

TickDecoderPtr binance_decoder(TickOptions options);

}  // namespace walras::codec
