// What the fuzzers and the mutation test feed with arbitrary bytes: decoders of crypto and vendor ticks. A DataError is
// fine; any other exception, or a division into pieces that changes the ticks or the error, is a bug.
#pragma once

#include <cstddef>
#include <span>

namespace walras::codec {

// The first byte chooses how large the pieces are, the rest is the file.
void fuzz_binance(std::span<const std::byte> bytes);
void fuzz_bybit(std::span<const std::byte> bytes);
void fuzz_tardis(std::span<const std::byte> bytes);
void fuzz_lean_ticks(std::span<const std::byte> bytes);
void fuzz_hftbacktest(std::span<const std::byte> bytes);  // and what comes out is written and read again

}  // namespace walras::codec
