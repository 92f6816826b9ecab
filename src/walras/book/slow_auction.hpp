// The slow, obvious engine's trading day: phases, price bands, and an auction that tries every price on every order.
// Part of slow_book.hpp's SlowBook; include this one.
#pragma once

#include "walras/book/slow_book.hpp"

namespace walras::book {

inline bool SlowBook::is_parked(const Entry& e) const {
    const bool is_auction = phase_ == TradingPhase::auction;
    if (e.t.time_in_force == Tif::at_the_open) { return !(is_auction && kind_ == AuctionKind::opening); }
    if (e.t.time_in_force == Tif::at_the_close) { return !(is_auction && kind_ == AuctionKind::closing); }
    return false;
}

inline SlowBook::Reason SlowBook::judge(const Entry& e) const {
    if (phase_ == TradingPhase::closed) { return Reason::market_closed; }
    if (phase_ == TradingPhase::halted) { return Reason::trading_halted; }
    if (e.t.time_in_force == Tif::at_the_open) {
        const bool is_opening = phase_ == TradingPhase::auction && kind_ == AuctionKind::opening;
        if (phase_ != TradingPhase::pre_open && !is_opening) { return Reason::wrong_phase; }
    }
    if (e.waits_for_a_price() || is_parked(e)) { return Reason::none; }
    if (is_call(phase_) && e.is_immediate()) { return Reason::wrong_phase; }
    return !e.is_market() && is_beyond_band(e, e.t.price) ? Reason::price_band : Reason::none;
}

inline std::optional<PriceRange> SlowBook::band() const {
    PriceBands bands = config_.bands;
    if (phase_ != TradingPhase::continuous) { bands.dynamic_width = {}; }
    return bands.range(reference_, last_);
}

inline bool SlowBook::is_beyond_band(const Entry& e, Price limit) const {
    const auto range = band();
    if (!range || config_.bands.action == BandAction::auction) { return false; }
    return e.t.side == Side::buy ? limit > range->high : limit < range->low;
}

inline void SlowBook::open_auction(AuctionKind kind) {
    phase_ = TradingPhase::auction;
    kind_ = kind;
    const Queue waiting = std::exchange(parked_, {});
    for (const Entry& e : waiting) { place_.erase(e.id); }
    for (Entry e : waiting) {
        if (is_parked(e)) {
            put(parked_, e);
            continue;
        }
        if (e.t.reduce_only && reducible(e) == 0) {
            drop(e, Reason::reduce_only_would_increase);
            continue;
        }
        if (e.t.reduce_only) { clip(e); }
        queue_up(e);
    }
}

// Who takes part, in the order in which they trade; whole orders, hidden quantity too.
inline std::vector<SlowBook::Entry> SlowBook::side_of_auction(Side side) const {
    const Queue& market = side == Side::buy ? market_buys : market_sells;
    std::vector<Entry> orders(market.begin(), market.end());
    const auto add = [&](const Queue& queue) { orders.insert(orders.end(), queue.begin(), queue.end()); };
    if (side == Side::buy) {
        for (auto it = bids.rbegin(); it != bids.rend(); ++it) { add(it->second); }
    } else {
        for (const auto& [price, queue] : asks) { add(queue); }
    }
    return orders;
}

inline std::optional<Price> SlowBook::auction_price() const {
    const auto buys = side_of_auction(Side::buy);
    const auto sells = side_of_auction(Side::sell);
    const std::optional<Price> reference = last_ ? last_ : reference_;
    if (buys.empty() || sells.empty()) { return std::nullopt; }
    std::optional<Price> low, high;
    for (const auto* side : {&buys, &sells}) {
        for (const Entry& e : *side) {
            if (e.is_market()) { continue; }
            low = low ? std::min(*low, e.t.price) : e.t.price;
            high = high ? std::max(*high, e.t.price) : e.t.price;
        }
    }
    if (!low) { return reference; }
    struct Candidate {
        Price price;
        std::int64_t volume, surplus;
    };
    std::vector<Candidate> all;
    for (Price p = *low; p <= *high; p.raw += config_.tick_size.raw) {
        if (!config_.tick_table.allows(p)) { continue; }
        std::int64_t bought = 0;
        std::int64_t sold = 0;
        for (const Entry& e : buys) { bought += e.is_market() || e.t.price >= p ? e.leaves() : 0; }
        for (const Entry& e : sells) { sold += e.is_market() || e.t.price <= p ? e.leaves() : 0; }
        all.push_back({p, std::min(bought, sold), bought - sold});
    }
    const std::int64_t most = std::ranges::max(all, {}, &Candidate::volume).volume;
    if (most == 0) { return std::nullopt; }
    std::erase_if(all, [&](const Candidate& c) { return c.volume != most; });
    const auto imbalance = [](const Candidate& c) { return std::abs(c.surplus); };
    const std::int64_t least = std::abs(std::ranges::min(all, {}, imbalance).surplus);
    std::erase_if(all, [&](const Candidate& c) { return imbalance(c) != least; });
    if (std::ranges::all_of(all, [](const Candidate& c) { return c.surplus > 0; })) { return all.back().price; }
    if (std::ranges::all_of(all, [](const Candidate& c) { return c.surplus < 0; })) { return all.front().price; }
    const std::int64_t ticks = (all.back().price - all.front().price).raw / config_.tick_size.raw;
    const Price middle{all.front().price.raw + ticks / 2 * config_.tick_size.raw};
    const Price wanted = std::clamp(reference.value_or(middle), all.front().price, all.back().price);
    return config_.tick_table.floor(wanted);
}

inline void SlowBook::uncross() {
    std::optional<Price> printed;
    if (config_.auction_rule == AuctionRule::weighted_reference) { printed = trade_by_reference(); }
    for (auto price = auction_price(); price; price = auction_price()) {
        trade_all_at(*price);
        printed = price;
    }
    std::vector<Entry> left;
    for (const auto side : {Side::buy, Side::sell}) {
        for (const Entry& e : side_of_auction(side)) {
            if (e.is_market() || e.t.time_in_force > Tif::day) { left.push_back(e); }
        }
    }
    std::ranges::sort(left, {}, &Entry::arrival);
    for (Entry& e : left) {
        if (e.t.time_in_force > Tif::day) {
            take_out(e, Step::expired, Reason::time_in_force);
        } else if (e.t.type != Type::market_to_limit || !printed) {
            take_out(e, Step::canceled, Reason::no_liquidity);
        } else {
            erase(e.id);
            e.is_priced = true;
            e.t.price = *printed;
            say(e, Step::replaced, Reason::market_to_limit, e.t.quantity.lots, e.leaves());
            queue_up(e);
        }
    }
    if (printed) { last_ = reference_ = printed; }
    phase_ = kind_ == AuctionKind::closing ? TradingPhase::closed : TradingPhase::continuous;
    if (phase_ == TradingPhase::continuous && last_) {
        print(*last_);
        run_fired();
    }
}

inline void SlowBook::trade_all_at(Price price) {
    for (;;) {
        const auto buys = side_of_auction(Side::buy);
        const auto sells = side_of_auction(Side::sell);
        if (buys.empty() || (!buys[0].is_market() && buys[0].t.price < price)) { return; }
        if (sells.empty() || (!sells[0].is_market() && sells[0].t.price > price)) { return; }
        trade_in_auction(*find(buys[0].id), *find(sells[0].id), std::min(buys[0].shown(), sells[0].shown()), price);
    }
}

inline std::optional<Price> SlowBook::trade_by_reference() {
    const auto buys = side_of_auction(Side::buy);
    const auto sells = side_of_auction(Side::sell);
    const auto levels = [&](const std::vector<Entry>& side, std::int64_t& market) {
        std::vector<AuctionLevel> out;
        for (const Entry& e : side) {
            const std::int64_t tick = e.t.price.raw / config_.tick_size.raw;
            if (e.is_market()) {
                market += e.leaves();
            } else if (!out.empty() && out.back().tick == tick) {
                out.back().lots += e.leaves();
            } else {
                out.push_back({tick, e.leaves()});
            }
        }
        return out;
    };
    AuctionBook book;
    const auto bid_levels = levels(buys, book.market_buys);
    const auto ask_levels = levels(sells, book.market_sells);
    book.bids = bid_levels;
    book.asks = ask_levels;
    const auto ticks = [&](std::optional<Price> p) -> std::optional<double> {
        if (!p) { return std::nullopt; }
        return static_cast<double>(p->raw / config_.tick_size.raw);
    };
    const WeightedOutcome outcome = weighted_reference(book, {std::nullopt, ticks(last_), ticks(reference_)});
    if (!outcome.tick) { return std::nullopt; }
    const Price at{*outcome.reference * config_.tick_size.raw};
    const Price price = config_.tick_table.floor(Price{*outcome.tick * config_.tick_size.raw});
    // What each may trade, in list order.
    const auto share = [&](const std::vector<Entry>& side, bool is_buy) {
        std::vector<std::pair<OrderId, std::int64_t>> out;
        std::vector<std::int64_t> lots;
        for (const Entry& e : side) {
            if (!e.is_market() && (is_buy ? e.t.price < at : e.t.price > at)) { continue; }
            out.emplace_back(e.id, 0);
            lots.push_back(e.leaves());
        }
        const auto parts = pro_rata(lots, outcome.volume());
        for (std::size_t i = 0; i < parts.size(); ++i) { out[i].second = parts[i]; }
        return out;
    };
    auto bought = share(buys, true);
    auto sold = share(sells, false);
    bool has_traded = false;
    for (auto& [buy, open] : bought) {
        for (auto& [sell, offered] : sold) {
            if (find(buy) == nullptr || find(sell) == nullptr) { continue; }
            const OwnerId owner = find(buy)->owner;
            const bool is_own = !owner.is_none() && owner == find(sell)->owner;
            if (is_own && config_.self_trade != SelfTradePolicy::none) { continue; }
            std::int64_t lots = std::min({open, offered, find(buy)->leaves(), find(sell)->leaves()});
            open -= lots;
            offered -= lots;
            while (lots > 0 && find(buy) != nullptr && find(sell) != nullptr) {
                const std::int64_t part = std::min({lots, find(buy)->shown(), find(sell)->shown()});
                trade_in_auction(*find(buy), *find(sell), part, price);
                lots -= part;
                has_traded = true;
            }
        }
    }
    return has_traded ? std::optional{price} : std::nullopt;
}

inline void SlowBook::trade_in_auction(Entry& buy, Entry& sell, std::int64_t lots, Price price) {
    const OwnerId buyer = buy.owner;
    const OwnerId seller = sell.owner;
    buy.filled += lots;
    sell.filled += lots;
    MatchEvent e;
    e.order = buy.id;
    e.maker = sell.id;
    e.trade = TradeId{++trades_};
    e.price = price;
    e.quantity = Quantity{lots};
    e.leaves = Quantity{buy.leaves()};
    e.maker_leaves = Quantity{sell.leaves()};
    e.ts = now_;
    e.owner = buyer;
    e.maker_owner = seller;
    e.step = Step::filled;
    e.side = Side::buy;
    e.is_auction = true;
    events.push_back(e);
    settle(buy);
    settle(sell);
    if (!buyer.is_none()) { positions_[buyer] += lots; }
    if (!seller.is_none()) { positions_[seller] -= lots; }
    trim(seller);
    trim(buyer);
}

}  // namespace walras::book
