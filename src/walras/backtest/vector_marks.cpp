// Equity of a vectorised run, and signals from columns of booleans.
#include <algorithm>
#include <bit>
#include <cstring>

#include "walras/backtest/vector_rules.hpp"
#include "walras/model/money.hpp"

namespace walras::backtest {
namespace {

using model::OrderSide;

constexpr std::int64_t lots_sign(const VectorFill& fill) {
    return fill.side == OrderSide::buy ? fill.quantity.lots : -fill.quantity.lots;
}

// One asset's value from `from` to `to`, at a position that does not change, added to `equity` and |value| to `gross`.
// Only called with a position.
class Marker {
public:
    Marker(const VectorAsset& asset, std::size_t row) : bars_(asset.bars), lot_value_(asset.instrument->lot_value()) {
        // The last mark before `row`: rows without a bar keep it.
        while (row-- > 0) {
            if (vectorised::is_bar(bars_, row)) {
                last_ = vectorised::price_of(bars_.close[row]);
                return;
            }
        }
    }
    template <class Add>
    void run(Quantity held, std::size_t from, std::size_t to, Add add) {
        for (std::size_t row = from; row < to; ++row) {
            const double close = bars_.close[row];
            if (close == close) { last_ = vectorised::price_of(close); }
            add(row, model::notional(last_, held, lot_value_));
        }
    }

private:
    const VectorBars& bars_;
    std::int64_t lot_value_;
    Price last_{};
};

void fill_range(std::span<double> out, std::size_t from, std::size_t to, double value) {
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(from), out.begin() + static_cast<std::ptrdiff_t>(to), value);
}

// One asset: the curve needs no memory beside itself.
void mark_one(const VectorAsset& asset, const PoolRun& run, std::span<double> equity, std::span<double> cash,
              std::span<double> gross) {
    const std::size_t rows = asset.bars.rows;
    Money balance = run.start;
    Quantity held{};
    std::size_t row = 0;
    std::size_t next = 0;
    while (row < rows) {
        for (; next < run.fills.size() && run.fills[next].row <= row; ++next) {
            balance = run.fills[next].cash;
            held += Quantity{lots_sign(run.fills[next])};
        }
        const std::size_t until = next < run.fills.size() ? run.fills[next].row : rows;
        if (!cash.empty()) { fill_range(cash, row, until, balance.to_double()); }
        if (held.is_zero()) {
            fill_range(equity, row, until, balance.to_double());
            if (!gross.empty()) { fill_range(gross, row, until, 0.0); }
        } else {
            Marker marker{asset, row};
            marker.run(held, row, until, [&](std::size_t at, Money value) {
                equity[at] = (balance + value).to_double();
                if (!gross.empty()) { gross[at] = abs(value).to_double(); }
            });
        }
        row = until;
    }
}

}  // namespace

void mark_pool(std::span<const VectorAsset> assets, const PoolRun& run, std::span<double> equity,
               std::span<double> cash, std::span<double> gross) {
    if (assets.size() == 1) {
        mark_one(assets.front(), run, equity, cash, gross);
        return;
    }
    const std::size_t rows = assets.front().bars.rows;
    std::vector<Money> total(rows, run.start);
    std::vector<Money> total_gross(gross.empty() ? 0 : rows);
    std::size_t row = 0;
    Money balance = run.start;
    for (const VectorFill& fill : run.fills) {
        for (; row < fill.row; ++row) { total[row] = balance; }
        balance = fill.cash;
    }
    for (; row < rows; ++row) { total[row] = balance; }
    if (!cash.empty()) { std::ranges::transform(total, cash.begin(), &Money::to_double); }

    std::vector<std::vector<const VectorFill*>> by_asset(assets.size());
    for (const VectorFill& fill : run.fills) { by_asset[fill.asset].push_back(&fill); }
    for (std::size_t i = 0; i < assets.size(); ++i) {
        Quantity held{};
        for (std::size_t k = 0; k < by_asset[i].size(); ++k) {
            held += Quantity{lots_sign(*by_asset[i][k])};
            if (held.is_zero()) { continue; }
            const std::size_t from = by_asset[i][k]->row;
            const std::size_t to = k + 1 < by_asset[i].size() ? by_asset[i][k + 1]->row : rows;
            Marker marker{assets[i], from};
            marker.run(held, from, to, [&](std::size_t at, Money value) {
                total[at] += value;
                if (!gross.empty()) { total_gross[at] += abs(value); }
            });
        }
    }
    std::ranges::transform(total, equity.begin(), &Money::to_double);
    if (!gross.empty()) { std::ranges::transform(total_gross, gross.begin(), &Money::to_double); }
}

void collect_signals(std::size_t rows, Strided<std::uint8_t> enter_longs, Strided<std::uint8_t> exit_longs,
                     Strided<std::uint8_t> enter_shorts, Strided<std::uint8_t> exit_shorts, std::vector<Signal>& out) {
    out.clear();
    const std::array<Strided<std::uint8_t>, 4> columns{enter_longs, exit_longs, enter_shorts, exit_shorts};
    const auto take = [&](std::size_t row) {
        unsigned bits = 0;
        for (unsigned k = 0; k < columns.size(); ++k) {
            if (!columns[k].empty() && columns[k][row] != 0) { bits |= 1U << k; }
        }
        const std::uint8_t left = vectorised::without_conflicts(static_cast<std::uint8_t>(bits));
        if (left != 0) { out.push_back({static_cast<std::uint32_t>(row), left}); }
    };
    const bool packed = std::ranges::all_of(columns, [](const auto& c) { return c.empty() || c.stride == 1; });
    std::size_t row = 0;
    constexpr std::size_t word = sizeof(std::uint64_t);
    // Eight rows at a time: most of them say nothing.
    for (; packed && row + word <= rows; row += word) {
        std::uint64_t any = 0;
        for (const auto& column : columns) {
            if (column.empty()) { continue; }
            std::uint64_t bytes = 0;
            std::memcpy(&bytes, column.data + row, word);
            any |= bytes;
        }
        if (any == 0) { continue; }
        for (std::size_t k = 0; k < word; ++k) { take(row + k); }
    }
    for (; row < rows; ++row) { take(row); }
}

}  // namespace walras::backtest
