// The parameter sets of a sweep: every combination of some axes, or a list. Sets are made one at a time when asked for,
// so that a grid of millions costs what its axes cost.
//
// Immutable after construction; any number of threads may read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "walras/strategy/registry.hpp"

namespace walras::backtest {

using ParameterSet = std::map<std::string, strategy::Value>;

struct Axis {
    std::string name;
    std::vector<strategy::Value> values;
};

class ParameterSpace {
public:
    // Every combination; the last axis moves fastest. Throws ConfigError for an axis without values, a value twice on
    // one axis, a name twice, or more than 2^48 combinations. No axis: one set, all defaults.
    static ParameterSpace grid(std::vector<Axis> axes);
    // Row i of every column. Throws ConfigError if the columns differ in length or a name comes twice.
    static ParameterSpace list(std::vector<Axis> columns);
    // Only these points of the space, in this order. Throws ConfigError for an index beyond its end.
    [[nodiscard]] ParameterSpace only(std::vector<std::uint64_t> indices) const;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] ParameterSet at(std::size_t i) const;
    // The value of axis `axis` in set `i`.
    [[nodiscard]] const strategy::Value& value(std::size_t i, std::size_t axis) const;
    [[nodiscard]] const std::vector<Axis>& axes() const { return axes_; }

private:
    ParameterSpace(std::vector<Axis> axes, bool is_grid);

    std::vector<Axis> axes_;
    std::vector<std::uint64_t> strides_;    // of a grid: how many sets pass before an axis moves; empty for a list
    std::vector<std::uint64_t> selection_;  // empty: all
    std::size_t size_ = 0;
    bool is_selection_ = false;
};

}  // namespace walras::backtest
