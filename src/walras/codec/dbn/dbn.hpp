// Databento's DBN, versions 1 to 3, to ticks: market by order, by price, quotes and trades.
//
//   MBO               A add, M update, C reduce (of what it cancels), R clear, T trade, F fill_notice: the C or M that
//                     follows says what the fill did to the book. Side N: no aggressor
//   MBP-10            the levels that changed, as update; a level that leaves the ten best is not known any more, size
//   0 MBP-1, TBBO, BBO  a quote, where it changed; consolidated ones (CMBP-1, CBBO, TCBBO) too trades            T of
//   these schemas, behind the quote, which is the one before the trade
//
// `ts_init` is the receive stamp, where it is undefined the event's; one that is flagged as bad never goes back. Flags:
// last and snapshot become ours. A snapshot without R begins with a `clear` of ours; one whose last record is not
// flagged ends with the state `valid` before the first record that is not of it. R outside of a snapshot is an empty
// market: nothing is missing. "Maybe bad book" becomes the state `resyncing`, until the next snapshot or R. Other
// records (definitions, statistics, status, bars, system) say nothing that a tick can say and are left out.
#pragma once

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec::dbn {

TickDecoderPtr make_decoder(TickOptions options);

}  // namespace walras::codec::dbn
