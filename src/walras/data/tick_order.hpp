// Sees to it that times of receipt do not go back, over all chunks of a stream. One stream owns one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "walras/model/tick.hpp"

namespace walras::data {

class TickOrder {
public:
    // Throws DataError with the row of the first tick that is from before the one before it.
    void check(std::span<const model::Tick> ticks, std::string_view source) {
        TimeNs latest = latest_;
        bool is_good = true;
        for (const model::Tick& tick : ticks) {
            is_good &= tick.ts_init >= latest;
            latest = tick.ts_init;
        }
        if (!is_good) [[unlikely]] { refuse(ticks, source); }
        latest_ = latest;
        count_ += ticks.size();
    }
    void reset() { *this = {}; }

private:
    [[noreturn]] void refuse(std::span<const model::Tick> ticks, std::string_view source) const;

    TimeNs latest_ = time_min;
    std::uint64_t count_ = 0;
};

}  // namespace walras::data
