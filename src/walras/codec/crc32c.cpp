#include "walras/codec/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace walras::codec {
namespace {

using Table = std::array<std::uint32_t, 256>;

constexpr Table make_table() {
    Table table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) { crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U); }
        table[i] = crc;
    }
    return table;
}
constexpr Table table = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::byte> bytes, std::uint32_t crc) {
    std::uint64_t state = ~crc;
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        state = _mm_crc32_u64(state, word);
    }
    auto rest = static_cast<std::uint32_t>(state);
    for (; left > 0; --left, ++at) { rest = _mm_crc32_u8(rest, static_cast<unsigned char>(*at)); }
    return ~rest;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t crc) {
    std::uint32_t state = ~crc;
    for (const std::byte byte : bytes) {
        state = (state >> 8) ^ table[(state ^ static_cast<std::uint32_t>(byte)) & 0xffU];
    }
    return ~state;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc) {
#if defined(__x86_64__)
    static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
    if (has_instruction) { return by_instruction(bytes, crc); }
#endif
    return crc32c_by_table(bytes, crc);
}

}  // namespace walras::codec
