// Memory over time: one small market of every kind of agent, by both clocks. What the process holds after a warm-up is
// what it holds at the end. WALRAS_PROVE=1: a million ticks each.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // of the sanitizer's own allocator
#else
#include <malloc.h>
#endif

#include "walras/sim/kind.hpp"
#include "walras/sim/market_test.hpp"

namespace walras::sim {
namespace {

// Bytes that are allocated and not freed.
std::int64_t held() {
#if defined(__SANITIZE_ADDRESS__)
    return static_cast<std::int64_t>(__sanitizer_get_current_allocated_bytes());
#else
    const auto info = mallinfo2();
    return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
#endif
}

MarketConfig everything() {
    MarketConfig config = small_market({}, 2);
    // Tests of a user's own kinds register some that are not ours.
    for (const KindSpec* spec : agent_kinds()) {
        if (spec->name.starts_with("test")) { continue; }
        config.groups.push_back({.kind = spec->name, .name = spec->name, .count = 4});
    }
    config.groups.push_back({.kind = "noise", .name = "more noise", .count = 40});
    config.groups.push_back({.kind = "zero_intelligence", .name = "more zero", .count = 20});
    for (GroupConfig& group : config.groups) { group.cash = Money::of(1e9); }
    config.pool.size = 2'000;
    return config;
}

// Largest arrays are as large as the busiest tick so far; a tick that is busier yet lets one of them double. A leak of
// one number a tick is a megabyte and more over a million of them, and 120 KB over the short run.
constexpr std::int64_t allowed = 96 << 10;

void check_flat(Clock clock) {
    const bool is_long = std::getenv("WALRAS_PROVE") != nullptr;
    const std::uint64_t warm_up = is_long ? 100'000 : 3'000, ticks = is_long ? 1'000'000 : 18'000;
    MarketConfig config = everything();
    config.clock = clock;
    Market market(config);
    while (market.tick() < warm_up) { market.step(); }
    const std::int64_t before = held();
    std::int64_t most = before;
    const std::uint64_t trades = market.totals().trades;
    while (market.tick() < ticks) {
        market.step();
        if (market.tick() % 1000 == 0) { most = std::max(most, held()); }
    }
    MESSAGE(to_string(clock), ": ", before / 1024, " KB after ", warm_up, " ticks, ", most / 1024, " KB at most until ",
            ticks, "; ", market.totals().trades - trades, " trades");
    CHECK(most - before < allowed);
    CHECK(market.totals().trades - trades > (ticks - warm_up) / 2);
}

TEST_CASE("a market by ticks holds no more memory after many ticks than after some") { check_flat(Clock::ticks); }
TEST_CASE("a market by events holds no more memory after many ticks than after some") { check_flat(Clock::events); }

}  // namespace
}  // namespace walras::sim
