#include "walras/book/client_orders.hpp"

#include <algorithm>

namespace walras::book {

using model::Contingency;
using model::LiquiditySide;
using model::OrderStep;
using model::Reason;
using model::TimeInForce;

OwnerId ClientOwners::of(StrategyId strategy, PositionId position) {
    const Holder holder{strategy, position};
    auto it = std::ranges::find(holders_, holder);
    if (it == holders_.end()) { it = holders_.insert(it, holder); }
    return {first_ + static_cast<std::uint32_t>(it - holders_.begin())};
}

// ---- messages

std::optional<NewOrder> ClientOrders::arrive(const model::Order& order, OwnerId owner, std::uint64_t heard,
                                             TimeNs day_end, ClientReports& out) {
    ClientOrder own{.order = order, .owner = owner};
    own.waits = model::is_stop(order.terms.type) || model::is_if_touched(order.terms.type);
    NewOrder request{.id = engine_id(order.id), .owner = owner, .terms = order.terms};
    model::OrderTerms& terms = request.terms;
    if (terms.time_in_force == TimeInForce::day) {
        terms.time_in_force = TimeInForce::gtd;
        terms.expire_time = day_end;
    } else if (terms.time_in_force != TimeInForce::gtd) {
        terms.expire_time = time_max;
    } else if (terms.expire_time == time_max) {
        terms.time_in_force = TimeInForce::gtc;
    }
    own.expire = terms.expire_time;
    own.is_shrunk = catch_up(own, heard);
    if (watches_positions_ && terms.reduce_only) {
        const Quantity most = reducible(own);
        if (most.lots <= 0) {
            report(own, OrderStep::rejected, Reason::reduce_only_would_increase, out);
            return std::nullopt;
        }
        if (most < own.order.terms.quantity) {
            own.order.terms.quantity = most;
            own.order.revision += own.is_shrunk ? 0 : 1;
            own.is_shrunk = true;
        }
        terms.reduce_only = false;
    }
    if (own.is_shrunk && own.order.terms.quantity.lots <= 0) {
        report(own, OrderStep::accepted, Reason::none, out);
        report(own, OrderStep::canceled, Reason::contingency, out);
        return std::nullopt;
    }
    terms.quantity = own.order.terms.quantity;
    orders_.push_back(own);
    return request;
}

std::optional<model::Replace> ClientOrders::arrive(const model::Replace& change, std::uint64_t heard,
                                                   ClientReports& out) {
    ClientOrder* own = working(engine_id(change.order));
    if (own == nullptr) {
        refuse(change.order, OrderStep::replace_rejected, Reason::order_is_final, out);
        return std::nullopt;
    }
    model::Replace request = change;
    request.order = engine_id(change.order);
    if (own->order.contingency == Contingency::ouo && !change.quantity.is_zero()) {
        request.quantity -= links_.unheard(own->order.list, change.order, id_, heard);
    }
    own->is_replacing = true;
    return request;
}

bool ClientOrders::arrive_cancel(OrderId order, ClientReports& out) {
    if (has(order)) { return true; }
    refuse(order, OrderStep::cancel_rejected, Reason::order_is_final, out);
    return false;
}

void ClientOrders::fill_at_end(const model::Order& order, std::optional<Price> best, ClientReports& out) {
    const ClientOrder own{.order = order};
    report(own, OrderStep::accepted, Reason::none, out);
    if (model::has_limit(order.terms.type) || !best) {
        report(own, OrderStep::canceled, Reason::no_liquidity, out);
        return;
    }
    static_cast<void>(
        out.fill({*instrument_, order.terms, order.id, order.strategy, order.position, order.revision, *best,
                  order.terms.quantity, true, LiquiditySide::taker, model::FillRule::end_of_data}));
}

const ClientOrder* ClientOrders::find(OrderId engine) const {
    if (!is_ours(engine)) { return nullptr; }
    const auto it = std::ranges::find_if(
        orders_, [&](const ClientOrder& own) { return engine_id(own.order.id) == engine && !own.is_over; });
    return it == orders_.end() ? nullptr : &*it;
}
ClientOrder* ClientOrders::working(OrderId engine) { return const_cast<ClientOrder*>(find(engine)); }

void ClientOrders::told(OrderId order, std::uint64_t report) {
    const auto it = std::ranges::find_if(orders_, [&](const ClientOrder& own) { return own.order.id == order; });
    if (it != orders_.end() && !it->order.list.is_none()) { links_.tell(it->order.list, order, report); }
}

// ---- what the engine said

void ClientOrders::tell(const MatchEvent& event, const MatchingEngine& engine, ClientReports& out) {
    if (event.step == OrderStep::filled) {
        if (ClientOrder* taker = working(event.order)) { fill(*taker, event, false, out); }
        if (ClientOrder* maker = working(event.maker)) { fill(*maker, event, true, out); }
        return;
    }
    ClientOrder* own = working(event.order);
    if (own == nullptr) { return; }
    switch (event.step) {
        case OrderStep::accepted:
            report(*own, OrderStep::accepted, Reason::none, out);
            if (own->is_shrunk) { report(*own, OrderStep::replaced, Reason::none, out); }
            return;
        case OrderStep::triggered:
            own->waits = false;
            if (model::has_limit(own->order.terms.type)) { report(*own, OrderStep::triggered, Reason::none, out); }
            return;
        case OrderStep::replaced:
        case OrderStep::replace_rejected: {
            const bool is_done = event.step == OrderStep::replaced;
            if (own->is_replacing && is_done) { ++own->order.revision; }
            own->is_replacing = false;
            const OrderView view = engine.order(event.order).value_or(OrderView{});
            model::OrderTerms terms = own->order.terms;
            terms.quantity = event.quantity;
            terms.price = event.price;
            if (is_done) { own->order.terms = terms; }
            terms.trigger = view.trigger;
            out.report({own->order.id, own->order.strategy, own->order.revision, terms}, event.step, event.reason);
            return;
        }
        default:
            if (!own->is_out) { report(*own, event.step, event.reason, out); }
            own->is_over = event.step == OrderStep::rejected || event.step == OrderStep::canceled ||
                           event.step == OrderStep::expired;
            return;
    }
}

void ClientOrders::fill(ClientOrder& own, const MatchEvent& event, bool is_maker, ClientReports& out) {
    const bool is_first = own.order.filled.is_zero();
    own.order.filled += event.quantity;
    const bool is_linked = !own.order.list.is_none();
    if (is_linked) { limit_siblings(own, out); }
    if (watches_positions_) {
        const bool buys = own.order.terms.side == model::OrderSide::buy;
        position_of(own.owner) += buys ? event.quantity : -event.quantity;
        limit_reduce_only(own.owner, out);
    }
    const std::uint64_t number = out.fill({*instrument_, own.order.terms, own.order.id, own.order.strategy,
                                           own.order.position, own.order.revision, event.price, event.quantity,
                                           is_first, is_maker ? LiquiditySide::maker : LiquiditySide::taker,
                                           is_maker ? model::FillRule::trade : model::FillRule::book});
    if (is_linked) { links_.add(own.order.list, {number, own.order.id, id_, event.quantity}); }
    if ((is_maker ? event.maker_leaves : event.leaves).is_zero()) { own.is_over = true; }
}

// ---- linked orders

// What `filled` has traded its siblings lose: said at once, before the fill, and done when the engine is at rest.
void ClientOrders::limit_siblings(const ClientOrder& filled, ClientReports& out) {
    const bool shrinks = filled.order.contingency == Contingency::ouo;
    for (ClientOrder& own : orders_) {
        if (own.order.list != filled.order.list || own.order.id == filled.order.id || own.is_over || own.is_out) {
            continue;
        }
        limit_leaves(own, shrinks ? filled.order.leaves() : Quantity{}, Reason::contingency, out);
    }
}

Quantity& ClientOrders::position_of(OwnerId owner) {
    auto it = std::ranges::find(positions_, owner, &Position::owner);
    if (it == positions_.end()) { it = positions_.insert(it, {owner, Quantity{}}); }
    return it->lots;
}

// What an order may trade without opening or turning its owner's position.
Quantity ClientOrders::reducible(const ClientOrder& own) {
    const Quantity position = position_of(own.owner);
    return own.order.terms.side == model::OrderSide::buy ? -position : position;
}

void ClientOrders::limit_reduce_only(OwnerId owner, ClientReports& out) {
    for (ClientOrder& own : orders_) {
        if (!own.order.terms.reduce_only || own.owner != owner || own.is_over || own.is_out) { continue; }
        if (own.order.leaves().lots <= 0) { continue; }
        limit_leaves(own, reducible(own), Reason::reduce_only_would_increase, out);
    }
}

// The order has at most `leaves` left.
void ClientOrders::limit_leaves(ClientOrder& own, Quantity leaves, Reason reason, ClientReports& out) {
    model::Order& order = own.order;
    if (leaves.lots > 0 && order.leaves() <= leaves) { return; }
    if (leaves.lots > 0) {
        order.terms.quantity = order.filled + leaves;
    } else {
        report(own, OrderStep::canceled, reason, out);
        own.is_out = true;
    }
    if (std::ranges::find(due_, order.id) == due_.end()) { due_.push_back(order.id); }
}

// A new order whose sibling traded while the message was under way is as much smaller. Returns whether it is.
bool ClientOrders::catch_up(ClientOrder& own, std::uint64_t heard) {
    model::Order& order = own.order;
    const Quantity missed = links_.unheard(order.list, order.id, order.terms.instrument, heard);
    if (order.list.is_none() || missed.is_zero()) { return false; }
    order.terms.quantity = order.contingency == Contingency::ouo ? order.terms.quantity - missed : Quantity{};
    if (order.terms.quantity.lots > 0) { ++order.revision; }
    return true;
}

std::optional<model::Replace> ClientOrders::next_due() {
    while (!due_.empty()) {
        const OrderId engine = engine_id(due_.back());
        due_.pop_back();
        ClientOrder* own = working(engine);
        if (own == nullptr) { continue; }
        // As it is now: a second fill in the same call of the engine has made it smaller still.
        own->is_replacing = !own->is_out;
        model::Replace due;
        due.order = engine;
        if (!own->is_out) { due.quantity = own->order.terms.quantity; }
        return due;
    }
    return std::nullopt;
}

// ---- reports

void ClientOrders::report(const ClientOrder& own, OrderStep step, Reason reason, ClientReports& out) {
    out.report({own.order.id, own.order.strategy, own.order.revision, own.order.terms}, step, reason);
}

void ClientOrders::refuse(OrderId order, OrderStep step, Reason reason, ClientReports& out) {
    const model::OrderTerms none;
    out.report({order, StrategyId{}, 0, none}, step, reason);
}

}  // namespace walras::book
