#include <fmt/format.h>

#include "walras/codec/lobster/lobster.hpp"
#include "walras/codec/lobster/lobster_text.hpp"
#include "walras/core/error.hpp"

namespace walras::codec::lobster {

BookReader::BookReader(std::string_view text, std::string_view source) : text_(text), source_(source) {
    if (text_.starts_with("\xef\xbb\xbf")) { text_.remove_prefix(3); }
}

bool BookReader::next(BookRow& row) {
    row.asks.clear();
    row.bids.clear();
    if (text_.empty()) { return false; }
    ++line_;
    const std::size_t length = text_.find('\n');
    const std::string_view line = trim_line(text_.substr(0, length));
    text_.remove_prefix(length == std::string_view::npos ? text_.size() : length + 1);
    Cells cells(line);
    bool is_whole = true;
    do {
        for (auto* side : {&row.asks, &row.bids}) {
            is_whole = is_whole && !cells.is_at_end();
            const std::int64_t price = cells.integer();
            is_whole = is_whole && !cells.is_at_end();
            const std::int64_t size = cells.integer();
            if (price > -max_price && price < max_price && size > 0) {
                side->push_back({Price{price * price_unit}, size});
            }
        }
    } while (is_whole && cells.is_good() && !cells.is_at_end());
    if (!is_whole || !cells.is_good()) {
        throw DataError(
            fmt::format("{}, line {}: not a row of an order book, ask price, ask size, bid price, bid size "
                        "for each level; give the order book file of LOBSTER",
                        source_, line_));
    }
    return true;
}

}  // namespace walras::codec::lobster
