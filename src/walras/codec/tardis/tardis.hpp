// CSV files of Tardis to ticks: incremental_book_L2, book_snapshot_5 and _25, trades, quotes; the header says which.
// And Binance's own depth files (T_DEPTH: depth_update, depth_snap), which have a row a level too.
//
// Times are microseconds, `timestamp` of the exchange (ts_event) and `local_timestamp` of Tardis's machine (ts_init);
// Binance's files have milliseconds of the exchange only. Rows of one message (equal symbol and times, or equal update
// numbers) become one: the last level has flag_last. Rows with is_snapshot, and each row of book_snapshot files, are a
// snapshot: `clear` and the levels. Tardis begins again with a snapshot wherever its connection broke, so a book is
// valid from its first snapshot on; Binance's files have the numbers and every gap is said (book_sync.hpp).
#pragma once

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec {

TickDecoderPtr tardis_decoder(TickOptions options);

// Whether this is the header of such a file.
bool is_tardis_header(std::string_view line);

}  // namespace walras::codec
