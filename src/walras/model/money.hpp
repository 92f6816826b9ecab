// The ledger's rounding points that involve an instrument. Every one is named, used nowhere else under another name,
// and rounds to 1e-9 of the currency, ties to even.
#pragma once

#include "walras/core/fixed.hpp"
#include "walras/model/instrument.hpp"

namespace walras::model {

// Rounding point "notional": price * quantity * lot value. Signed like the quantity. Exact where a lot is one unit.
inline Money notional(Price price, Quantity quantity, std::int64_t lot_value) {
    const core::int128 product = static_cast<core::int128>(price.raw) * quantity.lots;
    if (lot_value == core::fixed_scale) [[likely]] { return Money{product}; }
    return Money{core::divide_half_even(core::checked_mul(product, core::int128{lot_value}), core::fixed_scale)};
}

inline Money notional(Price price, Quantity quantity, const Instrument& instrument) {
    return notional(price, quantity, instrument.lot_value());
}

// Rounding point "average price": the price at which `quantity` would cost `cost`.
Price average_price(Money cost, Quantity quantity, const Instrument& instrument);

// Rounding point "proportional cost": the share of `cost` that belongs to `part` of `whole` (both positive lots).
inline Money proportional_cost(Money cost, core::int128 part, core::int128 whole) {
    if (part == whole) { return cost; }
    return Money{core::divide_half_even(core::checked_mul(cost.raw, part), whole)};
}
inline Money proportional_cost(Money cost, Quantity part, Quantity whole) {
    return proportional_cost(cost, part.lots, whole.lots);
}

// Rounding point "conversion": one step at an exchange rate (quote per unit of base); a chain rounds once a step.
// Throws LedgerError where the rate is not positive.
Money base_to_quote(Money amount, Price rate);
Money quote_to_base(Money amount, Price rate);

// Rounding point "interest": one day of a yearly rate on `amount`, signed like the amount.
Money daily_interest(Money amount, Rate per_year, int day_count);

// Rounding point "split price": the price that one new unit has after a split of numerator for denominator.
Price split_price(Price price, std::int64_t numerator, std::int64_t denominator);

// Rounding point "cash in lieu": what is paid for `rest` / denominator of a new lot after a split, at the price before
// it.
Money cash_in_lieu(Price price, std::int64_t rest, std::int64_t numerator, std::int64_t lot_value);

// Rounding point "currency": to the decimals that a broker uses, ties to even.
Money round_to_decimals(Money amount, int decimals);

// Whole lots that `amount` buys at `price`, rounded down; 0 if the price is not positive.
Quantity affordable(Money amount, Price price, const Instrument& instrument);

}  // namespace walras::model
