// Where agents hand in orders: cash and shares are reserved before an order leaves, so that nothing trades what its
// agent does not have. One entrance serves one piece of the population in one tick.
//
// Orders of a tick do not trade in the order in which they are handed in. Each agent draws its place from (seed, group,
// agent, tick): `key`. What one agent sends to one symbol keeps its order.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "walras/core/random.hpp"
#include "walras/core/random_lanes.hpp"
#include "walras/sim/population.hpp"
#include "walras/sim/view.hpp"
#include "walras/sim/wake_index.hpp"

namespace walras::sim {

// An order or a cancel on its way to a symbol's market.
struct Sent {
    OrderId id{};
    Agent agent = 0;
    std::uint32_t key = 0;
    std::uint32_t symbol = 0;
    OrderSide side = OrderSide::buy;
    bool is_cancel = false;
    bool is_immediate = false;  // what does not trade at once is canceled
    Ticks limit = 0;
    Lots lots = 0;
    Lots locate = 0;  // shares that it must borrow from the pool
};

enum class Refusal : std::uint8_t {
    insufficient_cash,
    insufficient_shares,  // to sell, for agents that may not be short
    short_limit,
    long_limit,
    no_borrow,
    bad_price,
    ticket_used,  // a second order in one tick for the same ticket
};
inline constexpr std::size_t refusal_count = 7;
std::string_view to_string(Refusal);

// What is the same for all pieces of a market.
struct EntranceRules {
    std::uint64_t seed = 0;
    double market_collar = .05;
    Rate taker_fee{};
    std::vector<Price> tick_size;  // by symbol

    // What a working buy holds back of its agent's cash: the limit and the taker's fee on it, per lot.
    [[nodiscard]] Money reserve_of(std::uint32_t symbol, Ticks limit, Lots lots) const {
        core::int128 each = static_cast<core::int128>(limit) * tick_size[symbol].raw;
        if (!taker_fee.is_zero()) { each += (each * taker_fee.raw + core::fixed_scale - 1) / core::fixed_scale; }
        return Money{each * lots};
    }
};

class Entrance;

// One agent that is awake: what it has, its luck in this tick, and its pen.
class Trader {
public:
    Trader(Entrance& entrance, const Group& group, Agent agent, const core::RandomWords& words);

    [[nodiscard]] Agent agent() const { return agent_; }
    [[nodiscard]] std::uint32_t index() const { return agent_ - group_->begin; }  // in its group
    [[nodiscard]] std::uint32_t symbol(std::uint32_t holding = 0) const { return group_->symbol_of(agent_, holding); }
    [[nodiscard]] const Holding& holding(std::uint32_t h = 0) const { return holdings_[h]; }
    [[nodiscard]] Lots position(std::uint32_t h = 0) const { return holdings_[h].position; }
    [[nodiscard]] const Ticket& ticket(std::uint32_t t = 0) const { return tickets_[t]; }
    [[nodiscard]] bool is_working(std::uint32_t t = 0) const { return tickets_[t].is_working(); }
    [[nodiscard]] Money cash() const;       // all of it
    [[nodiscard]] Money free_cash() const;  // not held back for working buys

    // [0, 1), 32 bits each: the first two are at hand, more of them cost a block.
    double uniform();
    // All further luck.
    core::Random& random();

    // A limit order in ticket `t`, in place of the one that works there; one that says the same already stays as it
    // is. Lots are cut to the group's limits. True if something was sent or stays.
    bool buy(Ticks limit, Lots lots, std::uint32_t h = 0, std::uint32_t t = 0);
    bool sell(Ticks limit, Lots lots, std::uint32_t h = 0, std::uint32_t t = 0);
    // At the best price there is and up to the collar beyond it, now or never.
    bool buy_now(const SymbolView& view, Lots lots, std::uint32_t h = 0, std::uint32_t t = 0);
    bool sell_now(const SymbolView& view, Lots lots, std::uint32_t h = 0, std::uint32_t t = 0);
    // A limit order that is canceled where it does not trade at once.
    bool take(OrderSide side, Ticks limit, Lots lots, std::uint32_t h = 0, std::uint32_t t = 0);
    void cancel(std::uint32_t t = 0);

    // Tier 2: from the end of this tick on.
    void watch(const Condition& condition);
    void unwatch(const Condition& condition);

private:
    bool send(OrderSide side, Ticks limit, Lots lots, std::uint32_t h, std::uint32_t t, bool is_immediate);
    [[nodiscard]] Lots allowed(OrderSide side, Lots lots, const Holding& holding) const;

    Entrance& entrance_;
    const Group* group_;
    Agent agent_;
    std::span<Holding> holdings_;
    std::span<Ticket> tickets_;
    const core::RandomWords* words_;
    unsigned used_ = 0;
    bool has_random_ = false;
    core::Random random_;
};

class Entrance {
public:
    Entrance(Population& population, const EntranceRules& rules) : population_(&population), rules_(&rules) {}

    // For the decisions of `group`'s agents `awake` at `view`: draws their luck.
    void open(const Group& group, const MarketView& view, std::span<const Agent> awake);
    // The same for one decision by the clock of events: the market's tick, which of the agent's decisions it is (for
    // its luck), and which of the market's (for order ids).
    struct Stamp {
        std::uint64_t tick = 0, draw = 0, number = 0;
    };
    void open_at(const Group& group, const Stamp& stamp, std::span<const Agent> awake);
    // Of those agents, the ones that wake by chance; `awake` must outlive the decisions.
    void keep_by_chance(std::vector<Agent>& awake, double chance);
    // The i-th of the agents that are awake.
    Trader trader(std::size_t i) { return Trader(*this, *group_, awake_[i], words_[i]); }
    // Withdraws orders whose time has come, of agents [from, to) of the group.
    void expire(const Group& group, Agent from, Agent to, const MarketView& view);
    void clear();

    [[nodiscard]] core::BigVector<Sent>& sent() { return sent_; }
    [[nodiscard]] std::span<const ConditionChange> conditions() const { return conditions_; }
    [[nodiscard]] const std::array<std::uint64_t, refusal_count>& refusals() const { return refusals_; }

private:
    friend class Trader;
    [[nodiscard]] std::uint32_t key_of(Agent agent) const;
    void send_cancel(Agent agent, Ticket& ticket, std::uint32_t key);
    void refuse(Refusal why) { ++refusals_[static_cast<std::size_t>(why)]; }

    Population* population_;
    const EntranceRules* rules_;
    const Group* group_ = nullptr;
    std::uint64_t tick_ = 0;   // of the market, for what expires
    std::uint64_t draw_ = 0;   // of the agents' luck
    std::uint64_t stamp_ = 0;  // of order ids
    std::span<const Agent> awake_;
    std::vector<std::uint32_t> indices_;
    std::vector<core::RandomWords> words_;
    core::BigVector<Sent> sent_;
    std::vector<ConditionChange> conditions_;
    std::array<std::uint64_t, refusal_count> refusals_{};
};

}  // namespace walras::sim
