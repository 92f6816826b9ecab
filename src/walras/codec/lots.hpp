// Sizes from outside, in units, as whole lots.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "walras/core/fixed.hpp"

namespace walras::codec {

// Lots of `lot_size` (1e-9 units each) in `units`; none if that is no whole number, up to what a double cannot say
// better, or does not fit.
inline std::optional<Quantity> whole_lots(double units, std::int64_t lot_size) {
    const double lots = units * 1e9 / static_cast<double>(lot_size);
    if (!(std::abs(lots) < 9e18)) { return {}; }
    const double whole = std::nearbyint(lots);
    if (std::abs(lots - whole) > 1e-6 + std::abs(lots) * 1e-12) { return {}; }
    return Quantity{static_cast<std::int64_t>(whole)};
}

}  // namespace walras::codec
