#include "walras/sim/market_test.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "walras/core/error.hpp"

namespace walras::sim {
namespace {

TEST_CASE("cash and shares over all agents change only by fees, at each tick") {
    MarketConfig config = small_market(mixed_groups());
    config.taker_fee = Rate::bps(1);
    Market market(config);
    const Totals before = totals_of(market);
    for (int i = 0; i < 100; ++i) {
        market.step();
        const Totals now = totals_of(market);
        REQUIRE(now.cash == before.cash);
        REQUIRE(now.shares == before.shares);
    }
    CHECK(market.totals().trades > 1000);
    CHECK(market.fees() > Money{});
}

TEST_CASE("reservations are the sums over working orders, and nobody owes more than it has") {
    Market market(small_market(mixed_groups()));
    for (int i = 0; i < 60; ++i) { market.step(); }
    const Population& population = market.population();
    for (const Group& group : population.groups) {
        for (Agent a = group.begin; a < group.end; ++a) {
            Money reserved{};
            std::vector<Lots> selling(group.width);
            for (const Ticket& ticket : population.tickets_of(group, a)) {
                if (!ticket.is_working()) { continue; }
                REQUIRE((ticket.expires == 0 || ticket.expires > market.tick()));  // withdrawn in time
                if (ticket.side == OrderSide::buy) {
                    reserved += Money{static_cast<core::int128>(ticket.limit) * 10'000'000 * ticket.leaves};
                } else {
                    selling[group.holding_of(a, ticket.symbol)] += ticket.leaves;
                }
                const auto view = market.symbol(ticket.symbol).engine().order(ticket.id);
                REQUIRE(view.has_value());
                REQUIRE(view->leaves().lots == ticket.leaves);
            }
            REQUIRE(population.purses[a].reserved == reserved);
            REQUIRE(population.purses[a].cash >= reserved);
            const auto own = population.holdings_of(group, a);
            for (std::uint32_t h = 0; h < group.width; ++h) {
                REQUIRE(own[h].selling == selling[h]);
                REQUIRE(own[h].position >= -group.max_short);
                REQUIRE(own[h].position <= group.max_long);
                REQUIRE(own[h].located >= own[h].short_need());
            }
        }
    }
}

TEST_CASE("the number of threads changes nothing") {
    std::vector<std::uint64_t> signatures;
    for (const int threads : {1, 2, 8}) {
        Market market(small_market(mixed_groups(), 4), threads);
        for (int i = 0; i < 50; ++i) { market.step(); }
        signatures.push_back(market.signature());
    }
    CHECK(signatures[0] == signatures[1]);
    CHECK(signatures[0] == signatures[2]);
}

TEST_CASE("another seed is another market") {
    MarketConfig config = small_market(mixed_groups());
    Market a(config);
    config.seed = 2;
    Market b(config);
    a.step();
    b.step();
    CHECK(a.signature() != b.signature());
}

TEST_CASE("a market that was saved and restored in mid-run goes on as if nothing had happened") {
    const MarketConfig config = small_market(mixed_groups());
    Market whole(config);
    for (int i = 0; i < 37; ++i) { whole.step(); }
    core::ArchiveWriter out;
    whole.save(out);
    Market restored(config, 2);
    core::ArchiveReader in(out.data());
    restored.load(in);
    CHECK(restored.signature() == whole.signature());
    for (int i = 0; i < 40; ++i) {
        whole.step();
        restored.step();
        REQUIRE(restored.signature() == whole.signature());
    }
}

// More want to be short than there are shares to borrow.
MarketConfig short_of_shares() {
    MarketConfig config = small_market({{.kind = "market_maker", .name = "market_maker", .count = 60},
                                        {.kind = "zero_intelligence", .name = "zero", .count = 400, .shares = 0},
                                        {.kind = "momentum", .name = "momentum", .count = 200}});
    config.groups[1].wake = Wake{1, .3};
    config.borrow_pool = Rate::of(.0001);
    return config;
}

TEST_CASE("shares that are on loan and shares that can be borrowed are the pool, at each tick") {
    const MarketConfig config = short_of_shares();
    Market market(config);
    const Lots pool = market.symbol(0).locates();
    REQUIRE(pool == 1000);
    for (int i = 0; i < 200; ++i) {
        market.step();
        std::vector<Lots> lent(config.symbols.size());
        const Population& population = market.population();
        for (const Group& group : population.groups) {
            for (Agent a = group.begin; a < group.end; ++a) {
                lent[group.symbol_of(a, 0)] += population.holdings_of(group, a)[0].located;
            }
        }
        for (std::uint32_t s = 0; s < lent.size(); ++s) {
            REQUIRE(lent[s] + market.symbol(s).locates() == pool);
            REQUIRE(market.symbol(s).locates() >= 0);
        }
    }
    CHECK(market.totals().refusals[static_cast<std::size_t>(Refusal::no_borrow)] > 100);
}

TEST_CASE("what is short pays for each day, and the fees are all that leaves") {
    MarketConfig config = short_of_shares();
    config.tick_length = seconds(std::int64_t{6} * 3600);
    Market market(config);
    const Totals before = totals_of(market);
    Money charged{};
    for (int i = 0; i < 40; ++i) {
        const Money fees = market.fees();
        Money due{};
        market.step();
        const Totals now = totals_of(market);
        REQUIRE(now.cash == before.cash);
        REQUIRE(now.shares == before.shares);
        const Population& population = market.population();
        for (Agent a = 0; a < population.size(); ++a) {
            const Lots position = population.holdings_of(population.group_of(a), a)[0].position;
            const SymbolView& symbol = market.view().symbols[population.group_of(a).symbol_of(a, 0)];
            if (position < 0) { due += Money::of(symbol.last_price * static_cast<double>(-position) * .005 / 365); }
        }
        const bool is_midnight = market.tick() % 4 == 0;
        charged += market.fees() - fees;
        // 50 basis points of a year; each agent's fee is rounded to 1e-9.
        const double off = (market.fees() - fees).to_double() - (is_midnight ? due.to_double() : 0);
        REQUIRE(std::abs(off) < 1e-5);
    }
    CHECK(charged > Money{});
}

TEST_CASE("a market that was saved while its shares were on loan goes on as if nothing had happened") {
    const MarketConfig config = short_of_shares();
    Market whole(config);
    for (int i = 0; i < 37; ++i) { whole.step(); }
    core::ArchiveWriter out;
    whole.save(out);
    Market restored(config);
    core::ArchiveReader in(out.data());
    restored.load(in);
    for (int i = 0; i < 30; ++i) {
        whole.step();
        restored.step();
        REQUIRE(restored.signature() == whole.signature());
    }
    CHECK(whole.counts().refusals[static_cast<std::size_t>(Refusal::no_borrow)] > 0);
}

TEST_CASE("a damaged checkpoint is refused wherever it ends") {
    const MarketConfig config = small_market({{.kind = "noise", .name = "noise", .count = 50}});
    Market market(config);
    for (int i = 0; i < 5; ++i) { market.step(); }
    core::ArchiveWriter out;
    market.save(out);
    for (std::size_t size = 0; size < out.data().size(); size += 997) {
        Market other(config);
        core::ArchiveReader in(out.data().first(size));
        CHECK_THROWS_AS(other.load(in), DataError);
    }
}

TEST_CASE("what agents watch for while they decide wakes them later, by both clocks") {
    for (const Clock clock : {Clock::ticks, Clock::events}) {
        MarketConfig config = small_market({{.kind = "market_maker", .name = "market_maker", .count = 40},
                                            {.kind = "timed", .name = "timed", .count = 20}});
        config.clock = clock;
        config.groups[0].parameters["bias"] = .01;
        config.groups[1].parameters = {
            {"enter_at_least", 5.0}, {"enter_at_most", 10.0}, {"hold_least", 20.0}, {"hold_most", 30.0}};
        Market market(config);
        const auto held = [&] {
            Lots sum = 0;
            const Group& timed = market.population().groups[1];
            for (Agent a = timed.begin; a < timed.end; ++a) {
                sum += market.population().holdings_of(timed, a)[0].position;
            }
            return sum;
        };
        while (market.tick() < 20) { market.step(); }
        CHECK(held() > 100);
        while (market.tick() < 60) { market.step(); }
        CHECK(held() == 0);
    }
}

TEST_CASE("by the clock of events too, cash and shares change hands only, reports on their way included") {
    MarketConfig config = small_market(mixed_groups());
    config.clock = Clock::events;
    Market market(config);
    const Totals before = totals_of(market);
    for (int i = 0; i < 40; ++i) {
        market.step();
        const Totals now = totals_of(market);
        REQUIRE(now.cash == before.cash);
        REQUIRE(now.shares == before.shares);
    }
    CHECK(market.totals().trades > 1000);
    CHECK(market.events()->message_count() > 100'000);
}

TEST_CASE("a market of events that was saved with messages on their way goes on as if nothing had happened") {
    MarketConfig config = small_market(mixed_groups());
    config.clock = Clock::events;
    Market whole(config);
    for (int i = 0; i < 9; ++i) { whole.step(); }
    CHECK(whole.events()->pending() > 5000);
    core::ArchiveWriter out;
    whole.save(out);
    Market restored(config);
    core::ArchiveReader in(out.data());
    restored.load(in);
    for (int i = 0; i < 10; ++i) {
        whole.step();
        restored.step();
        REQUIRE(restored.signature() == whole.signature());
    }
}

// When agents of one group handed in orders, by the time behind their tick.
struct TimesOfOrders final : MarketHook {
    explicit TimesOfOrders(const Market& m, Agent first) : market(m), begin(first) {}
    void on_orders(std::span<const Sent> sent) override {
        for (const Sent& s : sent) {
            if (s.agent < begin) { continue; }
            const std::int64_t since = (market.view().now - market.config().start).ns;
            behind_tick.push_back({since % market.config().tick_length.ns});
        }
    }
    const Market& market;
    Agent begin;
    std::vector<DurationNs> behind_tick;
};

TEST_CASE("by the clock of events a price wakes its agents at the trade that crosses it, not at the next tick") {
    std::vector<GroupConfig> groups = mixed_groups();
    groups[1].count = 500;
    groups.push_back({.kind = "stop_loss",
                      .name = "stop_loss",
                      .count = 100,
                      .parameters = {{"stop_least", .005}, {"stop_most", .03}}});
    MarketConfig config = small_market(groups);
    config.clock = Clock::events;
    Market market(config);
    TimesOfOrders times(market, market.population().groups.back().begin);
    market.add_hook(&times);
    for (int i = 0; i < 60; ++i) { market.step(); }
    // Question, answer and thinking take less than a millisecond; who could not sell all tries again at ticks.
    const auto between = std::ranges::count_if(times.behind_tick, [](DurationNs d) { return d > milliseconds(1); });
    CHECK(between >= 90);
}

TEST_CASE("an answer shows the market as it was when the question arrived, and orders take their time") {
    // One maker whose messages take a second each way: its first quotes rest three seconds after its wake.
    MarketConfig config = small_market({{.kind = "market_maker", .name = "market_maker", .count = 1}}, 1);
    config.clock = Clock::events;
    config.tick_length = milliseconds(100);
    config.groups[0].delay = Delay{seconds(1), seconds(1), DurationNs{0}};
    config.groups[0].wake = Wake{.every = 1'000'000, .chance = 1, .regular = true};
    Market market(config);
    const auto quoted_at = [&] {
        for (int i = 0; i < 2'000'000; ++i) {
            market.step();
            if (market.view().symbols[0].has_both()) { return market.events()->messages(); }
        }
        return market.events()->messages();
    };
    const auto messages = quoted_at();
    CHECK(messages == std::array<std::uint64_t, message_kinds>{1, 1, 1, 2, 0, 0, 0, 0});
    for (int i = 0; i < 9; ++i) { market.step(); }
    CHECK(market.events()->messages()[5] == 0);  // the reports take a second too
    for (int i = 0; i < 2; ++i) { market.step(); }
    CHECK(market.events()->messages()[5] == 2);
}

}  // namespace
}  // namespace walras::sim
