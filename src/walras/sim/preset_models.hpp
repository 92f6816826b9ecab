// The models of the presets, as JSON inside the program: no path leads to them. They are the files of sim/models, which
// `walras ml train` makes.
#pragma once

#include <span>
#include <string_view>

namespace walras::sim {

struct PresetModel {
    std::string_view name;  // "decision_tree"
    std::string_view json;
};
std::span<const PresetModel> preset_models();

}  // namespace walras::sim
