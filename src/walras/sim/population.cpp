#include "walras/sim/population.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "walras/core/error.hpp"
#include "walras/core/hash.hpp"

namespace walras::sim {
namespace {

// Of the name, so that other groups do not change a group's luck.
std::uint32_t stream_of(const std::string& name) {
    core::RunningHash hash;
    for (const char c : name) { hash.add(static_cast<unsigned char>(c)); }
    return static_cast<std::uint32_t>(hash.value() >> 32);
}

std::uint32_t width_of(Reach reach, std::size_t symbols) {
    switch (reach) {
        case Reach::one: return 1;
        case Reach::pair: return 2;
        case Reach::all: return static_cast<std::uint32_t>(symbols);
    }
    return 1;
}

}  // namespace

Population::Population(const MarketConfig& config) {
    std::uint64_t agents = 0;
    std::size_t holding_count = 0;
    std::size_t ticket_count = 0;
    groups.reserve(config.groups.size());
    for (const GroupConfig& given : config.groups) {
        const KindSpec& spec = describe_kind(given.kind);
        const GroupConfig& standard = spec.defaults;
        Group g;
        g.name = given.name.empty() ? given.kind : given.name;
        g.spec = &spec;
        g.kind =
            spec.make(core::check(fmt::format("Group {} ({})", g.name, spec.name), spec.parameters, given.parameters));
        if (spec.reach == Reach::pair && config.symbols.size() < 2 && given.count > 0) {
            throw ConfigError(
                fmt::format("Group {}: {} trades pairs; the market has one symbol, add another.", g.name, spec.name));
        }
        g.begin = static_cast<Agent>(agents);
        agents += given.count;
        g.end = static_cast<Agent>(agents);
        g.reach = spec.reach;
        g.symbols = static_cast<std::uint32_t>(config.symbols.size());
        g.by_symbols = Divisor(g.symbols);
        g.width = width_of(spec.reach, config.symbols.size());
        g.tickets = spec.reach == Reach::all ? g.width * spec.tickets : spec.tickets;
        g.first_holding = holding_count;
        g.first_ticket = ticket_count;
        holding_count += std::size_t{given.count} * g.width;
        ticket_count += std::size_t{given.count} * g.tickets;
        g.stream = stream_of(g.name);
        g.cash = given.cash.value_or(standard.cash.value_or(Money{}));
        g.shares = given.shares.value_or(standard.shares.value_or(0));
        g.max_long = given.max_long.value_or(standard.max_long.value_or(0));
        g.max_short = given.max_short.value_or(standard.max_short.value_or(0));
        g.wake = given.wake.value_or(standard.wake.value_or(Wake{}));
        g.delay = given.delay.value_or(standard.delay.value_or(Delay{}));
        g.order_life = given.order_life.value_or(standard.order_life.value_or(0));
        groups.push_back(std::move(g));
    }
    purses.resize(agents);
    holdings.resize(holding_count);
    tickets.resize(ticket_count);
    direct_places.resize(config.symbols.size());
    for (Group& g : groups) {
        if (g.reach != Reach::one) { continue; }
        g.first_place = direct_places;
        for (std::uint32_t s = 0; s < std::min(g.symbols, g.size()); ++s) {
            direct_places[s] += ((g.size() - 1 - s) / g.symbols + 1) * g.tickets;
        }
    }
    ids.direct = *std::max_element(direct_places.begin(), direct_places.end());
    ids.bits = std::max(1, static_cast<int>(std::bit_width(ids.direct + ticket_count)));
    for (const Group& g : groups) {
        std::fill(purses.begin() + g.begin, purses.begin() + g.end, Purse{.cash = g.cash});
        if (g.shares == 0) { continue; }
        for (Agent a = g.begin; a < g.end; ++a) {
            const std::span<Holding> own = holdings_of(g, a);
            for (std::uint32_t h = 0; h < g.width; ++h) {
                own[h].position = g.shares;
                own[h].cost =
                    Money{static_cast<core::int128>(config.symbols[g.symbol_of(a, h)].initial_price.raw) * g.shares};
            }
        }
    }
    // What is sold short later and handed out now is less than what was issued.
    std::vector<core::int128> issued(config.symbols.size());
    for (const Group& g : groups) {
        for (Agent a = g.begin; g.shares > 0 && a < g.end; ++a) {
            for (std::uint32_t h = 0; h < g.width; ++h) { issued[g.symbol_of(a, h)] += g.shares; }
        }
    }
    for (std::size_t s = 0; s < issued.size(); ++s) {
        if (issued[s] > config.symbols[s].shares_outstanding.lots) {
            throw ConfigError(fmt::format(
                "Symbol {}: agents start with {} shares of {} outstanding; raise "
                "shares_outstanding or lower `shares` of the groups.",
                config.symbols[s].name, core::to_string(issued[s]), config.symbols[s].shares_outstanding.lots));
        }
    }
}

std::size_t Population::group_index(Agent agent) const {
    const auto it =
        std::upper_bound(groups.begin(), groups.end(), agent, [](Agent a, const Group& g) { return a < g.end; });
    return static_cast<std::size_t>(it - groups.begin());
}

void Population::save(core::ArchiveWriter& out) const {
    out.array(purses);
    out.array(holdings);
    out.array(tickets);
    for (const Group& group : groups) { group.kind->save(out); }
}

void Population::load(core::ArchiveReader& in) {
    const auto read = [&in](auto& xs) {
        const std::size_t size = xs.size();
        in.array(xs);
        if (xs.size() != size) { throw DataError("This checkpoint is of another population; restore its own config."); }
    };
    read(purses);
    read(holdings);
    read(tickets);
    for (const Group& group : groups) { group.kind->load(in); }
}

}  // namespace walras::sim
