// Every agent's money, shares and working orders, as arrays.
//
//   agent    0 .. size-1, group after group; agent i of a group is group.begin + i
//   holding  what an agent has of one symbol; an agent of a group has `group.width` of them, one behind the other
//   ticket   a place for one working order; an agent has `group.tickets` of them
//
// Reservations are kept so that no order can trade what its agent cannot pay or deliver: Purse::reserved of cash for
// working buys at their limits with the taker's fee, `selling` of shares for working sells; short sales hold located
// shares. Each array is written by one thread at a time: decisions by the agent's piece, settlements by its shard.
// Invariants at the end of a tick: reserved and selling are sums over the tickets; located >= max(0, selling -
// position).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "walras/book/order_book.hpp"
#include "walras/core/archive.hpp"
#include "walras/core/big_memory.hpp"
#include "walras/core/ids.hpp"
#include "walras/model/enums.hpp"
#include "walras/sim/config.hpp"
#include "walras/sim/kind.hpp"

namespace walras::sim {

using book::Lots;
using book::Ticks;
using model::OrderSide;

struct Holding {
    Lots position = 0;  // positive is long
    Lots selling = 0;   // of working sells
    Lots located = 0;   // borrowed or reserved from the pool
    Money cost{};       // signed notional at which `position` was entered, at average cost

    // The most that could be short if all working sells filled.
    [[nodiscard]] Lots short_need() const { return selling > position ? selling - position : 0; }
};

struct alignas(32) Purse {
    Money cash{};
    Money reserved{};  // for working buys

    [[nodiscard]] Money free() const { return cash - reserved; }
};

struct alignas(64) Ticket {
    OrderId id{};      // of the order that was sent last; none: never used
    Ticks limit = 0;   // its limit
    Lots leaves = 0;   // what of it can still trade; 0: it is over
    OrderId old_id{};  // the order that this one replaces
    Ticks old_limit = 0;
    Lots old_leaves = 0;        // of which the end is not known yet
    std::uint32_t expires = 0;  // the tick at which it is withdrawn; 0: never
    std::uint32_t symbol = 0;
    OrderSide side = OrderSide::buy;

    [[nodiscard]] bool is_working() const { return leaves > 0; }
};
static_assert(sizeof(Ticket) == 64);

// Division by a number that stays: a multiplication. i / by = floor(i * ceil(2^64 / by) / 2^64), exact for 32 bits.
class Divisor {
public:
    explicit Divisor(std::uint32_t by = 1) : by_(by), reciprocal_(by == 1 ? 0 : UINT64_MAX / by + 1) {}
    [[nodiscard]] std::uint32_t quotient(std::uint32_t i) const {
        return reciprocal_ == 0 ? i : static_cast<std::uint32_t>((static_cast<core::uint128>(i) * reciprocal_) >> 64);
    }
    [[nodiscard]] std::uint32_t remainder(std::uint32_t i) const { return i - quotient(i) * by_; }

private:
    std::uint32_t by_;
    std::uint64_t reciprocal_;
};

struct Group {
    std::string name;
    const KindSpec* spec = nullptr;
    std::unique_ptr<AgentKind> kind;
    Agent begin = 0, end = 0;
    std::uint32_t width = 1;    // holdings of an agent
    std::uint32_t tickets = 1;  // of an agent
    std::uint32_t symbols = 1;  // of the market
    Divisor by_symbols{};
    Reach reach = Reach::one;
    std::size_t first_holding = 0;
    std::size_t first_ticket = 0;
    std::vector<std::uint32_t> first_place;  // reach one: of its orders in each symbol's engine
    std::uint32_t stream = 0;                // of its random draws, from its name
    Money cash{};
    Lots shares = 0;
    Lots max_long = 0, max_short = 0;
    Wake wake{};
    std::uint32_t order_life = 0;
    Delay delay{};

    [[nodiscard]] std::uint32_t size() const { return end - begin; }
    [[nodiscard]] std::uint32_t symbol_of(Agent agent, std::uint32_t holding) const {
        const std::uint32_t i = agent - begin;
        switch (reach) {
            case Reach::one: return by_symbols.remainder(i);
            case Reach::pair: return i % (symbols / 2) * 2 + holding;
            case Reach::all: return holding;
        }
        return 0;
    }
    // Of agents of one symbol: how many of the group come before it there.
    [[nodiscard]] std::uint32_t round_of(Agent agent) const { return by_symbols.quotient(agent - begin); }
    // The holding of `symbol`, or `width` if the agent does not trade it.
    [[nodiscard]] std::uint32_t holding_of(Agent agent, std::uint32_t symbol) const {
        const std::uint32_t i = agent - begin;
        switch (reach) {
            case Reach::one: return by_symbols.remainder(i) == symbol ? 0 : width;
            case Reach::pair: return i % (symbols / 2) == symbol / 2 ? symbol % 2 : width;
            case Reach::all: return symbol;
        }
        return width;
    }
};

// Order ids of agents say where they belong: id = sent << bits | place, where `sent` counts up. A ticket of an agent of
// one symbol has its own place in that symbol's engine (MatchingEngineConfig::direct_slots), which has at most one
// order of a ticket at a time; the places of the others are behind those, by ticket.
struct OrderIds {
    int bits = 1;
    std::uint32_t direct = 0;  // places of the engine that has most of them
    [[nodiscard]] OrderId make(std::uint64_t sent, std::size_t place) const { return {sent << bits | place}; }
    [[nodiscard]] std::size_t place(OrderId id) const {
        return static_cast<std::size_t>(id.value & ((std::uint64_t{1} << bits) - 1));
    }
};

class Population {
public:
    // Makes the kinds; does not start them.
    explicit Population(const MarketConfig& config);

    [[nodiscard]] Agent size() const { return static_cast<Agent>(purses.size()); }
    [[nodiscard]] const Group& group_of(Agent agent) const { return groups[group_index(agent)]; }
    [[nodiscard]] std::size_t group_index(Agent agent) const;

    [[nodiscard]] static std::size_t holding_index(const Group& group, Agent agent) {
        return group.first_holding + std::size_t{agent - group.begin} * group.width;
    }
    [[nodiscard]] static std::size_t ticket_index(const Group& group, Agent agent) {
        return group.first_ticket + std::size_t{agent - group.begin} * group.tickets;
    }
    [[nodiscard]] std::span<Holding> holdings_of(const Group& group, Agent agent) {
        return std::span(holdings).subspan(holding_index(group, agent), group.width);
    }
    [[nodiscard]] std::span<const Holding> holdings_of(const Group& group, Agent agent) const {
        return std::span(holdings).subspan(holding_index(group, agent), group.width);
    }
    [[nodiscard]] std::span<const Ticket> tickets_of(const Group& group, Agent agent) const {
        return std::span(tickets).subspan(ticket_index(group, agent), group.tickets);
    }

    // Between a ticket and the place that its order ids tell.
    [[nodiscard]] std::size_t place_of(const Group& group, Agent agent, std::uint32_t ticket) const {
        if (group.reach != Reach::one) { return ids.direct + ticket_index(group, agent) + ticket; }
        return group.first_place[group.symbol_of(agent, 0)] + group.round_of(agent) * group.tickets + ticket;
    }
    [[nodiscard]] std::size_t ticket_of(const Group& group, Agent agent, OrderId order) const {
        if (group.reach != Reach::one) { return ids.place(order) - ids.direct; }
        const std::size_t first = ticket_index(group, agent);
        return group.tickets == 1 ? first : first + (ids.place(order) - place_of(group, agent, 0));
    }

    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

    std::vector<Group> groups;
    core::BigVector<Purse> purses;
    core::BigVector<Holding> holdings;
    core::BigVector<Ticket> tickets;
    OrderIds ids;
    std::vector<std::uint32_t> direct_places;  // by symbol
};

}  // namespace walras::sim
