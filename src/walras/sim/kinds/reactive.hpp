// Agents that sleep until the market does what they wait for, and the rules that they can have. A rule is a number of
// the agent's own, drawn once from a range of the group.
//
// Entries, at the market, one order each time that the condition begins to hold:
//   buy       the last price is at or below this fraction of the initial price
//   dip       the last price is this fraction below the highest of the last `window` candles
//   breakout  the last price is this fraction above it, a tick at least
//   enter_at  this tick has come
// Exits, of all that is held, tried again until they are done; fractions are of the average cost:
//   stop, take  the last price is this fraction below, above it
//   sell        the last price is at or above this fraction of the initial price
//   trail       the last price is this fraction below the highest since it holds; it follows in steps of a tenth of it
//   hold        so many ticks have passed since the entry
//   premium     the last price is this fraction above the fair value
// News of magnitude `magnitude` at least: buys `multiplier` orders on good news, sells as many of its shares on bad
// ones. An order is the fraction `order` of the longest position that the agent may have.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "walras/sim/entrance.hpp"
#include "walras/sim/kind.hpp"
#include "walras/sim/wake_index.hpp"

namespace walras::sim {

enum class Rule : std::uint8_t {
    buy,
    dip,
    breakout,
    enter_at,
    stop,
    take,
    sell,
    trail,
    hold,
    premium,
    magnitude,
    multiplier,
    order,
};
inline constexpr std::size_t rule_count = 13;

struct RuleRange {
    bool is_on = false;
    double least = 0, most = 0;
};

struct ReactiveRules {
    std::array<RuleRange, rule_count> ranges{};
    // Of agents that have it: the others sell at a level (`sell`), and do not hear news.
    double take_chance = 1;
    double news_chance = 1;
    std::size_t window = 16;     // candles
    std::uint32_t refresh = 20;  // ticks between two looks at levels that move by themselves

    [[nodiscard]] const RuleRange& of(Rule rule) const { return ranges[static_cast<std::size_t>(rule)]; }
    [[nodiscard]] RuleRange& of(Rule rule) { return ranges[static_cast<std::size_t>(rule)]; }
};

class Reactive final : public AgentKind {
public:
    explicit Reactive(const ReactiveRules& rules) : rules_(rules) {}

    void start(const StartContext& context) override;
    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override;
    void save(core::ArchiveWriter& out) const override { out.array(states_); }
    void load(core::ArchiveReader& in) override;

private:
    struct Trait {
        std::array<double, rule_count> of{};
        std::uint16_t has = 0;  // bits of the rules that the agent has
    };
    struct State {
        Ticks below = 0, above = 0;    // price conditions that wait in the index; 0: none
        Ticks high = 0;                // highest price seen while it holds
        std::uint64_t leave_tick = 0;  // of `hold`; 0: none
        std::uint64_t is_armed = 1;    // the entry has not begun to hold since it last did not
    };
    // All that a decision looks at.
    struct Look {
        const SymbolView& symbol;
        const Trait& trait;
        Lots position = 0;
        double cost = 0;    // of a share, on average
        Ticks highest = 0;  // of the last candles; 0: not yet
        std::uint64_t tick = 0;
        double initial = 0;  // price
        [[nodiscard]] bool has(Rule rule) const { return (trait.has >> static_cast<unsigned>(rule) & 1U) != 0; }
        [[nodiscard]] double of(Rule rule) const { return trait.of[static_cast<std::size_t>(rule)]; }
        // The price at which the entry holds; 0: none now.
        [[nodiscard]] Ticks entry() const;
        [[nodiscard]] bool enters_above() const { return has(Rule::breakout); }
    };
    struct Levels {
        Ticks below = 0, above = 0;
        void add_below(Ticks level, Ticks last);
        void add_above(Ticks level, Ticks last);
    };

    [[nodiscard]] Look look_at(const MarketView& view, std::uint32_t index, std::uint32_t s, const Holding& own) const;
    [[nodiscard]] bool leaves(const Look& look, const State& state) const;
    static Levels next_levels(const Look& look, const State& state);
    bool hear_news(const MarketView& view, const Look& look, Trader& trader) const;
    static bool enters(const Look& look, const State& state);
    bool enter(const Look& look, State& state, Trader& trader) const;
    static void see(const Look& look, State& state);
    [[nodiscard]] Lots order_of(const Look& look) const;

    ReactiveRules rules_;
    Lots longest_ = 0;
    std::vector<double> initial_;  // prices, by symbol
    std::vector<Trait> traits_;
    std::vector<State> states_;
};

}  // namespace walras::sim
