// The head of a DBN file, versions 1 to 3: what was asked for, and which instrument id meant which symbol when.
//
//   "DBN", version, length of the rest (4) | dataset (16), schema (2), start (8), end (8), limit (8), version 1: record
//   count (8), symbology in (1) and out (1), ts_out (1), from version 2: length of symbols (2), zeros up to byte 100 |
//   length of a schema definition (4) and the definition | symbols, partial, not found: count (4) and the symbols |
//   mappings: count (4), each a symbol, the count of its intervals (4), each first and past-the-end date as YYYYMMDD
//   (4, 4) and a symbol
//
// Symbols have a fixed length: 22 bytes in version 1, from version 2 on what the head says (71). Numbers are little
// endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "walras/core/time.hpp"

namespace walras::codec::dbn {

struct Mapping {
    std::uint32_t instrument = 0;
    std::string symbol;
    TimeNs begin{};  // of the first day, UTC
    TimeNs end{};    // midnight behind the last day
};

struct Metadata {
    int version = 0;
    std::string dataset;
    std::uint16_t schema = UINT16_MAX;  // UINT16_MAX: mixed
    bool has_send_time = false;         // each record has eight bytes more
    std::size_t symbol_size = 0;
    std::vector<Mapping> mappings;  // by instrument, then by begin
};

// The bytes up to the first record; none while there are fewer than eight. Throws DataError: not DBN, or a version
// that is not 1, 2 or 3.
std::optional<std::size_t> metadata_size(std::span<const std::byte> bytes, std::string_view source);

// `bytes`: all of them. Throws DataError naming `source`.
Metadata read_metadata(std::span<const std::byte> bytes, std::string_view source);

// A symbol in a field of fixed length.
std::string_view read_symbol(std::span<const std::byte> field);

}  // namespace walras::codec::dbn
