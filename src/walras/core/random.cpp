#include "walras/core/random.hpp"

#include <cmath>

#include "walras/core/int128.hpp"
#include "walras/core/math.hpp"

namespace walras::core {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    constexpr std::uint64_t m0 = 0xD2511F53;
    constexpr std::uint64_t m1 = 0xCD9E8D57;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = m0 * counter[0];
        const std::uint64_t p1 = m1 * counter[2];
        counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
                   static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

Random::Start Random::start(const RandomKey& key) {
    return {{static_cast<std::uint32_t>(key.seed) ^ (key.stream * 0x85EBCA6BU),
             static_cast<std::uint32_t>(key.seed >> 32) + key.stream},
            {0, static_cast<std::uint32_t>(key.tick), static_cast<std::uint32_t>(key.tick >> 32), key.agent}};
}

Random::Random(const RandomKey& key) : key_{start(key).key}, counter_{start(key).counter} {}

Random Random::after_first_block(const RandomKey& key) {
    Random random(key);
    ++random.counter_[0];
    return random;
}

std::uint64_t Random::bits() {
    if (used_ >= 4) {
        block_ = philox4x32(counter_, key_);
        ++counter_[0];
        used_ = 0;
    }
    const std::uint64_t low = block_[used_];
    const std::uint64_t high = block_[used_ + 1];
    used_ += 2;
    return low | (high << 32);
}

double Random::uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

double Random::exponential() { return -math::log(1.0 - uniform()); }

// Marsaglia's polar method: only log and sqrt, both reproducible on every machine.
double Random::normal() {
    for (;;) {
        const double u = 2.0 * uniform() - 1.0;
        const double v = 2.0 * uniform() - 1.0;
        const double s = u * u + v * v;
        if (s > 0.0 && s < 1.0) { return u * std::sqrt(-2.0 * math::log(s) / s); }
    }
}

std::uint64_t Random::below(std::uint64_t bound) {
    // Lemire's multiply-and-reject.
    const std::uint64_t threshold = (0 - bound) % bound;
    for (;;) {
        const uint128 product = static_cast<uint128>(bits()) * bound;
        if (static_cast<std::uint64_t>(product) >= threshold) { return static_cast<std::uint64_t>(product >> 64); }
    }
}

}  // namespace walras::core
