// What a simulated market is told once. Plain structs with defaults; `validate` names field, value and remedy.
//
// Prices are multiples of a symbol's tick and one lot is one share. A tick of the clock is one round of decisions: it
// has a length in time so that strategies, fees by the year and recorded data mean the same as elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "walras/book/auction.hpp"
#include "walras/core/fixed.hpp"
#include "walras/core/schema.hpp"
#include "walras/core/time.hpp"

namespace walras::sim {

enum class Sector : std::uint8_t {
    tech,
    finance,
    healthcare,
    consumer,
    industrials,
    utilities,
    real_estate,
    communications,
};
inline constexpr std::size_t sector_count = 8;
std::string_view to_string(Sector);
std::optional<Sector> parse_sector(std::string_view);

// How orders meet.
enum class Mechanism : std::uint8_t {
    continuous,  // one by one, in the order drawn for the tick, against a book that stays
    auction,     // all of a tick at one price, by `auction_rule`
};
std::string_view to_string(Mechanism);
std::optional<Mechanism> parse_mechanism(std::string_view);

// What a step of the market is.
enum class Clock : std::uint8_t {
    ticks,   // everybody decides on the same view, then everything meets
    events,  // agents wake one by one in continuous time; messages travel (event_loop.hpp)
};
std::string_view to_string(Clock);
std::optional<Clock> parse_clock(std::string_view);

// Gordon growth: value = eps * payout * (1 + growth) / (required return - growth); required return = risk_free +
// equity_premium of NewsConfig.
struct Fundamentals {
    double eps = 5;
    double growth = .05;
    double payout = .4;
    bool operator==(const Fundamentals&) const = default;
};

struct SymbolConfig {
    std::string name{};
    Sector sector = Sector::tech;
    Price initial_price{100'000'000'000};
    Price tick_size{10'000'000};
    Quantity shares_outstanding{10'000'000};
    Fundamentals fundamentals{};
    bool operator==(const SymbolConfig&) const = default;
};

// When the agents of a group decide: at every `every`-th tick, each with probability `chance` then. Agents of kinds
// that wait for conditions (tier 2) are woken by them instead.
struct Wake {
    std::uint32_t every = 1;
    double chance = 1;
    bool regular = false;  // clock of events: at equal distances, not at random ones
    bool operator==(const Wake&) const = default;
};

// How long messages travel between an agent and the exchange, each way: its own delay, drawn once between least and
// most, and an exponential jitter. Of the clock of events.
struct Delay {
    DurationNs least{20'000}, most{100'000};
    DurationNs jitter{5'000};  // mean
    bool operator==(const Delay&) const = default;
};

// Agents of one kind. What is not given is the kind's own default (kind.hpp).
struct GroupConfig {
    std::string kind{};
    std::string
        name{};  // unique; the kind's if empty. Draws are keyed by it: renaming a group changes its agents' luck.
    std::uint32_t count = 0;
    std::map<std::string, core::Value> parameters{};
    std::optional<Money> cash{};           // of each agent at the start
    std::optional<std::int64_t> shares{};  // of each of its symbols, at the start
    std::optional<std::int64_t> max_long{};
    std::optional<std::int64_t> max_short{};
    std::optional<Wake> wake{};
    std::optional<Delay> delay{};
    std::optional<std::uint32_t> order_life{};  // ticks until a resting order is withdrawn; 0: never
    bool operator==(const GroupConfig&) const = default;
};

// One sort of event: chance per tick, ticks between two at least, ticks that it lasts, and how big it may be.
struct NewsRate {
    double chance = 0;
    std::uint32_t interval = 1;
    std::uint32_t duration = 1;
    double least = 0, most = 0;  // magnitude
    bool operator==(const NewsRate&) const = default;
};

struct NewsConfig {
    bool enabled = true;
    NewsRate earnings{.006, 25, 50, .4, .9};  // surprise U(-15 %, 15 %) of eps; permanent
    NewsRate guidance{.002, 50, 30, .3, .7};  // growth U(-2 %, 7 %); permanent
    NewsRate rate{.001, 125, 100, .6, 1};     // risk-free rate 4 % +- 25 bp; permanent
    NewsRate sector{.006, 12, 40, .2, .6};    // sentiment U(-1, 1)
    double risk_free = .04;
    double equity_premium = .05;
    double drift = .01;  // fair value is multiplied by 1 + U(-drift, drift) each tick
    // An Ornstein-Uhlenbeck part of the drift, in fractions of the initial fair value: each tick what the multiple is
    // away from 1 shrinks by `reversion`, `volatility` * N(0, 1) comes to it, and now and then a shock of either sign.
    double reversion = 0;
    double volatility = 0;
    double shock_chance = 0, shock_mean = 0, shock_deviation = 0;
    double least_multiple = .1, most_multiple = 10;  // bounds of the drift, over the initial fair value
    std::uint32_t preview = 10;                      // ticks that informed traders see ahead
    bool operator==(const NewsConfig&) const = default;
};

// How nervous the crowd is.
enum class Regime : std::uint8_t { calm, normal, turbulent, crisis };
std::string_view to_string(Regime);
std::optional<Regime> parse_regime(std::string_view);

// Tier 3: everybody who is not an agent, as one sampler a symbol (pool.hpp).
struct PoolConfig {
    std::uint32_t size = 0;  // people, spread evenly over the symbols; 0: no pool
    Regime regime = Regime::normal;
    std::optional<double> activity = .01;  // orders of one of them in a tick; none: .1, .3, .6, .9 by regime
    double jitter = .2;                    // a tick's orders are that times U(1 - jitter, 1 + jitter)
    std::optional<double> contrarian{};    // fraction that acts against the mood; none: .3, .25, .2, .15 by regime
    double size_mean = 40, size_deviation = 10;  // shares of an order: lognormal
    std::int64_t most = 120;                     // at most
    double offset_rate = 10;                     // distance from mid: exponential with this rate, in fractions of mid
    double offset_most = .05;                    // at most
    double most_sentiment = .8;
    double decay = .995;              // of the mood, each tick
    double news_weight = .5;          // of an event's sentiment; sector news count half
    std::uint32_t order_life = 1;     // ticks until an order is withdrawn
    Money cash = Money::of(100'000);  // of each of them
    std::int64_t shares = 100;        // that each of them has of its symbol
    double sanity_limit = .05;        // what the crowd may win or lose, over what it began with
    bool operator==(const PoolConfig&) const = default;
};

struct MarketConfig {
    std::vector<SymbolConfig> symbols;
    std::vector<GroupConfig> groups;
    std::uint64_t seed = 1;
    Clock clock = Clock::ticks;
    Mechanism mechanism = Mechanism::continuous;
    book::AuctionRule auction_rule = book::AuctionRule::max_volume;
    TimeNs start{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z
    DurationNs tick_length = seconds(1);
    DurationNs compute_delay{50};      // clock of events: between what an agent hears and what it sends
    std::uint32_t candle_ticks = 4;    // ticks in one candle; indicators are over candles
    Rate maker_fee{}, taker_fee{};     // of the notional
    Rate borrow_pool = Rate::of(.2);   // of the shares outstanding, for short sales
    Rate borrow_rate = Rate::bps(50);  // per year, on the value of short positions; paid once a day of market time
    double market_collar = .05;        // a market order reaches no further than this from the best price
    bool features = false;             // extract the features of all symbols, though no model asks for them
    NewsConfig news{};
    PoolConfig pool{};

    // Throws ConfigError.
    void validate() const;
    bool operator==(const MarketConfig&) const = default;
};

}  // namespace walras::sim
