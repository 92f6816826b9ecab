// The promise of every decoder of ticks, for tests and fuzzers: any cut of the input into pieces gives the same ticks.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec {

struct Decoded {
    std::vector<model::Tick> ticks;
    std::vector<std::string> symbols;
    std::string fault;  // of the DataError that ended it; empty: none
};

// As a stream would: what is not used comes again with `step` bytes more (0: all at once).
Decoded decode_in_steps(TickDecoder& decoder, std::span<const std::byte> bytes, std::size_t step);

// Decodes at once and in steps of 1 to 255 bytes by `step`; ends the program if ticks, symbols or faults differ.
void check_splits(const std::function<TickDecoderPtr()>& make, std::span<const std::byte> bytes, std::size_t step);

}  // namespace walras::codec
