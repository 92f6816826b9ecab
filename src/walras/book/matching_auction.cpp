// Phases, bands and the levels that an auction prices (matching_engine.hpp).
#include <fmt/format.h>

#include <algorithm>

#include "walras/book/matching_engine.hpp"
#include "walras/book/matching_engine_impl.hpp"
#include "walras/core/error.hpp"

namespace walras::book {

void MatchingEngine::enter_phase(TradingPhase phase) {
    phase_ = phase;
    is_special_ = phase_ != TradingPhase::continuous || config_.bands.any();
}

void MatchingEngine::refuse(const char* call, const char* needed, const char* remedy) const {
    throw OrderError(fmt::format("{} needs phase {}; the market is {}; {}.", call, needed, to_string(phase_), remedy));
}

void MatchingEngine::pre_open() {
    if (phase_ != TradingPhase::closed) { refuse("pre_open()", "closed", "it begins the next day, after close()"); }
    enter_phase(TradingPhase::pre_open);
}

void MatchingEngine::halt() {
    if (phase_ == TradingPhase::halted || phase_ == TradingPhase::closed) {
        refuse("halt()", "pre_open, auction or continuous", "there is nothing to halt");
    }
    halted_from_ = phase_;
    enter_phase(TradingPhase::halted);
}

void MatchingEngine::resume() {
    if (phase_ != TradingPhase::halted) { refuse("resume()", "halted", "call halt() first"); }
    enter_phase(halted_from_);
}

void MatchingEngine::close() {
    if (phase_ == TradingPhase::closed) { refuse("close()", "any other", "pre_open() begins the next day"); }
    enter_phase(TradingPhase::closed);
}

void MatchingEngine::set_reference_price(Price price) {
    Ticks tick = 0;
    const Reason reason = to_tick_checked(price, Reason::invalid_price, tick);
    if (reason == Reason::none) {
        reference_tick_ = tick;
        return;
    }
    throw OrderError(
        fmt::format("Reference price {} is refused: {}.", core::format_fixed(price.raw), model::describe(reason)));
}

std::optional<Price> MatchingEngine::reference_price() const {
    return reference_tick_ == no_rank ? std::nullopt : std::optional{scale_.price(reference_tick_)};
}

std::optional<Ticks> MatchingEngine::reference_tick() const {
    if (last_tick_ != no_rank) { return last_tick_; }
    return reference_tick_ == no_rank ? std::nullopt : std::optional{reference_tick_};
}

std::optional<PriceRange> MatchingEngine::price_range() const {
    if (!config_.bands.any()) { return std::nullopt; }
    if (phase_ == TradingPhase::continuous) { return config_.bands.range(reference_price(), last_price()); }
    // An auction finds its price anew: the dynamic band does not bind it.
    return PriceBands{.static_width = config_.bands.static_width, .action = config_.bands.action}.range(
        reference_price(), std::nullopt);
}

// The best rank that a side may trade at.
std::optional<Rank> MatchingEngine::band_rank(Side side) const {
    const auto range = price_range();
    if (!range) { return std::nullopt; }
    const std::int64_t edge = side == Side::buy ? range->high.raw : -range->low.raw;
    return static_cast<Rank>(core::divide_floor(edge, config_.tick_size.raw));
}

Ticks MatchingEngine::on_table(Side side, Ticks tick) const {
    if (config_.tick_table.empty()) { return tick; }
    const Price price = scale_.price(tick);
    const Price allowed = side == Side::buy ? config_.tick_table.floor(price) : config_.tick_table.ceil(price);
    return allowed.raw / config_.tick_size.raw;
}

bool MatchingEngine::is_beyond_band(const OrderNode& order) const {
    if (config_.bands.action != BandAction::reject || order.rank == market_rank) { return false; }
    const std::optional<Rank> band = band_rank(order.side);
    return band && order.rank > *band;
}

std::vector<AuctionLevel> MatchingEngine::auction_levels(Side side) const {
    std::vector<AuctionLevel> levels;
    const OrderBook::Ladder& ladder = book_.ladder(side);
    for (Rank rank = ladder.best(); rank != no_rank; rank = ladder.behind(rank)) {
        if (rank == market_rank) { continue; }
        const OrderLevel& level = ladder.at(rank);
        Lots lots = level.lots;
        if (icebergs_resting_ != 0) {
            for (Slot slot = level.head; slot != no_slot; slot = book_.node(slot).next) {
                lots += whole(slot) - book_.node(slot).leaves;
            }
        }
        levels.push_back({to_tick(side, rank), lots});
    }
    return levels;
}

Lots MatchingEngine::market_lots(Side side) const {
    const OrderBook::Ladder& ladder = book_.ladder(side);
    if (ladder.best() != market_rank) { return 0; }
    Lots lots = 0;
    for (Slot slot = ladder.best_level().head; slot != no_slot; slot = book_.node(slot).next) { lots += whole(slot); }
    return lots;
}

AuctionOutcome MatchingEngine::outcome() const {
    const Rank bid = book_.ladder(Side::buy).best();
    const Rank ask = book_.ladder(Side::sell).best();
    const bool has_market = bid == market_rank || ask == market_rank;
    if (bid == no_rank || ask == no_rank || (!has_market && bid + ask < 0)) { return {}; }
    const auto bids = auction_levels(Side::buy);
    const auto asks = auction_levels(Side::sell);
    return book::uncross({bids, asks, market_lots(Side::buy), market_lots(Side::sell)}, reference_tick(),
                         {&config_.tick_table, config_.tick_size});
}

WeightedOutcome MatchingEngine::weighted_outcome() const {
    const auto bids = auction_levels(Side::buy);
    const auto asks = auction_levels(Side::sell);
    WeightedReference fallback;
    if (!bids.empty() && !asks.empty()) {
        fallback.mid = (static_cast<double>(bids[0].tick) + static_cast<double>(asks[0].tick)) / 2;
    }
    if (last_tick_ != no_rank) { fallback.last = static_cast<double>(last_tick_); }
    if (reference_tick_ != no_rank) { fallback.initial = static_cast<double>(reference_tick_); }
    WeightedOutcome outcome =
        book::weighted_reference({bids, asks, market_lots(Side::buy), market_lots(Side::sell)}, fallback);
    if (outcome.tick && !config_.tick_table.empty()) { outcome.tick = on_table(Side::buy, *outcome.tick); }
    return outcome;
}

// The orders that qualify at the reference, in the order of the queues, with their shares of the volume.
std::vector<std::pair<Slot, Lots>> MatchingEngine::shares(Side side, Ticks reference, Lots volume) const {
    std::vector<std::pair<Slot, Lots>> orders;
    std::vector<Lots> lots;
    const OrderBook::Ladder& ladder = book_.ladder(side);
    for (Rank rank = ladder.best(); rank != no_rank && rank >= to_rank(side, reference); rank = ladder.behind(rank)) {
        for (Slot slot = ladder.at(rank).head; slot != no_slot; slot = book_.node(slot).next) {
            orders.emplace_back(slot, 0);
            lots.push_back(whole(slot));
        }
    }
    const auto parts = pro_rata(lots, volume);
    for (std::size_t i = 0; i < orders.size(); ++i) { orders[i].second = parts[i]; }
    return orders;
}

// Market orders, and those for an auction only, in order of arrival.
std::vector<Slot> MatchingEngine::left_over() const {
    std::vector<std::pair<std::uint64_t, Slot>> found;
    for (Slot slot = 0; slot < book_.slots(); ++slot) {
        const OrderNode& order = book_.node(slot);
        if (order.id == 0 || order.has(OrderNode::dormant | OrderNode::parked)) { continue; }
        if (order.rank == market_rank || order.time_in_force > model::TimeInForce::day) {
            found.emplace_back(order.sequence, slot);
        }
    }
    std::sort(found.begin(), found.end());
    std::vector<Slot> slots;
    slots.reserve(found.size());
    for (const auto& [sequence, slot] : found) { slots.push_back(slot); }
    return slots;
}

Indicative MatchingEngine::indicative() const {
    Indicative out;
    out.market_buys = Quantity{market_lots(Side::buy)};
    out.market_sells = Quantity{market_lots(Side::sell)};
    std::optional<Ticks> tick;
    if (config_.auction_rule == AuctionRule::weighted_reference) {
        const WeightedOutcome weighted = weighted_outcome();
        tick = weighted.tick;
        out.volume = Quantity{weighted.volume()};
        out.surplus = Quantity{weighted.buys - weighted.sells};
    }
    if (!tick) {
        const AuctionOutcome next = outcome();
        tick = next.tick;
        out.volume = Quantity{next.volume};
        out.surplus = Quantity{next.surplus};
    }
    if (tick) { out.price = scale_.price(*tick); }
    return out;
}

void MatchingEngine::collect(const OrderNode& order, Slot slot) {
    if (slot == no_slot) {
        slot = keep(order);
    } else {
        book_.node(slot) = order;
    }
    rest(slot);
}

void MatchingEngine::rest_rare(Slot slot) {
    OrderNode& order = book_.node(slot);
    if (order.has(OrderNode::reduce_only)) { link_reduce_only(slot); }
    if (order.has(OrderNode::iceberg)) {
        Iceberg& iceberg = icebergs_[slot];
        iceberg.hidden = std::max<Lots>(0, order.leaves - iceberg.display);
        order.leaves -= iceberg.hidden;
        ++icebergs_resting_;
    }
}

void MatchingEngine::unrest_rare(Slot slot) {
    OrderNode& order = book_.node(slot);
    if (order.has(OrderNode::reduce_only)) { unlink_reduce_only(slot); }
    if (order.has(OrderNode::iceberg)) {
        order.leaves += std::exchange(icebergs_[slot].hidden, 0);
        --icebergs_resting_;
    }
}

Lots MatchingEngine::shrink_hidden(Slot slot, Lots leaves) {
    const Lots shown = std::min(leaves, book_.node(slot).leaves);
    icebergs_[slot].hidden = leaves - shown;
    return shown;
}

void MatchingEngine::unpark(Slot slot) { std::erase(parked_, slot); }

void MatchingEngine::take_from(Slot slot, Lots lots) {
    OrderNode& order = book_.node(slot);
    if (lots != order.leaves) {
        book_.shrink(slot, order.leaves - lots);
    } else if (whole(slot) > lots) {
        refresh(slot);
    } else {
        unrest(slot);
        forget(slot);
    }
}

void MatchingEngine::refresh(Slot slot) {
    OrderNode& order = book_.node(slot);
    Iceberg& iceberg = icebergs_[slot];
    book_.unlink(slot);
    order.leaves = std::min(iceberg.display, iceberg.hidden);
    iceberg.hidden -= order.leaves;
    book_.enqueue(slot);
}

void MatchingEngine::set_display(Slot slot, Lots display) {
    if (slot >= icebergs_.size()) { icebergs_.resize(std::size_t{slot} + slot / 2 + 16); }
    icebergs_[slot] = {display, 0};
}

template void MatchingEngine::open_auction<MatchLog>(AuctionKind, MatchLog&);
template void MatchingEngine::uncross<MatchLog>(MatchLog&);
template void MatchingEngine::open_auction<MatchSink>(AuctionKind, MatchSink&);
template void MatchingEngine::uncross<MatchSink>(MatchSink&);

}  // namespace walras::book
