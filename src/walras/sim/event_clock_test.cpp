// The clock of events: what one agent sends arrives in the order of sending, what happens at one time happens in the
// order of making, and an agent decides on what it was told.
#include <doctest/doctest.h>

#include <map>

#include "walras/sim/market_test.hpp"

namespace walras::sim {
namespace {

MarketConfig by_events(std::vector<GroupConfig> groups) {
    MarketConfig config = small_market(std::move(groups), 1);
    config.clock = Clock::events;
    config.tick_length = milliseconds(100);
    return config;
}

TEST_CASE("nothing that an agent sends overtakes what it sent before, whatever the jitter") {
    // Half a second of jitter on each message, and a decision every tenth of one.
    MarketConfig config = by_events({{.kind = "ladder_maker", .name = "makers", .count = 8}});
    config.groups[0].wake = Wake{.every = 1, .chance = 1, .regular = true};
    config.groups[0].delay = Delay{milliseconds(1), milliseconds(5), milliseconds(500)};
    Market market(config);
    std::size_t seen = 0;
    for (int t = 0; t < 300; ++t) {
        market.step();
        std::map<std::uint32_t, std::uint64_t> last;
        for (const OrderId id : market.symbol(0).engine().orders()) {  // in order of arrival
            const auto order = market.symbol(0).engine().order(id);
            std::uint64_t& before = last[order->owner.value];
            const std::uint64_t decision = id.value >> market.population().ids.bits;
            REQUIRE(decision >= before);
            seen += decision > before && before != 0 ? 1U : 0U;
            before = decision;
        }
    }
    CHECK(seen > 300);  // orders of several decisions rested side by side
}

TEST_CASE("what happens at one time happens in the order in which it was made") {
    MarketConfig config = by_events({{.kind = "ladder_maker", .name = "maker", .count = 1}});
    config.groups[0].wake = Wake{.every = 1'000'000, .chance = 1, .regular = true};
    config.groups[0].delay = Delay{milliseconds(1), milliseconds(1), DurationNs{0}};
    struct Sendings : MarketHook {
        std::vector<OrderId> ids;
        void on_orders(std::span<const Sent> sent) override {
            for (const Sent& s : sent) { ids.push_back(s.id); }
        }
    } sendings;
    Market market(config);
    market.add_hook(&sendings);
    for (int t = 0; t < 1'000'000 && market.symbol(0).engine().order_count() == 0; ++t) { market.step(); }
    REQUIRE(sendings.ids.size() == 20);
    CHECK(market.symbol(0).engine().orders() == sendings.ids);
}

TEST_CASE("an agent's orders leave when it has thought") {
    const auto rests_at = [](DurationNs thinking) {
        MarketConfig config = by_events({{.kind = "ladder_maker", .name = "maker", .count = 1}});
        config.groups[0].wake = Wake{.every = 100, .chance = 1, .regular = true};
        config.groups[0].delay = Delay{seconds(1), seconds(1), DurationNs{0}};
        config.compute_delay = thinking;
        Market market(config);
        for (int t = 0; t < 1000 && market.symbol(0).engine().order_count() == 0; ++t) { market.step(); }
        return market.tick();
    };
    const std::uint64_t at_once = rests_at(DurationNs{0});
    CHECK(at_once > 30);  // three ways of a second
    CHECK(rests_at(seconds(5)) == at_once + 50);
}

TEST_CASE("an agent decides on the market that it was told, not on the one that is") {
    // The late one asks at second 0, is heard at 20 and told at 40 that there is no book; the maker's quotes rest from
    // 30 on. It trades at both sides' prices only.
    MarketConfig config = by_events(
        {{.kind = "market_maker", .name = "maker", .count = 1}, {.kind = "noise_once", .name = "late", .count = 1}});
    config.tick_length = seconds(1);
    config.groups[0].wake = Wake{.every = 1, .chance = 1, .regular = true};
    config.groups[0].delay = Delay{seconds(10), seconds(10), DurationNs{0}};
    config.groups[1].delay = Delay{seconds(20), seconds(20), DurationNs{0}};
    config.groups[1].parameters["until"] = std::int64_t{1};
    struct Sendings : MarketHook {
        std::size_t late = 0, makers = 0;
        void on_orders(std::span<const Sent> sent) override {
            for (const Sent& s : sent) { ++(s.agent == 1 ? late : makers); }
        }
    } sendings;
    Market market(config);
    market.add_hook(&sendings);
    for (int t = 0; t < 36; ++t) { market.step(); }
    CHECK(market.view().symbols[0].has_both());
    while (market.tick() < 60) { market.step(); }
    CHECK(market.events()->messages()[static_cast<std::size_t>(MessageKind::answer)] > 40);
    CHECK(sendings.makers > 0);
    CHECK(sendings.late == 0);
}

}  // namespace
}  // namespace walras::sim
