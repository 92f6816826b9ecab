// Markets that are ready to run, by name.
#pragma once

#include <span>
#include <string_view>

#include "walras/sim/config.hpp"

namespace walras::sim {

struct Preset {
    std::string_view name;
    std::string_view summary;
};

std::span<const Preset> presets();
MarketConfig preset(std::string_view name);  // ConfigError naming near ones

}  // namespace walras::sim
