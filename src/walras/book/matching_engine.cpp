#include "walras/book/matching_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/book/matching_engine_impl.hpp"
#include "walras/core/error.hpp"

namespace walras::book {

namespace {

MatchingEngineConfig validated(MatchingEngineConfig config) {
    config.validate();
    return config;
}

}  // namespace

MatchingEngine::MatchingEngine(const MatchingEngineConfig& config)
    : config_(validated(config)),
      scale_(config.tick_size),
      book_(config.window_ticks, config.expected_orders, 0, config.direct_slots),
      ids_(config.expected_orders),
      owners_(64),
      // Ids of 2^61 and above are never below `direct_slots`.
      direct_mask_(std::uint64_t{7} << 61 | ((std::uint64_t{1} << config.direct_bits) - 1)),
      accounts_(1) {
    fired_.reserve(64);
    has_tick_table_ = !config_.tick_table.empty();
    enter_phase(config_.phase);
}

void MatchingEngine::check_position(Quantity position) {
    if (position.lots > max_rank || position.lots < -max_rank) {
        throw OrderError(fmt::format("A position of {} lots is outside +-2^61; use a larger lot_size.", position.lots));
    }
}

std::uint32_t MatchingEngine::account_of(OwnerId owner) {
    if (owner.is_none()) { return 0; }
    if (!config_.tracks_positions) { return owner.value; }
    if (const std::uint32_t known = owners_.find(owner.value); known != IdTable::none) { return known; }
    const auto account = static_cast<std::uint32_t>(accounts_.size());
    accounts_.push_back(Account{.owner = owner});
    owners_.insert(owner.value, account);
    return account;
}

template <class Self>
void MatchingEngine::visit(Self& self, auto& archive) {
    OrderBook::visit(self.book_, archive);
    IdTable::visit(self.ids_, archive);
    IdTable::visit(self.owners_, archive);
    archive.array(self.accounts_);
    StopBook::visit(self.stops_, archive);
    SlotHeap::visit(self.expiries_, archive);
    archive.array(self.icebergs_);
    archive.array(self.parked_);
    archive.array(self.fired_);
    archive.value(self.fired_done_);
    archive.value(self.reduce_only_resting_);
    archive.value(self.icebergs_resting_);
    archive.value(self.is_special_);
    archive.value(self.phase_);
    archive.value(self.halted_from_);
    archive.value(self.auction_kind_);
    archive.value(self.reference_tick_);
    archive.value(self.sequence_);
    archive.value(self.last_order_);
    archive.value(self.direct_count_);
    archive.value(self.last_trade_);
    archive.value(self.last_tick_);
    archive.value(self.now_);
}

void MatchingEngine::save(core::ArchiveWriter& out) const { visit(*this, out); }
void MatchingEngine::load(core::ArchiveReader& in) {
    visit(*this, in);
    if (book_.slots() < config_.direct_slots) {
        throw DataError("This checkpoint is of another engine: it has fewer places for orders.");
    }
}

void MatchingEngine::refuse_positions() {
    throw OrderError("This engine keeps no positions; set tracks_positions to have reduce-only orders.");
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

// Behind the market orders that wait for an auction.
Rank MatchingEngine::best_limit(Side side) const {
    const OrderBook::Ladder& ladder = book_.ladder(side);
    return ladder.best() == market_rank ? ladder.behind(market_rank) : ladder.best();
}

TopOfBook MatchingEngine::top() const {
    const auto best = [&](Side side) -> std::optional<DepthLevel> {
        const Rank rank = best_limit(side);
        if (rank == no_rank) { return std::nullopt; }
        const OrderLevel& level = book_.ladder(side).at(rank);
        return DepthLevel{scale_.price(to_tick(side, rank)), Quantity{level.lots}, level.orders};
    };
    return {best(Side::buy), best(Side::sell)};
}

std::vector<DepthLevel> MatchingEngine::depth(Side side, std::size_t levels) const {
    std::vector<DepthLevel> out;
    const OrderBook::Ladder& ladder = book_.ladder(side);
    for (Rank rank = best_limit(side); rank != no_rank && out.size() < levels; rank = ladder.behind(rank)) {
        const OrderLevel& level = ladder.at(rank);
        out.push_back({scale_.price(to_tick(side, rank)), Quantity{level.lots}, level.orders});
    }
    return out;
}

std::optional<OrderView> MatchingEngine::order(OrderId id) const {
    const Slot slot = find(id.value);
    if (id.is_none() || slot == no_slot) { return std::nullopt; }
    const OrderNode& order = book_.node(slot);
    OrderView view;
    view.id = id;
    view.owner = owner_of(order.account);
    view.side = order.side;
    view.type = order.type;
    view.time_in_force = order.time_in_force;
    view.status = order.quantity > whole(slot)      ? model::OrderStatus::partially_filled
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
    view.filled = Quantity{order.quantity - whole(slot)};
    if (order.has(OrderNode::iceberg)) {
        view.display_quantity = Quantity{icebergs_[slot].display};
        const bool waits = order.has(OrderNode::dormant);
        view.displayed = Quantity{waits ? 0 : order.leaves};
    }
    if (order.has(OrderNode::is_timed)) { view.expire_time = TimeNs{expiries_.key(slot)}; }
    return view;
}

std::optional<Quantity> MatchingEngine::queue_ahead(OrderId id) const {
    const Slot slot = find(id.value);
    if (id.is_none() || slot == no_slot || book_.node(slot).has(OrderNode::dormant | OrderNode::parked)) {
        return std::nullopt;
    }
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
    if (!config_.tracks_positions) { return {}; }
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
