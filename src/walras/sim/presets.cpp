#include "walras/sim/presets.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "walras/core/error.hpp"

namespace walras::sim {
namespace {

// Ten symbols in five pairs of the same sector.
std::vector<SymbolConfig> ten_symbols() {
    constexpr std::array<Sector, 5> sectors{Sector::tech, Sector::finance, Sector::healthcare, Sector::consumer,
                                            Sector::industrials};
    std::vector<SymbolConfig> out;
    out.reserve(10);
    for (std::size_t i = 0; i < 10; ++i) {
        out.push_back({.name = std::string(3, static_cast<char>('A' + i)), .sector = sectors[i / 2]});
    }
    return out;
}

GroupConfig group(const char* kind, std::uint32_t count) { return {.kind = kind, .name = kind, .count = count}; }

MarketConfig standard() {
    MarketConfig config;
    config.symbols = ten_symbols();
    config.groups = {group("market_maker", 600), group("noise", 2'400), group("momentum", 800)};
    return config;
}

struct Entry {
    Preset preset;
    MarketConfig (*make)();
};
constexpr std::array<Entry, 1> entries{{
    {{"default", "The ancestor's population: 12,500 agents of 14 kinds and a background pool over 10 symbols."}, standard},
}};
constexpr auto listed = [] {
    std::array<Preset, entries.size()> out{};
    for (std::size_t i = 0; i < entries.size(); ++i) { out[i] = entries[i].preset; }
    return out;
}();

}  // namespace

std::span<const Preset> presets() { return listed; }

MarketConfig preset(std::string_view name) {
    std::vector<std::string_view> names;
    for (const Entry& entry : entries) {
        if (entry.preset.name == name) { return entry.make(); }
        names.push_back(entry.preset.name);
    }
    throw ConfigError(fmt::format("There is no preset \"{}\"; {}", name, core::did_you_mean(name, names)));
}

}  // namespace walras::sim
