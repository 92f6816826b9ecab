// Whose luck it is: draws belong to (seed, group, agent, tick), and no place in the list is better than another.
#include <doctest/doctest.h>

#include <cmath>
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

// Over seeds: the slope of profit on the agent's number, in standard errors.
double index_advantage(const std::string& of, int seeds) {
    double sum = 0, squares = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
        // Informed traders race for the same stale quotes; noise makes them stale.
        MarketConfig config = small_market({{.kind = "noise",
                                             .name = "noise",
                                             .count = 100,
                                             .parameters = {{"bias", .01}, {"spread", .02}},
                                             .shares = 300},
                                            {.kind = "informed",
                                             .name = "informed",
                                             .count = 40,
                                             .parameters = {{"noise", .001}, {"edge", .0}},
                                             .shares = 300,
                                             .wake = Wake{1, 1}}},
                                           1);
        config.seed = static_cast<std::uint64_t>(seed);
        Market market(config);
        for (int t = 0; t < 40; ++t) { market.step(); }
        for (const Group& group : market.population().groups) {
            if (group.name != of) { continue; }
            const double middle = (group.size() - 1) / 2.0;
            double slope = 0;
            for (Agent a = group.begin; a < group.end; ++a) {
                slope += (a - group.begin - middle) * (market.equity(a) - market.starting_equity(a)).to_double();
            }
            sum += slope;
            squares += slope * slope;
        }
    }
    const double mean = sum / seeds;
    return mean / std::sqrt((squares / seeds - mean * mean) / (seeds - 1));
}

TEST_CASE("no agent's mean profit depends on its number") {
    // Four standard errors: by chance once in 16,000 tries, and the seeds are fixed.
    CHECK(std::abs(index_advantage("informed", 60)) < 4);
    CHECK(std::abs(index_advantage("noise", 60)) < 4);
}

}  // namespace
}  // namespace walras::sim
