// The inner loops of the two kernels that most indicators stand on, where a row waits for the row before it: four
// pieces of a column that do not wait for each other are taken as the four lanes of a vector. Each element sees the
// same operations in the same order as in the loops of rolling_fold.hpp and recurrence.hpp: the same bits. To be called
// where core::has_wide() says so.
#pragma once

#include <cstddef>

namespace walras::features::wide {

enum class FoldKind { add, mean, min, max };  // mean: the sum over the period, as by divisor.hpp

// Four blocks of `period` rows after each other, `groups` times. `suffixes[period]` are those of the block before and,
// in the end, those of the last block. `scratch` has room for scratch_of(period).
constexpr std::size_t scratch_of(std::size_t period) { return 12 * period; }
void fold_blocks(FoldKind kind, const double* x, double* y, std::size_t period, std::size_t groups, double* suffixes,
                 double* scratch);

// The same for wma.hpp: `suffixes` are weighted sums.
void weigh_blocks(const double* x, double* y, std::size_t period, std::size_t groups, double scale, double* suffixes,
                  double* scratch);

// Four octets after each other, `groups` times; answers the last value. `powers`: beta^1 to beta^8.
double recur_octets(const double* x, double* y, std::size_t groups, double beta, double alpha, const double* powers,
                    double base);

}  // namespace walras::features::wide
