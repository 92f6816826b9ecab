#include "walras/portfolio/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/portfolio/parallel.hpp"

namespace walras::portfolio::stats {
namespace {

constexpr std::size_t tile = 8;  // columns; as doubles of one row they are a line of the cache

// Consecutive columns of a matrix as contiguous series: in place where they are that already, else copied.
class Tile {
public:
    void load(const Matrix& m, std::size_t first, std::size_t count) {
        matrix_ = &m;
        first_ = first;
        is_copy_ = m.row_stride != 1 && m.rows > 1;
        if (!is_copy_) { return; }
        buffer_.resize(m.rows * tile);
        const double* from = m.data + static_cast<std::ptrdiff_t>(first) * m.column_stride;
        for (std::size_t row = 0; row < m.rows; ++row, from += m.row_stride) {
            for (std::size_t c = 0; c < count; ++c) {
                buffer_[c * m.rows + row] = from[static_cast<std::ptrdiff_t>(c) * m.column_stride];
            }
        }
    }
    [[nodiscard]] std::span<const double> column(std::size_t c) const {
        const Matrix& m = *matrix_;
        if (is_copy_) { return std::span{buffer_}.subspan(c * m.rows, m.rows); }
        return {m.data + static_cast<std::ptrdiff_t>(first_ + c) * m.column_stride, m.rows};
    }

private:
    const Matrix* matrix_ = nullptr;
    std::size_t first_ = 0;
    bool is_copy_ = false;
    std::vector<double> buffer_;
};

struct Worker {
    Workspace workspace;
    Tile returns, benchmark;
};

void check(const Matrix& returns, const Matrix& benchmark, const Times& times, std::span<const Metric* const> metrics,
           std::size_t room) {
    if (room != metrics.size() * returns.columns) {
        throw ConfigError(fmt::format("Room for {} numbers where {} metrics of {} columns are asked for.", room,
                                      metrics.size(), returns.columns));
    }
    if (!times.empty() && times.size() != returns.rows) {
        throw ConfigError(
            fmt::format("{} times for {} rows of returns; give one for each.", times.size(), returns.rows));
    }
    if (times.first_fall() != times.size()) {
        throw ConfigError(
            fmt::format("The times of the returns fall at row {}; sort the rows by time.", times.first_fall()));
    }
    if (benchmark.columns != 0 && benchmark.rows != returns.rows) {
        throw ConfigError(fmt::format("{} returns against {} of the benchmark; give one for each period.", returns.rows,
                                      benchmark.rows));
    }
    if (benchmark.columns > 1 && benchmark.columns != returns.columns) {
        throw ConfigError(
            fmt::format("{} columns of returns against {} of the benchmark; give one for all, or one for "
                        "each.",
                        returns.columns, benchmark.columns));
    }
    for (const Metric* each : metrics) {
        if (each->needs == Needs::benchmark && benchmark.columns == 0) {
            throw ConfigError(fmt::format("The metric \"{}\" compares with a benchmark; give one.", each->key));
        }
    }
}

}  // namespace

void measure_columns(const Matrix& returns, const Matrix& benchmark, const Times& times,
                     std::span<const Metric* const> metrics, const MetricOptions& options, std::span<double> out,
                     unsigned threads) {
    check(returns, benchmark, times, metrics, out.size());
    const bool compares =
        std::ranges::any_of(metrics, [](const Metric* each) { return each->needs == Needs::benchmark; });
    const std::size_t tiles = (returns.columns + tile - 1) / tile;
    // A thread costs more than little work takes.
    if (returns.rows * returns.columns * metrics.size() < 100'000) { threads = 1; }
    in_parallel(
        tiles, threads, [] { return Worker{}; },
        [&](Worker& worker, std::size_t index) {
            const std::size_t first = index * tile;
            const std::size_t count = std::min(tile, returns.columns - first);
            worker.returns.load(returns, first, count);
            const bool one_for_all = benchmark.columns == 1;
            if (compares) { worker.benchmark.load(benchmark, one_for_all ? 0 : first, one_for_all ? 1 : count); }
            for (std::size_t c = 0; c < count; ++c) {
                const auto column = worker.returns.column(c);
                Sample sample{column, times, worker.workspace};
                std::optional<Pairs> pairs;
                if (compares) { pairs.emplace(column, worker.benchmark.column(one_for_all ? 0 : c)); }
                for (std::size_t m = 0; m < metrics.size(); ++m) {
                    out[m * returns.columns + first + c] =
                        metrics[m]->measure(sample, pairs ? &*pairs : nullptr, options);
                }
            }
        });
}

}  // namespace walras::portfolio::stats
