// Many columns at once: matrices (time, asset) as they lie in memory, cut into pools, on all cores.
//
// A batch is checked once (prices, shapes), its signals are collected once, and each pool is one `run_pool`. Results
// are those of the pools one after the other, whatever the number of threads. Matrices are borrowed; a stride of 0
// repeats a row or a column.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "walras/backtest/vector.hpp"
#include "walras/portfolio/statistics.hpp"

namespace walras::backtest {

template <class T>
struct Matrix {
    const T* data = nullptr;
    std::ptrdiff_t row_stride = 0;  // elements
    std::ptrdiff_t column_stride = 0;

    [[nodiscard]] bool empty() const { return data == nullptr; }
    [[nodiscard]] Strided<T> column(std::size_t i) const {
        return empty() ? Strided<T>{} : Strided<T>{data + static_cast<std::ptrdiff_t>(i) * column_stride, row_stride};
    }
    [[nodiscard]] const T& at(std::size_t row, std::size_t column) const {
        return data[static_cast<std::ptrdiff_t>(row) * row_stride +
                    static_cast<std::ptrdiff_t>(column) * column_stride];
    }
};

struct VectorBatch {
    std::size_t rows = 0;
    std::size_t columns = 0;
    Matrix<double> open, high, low, close, volume;  // empty where there is none; NaN close: no bar
    // from_signals; booleans, empty: false throughout
    Matrix<std::uint8_t> enter_longs, exit_longs, enter_shorts, exit_shorts;
    Matrix<double> amount, stop_loss, trailing_stop, take_profit;  // empty: 1, none, none, none
    bool accumulate = false;
    // from_orders and from_target_weights, instead of signals
    Matrix<double> orders;
    model::SizeKind size = model::SizeKind::percent;

    std::vector<model::Instrument> instruments;     // by column
    std::vector<std::vector<std::uint32_t>> pools;  // columns of each, rising; every column in one
    std::vector<Money> cash;                        // by pool
    PoolConfig config;                              // its cash is not used
    std::vector<TimeNs> opens, closes;              // of each row, strictly rising over both
};

// Runs every pool. `go_on` is asked now and then on the caller's thread; false ends the run and leaves the rest empty.
// `threads` 0: all cores. Throws what `run_pool` throws, and DataError naming instrument and row: a price that is not
// positive and finite, a high or low that is not the extreme. Of several the one of the first pool.
std::vector<PoolRun> run_batch(const VectorBatch& batch, int threads = 1, const std::function<bool()>& go_on = {});

// The assets of a pool without signals: what `mark_pool` needs.
std::vector<VectorAsset> assets_of(const VectorBatch& batch, std::size_t pool);

// Round trips of one pool, first in, first out, with pool-local instruments: closed ones, then those still open.
struct PoolTrades {
    std::vector<portfolio::RoundTrip> closed, open;
};
PoolTrades trades_of(const VectorBatch& batch, std::size_t pool, const PoolRun& run);

// The table of statistics of some pools together: equity, trades and costs are those of all. `benchmark`: their assets
// bought in equal parts and held, as in a Result.
std::vector<portfolio::stats::Statistic> statistics_of(const VectorBatch& batch, std::span<const std::size_t> pools,
                                                       std::span<const PoolRun> runs, double periods_per_year);

// What one unit of money spread evenly over these columns and held is worth: mean of price / first price, 1 before it.
std::vector<double> hold(const VectorBatch& batch, std::span<const std::uint32_t> columns);

}  // namespace walras::backtest
