// Small markets for tests.
#pragma once

#include "walras/sim/market.hpp"

namespace walras::sim {

inline MarketConfig small_market(std::vector<GroupConfig> groups, std::size_t symbols = 2) {
    MarketConfig config;
    for (std::size_t i = 0; i < symbols; ++i) {
        config.symbols.push_back({.name = std::string(3, static_cast<char>('A' + i))});
    }
    config.groups = std::move(groups);
    return config;
}

inline std::vector<GroupConfig> mixed_groups() {
    return {{.kind = "market_maker", .name = "market_maker", .count = 60},
            {.kind = "noise", .name = "noise", .count = 5'000},
            {.kind = "momentum", .name = "momentum", .count = 300}};
}

struct Totals {
    Money cash{};
    std::vector<Lots> shares;
};
inline Totals totals_of(const Market& market) {
    const Population& population = market.population();
    Totals out{.cash = market.fees(), .shares = std::vector<Lots>(market.config().symbols.size())};
    for (std::uint32_t s = 0; s < out.shares.size(); ++s) {
        out.cash += market.symbol(s).pool().cash();
        out.shares[s] += market.symbol(s).pool().shares();
    }
    for (const Group& group : population.groups) {
        for (Agent a = group.begin; a < group.end; ++a) {
            out.cash += population.purses[a].cash;
            const auto own = population.holdings_of(group, a);
            for (std::uint32_t h = 0; h < group.width; ++h) { out.shares[group.symbol_of(a, h)] += own[h].position; }
        }
    }
    if (market.events() != nullptr) {
        market.events()->each_pending_report([&](const Settlement& told, std::uint32_t s) {
            if (told.kind != Settlement::Kind::filled) { return; }
            const Lots lots = told.side == OrderSide::buy ? told.lots : -told.lots;
            out.shares[s] += lots;
            out.cash -= Money{static_cast<core::int128>(told.price) * market.config().symbols[s].tick_size.raw * lots};
        });
    }
    return out;
}

}  // namespace walras::sim
