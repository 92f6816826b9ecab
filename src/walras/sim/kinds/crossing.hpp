// Which of two lines lies above, as an agent has last seen it: a cross is acted on once, however often agents look.
#pragma once

#include <cstdint>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/core/error.hpp"

namespace walras::sim {

class Crossing {
public:
    void resize(std::size_t agents) { side_.assign(agents, 0); }

    // `difference` = fast - slow. +1: it has crossed to above zero since the agent looked, -1: to below, 0: neither.
    // Zero, give or take rounding, and NaN are no side; the first side that is seen is no cross.
    int see(std::size_t agent, double difference) {
        const auto side = static_cast<std::int8_t>((difference > rounding) - (difference < -rounding));
        if (side == 0) { return 0; }
        const std::int8_t before = side_[agent];
        side_[agent] = side;
        return before != 0 && before != side ? side : 0;
    }

    void save(core::ArchiveWriter& out) const { out.array(side_); }
    void load(core::ArchiveReader& in) {
        const std::size_t size = side_.size();
        in.array(side_);
        if (side_.size() != size) {
            throw DataError("This checkpoint is of another population; restore its own config.");
        }
    }

private:
    static constexpr double rounding = 1e-9;  // of prices as money
    std::vector<std::int8_t> side_;
};

}  // namespace walras::sim
