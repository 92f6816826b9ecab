// Counter-based random numbers: a draw is a pure function of (seed, stream, agent, tick, index), so draws do not depend
// on the order in which anybody asks, on threads, or on who else exists.
// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC11).
#pragma once

#include <array>
#include <cstdint>

namespace walras::core {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

struct RandomKey {
    std::uint64_t seed = 0;
    std::uint32_t stream = 0;  // who asks: a model, a purpose
    std::uint32_t agent = 0;
    std::uint64_t tick = 0;
};

// A short sequence of draws for one key. Copyable; a copy repeats the sequence.
class Random {
public:
    explicit Random(const RandomKey& key);
    // Philox's key and first counter (block, tick low, tick high, agent) of a RandomKey.
    struct Start {
        std::array<std::uint32_t, 2> key;
        std::array<std::uint32_t, 4> counter;
    };
    static Start start(const RandomKey& key);
    // Goes on behind the first block, which somebody else has used.
    static Random after_first_block(const RandomKey& key);

    std::uint64_t bits();                      // 64 uniform bits
    double uniform();                          // [0, 1), 53 bits
    double normal();                           // mean 0, deviation 1
    double exponential();                      // mean 1
    std::uint64_t below(std::uint64_t bound);  // [0, bound) without bias; bound > 0

private:
    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> block_{};
    unsigned used_ = 4;
};

}  // namespace walras::core
