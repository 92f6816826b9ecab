// Trading phases and price bands: what an order does where it cannot simply match, and how an auction ends.
// Part of matching_engine_impl.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include "walras/book/matching_engine.hpp"
#include "walras/book/matching_orders_impl.hpp"

namespace walras::book {

// In a call, under price bands, or without a limit yet.
template <class L>
void MatchingEngine::enter_specially(OrderNode& order, Slot slot, L& out) {
    using enum model::TimeInForce;
    if (is_call(phase_)) {
        // Only what a stop became can be immediate here: it fired in the same call that started the auction.
        if (order.time_in_force == ioc || order.time_in_force == fok) {
            drop(order, slot, order.time_in_force == ioc ? Reason::ioc_remainder : Reason::fok_not_fillable, out);
        } else {
            collect(order, slot);
        }
        return;
    }
    const OrderBook::Ladder& other = book_.ladder(model::opposite(order.side));
    const bool is_unpriced = order.has(OrderNode::unpriced);
    if (is_unpriced) {
        if (other.empty()) {
            drop(order, slot, Reason::no_liquidity, out);
            return;
        }
        order.rank = -other.best();
    }
    const Rank limit = order.rank;
    const std::optional<Rank> band = band_rank(order.side);
    const bool starts_auction = band && config_.bands.action == BandAction::auction;
    if (band) {
        // Prices beyond the other end of the band, better ones than any allowed, start an auction as well.
        const bool is_too_good = starts_auction && other.best() > *band_rank(model::opposite(order.side));
        order.rank = is_too_good ? no_rank : std::min(limit, *band);
    }
    if (order.time_in_force == fok && !is_fillable(order)) {
        order.rank = limit;
        drop(order, slot, Reason::fok_not_fillable, out);
        return;
    }
    const bool is_blocked = match(order, out);
    order.rank = limit;
    if (order.leaves > 0 && !is_blocked && band && would_take(order.side, limit)) {
        if (starts_auction) {
            auction_kind_ = AuctionKind::volatility;
            enter_phase(TradingPhase::auction);
        }
        if (order.time_in_force == ioc) {
            drop(order, slot, Reason::ioc_remainder, out);
        } else if (!starts_auction) {
            drop(order, slot, Reason::price_band, out);
        } else {
            if (is_unpriced) { order.rank = market_rank; }
            collect(order, slot);
        }
        return;
    }
    if (is_unpriced && order.leaves > 0 && !is_blocked && order.time_in_force != ioc) {
        order.flags = static_cast<std::uint8_t>(order.flags & ~OrderNode::unpriced);
        emit(order, Step::replaced, Reason::market_to_limit, order.quantity, order.leaves, out);
    }
    settle(order, is_blocked, slot, out);
}

template <MatchListener L>
void MatchingEngine::open_auction(AuctionKind kind, L& out) {
    if (phase_ == TradingPhase::closed || phase_ == TradingPhase::auction) {
        refuse("open_auction()", "pre_open, continuous or halted",
               phase_ == TradingPhase::closed ? "call pre_open() first" : "call uncross() first");
    }
    auction_kind_ = kind;
    enter_phase(TradingPhase::auction);
    if (kind == AuctionKind::volatility) { return; }
    const auto joins =
        kind == AuctionKind::opening ? model::TimeInForce::at_the_open : model::TimeInForce::at_the_close;
    std::vector<Slot> waiting;
    waiting.swap(parked_);
    for (const Slot slot : waiting) {
        if (book_.node(slot).time_in_force == joins) {
            join_auction(slot, out);
        } else {
            parked_.push_back(slot);
        }
    }
}

template <class L>
void MatchingEngine::join_auction(Slot slot, L& out) {
    OrderNode& order = book_.node(slot);
    order.flags = static_cast<std::uint8_t>(order.flags & ~OrderNode::parked);
    if (order.has(OrderNode::reduce_only)) {
        const Lots most = reducible(order);
        if (most == 0) {
            drop(order, slot, Reason::reduce_only_would_increase, out);
            return;
        }
        if (order.leaves > most) { clip(order, most, out); }
    }
    rest(slot);
}

template <MatchListener L>
void MatchingEngine::uncross(L& out) {
    if (phase_ != TradingPhase::auction) { refuse("uncross()", "auction", "call open_auction() first"); }
    std::optional<Ticks> printed;
    if (config_.auction_rule == AuctionRule::weighted_reference) { printed = trade_by_reference(out); }
    // Once, but for reduce-only orders that shrink while it trades, and for what the weighted rule leaves crossed.
    for (AuctionOutcome next = outcome(); next.tick; next = outcome()) {
        printed = next.tick;
        trade_all_at(*next.tick, out);
    }
    for (const Slot slot : left_over()) { end_auction_for(slot, printed, out); }
    if (printed) { last_tick_ = reference_tick_ = *printed; }
    enter_phase(auction_kind_ == AuctionKind::closing ? TradingPhase::closed : TradingPhase::continuous);
    if (phase_ == TradingPhase::continuous && last_tick_ != no_rank) {
        stops_.on_trade(last_tick_, fired_);
        fire_stops(out);
    }
}

// Best price first, oldest order first, market orders before all, until one side has nobody left at this price.
template <class L>
void MatchingEngine::trade_all_at(Ticks tick, L& out) {
    const OrderBook::Ladder& bids = book_.ladder(Side::buy);
    const OrderBook::Ladder& asks = book_.ladder(Side::sell);
    while (!bids.empty() && !asks.empty() && bids.best() >= tick && asks.best() >= -tick) {
        const Slot buy = bids.best_level().head;
        const Slot sell = asks.best_level().head;
        trade_at(buy, sell, std::min(book_.node(buy).leaves, book_.node(sell).leaves), tick, out);
    }
}

// The ancestor's rule: who qualifies at the reference trades at one price, the longer side in proportion.
template <class L>
std::optional<Ticks> MatchingEngine::trade_by_reference(L& out) {
    const WeightedOutcome weighted = weighted_outcome();
    if (!weighted.tick) { return std::nullopt; }
    const auto buys = shares(Side::buy, *weighted.reference, weighted.volume());
    auto sells = shares(Side::sell, *weighted.reference, weighted.volume());
    const auto id_of = [&](const auto& share) { return book_.node(share.first).id; };
    std::vector<std::uint64_t> buy_ids, sell_ids;  // a reduce-only order may go while others trade
    std::ranges::transform(buys, std::back_inserter(buy_ids), id_of);
    std::ranges::transform(sells, std::back_inserter(sell_ids), id_of);
    bool has_traded = false;
    for (std::size_t b = 0; b < buys.size(); ++b) {
        Lots open = buys[b].second;
        for (std::size_t s = 0; s < sells.size() && open > 0; ++s) {
            const auto [buy, sell] = std::pair{buys[b].first, sells[s].first};
            if (book_.node(buy).id != buy_ids[b]) { break; }
            if (book_.node(sell).id != sell_ids[s]) { continue; }
            const bool is_own = book_.node(buy).account != 0 && book_.node(buy).account == book_.node(sell).account;
            if (is_own && config_.self_trade != SelfTradePolicy::none) { continue; }
            Lots lots = std::min({open, sells[s].second, whole(buy), whole(sell)});
            open -= lots;
            sells[s].second -= lots;
            while (lots > 0 && book_.node(buy).id == buy_ids[b] && book_.node(sell).id == sell_ids[s]) {
                // Parts of icebergs trade one after another.
                const Lots part = std::min({lots, book_.node(buy).leaves, book_.node(sell).leaves});
                trade_at(buy, sell, part, *weighted.tick, out);
                lots -= part;
                has_traded = true;
            }
        }
    }
    return has_traded ? weighted.tick : std::nullopt;
}

template <class L>
void MatchingEngine::trade_at(Slot buy, Slot sell, Lots lots, Ticks tick, L& out) {
    const std::uint32_t buyer = book_.node(buy).account;
    const std::uint32_t seller = book_.node(sell).account;
    tell(out, [&](MatchEvent& e) {
        e.order = OrderId{book_.node(buy).id};
        e.maker = OrderId{book_.node(sell).id};
        e.trade = TradeId{++last_trade_};
        e.price = scale_.price(tick);
        e.quantity = Quantity{lots};
        e.leaves = Quantity{whole(buy) - lots};
        e.maker_leaves = Quantity{whole(sell) - lots};
        e.ts = now_;
        e.owner = owner_of(buyer);
        e.maker_owner = owner_of(seller);
        e.step = Step::filled;
        e.side = Side::buy;
        e.is_auction = true;
    });
    take_from(buy, lots);
    take_from(sell, lots);
    move_position(buyer, lots);
    move_position(seller, -lots);
    if (reduce_only_resting_ != 0) {
        trim(seller, out);
        trim(buyer, out);
    }
}

template <class L>
void MatchingEngine::end_auction_for(Slot slot, std::optional<Ticks> printed, L& out) {
    OrderNode& order = book_.node(slot);
    if (order.time_in_force > model::TimeInForce::day) {
        remove(slot, Step::expired, Reason::time_in_force, out);
    } else if (order.has(OrderNode::unpriced) && printed) {
        unrest(slot);
        order.flags = static_cast<std::uint8_t>(order.flags & ~OrderNode::unpriced);
        order.rank = to_rank(order.side, *printed);
        emit(order, Step::replaced, Reason::market_to_limit, order.quantity, order.leaves, out);
        rest(slot);
    } else {
        remove(slot, Step::canceled, Reason::no_liquidity, out);
    }
}

}  // namespace walras::book
