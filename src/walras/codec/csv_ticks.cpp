#include "walras/codec/csv_ticks.hpp"

#include <fmt/format.h>

namespace walras::codec {

void CsvTicks::refuse(std::size_t column, std::string_view must) const {
    const std::string name = column < names_.size() ? names_[column] : fmt::format("number {}", column + 1);
    fail(fmt::format("the column {} is {}, {}", name, show(row_[column]), must), "repair or remove the line");
}

void CsvTicks::split(std::string_view line) {
    row_.split(line);
    if (row_.size() != names_.size()) {
        fail(fmt::format("there are {} fields, the header has {}", row_.size(), names_.size()),
             "repair or remove the line");
    }
}

Price CsvTicks::price_at(std::size_t column, bool zero) const { return scaled_price_at(column, 9, zero); }

Price CsvTicks::scaled_price_at(std::size_t column, int decimals, bool zero) const {
    const auto found = decimal_of(row_[column], decimals);
    if (!found) { refuse(column, "which is no price"); }
    if (found->value < 0 || (found->value == 0 && !zero)) { refuse(column, "and prices are positive"); }
    return Price{found->value};
}

Quantity CsvTicks::lots_at(std::size_t column) const {
    const std::string_view text = row_[column];
    const auto found = text.empty() ? std::nullopt : decimal_of(text, 9);
    if (text.empty() || (!found && !decimal_of(text, 0))) { refuse(column, "which is no size"); }
    // Behind a cell there is always a delimiter, or the padding of the line.
    const char* p = text.data();
    std::int64_t lots = 0;
    if (!lots_.read(p, text.data() + text.size(), lots) || p != text.data() + text.size()) {
        fail(fmt::format("the size {} is no whole number of lots of {}e-9, 0 or more", show(text), options().lot_size),
             "give the instrument's lot_size");
    }
    return Quantity{lots};
}

std::uint64_t CsvTicks::integer_at(std::size_t column) const {
    const auto found = integer_of(row_[column]);
    if (!found) { refuse(column, "which is no whole number"); }
    return *found;
}

}  // namespace walras::codec
