// The first random words of many agents at once: the same draws as `Random` makes for each of them, by wide
// instructions where the machine has them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "walras/core/random.hpp"

namespace walras::core {

using RandomWords = std::array<std::uint32_t, 4>;  // one block of Philox

// out[i] is the first block of Random(RandomKey{seed, stream, agents[i], tick}). Same sizes.
void first_words(const RandomKey& key, std::span<const std::uint32_t> agents, std::span<RandomWords> out);

}  // namespace walras::core
