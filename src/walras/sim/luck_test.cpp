// Whose luck it is: draws belong to (seed, group, agent, tick), and no place in the list is better than another.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "walras/sim/kinds_test.hpp"

namespace walras::sim {
namespace {

struct FirstTick final : MarketHook {
    void on_orders(std::span<const Sent> sent) override { orders.insert(orders.end(), sent.begin(), sent.end()); }
    std::vector<Sent> orders;
};

// What each agent of a group sent in the first tick, by its number in the group.
using Orders = std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::array<std::int64_t, 4>>>;
Orders first_orders(const std::vector<GroupConfig>& groups, const std::string& of) {
    Market market(small_market(groups));
    FirstTick hook;
    market.add_hook(&hook);
    market.step();
    Orders out;
    for (const Group& group : market.population().groups) {
        if (group.name != of) { continue; }
        for (const Sent& sent : hook.orders) {
            if (sent.agent < group.begin || sent.agent >= group.end) { continue; }
            out[{sent.agent - group.begin, sent.symbol}].push_back(
                {sent.key, sent.limit, sent.lots, static_cast<std::int64_t>(sent.side)});
        }
    }
    return out;
}

TEST_CASE("another group, and another agent of its own, leave a group's draws alone") {
    const GroupConfig noise{.kind = "noise", .name = "noise", .count = 300, .shares = 100};
    const GroupConfig zero{.kind = "zero_intelligence", .name = "zero", .count = 200, .wake = Wake{1, .5}};
    const GroupConfig makers{.kind = "market_maker", .name = "makers", .count = 20};
    const Orders alone = first_orders({noise}, "noise");
    CHECK(alone.size() > 50);
    CHECK(first_orders({makers, zero, noise}, "noise") == alone);
    GroupConfig more = noise;
    more.count = 301;
    Orders with_one_more = first_orders({zero, more}, "noise");
    std::erase_if(with_one_more, [](const auto& entry) { return entry.first.first == 300; });
    CHECK(with_one_more == alone);
    GroupConfig renamed = noise;
    renamed.name = "other";
    CHECK(first_orders({renamed}, "other") != alone);
}

struct Slope {
    double sum = 0, squares = 0;
    void add(double slope) {
        sum += slope;
        squares += slope * slope;
    }
    // The mean over `n` seeds in standard errors.
    [[nodiscard]] double errors(double n) const {
        const double mean = sum / n;
        return mean / std::sqrt((squares / n - mean * mean) / (n - 1));
    }
};

TEST_CASE("no agent's mean profit depends on its number") {
    constexpr int seeds = 800;
    std::map<std::string, Slope> slopes;  // of profit on the number, by group
    for (int seed = 1; seed <= seeds; ++seed) {
        // Forty informed traders race for the few quotes of a tick that are wrong.
        GroupConfig noise = group_of("noise", {{"bias", .01}, {"spread", .02}}, 100);
        noise.shares = 300;
        noise.wake = Wake{1, .05};
        GroupConfig informed = group_of("informed", {{"noise", .001}, {"edge", .01}}, 40);
        informed.shares = 300;
        informed.wake = Wake{1, 1};
        MarketConfig config = small_market({noise, informed}, 1);
        config.seed = static_cast<std::uint64_t>(seed);
        Market market(config);
        for (int t = 0; t < 12; ++t) { market.step(); }
        for (const Group& group : market.population().groups) {
            const double middle = (group.size() - 1) / 2.0;
            double slope = 0;
            for (Agent a = group.begin; a < group.end; ++a) {
                slope += (a - group.begin - middle) * (market.equity(a) - market.starting_equity(a)).to_double();
            }
            slopes[group.name].add(slope);
        }
    }
    // Four standard errors: by chance once in 16,000 tries, and the seeds are fixed. Where orders meet in the order of
    // agents, it is 5.5 for the informed.
    for (const auto& [name, slope] : slopes) {
        CAPTURE(name);
        CHECK(std::abs(slope.errors(seeds)) < 4);
        if (std::getenv("WALRAS_PRINT") != nullptr) { MESSAGE(name, ": ", slope.errors(seeds)); }
    }
}

}  // namespace
}  // namespace walras::sim
