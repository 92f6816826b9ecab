// How much of an account a strategy may still take.
#pragma once

#include <algorithm>
#include <optional>

#include "walras/strategy/context.hpp"

namespace walras::strategy {

// Fraction of equity that could still be bought without borrowing more than the account allows, less two percent for
// prices that move before the fill. One timestamp's orders share it in the order of asking; it is measured when the
// first of them asks, because most timestamps have none.
class FreeShare {
public:
    void begin_timestamp() { room_.reset(); }

    // As much of `share` as there is room for. Less than a fifth of it is not worth an order.
    double take(const Context& context, double share) {
        if (share == 0) { return 0; }
        if (!room_) { room_ = measure(context); }
        const double taken = std::min(share, *room_);
        if (taken < share / 5) { return 0; }
        *room_ -= taken;
        return taken;
    }

private:
    static double measure(const Context& context) {
        const double equity = context.equity().to_double();
        if (!(equity > 0)) { return 0; }
        return std::max(0.0, context.portfolio().free_margin().to_double() / equity - 0.02);
    }

    std::optional<double> room_;
};

}  // namespace walras::strategy
