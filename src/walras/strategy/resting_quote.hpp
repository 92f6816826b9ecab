// One resting order that a strategy keeps in a book: placed, moved and withdrawn with few messages.
//
// Invariant: there is at most one order at a time. Whoever limits its size by the position when it is placed has a
// bound: the position grows on that side only by this order.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "walras/strategy/context.hpp"

namespace walras::strategy {

// Whether a strategy may act on a book.
inline bool may_act(const book::MarketBook& book, bool trust_unverifiable) {
    const bool trusted = book.is_valid() || (trust_unverifiable && book.state() == model::BookState::unverifiable);
    return trusted && book.has_both() && !book.is_crossed();
}

class RestingQuote {
public:
    [[nodiscard]] bool is_idle() const { return id_.is_none(); }
    [[nodiscard]] OrderId id() const { return id_; }
    [[nodiscard]] TimeNs placed_at() const { return placed_at_; }

    // Rests `quantity` at `price`; an order that is there moves once it is off by at least `move`, and keeps its size.
    void want(Context& context, InstrumentId instrument, model::OrderSide side, Price price, Quantity quantity,
              Price move) {
        if (context.now() < retry_at_) { return; }
        if (!is_idle()) {
            const model::Order* order = context.order(id_);
            if (order->pending != model::Pending::none || std::abs((order->terms.price - price).raw) < move.raw) {
                return;
            }
            model::Replace change;
            change.order = id_;
            change.price = price;
            context.replace(change);
            return;
        }
        if (quantity.lots <= 0) { return; }
        model::Request request;
        request.terms.instrument = instrument;
        request.terms.side = side;
        request.terms.type = model::OrderType::limit;
        request.terms.price = price;
        request.terms.quantity = quantity;
        request.terms.post_only = true;
        placed_at_ = context.now();
        id_ = context.place(request);
    }

    // A market order in the same place.
    void take(Context& context, InstrumentId instrument, model::OrderSide side, Quantity quantity) {
        if (!is_idle() || context.now() < retry_at_ || quantity.lots <= 0) { return; }
        model::Request request;
        request.terms.instrument = instrument;
        request.terms.side = side;
        request.terms.quantity = quantity;
        placed_at_ = context.now();
        id_ = context.place(request);
    }

    void withdraw(Context& context) {
        if (is_idle()) { return; }
        if (context.order(id_)->pending == model::Pending::none) { context.cancel(id_); }
    }

    // Lots that may still trade.
    [[nodiscard]] Quantity leaves(const Context& context) const {
        return is_idle() ? Quantity{} : context.order(id_)->leaves();
    }

    // True if the report is about this order. What is refused is tried again later, and later still.
    bool update(const Context& context, const model::Order& order, const model::OrderReport& report) {
        if (id_.is_none() || order.id != id_) { return false; }
        using model::OrderStep;
        if (report.step == OrderStep::denied || report.step == OrderStep::rejected ||
            report.step == OrderStep::replace_rejected) {
            delay_ = delay_.ns == 0 ? milliseconds(100) : std::min(seconds(60), delay_ + delay_);
            retry_at_ = context.now() + delay_;
        } else if (report.step == OrderStep::accepted || report.step == OrderStep::filled) {
            delay_ = {};
        }
        if (!order.is_open()) { id_ = {}; }
        return true;
    }

private:
    OrderId id_{};
    TimeNs placed_at_{};
    TimeNs retry_at_ = time_min;
    DurationNs delay_{};
};

}  // namespace walras::strategy
