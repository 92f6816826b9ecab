// How a working order changes: resting, waiting for a trigger, waiting for an auction.
// Part of matching_engine_impl.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include "walras/book/matching_engine.hpp"
#include "walras/book/matching_orders_impl.hpp"

namespace walras::book {

// Whether a replace meets more than a plain order in continuous trading: told apart once, for the hot path's sake.
inline bool MatchingEngine::is_rare(const model::Replace& replace, const OrderNode& order) const {
    return is_special_ || order.has(OrderNode::dormant | OrderNode::parked | OrderNode::iceberg) ||
           !replace.display_quantity.is_zero();
}

inline MatchingEngine::Reason MatchingEngine::validate_replace(const model::Replace& replace, Slot slot, bool is_rare,
                                                               Change& change) const {
    const OrderNode& order = book_.node(slot);
    if (is_rare) [[unlikely]] {
        if (const Reason reason = judge_replace(replace, order); reason != Reason::none) { return reason; }
    }
    const bool is_dormant = order.has(OrderNode::dormant);
    if (is_dormant) { change.trigger = stops_.terms(slot).trigger; }
    if (!replace.quantity.is_zero()) {
        if (replace.quantity.lots < 0 || replace.quantity > config_.max_quantity) { return Reason::invalid_quantity; }
        const Lots filled = is_rare ? order.quantity - whole(slot) : order.filled();
        if (replace.quantity.lots <= filled) { return Reason::replace_below_filled; }
        change.quantity = replace.quantity.lots;
    }
    if (!replace.price.is_zero()) {
        // An order without a limit cannot be given one; nor a trailing stop, whose limit follows its trigger.
        if (is_rare && order.rank == market_rank) { return Reason::invalid_price; }
        Ticks tick = 0;
        const Reason reason = to_tick_checked(replace.price, Reason::invalid_price, tick);
        if (reason != Reason::none) { return reason; }
        change.rank = to_rank(order.side, tick);
    }
    if (!replace.trigger.is_zero()) [[unlikely]] {
        if (!is_dormant) { return Reason::invalid_trigger; }
        const Reason reason = to_tick_checked(replace.trigger, Reason::invalid_trigger, change.trigger);
        if (reason != Reason::none) { return reason; }
    }
    if (is_rare && !replace.display_quantity.is_zero()) [[unlikely]] {
        const Quantity display = replace.display_quantity;
        if (!order.has(OrderNode::iceberg) || display < config_.min_display || display.lots > change.quantity) {
            return Reason::invalid_display;
        }
        change.display = display.lots;
    }
    if (!is_dormant && order.has(OrderNode::post_only) && would_take(order.side, change.rank) && !is_call(phase_)) {
        return Reason::post_only_would_take;
    }
    return Reason::none;
}

template <MatchListener L>
void MatchingEngine::replace(const model::Replace& request, L& out) {
    const Slot slot = find(request.order.value);
    if (request.order.is_none() || slot == no_slot) [[unlikely]] {
        OrderNode unknown;
        unknown.id = request.order.value;
        emit(unknown, Step::replace_rejected, Reason::unknown_order, 0, 0, out);
        return;
    }
    const OrderNode& order = book_.node(slot);
    const bool rare = is_rare(request, order);
    Change change{order.rank, order.quantity, 0, 0};
    if (const Reason reason = validate_replace(request, slot, rare, change); reason != Reason::none) [[unlikely]] {
        emit(order, Step::replace_rejected, reason, order.quantity, whole(slot), out);
        return;
    }
    if (rare) [[unlikely]] {
        replace_rarely(slot, change, out);
    } else {
        replace_resting(slot, change, out);
    }
    fire_stops(out);
}

template <class L>
void MatchingEngine::replace_rarely(Slot slot, const Change& change, L& out) {
    const OrderNode& order = book_.node(slot);
    if (order.has(OrderNode::dormant)) {
        replace_stop(slot, change, out);
        return;
    }
    if (order.has(OrderNode::parked)) {
        replace_parked(slot, change, out);
        return;
    }
    // A new display quantity is for the next part; the one that is shown keeps its place.
    if (change.display != 0) { icebergs_[slot].display = change.display; }
    replace_resting(slot, change, out);
}

template <class L>
void MatchingEngine::replace_resting(Slot slot, const Change& change, L& out) {
    OrderNode& order = book_.node(slot);
    const Lots before = whole(slot);
    const Lots leaves = before + (change.quantity - order.quantity);
    if (change.rank == order.rank && leaves <= before) {
        shrink_to(slot, leaves);
        order.quantity = change.quantity;
        emit(order, Step::replaced, Reason::none, order.quantity, leaves, out);
        return;
    }
    unrest(slot);
    order.rank = change.rank;
    order.quantity = change.quantity;
    order.leaves = leaves;
    emit(order, Step::replaced, Reason::none, order.quantity, leaves, out);
    if (order.has(OrderNode::reduce_only)) [[unlikely]] {
        if (const Lots most = reducible(order); order.leaves > most) { clip(order, most, out); }
    }
    if (is_special_) [[unlikely]] {
        OrderNode again = order;
        enter_specially(again, slot, out);
        return;
    }
    if (!would_take(order.side, order.rank)) [[likely]] {
        rest(slot);
        return;
    }
    OrderNode taker = order;
    const bool is_blocked = match(taker, out);
    settle(taker, is_blocked, slot, out);
}

template <class L>
void MatchingEngine::replace_stop(Slot slot, const Change& change, L& out) {
    StopTerms stop = stops_.terms(slot);
    OrderNode& order = book_.node(slot);
    if (change.trigger != stop.trigger || change.quantity > order.quantity) { stop.sequence = ++sequence_; }
    stops_.erase(slot);
    order.rank = change.rank;
    order.quantity = order.leaves = change.quantity;
    stop.trigger = change.trigger;
    if (change.display != 0) { icebergs_[slot].display = change.display; }
    stops_.insert(slot, stop);
    emit(order, Step::replaced, Reason::none, order.quantity, order.leaves, out);
    if (phase_ == TradingPhase::continuous && last_tick_ != no_rank && stop.fires_at(last_tick_)) {
        stops_.erase(slot);
        fired_.push_back(slot);
    }
}

// An order that waits for its auction keeps its place among those that wait unless its price changes or it grows.
template <class L>
void MatchingEngine::replace_parked(Slot slot, const Change& change, L& out) {
    OrderNode& order = book_.node(slot);
    if (change.rank != order.rank || change.quantity > order.quantity) {
        unpark(slot);
        parked_.push_back(slot);
    }
    order.rank = change.rank;
    order.quantity = order.leaves = change.quantity;
    emit(order, Step::replaced, Reason::none, order.quantity, order.leaves, out);
}

}  // namespace walras::book
