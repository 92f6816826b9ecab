// A block of neighbouring columns of a batch, looked at once: are its prices prices, what do blocks of rows reach,
// where are its signals. Memory is read in the order in which it lies. Internal.
#pragma once

#include <vector>

#include "walras/backtest/vector_batch.hpp"

namespace walras::backtest::vectorised {

class ColumnBlock {
public:
    ColumnBlock(const VectorBatch& batch, std::size_t first, std::size_t last)
        : batch_(&batch), first_(first), width_(last - first) {}

    // Throws DataError at the first bad price, in the order of columns, then of rows.
    void check();
    // Rows with signals, contradictions left out.
    void collect();
    // What was found out, for one of the columns. It points into this object.
    void describe(std::size_t column, VectorAsset& asset) const;

private:
    struct Lanes;
    void collect_by_rows();
    void check_bar(std::size_t row, std::size_t column) const;

    const VectorBatch* batch_;
    std::size_t first_;
    std::size_t width_;
    std::vector<std::uint8_t> complete_;       // by column
    std::vector<double> low_, high_;           // [block of rows][column]
    std::vector<Signal> signals_;              // column after column
    std::vector<std::uint32_t> signal_count_;  // up to and with each column
};

}  // namespace walras::backtest::vectorised
