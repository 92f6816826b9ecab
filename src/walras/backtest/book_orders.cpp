// Commands on their way to the exchange, orders while they live there, and reports on their way back.
#include <algorithm>

#include "walras/backtest/book_venue.hpp"

namespace walras::backtest {

using model::Event;
using model::EventKind;
using model::OrderStep;
using model::Reason;
using model::TimeInForce;

namespace {

bool is_supported(const model::OrderTerms& terms) {
    return terms.time_in_force != TimeInForce::at_the_open && terms.time_in_force != TimeInForce::at_the_close &&
           terms.display_quantity.is_zero();
}

}  // namespace

void BookVenue::submit(const model::Approved<model::Order>& order, TimeNs now) { line_.submit(*order, now); }
void BookVenue::replace(const model::Approved<model::Replace>& replace, TimeNs now) { line_.replace(*replace, now); }
void BookVenue::cancel(OrderId order, TimeNs now) { line_.cancel(order, now); }
void BookVenue::request_price(InstrumentId instrument, OrderId order, TimeNs now) {
    line_.request_price(instrument, order, now);
}

void BookVenue::receive(const model::ExchangeLine::Message& message) {
    using Message = model::ExchangeLine::Message;
    switch (message.kind) {
        case Message::Kind::submit: accept(message.order); break;
        case Message::Kind::replace: apply_replace(message.change); break;
        case Message::Kind::cancel: apply_cancel(message.change.order); break;
        case Message::Kind::price: {
            const InstrumentId id = message.order.terms.instrument;
            Market& market = market_of(id);
            market.wanted.push_back(message.order.id);
            ++wanted_;
            announce(id, market);
            break;
        }
    }
}

void BookVenue::accept(const model::Order& order) {
    const InstrumentId id = order.terms.instrument;
    if (!is_supported(order.terms)) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::unsupported_type);
        return;
    }
    if (order.terms.expire_time < now_) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::invalid_expiry);
        return;
    }
    Market& market = market_of(id);
    Resting entering;
    entering.id = order.id;
    entering.strategy = order.strategy;
    entering.position = order.position;
    entering.terms = order.terms;
    entering.revision = order.revision;
    entering.expire = order.terms.expire_time;
    if (order.terms.time_in_force == TimeInForce::day) { entering.expire = model::day_end(config_.session_closes, now_); }
    entering.is_dormant = model::is_stop(order.terms.type) || model::is_if_touched(order.terms.type);
    if (!entering.is_dormant && order.terms.post_only && !is_resyncing(market) && is_marketable(market, entering)) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::post_only_would_take);
        return;
    }
    if (entering.is_dormant) { static_cast<void>(is_touched(market, entering)); }  // a trailing trigger starts here
    report(entering, OrderStep::accepted);
    note(entering, NoteKind::arrived, 0, static_cast<double>(order.terms.quantity.lots));
    enter(market, entering);
    if (entering.is_over) { return; }
    if (market_of_order_.size() <= order.id.value) { market_of_order_.resize(2 * order.id.value + 16, no_instrument); }
    market_of_order_[order.id.value] = id;
    market.orders.push_back(entering);
    ++live_orders_;
    next_expiry_ = std::min(next_expiry_, entering.expire);
    if (entering.is_dormant) { check_triggers(market); }
}

BookVenue::Resting* BookVenue::find(OrderId id) {
    const InstrumentId instrument = id.value < market_of_order_.size() ? market_of_order_[id.value] : no_instrument;
    if (instrument == no_instrument) { return nullptr; }
    auto& orders = markets_[instrument.value].orders;
    const auto it = std::ranges::find(orders, id, &Resting::id);
    return it == orders.end() ? nullptr : &*it;
}

// A new size below the old one at the same price keeps the place in the queue; anything else enters anew.
void BookVenue::apply_replace(const model::Replace& change) {
    Resting* order = find(change.order);
    if (order == nullptr) {
        reject(change.order, InstrumentId{0}, StrategyId{}, OrderStep::replace_rejected, Reason::order_is_final);
        return;
    }
    if (!change.quantity.is_zero() && change.quantity <= order->filled) {
        report(*order, OrderStep::replace_rejected, Reason::replace_below_filled);
        return;
    }
    Market& market = markets_[order->terms.instrument.value];
    const Price old_price = order->terms.price;
    const Quantity old_quantity = order->terms.quantity;
    if (!change.quantity.is_zero()) { order->terms.quantity = change.quantity; }
    if (!change.price.is_zero()) { order->terms.price = change.price; }
    if (!change.trigger.is_zero()) { order->terms.trigger = change.trigger; }
    ++order->revision;
    report(*order, OrderStep::replaced);
    note(*order, NoteKind::replaced, 0, static_cast<double>(order->leaves().lots));
    if (order->is_dormant) {
        check_triggers(market);
    } else if (!order->is_held && (order->terms.price != old_price || order->terms.quantity > old_quantity)) {
        enter(market, *order);
        sweep_out(market);
    }
}

void BookVenue::apply_cancel(OrderId id) {
    Resting* order = find(id);
    if (order == nullptr) {
        reject(id, InstrumentId{0}, StrategyId{}, OrderStep::cancel_rejected, Reason::order_is_final);
        return;
    }
    Market& market = markets_[order->terms.instrument.value];
    end(*order, OrderStep::canceled, Reason::user_request);
    sweep_out(market);
}

void BookVenue::end(Resting& order, OrderStep step, Reason reason) {
    note(order, NoteKind::ended, 0, static_cast<double>(order.leaves().lots));
    report(order, step, reason);
    order.is_over = true;
}

void BookVenue::sweep_out(Market& market) {
    live_orders_ -= std::erase_if(market.orders, [&](const Resting& order) {
        if (order.is_over) { market_of_order_[order.id.value] = no_instrument; }
        return order.is_over;
    });
}

// Orders whose time in force ended at or before `t`.
void BookVenue::expire_until(TimeNs t) {
    now_ = std::max(now_, t);
    next_expiry_ = time_max;
    for (Market& market : markets_) {
        for (Resting& order : market.orders) {
            if (order.expire <= t) {
                end(order, OrderStep::expired, Reason::time_in_force);
            } else {
                next_expiry_ = std::min(next_expiry_, order.expire);
            }
        }
        sweep_out(market);
    }
}

// ---- reports

void BookVenue::report(const Resting& order, OrderStep step, Reason reason) {
    Event event{EventKind::order, order.terms.instrument, now_, now_};
    event.report.order = order.id;
    event.report.strategy = order.strategy;
    event.report.step = step;
    event.report.reason = reason;
    event.report.revision = order.revision;
    if (step == OrderStep::accepted) { event.report.venue_order = VenueOrderId{order.id.value}; }
    if (step == OrderStep::replaced) {
        event.report.quantity = order.terms.quantity;
        event.report.price = order.terms.price;
    }
    if (step == OrderStep::replaced || step == OrderStep::triggered ||
        (step == OrderStep::accepted && model::is_trailing(order.terms.type))) {
        event.report.trigger = order.terms.trigger;
    }
    line_.report(event, source(), now_);
}

void BookVenue::reject(OrderId id, InstrumentId instrument, StrategyId strategy, OrderStep step, Reason reason) {
    Event event{EventKind::order, instrument, now_, now_};
    event.report.order = id;
    event.report.strategy = strategy;
    event.report.step = step;
    event.report.reason = reason;
    line_.report(event, source(), now_);
}

void BookVenue::note(const Resting& order, NoteKind kind, book::Ticks tick, double lots) {
    if (config_.explain.is_none() || order.id != config_.explain) [[likely]] { return; }
    const book::MarketBook& book = *markets_[order.terms.instrument.value].book;
    notes_.push_back({now_, order.terms.instrument, kind, book.scale().price(tick), lots, order.ahead,
                      book.best_price(model::OrderSide::buy), book.best_price(model::OrderSide::sell)});
}

}  // namespace walras::backtest
