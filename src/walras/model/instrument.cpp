#include "walras/model/instrument.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

namespace walras::model {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 14> usual_decimals{{{"USD", 2},
                                                                           {"EUR", 2},
                                                                           {"GBP", 2},
                                                                           {"CHF", 2},
                                                                           {"CAD", 2},
                                                                           {"AUD", 2},
                                                                           {"NZD", 2},
                                                                           {"HKD", 2},
                                                                           {"JPY", 0},
                                                                           {"BTC", 8},
                                                                           {"ETH", 8},
                                                                           {"USDT", 8},
                                                                           {"USDC", 8},
                                                                           {"XRP", 6}}};

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - ((a % b < 0) ? 1 : 0); }

}  // namespace

Price Instrument::round_down_to_tick(Price p) const { return Price{floor_div(p.raw, tick_size.raw) * tick_size.raw}; }

Price Instrument::round_up_to_tick(Price p) const {
    const Price down = round_down_to_tick(p);
    return down == p ? p : down + tick_size;
}

Quantity Instrument::quantity_from_units(double units) const {
    const auto raw = core::fixed_from_double(units);
    if (!raw) {
        throw OrderError(fmt::format("Quantity {} of {}: {}; give a finite number of units.", units, name(),
                                     core::describe(raw.error())));
    }
    if (*raw % lot_size != 0) {
        const std::int64_t below = floor_div(*raw, lot_size) * lot_size;
        throw OrderError(
            fmt::format("Quantity {} of {} is not a multiple of its lot size {}; the nearest are {} and {}.",
                        core::format_fixed(*raw), name(), core::format_fixed(lot_size), core::format_fixed(below),
                        core::format_fixed(below + lot_size)));
    }
    return Quantity{*raw / lot_size};
}

Quantity Instrument::floor_units(double units) const {
    const double lots = std::trunc(units * 1e9 / static_cast<double>(lot_size));
    if (!(std::abs(lots) < 0x1p62)) {
        throw OrderError(
            fmt::format("A size of {} units of {} cannot be represented; check equity and price.", units, name()));
    }
    return Quantity{static_cast<std::int64_t>(lots)};
}

void Instrument::validate() {
    if (symbol.empty() || venue.empty()) {
        throw ConfigError("An instrument needs a symbol and a venue, as in \"KO.XNYS\".");
    }
    if (lot_size <= 0 || tick_size.raw <= 0 || multiplier <= 0) {
        throw ConfigError(fmt::format("{}: tick_size {}, lot_size {} and multiplier {} must all be positive.", name(),
                                      core::format_fixed(tick_size.raw), core::format_fixed(lot_size),
                                      core::format_fixed(multiplier)));
    }
    const core::int128 product = static_cast<core::int128>(lot_size) * multiplier;
    if (product % core::fixed_scale != 0) {
        throw ConfigError(fmt::format("{}: lot_size {} x multiplier {} has more than nine decimals; use a larger lot.",
                                      name(), core::format_fixed(lot_size), core::format_fixed(multiplier)));
    }
    lot_value_ = core::checked_narrow(product / core::fixed_scale);
    if (kind == InstrumentKind::currency_pair && !base) {
        throw ConfigError(fmt::format("{}: a currency pair needs its base currency.", name()));
    }
    if (min_quantity.lots < 1 || max_quantity < min_quantity) {
        throw ConfigError(fmt::format("{}: min_quantity {} and max_quantity {} lots contradict each other.", name(),
                                      min_quantity.lots, max_quantity.lots));
    }
}

CurrencyId Universe::add_currency(std::string code, int decimals) {
    if (code.empty() || decimals < 0 || decimals > 9) {
        throw ConfigError(
            fmt::format("Currency \"{}\" with {} decimals: give a code and 0 to 9 decimals.", code, decimals));
    }
    if (find_currency(code)) { throw ConfigError(fmt::format("Currency {} is defined twice.", code)); }
    currencies_.push_back({std::move(code), decimals});
    return CurrencyId{static_cast<std::uint16_t>(currencies_.size() - 1)};
}

CurrencyId Universe::currency(std::string_view code) {
    if (const auto known = find_currency(code)) { return *known; }
    int decimals = 8;
    for (const auto& [name, usual] : usual_decimals) {
        if (name == code) { decimals = usual; }
    }
    return add_currency(std::string{code}, decimals);
}

std::optional<CurrencyId> Universe::find_currency(std::string_view code) const {
    for (std::size_t i = 0; i < currencies_.size(); ++i) {
        if (currencies_[i].code == code) { return CurrencyId{static_cast<std::uint16_t>(i)}; }
    }
    return std::nullopt;
}

InstrumentId Universe::add(Instrument instrument) {
    instrument.validate();
    for (const Instrument& other : instruments_) {
        if (other.symbol == instrument.symbol && other.venue == instrument.venue) {
            throw ConfigError(fmt::format("Instrument {} is defined twice.", instrument.name()));
        }
    }
    instrument.id = InstrumentId{static_cast<std::uint32_t>(instruments_.size())};
    instruments_.push_back(std::move(instrument));
    return instruments_.back().id;
}

std::optional<InstrumentId> Universe::find(std::string_view name) const {
    std::optional<InstrumentId> by_symbol;
    int matches = 0;
    for (const Instrument& instrument : instruments_) {
        if (name.size() == instrument.symbol.size() + 1 + instrument.venue.size() &&
            name.starts_with(instrument.symbol) && name.ends_with(instrument.venue) &&
            name[instrument.symbol.size()] == '.') {
            return instrument.id;
        }
        if (instrument.label == name && !name.empty()) { return instrument.id; }
        if (instrument.symbol == name) {
            by_symbol = instrument.id;
            ++matches;
        }
    }
    return matches == 1 ? by_symbol : std::nullopt;
}

InstrumentId Universe::require(std::string_view name) const {
    if (const auto id = find(name)) { return *id; }
    std::string known;
    for (std::size_t i = 0; i < instruments_.size() && i < 12; ++i) {
        known += (i == 0 ? "" : ", ") + instruments_[i].name();
    }
    if (instruments_.size() > 12) { known += ", ..."; }
    throw ConfigError(
        fmt::format("Instrument \"{}\" is unknown; this run has: {}.", name, known.empty() ? "none" : known));
}

Price average_price(Money cost, Quantity quantity, const Instrument& instrument) {
    if (quantity.is_zero()) { return Price{0}; }
    const core::int128 sign = quantity.lots < 0 ? -1 : 1;
    const core::int128 scaled = core::checked_mul(cost.raw * sign, core::int128{core::fixed_scale});
    const core::int128 divisor = static_cast<core::int128>(abs(quantity).lots) * instrument.lot_value();
    return Price{core::checked_narrow(core::divide_half_even(scaled, divisor))};
}

namespace {
core::int128 positive_rate(Price rate) {
    if (rate.raw <= 0) {
        throw LedgerError(
            fmt::format("An exchange rate of {} cannot convert money; mark the pair with a positive price.",
                        core::format_fixed(rate.raw)));
    }
    return rate.raw;
}
}  // namespace

Money base_to_quote(Money amount, Price rate) {
    return Money{core::divide_half_even(core::checked_mul(amount.raw, positive_rate(rate)), core::fixed_scale)};
}

Money quote_to_base(Money amount, Price rate) {
    const core::int128 divisor = positive_rate(rate);
    return Money{core::divide_half_even(core::checked_mul(amount.raw, core::int128{core::fixed_scale}), divisor)};
}

Money daily_interest(Money amount, Rate per_year, int day_count) {
    return Money{core::divide_half_even(core::checked_mul(amount.raw, core::int128{per_year.raw}),
                                        core::int128{core::fixed_scale} * day_count)};
}

Price split_price(Price price, std::int64_t numerator, std::int64_t denominator) {
    return Price{core::checked_narrow(
        core::divide_half_even(static_cast<core::int128>(price.raw) * denominator, core::int128{numerator}))};
}

Money cash_in_lieu(Price price, std::int64_t rest, std::int64_t numerator, std::int64_t lot_value) {
    const core::int128 product = static_cast<core::int128>(price.raw) * rest;
    return Money{core::divide_half_even(core::checked_mul(product, core::int128{lot_value}),
                                        core::int128{core::fixed_scale} * numerator)};
}

Money round_to_decimals(Money amount, int decimals) {
    core::int128 unit = 1;
    for (int i = decimals; i < 9; ++i) { unit *= 10; }
    return Money{core::divide_half_even(amount.raw, unit) * unit};
}

Quantity affordable(Money amount, Price price, const Instrument& instrument) {
    if (price.raw <= 0 || amount.raw <= 0) { return Quantity{0}; }
    if (instrument.lot_value() == core::fixed_scale) [[likely]] {
        return Quantity{core::checked_narrow(amount.raw / price.raw)};
    }
    const core::int128 per_lot = static_cast<core::int128>(price.raw) * instrument.lot_value();
    const core::int128 lots = core::checked_mul(amount.raw, core::int128{core::fixed_scale}) / per_lot;
    return Quantity{core::checked_narrow(lots)};
}

}  // namespace walras::model
