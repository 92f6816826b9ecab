// The running hash behind every signature: 64 bits over whole 8-byte words, order-sensitive, equal on every machine
// of the same byte order. Each step is one widening multiply folded onto itself. Not cryptographic.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "walras/core/int128.hpp"

namespace walras::core {

class RunningHash {
public:
    void add(std::uint64_t word) { state_ = fold(state_ ^ word, multiplier) + increment; }

    // `bytes` must be a multiple of 8; padding must be zeroed by the caller. Two words a step, each step on its own
    // with a constant of its place, then one fold into the state: the multiplications overlap.
    void add_words(const void* data, std::size_t bytes) {
        const auto* at = static_cast<const unsigned char*>(data);
        std::uint64_t sum = bytes;
        std::uint64_t place = multiplier;
        std::size_t i = 0;
        for (; i + 16 <= bytes; i += 16, place += 2 * multiplier) {
            sum += fold(load(at + i) ^ place, load(at + i + 8) ^ (place + increment));
        }
        if (i + 8 <= bytes) { sum += fold(load(at + i) ^ place, increment); }
        add(sum);
    }

    [[nodiscard]] std::uint64_t value() const { return state_; }
    auto operator<=>(const RunningHash&) const = default;

private:
    static std::uint64_t load(const unsigned char* at) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        return word;
    }
    static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
        const uint128 product = static_cast<uint128>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }

    static constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio
    static constexpr std::uint64_t increment = 0xd1b54a32d192ed03ULL;
    std::uint64_t state_ = 0x243f6a8885a308d3ULL;  // first fractional bits of pi
};

// Sixteen lower-case hexadecimal digits.
std::string format_hash(std::uint64_t value);

}  // namespace walras::core
