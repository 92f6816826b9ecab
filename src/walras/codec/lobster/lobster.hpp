// LOBSTER's message files to ticks, and its order book files to rows of levels.
//
// A message is `seconds since midnight in New York, type, order, size, price * 10,000, direction`; the midnight is
// `TickOptions::date`. A file has one stock, named by `symbols[0]` (else ""). A tick's `sequence` is its line, from 1.
//
//   1 add   2 reduce   3 remove   4 trade and fill   5 trade against a hidden order   6 trade of a cross, no aggressor
//
// 7 (halts and resumptions, price -1, 0, 1) says nothing that a tick can say. `direction` is of the resting order; who
// traded with it was the aggressor.
//
// Messages alone never say what rested before the first one. A row of the order book file does, by price: with a seed,
// the stream begins with a snapshot of it, one order for each level, whose ids count down from 2^63. They stood there
// first, and what messages do to an order that nobody added they do to the seeded order at its price. An order
// behind the last seeded level is not known and cannot be: what happens to it is left out.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec::lobster {

struct Level {
    Price price;
    std::int64_t size = 0;  // shares
    auto operator<=>(const Level&) const = default;
};

// Best first; levels that do not exist (price +-9999999999) are left out.
struct BookRow {
    std::vector<Level> asks;
    std::vector<Level> bids;
    bool operator==(const BookRow&) const = default;
};

// Row by row, from text that is there as a whole. Throws DataError with the line.
class BookReader {
public:
    BookReader(std::string_view text, std::string_view source);
    bool next(BookRow& row);

private:
    std::string_view text_;
    std::string_view source_;
    std::uint64_t line_ = 0;
};

inline constexpr std::uint64_t first_seeded_order = std::uint64_t{1} << 63;

// `after_first`: the book after the first message, which is what the first row of an order book file holds.
TickDecoderPtr make_decoder(TickOptions options, std::optional<BookRow> after_first = {});

}  // namespace walras::codec::lobster
