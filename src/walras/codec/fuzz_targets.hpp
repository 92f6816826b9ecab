// What the fuzzers and the mutation test feed with arbitrary bytes. Each target must return: a DataError is fine, any
// other exception, a sanitizer's complaint or a broken promise is a bug.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace walras::codec {

void fuzz_csv(std::span<const std::byte> bytes);      // the first byte chooses kind and settings
void fuzz_lean(std::span<const std::byte> bytes);     // the first byte chooses the layout
void fuzz_journal(std::span<const std::byte> bytes);  // what decodes must encode to the same bytes
void fuzz_gzip(std::span<const std::byte> bytes);

// Decoders of ticks (tick_splits.hpp): the first byte chooses settings and where the rest is cut.
void fuzz_dbn(std::span<const std::byte> bytes);
void fuzz_itch(std::span<const std::byte> bytes);
void fuzz_lobster(std::span<const std::byte> bytes);

}  // namespace walras::codec
