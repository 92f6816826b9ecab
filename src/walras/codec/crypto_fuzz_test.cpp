// Every decoder of crypto and vendor ticks over its seeds, broken at random.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "walras/codec/crypto_fuzz_targets.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::codec;

TEST_CASE("a broken file of ticks is refused or read, the same in any pieces, and never worse") {
    using Target = void (*)(std::span<const std::byte>);
    const std::pair<const char*, Target> targets[] = {{"binance_fuzz", fuzz_binance},
                                                      {"bybit_fuzz", fuzz_bybit},
                                                      {"tardis_fuzz", fuzz_tardis},
                                                      {"lean_ticks_fuzz", fuzz_lean_ticks},
                                                      {"hftbacktest_fuzz", fuzz_hftbacktest}};
    constexpr std::uint64_t seed = 20261121;
    INFO("seed " << seed);
    for (const auto& [name, target] : targets) {
        std::vector<std::filesystem::path> files;
        for (const auto& entry :
             std::filesystem::directory_iterator(std::filesystem::path(WALRAS_SOURCE_DIR) / "tests/fuzz" / name)) {
            files.push_back(entry.path());
        }
        std::ranges::sort(files);
        REQUIRE_FALSE(files.empty());
        core::Random random({.seed = seed});
        for (const auto& path : files) {
            std::ifstream file(path, std::ios::binary);
            const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
            for (int round = 0; round < 300; ++round) {
                std::string broken = text;
                const auto changes = round == 0 ? 0 : 1 + random.below(4);
                for (std::uint64_t i = 0; i < changes && !broken.empty(); ++i) {
                    const std::size_t at = random.below(broken.size());
                    switch (random.below(5)) {
                        case 0: broken[at] = static_cast<char>(random.below(256)); break;
                        case 1: broken.erase(at, 1 + random.below(8)); break;
                        case 2: broken.insert(at, 1, "0123456789-+.eE\",:{}[]\n\r\\ "[random.below(27)]); break;
                        case 3: broken.resize(at); break;
                        default: broken.insert(at, broken.substr(random.below(broken.size()), 40)); break;
                    }
                }
                target(std::as_bytes(std::span(broken.data(), broken.size())));
            }
        }
    }
}
