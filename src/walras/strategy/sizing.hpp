// How much of an account a strategy may still take.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "walras/strategy/context.hpp"

namespace walras::strategy {

// Fraction of equity that could still be bought without borrowing more than the account allows, less two percent for
// prices that move before the fill. `free`: the fraction that carries no margin; negative where positions have outgrown
// the account.
inline double free_share(double free) { return free - 0.02; }

// As much of the size of `share` as there is room for, with its sign; takes it out of `room`. `released`: the fraction
// that a position on the other side gives back when it is closed by the same order. Less than a fifth of the share is
// not worth an order.
inline double take_share(double& room, double share, double released) {
    const double available = std::max(0.0, room + released);
    const double taken = std::min(std::abs(share), available);
    if (taken < std::abs(share) / 5) { return 0; }
    room = available - taken;
    return std::copysign(taken, share);
}

// What the orders of one timestamp share in the order of asking. It is measured when the first of them asks, because
// most timestamps have none.
class FreeShare {
public:
    void begin_timestamp() { room_.reset(); }

    // `share`: the wanted fraction of equity in the instrument, negative for short.
    double take(const Context& context, InstrumentId instrument, double share) {
        if (share == 0) { return 0; }
        const portfolio::Portfolio& portfolio = context.portfolio();
        if (!portfolio.can_value()) { return 0; }  // money without an exchange rate
        const double equity = context.equity().to_double();
        if (!(equity > 0)) { return 0; }
        if (!room_) { room_ = free_share(portfolio.free_margin().to_double() / equity); }
        const Quantity held = context.position(instrument);
        const bool turns = (share < 0 && held.lots > 0) || (share > 0 && held.lots < 0);
        return take_share(*room_, share, turns ? portfolio.initial_margin(instrument).to_double() / equity : 0);
    }

private:
    std::optional<double> room_;
};

}  // namespace walras::strategy
