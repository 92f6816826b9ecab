// Four doubles side by side, with AVX2: what wide_kernels.cpp and wide_sums.cpp are written in. Nothing else includes
// it; every function is part of its caller, which names the instructions that it needs.
#pragma once

#include "walras/core/wide.hpp"

#ifdef WALRAS_HAS_WIDE

#include <immintrin.h>

#include <cstddef>

namespace walras::features::wide {

#define WALRAS_LANES [[gnu::target("avx2"), gnu::always_inline]] inline

constexpr std::size_t lane_count = 4;
using Lanes = __m256d;

// By reference: how such a value is passed depends on the machine.
WALRAS_LANES void load(Lanes& lanes, const double* from) { lanes = _mm256_loadu_pd(from); }
WALRAS_LANES void store(const Lanes& lanes, double* to) { _mm256_storeu_pd(to, lanes); }
WALRAS_LANES void fill(Lanes& lanes, double value) { lanes = Lanes{value, value, value, value}; }

// Rows become lanes and lanes rows.
WALRAS_LANES void transpose(Lanes (&m)[lane_count]) {
    const Lanes even01 = __builtin_shufflevector(m[0], m[1], 0, 4, 2, 6);
    const Lanes odd01 = __builtin_shufflevector(m[0], m[1], 1, 5, 3, 7);
    const Lanes even23 = __builtin_shufflevector(m[2], m[3], 0, 4, 2, 6);
    const Lanes odd23 = __builtin_shufflevector(m[2], m[3], 1, 5, 3, 7);
    m[0] = __builtin_shufflevector(even01, even23, 0, 1, 4, 5);
    m[1] = __builtin_shufflevector(odd01, odd23, 0, 1, 4, 5);
    m[2] = __builtin_shufflevector(even01, even23, 2, 3, 6, 7);
    m[3] = __builtin_shufflevector(odd01, odd23, 2, 3, 6, 7);
}

// Row j of four pieces that lie `apart` from each other becomes m[j].
WALRAS_LANES void load_rows(Lanes (&m)[lane_count], const double* from, std::size_t apart) {
    for (std::size_t l = 0; l < lane_count; ++l) { load(m[l], from + l * apart); }
    transpose(m);
}
WALRAS_LANES void store_rows(Lanes (&m)[lane_count], double* to, std::size_t apart) {
    transpose(m);
    for (std::size_t l = 0; l < lane_count; ++l) { store(m[l], to + l * apart); }
}
WALRAS_LANES void load_row(Lanes& lanes, const double* from, std::size_t apart) {
    lanes = Lanes{from[0], from[apart], from[2 * apart], from[3 * apart]};
}
WALRAS_LANES void store_row(const Lanes& lanes, double* to, std::size_t apart) {
    for (std::size_t l = 0; l < lane_count; ++l) { to[l * apart] = lanes[l]; }
}

}  // namespace walras::features::wide

#endif
