#include "walras/book/matching_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/book/matching_engine_impl.hpp"
#include "walras/core/error.hpp"

namespace walras::book {

using model::OrderTerms;
using model::OrderType;
using model::TimeInForce;

namespace {

MatchingEngineConfig validated(MatchingEngineConfig config) {
    config.validate();
    return config;
}

}  // namespace

MatchingEngine::MatchingEngine(const MatchingEngineConfig& config)
    : config_(validated(config)),
      scale_(config.tick_size),
      book_(config.window_ticks, config.expected_orders),
      ids_(config.expected_orders),
      owners_(64),
      accounts_(1) {
    fired_.reserve(64);
}

bool MatchingEngine::is_in_range(Ticks tick) const {
    const core::int128 raw = static_cast<core::int128>(tick) * config_.tick_size.raw;
    return raw <= max_price && raw >= -max_price;
}

void MatchingEngine::check_position(Quantity position) {
    if (position.lots > max_rank || position.lots < -max_rank) {
        throw OrderError(fmt::format("A position of {} lots is outside +-2^61; use a larger lot_size.", position.lots));
    }
}

MatchingEngine::Reason MatchingEngine::validate(const OrderTerms& terms, OrderNode& order, StopTerms& stop) const {
    const bool has_limit = terms.type == OrderType::limit || terms.type == OrderType::stop_limit;
    if (terms.type > OrderType::trailing_stop_limit || terms.time_in_force > TimeInForce::day) {
        return Reason::unsupported_type;
    }
    if (!terms.display_quantity.is_zero()) { return Reason::unsupported_type; }
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
    order.leaves = order.quantity = terms.quantity.lots;
    order.side = terms.side;
    order.type = terms.type;
    order.time_in_force = terms.time_in_force;
    if (terms.post_only) { order.flags |= OrderNode::post_only; }
    if (terms.reduce_only) { order.flags |= OrderNode::reduce_only; }
    if (model::is_stop(terms.type)) { return validate_stop(terms, order, stop); }
    if (!terms.trigger.is_zero() || terms.trailing_offset != 0 || terms.limit_offset != 0) {
        return Reason::invalid_trigger;
    }
    return Reason::none;
}

MatchingEngine::Reason MatchingEngine::validate_stop(const OrderTerms& terms, OrderNode& order, StopTerms& stop) const {
    order.flags |= OrderNode::dormant;
    stop.side = terms.side;
    stop.kind = terms.trailing_kind;
    stop.is_trailing = model::is_trailing(terms.type);
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
    if (may_meet_itself || reduce_only_resting_ != 0) { return is_fillable_order_by_order(taker); }
    const OrderBook::Ladder& other = book_.ladder(model::opposite(taker.side));
    Lots need = taker.leaves;
    for (Rank rank = other.best(); need > 0 && taker.rank + rank >= 0; rank = other.behind(rank)) {
        need -= other.at(rank).lots;
    }
    return need <= 0;
}

// The rehearsal of a sweep in which resting orders may be the taker's own or may shrink with their owner's position.
bool MatchingEngine::is_fillable_order_by_order(const OrderNode& taker) const {
    const OrderBook::Ladder& other = book_.ladder(model::opposite(taker.side));
    std::vector<std::pair<std::uint32_t, Lots>> traded;  // account -> lots, of accounts with reduce-only orders
    Lots need = taker.leaves;
    Lots taken = 0;  // by the taker so far
    for (Rank rank = other.best(); need > 0 && taker.rank + rank >= 0; rank = other.behind(rank)) {
        for (Slot slot = other.at(rank).head; need > 0 && slot != no_slot; slot = book_.node(slot).next) {
            const OrderNode& maker = book_.node(slot);
            const bool is_own = taker.account != 0 && maker.account == taker.account;
            if (is_own && config_.self_trade == SelfTradePolicy::cancel_oldest) { continue; }
            if (is_own && config_.self_trade != SelfTradePolicy::none) { return false; }
            Lots lots = std::min(maker.leaves, need);
            if (accounts_[maker.account].reduce_head != no_slot) {
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
        }
    }
    return need <= 0;
}

std::uint32_t MatchingEngine::account_of(OwnerId owner) {
    if (owner.is_none()) { return 0; }
    if (const std::uint32_t known = owners_.find(owner.value); known != IdTable::none) { return known; }
    const auto account = static_cast<std::uint32_t>(accounts_.size());
    accounts_.push_back(Account{.owner = owner});
    owners_.insert(owner.value, account);
    return account;
}

void MatchingEngine::link_reduce_only(Slot slot) {
    OrderNode& order = book_.node(slot);
    Account& account = accounts_[order.account];
    order.reduce_previous = account.reduce_tail;
    order.reduce_next = no_slot;
    (account.reduce_tail == no_slot ? account.reduce_head : book_.node(account.reduce_tail).reduce_next) = slot;
    account.reduce_tail = slot;
    ++reduce_only_resting_;
}

void MatchingEngine::unlink_reduce_only(Slot slot) {
    const OrderNode& order = book_.node(slot);
    Account& account = accounts_[order.account];
    const Slot before = order.reduce_previous;
    const Slot after = order.reduce_next;
    (before == no_slot ? account.reduce_head : book_.node(before).reduce_next) = after;
    (after == no_slot ? account.reduce_tail : book_.node(after).reduce_previous) = before;
    --reduce_only_resting_;
}

TopOfBook MatchingEngine::top() const {
    TopOfBook top;
    if (const auto& bids = book_.ladder(Side::buy); !bids.empty()) {
        const OrderLevel& level = bids.best_level();
        top.bid = {scale_.price(bids.best()), Quantity{level.lots}, level.orders};
    }
    if (const auto& asks = book_.ladder(Side::sell); !asks.empty()) {
        const OrderLevel& level = asks.best_level();
        top.ask = {scale_.price(-asks.best()), Quantity{level.lots}, level.orders};
    }
    return top;
}

std::vector<DepthLevel> MatchingEngine::depth(Side side, std::size_t levels) const {
    std::vector<DepthLevel> out;
    const OrderBook::Ladder& ladder = book_.ladder(side);
    for (Rank rank = ladder.best(); rank != no_rank && out.size() < levels; rank = ladder.behind(rank)) {
        const OrderLevel& level = ladder.at(rank);
        out.push_back({scale_.price(to_tick(side, rank)), Quantity{level.lots}, level.orders});
    }
    return out;
}

std::optional<OrderView> MatchingEngine::order(OrderId id) const {
    const Slot slot = ids_.find(id.value);
    if (id.is_none() || slot == no_slot) { return std::nullopt; }
    const OrderNode& order = book_.node(slot);
    OrderView view;
    view.id = id;
    view.owner = accounts_[order.account].owner;
    view.side = order.side;
    view.type = order.type;
    view.time_in_force = order.time_in_force;
    view.status = order.filled() > 0                ? model::OrderStatus::partially_filled
                  : order.has(OrderNode::triggered) ? model::OrderStatus::triggered
                                                    : model::OrderStatus::accepted;
    view.post_only = order.has(OrderNode::post_only);
    view.reduce_only = order.has(OrderNode::reduce_only);
    view.price = order.rank == market_rank ? Price{} : scale_.price(order.tick());
    if (order.has(OrderNode::dormant)) {
        const StopTerms& stop = stops_.terms(slot);
        view.trigger = stop.has_trigger() ? scale_.price(stop.trigger) : Price{};
    }
    view.quantity = Quantity{order.quantity};
    view.filled = Quantity{order.filled()};
    if (order.has(OrderNode::is_timed)) { view.expire_time = TimeNs{expiries_.key(slot)}; }
    return view;
}

std::optional<Quantity> MatchingEngine::queue_ahead(OrderId id) const {
    const Slot slot = ids_.find(id.value);
    if (id.is_none() || slot == no_slot || book_.node(slot).has(OrderNode::dormant)) { return std::nullopt; }
    return Quantity{book_.ahead_of(slot)};
}

std::vector<OrderId> MatchingEngine::orders() const {
    std::vector<std::pair<std::uint64_t, OrderId>> found;
    for (Slot slot = 0; slot < book_.slots(); ++slot) {
        const OrderNode& order = book_.node(slot);
        if (order.id != 0) { found.emplace_back(order.sequence, OrderId{order.id}); }
    }
    std::sort(found.begin(), found.end());
    std::vector<OrderId> out;
    out.reserve(found.size());
    for (const auto& [sequence, id] : found) { out.push_back(id); }
    return out;
}

Quantity MatchingEngine::position(OwnerId owner) const {
    const std::uint32_t account = owner.is_none() ? 0 : owners_.find(owner.value);
    return account == IdTable::none ? Quantity{} : Quantity{accounts_[account].position};
}

std::optional<Price> MatchingEngine::last_price() const {
    return last_tick_ == no_rank ? std::nullopt : std::optional{scale_.price(last_tick_)};
}

template void MatchingEngine::submit<MatchLog>(const NewOrder&, MatchLog&);
template void MatchingEngine::cancel<MatchLog>(OrderId, MatchLog&);
template void MatchingEngine::replace<MatchLog>(const model::Replace&, MatchLog&);
template void MatchingEngine::advance_to<MatchLog>(TimeNs, MatchLog&);
template void MatchingEngine::end_of_session<MatchLog>(MatchLog&);
template void MatchingEngine::set_position<MatchLog>(OwnerId, Quantity, MatchLog&);
template void MatchingEngine::submit<MatchSink>(const NewOrder&, MatchSink&);
template void MatchingEngine::cancel<MatchSink>(OrderId, MatchSink&);
template void MatchingEngine::replace<MatchSink>(const model::Replace&, MatchSink&);
template void MatchingEngine::advance_to<MatchSink>(TimeNs, MatchSink&);
template void MatchingEngine::end_of_session<MatchSink>(MatchSink&);
template void MatchingEngine::set_position<MatchSink>(OwnerId, Quantity, MatchSink&);

}  // namespace walras::book
