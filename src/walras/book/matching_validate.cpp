// Judging requests before they change anything (matching_engine.hpp).
#include <algorithm>

#include "walras/book/matching_engine.hpp"
#include "walras/book/matching_engine_impl.hpp"

namespace walras::book {

using model::OrderTerms;
using model::OrderType;
using model::TimeInForce;

bool MatchingEngine::is_in_range(Ticks tick) const {
    const core::int128 raw = static_cast<core::int128>(tick) * config_.tick_size.raw;
    return raw <= max_price && raw >= -max_price;
}

MatchingEngine::Reason MatchingEngine::validate(const OrderTerms& terms, OrderNode& order, StopTerms& stop) const {
    const bool has_limit = terms.type == OrderType::limit || terms.type == OrderType::stop_limit ||
                           terms.type == OrderType::limit_if_touched;
    if (terms.quantity.lots <= 0 || terms.quantity > config_.max_quantity) { return Reason::invalid_quantity; }
    const bool is_immediate = terms.time_in_force == TimeInForce::ioc || terms.time_in_force == TimeInForce::fok;
    if (terms.post_only && (!model::has_limit(terms.type) || is_immediate)) { return Reason::unsupported_type; }

    order.rank = market_rank;
    if (has_limit) {
        Ticks tick = 0;
        if (const Reason r = to_tick_checked(terms.price, Reason::invalid_price, tick); r != Reason::none) { return r; }
        order.rank = to_rank(terms.side, tick);
    } else if (!terms.price.is_zero()) {
        return Reason::invalid_price;
    }
    if (terms.time_in_force == TimeInForce::gtd) {
        if (terms.expire_time <= now_ || terms.expire_time == time_max) { return Reason::invalid_expiry; }
        order.flags |= OrderNode::is_timed;
    } else if (terms.expire_time != time_max) {
        return Reason::invalid_expiry;
    }
    if (terms.time_in_force > TimeInForce::day || !terms.display_quantity.is_zero() ||
        terms.type == OrderType::market_to_limit) [[unlikely]] {
        if (const Reason r = validate_rare(terms, order); r != Reason::none) { return r; }
    }
    order.leaves = order.quantity = terms.quantity.lots;
    order.side = terms.side;
    order.type = terms.type;
    order.time_in_force = terms.time_in_force;
    if (terms.post_only) { order.flags |= OrderNode::post_only; }
    if (terms.reduce_only) {
        if (!config_.tracks_positions) { return Reason::unsupported_type; }
        order.flags |= OrderNode::reduce_only;
    }
    if (model::is_stop(terms.type) || model::is_if_touched(terms.type)) { return validate_stop(terms, order, stop); }
    if (!terms.trigger.is_zero() || terms.trailing_offset != 0 || terms.limit_offset != 0) {
        return Reason::invalid_trigger;
    }
    return Reason::none;
}

// Orders for an auction, icebergs, market-to-limit.
MatchingEngine::Reason MatchingEngine::validate_rare(const OrderTerms& terms, OrderNode& order) const {
    if (terms.type == OrderType::market_to_limit) { order.flags |= OrderNode::unpriced; }
    const bool is_for_auction = terms.time_in_force > TimeInForce::day;
    if (is_for_auction) {
        const bool waits = terms.type != OrderType::market && terms.type != OrderType::limit &&
                           terms.type != OrderType::market_to_limit;
        if (waits || terms.post_only) { return Reason::unsupported_type; }
        order.flags |= OrderNode::parked;
    }
    if (terms.display_quantity.is_zero()) { return Reason::none; }
    const bool rests = !is_for_auction && (model::has_limit(terms.type) || terms.type == OrderType::market_to_limit) &&
                       terms.time_in_force != TimeInForce::ioc && terms.time_in_force != TimeInForce::fok;
    if (!rests || terms.display_quantity < config_.min_display || terms.display_quantity > terms.quantity) {
        return Reason::invalid_display;
    }
    if (terms.display_quantity < terms.quantity) { order.flags |= OrderNode::iceberg; }
    return Reason::none;
}

// What phase and bands say to a valid order. One for an auction that is on, or that another phase may not have yet, is
// told apart here: it stays `parked` until its auction.
MatchingEngine::Reason MatchingEngine::judge(OrderNode& order) const {
    if (phase_ == TradingPhase::closed) { return Reason::market_closed; }
    if (phase_ == TradingPhase::halted) { return Reason::trading_halted; }
    const bool is_auction = phase_ == TradingPhase::auction;
    if (order.time_in_force == TimeInForce::at_the_open) {
        const bool is_opening = is_auction && auction_kind_ == AuctionKind::opening;
        if (!is_opening && phase_ != TradingPhase::pre_open) { return Reason::wrong_phase; }
        if (is_opening) { order.flags = static_cast<std::uint8_t>(order.flags & ~OrderNode::parked); }
    } else if (order.time_in_force == TimeInForce::at_the_close && is_auction &&
               auction_kind_ == AuctionKind::closing) {
        order.flags = static_cast<std::uint8_t>(order.flags & ~OrderNode::parked);
    }
    if (order.has(OrderNode::dormant | OrderNode::parked)) { return Reason::none; }
    const bool is_immediate = order.time_in_force == TimeInForce::ioc || order.time_in_force == TimeInForce::fok;
    if (is_immediate && is_call(phase_)) { return Reason::wrong_phase; }
    return is_beyond_band(order) ? Reason::price_band : Reason::none;
}

MatchingEngine::Reason MatchingEngine::judge_replace(const model::Replace& replace, const OrderNode& order) const {
    if (phase_ == TradingPhase::closed) { return Reason::market_closed; }
    if (phase_ == TradingPhase::halted) { return Reason::trading_halted; }
    Ticks tick = 0;
    if (replace.price.is_zero() || order.has(OrderNode::dormant | OrderNode::parked) || order.rank == market_rank ||
        to_tick_checked(replace.price, Reason::invalid_price, tick) != Reason::none) {
        return Reason::none;
    }
    OrderNode changed = order;
    changed.rank = to_rank(order.side, tick);
    return is_beyond_band(changed) ? Reason::price_band : Reason::none;
}

MatchingEngine::Reason MatchingEngine::validate_stop(const OrderTerms& terms, OrderNode& order, StopTerms& stop) const {
    order.flags |= OrderNode::dormant;
    stop.side = terms.side;
    stop.kind = terms.trailing_kind;
    stop.is_trailing = model::is_trailing(terms.type);
    stop.is_if_touched = model::is_if_touched(terms.type);
    stop.trigger = StopTerms::never_fires(terms.side);
    if (!stop.is_trailing) {
        if (terms.trailing_offset != 0 || terms.limit_offset != 0) { return Reason::invalid_trigger; }
        return to_tick_checked(terms.trigger, Reason::invalid_trigger, stop.trigger);
    }
    // An offset below 1e13 billionths of a basis point is below 100 %.
    if (terms.trailing_offset <= 0 || terms.trailing_offset > max_price) { return Reason::invalid_trigger; }
    stop.offset = terms.trailing_offset;
    if (stop.kind == model::TrailingOffset::bps) {
        if (stop.offset >= 10'000'000'000'000) { return Reason::invalid_trigger; }
    } else if (!scale_.to_ticks(Price{terms.trailing_offset}, stop.offset)) {
        return Reason::off_tick;
    }
    if (terms.type == OrderType::trailing_stop_limit) {
        if (terms.limit_offset > max_price || terms.limit_offset < -max_price) { return Reason::invalid_price; }
        if (!scale_.to_ticks(Price{terms.limit_offset}, stop.limit_offset)) { return Reason::off_tick; }
    } else if (terms.limit_offset != 0) {
        return Reason::invalid_trigger;
    }
    if (terms.trigger.is_zero()) { return Reason::none; }
    return to_tick_checked(terms.trigger, Reason::invalid_trigger, stop.trigger);
}

bool MatchingEngine::is_fillable(const OrderNode& taker) const {
    if (taker.has(OrderNode::reduce_only) && reducible(taker) < taker.leaves) { return false; }
    const bool may_meet_itself = taker.account != 0 && config_.self_trade != SelfTradePolicy::none;
    if (may_meet_itself || reduce_only_resting_ != 0 || icebergs_resting_ != 0) {
        return is_fillable_order_by_order(taker);
    }
    const OrderBook::Ladder& other = book_.ladder(model::opposite(taker.side));
    Lots need = taker.leaves;
    for (Rank rank = other.best(); need > 0 && taker.rank + rank >= 0; rank = other.behind(rank)) {
        need -= other.at(rank).lots;
    }
    return need <= 0;
}

// The rehearsal of a sweep in which resting orders may be the taker's own, may shrink with their owner's position, or
// come back with their next part.
bool MatchingEngine::is_fillable_order_by_order(const OrderNode& taker) const {
    struct Part {
        Slot slot;
        Lots shown, hidden;
    };
    const OrderBook::Ladder& other = book_.ladder(model::opposite(taker.side));
    std::vector<std::pair<std::uint32_t, Lots>> traded;  // account -> lots, of accounts with reduce-only orders
    std::vector<Part> queue;
    Lots need = taker.leaves;
    Lots taken = 0;  // by the taker so far
    for (Rank rank = other.best(); need > 0 && taker.rank + rank >= 0; rank = other.behind(rank)) {
        queue.clear();
        for (Slot slot = other.at(rank).head; slot != no_slot; slot = book_.node(slot).next) {
            queue.push_back({slot, book_.node(slot).leaves, whole(slot) - book_.node(slot).leaves});
        }
        for (std::size_t i = 0; need > 0 && i < queue.size(); ++i) {
            const Part part = queue[i];
            const OrderNode& maker = book_.node(part.slot);
            const bool is_own = taker.account != 0 && maker.account == taker.account;
            if (is_own && config_.self_trade == SelfTradePolicy::cancel_oldest) { continue; }
            if (is_own && config_.self_trade != SelfTradePolicy::none) { return false; }
            Lots lots = std::min(part.shown, need);
            if (reduce_only_resting_ != 0 && accounts_[maker.account].reduce_head != no_slot) {
                auto it = std::ranges::find(traded, maker.account, &std::pair<std::uint32_t, Lots>::first);
                if (it == traded.end()) { it = traded.insert(it, {maker.account, 0}); }
                // Its own purchases from others have enlarged what it may sell, and the reverse.
                if (maker.has(OrderNode::reduce_only)) {
                    const Lots most = reducible(maker) - it->second + (is_own ? taken : 0);
                    lots = std::min(lots, std::max<Lots>(0, most));
                }
                it->second += lots;
            }
            taken += lots;
            need -= lots;
            if (part.hidden > 0 && lots == part.shown) {
                const Lots next = std::min(icebergs_[part.slot].display, part.hidden);
                queue.push_back({part.slot, next, part.hidden - next});
            }
        }
    }
    return need <= 0;
}

}  // namespace walras::book
