// The containers under the book, each against the obvious one of the standard library.
#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <set>

#include "walras/book/id_table.hpp"
#include "walras/book/price_ladder.hpp"
#include "walras/book/slot_heap.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::book;

TEST_CASE("a ladder is a sorted map, wherever its window stands") {
    for (const std::size_t window : {std::size_t{1}, std::size_t{64}, std::size_t{8192}}) {
        PriceLadder<int> ladder(window);
        std::map<Rank, int> want;
        core::Random dice({3, 0, 0, window});
        Rank centre = 0;
        for (int step = 0; step < 40'000; ++step) {
            centre += static_cast<Rank>(dice.below(41)) - 20;
            // Mostly near, sometimes thousands of ranks away, sometimes at the end of the world.
            const std::uint64_t kind = dice.below(100);
            const Rank rank = kind < 90   ? centre + static_cast<Rank>(dice.below(100)) - 50
                              : kind < 99 ? centre + static_cast<Rank>(dice.below(20'000)) - 10'000
                                          : (dice.below(2) == 0 ? max_rank : -max_rank);
            if (want.size() > 60 || (dice.below(3) == 0 && !want.empty())) {
                auto it = want.lower_bound(rank);
                if (it == want.end()) { it = std::prev(it); }
                CHECK(ladder.at(it->first) == it->second);
                ladder.close(it->first);
                want.erase(it);
            } else {
                int& level = ladder.open(rank);
                CHECK(level == (want.contains(rank) ? want[rank] : 0));
                level = want[rank] = step + 1;
            }
            CHECK(ladder.best() == (want.empty() ? no_rank : want.rbegin()->first));
            if (step % 50 == 0) {
                Rank r = ladder.best();
                for (auto it = want.rbegin(); it != want.rend(); ++it, r = ladder.behind(r)) {
                    REQUIRE(r == it->first);
                    REQUIRE(ladder.at(r) == it->second);
                }
                CHECK(r == no_rank);
            }
        }
    }
}

TEST_CASE("an id table is a map, through growth and removal") {
    IdTable table(4);
    std::map<std::uint64_t, std::uint32_t> want;
    core::Random dice({4, 0, 0, 0});
    for (std::uint32_t step = 0; step < 50'000; ++step) {
        const std::uint64_t id = 1 + dice.below(dice.below(2) == 0 ? 300 : UINT64_MAX - 1);
        if (want.contains(id)) {
            table.erase(id);
            want.erase(id);
        } else if (want.size() < 500) {
            table.insert(id, step);
            want[id] = step;
        }
        CHECK(table.size() == want.size());
        CHECK(table.find(id) == (want.contains(id) ? want[id] : IdTable::none));
        if (!want.empty()) {
            const auto& [other, slot] = *want.lower_bound(want.rbegin()->first / 2);
            CHECK(table.find(other) == slot);
        }
    }
}

TEST_CASE("a slot heap gives the smallest key, oldest first, and lets any slot go") {
    SlotHeap heap;
    std::set<std::tuple<std::int64_t, std::uint64_t, std::uint32_t>> want;
    std::vector<std::optional<std::tuple<std::int64_t, std::uint64_t, std::uint32_t>>> of(200);
    core::Random dice({5, 0, 0, 0});
    for (std::uint64_t step = 0; step < 50'000; ++step) {
        const auto slot = static_cast<std::uint32_t>(dice.below(of.size()));
        if (of[slot]) {
            CHECK(heap.key(slot) == std::get<0>(*of[slot]));
            heap.erase(slot);
            want.erase(*of[slot]);
            of[slot].reset();
        } else {
            of[slot] = {static_cast<std::int64_t>(dice.below(40)) - 20, step, slot};
            heap.insert(slot, std::get<0>(*of[slot]), step);
            want.insert(*of[slot]);
        }
        CHECK(heap.size() == want.size());
        if (!want.empty()) { CHECK(heap.top().slot == std::get<2>(*want.begin())); }
    }
}
