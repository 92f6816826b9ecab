#include "walras/codec/fuzz_targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    walras::codec::fuzz_lobster(std::as_bytes(std::span(data, size)));
    return 0;
}
