// The inner loop of rolling_sums.hpp with the four lanes of a vector, as wide_kernels.hpp does it for single sums: the
// same bits. To be called where core::has_wide() says so.
#pragma once

#include <array>
#include <cstddef>

namespace walras::features::wide {

// Four blocks of `period` rows after each other, `groups` times. Terms: the powers of one series up to the `C`th
// (I = 1), or those of Products (I = 2).
template <std::size_t I, std::size_t C>
struct SumBlocks {
    std::array<const double*, I> x;
    std::array<double*, C> sums;      // out: of each row's window, about its K
    std::array<double*, I> shifts;    // out: K of each row's window
    std::array<double, I>* shift;     // K of the first block, then of the one after the last
    std::array<double*, C> suffixes;  // [period] of the block before, about K, then of the last block
    double* scratch;                  // [scratch_of(period)]
    std::size_t period;

    static constexpr std::size_t scratch_of(std::size_t period) { return 4 * (I + 2 * C) * period; }
};
template <std::size_t I, std::size_t C>
void sum_blocks(const SumBlocks<I, C>& job, std::size_t groups);

}  // namespace walras::features::wide
