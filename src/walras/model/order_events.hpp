// What simulated exchanges say of our orders, and orders of which one cancels or shrinks the other.
//
// Linked orders: the exchange links those of one list and one instrument, as brokers do. What one fills its siblings
// lose at the same moment, however long the reports and our cancels travel. Their cancellation is reported before the
// fill that caused it, so that nobody cancels them again.
#pragma once

#include <cstdint>
#include <vector>

#include "walras/model/event.hpp"
#include "walras/model/order.hpp"

namespace walras::model {

// What a step of an order's life is told with; terms are those that hold after it.
struct OrderStepFacts {
    OrderId order{};
    StrategyId strategy{};
    std::uint32_t revision = 0;
    const OrderTerms& terms;
};
Event order_event(const OrderStepFacts& facts, OrderStep step, Reason reason, TimeNs now);

// Of an order that the exchange does not have: never accepted, or over already.
Event refusal_event(OrderId order, InstrumentId instrument, StrategyId strategy, OrderStep step, Reason reason,
                    TimeNs now);

// Fills of linked orders that a message under way may not know of. One venue owns it; messages keep their order.
class LinkedFills {
public:
    struct Fill {
        std::uint64_t report = 0;  // its sequence
        OrderId order{};
        InstrumentId instrument{};
        Quantity quantity{};
    };

    void add(OrderListId list, const Fill& fill);
    // The oldest fill of `order` that was added without a number (UINT64_MAX) is the report `report`.
    void tell(OrderListId list, OrderId order, std::uint64_t report);
    // What siblings of `order` filled of which nobody had heard who had the reports up to `heard`.
    Quantity unheard(OrderListId list, OrderId order, InstrumentId instrument, std::uint64_t heard);

private:
    std::vector<std::vector<Fill>> fills_;  // by list
};

}  // namespace walras::model
