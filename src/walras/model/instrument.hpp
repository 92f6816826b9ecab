// What is traded: currencies and instruments, described once and never changed during a run.
//
// A Universe owns the descriptions; everything else refers to them by dense index. Building a Universe is single
// threaded; afterwards it is read by any number of threads.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "walras/core/fixed.hpp"
#include "walras/core/ids.hpp"
#include "walras/core/time.hpp"

namespace walras::model {

struct Currency {
    std::string code;  // "USD"
    int decimals = 2;  // what a broker rounds to, e.g. fees; the ledger itself always counts 1e-9
};

enum class InstrumentKind : std::uint8_t { equity, currency_pair, future, perpetual, option, index };

// How a trade touches cash.
//   full       the notional is paid or received: shares, spot pairs.
//   variation  only profit and loss is: futures, perpetuals, margined FX.
enum class Settlement : std::uint8_t { full, variation };

struct Instrument {
    InstrumentId id{};
    std::string symbol;  // "KO"
    std::string venue;   // "XNYS"
    std::string label;   // how its user calls it; empty = "KO.XNYS"
    InstrumentKind kind = InstrumentKind::equity;
    Settlement settlement = Settlement::full;
    CurrencyId currency{};                        // what prices and P&L are in
    std::optional<CurrencyId> base{};             // currency_pair: what one unit is, e.g. BTC of BTCUSDT
    Price tick_size{10'000'000};                  // valid order prices are multiples of it (0.01)
    std::int64_t lot_size = core::fixed_scale;    // units of 1e-9 in one lot (1 share)
    std::int64_t multiplier = core::fixed_scale;  // units of 1e-9: currency per unit and 1.00 of price
    Quantity min_quantity{1};
    Quantity max_quantity{INT64_MAX};
    bool price_may_be_negative = false;
    TimeNs expiry = time_max;

    [[nodiscard]] std::string name() const { return label.empty() ? symbol + "." + venue : label; }
    // Money (1e-9) that one lot costs per 1.00 of price; exact by `validate`.
    [[nodiscard]] std::int64_t lot_value() const { return lot_value_; }
    [[nodiscard]] double units(Quantity q) const {
        return static_cast<double>(q.lots) * (static_cast<double>(lot_size) / 1e9);
    }
    [[nodiscard]] bool on_tick(Price p) const { return p.raw % tick_size.raw == 0; }
    [[nodiscard]] Price round_down_to_tick(Price p) const;
    [[nodiscard]] Price round_up_to_tick(Price p) const;

    // Throws OrderError naming the nearest valid quantities if `units` is not a whole number of lots.
    [[nodiscard]] Quantity quantity_from_units(double units) const;
    // Lots in `units`, rounded towards zero: for sizes that are computed, never for sizes that somebody typed.
    [[nodiscard]] Quantity floor_units(double units) const;
    // Throws ConfigError: a zero lot or tick, a lot value that 1e-9 cannot hold, a pair without base.
    void validate();

private:
    std::int64_t lot_value_ = core::fixed_scale;
};

class Universe {
public:
    CurrencyId add_currency(std::string code, int decimals);
    // Known currencies are returned; unknown ones are added with their usual number of decimals (USD 2, JPY 0, BTC 8).
    CurrencyId currency(std::string_view code);
    [[nodiscard]] const Currency& at(CurrencyId id) const { return currencies_[id.value]; }
    [[nodiscard]] std::optional<CurrencyId> find_currency(std::string_view code) const;

    InstrumentId add(Instrument instrument);  // assigns the id; throws ConfigError if the name is taken
    [[nodiscard]] const Instrument& at(InstrumentId id) const { return instruments_[id.value]; }
    // By label, by "SYMBOL.VENUE", or by "SYMBOL" where only one venue has it.
    [[nodiscard]] std::optional<InstrumentId> find(std::string_view name) const;
    [[nodiscard]] InstrumentId require(std::string_view name) const;  // throws ConfigError naming what is known

    [[nodiscard]] std::size_t size() const { return instruments_.size(); }
    [[nodiscard]] std::uint16_t currency_count() const { return static_cast<std::uint16_t>(currencies_.size()); }
    [[nodiscard]] bool contains(InstrumentId id) const { return id.value < instruments_.size(); }
    [[nodiscard]] auto begin() const { return instruments_.begin(); }
    [[nodiscard]] auto end() const { return instruments_.end(); }

private:
    std::deque<Currency> currencies_;
    std::deque<Instrument> instruments_;
};

}  // namespace walras::model
