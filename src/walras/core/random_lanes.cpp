#include "walras/core/random_lanes.hpp"

#include <algorithm>
#include <cstddef>

#include "walras/core/wide.hpp"

namespace walras::core {
namespace {

constexpr std::size_t lanes = 16;
using Lane = std::array<std::uint32_t, lanes>;

// Ten rounds over `lanes` counters that differ in their last word.
inline void rounds(std::array<Lane, 4>& c, std::uint32_t k0, std::uint32_t k1) {
    constexpr std::uint64_t m0 = 0xD2511F53;
    constexpr std::uint64_t m1 = 0xCD9E8D57;
    for (int round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < lanes; ++i) {
            const std::uint64_t p0 = m0 * c[0][i];
            const std::uint64_t p1 = m1 * c[2][i];
            c[0][i] = static_cast<std::uint32_t>(p1 >> 32) ^ c[1][i] ^ k0;
            c[1][i] = static_cast<std::uint32_t>(p1);
            c[2][i] = static_cast<std::uint32_t>(p0 >> 32) ^ c[3][i] ^ k1;
            c[3][i] = static_cast<std::uint32_t>(p0);
        }
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
}

inline void fill(const RandomKey& key, std::span<const std::uint32_t> agents, std::span<RandomWords> out) {
    const auto [first, words] = Random::start(key);
    for (std::size_t from = 0; from < agents.size(); from += lanes) {
        const std::size_t many = std::min(lanes, agents.size() - from);
        std::array<Lane, 4> c{};
        c[0].fill(words[0]);
        c[1].fill(words[1]);
        c[2].fill(words[2]);
        for (std::size_t i = 0; i < many; ++i) { c[3][i] = agents[from + i]; }
        rounds(c, first[0], first[1]);
        for (std::size_t i = 0; i < many; ++i) { out[from + i] = {c[0][i], c[1][i], c[2][i], c[3][i]}; }
    }
}

void fill_plain(const RandomKey& key, std::span<const std::uint32_t> agents, std::span<RandomWords> out) {
    fill(key, agents, out);
}
WALRAS_WIDE void fill_wide(const RandomKey& key, std::span<const std::uint32_t> agents, std::span<RandomWords> out) {
    fill(key, agents, out);
}

}  // namespace

void first_words(const RandomKey& key, std::span<const std::uint32_t> agents, std::span<RandomWords> out) {
    (has_wide() ? fill_wide : fill_plain)(key, agents, out);
}

}  // namespace walras::core
