#include "walras/model/order_events.hpp"

namespace walras::model {

Event order_event(const OrderStepFacts& facts, OrderStep step, Reason reason, TimeNs now) {
    Event event = refusal_event(facts.order, facts.terms.instrument, facts.strategy, step, reason, now);
    event.report.revision = facts.revision;
    if (step == OrderStep::accepted) { event.report.venue_order = VenueOrderId{facts.order.value}; }
    if (step == OrderStep::replaced) {
        event.report.quantity = facts.terms.quantity;
        event.report.price = facts.terms.price;
    }
    if (step == OrderStep::replaced || step == OrderStep::triggered ||
        (step == OrderStep::accepted && is_trailing(facts.terms.type))) {
        event.report.trigger = facts.terms.trigger;
    }
    return event;
}

Event refusal_event(OrderId order, InstrumentId instrument, StrategyId strategy, OrderStep step, Reason reason,
                    TimeNs now) {
    Event event{EventKind::order, instrument, now, now};
    event.report.order = order;
    event.report.strategy = strategy;
    event.report.step = step;
    event.report.reason = reason;
    return event;
}

void LinkedFills::add(OrderListId list, const Fill& fill) {
    if (fills_.size() <= list.value) { fills_.resize(list.value + std::size_t{1}); }
    fills_[list.value].push_back(fill);
}

void LinkedFills::tell(OrderListId list, OrderId order, std::uint64_t report) {
    if (list.value >= fills_.size()) { return; }
    for (Fill& fill : fills_[list.value]) {
        if (fill.order == order && fill.report == UINT64_MAX) {
            fill.report = report;
            return;
        }
    }
}

Quantity LinkedFills::unheard(OrderListId list, OrderId order, InstrumentId instrument, std::uint64_t heard) {
    if (list.value >= fills_.size()) { return Quantity{}; }
    auto& fills = fills_[list.value];
    std::erase_if(fills, [&](const Fill& fill) { return fill.report <= heard; });
    Quantity sum{};
    for (const Fill& fill : fills) {
        if (fill.order != order && fill.instrument == instrument) { sum += fill.quantity; }
    }
    return sum;
}

}  // namespace walras::model
