// Who wakes when: by hand, and against a slow scan over everything that waits.
#include "walras/sim/wake_index.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "walras/core/random.hpp"

namespace walras::sim {
namespace {

struct Scene {
    explicit Scene(std::size_t symbols = 1) : index({}, {}) {
        view.symbols.resize(symbols);
        for (SymbolView& symbol : view.symbols) { symbol.last = 100; }
        view.sectors.assign(symbols, Sector::tech);
        index = WakeIndex(view.symbols, view.sectors);
    }
    void add(Agent agent, const Condition& condition) { index.apply({agent, true, condition}); }
    void remove(Agent agent, const Condition& condition) { index.apply({agent, false, condition}); }
    std::vector<Agent> tick() {
        ++view.tick;
        std::vector<Agent> awake;
        index.collect(view, awake);
        return awake;
    }
    std::vector<Agent> at(Ticks price) {
        view.symbols[0].last = price;
        return tick();
    }
    SignalBoard board{1};
    MarketView view{board};
    WakeIndex index;
};
using Agents = std::vector<Agent>;

TEST_CASE("a price that is crossed wakes from its own side only, and each time") {
    Scene scene;
    scene.add(1, {.on = WakeOn::price_at_or_above, .price = 105});
    scene.add(2, {.on = WakeOn::price_at_or_below, .price = 95});
    CHECK(scene.at(104).empty());
    CHECK(scene.at(105) == Agents{1});
    CHECK(scene.at(110).empty());
    CHECK(scene.at(96).empty());
    CHECK(scene.at(90) == Agents{2});
    CHECK(scene.at(120) == Agents{1});  // jumped over
    CHECK(scene.at(95) == Agents{2});
}

TEST_CASE("a move between two ticks wakes at once, and the tick does not tell of it again") {
    Scene scene;
    scene.add(2, {.on = WakeOn::price_at_or_above, .price = 105});
    scene.add(1, {.on = WakeOn::price_at_or_above, .price = 103});
    scene.add(3, {.on = WakeOn::price_at_or_below, .price = 99});
    std::vector<Agent> awake;
    scene.index.move(0, 104, awake);
    CHECK(awake == Agents{1});
    scene.index.move(0, 104, awake);
    CHECK(awake.empty());
    scene.index.move(0, 107, awake);
    CHECK(awake == Agents{2});
    CHECK(scene.at(107).empty());
    scene.index.move(0, 98, awake);
    CHECK(awake == Agents{3});
    CHECK(scene.at(106) == Agents{1, 2});  // back up behind the last move
}

TEST_CASE("a price condition that holds when it comes wakes at the next tick, once") {
    Scene scene;
    scene.add(1, {.on = WakeOn::price_at_or_above, .price = 90});
    CHECK(scene.tick() == Agents{1});
    CHECK(scene.tick().empty());
}

TEST_CASE("times wake once, intervals again and again until they are taken back") {
    Scene scene;
    scene.add(1, {.on = WakeOn::at_tick, .when = 3});
    scene.add(2, {.on = WakeOn::every_ticks, .when = 2, .interval = 3});
    std::vector<Agents> woken;
    for (int t = 1; t <= 9; ++t) { woken.push_back(scene.tick()); }
    CHECK(woken == std::vector<Agents>{{}, {2}, {1}, {}, {2}, {}, {}, {2}, {}});
    scene.remove(2, {.on = WakeOn::every_ticks, .when = 2, .interval = 3});
    for (int t = 0; t < 9; ++t) { CHECK(scene.tick().empty()); }
    CHECK(scene.index.size() == 0);
}

TEST_CASE("news wake those whom they concern if they are big enough, in the tick in which they break") {
    Scene scene(2);
    scene.view.sectors[1] = Sector::finance;
    scene.index = WakeIndex(scene.view.symbols, scene.view.sectors);
    scene.add(1, {.on = WakeOn::news, .symbol = 0, .magnitude = .5});
    scene.add(2, {.on = WakeOn::news, .symbol = 1, .magnitude = 0});
    const auto breaks = [&](NewsEvent event) {
        event.tick = scene.view.tick + 1;
        event.duration = 10;
        scene.view.news = {event};
        return scene.tick();
    };
    CHECK(breaks({.kind = NewsKind::earnings, .symbol = 0, .magnitude = .5}) == Agents{1});
    CHECK(scene.tick().empty());  // still active, but not new
    CHECK(breaks({.kind = NewsKind::earnings, .symbol = 0, .magnitude = .49}).empty());
    CHECK(breaks({.kind = NewsKind::guidance, .symbol = 1, .magnitude = .1}) == Agents{2});
    CHECK(breaks({.kind = NewsKind::sector, .sector = Sector::finance, .magnitude = 1}) == Agents{2});
    CHECK(breaks({.kind = NewsKind::rate, .magnitude = 1}) == Agents{1, 2});
}

TEST_CASE("whoever wakes for several reasons wakes once, and the list rises") {
    Scene scene;
    for (const Agent agent : {7U, 3U}) {
        scene.add(agent, {.on = WakeOn::at_tick, .when = 1});
        scene.add(agent, {.on = WakeOn::price_at_or_above, .price = 101});
    }
    CHECK(scene.at(102) == Agents{3, 7});
}

// Everything that waits, looked at one by one.
struct Scan {
    struct Waiting {
        Agent agent;
        Condition condition;
        std::uint64_t next;
        bool is_fresh;
    };
    std::vector<Waiting> waiting;
    std::vector<Ticks> last;

    void apply(const ConditionChange& change) {
        const Condition& c = change.condition;
        if (!change.is_add) {
            const auto it = std::ranges::find_if(
                waiting, [&](const Waiting& w) { return w.agent == change.agent && w.condition == c; });
            if (it != waiting.end()) { waiting.erase(it); }
            return;
        }
        const bool holds = (c.on == WakeOn::price_at_or_above && last[c.symbol] >= c.price) ||
                           (c.on == WakeOn::price_at_or_below && last[c.symbol] <= c.price);
        waiting.push_back({change.agent, c, c.when, holds});
    }
    [[nodiscard]] bool has(const ConditionChange& change) const {
        return std::ranges::any_of(
            waiting, [&](const Waiting& w) { return w.agent == change.agent && w.condition == change.condition; });
    }
    Agents collect(const MarketView& view) {
        std::set<Agent> awake;
        for (auto it = waiting.begin(); it != waiting.end();) {
            const Condition& c = it->condition;
            const Ticks now = view.symbols[c.symbol].last;
            const Ticks before = last[c.symbol];
            bool wakes = std::exchange(it->is_fresh, false);
            bool ends = false;
            switch (c.on) {
                case WakeOn::price_at_or_above: wakes = wakes || (before < c.price && now >= c.price); break;
                case WakeOn::price_at_or_below: wakes = wakes || (before > c.price && now <= c.price); break;
                case WakeOn::at_tick: wakes = ends = it->next <= view.tick; break;
                case WakeOn::every_ticks:
                    wakes = it->next <= view.tick;
                    if (wakes) { it->next = view.tick + c.interval; }
                    break;
                case WakeOn::news: break;
            }
            if (wakes) { awake.insert(it->agent); }
            it = ends ? waiting.erase(it) : it + 1;
        }
        for (std::size_t s = 0; s < last.size(); ++s) { last[s] = view.symbols[s].last; }
        return {awake.begin(), awake.end()};
    }
};

TEST_CASE("the index wakes whom a scan over all conditions wakes, on random walks with changes at every tick") {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        core::Random random({seed, 1, 2, 3});
        Scene scene(3);
        Scan scan{{}, {100, 100, 100}};
        std::vector<ConditionChange> added;
        for (int t = 0; t < 300; ++t) {
            for (auto changes = random.below(8); changes > 0; --changes) {
                ConditionChange change{static_cast<Agent>(random.below(40)), true, {}};
                Condition& c = change.condition;
                c.on = static_cast<WakeOn>(random.below(4));
                if (c.on == WakeOn::price_at_or_above || c.on == WakeOn::price_at_or_below) {
                    c.symbol = static_cast<std::uint32_t>(random.below(3));
                    c.price = 80 + static_cast<Ticks>(random.below(40));
                } else {
                    c.when = scene.view.tick + 1 + random.below(20);
                    c.interval = c.on == WakeOn::every_ticks ? 1 + static_cast<std::uint32_t>(random.below(9)) : 0;
                }
                if (scan.has(change)) { continue; }
                scene.index.apply(change);
                scan.apply(change);
                added.push_back(change);
            }
            for (SymbolView& symbol : scene.view.symbols) { symbol.last += static_cast<Ticks>(random.below(9)) - 4; }
            const Agents woken = scene.tick();
            REQUIRE(woken == scan.collect(scene.view));
            REQUIRE(scene.index.size() == scan.waiting.size());
            // Some of what waits is taken back.
            for (int k = 0; k < 3 && !added.empty(); ++k) {
                ConditionChange change = added[random.below(added.size())];
                if (change.condition.on == WakeOn::every_ticks) { continue; }
                change.is_add = false;
                scene.index.apply(change);
                scan.apply(change);
            }
        }
    }
}

TEST_CASE("an index that is restored wakes as the other would") {
    Scene first;
    core::Random random({5, 6, 7, 8});
    for (Agent agent = 0; agent < 50; ++agent) {
        first.add(agent, {.on = agent % 2 == 0 ? WakeOn::price_at_or_above : WakeOn::price_at_or_below,
                          .price = 80 + static_cast<Ticks>(random.below(40))});
        first.add(agent, {.on = WakeOn::every_ticks, .when = agent, .interval = 5 + agent});
        first.add(agent, {.on = WakeOn::news, .magnitude = .5});
    }
    core::ArchiveWriter out;
    first.index.save(out);
    Scene second;
    core::ArchiveReader in(out.data());
    second.index.load(in);
    for (int t = 0; t < 100; ++t) {
        const Ticks price = 80 + static_cast<Ticks>(random.below(40));
        REQUIRE(first.at(price) == second.at(price));
    }
}

}  // namespace
}  // namespace walras::sim
