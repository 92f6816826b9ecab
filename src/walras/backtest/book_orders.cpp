// Commands on their way to the exchange, orders while they live there, and reports on their way back.
#include <algorithm>

#include "walras/backtest/book_venue.hpp"

namespace walras::backtest {

using model::Event;
using model::OrderStep;
using model::Reason;
using model::TimeInForce;

namespace {

// What is wrong with an order before it meets the market; `none`: nothing.
Reason fault_of(const model::OrderTerms& terms, TimeNs now) {
    const TimeInForce tif = terms.time_in_force;
    // The record's auctions are not held again.
    if (tif == TimeInForce::at_the_open || tif == TimeInForce::at_the_close) { return Reason::no_auction; }
    if (terms.expire_time < now) { return Reason::invalid_expiry; }
    const Quantity display = terms.display_quantity;
    const bool rests = model::has_limit(terms.type) && tif != TimeInForce::ioc && tif != TimeInForce::fok;
    const bool is_whole = display.lots >= 0 && display <= terms.quantity;
    return display.is_zero() || (rests && is_whole) ? Reason::none : Reason::invalid_display;
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
        case Message::Kind::submit: accept(message.order, message.heard); break;
        case Message::Kind::replace: apply_replace(message.change, message.heard); break;
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

void BookVenue::accept(const model::Order& order, std::uint64_t heard) {
    const InstrumentId id = order.terms.instrument;
    if (const Reason fault = fault_of(order.terms, now_); fault != Reason::none) {
        reject(order.id, id, order.strategy, OrderStep::rejected, fault);
        return;
    }
    Market& market = market_of(id);
    Resting entering;
    entering.id = order.id;
    entering.strategy = order.strategy;
    entering.position = order.position;
    entering.terms = order.terms;
    entering.list = order.list;
    entering.contingency = order.contingency;
    entering.revision = order.revision;
    entering.expire = order.terms.expire_time;
    if (order.terms.time_in_force == TimeInForce::day) {
        entering.expire = model::day_end(config_.session_closes, now_);
    }
    entering.is_dormant = model::is_stop(order.terms.type) || model::is_if_touched(order.terms.type);
    if (!entering.is_dormant && order.terms.post_only && !is_idle(market) && is_marketable(market, entering)) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::post_only_would_take);
        return;
    }
    if (entering.is_dormant) { static_cast<void>(is_touched(market, entering)); }  // a trailing trigger starts here
    report(entering, OrderStep::accepted);
    note(entering, NoteKind::arrived, 0, static_cast<double>(order.terms.quantity.lots));
    catch_up_with_siblings(entering, heard);
    if (!entering.is_over) { enter(market, entering); }
    sweep_out(market);  // siblings that it ended
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
void BookVenue::apply_replace(const model::Replace& change, std::uint64_t heard) {
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
    order->shown = std::min(order->shown, order->leaves().lots);
    note(*order, NoteKind::replaced, 0, static_cast<double>(order->leaves().lots));
    if (!change.quantity.is_zero()) { catch_up_with_siblings(*order, heard); }
    if (order->is_over) {
        sweep_out(market);
    } else if (order->is_dormant) {
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

// ---- linked orders

// The order has at most `leaves` left.
void BookVenue::limit_leaves(Resting& order, Quantity leaves) {
    if (leaves.lots <= 0) {
        end(order, OrderStep::canceled, Reason::contingency);
    } else if (order.leaves() > leaves) {
        order.terms.quantity = order.filled + leaves;
        order.shown = std::min(order.shown, leaves.lots);
        ++order.revision;
        report(order, OrderStep::replaced);
    }
}

// A new or changed order whose sibling traded while the message was under way.
void BookVenue::catch_up_with_siblings(Resting& order, std::uint64_t heard) {
    if (order.list.is_none()) { return; }
    const Quantity missed = links_.unheard(order.list, order.id, order.terms.instrument, heard);
    if (missed.is_zero()) { return; }
    const bool shrinks = order.contingency == model::Contingency::ouo;
    limit_leaves(order, shrinks ? order.leaves() - missed : Quantity{});
}

// What `filled` has traded its siblings lose. They stay where they are until the next sweep_out.
void BookVenue::limit_siblings(Market& market, const Resting& filled) {
    const Quantity left = filled.contingency == model::Contingency::ouo ? filled.leaves() : Quantity{};
    for (Resting& order : market.orders) {
        if (order.list == filled.list && order.id != filled.id && !order.is_over) { limit_leaves(order, left); }
    }
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
    Event event = model::order_event({order.id, order.strategy, order.revision, order.terms}, step, reason, now_);
    line_.report(event, source(), now_);
}

void BookVenue::reject(OrderId id, InstrumentId instrument, StrategyId strategy, OrderStep step, Reason reason) {
    Event event = model::refusal_event(id, instrument, strategy, step, reason, now_);
    line_.report(event, source(), now_);
}

void BookVenue::note(const Resting& order, NoteKind kind, book::Ticks tick, double lots) {
    if (config_.explain.is_none() || order.id != config_.explain) [[likely]] { return; }
    const book::MarketBook& book = *markets_[order.terms.instrument.value].book;
    notes_.push_back({now_, order.terms.instrument, kind, book.scale().price(tick), lots, order.ahead,
                      book.best_price(model::OrderSide::buy), book.best_price(model::OrderSide::sell)});
}

}  // namespace walras::backtest
