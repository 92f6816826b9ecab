// How much of an account a strategy may still take.
#pragma once

#include <algorithm>

#include "walras/strategy/context.hpp"

namespace walras::strategy {

// Fraction of equity that could still be bought without borrowing more than the account allows, less two percent for
// prices that move before the fill. `free`: the fraction that carries no margin.
inline double free_share(double free) { return std::max(0.0, free - 0.02); }
inline double free_share(const Context& context) {
    if (!context.portfolio().can_value()) { return 0; }  // money without an exchange rate
    const double equity = context.equity().to_double();
    if (!(equity > 0)) { return 0; }
    return free_share(context.portfolio().free_margin().to_double() / equity);
}

// As much of `share` as there is room for; takes it out of `room`. Less than a fifth of the share is not worth an
// order.
inline double take_share(double& room, double share) {
    const double taken = std::min(share, room);
    if (taken < share / 5) { return 0; }
    room -= taken;
    return taken;
}

}  // namespace walras::strategy
