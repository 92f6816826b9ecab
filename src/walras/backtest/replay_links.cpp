// Linked orders at the venue of bars and quotes (order_events.hpp).
#include "walras/backtest/replay_venue.hpp"

namespace walras::backtest {

using model::Contingency;
using model::Event;
using model::OrderStep;
using model::Reason;

// The order has at most `leaves` left. Returns false if that is nothing: it is cancelled.
bool ReplayVenue::limit_leaves(std::uint32_t slot, Market& market, Quantity leaves) {
    VenueOrder& order = orders_[slot];
    if (leaves.lots <= 0) {
        report(order, OrderStep::canceled, Reason::contingency);
        remove(slot, market);
        return false;
    }
    if (order.leaves() > leaves) {
        order.terms.quantity = order.filled + leaves;
        ++order.revision;
        report(order, OrderStep::replaced);
    }
    return true;
}

// A new or changed order whose sibling traded while the message was under way. Returns false if it ends by that.
bool ReplayVenue::catch_up_with_siblings(std::uint32_t slot, Market& market, std::uint64_t heard) {
    const VenueOrder& order = orders_[slot];
    const Quantity missed = links_.unheard(order.list, order.id, order.terms.instrument, heard);
    if (missed.is_zero()) { return true; }
    const bool shrinks = order.contingency == Contingency::ouo;
    return limit_leaves(slot, market, shrinks ? order.leaves() - missed : Quantity{});
}

void ReplayVenue::report_linked_fill(const VenueOrder& filled, Market& market, Event& event) {
    const Quantity left = filled.contingency == Contingency::ouo ? filled.leaves() : Quantity{};
    for (std::size_t i = 0; i < market.orders.size();) {
        const std::uint32_t slot = market.orders[i];
        const bool is_sibling = orders_[slot].list == filled.list && orders_[slot].id != filled.id;
        if (!is_sibling || limit_leaves(slot, market, left)) { ++i; }  // else the next one takes its place
    }
    push_report(event);
    links_.add(filled.list, {event.sequence, filled.id, filled.terms.instrument, event.report.quantity});
}

}  // namespace walras::backtest
