// An order, from the strategy's request to its last fill. Plain data: the lifecycle (lifecycle.hpp) is the only code
// that changes an order's status, and it does so by returning a new value.
#pragma once

#include <cstdint>

#include "walras/core/fixed.hpp"
#include "walras/core/ids.hpp"
#include "walras/core/time.hpp"
#include "walras/model/enums.hpp"

namespace walras::model {

// FIX ClOrdID: our id and how often the order was replaced. Text form "42" or "42-1"; a replace chain shares `order`.
struct ClientOrderId {
    OrderId order{};
    std::uint32_t revision = 0;
    auto operator<=>(const ClientOrderId&) const = default;
};

// What an order says. Prices that a type does not use are zero.
struct OrderTerms {
    InstrumentId instrument{};
    OrderSide side = OrderSide::buy;
    OrderType type = OrderType::market;
    TimeInForce time_in_force = TimeInForce::gtc;
    bool post_only = false;
    bool reduce_only = false;
    TrailingOffset trailing_kind = TrailingOffset::price;
    Quantity quantity{};          // lots, positive
    Quantity display_quantity{};  // iceberg: what the book shows; 0 shows all
    Price price{};                // limit
    Price trigger{};              // stop, if-touched; a trailing order's current trigger (0 until the venue sets it)
    std::int64_t trailing_offset = 0;  // 1e-9 of price, or 1e-9 of a basis point
    std::int64_t limit_offset = 0;     // trailing_stop_limit: limit behind the trigger, 1e-9 of price
    TimeNs expire_time = time_max;     // gtd
};

struct Order {
    OrderId id{};
    std::uint32_t revision = 0;
    StrategyId strategy{};
    PositionId position{};  // hedging accounts: the position that it opens or closes
    OrderTerms terms;
    OrderStatus status = OrderStatus::initialized;
    Pending pending = Pending::none;
    Contingency contingency = Contingency::none;
    Reason reason = Reason::none;  // of the last denial, rejection, cancellation or expiry
    OrderId parent{};              // oto: the order whose fill releases this one
    OrderListId list{};            // oco / ouo siblings share a list
    ExecutionId execution{};       // the parent order that it is a slice of; 0 = none
    std::uint32_t tag = 0;         // index into the session's table of user tags; 0 = none
    VenueOrderId venue_order{};
    TradeId last_trade{};
    Quantity filled{};        // lots; filled + leaves() == terms.quantity while live
    Money filled_notional{};  // sum of fill notionals, unsigned
    TimeNs ts_init{};         // created
    TimeNs ts_last{};         // last event
    // A replace under way: what was asked for.
    Quantity pending_quantity{};
    Price pending_price{};
    Price pending_trigger{};

    [[nodiscard]] ClientOrderId client_id() const { return {id, revision}; }
    [[nodiscard]] Quantity leaves() const { return terms.quantity - filled; }
    [[nodiscard]] Quantity signed_leaves() const { return terms.side == OrderSide::buy ? leaves() : -leaves(); }
    [[nodiscard]] bool is_open() const { return !is_final(status); }
    // Known to the venue and able to trade.
    [[nodiscard]] bool is_working() const {
        return status == OrderStatus::submitted || status == OrderStatus::accepted ||
               status == OrderStatus::triggered || status == OrderStatus::partially_filled;
    }
};

// A change to a working order. Fields left at zero keep their value.
struct Replace {
    OrderId order{};
    Quantity quantity{};  // the new total, including what is filled already
    Price price{};
    Price trigger{};
    Quantity display_quantity{};  // icebergs, at venues that know them
};

}  // namespace walras::model
