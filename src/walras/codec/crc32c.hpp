// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), as in iSCSI (RFC 3720), ext4 and SSE4.2's crc32 instruction.
// crc32c of "123456789" is 0xe3069283.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace walras::codec {

// The checksum of `bytes`, continuing `crc` (0 begins a new one). Uses the processor's instruction where it has one.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0);

// The same by table, on every machine.
std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t crc = 0);

}  // namespace walras::codec
