// How one execution moves a position at average cost: the same rule for accounts of strategies and for agents of a
// simulated market.
#pragma once

#include "walras/core/fixed.hpp"
#include "walras/model/money.hpp"

namespace walras::portfolio {

// `held` lots cost `cost` (both signed; positive is long). Moves them by `quantity` at `price`, whose notional is
// `paid`, and returns the profit that this closes. Throws LedgerError on overflow; both are then undefined.
inline Money trade_at_average_cost(Quantity& held, Money& cost, Quantity quantity, Price price, Money paid,
                                   std::int64_t lot_value) {
    Money profit{};
    if (held.is_zero() || (held.lots > 0) == (quantity.lots > 0)) {
        cost += paid;
    } else if (abs(quantity) <= abs(held)) {
        const Money removed = model::proportional_cost(cost, abs(quantity), abs(held));
        profit = -paid - removed;
        cost -= removed;
    } else {
        // Through zero: the closing part at its own notional, what is left of the payment opens the other side.
        const Money closing = model::notional(price, -held, lot_value);
        profit = -closing - cost;
        cost = paid - closing;
    }
    held += quantity;
    return profit;
}

}  // namespace walras::portfolio
