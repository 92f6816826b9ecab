#include "walras/backtest/vector_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "walras/backtest/vector_rules.hpp"
#include "walras/core/error.hpp"

namespace walras::backtest::vectorised {
namespace {

constexpr double highest_price = 9.2e9;  // what int64 at 1e-9 holds
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t word = sizeof(std::uint64_t);

// Where a stretch of bars begins, and which prices it has.
struct Stretch {
    const double *open = nullptr, *high = nullptr, *low = nullptr, *close = nullptr;
};

Stretch stretch_at(const VectorBatch& batch, std::size_t row, std::size_t column) {
    const auto at = [&](const Matrix<double>& m) { return m.empty() ? nullptr : &m.at(row, column); };
    return {at(batch.open), at(batch.high), at(batch.low), at(batch.close)};
}

}  // namespace

// Running extremes of neighbouring cells. `flaw` becomes NaN where a price is NaN or infinite, and negative where a bar
// contradicts itself.
struct ColumnBlock::Lanes {
    std::vector<double> low, high, flaw;

    explicit Lanes(std::size_t width) : low(width), high(width), flaw(width) {}
    void reset() {
        std::ranges::fill(low, infinity);
        std::ranges::fill(high, -infinity);
        std::ranges::fill(flaw, 0.0);
    }
    // `count` neighbours. Comparisons with NaN are false, so that a NaN never becomes an extreme.
    void see(const Stretch& s, std::size_t count) {
        if (s.open == nullptr) {
            for (std::size_t i = 0; i < count; ++i) {
                const double close = s.close[i];
                low[i] = close < low[i] ? close : low[i];
                high[i] = close > high[i] ? close : high[i];
                flaw[i] += close * 0.0;
            }
        } else if (s.high == nullptr) {
            for (std::size_t i = 0; i < count; ++i) {
                const double least = s.open[i] < s.close[i] ? s.open[i] : s.close[i];
                const double most = s.open[i] < s.close[i] ? s.close[i] : s.open[i];
                low[i] = least < low[i] ? least : low[i];
                high[i] = most > high[i] ? most : high[i];
                flaw[i] += (s.open[i] + s.close[i]) * 0.0;
            }
        } else {
            for (std::size_t i = 0; i < count; ++i) {
                const double least = s.open[i] < s.close[i] ? s.open[i] : s.close[i];
                const double most = s.open[i] < s.close[i] ? s.close[i] : s.open[i];
                const double below = least - s.low[i];
                const double above = s.high[i] - most;
                const double worse = below < above ? below : above;
                low[i] = s.low[i] < low[i] ? s.low[i] : low[i];
                high[i] = s.high[i] > high[i] ? s.high[i] : high[i];
                flaw[i] = (worse < flaw[i] ? worse : flaw[i]) + (below + above) * 0.0;
            }
        }
    }
    [[nodiscard]] bool is_flawed(std::size_t i) const {
        return !(flaw[i] >= 0) || !(low[i] > 0) || !(high[i] < highest_price);
    }
};

// Says what is wrong with a bar, if anything is.
void ColumnBlock::check_bar(std::size_t row, std::size_t column) const {
    const auto fail = [&](const char* what, double value, const std::string& remedy) {
        throw DataError(
            fmt::format("{}, row {}: {} = {} {}.", batch_->instruments[column].name(), row, what, value, remedy));
    };
    const auto value = [&](const Matrix<double>& matrix, const char* what) {
        const double price = matrix.at(row, column);
        if (!(price > 0 && price < highest_price)) {
            fail(what, price, "is no price; prices are positive, finite and below 9.2e9, and a NaN close is no bar");
        }
        return price;
    };
    const double close = value(batch_->close, "close");
    if (batch_->open.empty()) { return; }
    const double open = value(batch_->open, "open");
    if (batch_->high.empty()) { return; }
    const double high = value(batch_->high, "high");
    const double low = value(batch_->low, "low");
    const auto sides = [&](const char* where) {
        return fmt::format("lies {} the open {} or the close {}; give the bar's extremes", where, open, close);
    };
    if (high < std::max(open, close)) { fail("high", high, sides("below")); }
    if (low > std::min(open, close)) { fail("low", low, sides("above")); }
}

void ColumnBlock::check() {
    constexpr std::size_t block = VectorBars::block;
    const std::size_t blocks = (batch_->rows + block - 1) / block;
    low_.resize(blocks * width_);
    high_.resize(blocks * width_);
    std::vector<std::uint8_t> suspect(width_, 0);
    const auto all_unit = [&](std::ptrdiff_t Matrix<double>::* stride) {
        return std::ranges::all_of(std::array{&batch_->close, &batch_->open, &batch_->high, &batch_->low},
                                   [&](const auto* m) { return m->empty() || m->*stride == 1; });
    };
    const bool by_rows = all_unit(&Matrix<double>::column_stride);
    const bool by_columns = !by_rows && all_unit(&Matrix<double>::row_stride);
    constexpr std::size_t eight = 8;
    Lanes lanes{by_rows ? width_ : eight};
    for (std::size_t b = 0; b < blocks && by_rows; ++b) {
        lanes.reset();
        const std::size_t end = std::min((b + 1) * block, batch_->rows);
        for (std::size_t row = b * block; row < end; ++row) { lanes.see(stretch_at(*batch_, row, first_), width_); }
        for (std::size_t i = 0; i < width_; ++i) { suspect[i] |= static_cast<std::uint8_t>(lanes.is_flawed(i)); }
        std::ranges::copy(lanes.low, low_.begin() + static_cast<std::ptrdiff_t>(b * width_));
        std::ranges::copy(lanes.high, high_.begin() + static_cast<std::ptrdiff_t>(b * width_));
    }
    for (std::size_t i = 0; i < width_ && !by_rows; ++i) {
        for (std::size_t b = 0; b < blocks; ++b) {
            lanes.reset();
            const std::size_t end = std::min((b + 1) * block, batch_->rows);
            const std::size_t step = by_columns ? eight : 1;
            for (std::size_t row = b * block; row < end; row += step) {
                lanes.see(stretch_at(*batch_, row, first_ + i), std::min(step, end - row));
            }
            for (std::size_t k = 0; k < eight; ++k) { suspect[i] |= static_cast<std::uint8_t>(lanes.is_flawed(k)); }
            low_[b * width_ + i] = std::ranges::min(lanes.low);
            high_[b * width_ + i] = std::ranges::max(lanes.high);
        }
    }
    complete_.assign(width_, 1);
    for (std::size_t i = 0; i < width_; ++i) {
        for (std::size_t row = 0; suspect[i] != 0 && row < batch_->rows; ++row) {
            const double close = batch_->close.at(row, first_ + i);
            if (close == close) {
                check_bar(row, first_ + i);
            } else {
                complete_[i] = 0;
            }
        }
    }
}

void ColumnBlock::collect() {
    const std::array all{&batch_->enter_longs, &batch_->exit_longs, &batch_->enter_shorts, &batch_->exit_shorts};
    const bool by_rows = std::ranges::all_of(all, [](const auto* m) { return m->empty() || m->column_stride == 1; });
    if (by_rows && width_ >= word) {
        collect_by_rows();
        return;
    }
    std::vector<Signal> column;
    for (std::size_t i = 0; i < width_; ++i) {
        const std::size_t c = first_ + i;
        collect_signals(batch_->rows, all[0]->column(c), all[1]->column(c), all[2]->column(c), all[3]->column(c),
                        column);
        signals_.insert(signals_.end(), column.begin(), column.end());
        signal_count_.push_back(static_cast<std::uint32_t>(signals_.size()));
    }
}

// Row by row, eight booleans at a time; then sorted into columns.
void ColumnBlock::collect_by_rows() {
    struct Found {
        std::uint32_t row, column;
        std::uint8_t bits;
    };
    std::vector<Found> found;
    signal_count_.assign(width_, 0);
    for (std::size_t row = 0; row < batch_->rows; ++row) {
        std::array<const std::uint8_t*, 4> cells{};
        const auto begin = [&](const Matrix<std::uint8_t>& m) { return m.empty() ? nullptr : &m.at(row, first_); };
        cells = {begin(batch_->enter_longs), begin(batch_->exit_longs), begin(batch_->enter_shorts),
                 begin(batch_->exit_shorts)};
        const auto take = [&](std::size_t i) {
            unsigned bits = 0;
            for (unsigned k = 0; k < cells.size(); ++k) {
                if (cells[k] != nullptr && cells[k][i] != 0) { bits |= 1U << k; }
            }
            const std::uint8_t left = without_conflicts(static_cast<std::uint8_t>(bits));
            if (left == 0) { return; }
            found.push_back({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(i), left});
            ++signal_count_[i];
        };
        std::size_t i = 0;
        for (; i + word <= width_; i += word) {
            std::uint64_t any = 0;
            for (const std::uint8_t* cell : cells) {
                if (cell == nullptr) { continue; }
                std::uint64_t bytes = 0;
                std::memcpy(&bytes, cell + i, word);
                any |= bytes;
            }
            while (any != 0) {
                const unsigned byte = static_cast<unsigned>(std::countr_zero(any)) / 8U;
                take(i + byte);
                any &= ~(std::uint64_t{0xff} << (8U * byte));
            }
        }
        for (; i < width_; ++i) { take(i); }
    }
    std::vector<std::uint32_t> next(width_, 0);
    for (std::size_t i = 1; i < width_; ++i) {
        next[i] = signal_count_[i - 1];
        signal_count_[i] += signal_count_[i - 1];
    }
    signals_.resize(found.size());
    for (const Found& one : found) { signals_[next[one.column]++] = {one.row, one.bits}; }
}

void ColumnBlock::describe(std::size_t column, VectorAsset& asset) const {
    const std::size_t i = column - first_;
    const auto stride = static_cast<std::ptrdiff_t>(width_);
    asset.bars.complete = complete_[i] != 0;
    asset.bars.block_low = {low_.data() + i, stride};
    asset.bars.block_high = {high_.data() + i, stride};
    if (signal_count_.empty()) { return; }
    const std::size_t from = i == 0 ? 0 : signal_count_[i - 1];
    asset.signals = std::span{signals_}.subspan(from, signal_count_[i] - from);
}

}  // namespace walras::backtest::vectorised
