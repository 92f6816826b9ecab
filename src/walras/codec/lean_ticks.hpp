// LEAN's (QuantConnect's) ticks as a stream: trades and quotes of equities, forex and crypto; the header, or the number
// of cells, says which. Times are milliseconds of the day of TickOptions::date, or of the row's own `date` in
// TickOptions::zone. Rows that LEAN flags as suspicious are left out.
//
// Rows of equities are one exchange's, whose letter stands in them: each exchange is a symbol of its own, "BAC@P", so
// that the best of all and a book over all of them can be made. A row of quotes changes one side and has 0, 0 for the
// other: the quote that comes out is all that this exchange shows, 0 at 0 where it never showed any.
//
// The file does not say whose it is: TickOptions::symbols has the name ("BAC"), or names of the form "BAC@P" to read
// only those exchanges.
#pragma once

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec {

TickDecoderPtr lean_decoder(TickOptions options);

// Whether this is a header as the files in one piece have it: "date,ms_ny,price_e4,size,exchange,...".
bool is_lean_tick_header(std::string_view line);

}  // namespace walras::codec
