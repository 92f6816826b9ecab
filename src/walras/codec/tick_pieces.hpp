// For tests, fuzzers and tools: all ticks of bytes that are in memory, decoded in pieces of any size.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec {

// `piece`: how many more bytes the decoder gets at a time; 0: all at once.
std::vector<model::Tick> decode_all(TickDecoder& decoder, std::span<const std::byte> bytes, std::size_t piece = 0);
std::vector<model::Tick> decode_all(TickDecoder& decoder, std::string_view text, std::size_t piece = 0);

}  // namespace walras::codec
