#include "walras/codec/whole_units.hpp"

#include <fmt/format.h>

#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::codec {

WholeUnits::WholeUnits(std::int64_t lot_size, std::string_view source) : lot_size_(lot_size), source_(source) {
    if (lot_size <= 0) {
        throw ConfigError(
            fmt::format("the lot size of {} is {}; give a positive one", source, core::format_fixed(lot_size)));
    }
    lots_per_unit_ = core::fixed_scale % lot_size == 0 ? core::fixed_scale / lot_size : 0;
}

Quantity WholeUnits::divide(std::uint32_t units, std::uint64_t place) const {
    const std::int64_t fixed = static_cast<std::int64_t>(units) * core::fixed_scale;
    if (fixed % lot_size_ != 0) {
        throw DataError(
            fmt::format("{}, message {}: the size {} is no whole number of lots of {}; set a smaller lot_size", source_,
                        place, units, core::format_fixed(lot_size_)));
    }
    return Quantity{fixed / lot_size_};
}

}  // namespace walras::codec
