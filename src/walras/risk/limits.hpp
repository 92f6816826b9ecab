// The limits that the risk gate enforces. Zero switches a limit off; the defaults are what protects an account that
// nobody configured: buying power is checked, everything else is off.
#pragma once

#include "walras/core/fixed.hpp"
#include "walras/core/time.hpp"
#include "walras/model/instrument.hpp"

namespace walras::risk {

enum class TradingState : std::uint8_t {
    active,
    reducing,  // only orders that reduce a position
    halted,    // nothing
};

struct RiskLimits {
    Quantity max_order_quantity{};   // lots per order
    Money max_order_notional{};      // base currency per order
    Rate price_collar{};             // a limit or stop price may be this far from the reference price
    Quantity max_position{};         // lots per instrument, open orders included
    Money max_gross_exposure{};      // base currency, open orders included
    Money max_net_exposure{};        // base currency, open orders included
    bool check_buying_power = true;  // initial margin of positions and open orders within equity
    int max_orders_per_second = 0;
    DurationNs max_reference_age{};  // of the price that values an order
    Money max_daily_loss{};          // base currency since the last event of the UTC day before
    Rate max_drawdown{};             // of the peak of equity

    void validate() const;  // throws ConfigError
    [[nodiscard]] bool watches_equity() const { return !max_daily_loss.is_zero() || !max_drawdown.is_zero(); }
};

}  // namespace walras::risk
