#include "walras/sim/presets.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>
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

GroupConfig group(const char* kind, std::uint32_t count, std::map<std::string, core::Value> parameters = {}) {
    GroupConfig out;
    out.kind = kind;
    out.name = kind;
    out.count = count;
    out.parameters = std::move(parameters);
    return out;
}

// Agents that ask models; those of which there are none wait for a count.
constexpr std::array<std::pair<const char*, std::uint32_t>, 7> model_traders{{{"decision_tree", 300},
                                                                              {"random_forest", 100},
                                                                              {"gradient_boosted", 200},
                                                                              {"model_ensemble", 100},
                                                                              {"linear_softmax", 0},
                                                                              {"linear_svm", 0},
                                                                              {"gaussian_naive_bayes", 0}}};

// simulation.md §2.3.
MarketConfig standard() {
    MarketConfig config;
    config.symbols = ten_symbols();
    config.groups = {group("market_maker", 600),   group("noise", 2'400), group("momentum", 800),
                     group("trend_follower", 800), group("macd", 800),    group("bollinger", 800),
                     group("vwap_executor", 200),  group("pairs", 400),   group("reactive", 4'500),
                     group("sector_rotator", 500)};
    for (const auto& [kind, count] : model_traders) { config.groups.push_back(group(kind, count)); }
    config.pool.size = 87'500;
    return config;
}

void scale_news(NewsConfig& news, double chance, double drift) {
    for (NewsRate* rate : {&news.earnings, &news.guidance, &news.rate, &news.sector}) { rate->chance *= chance; }
    news.drift *= drift;
}

MarketConfig calm() {
    MarketConfig config = standard();
    config.pool.regime = Regime::calm;
    config.pool.activity = .005;
    scale_news(config.news, .5, .2);
    return config;
}

// News three times as often and as wild, a crowd that follows them, makers that quote five times as wide.
MarketConfig crisis() {
    MarketConfig config = standard();
    config.pool.regime = Regime::crisis;
    config.pool.activity = .03;
    scale_news(config.news, 3, 3);
    config.groups[0].parameters["half_spread"] = .0025;
    return config;
}

// Small enough for thousands of markets side by side.
MarketConfig light_rl() {
    MarketConfig config;
    config.symbols = {{.name = "AAA"}};
    config.groups = {group("market_maker", 6, {{"bias", .01}, {"skew", .00001}}),
                     group("noise", 60, {{"bias", .02}, {"spread", .01}}),
                     group("zero_intelligence", 40),
                     group("momentum", 6),
                     group("value", 20, {{"noise", .005}}),
                     group("metaorder_splitter", 2)};
    config.groups[1].shares = 300;
    config.news.drift = .001;
    return config;
}

// The population of ABIDES' rmsc04 with a tick for a second: 2 makers, 102 value, 12 momentum and 1,000 noise agents.
// Arrivals are by chance in each tick, with the published rates; latency and arrivals within a second are those of the
// clock of events. The value is the published Ornstein-Uhlenbeck process over its mean of 1,000: 5e-5 cents a root of a
// nanosecond are 1.58 cents a root of a second. Nobody runs out of money there, so nobody does here.
MarketConfig rmsc04() {
    MarketConfig config;
    SymbolConfig symbol{.name = "ABM"};
    symbol.initial_price = Price::of(1000);
    symbol.shares_outstanding = Quantity{1'000'000'000};
    config.symbols = {symbol};
    config.borrow_pool = Rate::of(1);
    config.borrow_rate = {};
    config.candle_ticks = 37;
    config.groups = {
        group("ladder_maker", 2),
        group("value", 102,
              {{"kappa", 1.67e-6}, {"noise", 3.162e-4}, {"shock", 3.162e-3}, {"sizes", std::string{"mixture"}}}),
        group("trend_follower", 12,
              {{"fast", std::int64_t{20}},
               {"slow", std::int64_t{50}},
               {"trigger", std::string{"level"}},
               {"sizes", std::string{"uniform"}},
               {"size", std::int64_t{10}}}),
        group("noise_once", 1'000)};
    config.groups[0].wake = Wake{1, 1. / 60};
    config.groups[1].wake = Wake{1, 5.7e-3};
    config.groups[1].order_life = 0;
    config.groups[2].wake = Wake{1, 1. / 37};
    for (GroupConfig& each : config.groups) {
        each.cash = Money::of(1e9);
        each.max_long = each.max_short = 500'000;
    }
    scale_news(config.news, 0, 0);
    config.news.reversion = 1.67e-7;
    config.news.volatility = 1.58e-5;
    config.news.shock_chance = 2.78e-9;
    config.news.shock_mean = .01;
    config.news.shock_deviation = 2.236e-3;
    return config;
}

struct Entry {
    Preset preset;
    MarketConfig (*make)();
};
constexpr std::array<Entry, 5> entries{{
    {{"default", "The ancestor's population: agents of fourteen kinds, most of them asleep, and a crowd of 87,500."},
     standard},
    {{"calm", "The default with half the news, a fifth of the drift and a quiet crowd."}, calm},
    {{"crisis", "The default with three times the news and drift, wide makers and a crowd that follows."}, crisis},
    {{"light-rl", "One symbol and 134 agents: small enough to run many at once."}, light_rl},
    {{"rmsc04", "The population of ABIDES' rmsc04, one tick a second."}, rmsc04},
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
    throw ConfigError(fmt::format("There is no preset \"{}\"{}; `walras sim --list` shows all.", name,
                                  core::did_you_mean(name, names)));
}

}  // namespace walras::sim
