#include "walras/exec/order_manager.hpp"

#include <algorithm>

#include "walras/core/check.hpp"
#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

namespace walras::exec {

using model::Contingency;
using model::Event;
using model::EventKind;
using model::Leg;
using model::Order;
using model::OrderReport;
using model::OrderSide;
using model::OrderStatus;
using model::OrderStep;
using model::OrderType;
using model::Pending;
using model::Reason;
using model::Request;
using model::SizeKind;

namespace {

Price at_distance(Price from, Rate distance, bool above) {
    const Money move = apply_rate(Money{from.raw}, distance);
    return above ? from + Price{core::checked_narrow(move.raw)} : from - Price{core::checked_narrow(move.raw)};
}

}  // namespace

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

OrderId OrderManager::place(const Request& request, StrategyId strategy, TimeNs now) {
    const OrderId id = create(request.terms, strategy, now);
    Order& order = at(id);
    order.position = request.position;
    order.tag = request.tag;
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

// A number of lots goes to the gate at once; anything else waits for the event that prices it.
void OrderManager::send_sized(OrderId id, const model::Size& size, TimeNs now) {
    if (size.kind == SizeKind::lots) {
        send(id, now);
        return;
    }
    // A newer target for the same instrument replaces an older one that still waits.
    if (size.kind >= SizeKind::target_lots) {
        const Order& order = at(id);
        superseded_.clear();  // to cancel one takes it from those that wait
        for (const Intent& other : waiting_) {
            const Order& old = at(other.order);
            if (other.size.kind >= SizeKind::target_lots && old.strategy == order.strategy &&
                old.terms.instrument == order.terms.instrument) {
                superseded_.push_back(other.order);
            }
        }
        for (const OrderId old : superseded_) {
            if (at(old).is_open()) { step(old, OrderStep::canceled, Reason::superseded, now, true); }
        }
    }
    Intent intent;
    intent.order = id;
    intent.size = size;
    waiting_.push_back(intent);
    router_.request_price(at(id).terms.instrument, id);
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

void OrderManager::after_final(OrderId id, TimeNs now) {
    // A sibling of an oco pair that is cancelled or refused does not take the other along: it may still protect.
    cancel_children(id, now);
    std::erase_if(waiting_, [&](const Intent& i) { return i.order == id; });
}

void OrderManager::on_mark(InstrumentId instrument, const model::Mark& mark) {
    for (Intent& intent : waiting_) {
        const bool meant = mark.order.is_none() ? at(intent.order).terms.instrument == instrument && !intent.parked
                                                : intent.order == mark.order;
        if (!meant) { continue; }
        if (mark.kind != model::MarkKind::bid) {
            intent.has_buy = true;
            intent.buy = mark.price;
        }
        if (mark.kind != model::MarkKind::ask) {
            intent.has_sell = true;
            intent.sell = mark.price;
        }
    }
}

// Lots that the strategy's working orders on this instrument will still add.
Quantity OrderManager::working_change(const Order& order) const {
    Quantity total{};
    for (const OrderId id : open_) {
        const Order& other = orders_[id.value - 1];
        if (id != order.id && other.strategy == order.strategy && other.terms.instrument == order.terms.instrument &&
            other.is_working() && other.contingency == Contingency::none && !other.terms.reduce_only &&
            other.terms.type == OrderType::market) {
            total += other.signed_leaves();
        }
    }
    return total;
}

Quantity OrderManager::intended_change(const Intent& intent, const Order& order) const {
    const auto& instrument = universe_.at(order.terms.instrument);
    const auto account = portfolio_.account_of(order.terms.instrument);
    const auto base = portfolio_.config(account).base_currency;
    const auto lots_for = [&](Money value, Price price) {  // rounded towards zero, signed like the value
        const Money spendable{core::divide_half_even(core::checked_mul(abs(value).raw, core::int128{core::fixed_scale}),
                                                     core::fixed_scale + sizing_.buffer.raw)};
        const Quantity lots = model::affordable(spendable, price, instrument);
        return value.raw < 0 ? -lots : lots;
    };
    const auto part_of_equity = [&] {
        const Money equity = std::max(portfolio_.equity(account), Money{});
        return portfolio_.convert(apply_rate(equity, intent.size.percent), base, instrument.currency);
    };
    const auto direction = [&](Money value) { return order.terms.side == OrderSide::buy ? value : -value; };
    const Quantity held = portfolio_.quantity(order.terms.instrument, order.strategy) + working_change(order);
    const auto towards = [&](Money target) {
        // A rise is paid at the buying price, a fall earns the selling price.
        const Quantity at_buy = lots_for(target, intent.buy);
        const Quantity at_sell = intent.sell == intent.buy ? at_buy : lots_for(target, intent.sell);
        return at_buy > held ? at_buy - held : (at_sell < held ? at_sell - held : Quantity{0});
    };
    switch (intent.size.kind) {
        case SizeKind::lots: return order.signed_leaves();
        case SizeKind::value:
            return lots_for(direction(intent.size.value),
                            order.terms.side == OrderSide::buy ? intent.buy : intent.sell);
        case SizeKind::percent:
            return lots_for(direction(part_of_equity()), order.terms.side == OrderSide::buy ? intent.buy : intent.sell);
        case SizeKind::target_lots: return Quantity{intent.size.lots} - held;
        case SizeKind::target_value: return towards(intent.size.value);
        case SizeKind::target_percent: return towards(part_of_equity());
    }
    return Quantity{0};
}

// Returns true when the intent is settled: sent, denied or empty.
bool OrderManager::size_intent(const Intent& intent, bool reductions_only, TimeNs now) {
    Order& order = at(intent.order);
    const bool is_part = intent.size.kind == SizeKind::percent || intent.size.kind == SizeKind::target_percent;
    if (is_part && !portfolio_.can_value(portfolio_.account_of(order.terms.instrument))) {
        step(intent.order, OrderStep::denied, Reason::no_reference_price, now, true);
        return true;
    }
    const Quantity change = intended_change(intent, order);
    const Quantity held = portfolio_.net_quantity(order.terms.instrument);
    const bool reduces = change.lots != 0 && (change.lots > 0) != (held.lots > 0) && abs(change) <= abs(held);
    if (reductions_only && !reduces) { return false; }
    if (change.is_zero()) {
        const bool is_target = intent.size.kind >= SizeKind::target_lots;
        // A target that is reached already needs no order; a size below one lot is a refusal that one should see.
        step(intent.order, is_target ? OrderStep::canceled : OrderStep::denied, Reason::zero_size, now, true);
        return true;
    }
    order.terms.side = change.lots > 0 ? OrderSide::buy : OrderSide::sell;
    order.terms.quantity = abs(change);
    if (reduces) { reductions_.push_back(intent.order); }
    send(intent.order, now);
    return true;
}

bool OrderManager::reduction_under_way() {
    std::erase_if(reductions_, [&](OrderId id) { return !at(id).is_open(); });
    return !reductions_.empty();
}

void OrderManager::release_intents(TimeNs now) {
    for (const bool reductions_only : {true, false}) {
        if (!reductions_only && reduction_under_way()) { break; }
        // Sending may settle other intents: work on ids.
        priced_.clear();
        for (const Intent& intent : waiting_) {
            if (intent.is_priced()) { priced_.push_back(intent.order); }
        }
        for (const OrderId id : priced_) {
            const auto found = std::ranges::find(waiting_, id, &Intent::order);
            if (found == waiting_.end()) { continue; }
            const Intent intent = *found;
            if (size_intent(intent, reductions_only, now)) {
                std::erase_if(waiting_, [&](const Intent& i) { return i.order == id; });
            }
        }
    }
    const bool waits = reduction_under_way();
    for (Intent& intent : waiting_) {
        if (intent.is_priced()) {
            intent.has_buy = intent.has_sell = false;
            intent.parked = true;
        }
        if (intent.parked && !waits) {
            intent.parked = false;
            router_.request_price(at(intent.order).terms.instrument, intent.order);
        }
    }
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
