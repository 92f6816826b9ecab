// Orders that belong together: the legs of brackets, siblings that cancel or shrink each other, orders that wait for
// another one.
#include "walras/exec/order_manager.hpp"

#include <algorithm>
#include <iterator>

#include "walras/model/money.hpp"

namespace walras::exec {

using model::Contingency;
using model::Leg;
using model::Order;
using model::OrderSide;
using model::OrderStatus;
using model::OrderStep;
using model::OrderType;
using model::Reason;
using model::Request;

namespace {

Price at_distance(Price from, Rate distance, bool above) {
    const Money move = apply_rate(Money{from.raw}, distance);
    return above ? from + Price{core::checked_narrow(move.raw)} : from - Price{core::checked_narrow(move.raw)};
}

}  // namespace

OrderId OrderManager::create_leg(const Order& parent, const Leg& leg, OrderType type, OrderListId list, TimeNs now) {
    model::OrderTerms terms;
    terms.instrument = parent.terms.instrument;
    terms.side = model::opposite(parent.terms.side);
    terms.type = type;
    terms.reduce_only = true;
    (type == OrderType::limit ? terms.price : terms.trigger) = leg.price;
    if (leg.trailing_offset > 0) {
        terms.type = OrderType::trailing_stop;
        terms.trailing_offset = leg.trailing_offset;
        terms.trailing_kind = leg.trailing_kind;
        terms.trigger = Price{};
    }
    const OrderId parent_id = parent.id;
    const PositionId position = parent.position;
    const std::uint32_t tag = parent.tag;
    const OrderId id = create(terms, parent.strategy, now);
    Order& order = at(id);
    order.parent = parent_id;
    order.position = position;
    order.list = list;
    order.contingency = Contingency::ouo;
    order.tag = tag;
    children_.push_back({parent_id, id, leg, {}, true, false});
    ++open_legs_;
    return id;
}

// A leg at a price must lie on its side of where the entry is expected: its limit, its trigger or the last price.
std::optional<risk::Refusal> OrderManager::check_legs(const Request& request) const {
    const model::OrderTerms& terms = request.terms;
    Price entry = portfolio_.last_price(terms.instrument);
    if (!terms.trigger.is_zero()) { entry = terms.trigger; }
    if (!terms.price.is_zero()) { entry = terms.price; }
    if (entry.is_zero()) { return std::nullopt; }
    const auto is_wrong = [&](const std::optional<Leg>& leg, bool below) {
        if (!leg || leg->price.is_zero() || leg->trailing_offset > 0) { return false; }
        return below ? leg->price >= entry : leg->price <= entry;
    };
    const bool is_buy = terms.side == OrderSide::buy;
    for (const auto& [leg, below] : {std::pair{&request.stop_loss, is_buy}, {&request.take_profit, !is_buy}}) {
        if (is_wrong(*leg, below)) {
            return risk::Refusal{Reason::leg_on_wrong_side, (*leg)->price.to_double(), entry.to_double()};
        }
    }
    return std::nullopt;
}

void OrderManager::after_fill(OrderId id, TimeNs now) {
    if (!lapsed_.empty()) { recall_for_late_fill(id); }
    // By index: sending a child may end an order and erase its own children.
    for (std::size_t i = 0; i < children_.size(); ++i) {  // NOLINT(modernize-loop-convert)
        if (children_[i].parent == id) { release_child(children_[i], now); }
    }
    if (!children_.empty()) {
        renew_legs(id, now);
        end_entry(id, now);
    }
    if (open_legs_ == 0 && at(id).list.is_none()) { return; }
    const Order order = at(id);  // as it is now: what follows may change it
    if (open_legs_ > 0) { cancel_idle_legs(order, now); }
    if (order.list.is_none()) { return; }
    if (order.contingency == Contingency::oco) { cancel_siblings(order, now); }
    if (order.contingency == Contingency::ouo) { shrink_siblings(order, now); }
}

// Legs whose position another order has closed or turned around: they must never open one of their own.
void OrderManager::cancel_idle_legs(const Order& filled, TimeNs now) {
    const auto instrument = filled.terms.instrument;
    if (portfolio_.config(portfolio_.account_of(instrument)).mode == portfolio::PositionMode::hedging) { return; }
    const Quantity held = portfolio_.quantity(instrument, filled.strategy);
    for (const OrderId id : std::vector<OrderId>(open_)) {
        const Order& leg = at(id);
        const bool is_leg = leg.terms.reduce_only && leg.contingency == Contingency::ouo && !leg.parent.is_none();
        if (!is_leg || id == filled.id || !leg.is_working() || leg.strategy != filled.strategy ||
            leg.terms.instrument != instrument) {
            continue;
        }
        const bool protects = leg.terms.side == OrderSide::sell ? held.lots > 0 : held.lots < 0;
        if (!protects) { cancel(id, Reason::contingency, now); }
    }
}

// An exit that has begun ends its entry: what is left of the parent must not open a position again.
void OrderManager::end_entry(OrderId leg, TimeNs now) {
    const auto child = std::ranges::find(children_, leg, &Child::order);
    if (child != children_.end() && child->sized_by_parent) { cancel(child->parent, Reason::contingency, now); }
}

// What the legs of this parent have still to close.
Quantity OrderManager::unclosed(const Order& parent) const {
    Quantity open = parent.filled;
    for (const Child& child : children_) {
        if (child.parent == parent.id && child.sized_by_parent) { open -= orders_[child.order.value - 1].filled; }
    }
    return open;
}

// A fill of the parent that crossed its cancel on the wire, after its legs were done: the part gets legs of its own.
// Legs that the strategy itself has cancelled stay away.
void OrderManager::renew_legs(OrderId parent, TimeNs now) {
    std::vector<Child> ended;
    bool protects = false;  // something had begun to, or ended with the parent
    for (const Child& child : children_) {
        if (child.parent != parent || !child.sized_by_parent) { continue; }
        const Order& leg = at(child.order);
        if (leg.is_open()) { return; }
        protects = protects || !leg.filled.is_zero() || !child.sent;
        // Older sets of legs are replaced by younger ones.
        if (!ended.empty() && at(ended.back().order).list != leg.list) { ended.clear(); }
        ended.push_back(child);
    }
    std::erase_if(ended, [&](const Child& child) { return at(child.order).reason == Reason::user_request; });
    if (!protects || ended.empty()) { return; }
    const OrderListId list = new_list();
    for (const Child& old : ended) {
        const auto type = at(old.order).terms.type == OrderType::limit ? OrderType::limit : OrderType::stop;
        create_leg(at(parent), old.leg, type, list, now);
    }
    for (std::size_t i = 0; i < children_.size(); ++i) {  // NOLINT(modernize-loop-convert): as above
        if (children_[i].parent == parent && children_[i].sized_by_parent && !children_[i].sent) {
            release_child(children_[i], now);
        }
    }
}

// A cancelled or expired entry can still meet a fill that crossed its end on the wire: its legs are remembered.
void OrderManager::keep_for_late_fills(OrderId parent) {
    const Order& entry = at(parent);
    if (entry.status != OrderStatus::canceled && entry.status != OrderStatus::expired) { return; }
    const auto place = std::ranges::upper_bound(lapsed_, parent, {}, &Child::parent);
    std::vector<Child> legs;
    std::ranges::copy_if(children_, std::back_inserter(legs),
                         [&](const Child& child) { return child.parent == parent && child.sized_by_parent; });
    lapsed_.insert(place, legs.begin(), legs.end());
}

void OrderManager::recall_for_late_fill(OrderId parent) {
    const auto legs = std::ranges::equal_range(lapsed_, parent, {}, &Child::parent);
    children_.insert(children_.end(), legs.begin(), legs.end());
    lapsed_.erase(legs.begin(), legs.end());
}

void OrderManager::release_child(Child& child, TimeNs now) {
    const Order parent = at(child.parent);
    Order& order = at(child.order);
    if (!order.is_open()) { return; }
    if (!child.sized_by_parent) {
        if (parent.status != OrderStatus::filled || child.sent) { return; }
        child.sent = true;
        send_sized(child.order, child.size, now);
        return;
    }
    if (child.sent) {  // a further partial fill of the parent: protect that part too
        replace({child.order, order.filled + unclosed(parent), Price{}, Price{}}, now);
        return;
    }
    const auto& instrument = universe_.at(order.terms.instrument);
    if (!child.leg.distance.is_zero()) {
        const Price entry = model::average_price(parent.filled_notional, parent.filled, instrument);
        const bool is_target = order.terms.type == OrderType::limit;
        const bool above = (parent.terms.side == OrderSide::buy) == is_target;
        const Price level = instrument.round_down_to_tick(at_distance(entry, child.leg.distance, above));
        (is_target ? order.terms.price : order.terms.trigger) = level;
    }
    order.terms.quantity = unclosed(parent);
    child.sent = true;
    send(child.order, now);
}

// A partial fill of one sibling leaves less for the others.
void OrderManager::shrink_siblings(const Order& order, TimeNs now) {
    if (order.leaves().is_zero()) {
        cancel_siblings(order, now);
        return;
    }
    for (const OrderId id : std::vector<OrderId>(open_)) {
        const Order& sibling = at(id);
        if (sibling.list == order.list && id != order.id && sibling.is_working() && sibling.leaves() > order.leaves()) {
            replace({id, sibling.filled + order.leaves(), Price{}, Price{}}, now);
        }
    }
}

void OrderManager::cancel_siblings(const Order& order, TimeNs now) {
    for (const OrderId id : std::vector<OrderId>(open_)) {
        const Order& sibling = at(id);
        if (sibling.list == order.list && id != order.id) { cancel(id, Reason::contingency, now); }
    }
}

// A parent that ends without having filled takes its unsent children along.
void OrderManager::cancel_children(OrderId parent, TimeNs now) {
    if (children_.empty()) { return; }
    for (std::size_t i = 0; i < children_.size(); ++i) {  // NOLINT(modernize-loop-convert): as above
        const Child child = children_[i];
        if (child.parent != parent || child.sent) { continue; }
        if (at(child.order).is_open()) { step(child.order, OrderStep::canceled, Reason::contingency, now, true); }
    }
    if (!at(parent).is_open()) {
        keep_for_late_fills(parent);
        std::erase_if(children_, [&](const Child& child) { return child.parent == parent; });
    }
}

}  // namespace walras::exec
