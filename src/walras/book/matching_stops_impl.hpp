// What fires, shrinks or expires by itself: stops, reduce-only orders, times in force.
// Part of matching_engine_impl.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include "walras/book/matching_engine.hpp"
#include "walras/book/matching_orders_impl.hpp"

namespace walras::book {

// One stop after another: what one fires while it trades waits its turn behind those that fired before.
template <class L>
void MatchingEngine::fire_stops(L& out) {
    if (fired_.empty()) [[likely]] { return; }
    while (fired_done_ < fired_.size()) { fire(fired_[fired_done_++], out); }
    fired_.clear();
    fired_done_ = 0;
}

template <class L>
void MatchingEngine::fire(Slot slot, L& out) {
    const StopTerms stop = stops_.terms(slot);
    OrderNode order = book_.node(slot);
    const TimeNs expire_time = order.has(OrderNode::is_timed) ? TimeNs{expiries_.key(slot)} : time_max;
    const Lots display = order.has(OrderNode::iceberg) ? icebergs_[slot].display : 0;
    forget(slot);
    order.flags = static_cast<std::uint8_t>((order.flags & ~OrderNode::dormant) | OrderNode::triggered);
    tell(out, [&](MatchEvent& e) {
        e.order = OrderId{order.id};
        e.price = scale_.price(stop.trigger);
        e.quantity = Quantity{order.quantity};
        e.leaves = Quantity{order.leaves};
        e.ts = now_;
        e.owner = owner_of(order.account);
        e.step = Step::triggered;
        e.side = order.side;
    });

    if (order.type == model::OrderType::trailing_stop_limit) {
        const Ticks limit = stop.trigger + (order.side == Side::buy ? stop.limit_offset : -stop.limit_offset);
        if ((limit <= 0 && !config_.price_may_be_negative) || !is_in_range(limit)) {
            emit(order, Step::canceled, Reason::invalid_price, order.leaves, 0, out);
            return;
        }
        order.rank = to_rank(order.side, on_table(order.side, limit));
    }
    if (order.has(OrderNode::post_only) && would_take(order.side, order.rank) && !is_call(phase_)) {
        emit(order, Step::canceled, Reason::post_only_would_take, order.leaves, 0, out);
        return;
    }
    if (is_special_ && is_beyond_band(order)) {
        emit(order, Step::canceled, Reason::price_band, order.leaves, 0, out);
        return;
    }
    if (order.has(OrderNode::reduce_only) && reducible(order) == 0) {
        emit(order, Step::canceled, Reason::reduce_only_would_increase, order.leaves, 0, out);
        return;
    }
    if (order.has(OrderNode::iceberg)) {
        admit(order, display, expire_time, out);
        return;
    }
    enter(order, no_slot, out);
    if (order.has(OrderNode::is_timed)) {
        if (const Slot rested = find(order.id); rested != no_slot) {
            expiries_.insert(rested, expire_time.ns, order.sequence);
        }
    }
}

// An owner's resting reduce-only orders never ask for more than its position.
template <class L>
void MatchingEngine::trim(std::uint32_t account, L& out) {
    for (Slot slot = accounts_[account].reduce_head; slot != no_slot;) {
        OrderNode& order = book_.node(slot);
        const Slot next = order.reduce_next;
        const Lots most = reducible(order);
        if (most == 0) {
            remove(slot, Step::canceled, Reason::reduce_only_would_increase, out);
        } else if (const Lots before = whole(slot); before > most) {
            shrink_to(slot, most);
            order.quantity -= before - most;
            emit(order, Step::replaced, Reason::reduce_only_would_increase, order.quantity, most, out);
        }
        slot = next;
    }
}

// The same for an order that is in no queue.
template <class L>
void MatchingEngine::clip(OrderNode& order, Lots most, L& out) {
    order.quantity -= order.leaves - most;
    order.leaves = most;
    emit(order, Step::replaced, Reason::reduce_only_would_increase, order.quantity, most, out);
}

template <MatchListener L>
void MatchingEngine::advance_to(TimeNs t, L& out) {
    now_ = std::max(now_, t);
    while (!expiries_.empty() && expiries_.top().key <= now_.ns) {
        remove(expiries_.top().slot, Step::expired, Reason::time_in_force, out);
    }
}

template <MatchListener L>
void MatchingEngine::end_of_session(L& out) {
    std::vector<std::pair<std::uint64_t, Slot>> ending;
    for (Slot slot = 0; slot < book_.slots(); ++slot) {
        const OrderNode& order = book_.node(slot);
        if (order.id != 0 && order.time_in_force >= model::TimeInForce::day) {
            ending.emplace_back(order.sequence, slot);
        }
    }
    std::sort(ending.begin(), ending.end());
    for (const auto& [sequence, slot] : ending) { remove(slot, Step::expired, Reason::time_in_force, out); }
}

template <MatchListener L>
void MatchingEngine::set_position(OwnerId owner, Quantity position, L& out) {
    if (owner.is_none()) { return; }
    check_position(position);
    if (!config_.tracks_positions) { refuse_positions(); }
    const std::uint32_t account = account_of(owner);
    accounts_[account].position = position.lots;
    trim(account, out);
}

}  // namespace walras::book
