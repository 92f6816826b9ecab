#include "walras/core/big_memory.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <map>

#include "walras/core/random.hpp"

using namespace walras;

TEST_CASE("blocks of all sizes are apart, aligned, and as large as they were asked for") {
    core::Random dice({5, 0, 0, 0});
    struct Block {
        unsigned char* at;
        std::size_t bytes;
        unsigned char mark;
    };
    std::vector<Block> held;
    for (int step = 0; step < 3000; ++step) {
        if (held.size() < 60 && dice.below(2) == 0) {
            const std::size_t bytes = 1 + dice.below(dice.below(3) == 0 ? 3'000'000 : 200'000);
            auto* at = static_cast<unsigned char*>(core::take_block(bytes));
            REQUIRE(reinterpret_cast<std::uintptr_t>(at) % 64 == 0);
            const auto mark = static_cast<unsigned char>(dice.below(256));
            std::memset(at, mark, bytes);
            held.push_back({at, bytes, mark});
        } else if (!held.empty()) {
            const std::size_t i = dice.below(held.size());
            const Block block = held[i];
            // Nobody else has written into it.
            REQUIRE(block.at[0] == block.mark);
            REQUIRE(std::memcmp(block.at, block.at + 1, block.bytes - 1) == 0);
            core::give_block(block.at, block.bytes);
            held[i] = held.back();
            held.pop_back();
        }
    }
    for (const Block& block : held) { core::give_block(block.at, block.bytes); }
}

TEST_CASE("a large vector grows, is copied and keeps its numbers") {
    core::BigVector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; i < 300'000; ++i) { numbers.push_back(i); }
    const core::BigVector<std::uint64_t> copy = numbers;
    numbers.clear();
    numbers.shrink_to_fit();
    for (std::uint64_t i = 0; i < copy.size(); ++i) { REQUIRE(copy[i] == i); }
}

TEST_CASE("more than there can be is refused") {
    core::BigAllocator<std::uint64_t> allocator;
    CHECK_THROWS_AS((void)allocator.allocate(SIZE_MAX / 4), std::bad_array_new_length);
}
