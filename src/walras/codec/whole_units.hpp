// Sizes that feeds state as whole units (shares, contracts), as lots, without a double on the way.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "walras/core/fixed.hpp"

namespace walras::codec {

class WholeUnits {
public:
    // Throws ConfigError: a lot size that is not positive. `source` is borrowed and named in errors.
    WholeUnits(std::int64_t lot_size, std::string_view source);

    // Throws DataError with `place`: not a whole number of lots.
    [[nodiscard]] Quantity to_lots(std::uint32_t units, std::uint64_t place) const {
        if (lots_per_unit_ != 0) [[likely]] { return Quantity{static_cast<std::int64_t>(units) * lots_per_unit_}; }
        return divide(units, place);
    }

private:
    [[nodiscard]] Quantity divide(std::uint32_t units, std::uint64_t place) const;

    std::int64_t lot_size_;
    std::int64_t lots_per_unit_;  // 0: none, a lot is no whole fraction of a unit
    std::string_view source_;
};

}  // namespace walras::codec
