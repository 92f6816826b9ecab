// The life of an order: one pure function over one visible table.
//
// `apply(order, report)` returns the order after the step, or why the step is illegal; the input is never changed.
// Requests under way (cancel, replace) are kept in `Order::pending`, apart from the status, so that a rejected request
// needs no memory of "the status before". Invariant: filled <= quantity, and status == filled exactly when they are
// equal (or the order was final before a late fill completed it).
#pragma once

#include <array>
#include <expected>
#include <string>

#include "walras/model/event.hpp"
#include "walras/model/instrument.hpp"
#include "walras/model/order.hpp"

namespace walras::model {

enum class LifecycleError : std::uint8_t {
    illegal_step,      // the table has no such transition
    overfill,          // the execution is larger than what is left
    duplicate_fill,    // the trade id was the order's last one (the order manager remembers all of them)
    invalid_fill,      // not positive
    wrong_order,       // the report names another order
    replace_too_small  // the new quantity is below what is filled already
};
std::string_view describe(LifecycleError error);

// What the table says about one (status, step) pair.
enum class Transition : std::uint8_t {
    illegal,
    keep,  // legal, the status stays
    denied,
    emulated,
    released,
    submitted,
    accepted,
    rejected,
    triggered,
    canceled,
    expired,
    fill,       // partially_filled or filled, by quantity
    late_fill,  // canceled or expired: filled if the fill completes the order, else the status stays
};

using TransitionTable = std::array<std::array<Transition, order_step_count>, order_status_count>;
extern const TransitionTable transition_table;  // [status][step]

[[nodiscard]] std::expected<Order, LifecycleError> apply(Order order, const OrderReport& report, TimeNs ts,
                                                         const Instrument& instrument);
// The same without a copy, for the one who owns the order: after an error it is what it was.
[[nodiscard]] std::expected<void, LifecycleError> apply_in_place(Order& order, const OrderReport& report, TimeNs ts,
                                                                 const Instrument& instrument);

}  // namespace walras::model
