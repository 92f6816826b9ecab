// What decoders of tick files in columns share: a header that says what the rows are, and cells as prices, lots and
// times, with errors that name line and column.
#pragma once

#include <cstdint>
#include <string_view>

#include "walras/codec/decimal_text.hpp"
#include "walras/codec/delimited.hpp"
#include "walras/codec/line_decoder.hpp"

namespace walras::codec {

class CsvTicks : public LineDecoder {
protected:
    CsvTicks(TickOptions options, bool looks_ahead)
        : LineDecoder(std::move(options), looks_ahead), lots_(this->options().lot_size) {}

    // Positive and at 1e-9; 0 only where `zero` says so.
    [[nodiscard]] Price price_at(std::size_t column, bool zero = false) const;
    // The same, of a price that was multiplied by `scale`, a power of ten.
    [[nodiscard]] Price scaled_price_at(std::size_t column, int decimals, bool zero) const;
    [[nodiscard]] Quantity lots_at(std::size_t column) const;
    [[nodiscard]] std::uint64_t integer_at(std::size_t column) const;
    [[nodiscard]] std::string_view cell(std::size_t column) const { return row_[column]; }
    // Splits a row and checks that it has as many cells as the header.
    void split(std::string_view line);
    [[noreturn]] void refuse(std::size_t column, std::string_view must) const;

    // NOLINTBEGIN(readability-identifier-naming): state of the readers derived from this one
    Delimited row_;
    std::vector<std::string> names_;  // of the columns
    // NOLINTEND(readability-identifier-naming)

private:
    LotText lots_;
};

}  // namespace walras::codec
