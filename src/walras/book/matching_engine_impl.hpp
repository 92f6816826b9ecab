// The bodies of MatchingEngine's listener templates. Include this only to match with a listener of your own; MatchLog
// and MatchSink are instantiated in matching_engine.cpp.
#pragma once

#include <algorithm>

#include "walras/book/matching_engine.hpp"

namespace walras::book {

inline MatchingEngine::Reason MatchingEngine::to_tick_checked(Price price, Reason invalid, Ticks& tick) const {
    if (price.raw <= 0 && !config_.price_may_be_negative) { return invalid; }
    if (price.raw > max_price || price.raw < -max_price) { return invalid; }
    return scale_.to_ticks(price, tick) ? Reason::none : Reason::off_tick;
}

inline bool MatchingEngine::would_take(Side side, Rank rank) const {
    return rank + book_.ladder(model::opposite(side)).best() >= 0;
}

inline Lots MatchingEngine::reducible(const OrderNode& order) const {
    const Lots position = accounts_[order.account].position;
    return std::max<Lots>(0, order.side == Side::buy ? -position : position);
}

inline void MatchingEngine::rest(Slot slot) {
    book_.enqueue(slot);
    if (book_.node(slot).has(OrderNode::reduce_only)) [[unlikely]] { link_reduce_only(slot); }
}

inline void MatchingEngine::unrest(Slot slot) {
    if (book_.node(slot).has(OrderNode::reduce_only)) [[unlikely]] { unlink_reduce_only(slot); }
    book_.unlink(slot);
}

inline void MatchingEngine::forget(Slot slot) {
    const OrderNode& order = book_.node(slot);
    if (order.has(OrderNode::is_timed)) [[unlikely]] { expiries_.erase(slot); }
    ids_.erase(order.id);
    book_.release(slot);
}

inline MatchingEngine::Reason MatchingEngine::validate_replace(const model::Replace& replace, Slot slot,
                                                               Change& change) const {
    const OrderNode& order = book_.node(slot);
    const bool is_dormant = order.has(OrderNode::dormant);
    if (is_dormant) { change.trigger = stops_.terms(slot).trigger; }
    if (!replace.quantity.is_zero()) {
        if (replace.quantity.lots < 0 || replace.quantity > config_.max_quantity) { return Reason::invalid_quantity; }
        if (replace.quantity.lots <= order.filled()) { return Reason::replace_below_filled; }
        change.quantity = replace.quantity.lots;
    }
    if (!replace.price.is_zero()) {
        // A waiting stop without a limit cannot be given one; nor a trailing one, whose limit follows its trigger.
        if (is_dormant && order.type != model::OrderType::stop_limit) { return Reason::invalid_price; }
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
    if (!is_dormant && order.has(OrderNode::post_only) && would_take(order.side, change.rank)) {
        return Reason::post_only_would_take;
    }
    return Reason::none;
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
        e.owner = accounts_[order.account].owner;
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
    if (reason == Reason::none && ids_.find(order.id) != IdTable::none) { reason = Reason::duplicate_order_id; }
    if (reason == Reason::none) {
        order.account = account_of(request.owner);
        if (!order.has(OrderNode::dormant)) {
            if (order.has(OrderNode::post_only) && would_take(order.side, order.rank)) {
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
        const bool is_timed = order.has(OrderNode::is_timed);
        const std::uint64_t id = order.id;
        enter(order, out);
        if (is_timed) [[unlikely]] {
            if (const Slot slot = ids_.find(id); slot != no_slot) {
                expiries_.insert(slot, request.terms.expire_time.ns, order.sequence);
            }
        }
    } else {
        const Slot slot = book_.allocate(order);
        ids_.insert(order.id, slot);
        if (order.has(OrderNode::is_timed)) { expiries_.insert(slot, request.terms.expire_time.ns, order.sequence); }
        stop.sequence = order.sequence;
        if (stop.is_trailing && !stop.has_trigger() && last_tick_ != no_rank) {
            stop.trigger = stop.trigger_behind(last_tick_);
        }
        stops_.insert(slot, stop);
        if (last_tick_ != no_rank && stop.fires_at(last_tick_)) {
            stops_.erase(slot);
            fired_.push_back(slot);
        }
    }
    fire_stops(out);
}

// An order that is in no queue meets the market. Its slot, if it comes to rest, is new.
template <class L>
void MatchingEngine::enter(OrderNode& order, L& out) {
    if (order.has(OrderNode::reduce_only)) [[unlikely]] {
        const Lots most = reducible(order);
        // A fill-or-kill for more than the position can never fill completely.
        if (order.leaves > most && order.time_in_force != model::TimeInForce::fok) { clip(order, most, out); }
    }
    if (order.time_in_force == model::TimeInForce::fok && !is_fillable(order)) [[unlikely]] {
        emit(order, Step::canceled, Reason::fok_not_fillable, order.leaves, 0, out);
        return;
    }
    const bool is_blocked = match(order, out);
    settle(order, is_blocked, no_slot, out);
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
    const Lots lots = std::min(taker.leaves, maker.leaves);
    const Ticks tick = maker.tick();
    const std::uint32_t maker_account = maker.account;
    tell(out, [&](MatchEvent& e) {
        e.order = OrderId{taker.id};
        e.maker = OrderId{maker.id};
        e.trade = TradeId{++last_trade_};
        e.price = scale_.price(tick);
        e.quantity = Quantity{lots};
        e.leaves = Quantity{taker.leaves - lots};
        e.maker_leaves = Quantity{maker.leaves - lots};
        e.ts = now_;
        e.owner = accounts_[taker.account].owner;
        e.maker_owner = accounts_[maker_account].owner;
        e.step = Step::filled;
        e.side = taker.side;
    });

    taker.leaves -= lots;
    if (lots == maker.leaves) {
        unrest(slot);
        forget(slot);
    } else {
        book_.shrink(slot, maker.leaves - lots);
    }
    const Lots bought = taker.side == Side::buy ? lots : -lots;
    accounts_[taker.account].position += taker.account != 0 ? bought : 0;
    accounts_[maker_account].position -= maker_account != 0 ? bought : 0;
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
                slot = book_.allocate(taker);
                ids_.insert(taker.id, slot);
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
    const Slot slot = ids_.find(id.value);
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
    emit(order, step, reason, order.leaves, 0, out);
    if (order.has(OrderNode::dormant)) {
        stops_.erase(slot);
    } else {
        unrest(slot);
    }
    forget(slot);
}

template <MatchListener L>
void MatchingEngine::replace(const model::Replace& request, L& out) {
    const Slot slot = ids_.find(request.order.value);
    if (request.order.is_none() || slot == no_slot) [[unlikely]] {
        OrderNode unknown;
        unknown.id = request.order.value;
        emit(unknown, Step::replace_rejected, Reason::unknown_order, 0, 0, out);
        return;
    }
    const OrderNode& order = book_.node(slot);
    Change change{order.rank, order.quantity, 0};
    if (const Reason reason = validate_replace(request, slot, change); reason != Reason::none) [[unlikely]] {
        emit(order, Step::replace_rejected, reason, order.quantity, order.leaves, out);
        return;
    }
    if (order.has(OrderNode::dormant)) [[unlikely]] {
        replace_stop(slot, change, out);
    } else {
        replace_resting(slot, change, out);
    }
    fire_stops(out);
}

template <class L>
void MatchingEngine::replace_resting(Slot slot, const Change& change, L& out) {
    OrderNode& order = book_.node(slot);
    const Lots leaves = order.leaves + (change.quantity - order.quantity);
    if (change.rank == order.rank && leaves <= order.leaves) {
        book_.shrink(slot, leaves);
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
    stops_.insert(slot, stop);
    emit(order, Step::replaced, Reason::none, order.quantity, order.leaves, out);
    if (last_tick_ != no_rank && stop.fires_at(last_tick_)) {
        stops_.erase(slot);
        fired_.push_back(slot);
    }
}

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
    forget(slot);
    order.flags = static_cast<std::uint8_t>((order.flags & ~OrderNode::dormant) | OrderNode::triggered);
    tell(out, [&](MatchEvent& e) {
        e.order = OrderId{order.id};
        e.price = scale_.price(stop.trigger);
        e.quantity = Quantity{order.quantity};
        e.leaves = Quantity{order.leaves};
        e.ts = now_;
        e.owner = accounts_[order.account].owner;
        e.step = Step::triggered;
        e.side = order.side;
    });

    if (order.type == model::OrderType::trailing_stop_limit) {
        const Ticks limit = stop.trigger + (order.side == Side::buy ? stop.limit_offset : -stop.limit_offset);
        if ((limit <= 0 && !config_.price_may_be_negative) || !is_in_range(limit)) {
            emit(order, Step::canceled, Reason::invalid_price, order.leaves, 0, out);
            return;
        }
        order.rank = to_rank(order.side, limit);
    }
    if (order.has(OrderNode::post_only) && would_take(order.side, order.rank)) {
        emit(order, Step::canceled, Reason::post_only_would_take, order.leaves, 0, out);
        return;
    }
    if (order.has(OrderNode::reduce_only) && reducible(order) == 0) {
        emit(order, Step::canceled, Reason::reduce_only_would_increase, order.leaves, 0, out);
        return;
    }
    enter(order, out);
    if (order.has(OrderNode::is_timed)) {
        if (const Slot rested = ids_.find(order.id); rested != no_slot) {
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
        } else if (order.leaves > most) {
            const Lots filled = order.filled();
            book_.shrink(slot, most);
            order.quantity = filled + most;
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
        if (order.id != 0 && order.time_in_force == model::TimeInForce::day) {
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
    const std::uint32_t account = account_of(owner);
    accounts_[account].position = position.lots;
    trim(account, out);
}

}  // namespace walras::book
