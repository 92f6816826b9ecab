// How an order enters the market, trades, rests and leaves.
// Part of matching_engine_impl.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include "walras/book/matching_engine.hpp"

namespace walras::book {

inline MatchingEngine::Reason MatchingEngine::to_tick_checked(Price price, Reason invalid, Ticks& tick) const {
    if (price.raw <= 0 && !config_.price_may_be_negative) { return invalid; }
    if (price.raw > max_price || price.raw < -max_price) { return invalid; }
    if (has_tick_table_ && !config_.tick_table.allows(price)) [[unlikely]] { return Reason::off_tick; }
    return scale_.to_ticks(price, tick) ? Reason::none : Reason::off_tick;
}

inline bool MatchingEngine::would_take(Side side, Rank rank) const {
    return rank + book_.ladder(model::opposite(side)).best() >= 0;
}

inline Lots MatchingEngine::reducible(const OrderNode& order) const {
    const Lots position = accounts_[order.account].position;
    return std::max<Lots>(0, order.side == Side::buy ? -position : position);
}

inline Lots MatchingEngine::whole(Slot slot) const {
    const OrderNode& order = book_.node(slot);
    if (order.has(OrderNode::iceberg)) [[unlikely]] { return order.leaves + icebergs_[slot].hidden; }
    return order.leaves;
}

inline void MatchingEngine::rest(Slot slot) {
    if (book_.node(slot).has(OrderNode::reduce_only | OrderNode::iceberg)) [[unlikely]] { rest_rare(slot); }
    book_.enqueue(slot);
}

inline void MatchingEngine::unrest(Slot slot) {
    book_.unlink(slot);
    if (book_.node(slot).has(OrderNode::reduce_only | OrderNode::iceberg)) [[unlikely]] { unrest_rare(slot); }
}

// The place in the queue stays; an iceberg gives up hidden quantity first.
inline void MatchingEngine::shrink_to(Slot slot, Lots leaves) {
    if (book_.node(slot).has(OrderNode::iceberg)) [[unlikely]] { leaves = shrink_hidden(slot, leaves); }
    book_.shrink(slot, leaves);
}

inline Slot MatchingEngine::keep(const OrderNode& order) {
    if (is_direct(order.id)) {
        const Slot slot = direct_slot(order.id);
        book_.node(slot) = order;
        ++direct_count_;
        return slot;
    }
    const Slot slot = book_.allocate(order);
    ids_.insert(order.id, slot);
    return slot;
}

inline void MatchingEngine::forget(Slot slot) {
    OrderNode& order = book_.node(slot);
    if (order.has(OrderNode::is_timed)) [[unlikely]] { expiries_.erase(slot); }
    if (slot < config_.direct_slots) {
        order.id = 0;
        --direct_count_;
        return;
    }
    ids_.erase(order.id);
    book_.release(slot);
}

// Writes an event where the listener wants it.
template <class L, class Write>
void tell(L& out, Write&& write) {
    if constexpr (MatchStore<L>) {
        write(out.next_match());
    } else {
        MatchEvent event;
        write(event);
        out.on_match(event);
    }
}

template <class L>
void MatchingEngine::emit(const OrderNode& order, Step step, Reason reason, Lots quantity, Lots leaves, L& out) const {
    tell(out, [&](MatchEvent& e) {
        e.order = OrderId{order.id};
        e.price = order.rank == market_rank ? Price{} : scale_.price(order.tick());
        e.quantity = Quantity{quantity};
        e.leaves = Quantity{leaves};
        e.ts = now_;
        e.owner = owner_of(order.account);
        e.step = step;
        e.reason = reason;
        e.side = order.side;
    });
}

template <MatchListener L>
void MatchingEngine::submit(const NewOrder& request, L& out) {
    OrderNode order;
    StopTerms stop;
    order.id = request.id.is_none() ? ++last_order_ : request.id.value;
    Reason reason = validate(request.terms, order, stop);
    if (reason == Reason::none && is_taken(order.id)) { reason = Reason::duplicate_order_id; }
    if (reason == Reason::none) {
        order.account = account_of(request.owner);
        if (is_special_ || order.has(OrderNode::parked)) [[unlikely]] { reason = judge(order); }
        if (reason == Reason::none && !order.has(OrderNode::dormant | OrderNode::parked)) {
            if (order.has(OrderNode::post_only) && would_take(order.side, order.rank) && !is_call(phase_)) {
                reason = Reason::post_only_would_take;
            } else if (order.has(OrderNode::reduce_only) && reducible(order) == 0) {
                reason = Reason::reduce_only_would_increase;
            }
        }
    }
    if (reason != Reason::none) [[unlikely]] {
        tell(out, [&](MatchEvent& e) {
            e.order = OrderId{order.id};
            e.price = request.terms.price;
            e.quantity = request.terms.quantity;
            e.ts = now_;
            e.owner = request.owner;
            e.step = Step::rejected;
            e.reason = reason;
            e.side = request.terms.side;
        });
        return;
    }
    if (order.id > last_order_ && order.id < UINT64_MAX / 2) { last_order_ = order.id; }
    order.sequence = ++sequence_;
    emit(order, Step::accepted, Reason::none, order.quantity, order.leaves, out);
    if (!order.has(OrderNode::dormant)) {
        if (order.has(OrderNode::parked | OrderNode::iceberg)) [[unlikely]] {
            admit(order, request.terms.display_quantity.lots, request.terms.expire_time, out);
            fire_stops(out);
            return;
        }
        const bool is_timed = order.has(OrderNode::is_timed);
        const std::uint64_t id = order.id;
        enter(order, no_slot, out);
        if (is_timed) [[unlikely]] {
            if (const Slot slot = find(id); slot != no_slot) {
                expiries_.insert(slot, request.terms.expire_time.ns, order.sequence);
            }
        }
    } else {
        const Slot slot = keep(order);
        if (order.has(OrderNode::is_timed)) { expiries_.insert(slot, request.terms.expire_time.ns, order.sequence); }
        if (order.has(OrderNode::iceberg)) { set_display(slot, request.terms.display_quantity.lots); }
        stop.sequence = order.sequence;
        if (stop.is_trailing && !stop.has_trigger() && last_tick_ != no_rank) {
            stop.trigger = stop.trigger_behind(last_tick_);
        }
        stops_.insert(slot, stop);
        if (phase_ == TradingPhase::continuous && last_tick_ != no_rank && stop.fires_at(last_tick_)) {
            stops_.erase(slot);
            fired_.push_back(slot);
        }
    }
    fire_stops(out);
}

// An order with terms beside its node, which lie at its slot, has one before it meets the market.
template <class L>
void MatchingEngine::admit(OrderNode& order, Lots display, TimeNs expire_time, L& out) {
    const Slot slot = keep(order);
    if (order.has(OrderNode::is_timed)) { expiries_.insert(slot, expire_time.ns, order.sequence); }
    if (order.has(OrderNode::iceberg)) { set_display(slot, display); }
    if (order.has(OrderNode::parked)) {
        parked_.push_back(slot);
    } else {
        enter(order, slot, out);
    }
}

// An order that is in no queue meets the market. `slot` is its own if it has one already.
template <class L>
void MatchingEngine::enter(OrderNode& order, Slot slot, L& out) {
    if (order.has(OrderNode::reduce_only)) [[unlikely]] {
        const Lots most = reducible(order);
        // A fill-or-kill for more than the position can never fill completely.
        if (order.leaves > most && order.time_in_force != model::TimeInForce::fok) { clip(order, most, out); }
    }
    if (is_special_ || order.has(OrderNode::unpriced)) [[unlikely]] {
        enter_specially(order, slot, out);
        return;
    }
    if (order.time_in_force == model::TimeInForce::fok && !is_fillable(order)) [[unlikely]] {
        drop(order, slot, Reason::fok_not_fillable, out);
        return;
    }
    const bool is_blocked = match(order, out);
    settle(order, is_blocked, slot, out);
}

// What is left of an order that is in no queue goes.
template <class L>
void MatchingEngine::drop(const OrderNode& order, Slot slot, Reason reason, L& out) {
    emit(order, Step::canceled, reason, order.leaves, 0, out);
    if (slot != no_slot) { forget(slot); }
}

// Trades against the other side, best price first, oldest order first. True if self-trade prevention stopped it.
template <class L>
bool MatchingEngine::match(OrderNode& taker, L& out) {
    const OrderBook::Ladder& other = book_.ladder(model::opposite(taker.side));
    while (taker.leaves > 0 && taker.rank + other.best() >= 0) {
        const Slot maker = other.best_level().head;
        if (taker.account != 0 && book_.node(maker).account == taker.account) [[unlikely]] {
            if (config_.self_trade == SelfTradePolicy::cancel_newest) { return true; }
            if (config_.self_trade != SelfTradePolicy::none) {
                remove(maker, Step::canceled, Reason::self_trade, out);
                if (config_.self_trade == SelfTradePolicy::cancel_both) { return true; }
                continue;
            }
        }
        trade(taker, maker, out);
    }
    return false;
}

template <class L>
void MatchingEngine::trade(OrderNode& taker, Slot slot, L& out) {
    OrderNode& maker = book_.node(slot);
    book_.prefetch_order(maker.next);
    const Lots lots = std::min(taker.leaves, maker.leaves);
    const Ticks tick = maker.tick();
    const std::uint32_t maker_account = maker.account;
    const Lots hidden = maker.has(OrderNode::iceberg) ? icebergs_[slot].hidden : 0;
    tell(out, [&](MatchEvent& e) {
        e.order = OrderId{taker.id};
        e.maker = OrderId{maker.id};
        e.trade = TradeId{++last_trade_};
        e.price = scale_.price(tick);
        e.quantity = Quantity{lots};
        e.leaves = Quantity{taker.leaves - lots};
        e.maker_leaves = Quantity{maker.leaves - lots + hidden};
        e.ts = now_;
        e.owner = owner_of(taker.account);
        e.maker_owner = owner_of(maker_account);
        e.step = Step::filled;
        e.side = taker.side;
    });

    taker.leaves -= lots;
    if (lots != maker.leaves) {
        book_.shrink(slot, maker.leaves - lots);
    } else if (hidden != 0) [[unlikely]] {
        refresh(slot);
    } else {
        unrest(slot);
        forget(slot);
    }
    const Lots bought = taker.side == Side::buy ? lots : -lots;
    move_position(taker.account, bought);
    move_position(maker_account, -bought);
    if (reduce_only_resting_ != 0) [[unlikely]] {
        trim(maker_account, out);
        trim(taker.account, out);
    }
    if (tick != last_tick_) {
        last_tick_ = tick;
        if (stops_.wants(tick)) [[unlikely]] { stops_.on_trade(tick, fired_); }
    }
}

// What is left after matching rests or is canceled. `slot` is the order's own, if it has one (a replaced order).
template <class L>
void MatchingEngine::settle(OrderNode& taker, bool is_blocked, Slot slot, L& out) {
    Reason reason = Reason::none;
    if (taker.leaves > 0) {
        if (is_blocked) {
            reason = Reason::self_trade;
        } else if (taker.time_in_force == model::TimeInForce::ioc) {
            reason = Reason::ioc_remainder;
        } else if (taker.rank == market_rank) {
            reason = Reason::no_liquidity;
        } else {
            if (slot == no_slot) {
                slot = keep(taker);
            } else {
                book_.node(slot) = taker;
            }
            rest(slot);
            return;
        }
        emit(taker, Step::canceled, reason, taker.leaves, 0, out);
    }
    if (slot != no_slot) { forget(slot); }
}

template <MatchListener L>
void MatchingEngine::cancel(OrderId id, L& out) {
    const Slot slot = find(id.value);
    if (id.is_none() || slot == no_slot) [[unlikely]] {
        OrderNode unknown;
        unknown.id = id.value;
        emit(unknown, Step::cancel_rejected, Reason::unknown_order, 0, 0, out);
        return;
    }
    remove(slot, Step::canceled, Reason::user_request, out);
}

// Takes a working order out of the market for good.
template <class L>
void MatchingEngine::remove(Slot slot, Step step, Reason reason, L& out) {
    const OrderNode& order = book_.node(slot);
    emit(order, step, reason, whole(slot), 0, out);
    if (order.has(OrderNode::dormant)) {
        stops_.erase(slot);
    } else if (order.has(OrderNode::parked)) [[unlikely]] {
        unpark(slot);
    } else {
        unrest(slot);
    }
    forget(slot);
}

}  // namespace walras::book
