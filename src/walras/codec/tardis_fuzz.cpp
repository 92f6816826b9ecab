#include <cstdint>

#include "walras/codec/crypto_fuzz_targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    walras::codec::fuzz_tardis(std::as_bytes(std::span(data, size)));
    return 0;
}
