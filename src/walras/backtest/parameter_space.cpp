#include "walras/backtest/parameter_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "walras/core/error.hpp"

namespace walras::backtest {
namespace {

constexpr std::uint64_t max_sets = std::uint64_t{1} << 48;

std::string text_of(const strategy::Value& value) {
    return std::visit([](const auto& v) { return fmt::format("{}", v); }, value);
}

}  // namespace

ParameterSpace::ParameterSpace(std::vector<Axis> axes, bool is_grid) : axes_(std::move(axes)) {
    std::set<std::string> names;
    for (const Axis& axis : axes_) {
        if (!names.insert(axis.name).second) {
            throw ConfigError(fmt::format("Parameter {} is given twice; give each once.", axis.name));
        }
        if (!is_grid) { continue; }
        if (axis.values.empty()) { throw ConfigError(fmt::format("Parameter {} has no values to try.", axis.name)); }
        auto sorted = axis.values;
        std::ranges::sort(sorted);
        const auto twin = std::ranges::adjacent_find(sorted);
        if (twin != sorted.end()) {
            throw ConfigError(fmt::format("Parameter {} has the value {} twice; each trial runs once, drop one.",
                                          axis.name, text_of(*twin)));
        }
    }
}

ParameterSpace ParameterSpace::grid(std::vector<Axis> axes) {
    ParameterSpace space{std::move(axes), true};
    std::uint64_t sets = 1;
    space.strides_.resize(space.axes_.size());
    for (std::size_t i = space.axes_.size(); i-- > 0;) {
        space.strides_[i] = sets;
        const std::uint64_t values = space.axes_[i].values.size();
        if (sets > max_sets / values) { throw ConfigError("The grid has more than 2^48 points; give fewer values."); }
        sets *= values;
    }
    space.size_ = sets;
    return space;
}

ParameterSpace ParameterSpace::list(std::vector<Axis> columns) {
    ParameterSpace space{std::move(columns), false};
    space.size_ = space.axes_.empty() ? 0 : space.axes_.front().values.size();
    for (const Axis& column : space.axes_) {
        if (column.values.size() != space.size_) {
            throw ConfigError(fmt::format("Parameter {} has {} values where {} has {}; give one for each set.",
                                          column.name, column.values.size(), space.axes_.front().name, space.size_));
        }
    }
    return space;
}

ParameterSpace ParameterSpace::only(std::vector<std::uint64_t> indices) const {
    ParameterSpace space = *this;
    for (std::uint64_t& index : indices) {
        if (index >= size_) {
            throw ConfigError(fmt::format("Parameter set {} does not exist; there are {}.", index, size_));
        }
        if (is_selection_) { index = selection_[index]; }
    }
    space.size_ = indices.size();
    space.selection_ = std::move(indices);
    space.is_selection_ = true;
    return space;
}

const strategy::Value& ParameterSpace::value(std::size_t i, std::size_t axis) const {
    const std::uint64_t point = is_selection_ ? selection_[i] : i;
    const auto& values = axes_[axis].values;
    return values[strides_.empty() ? point : point / strides_[axis] % values.size()];
}

ParameterSet ParameterSpace::at(std::size_t i) const {
    ParameterSet set;
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) { set.emplace(axes_[axis].name, value(i, axis)); }
    return set;
}

}  // namespace walras::backtest
