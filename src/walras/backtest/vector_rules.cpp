#include "walras/backtest/vector_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace walras::backtest::vectorised {
namespace {

std::int64_t fixed(const char* what, double number, const model::Instrument& instrument) {
    const auto raw = core::fixed_from_double(number);
    if (!raw) {
        throw OrderError(fmt::format("{} {} of {}: {}; give a finite number.", what, number, instrument.name(),
                                     core::describe(raw.error())));
    }
    return *raw;
}

Rate distance(const char* what, double number, std::size_t row) {
    if (!(number != 0)) { return {}; }
    const auto raw = core::fixed_from_double(number);
    if (!raw || *raw < 0) {
        throw ConfigError(
            fmt::format("{} = {} in row {} is no distance; give a positive fraction of the fill's price, "
                        "or 0 or NaN for none.",
                        what, number, row));
    }
    return Rate{*raw};
}

}  // namespace

Amount amount_of(model::SizeKind kind, double number, const model::Instrument& instrument) {
    using model::SizeKind;
    Amount amount;
    amount.kind = kind;
    switch (kind) {
        case SizeKind::lots:
        case SizeKind::target_lots: amount.lots = instrument.quantity_from_units(number); break;
        case SizeKind::value:
        case SizeKind::target_value: amount.value = Money{fixed("Value", number, instrument)}; break;
        case SizeKind::percent:
        case SizeKind::target_percent: amount.percent = Rate{fixed("Percent", number, instrument)}; break;
    }
    return amount;
}

std::optional<Amount> entry_amount(const VectorAsset& asset, std::size_t row) {
    const double number = asset.rules.amount.at(row);
    if (number == 0 || number != number) { return std::nullopt; }
    if (number < 0) {
        throw OrderError(
            fmt::format("Size {} of {} in row {} is negative; give a positive size, the signal says the side.", number,
                        asset.instrument->name(), row));
    }
    return amount_of(asset.rules.size, number, *asset.instrument);
}

std::optional<Ask> order_at(const VectorAsset& asset, std::size_t row) {
    const double number = asset.orders[row];
    const bool is_target = asset.size >= model::SizeKind::target_lots;
    if (number != number || (number == 0 && !is_target)) { return std::nullopt; }
    const bool sells = number < 0 && !is_target;
    return Ask{sells ? model::OrderSide::sell : model::OrderSide::buy,
               amount_of(asset.size, sells ? -number : number, *asset.instrument)};
}

Protection protection_at(const SignalRules& rules, std::size_t row) {
    Protection out;
    out.stop = distance("stop_loss", rules.stop_loss.at(row), row);
    out.target = distance("take_profit", rules.take_profit.at(row), row);
    const double trail = rules.trailing_stop.at(row);
    if (trail != 0 && trail == trail) {
        if (!out.stop.is_zero()) {
            throw ConfigError(
                fmt::format("Row {} has both a stop_loss of {} and a trailing_stop of {}; a position has "
                            "one stop: give one of them.",
                            row, rules.stop_loss.at(row), trail));
        }
        out.trail = distance("trailing_stop", trail * 1e4, row).raw;
    }
    return out;
}

std::uint32_t count_ignored(std::span<const VectorAsset> assets) {
    std::uint32_t count = 0;
    for (const VectorAsset& asset : assets) {
        if (asset.bars.complete) { continue; }
        for (const Signal& signal : asset.signals) { count += is_bar(asset.bars, signal.row) ? 0U : 1U; }
        if (asset.orders.empty()) { continue; }
        for (std::size_t row = 0; row < asset.bars.rows; ++row) {
            const double number = asset.orders[row];
            if (number == number && !is_bar(asset.bars, row)) { ++count; }
        }
    }
    return count;
}

void check_pool(std::span<const VectorAsset> assets, const PoolConfig& config, std::span<const TimeNs> times) {
    if (assets.empty()) { throw ConfigError("A pool needs an asset."); }
    if (config.size_buffer.raw < 0) {
        throw ConfigError("The sizing buffer is negative; give the fraction that stays free, at least 0.");
    }
    const std::size_t rows = assets.front().bars.rows;
    if (rows >= UINT32_MAX) { throw DataError(fmt::format("{} rows are more than a run can number.", rows)); }
    if (!times.empty() && times.size() != rows) {
        throw DataError(fmt::format("{} times for {} rows of bars; give one for each.", times.size(), rows));
    }
    for (std::size_t i = 1; i < times.size(); ++i) {
        if (times[i] <= times[i - 1]) {
            throw DataError(fmt::format("The time of row {} does not come after the one before it; sort the rows.", i));
        }
    }
    for (const VectorAsset& asset : assets) {
        if (asset.bars.rows != rows) {
            throw DataError(fmt::format("{} has {} rows and {} has {}; give all assets the same rows.",
                                        asset.instrument->name(), asset.bars.rows, assets.front().instrument->name(),
                                        rows));
        }
        const bool is_plain = asset.instrument->settlement == model::Settlement::full &&
                              asset.instrument->kind != model::InstrumentKind::currency_pair &&
                              !asset.instrument->price_may_be_negative;
        if (!is_plain) {
            throw ConfigError(
                fmt::format("{} does not pay in full in one currency at positive prices; the vectorised "
                            "engine knows such instruments only, run it in the event engine.",
                            asset.instrument->name()));
        }
    }
}

}  // namespace walras::backtest::vectorised
