#include "walras/codec/tick_splits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "walras/codec/fuzz_targets.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::codec;

namespace {

using Target = void (*)(std::span<const std::byte>);

std::vector<std::string> seeds_of(const char* name) {
    std::vector<std::string> out;
    for (const auto& file :
         std::filesystem::directory_iterator(std::filesystem::path(WALRAS_SOURCE_DIR) / "tests/fuzz" / name)) {
        std::ifstream in(file.path(), std::ios::binary);
        out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    std::ranges::sort(out);
    REQUIRE(!out.empty());
    return out;
}

// Every seed as it is, cut anywhere, and with bytes changed.
void try_all(Target target, const char* name) {
    core::Random random({.seed = 11});
    for (std::string seed : seeds_of(name)) {
        for (int choice = 0; choice < 256; ++choice) {
            seed[0] = static_cast<char>(choice);
            target(std::as_bytes(std::span(seed)));
        }
        for (std::size_t size = 0; size < seed.size(); size += 1 + seed.size() / 300) {
            target(std::as_bytes(std::span(seed).first(size)));
        }
        for (int round = 0; round < 1500; ++round) {
            std::string broken = seed;
            for (std::uint64_t i = 0, count = 1 + random.below(4); i < count; ++i) {
                broken[random.below(broken.size())] = static_cast<char>(random.bits());
            }
            target(std::as_bytes(std::span(broken)));
        }
    }
}

}  // namespace

TEST_CASE("ITCH, whole or broken, gives the same ticks however it is cut into pieces") {
    try_all(fuzz_itch, "itch_fuzz");
}
TEST_CASE("DBN, whole or broken, gives the same ticks however it is cut into pieces") { try_all(fuzz_dbn, "dbn_fuzz"); }
TEST_CASE("LOBSTER, whole or broken, gives the same ticks however it is cut into pieces") {
    try_all(fuzz_lobster, "lobster_fuzz");
}
