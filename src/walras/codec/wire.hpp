// Numbers in bytes that need not be aligned.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace walras::codec {

static_assert(std::endian::native == std::endian::little);

template <std::integral T>
T load_little(const std::byte* from) {
    T out;
    std::memcpy(&out, from, sizeof out);
    return out;
}

inline std::uint16_t load_big16(const std::byte* from) { return __builtin_bswap16(load_little<std::uint16_t>(from)); }
inline std::uint32_t load_big32(const std::byte* from) { return __builtin_bswap32(load_little<std::uint32_t>(from)); }
inline std::uint64_t load_big64(const std::byte* from) { return __builtin_bswap64(load_little<std::uint64_t>(from)); }

}  // namespace walras::codec
