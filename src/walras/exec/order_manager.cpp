#include "walras/exec/order_manager.hpp"

#include <algorithm>

#include "walras/core/check.hpp"
#include "walras/core/error.hpp"

namespace walras::exec {

using model::Contingency;
using model::Event;
using model::EventKind;
using model::Order;
using model::OrderReport;
using model::OrderStatus;
using model::OrderStep;
using model::OrderType;
using model::Pending;
using model::Reason;
using model::Request;

OrderManager::OrderManager(const model::Universe& universe, const portfolio::Portfolio& portfolio, risk::RiskGate& gate,
                           Router& router, Sizing sizing)
    : universe_(universe), portfolio_(portfolio), gate_(gate), router_(router), sizing_(sizing) {
    if (sizing.buffer.raw < 0) {  // sizes are divided by 1 + buffer
        throw ConfigError("The sizing buffer is negative; give the fraction that stays free, at least 0.");
    }
}

const Order* OrderManager::find(OrderId id) const {
    return id.value >= 1 && id.value <= orders_.size() ? &orders_[id.value - 1] : nullptr;
}

const risk::Refusal* OrderManager::refusal(OrderId id) const {
    const auto found = std::ranges::find(refusals_, id, &std::pair<OrderId, risk::Refusal>::first);
    return found == refusals_.end() ? nullptr : &found->second;
}

OrderId OrderManager::create(const model::OrderTerms& terms, StrategyId strategy, TimeNs now) {
    Order& order = orders_.emplace_back();
    order.id = OrderId{orders_.size()};
    order.strategy = strategy;
    order.terms = terms;
    order.ts_init = now;
    order.ts_last = now;
    open_.push_back(order.id);
    return order.id;
}

OrderId OrderManager::place(const Request& request, StrategyId strategy, TimeNs now) {
    const OrderId id = create(request.terms, strategy, now);
    Order& order = at(id);
    order.position = request.position;
    order.tag = request.tag;
    order.execution = request.execution;
    order.list = request.list;
    order.contingency = request.contingency;
    if (request.stop_loss || request.take_profit) {
        const OrderListId list = new_list();
        if (request.stop_loss) { create_leg(at(id), *request.stop_loss, OrderType::stop, list, now); }
        if (request.take_profit) { create_leg(at(id), *request.take_profit, OrderType::limit, list, now); }
    }
    if (!universe_.contains(request.terms.instrument)) {
        step(id, OrderStep::denied, Reason::unknown_instrument, now, true);
        return id;
    }
    if (const auto refusal = check_legs(request)) {
        refusals_.emplace_back(id, *refusal);
        step(id, OrderStep::denied, refusal->reason, now, true);
        return id;
    }
    if (!request.after.is_none()) {
        at(id).parent = request.after;
        const Order* parent = find(request.after);
        if (parent == nullptr || (model::is_final(parent->status) && parent->status != OrderStatus::filled)) {
            step(id, OrderStep::denied, Reason::unknown_order, now, true);
            return id;
        }
        if (parent->status != OrderStatus::filled) {
            children_.push_back({request.after, id, {}, request.size, false, false});
            return id;
        }
    }
    send_sized(id, request.size, now);
    return id;
}

// An order with a quantity meets the gate; approved, it goes to its venue.
void OrderManager::send(OrderId id, TimeNs now) {
    auto verdict = gate_.review(at(id), portfolio_, now);
    if (!verdict) {
        refusals_.emplace_back(id, verdict.error());
        step(id, OrderStep::denied, verdict.error().reason, now, true);
        return;
    }
    step(id, OrderStep::submitted, Reason::none, now, false);
    router_.submit(*verdict);
}

// A step that we take ourselves: applied at once, told to the strategy later.
void OrderManager::step(OrderId id, OrderStep what, Reason reason, TimeNs now, bool tell) {
    Order& order = at(id);
    const auto instrument = order.terms.instrument;
    Event event{EventKind::order, instrument, now, now};
    event.flags = model::flag_internal;
    event.report.order = id;
    event.report.strategy = order.strategy;
    event.report.step = what;
    event.report.reason = reason;
    event.report.revision = order.revision;
    const Stake before = stake_of(order);
    const auto done = model::apply_in_place(
        order, event.report, now, universe_.contains(instrument) ? universe_.at(instrument) : *universe_.begin());
    WALRAS_CHECK(done.has_value(), "our own step must be legal");
    commit(before, order);
    if (tell) { outbox_.push_back(event); }
    if (!order.is_open()) { after_final(id, now); }
}

// Lots that count against the gate: what may still trade.
OrderManager::Stake OrderManager::stake_of(const Order& order) {
    return {order.is_working() ? order.signed_leaves() : Quantity{0}, order.is_open()};
}

// Book-keeping that depends only on how an order changed.
void OrderManager::commit(const Stake& before, const Order& after) {
    const Stake now = stake_of(after);
    if (before.exposure != now.exposure) { gate_.track(after, before.exposure, now.exposure); }
    if (before.is_open && !now.is_open) {
        const auto place = std::ranges::lower_bound(open_, after.id);
        if (place != open_.end() && *place == after.id) { open_.erase(place); }
        if (after.contingency == Contingency::ouo && !after.parent.is_none() && open_legs_ > 0) { --open_legs_; }
    }
}

void OrderManager::cancel(OrderId id, TimeNs now) { cancel(id, Reason::user_request, now); }

void OrderManager::cancel(OrderId id, Reason reason, TimeNs now) {
    const Order* order = find(id);
    if (order == nullptr || !order->is_open() || order->pending == Pending::cancel) { return; }
    if (!order->is_working()) {  // it never left the house
        step(id, OrderStep::canceled, reason, now, true);
        return;
    }
    step(id, OrderStep::cancel_requested, reason, now, false);
    router_.cancel(at(id));
}

void OrderManager::replace(const model::Replace& replace, TimeNs now) {
    const Order* order = find(replace.order);
    if (order == nullptr || !order->is_open()) { return; }
    const auto reject = [&](Reason reason) {
        Event event{EventKind::order, order->terms.instrument, now, now};
        event.flags = model::flag_internal;
        event.report.order = replace.order;
        event.report.strategy = order->strategy;
        event.report.step = OrderStep::replace_rejected;
        event.report.reason = reason;
        outbox_.push_back(event);
    };
    if (!order->is_working()) {  // change the plan itself
        Order& plan = at(replace.order);
        if (!replace.quantity.is_zero()) { plan.terms.quantity = replace.quantity; }
        if (!replace.price.is_zero()) { plan.terms.price = replace.price; }
        if (!replace.trigger.is_zero()) { plan.terms.trigger = replace.trigger; }
        for (Child& child : children_) {
            if (child.order != replace.order) { continue; }
            const Price moved = plan.terms.type == OrderType::limit ? replace.price : replace.trigger;
            if (!moved.is_zero()) { child.leg.price = moved; }
        }
        return;
    }
    const auto verdict = gate_.review(replace, *order, portfolio_, now);
    if (!verdict) {
        reject(verdict.error().reason);
        return;
    }
    OrderReport report;
    report.order = replace.order;
    report.step = OrderStep::replace_requested;
    report.quantity = replace.quantity;
    report.price = replace.price;
    report.trigger = replace.trigger;
    const auto done = model::apply_in_place(at(replace.order), report, now, universe_.at(order->terms.instrument));
    WALRAS_CHECK(done.has_value(), "a working order accepts a replace request");
    router_.replace(*verdict, *order);
}

const Order* OrderManager::on_report(const Event& event) {
    const OrderReport& report = event.report;
    const auto refuse = [&](model::LifecycleError error) {
        anomalies_.push_back({event, error});
        return nullptr;
    };
    if (find(report.order) == nullptr) { return refuse(model::LifecycleError::wrong_order); }
    if (trades_seen_.size() <= event.source.value) { trades_seen_.resize(event.source.value + std::size_t{1}); }
    const bool is_trade = report.step == OrderStep::filled && !report.trade.is_none();
    core::IdSet& trades = trades_seen_[event.source.value];
    if (is_trade && trades.contains(report.trade.value)) { return refuse(model::LifecycleError::duplicate_fill); }
    Order& order = at(report.order);
    const Stake before = stake_of(order);
    const Pending pending = order.pending;
    const Reason reason = order.reason;
    const auto done = model::apply_in_place(order, report, event.ts_init, universe_.at(order.terms.instrument));
    if (!done) { return refuse(done.error()); }
    if (is_trade) { trades.insert(report.trade.value); }
    // A venue knows that we cancelled, not why.
    if (report.step == OrderStep::canceled && report.reason == Reason::user_request && pending == Pending::cancel) {
        order.reason = reason;
    }
    commit(before, order);
    return &order;
}

void OrderManager::follow_up(const Event& event) {
    const OrderId id = event.report.order;
    if (event.report.step == OrderStep::filled) { after_fill(id, event.ts_init); }
    if (!at(id).is_open()) { after_final(id, event.ts_init); }
}

void OrderManager::after_final(OrderId id, TimeNs now) {
    // A sibling of an oco pair that is cancelled or refused does not take the other along: it may still protect.
    cancel_children(id, now);
    std::erase_if(waiting_, [&](const Intent& i) { return i.order == id; });
}

void OrderManager::cancel_all(InstrumentId instrument, TimeNs now, Reason reason) {
    for (const OrderId id : std::vector<OrderId>(open_)) {
        const Order& order = at(id);
        if (order.terms.instrument == instrument) { cancel(id, reason, now); }
    }
}

void OrderManager::finish(TimeNs now) {
    for (const OrderId id : std::vector<OrderId>(open_)) {
        if (at(id).is_open()) { step(id, OrderStep::canceled, Reason::end_of_run, now, true); }
    }
    waiting_.clear();
    children_.clear();
    lapsed_.clear();
}

}  // namespace walras::exec
