// How a strategy looks when all closes are known: the sides that it takes, as a function of its parameters alone. A
// sweep runs such a strategy without events; the event engine says what the right answer is.
//
// A form exists for strategies that do one thing: on a change of the wanted side they target `share` of equity on that
// side as far as sizing.hpp finds room, or nothing where the side is 0.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "walras/core/schema.hpp"
#include "walras/features/indicator_cache.hpp"

namespace walras::strategy {

using core::Parameters;

// From the close of bar `row` on, the strategy wants to be long (+1), flat (0) or short (-1).
struct SideChange {
    std::uint32_t row = 0;
    std::int8_t side = 0;
};

struct VectorForm {
    // Appends the changes of one instrument's side, in rising order; the first one is from flat. Each instrument is
    // judged by its own closes.
    std::function<void(const Parameters&, const features::IndicatorCache&, std::vector<SideChange>&)> sides;
    // What one of `instruments` may take, as a fraction of equity.
    std::function<double(const Parameters&, std::size_t instruments)> share;
};

}  // namespace walras::strategy
