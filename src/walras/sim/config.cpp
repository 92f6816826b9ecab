#include "walras/sim/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "walras/core/error.hpp"

namespace walras::sim {
namespace {

constexpr std::array<std::string_view, sector_count> sector_names{
    "tech", "finance", "healthcare", "consumer", "industrials", "utilities", "real_estate", "communications"};
constexpr std::array<std::string_view, 2> mechanism_names{"continuous", "auction"};
constexpr std::array<std::string_view, 2> clock_names{"ticks", "events"};

constexpr std::array<std::string_view, 4> regime_names{"calm", "normal", "turbulent", "crisis"};

template <class Enum>
std::optional<Enum> parse_by(std::span<const std::string_view> names, std::string_view text) {
    const auto it = std::ranges::find(names, text);
    if (it == names.end()) { return std::nullopt; }
    return static_cast<Enum>(it - names.begin());
}

void require(bool holds, const std::string& message) {
    if (!holds) { throw ConfigError(message); }
}
void require_between(const std::string& name, double value, double least, double most) {
    require(value >= least && value <= most, fmt::format("{} = {} is outside {} to {}.", name, value, least, most));
}

void validate_symbol(const SymbolConfig& s) {
    require(!s.name.empty(), "A symbol has no name; give one, e.g. \"AAA\".");
    require(s.tick_size.raw > 0, fmt::format("Symbol {}: tick_size must be positive.", s.name));
    require(s.initial_price.raw >= s.tick_size.raw && s.initial_price.raw % s.tick_size.raw == 0,
            fmt::format("Symbol {}: initial_price {} must be a positive multiple of tick_size {}.", s.name,
                        s.initial_price.to_double(), s.tick_size.to_double()));
    require(s.initial_price.raw / s.tick_size.raw <= 1'000'000'000,
            fmt::format("Symbol {}: initial_price is more than 10^9 ticks; raise tick_size.", s.name));
    require(s.shares_outstanding.lots > 0 && s.shares_outstanding.lots <= 1'000'000'000'000,
            fmt::format("Symbol {}: shares_outstanding {} must be 1 to 10^12.", s.name, s.shares_outstanding.lots));
    require_between(fmt::format("Symbol {}: eps", s.name), s.fundamentals.eps, 1e-6, 1e6);
    require_between(fmt::format("Symbol {}: growth", s.name), s.fundamentals.growth, -.5, 1);
    require_between(fmt::format("Symbol {}: payout", s.name), s.fundamentals.payout, 0, 1);
}

void validate_rate(const char* name, const NewsRate& rate) {
    require_between(fmt::format("news.{}.chance", name), rate.chance, 0, 1);
    require(rate.interval > 0 && rate.duration > 0,
            fmt::format("news.{}: interval and duration must be at least one tick.", name));
    require(rate.least >= 0 && rate.least <= rate.most && rate.most <= 1,
            fmt::format("news.{}: magnitude {} to {} must rise within 0 to 1.", name, rate.least, rate.most));
}

void validate_pool(const PoolConfig& pool, const std::vector<SymbolConfig>& symbols) {
    require_between("pool.activity", pool.activity.value_or(0), 0, 10);
    require_between("pool.jitter", pool.jitter, 0, 1);
    require_between("pool.contrarian", pool.contrarian.value_or(0), 0, 1);
    require_between("pool.size_mean", pool.size_mean, 1, 1e6);
    require_between("pool.size_deviation", pool.size_deviation, 0, 1e6);
    require(pool.most >= 1 && pool.most <= 1'000'000'000, "pool.most must be 1 to 10^9 shares.");
    require_between("pool.offset_rate", pool.offset_rate, 1e-3, 1e6);
    require_between("pool.offset_most", pool.offset_most, 0, .99);
    require_between("pool.most_sentiment", pool.most_sentiment, 0, 1);
    require_between("pool.decay", pool.decay, 0, 1);
    require_between("pool.news_weight", pool.news_weight, 0, 10);
    require(pool.order_life > 0, "pool.order_life must be at least 1 tick.");
    require(pool.cash.raw >= 0 && pool.shares >= 0, "pool.cash and pool.shares must not be negative.");
    require_between("pool.sanity_limit", pool.sanity_limit, 0, 1e9);
    require(pool.shares <= 1'000'000'000, "pool.shares must be at most 10^9.");
    const auto people = static_cast<std::int64_t>(pool.size / symbols.size());
    for (const SymbolConfig& symbol : symbols) {
        require(people == 0 || pool.shares <= symbol.shares_outstanding.lots / people,
                fmt::format("Symbol {}: a crowd of {} with {} shares each has more than the {} outstanding; lower "
                            "pool.shares or raise shares_outstanding.",
                            symbol.name, people, pool.shares, symbol.shares_outstanding.lots));
    }
}

}  // namespace

std::string_view to_string(Sector s) { return sector_names[static_cast<std::size_t>(s)]; }
std::optional<Sector> parse_sector(std::string_view text) { return parse_by<Sector>(sector_names, text); }
std::string_view to_string(Mechanism m) { return mechanism_names[static_cast<std::size_t>(m)]; }
std::optional<Mechanism> parse_mechanism(std::string_view text) { return parse_by<Mechanism>(mechanism_names, text); }

std::string_view to_string(Clock c) { return clock_names[static_cast<std::size_t>(c)]; }
std::optional<Clock> parse_clock(std::string_view text) { return parse_by<Clock>(clock_names, text); }
std::string_view to_string(Regime r) { return regime_names[static_cast<std::size_t>(r)]; }
std::optional<Regime> parse_regime(std::string_view text) { return parse_by<Regime>(regime_names, text); }

void MarketConfig::validate() const {
    require(!symbols.empty(), "A market needs a symbol; add one to `symbols`.");
    std::set<std::string> names;
    for (const SymbolConfig& symbol : symbols) {
        validate_symbol(symbol);
        require(names.insert(symbol.name).second, fmt::format("Two symbols are called {}; rename one.", symbol.name));
    }
    names.clear();
    std::uint64_t agents = 0;
    for (const GroupConfig& group : groups) {
        const std::string& name = group.name.empty() ? group.kind : group.name;
        require(names.insert(name).second,
                fmt::format("Two groups are called {}; give one of them another name.", name));
        agents += group.count;
        if (group.wake) {
            require(group.wake->every > 0, fmt::format("Group {}: wake.every must be at least 1 tick.", name));
            require_between(fmt::format("Group {}: wake.chance", name), group.wake->chance, 0, 1);
        }
        if (group.delay) {
            require(
                group.delay->least.ns >= 0 && group.delay->least <= group.delay->most && group.delay->jitter.ns >= 0,
                fmt::format("Group {}: delay must have 0 <= least <= most and a jitter that is not negative.", name));
        }
        require(!group.cash || group.cash->raw >= 0, fmt::format("Group {}: cash must not be negative.", name));
        for (const auto& [key, lots] :
             {std::pair{"shares", group.shares}, {"max_long", group.max_long}, {"max_short", group.max_short}}) {
            require(!lots || (*lots >= 0 && *lots <= 1'000'000'000'000),
                    fmt::format("Group {}: {} must be 0 to 10^12 shares.", name, key));
        }
    }
    require(agents <= 50'000'000, fmt::format("{} agents are more than 50 million.", agents));
    require(tick_length.ns > 0, "tick_length must be positive.");
    require(compute_delay.ns >= 0, "compute_delay must not be negative.");
    require(clock == Clock::ticks || mechanism == Mechanism::continuous,
            "Auctions are calls of a tick; choose clock = \"ticks\" or mechanism = \"continuous\".");
    require(candle_ticks > 0, "candle_ticks must be at least 1.");
    require_between("maker_fee", maker_fee.to_double(), 0, .1);
    require_between("taker_fee", taker_fee.to_double(), 0, .1);
    require_between("borrow_pool", borrow_pool.to_double(), 0, 1);
    require_between("borrow_rate", borrow_rate.to_double(), 0, 10);
    require_between("market_collar", market_collar, 0, .99);
    validate_rate("earnings", news.earnings);
    validate_rate("guidance", news.guidance);
    validate_rate("rate", news.rate);
    validate_rate("sector", news.sector);
    require_between("news.risk_free", news.risk_free, -.1, 1);
    require_between("news.equity_premium", news.equity_premium, 0, 1);
    require_between("news.drift", news.drift, 0, .5);
    require_between("news.reversion", news.reversion, 0, 1);
    require_between("news.volatility", news.volatility, 0, .5);
    require_between("news.shock_chance", news.shock_chance, 0, 1);
    require_between("news.shock_mean", news.shock_mean, 0, 1);
    require_between("news.shock_deviation", news.shock_deviation, 0, 1);
    require(news.preview <= 100'000, fmt::format("news.preview = {} is more than 100000 ticks.", news.preview));
    validate_pool(pool, symbols);
    require(news.least_multiple > 0 && news.least_multiple <= 1 && news.most_multiple >= 1,
            "news.least_multiple must lie in (0, 1] and news.most_multiple at 1 or above.");
}

}  // namespace walras::sim
