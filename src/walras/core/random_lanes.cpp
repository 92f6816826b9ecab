#include "walras/core/random_lanes.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <cstddef>

namespace walras::core {
namespace {

void fill_plain(const Random::Start& start, std::span<const std::uint32_t> agents, std::span<RandomWords> out) {
    for (std::size_t i = 0; i < agents.size(); ++i) {
        out[i] = philox4x32({start.counter[0], start.counter[1], start.counter[2], agents[i]}, start.key);
    }
}

#if defined(__x86_64__)
// Sixteen agents at once. A vector has four 64-bit lanes of which the lower halves are the words of four agents; four
// vectors beside each other hide the multiplications' latency.
constexpr std::size_t vectors = 4;
constexpr std::size_t lanes = 4;

__attribute__((target("avx2"))) void fill_wide(const Random::Start& start, std::span<const std::uint32_t> agents,
                                               std::span<RandomWords> out) {
    const __m256i m0 = _mm256_set1_epi64x(0xD2511F53);
    const __m256i m1 = _mm256_set1_epi64x(0xCD9E8D57);
    const __m256i low = _mm256_set1_epi64x(0xFFFFFFFF);
    std::size_t from = 0;
    for (; from + vectors * lanes <= agents.size(); from += vectors * lanes) {
        __m256i c0[vectors], c1[vectors], c2[vectors], c3[vectors];  // NOLINT(*-avoid-c-arrays)
        for (std::size_t v = 0; v < vectors; ++v) {
            c0[v] = _mm256_set1_epi64x(static_cast<long long>(start.counter[0]));
            c1[v] = _mm256_set1_epi64x(static_cast<long long>(start.counter[1]));
            c2[v] = _mm256_set1_epi64x(static_cast<long long>(start.counter[2]));
            const auto* four = reinterpret_cast<const __m128i*>(agents.data() + from + v * lanes);
            c3[v] = _mm256_cvtepu32_epi64(_mm_loadu_si128(four));
        }
        std::uint32_t k0 = start.key[0];
        std::uint32_t k1 = start.key[1];
        for (int round = 0; round < 10; ++round) {
            const __m256i key0 = _mm256_set1_epi64x(static_cast<long long>(k0));
            const __m256i key1 = _mm256_set1_epi64x(static_cast<long long>(k1));
            for (std::size_t v = 0; v < vectors; ++v) {
                const __m256i p0 = _mm256_mul_epu32(m0, c0[v]);
                const __m256i p1 = _mm256_mul_epu32(m1, c2[v]);
                c0[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), c1[v]), key0);
                c1[v] = _mm256_and_si256(p1, low);
                c2[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), c3[v]), key1);
                c3[v] = _mm256_and_si256(p0, low);
            }
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        for (std::size_t v = 0; v < vectors; ++v) {
            // (c0, c1) and (c2, c3) side by side, then the halves of each agent together.
            const __m256i a = _mm256_or_si256(c0[v], _mm256_slli_epi64(c1[v], 32));
            const __m256i b = _mm256_or_si256(c2[v], _mm256_slli_epi64(c3[v], 32));
            const __m256i even = _mm256_unpacklo_epi64(a, b);  // agents 0 and 2
            const __m256i odd = _mm256_unpackhi_epi64(a, b);   // agents 1 and 3
            auto* to = reinterpret_cast<__m256i*>(out.data() + from + v * lanes);
            _mm256_storeu_si256(to, _mm256_permute2x128_si256(even, odd, 0x20));
            _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
        }
    }
    fill_plain(start, agents.subspan(from), out.subspan(from));
}
#endif

}  // namespace

void first_words(const RandomKey& key, std::span<const std::uint32_t> agents, std::span<RandomWords> out) {
    const Random::Start start = Random::start(key);
#if defined(__x86_64__)
    static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
    if (has_avx2) {
        fill_wide(start, agents, out);
        return;
    }
#endif
    fill_plain(start, agents, out);
}

}  // namespace walras::core
