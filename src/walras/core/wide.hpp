// Loops over columns, compiled twice: for every x86-64, and for those with AVX2, chosen at run time. Both give the same
// bits: each element sees the same operations in the same order, and nothing is contracted (-ffp-contract=off, no FMA).
// Not under AddressSanitizer or clang, which lints and fuzzes: instrumented twice over, the catalogue of indicators
// compiles for minutes; the tests in Python run the wide version.
#pragma once

// Before a loop over columns that do not overlap.
#ifdef __clang__
#define WALRAS_COLUMNS_APART
#else
#define WALRAS_COLUMNS_APART _Pragma("GCC ivdep")
#endif

#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
// Marks the second version: a function that does nothing but call the first one, which is inlined into it.
#define WALRAS_HAS_WIDE
#define WALRAS_WIDE __attribute__((target("avx2"), flatten))
namespace walras::core {
inline bool has_wide() {
    static const bool has = __builtin_cpu_supports("avx2") != 0;
    return has;
}
}  // namespace walras::core
#else
#define WALRAS_WIDE
namespace walras::core {
inline bool has_wide() { return false; }
}  // namespace walras::core
#endif
