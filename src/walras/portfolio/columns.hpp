// Statistics of many series at once: matrices of returns, shape (time, column), on all cores.
//
// Each column gives the bits that it gives alone; the number of threads changes nothing. Matrices are borrowed for the
// call and may have any strides.
#pragma once

#include <cstddef>
#include <span>

#include "walras/portfolio/metrics.hpp"

namespace walras::portfolio::stats {

struct Matrix {
    const double* data = nullptr;
    std::size_t rows = 0, columns = 0;
    std::ptrdiff_t row_stride = 0, column_stride = 0;  // in elements
};

// out[m * columns + c] is metric m of column c. `benchmark` has no column, one for all, or one for each. `times` has a
// time for each row, or none: then metrics of times are NaN. Throws ConfigError if the shapes differ, if a metric needs
// a benchmark and there is none, or if `out` has another size.
void measure_columns(const Matrix& returns, const Matrix& benchmark, const Times& times,
                     std::span<const Metric* const> metrics, const MetricOptions& options, std::span<double> out,
                     unsigned threads = 0);

}  // namespace walras::portfolio::stats
