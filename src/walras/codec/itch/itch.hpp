// NASDAQ TotalView-ITCH 5.0 to ticks: orders, executions and crosses of all stocks of a day.
//
// Messages stand one behind the other, each behind its length in two big-endian bytes (as NASDAQ's daily files have
// it) or bare; the first byte tells. Times are nanoseconds since midnight in New York, which `TickOptions::date` names.
// A tick's `sequence` is the number of its message, from 1.
//
// ITCH says neither side nor price where it executes or replaces an order, so the decoder remembers the orders that
// rest (16 bytes each, twice the room): its ticks need no book to be understood.
//
//   A F  add                                E C  trade and fill; C at its own price, without trade if not printable
//   X    reduce                             D    remove
//   U    remove and add                     P    trade against a hidden order, aggressor unknown: the feed hides it
//   Q    trade, if anything crossed         R    the stock's name; after start of messages its book is empty: clear
//
//   H    the state `halted` (halted, paused, quotation only), and when trading goes on what held before
//
// S Y L V W K J h B I N O say nothing that a tick can say; a type that does not exist is a DataError. Orders may come
// and go in a halted stock: its book stays true. A broken trade (B) is not taken back: whoever traded on the print did
// so when it was printed.
#pragma once

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec::itch {

// 0: no such type of message.
std::size_t message_size(char type);

TickDecoderPtr make_decoder(TickOptions options);

}  // namespace walras::codec::itch
