// A kind of agent: one rule, written over an array of agents. A new kind is one source file: a class, its KindSpec, and
// a line in kinds.cpp.
//
// `decide` is called for agents that are awake, in pieces, by several threads at once: it reads the view, writes only
// what belongs to the agents that it was given, and sends orders through the entrance. Everything random comes from the
// entrance's draws or from the traits that `start` draws: (seed, group, agent, tick) decides, nothing else.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/core/schema.hpp"
#include "walras/sim/config.hpp"

namespace walras::sim {

using Agent = std::uint32_t;  // 0 .. agents - 1 over the whole market, group after group

class Entrance;
class MarketView;
class ModelBoard;
class Population;
struct Group;
class SignalBoard;
class WakeIndex;

// What a kind may ask for before the market opens.
struct StartContext {
    const MarketConfig& config;
    const Group& group;
    Population& population;  // fully made; traits of agents may be read and their tickets not yet used
    SignalBoard& signals;    // indicators that it wants to read
    ModelBoard& models;      // models whose answers it wants to read
    const MarketView& view;  // before the first tick
    WakeIndex& wake_index;   // tier 2: what its agents wait for at first; nothing is waited for after a restore
};

class AgentKind {
public:
    AgentKind() = default;
    AgentKind(const AgentKind&) = delete;
    AgentKind& operator=(const AgentKind&) = delete;
    virtual ~AgentKind() = default;

    // Once, before the first tick, and again when a saved market is restored (traits come out the same).
    virtual void start(const StartContext& context) = 0;
    // `awake` is a rising list of agents of the group.
    virtual void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) = 0;
    // False: the market calls `decide` from its caller's thread only, with all awake agents of the group at once.
    [[nodiscard]] virtual bool is_parallel() const { return true; }
    // What changes after `start`.
    virtual void save(core::ArchiveWriter&) const {}
    virtual void load(core::ArchiveReader&) {}
};

// Which symbols an agent trades; `Group::symbol_of` says which one stands behind each of its holdings.
enum class Reach : std::uint8_t {
    one,   // agent i of the group: symbol i mod symbols
    pair,  // symbols 2k and 2k + 1, k = i mod pairs
    all,
};

struct KindSpec {
    std::string name;   // "momentum"
    std::string title;  // "RSI momentum"
    int tier = 1;       // 1 decides each tick, 2 is woken by conditions
    std::string rule;   // in words, with the source
    Reach reach = Reach::one;
    std::uint32_t tickets = 1;  // working orders that an agent may have
    GroupConfig defaults{};     // all optional fields are set
    std::vector<core::Parameter> parameters{};
    std::function<std::unique_ptr<AgentKind>(const core::Parameters&)> make;
};

std::vector<const KindSpec*> agent_kinds();            // by name
const KindSpec& describe_kind(std::string_view name);  // ConfigError naming near ones
// Kinds of the embedding program. Throws ConfigError for a name that is taken. Not while a market is being made.
void register_kind(KindSpec spec);

}  // namespace walras::sim
