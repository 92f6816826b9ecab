#include "walras/data/tick_order.hpp"

#include <fmt/format.h>

#include <utility>

#include "walras/core/error.hpp"

namespace walras::data {

using model::Tick;

void TickOrder::refuse(std::span<const Tick> ticks, std::string_view source) const {
    TimeNs latest = latest_;
    std::uint64_t row = count_;
    for (const Tick& tick : ticks) {
        if (tick.ts_init < latest) {
            throw DataError(
                fmt::format("{}, tick {} (counted from 0): the time {} lies before {}, the time of the "
                            "tick before it; sort by the time of receipt, or read the parts apart and "
                            "merge them",
                            source, row, format_time(tick.ts_init), format_time(latest)));
        }
        latest = tick.ts_init;
        ++row;
    }
    std::unreachable();
}

}  // namespace walras::data
