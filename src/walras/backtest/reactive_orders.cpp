// Our own orders: into the engine after their latency, and what happens to them back to us.
#include <algorithm>

#include "walras/backtest/reactive_venue.hpp"

namespace walras::backtest {

using book::MatchEvent;
using book::OrderView;
using model::LiquiditySide;
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

// Strategies and positions are owners of their own: reduce-only orders look at one of them.
book::OwnerId ReactiveVenue::owner_of(StrategyId strategy, PositionId position) {
    for (std::size_t i = 0; i < holders_.size(); ++i) {
        if (holders_[i].strategy == strategy && holders_[i].position == position) {
            return book::OwnerId{static_cast<std::uint32_t>(i + 1)};
        }
    }
    holders_.push_back({strategy, position});
    return book::OwnerId{static_cast<std::uint32_t>(holders_.size())};
}

void ReactiveVenue::accept(const model::Order& order, std::uint64_t heard) {
    Market& market = market_of(order.terms.instrument);
    strike(market);
    Own own;
    own.order = order;
    own.owner = owner_of(order.strategy, order.position);
    own.waits = model::is_stop(order.terms.type) || model::is_if_touched(order.terms.type);
    book::NewOrder request;
    request.id = OrderId{own_order + order.id.value};
    request.owner = own.owner;
    request.terms = order.terms;
    // The record's auctions are not held here: nothing would ever open or close.
    if (order.terms.time_in_force == TimeInForce::at_the_open ||
        order.terms.time_in_force == TimeInForce::at_the_close) {
        report(own, OrderStep::rejected, Reason::no_auction);
        return;
    }
    if (market.recorded.state() == model::BookState::halted) {
        report(own, OrderStep::rejected, Reason::trading_halted);
        return;
    }
    if (order.terms.time_in_force == TimeInForce::day) {
        request.terms.time_in_force = TimeInForce::gtd;
        request.terms.expire_time = model::day_end(config_.session_closes, now_);
    } else if (order.terms.time_in_force != TimeInForce::gtd) {
        request.terms.expire_time = time_max;
    } else if (order.terms.expire_time == time_max) {
        request.terms.time_in_force = TimeInForce::gtc;
    }
    own.expire = request.terms.expire_time;
    if (market_of_order_.size() <= order.id.value) { market_of_order_.resize(2 * order.id.value + 16, no_instrument); }
    market_of_order_[order.id.value] = market.id;
    const bool shrinks = catch_up_with_siblings(own, heard);
    if (shrinks && own.order.terms.quantity.lots <= 0) {
        report(own, OrderStep::accepted, Reason::none);
        report(own, OrderStep::canceled, Reason::contingency);
        market_of_order_[order.id.value] = no_instrument;
        return;
    }
    request.terms.quantity = own.order.terms.quantity;
    market.own.push_back(own);
    ++live_;
    if (at_end_ && !model::has_limit(order.terms.type)) {
        fill_at_end(market, market.own.back());
        return;
    }
    next_expiry_ = std::min(next_expiry_, own.expire);
    market.engine.advance_to(now_, log_);
    market.engine.submit(request, log_);
    digest(market);
    if (shrinks) { report(own, OrderStep::replaced, Reason::none); }
    static_cast<void>(compare(market));
}

// The data are over: whole, at the best price of the last book.
void ReactiveVenue::fill_at_end(Market& market, Own& own) {
    report(own, OrderStep::accepted, Reason::none);
    const book::TopOfBook top = market.engine.top();
    const auto& level = own.order.terms.side == Side::buy ? top.ask : top.bid;
    if (level) {
        line_.report_fill({universe_.at(market.id), own.order.terms, own.order.id, own.order.strategy,
                           own.order.position, own.order.revision, level->price, own.order.terms.quantity, true,
                           LiquiditySide::taker, model::FillRule::end_of_data},
                          *config_.fees, source(), now_);
    } else {
        report(own, OrderStep::canceled, Reason::no_liquidity);
    }
    own.is_over = true;
    digest(market);
}

void ReactiveVenue::change(const model::Replace& change, std::uint64_t heard) {
    Own* own = find(change.order);
    if (own == nullptr) {
        reject(change.order, OrderStep::replace_rejected, Reason::order_is_final);
        return;
    }
    Market& market = market_of(own->order.terms.instrument);
    strike(market);
    model::Replace request = change;
    request.order = OrderId{own_order + change.order.value};
    if (own->order.contingency == model::Contingency::ouo && !change.quantity.is_zero()) {
        request.quantity -= links_.unheard(own->order.list, change.order, market.id, heard);
    }
    ++own->order.revision;  // taken back if it is refused
    const auto before = market.engine.order(request.order);
    market.engine.replace(request, log_);
    if (!log_.events.empty() && log_.events.front().step == OrderStep::replace_rejected) { --own->order.revision; }
    digest(market);
    book::Ticks tick = 0;
    if (market.feed == Feed::by_price && before && market.recorded.scale().to_ticks(before->price, tick)) {
        show_level(market, before->side, tick);  // that it left
    }
    static_cast<void>(compare(market));
}

// ---- linked orders

// What `filled` has traded its siblings lose: said at once, before the fill, and done when the engine is at rest.
void ReactiveVenue::limit_siblings(Market& market, const Own& filled) {
    const bool shrinks = filled.order.contingency == model::Contingency::ouo;
    for (Own& own : market.own) {
        if (own.order.list != filled.order.list || own.order.id == filled.order.id || own.is_over || own.is_out) {
            continue;
        }
        limit_leaves(own, shrinks ? filled.order.leaves() : Quantity{});
    }
}

// The order has at most `leaves` left.
void ReactiveVenue::limit_leaves(Own& own, Quantity leaves) {
    model::Order& order = own.order;
    if (leaves.lots > 0 && order.leaves() <= leaves) { return; }
    model::Replace due;
    due.order = order.id;
    if (leaves.lots > 0) {
        due.quantity = order.filled + leaves;
        order.terms.quantity = due.quantity;
    } else {
        report(own, OrderStep::canceled, Reason::contingency);
        own.is_out = true;
    }
    links_due_.push_back(due);
}

// A new order whose sibling traded while the message was under way is as much smaller. Returns whether it is.
bool ReactiveVenue::catch_up_with_siblings(Own& own, std::uint64_t heard) {
    model::Order& order = own.order;
    const Quantity missed = links_.unheard(order.list, order.id, order.terms.instrument, heard);
    if (order.list.is_none() || missed.is_zero()) { return false; }
    order.terms.quantity = order.contingency == model::Contingency::ouo ? order.terms.quantity - missed : Quantity{};
    if (order.terms.quantity.lots > 0) { ++order.revision; }
    return true;
}

void ReactiveVenue::follow_links(Market& market) {
    while (!links_due_.empty()) {
        model::Replace due = links_due_.back();
        links_due_.pop_back();
        Own* own = find(due.order);
        if (own == nullptr) { continue; }
        due.order = OrderId{own_order + due.order.value};
        if (due.quantity.is_zero()) {
            market.engine.cancel(due.order, log_);
        } else {
            ++own->order.revision;
            market.engine.replace(due, log_);
        }
        digest(market);
    }
}

void ReactiveVenue::cancel_own(OrderId id) {
    Own* own = find(id);
    if (own == nullptr) {
        reject(id, OrderStep::cancel_rejected, Reason::order_is_final);
        return;
    }
    Market& market = market_of(own->order.terms.instrument);
    strike(market);
    market.engine.cancel(OrderId{own_order + id.value}, log_);
    digest(market);
    static_cast<void>(compare(market));
}

// Orders whose time in force ended at or before `t`.
void ReactiveVenue::expire_until(TimeNs t) {
    next_expiry_ = time_max;
    for (const std::unique_ptr<Market>& market : markets_) {
        if (!market) { continue; }
        if (std::ranges::any_of(market->own, [&](const Own& own) { return own.expire <= t; })) {
            strike(*market);
            market->engine.advance_to(t, log_);
            digest(*market);
            static_cast<void>(compare(*market));
        }
        for (const Own& own : market->own) {
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

ReactiveVenue::Own* ReactiveVenue::find(OrderId id) {
    const InstrumentId instrument = id.value < market_of_order_.size() ? market_of_order_[id.value] : no_instrument;
    return instrument == no_instrument ? nullptr : find(*markets_[instrument.value], own_order + id.value);
}

ReactiveVenue::Own* ReactiveVenue::find(Market& market, std::uint64_t engine_id) {
    const auto it = std::ranges::find_if(
        market.own, [&](const Own& own) { return own_order + own.order.id.value == engine_id && !own.is_over; });
    return it == market.own.end() ? nullptr : &*it;
}

// ---- reports

void ReactiveVenue::tell(Market& market, const MatchEvent& event) {
    if (event.step == OrderStep::filled) {
        Own* taker = event.order.value > own_order ? find(market, event.order.value) : nullptr;
        Own* maker = event.maker.value > own_order ? find(market, event.maker.value) : nullptr;
        if (taker != nullptr) { tell_fill(market, *taker, event, false); }
        if (maker != nullptr) { tell_fill(market, *maker, event, true); }
        if ((taker == nullptr) != (maker == nullptr)) {
            if (maker != nullptr) { reactions_.met_us += event.quantity.lots; }
        }
        return;
    }
    if (event.order.value <= own_order) { return; }
    Own* own = find(market, event.order.value);
    if (own == nullptr) { return; }
    switch (event.step) {
        case OrderStep::accepted: report(*own, OrderStep::accepted, Reason::none); break;
        case OrderStep::triggered:
            own->waits = false;
            if (model::has_limit(own->order.terms.type)) { report(*own, OrderStep::triggered, Reason::none); }
            break;
        case OrderStep::replaced:
        case OrderStep::replace_rejected: {
            const auto view = market.engine.order(event.order);
            OrderView told = view.value_or(OrderView{});
            told.quantity = event.quantity;
            told.price = event.price;
            if (event.step == OrderStep::replaced) {
                own->order.terms.quantity = told.quantity;
                own->order.terms.price = told.price;
            }
            report(*own, event.step, event.reason, &told);
            break;
        }
        default:
            if (!own->is_out) { report(*own, event.step, event.reason); }
            own->is_over = event.step == OrderStep::rejected || event.step == OrderStep::canceled ||
                           event.step == OrderStep::expired;
            break;
    }
}

void ReactiveVenue::tell_fill(Market& market, Own& own, const MatchEvent& event, bool is_maker) {
    const bool is_first = own.order.filled.is_zero();
    own.order.filled += event.quantity;
    const bool is_linked = !own.order.list.is_none();
    if (is_linked) { limit_siblings(market, own); }
    const std::uint64_t told =
        line_.report_fill({universe_.at(market.id), own.order.terms, own.order.id, own.order.strategy,
                           own.order.position, own.order.revision, event.price, event.quantity, is_first,
                           is_maker ? LiquiditySide::maker : LiquiditySide::taker,
                           is_maker ? model::FillRule::trade : model::FillRule::book},
                          *config_.fees, source(), now_);
    if (is_linked) { links_.add(own.order.list, {told, own.order.id, market.id, event.quantity}); }
    market.is_apart = true;
    if ((is_maker ? event.maker_leaves : event.leaves).is_zero()) { own.is_over = true; }
}

void ReactiveVenue::report(const Own& own, OrderStep step, Reason reason, const OrderView* view) {
    model::OrderTerms terms = own.order.terms;
    if (view != nullptr) {
        terms.quantity = view->quantity;
        terms.price = view->price;
        terms.trigger = view->trigger;
    }
    model::Event event =
        model::order_event({own.order.id, own.order.strategy, own.order.revision, terms}, step, reason, now_);
    line_.report(event, source(), now_);
}

void ReactiveVenue::reject(OrderId id, OrderStep step, Reason reason) {
    model::Event event = model::refusal_event(id, InstrumentId{0}, StrategyId{}, step, reason, now_);
    line_.report(event, source(), now_);
}

}  // namespace walras::backtest
