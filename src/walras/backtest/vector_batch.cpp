#include "walras/backtest/vector_batch.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "walras/backtest/vector_columns.hpp"
#include "walras/backtest/vector_rules.hpp"

namespace walras::backtest {
namespace {

// Work 0, 1, ... count - 1 on several threads, the caller's among them. The first failure by number is thrown.
template <class Work>
void in_parallel(std::size_t count, int threads, const std::function<bool()>& go_on, Work work) {
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    const std::size_t wanted = threads <= 0 ? cores : static_cast<std::size_t>(threads);
    std::atomic<std::size_t> next{0};
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::exception_ptr failure;
    std::size_t failed = SIZE_MAX;
    const auto loop = [&](bool asks) {
        constexpr std::size_t between = 64;
        for (std::size_t done = 0; !stop; ++done) {
            if (asks && go_on && done % between == between - 1 && !go_on()) { stop = true; }
            const std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
            if (i >= count || stop) { return; }
            try {
                work(i);
            } catch (...) {
                const std::scoped_lock lock{mutex};
                if (i < failed) {
                    failed = i;
                    failure = std::current_exception();
                }
                // What has a smaller number is under way already: nothing that comes later can be the first.
                stop = true;
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < std::min(wanted, count); ++i) {
            others.emplace_back([&] { loop(false); });
        }
        loop(true);
    }
    if (failure) { std::rethrow_exception(failure); }
}

PerRow per_row(const Matrix<double>& matrix, std::size_t column, double otherwise) {
    PerRow out{otherwise, {}};
    if (matrix.empty()) { return out; }
    const Strided<double> values = matrix.column(column);
    if (values.stride == 0) {
        out.value = values[0];
    } else {
        out.rows = values;
    }
    return out;
}

VectorAsset asset_of(const VectorBatch& batch, std::size_t column) {
    VectorAsset asset;
    asset.instrument = &batch.instruments[column];
    asset.bars.rows = batch.rows;
    asset.bars.open = batch.open.column(column);
    asset.bars.high = batch.high.column(column);
    asset.bars.low = batch.low.column(column);
    asset.bars.close = batch.close.column(column);
    asset.bars.volume = batch.volume.column(column);
    asset.orders = batch.orders.column(column);
    asset.size = batch.size;
    asset.rules.size = batch.size;
    asset.rules.amount = per_row(batch.amount, column, 1.0);
    asset.rules.stop_loss = per_row(batch.stop_loss, column, 0.0);
    asset.rules.trailing_stop = per_row(batch.trailing_stop, column, 0.0);
    asset.rules.take_profit = per_row(batch.take_profit, column, 0.0);
    asset.rules.accumulate = batch.accumulate;
    return asset;
}

}  // namespace

std::vector<VectorAsset> assets_of(const VectorBatch& batch, std::size_t pool) {
    std::vector<VectorAsset> assets;
    for (const std::uint32_t column : batch.pools[pool]) { assets.push_back(asset_of(batch, column)); }
    return assets;
}

std::vector<PoolRun> run_batch(const VectorBatch& batch, int threads, const std::function<bool()>& go_on) {
    constexpr std::size_t width = 256;  // columns: what is known of a block of rows stays in the first cache
    std::vector<vectorised::ColumnBlock> blocks;
    for (std::size_t first = 0; first < batch.columns; first += width) {
        blocks.emplace_back(batch, first, std::min(first + width, batch.columns));
    }
    in_parallel(blocks.size(), threads, {}, [&](std::size_t i) {
        blocks[i].check();
        if (batch.orders.empty()) { blocks[i].collect(); }
    });
    std::vector<VectorAsset> assets;
    assets.reserve(batch.columns);
    for (std::size_t column = 0; column < batch.columns; ++column) {
        VectorAsset& asset = assets.emplace_back(asset_of(batch, column));
        blocks[column / width].describe(column, asset);
    }
    if (!assets.empty()) { vectorised::check_pool(assets, batch.config, batch.closes); }

    std::vector<PoolRun> runs(batch.pools.size());
    in_parallel(runs.size(), threads, go_on, [&](std::size_t i) {
        const auto& columns = batch.pools[i];
        PoolConfig config = batch.config;
        config.cash = batch.cash[i];
        // Most pools are single columns, or all columns in order.
        if (columns.back() - columns.front() + 1 == columns.size()) {
            const std::span all{assets};
            runs[i] = vectorised::run_checked(all.subspan(columns.front(), columns.size()), config, batch.closes);
            return;
        }
        std::vector<VectorAsset> own;
        own.reserve(columns.size());
        for (const std::uint32_t column : columns) { own.push_back(assets[column]); }
        runs[i] = vectorised::run_checked(own, config, batch.closes);
    });
    return runs;
}

}  // namespace walras::backtest
