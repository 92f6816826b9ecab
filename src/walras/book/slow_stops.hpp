// The slow, obvious engine's orders that change or fire: replace, stops, reduce-only.
// Part of slow_book.hpp's SlowBook; include slow_auction.hpp.
#pragma once

#include "walras/book/slow_book.hpp"

namespace walras::book {

inline bool SlowBook::fires(const Entry& e, Price last) {
    return e.trigger && (e.fires_on_rise() ? last >= *e.trigger : last <= *e.trigger);
}

inline Price SlowBook::behind(const Entry& e, Price last) const {
    std::int64_t distance = e.t.trailing_offset;
    if (e.t.trailing_kind == model::TrailingOffset::bps) {
        const core::int128 exact = static_cast<core::int128>(std::abs(last.raw)) * e.t.trailing_offset;
        const core::int128 tick = static_cast<core::int128>(config_.tick_size.raw) * 10'000'000'000'000;
        distance =
            std::max<std::int64_t>(1, static_cast<std::int64_t>((exact + tick - 1) / tick)) * config_.tick_size.raw;
    }
    return Price{e.t.side == Side::buy ? last.raw + distance : last.raw - distance};
}

inline void SlowBook::wait(const Entry& e) {
    if (phase_ == TradingPhase::continuous && last_ && fires(e, *last_)) {
        fired_.push_back(e);
    } else {
        put(stops_, e);
    }
}

inline void SlowBook::print(Price price) {
    last_ = price;
    std::vector<Entry> now;
    for (Entry& e : stops_) {
        if (fires(e, price)) {
            now.push_back(e);
        } else if (model::is_trailing(e.t.type)) {
            const Price moved = behind(e, price);
            const bool is_better = !e.trigger || (e.t.side == Side::buy ? moved < *e.trigger : moved > *e.trigger);
            if (is_better) { e.trigger = moved; }
        }
    }
    std::ranges::sort(now, [](const Entry& a, const Entry& b) {
        if (a.fires_on_rise() != b.fires_on_rise()) { return a.fires_on_rise(); }
        if (a.trigger != b.trigger) { return a.fires_on_rise() ? a.trigger < b.trigger : a.trigger > b.trigger; }
        return a.stop_arrival < b.stop_arrival;
    });
    for (const Entry& e : now) {
        fired_.push_back(e);
        erase(e.id);
    }
}

inline void SlowBook::run_fired() {
    while (!fired_.empty()) {
        Entry e = fired_.front();
        fired_.pop_front();
        say(e, Step::triggered, Reason::none, e.t.quantity.lots, e.leaves());
        events.back().price = *e.trigger;
        if (e.t.type == Type::trailing_stop_limit) {
            const Price limit{e.trigger->raw + (e.t.side == Side::buy ? e.t.limit_offset : -e.t.limit_offset)};
            if (limit.raw <= 0) {
                say(e, Step::canceled, Reason::invalid_price, e.leaves(), 0);
                continue;
            }
            e.t.price = e.t.side == Side::buy ? config_.tick_table.floor(limit) : config_.tick_table.ceil(limit);
        }
        if (e.t.post_only && !is_call(phase_) && crosses(e)) {
            say(e, Step::canceled, Reason::post_only_would_take, e.leaves(), 0);
        } else if (!e.is_market() && is_beyond_band(e, e.t.price)) {
            say(e, Step::canceled, Reason::price_band, e.leaves(), 0);
        } else if (e.t.reduce_only && reducible(e) == 0) {
            say(e, Step::canceled, Reason::reduce_only_would_increase, e.leaves(), 0);
        } else {
            execute(e);
        }
    }
}

inline void SlowBook::clip(Entry& e) {
    if (const std::int64_t most = reducible(e); e.leaves() > most) {
        e.hidden = std::max<std::int64_t>(0, e.hidden - (e.leaves() - most));
        e.t.quantity.lots = e.filled + most;
        say(e, Step::replaced, Reason::reduce_only_would_increase, e.t.quantity.lots, most);
    }
}

inline void SlowBook::trim(OwnerId owner) {
    if (owner.is_none()) { return; }
    std::vector<OrderId> resting;
    for (auto it = reduce_only_.lower_bound({owner, 0}); it != reduce_only_.end() && it->first.first == owner; ++it) {
        resting.push_back(it->second);
    }
    for (const OrderId id : resting) {
        Entry& e = *find(id);
        if (reducible(e) == 0) {
            take_out(Entry{e}, Step::canceled, Reason::reduce_only_would_increase);
        } else {
            clip(e);
        }
    }
}

inline void SlowBook::replace(const model::Replace& r) {
    Entry* found = find(r.order);
    if (found == nullptr) {
        Entry unknown{r.order, {}, {}};
        return say(unknown, Step::replace_rejected, Reason::unknown_order, 0, 0);
    }
    Entry e = *found;
    if (phase_ == TradingPhase::closed) { return refuse(*found, Reason::market_closed); }
    if (phase_ == TradingPhase::halted) { return refuse(*found, Reason::trading_halted); }
    const bool is_waiting = is_in(stops_, e.id);
    const bool is_parked_now = is_in(parked_, e.id);
    if (!r.price.is_zero() && !is_waiting && !is_parked_now && !e.is_market() && is_beyond_band(e, r.price)) {
        return refuse(*found, Reason::price_band);
    }
    if (!r.quantity.is_zero()) {
        if (r.quantity.lots <= e.filled) { return refuse(*found, Reason::replace_below_filled); }
        e.t.quantity = r.quantity;
    }
    if (!r.price.is_zero()) {
        const bool has_none = is_waiting && e.t.type != Type::stop_limit && e.t.type != Type::limit_if_touched;
        if (has_none || (!is_waiting && e.is_market())) { return refuse(*found, Reason::invalid_price); }
        e.t.price = r.price;
    }
    if (!r.trigger.is_zero()) {
        if (!is_waiting) { return refuse(*found, Reason::invalid_trigger); }
        e.trigger = r.trigger;
    }
    if (!r.display_quantity.is_zero()) {
        if (e.t.display_quantity.is_zero() || r.display_quantity > e.t.quantity) {
            return refuse(*found, Reason::invalid_display);
        }
        e.t.display_quantity = r.display_quantity;
    }
    if (is_waiting) {
        if (e.trigger != found->trigger || e.t.quantity > found->t.quantity) { e.stop_arrival = ++clock_; }
        say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
        erase(e.id);
        wait(e);
    } else if (is_parked_now) {
        say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
        if (e.t.price == found->t.price && e.t.quantity <= found->t.quantity) {
            *found = e;
        } else {
            erase(e.id);
            put(parked_, e);
        }
    } else {
        if (e.t.post_only && !is_call(phase_) && crosses(e)) { return refuse(*found, Reason::post_only_would_take); }
        if (e.t.price == found->t.price && e.t.quantity <= found->t.quantity) {
            // Hidden quantity goes first.
            e.hidden = std::max<std::int64_t>(0, e.hidden - (found->t.quantity - e.t.quantity).lots);
            *found = e;
            say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
        } else {
            erase(e.id);
            e.hidden = 0;
            say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
            if (e.t.reduce_only) { clip(e); }
            go(e);
        }
    }
    run_fired();
}

}  // namespace walras::book
