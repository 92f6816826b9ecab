// Loops over columns, compiled twice: for every x86-64, and for those with AVX2, chosen at run time. Both give the same
// bits: each element sees the same operations in the same order, and nothing is contracted (-ffp-contract=off, no FMA).
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
// Marks the second version: a function that does nothing but call the first one, which is inlined into it.
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
