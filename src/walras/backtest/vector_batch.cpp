#include "walras/backtest/vector_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>

#include "walras/backtest/vector_rules.hpp"

namespace walras::backtest {
namespace {

constexpr double highest_price = 9.2e9;  // what int64 at 1e-9 holds

bool is_price(double value) { return value > 0 && value < highest_price; }

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

// ---- prices --------------------------------------------------------------------------------------------------------

// Says what is wrong with the bar of a row, if anything is.
void check_bar(const VectorBatch& batch, std::size_t row, std::size_t column) {
    const auto fail = [&](const char* what, double value, const std::string& remedy) {
        throw DataError(
            fmt::format("{}, row {}: {} = {} {}.", batch.instruments[column].name(), row, what, value, remedy));
    };
    constexpr auto remedy = "is no price; prices are positive, finite and below 9.2e9, and NaN is no bar";
    const auto value = [&](const Matrix<double>& matrix, const char* what) {
        const double price = matrix.at(row, column);
        if (!is_price(price)) { fail(what, price, remedy); }
        return price;
    };
    const double close = value(batch.close, "close");
    if (batch.open.empty()) { return; }
    const double open = value(batch.open, "open");
    if (batch.high.empty()) { return; }
    const double high = value(batch.high, "high");
    const double low = value(batch.low, "low");
    if (high < std::max(open, close)) {
        fail("high", high, fmt::format("lies below the open {} or the close {}", open, close));
    }
    if (low > std::min(open, close)) {
        fail("low", low, fmt::format("lies above the open {} or the close {}", open, close));
    }
}

// True if every cell of a stretch is a whole bar. `inner` is the distance from one to the next in each matrix.
struct Stretch {
    const double *open = nullptr, *high = nullptr, *low = nullptr, *close = nullptr;
};
bool all_bars(const Stretch& s, std::size_t count) {
    unsigned bad = 0;
    if (s.open == nullptr) {
        for (std::size_t i = 0; i < count; ++i) {
            bad |= static_cast<unsigned>(!(s.close[i] > 0 && s.close[i] < highest_price));
        }
    } else if (s.high == nullptr) {
        for (std::size_t i = 0; i < count; ++i) {
            const double low = std::min(s.open[i], s.close[i]);
            const double high = std::max(s.open[i], s.close[i]);
            // A NaN on either side fails one of the two.
            bad |= static_cast<unsigned>(!(low > 0) | !(high < highest_price) | (s.open[i] != s.open[i]) |
                                         (s.close[i] != s.close[i]));
        }
    } else {
        for (std::size_t i = 0; i < count; ++i) {
            bad |= static_cast<unsigned>(!(s.low[i] > 0) | !(s.low[i] <= s.open[i]) | !(s.low[i] <= s.close[i]) |
                                         !(s.high[i] >= s.open[i]) | !(s.high[i] >= s.close[i]) |
                                         !(s.high[i] < highest_price));
        }
    }
    return bad == 0;
}

class Columns {  // what is known of a block of columns
public:
    Columns(const VectorBatch& batch, std::size_t first, std::size_t last)
        : batch_(batch), first_(first), last_(last) {}

    // Throws at the first bad price, in order of columns, then rows; marks the columns without gaps.
    void check(std::vector<std::uint8_t>& complete) const {
        std::vector<std::uint8_t> suspect(last_ - first_, 0);
        const auto unit = [](const Matrix<double>& m, std::ptrdiff_t Matrix<double>::* stride) {
            return m.empty() || m.*stride == 1;
        };
        const auto all_unit = [&](std::ptrdiff_t Matrix<double>::* stride) {
            return unit(batch_.close, stride) && unit(batch_.open, stride) && unit(batch_.high, stride) &&
                   unit(batch_.low, stride);
        };
        const auto at = [](const Matrix<double>& m, std::size_t row, std::size_t column) {
            return m.empty() ? nullptr : &m.at(row, column);
        };
        const auto stretch = [&](std::size_t row, std::size_t column) {
            return Stretch{at(batch_.open, row, column), at(batch_.high, row, column), at(batch_.low, row, column),
                           at(batch_.close, row, column)};
        };
        if (all_unit(&Matrix<double>::row_stride)) {
            for (std::size_t c = first_; c < last_; ++c) {
                suspect[c - first_] = all_bars(stretch(0, c), batch_.rows) ? 0 : 1;
            }
        } else if (all_unit(&Matrix<double>::column_stride)) {
            for (std::size_t row = 0; row < batch_.rows; ++row) {
                if (all_bars(stretch(row, first_), last_ - first_)) { continue; }
                for (std::size_t c = first_; c < last_; ++c) {
                    if (!all_bars(stretch(row, c), 1)) { suspect[c - first_] = 1; }
                }
            }
        } else {
            std::ranges::fill(suspect, std::uint8_t{1});
        }
        for (std::size_t c = first_; c < last_; ++c) {
            bool gap = false;
            for (std::size_t row = 0; suspect[c - first_] != 0 && row < batch_.rows; ++row) {
                const double close = batch_.close.at(row, c);
                if (close == close) {
                    check_bar(batch_, row, c);
                } else {
                    gap = true;
                }
            }
            complete[c] = gap ? 0 : 1;
        }
    }

    // Signals by column. Rows are read as they lie in memory, eight booleans at a time.
    void collect(std::vector<std::vector<Signal>>& out) const {
        const std::array<const Matrix<std::uint8_t>*, 4> all{&batch_.enter_longs, &batch_.exit_longs,
                                                             &batch_.enter_shorts, &batch_.exit_shorts};
        const bool by_rows =
            std::ranges::all_of(all, [](const auto* m) { return m->empty() || m->column_stride == 1; });
        if (!by_rows || last_ - first_ < word) {
            for (std::size_t c = first_; c < last_; ++c) {
                collect_signals(batch_.rows, all[0]->column(c), all[1]->column(c), all[2]->column(c), all[3]->column(c),
                                out[c]);
            }
            return;
        }
        struct Found {
            std::uint32_t row, column;
            std::uint8_t bits;
        };
        std::vector<Found> found;
        std::vector<std::uint32_t> count(last_ - first_, 0);
        for (std::size_t row = 0; row < batch_.rows; ++row) {
            const auto take = [&](std::size_t column) {
                unsigned bits = 0;
                for (unsigned k = 0; k < all.size(); ++k) {
                    if (!all[k]->empty() && all[k]->at(row, column) != 0) { bits |= 1U << k; }
                }
                const std::uint8_t left = vectorised::without_conflicts(static_cast<std::uint8_t>(bits));
                if (left == 0) { return; }
                found.push_back({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column), left});
                ++count[column - first_];
            };
            std::size_t column = first_;
            for (; column + word <= last_; column += word) {
                std::uint64_t any = 0;
                for (const auto* matrix : all) {
                    if (matrix->empty()) { continue; }
                    std::uint64_t bytes = 0;
                    std::memcpy(&bytes, &matrix->at(row, column), word);
                    any |= bytes;
                }
                while (any != 0) {
                    const unsigned byte = static_cast<unsigned>(std::countr_zero(any)) / 8U;
                    take(column + byte);
                    any &= ~(std::uint64_t{0xff} << (8U * byte));
                }
            }
            for (; column < last_; ++column) { take(column); }
        }
        for (std::size_t c = first_; c < last_; ++c) { out[c].reserve(count[c - first_]); }
        for (const Found& one : found) { out[one.column].push_back({one.row, one.bits}); }
    }

private:
    static constexpr std::size_t word = sizeof(std::uint64_t);
    const VectorBatch& batch_;
    std::size_t first_;
    std::size_t last_;
};

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
    constexpr std::size_t block = 256;
    const std::size_t blocks = (batch.columns + block - 1) / block;
    std::vector<std::uint8_t> complete(batch.columns, 0);
    std::vector<std::vector<Signal>> signals(batch.columns);
    in_parallel(blocks, threads, {}, [&](std::size_t i) {
        const Columns columns{batch, i * block, std::min((i + 1) * block, batch.columns)};
        columns.check(complete);
        if (batch.orders.empty()) { columns.collect(signals); }
    });
    std::vector<PoolRun> runs(batch.pools.size());
    // Once for all: pools have the same rows and times.
    std::vector<VectorAsset> all;
    for (std::size_t column = 0; column < batch.columns; ++column) {
        all.push_back(asset_of(batch, static_cast<std::uint32_t>(column)));
    }
    if (!all.empty()) { vectorised::check_pool(all, batch.config, batch.closes); }
    in_parallel(runs.size(), threads, go_on, [&](std::size_t i) {
        std::vector<VectorAsset> assets;
        assets.reserve(batch.pools[i].size());
        for (const std::uint32_t column : batch.pools[i]) {
            VectorAsset& asset = assets.emplace_back(all[column]);
            asset.bars.complete = complete[column] != 0;
            asset.signals = signals[column];
        }
        PoolConfig config = batch.config;
        config.cash = batch.cash[i];
        runs[i] = vectorised::run_checked(assets, config, batch.closes);
    });
    return runs;
}

}  // namespace walras::backtest
