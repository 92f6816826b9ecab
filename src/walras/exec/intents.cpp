// Intents: sizes in money, in percent of equity and targets, which become quantities at the event that prices them.
#include "walras/exec/order_manager.hpp"

#include <algorithm>

#include "walras/model/money.hpp"

namespace walras::exec {

using model::Contingency;
using model::Order;
using model::OrderSide;
using model::OrderStep;
using model::OrderType;
using model::Reason;
using model::SizeKind;

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

}  // namespace walras::exec
