// Our own orders: into the engine after their latency, and what happens to them back to us.
#include <algorithm>

#include "walras/backtest/reactive_venue.hpp"

namespace walras::backtest {

using book::MatchEvent;
using model::OrderStep;
using model::Reason;
using model::TimeInForce;

void ReactiveVenue::receive(const model::ExchangeLine::Message& message) {
    using Kind = model::ExchangeLine::Message::Kind;
    switch (message.kind) {
        case Kind::submit: accept(message.order, message.heard); break;
        case Kind::replace: change(message.change, message.heard); break;
        case Kind::cancel: cancel_own(message.change.order); break;
        case Kind::price: {
            Market& market = market_of(message.order.terms.instrument);
            market.wanted.push_back(message.order.id);
            ++wanted_;
            announce(market);
            break;
        }
    }
}

void ReactiveVenue::accept(const model::Order& order, std::uint64_t heard) {
    Market& market = market_of(order.terms.instrument);
    strike(market);
    const auto reject = [&](Reason reason) {
        report({order.id, order.strategy, order.revision, order.terms}, OrderStep::rejected, reason);
    };
    // The record's auctions are not held here: nothing would ever open or close.
    if (order.terms.time_in_force == TimeInForce::at_the_open ||
        order.terms.time_in_force == TimeInForce::at_the_close) {
        reject(Reason::no_auction);
        return;
    }
    if (market.recorded.state() == model::BookState::halted) {
        reject(Reason::trading_halted);
        return;
    }
    if (at_end_ && !model::has_limit(order.terms.type)) {
        fill_at_end(market, order);
        return;
    }
    const auto request = market.own.arrive(order, owners_.of(order.strategy, order.position), heard,
                                           model::day_end(config_.session_closes, now_), *this);
    if (!request) { return; }
    if (market_of_order_.size() <= order.id.value) { market_of_order_.resize(2 * order.id.value + 16, no_instrument); }
    market_of_order_[order.id.value] = market.id;
    ++live_;
    next_expiry_ = std::min(next_expiry_, request->terms.expire_time);
    market.engine.advance_to(now_, log_);
    market.engine.submit(*request, log_);
    digest(market);
    static_cast<void>(compare(market));
}

// The data are over: whole, at the best price of the last book.
void ReactiveVenue::fill_at_end(Market& market, const model::Order& order) {
    const book::TopOfBook top = market.engine.top();
    const auto& level = order.terms.side == Side::buy ? top.ask : top.bid;
    market.own.fill_at_end(order, level ? std::optional{level->price} : std::nullopt, *this);
}

void ReactiveVenue::change(const model::Replace& change, std::uint64_t heard) {
    Market* const known = market_of_own(change.order);
    if (known == nullptr) {
        book::ClientOrders::refuse(change.order, OrderStep::replace_rejected, Reason::order_is_final, *this);
        return;
    }
    Market& market = *known;
    strike(market);
    const auto request = market.own.arrive(change, heard, *this);
    if (!request) { return; }
    const auto before = market.engine.order(request->order);
    market.engine.replace(*request, log_);
    digest(market);
    book::Ticks tick = 0;
    if (market.feed == Feed::by_price && before && market.recorded.scale().to_ticks(before->price, tick)) {
        show_level(market, before->side, tick);  // that it left
    }
    static_cast<void>(compare(market));
}

// What linked orders lose to each other.
void ReactiveVenue::follow_links(Market& market) {
    while (const auto due = market.own.next_due()) {
        if (due->quantity.is_zero()) {
            market.engine.cancel(due->order, log_);
        } else {
            market.engine.replace(*due, log_);
        }
        digest(market);
    }
}

void ReactiveVenue::cancel_own(OrderId id) {
    Market* const known = market_of_own(id);
    if (known == nullptr) {
        book::ClientOrders::refuse(id, OrderStep::cancel_rejected, Reason::order_is_final, *this);
        return;
    }
    Market& market = *known;
    strike(market);
    if (!market.own.arrive_cancel(id, *this)) { return; }
    market.engine.cancel(market.own.engine_id(id), log_);
    digest(market);
    static_cast<void>(compare(market));
}

// Orders whose time in force ended at or before `t`.
void ReactiveVenue::expire_until(TimeNs t) {
    next_expiry_ = time_max;
    for (const std::unique_ptr<Market>& market : markets_) {
        if (!market) { continue; }
        if (std::ranges::any_of(market->own.all(), [&](const Own& own) { return own.expire <= t; })) {
            strike(*market);
            market->engine.advance_to(t, log_);
            digest(*market);
            static_cast<void>(compare(*market));
        }
        for (const Own& own : market->own.all()) {
            if (own.expire > t) { next_expiry_ = std::min(next_expiry_, own.expire); }
        }
    }
}

// Intents that wait get both best prices; without both they wait on.
void ReactiveVenue::announce(Market& market) {
    const book::TopOfBook top = market.engine.top();
    if (!top.bid || !top.ask) { return; }
    line_.announce(market.id, top.ask->price, top.bid->price, market.wanted, source(), now_);
    wanted_ -= market.wanted.size();
    market.wanted.clear();
}

ReactiveVenue::Market* ReactiveVenue::market_of_own(OrderId id) {
    const InstrumentId instrument = id.value < market_of_order_.size() ? market_of_order_[id.value] : no_instrument;
    return instrument == no_instrument ? nullptr : markets_[instrument.value].get();
}

// ---- reports

void ReactiveVenue::tell(Market& market, const MatchEvent& event) {
    if (event.step == OrderStep::filled) {
        const bool is_taker = market.own.is_ours(event.order);
        const bool is_maker = market.own.is_ours(event.maker);
        if (is_maker && !is_taker) { reactions_.met_us += event.quantity.lots; }
        if (is_maker || is_taker) { market.is_apart = true; }
    }
    market.own.tell(event, market.engine, *this);
}

void ReactiveVenue::report(const model::OrderStepFacts& facts, OrderStep step, Reason reason) {
    model::Event event = model::order_event(facts, step, reason, now_);
    line_.report(event, source(), now_);
}

std::uint64_t ReactiveVenue::fill(const model::Execution& execution) {
    return line_.report_fill(execution, *config_.fees, source(), now_);
}

}  // namespace walras::backtest
