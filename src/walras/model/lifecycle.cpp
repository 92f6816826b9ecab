#include "walras/model/lifecycle.hpp"

#include "walras/model/money.hpp"

namespace walras::model {
namespace {

constexpr TransitionTable make_table() {
    using enum Transition;
    constexpr Transition bad = illegal;  // three letters, so that the columns stand
    // clang-format off
    return {{
    //                   denied  emulated  released  submitted  accepted  rejected  triggered  filled     canceled  expired  cancel_req replace_req cancel_rej replace_rej replaced
    /* initialized */  {{denied, emulated, bad,      submitted, accepted, rejected, triggered, fill,      canceled, expired, bad,       bad,        bad,       bad,        bad     }},
    /* denied      */  {{bad,    bad,      bad,      bad,       bad,      bad,      bad,       bad,       bad,      bad,     bad,       bad,        bad,       bad,        bad     }},
    /* emulated    */  {{denied, bad,      released, bad,       bad,      bad,      bad,       bad,       canceled, expired, keep,      keep,       keep,      keep,       keep    }},
    /* released    */  {{denied, bad,      bad,      submitted, bad,      bad,      bad,       bad,       canceled, expired, bad,       bad,        bad,       bad,        bad     }},
    /* submitted   */  {{bad,    bad,      bad,      bad,       accepted, rejected, triggered, fill,      canceled, expired, keep,      keep,       keep,      keep,       bad     }},
    /* accepted    */  {{bad,    bad,      bad,      bad,       bad,      rejected, triggered, fill,      canceled, expired, keep,      keep,       keep,      keep,       keep    }},
    /* rejected    */  {{bad,    bad,      bad,      bad,       bad,      bad,      bad,       bad,       bad,      bad,     bad,       bad,        keep,      keep,       bad     }},
    /* triggered   */  {{bad,    bad,      bad,      bad,       bad,      rejected, bad,       fill,      canceled, expired, keep,      keep,       keep,      keep,       keep    }},
    /* part filled */  {{bad,    bad,      bad,      bad,       bad,      bad,      bad,       fill,      canceled, expired, keep,      keep,       keep,      keep,       keep    }},
    /* filled      */  {{bad,    bad,      bad,      bad,       bad,      bad,      bad,       bad,       bad,      bad,     bad,       bad,        keep,      keep,       bad     }},
    /* canceled    */  {{bad,    bad,      bad,      bad,       bad,      bad,      bad,       late_fill, bad,      bad,     bad,       bad,        keep,      keep,       bad     }},
    /* expired     */  {{bad,    bad,      bad,      bad,       bad,      bad,      bad,       late_fill, bad,      bad,     bad,       bad,        keep,      keep,       bad     }},
    }};
    // clang-format on
}

std::expected<void, LifecycleError> add_fill(Order& order, const OrderReport& report, const Instrument& instrument) {
    if (report.quantity.lots <= 0) { return std::unexpected(LifecycleError::invalid_fill); }
    if (!report.trade.is_none() && report.trade == order.last_trade) {
        return std::unexpected(LifecycleError::duplicate_fill);
    }
    if (report.quantity > order.leaves()) { return std::unexpected(LifecycleError::overfill); }
    order.filled_notional += notional(report.price, report.quantity, instrument);
    order.filled += report.quantity;
    order.last_trade = report.trade;
    return {};
}

std::expected<void, LifecycleError> replace_terms(Order& order, const OrderReport& report) {
    if (!report.quantity.is_zero()) {
        if (report.quantity < order.filled) { return std::unexpected(LifecycleError::replace_too_small); }
        order.terms.quantity = report.quantity;
    }
    if (!report.price.is_zero()) { order.terms.price = report.price; }
    if (!report.trigger.is_zero()) { order.terms.trigger = report.trigger; }
    ++order.revision;
    return {};
}

OrderStatus status_after_fill(const Order& order, Transition transition) {
    if (order.leaves().is_zero()) { return OrderStatus::filled; }
    return transition == Transition::late_fill ? order.status : OrderStatus::partially_filled;
}

OrderStatus target(Transition transition, OrderStatus now) {
    switch (transition) {
        case Transition::denied: return OrderStatus::denied;
        case Transition::emulated: return OrderStatus::emulated;
        case Transition::released: return OrderStatus::released;
        case Transition::submitted: return OrderStatus::submitted;
        case Transition::accepted: return OrderStatus::accepted;
        case Transition::rejected: return OrderStatus::rejected;
        case Transition::triggered: return OrderStatus::triggered;
        case Transition::canceled: return OrderStatus::canceled;
        case Transition::expired: return OrderStatus::expired;
        case Transition::illegal:
        case Transition::keep:
        case Transition::fill:
        case Transition::late_fill: return now;
    }
    return now;
}

}  // namespace

constexpr TransitionTable table = make_table();
const TransitionTable transition_table = table;

std::string_view describe(LifecycleError error) {
    switch (error) {
        case LifecycleError::illegal_step: return "the order's status does not allow this step";
        case LifecycleError::overfill: return "the execution is larger than what is left of the order";
        case LifecycleError::duplicate_fill: return "this trade id was applied already";
        case LifecycleError::invalid_fill: return "an execution must have a positive quantity";
        case LifecycleError::wrong_order: return "the report names another order";
        case LifecycleError::replace_too_small: return "the new quantity is below what is filled already";
    }
    return "unknown cause";
}

std::expected<Order, LifecycleError> apply(Order order, const OrderReport& report, TimeNs ts,
                                           const Instrument& instrument) {
    if (const auto done = apply_in_place(order, report, ts, instrument); !done) {
        return std::unexpected(done.error());
    }
    return order;
}

// Whatever can fail comes before the first change.
std::expected<void, LifecycleError> apply_in_place(Order& order, const OrderReport& report, TimeNs ts,
                                                   const Instrument& instrument) {
    if (report.order != order.id) { return std::unexpected(LifecycleError::wrong_order); }
    const Transition transition = table[static_cast<std::size_t>(order.status)][static_cast<std::size_t>(report.step)];
    if (transition == Transition::illegal) { return std::unexpected(LifecycleError::illegal_step); }

    switch (report.step) {
        case OrderStep::filled:
            if (const auto done = add_fill(order, report, instrument); !done) { return std::unexpected(done.error()); }
            order.status = status_after_fill(order, transition);
            break;
        case OrderStep::cancel_requested: order.pending = Pending::cancel; break;
        case OrderStep::replace_requested:
            order.pending = Pending::replace;
            order.pending_quantity = report.quantity;
            order.pending_price = report.price;
            order.pending_trigger = report.trigger;
            break;
        case OrderStep::cancel_rejected:
            if (order.pending == Pending::cancel) { order.pending = Pending::none; }
            break;
        case OrderStep::replace_rejected:
            if (order.pending == Pending::replace) { order.pending = Pending::none; }
            break;
        case OrderStep::replaced:
            if (const auto done = replace_terms(order, report); !done) { return std::unexpected(done.error()); }
            if (order.pending == Pending::replace) { order.pending = Pending::none; }
            // A replace down to exactly what is filled completes the order.
            if (order.leaves().is_zero()) { order.status = OrderStatus::filled; }
            break;
        case OrderStep::triggered:
            order.status = target(transition, order.status);
            if (!report.trigger.is_zero()) { order.terms.trigger = report.trigger; }
            break;
        default: order.status = target(transition, order.status); break;
    }
    if (!report.venue_order.is_none()) { order.venue_order = report.venue_order; }
    const bool is_refusal = report.step == OrderStep::cancel_rejected || report.step == OrderStep::replace_rejected;
    if (report.reason != Reason::none && !is_refusal) { order.reason = report.reason; }
    if (is_final(order.status)) { order.pending = Pending::none; }
    if (order.status == OrderStatus::filled) { order.reason = Reason::none; }  // of a request that came too late
    order.ts_last = ts;
    return {};
}

}  // namespace walras::model
