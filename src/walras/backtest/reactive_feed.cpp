// What the engine does becomes market data: deltas of the kind that the feed has, trades, quotes.
#include <algorithm>

#include "walras/backtest/reactive_venue.hpp"

namespace walras::backtest {

using book::Lots;
using book::MatchEvent;
using book::Ticks;
using model::BookAction;
using model::BookDelta;
using model::EventKind;
using model::OrderStep;
using model::Tick;

Tick& ReactiveVenue::emit(const Market& market, EventKind kind) {
    Tick& tick = packet_.emplace_back(kind, market.id, now_, packet_local_);
    tick.flags = kind == EventKind::book_delta ? packet_flags_ : std::uint8_t{0};
    return tick;
}

void ReactiveVenue::show(Market& market, const BookDelta& delta) {
    if (market.feed == Feed::quotes) { return; }
    Tick& tick = emit(market, EventKind::book_delta);
    tick.delta = delta;
    market.shown.apply(tick);
}

void ReactiveVenue::publish() {
    if (packet_.empty()) { return; }
    packet_.back().flags |= model::flag_last;
    for (Tick& tick : packet_) {
        tick.ts_init = packet_local_;
        if (!is_silent_) { published_.push_back(tick); }
    }
    packet_.clear();
}

// The events of one call of the engine, in their order.
void ReactiveVenue::digest(Market& market) {
    touched_.clear();
    const auto touch = [&](std::uint64_t id) {
        if (std::ranges::find(touched_, id) == touched_.end()) { touched_.push_back(id); }
    };
    for (const MatchEvent& event : log_.events) {
        tell(market, event);
        if (event.step == OrderStep::filled) { show_trade(market, event); }
        if (event.step == OrderStep::rejected) { continue; }
        if (market.feed == Feed::by_price || market.feed == Feed::quotes) {
            // The level of the resting side of a trade, and of whatever rests after this call.
            if (event.step == OrderStep::filled) {
                Ticks tick = 0;
                static_cast<void>(market.recorded.scale().to_ticks(event.price, tick));
                show_level(market, model::opposite(event.side), tick);
            }
        }
        if (event.step == OrderStep::filled) { touch(event.maker.value); }
        touch(event.order.value);
    }
    for (const std::uint64_t id : touched_) {
        const auto last = std::ranges::find_if(log_.events.rbegin(), log_.events.rend(), [&](const MatchEvent& e) {
            return e.order.value == id || e.maker.value == id;
        });
        show_order(market, id, *last);
    }
    log_.events.clear();
    live_ -= market.own.forget([&](OrderId id) { market_of_order_[id.value] = no_instrument; });
    follow_links(market);
}

// Brings what is shown of one order, or of the level where it rests or rested, up to date.
void ReactiveVenue::show_order(Market& market, std::uint64_t id, const MatchEvent& last) {
    if (market.feed != Feed::by_order) {
        if (last.price.is_zero()) { return; }
        Ticks tick = 0;
        if (!market.recorded.scale().to_ticks(last.price, tick)) { return; }
        const bool is_maker = last.step == OrderStep::filled && last.maker.value == id;
        show_level(market, is_maker ? model::opposite(last.side) : last.side, tick);
        if (const auto view = market.engine.order(OrderId{id}); view && !view->price.is_zero()) {
            static_cast<void>(market.recorded.scale().to_ticks(view->price, tick));
            show_level(market, view->side, tick);
        }
        return;
    }
    const bool is_own = id > own_order;
    if (is_own && !config_.show_own_orders) { return; }
    const Own* own = is_own ? market.own.find(OrderId{id}) : nullptr;
    const auto view = market.engine.order(OrderId{id});
    Lots lots = 0;
    if (view && (own == nullptr || !own->waits)) {
        lots = view->display_quantity.is_zero() ? (view->quantity - view->filled).lots : view->displayed.lots;
    }
    BookDelta delta;
    delta.order = id;
    if (const book::OrderNode* was = market.shown.order(id)) {
        delta.side = was->side;
        delta.price = market.shown.scale().price(was->tick());
        if (lots == 0) {
            delta.action = BookAction::remove;
            show(market, delta);
        } else if (view->price != delta.price || lots != was->leaves) {
            delta.action = BookAction::update;
            delta.side = view->side;
            delta.price = view->price;
            delta.size = Quantity{lots};
            show(market, delta);
        }
    } else if (lots > 0) {
        delta.action = BookAction::add;
        delta.side = view->side;
        delta.price = view->price;
        delta.size = Quantity{lots};
        show(market, delta);
    }
}

// Of the lots at a level, ours that are not to be shown.
Lots ReactiveVenue::hidden_at(const Market& market, Side side, Ticks tick) const {
    if (config_.show_own_orders) { return 0; }
    Lots sum = 0;
    for (const Own& own : market.own.all()) {
        const auto view = market.engine.order(OrderId{own_order + own.order.id.value});
        if (!view || own.waits || view->side != side || view->price != market.recorded.scale().price(tick)) {
            continue;
        }
        sum += view->display_quantity.is_zero() ? (view->quantity - view->filled).lots : view->displayed.lots;
    }
    return sum;
}

void ReactiveVenue::show_level(Market& market, Side side, Ticks tick) {
    if (market.feed == Feed::quotes) { return; }  // the best prices are shown when the packet is over
    const book::OrderLevel* level = market.engine.book().ladder(side).find(book::to_rank(side, tick));
    const Lots lots = level == nullptr ? 0 : level->lots - hidden_at(market, side, tick);
    if (market.shown.lots_at(side, tick) == lots) { return; }
    BookDelta delta;
    delta.action = BookAction::update;
    delta.side = side;
    delta.price = market.recorded.scale().price(tick);
    delta.size = Quantity{lots};
    show(market, delta);
}

void ReactiveVenue::show_trade(Market& market, const MatchEvent& event) {
    if (market.feed == Feed::by_order) {
        if (const book::OrderNode* was = market.shown.order(event.maker.value)) {
            BookDelta delta;
            delta.action = BookAction::fill;
            delta.order = event.maker.value;
            delta.side = was->side;
            delta.price = event.price;
            delta.size = Quantity{std::min(event.quantity.lots, was->leaves)};
            show(market, delta);
        }
    }
    Tick& tick = emit(market, EventKind::trade);
    tick.trade.price = event.price;
    tick.trade.size = event.quantity;
    tick.trade.trade = TradeId{++prints_};
    tick.trade.aggressor = event.side == Side::buy ? model::AggressorSide::buyer : model::AggressorSide::seller;
}

// Best prices and what rests there, where they are all that the feed has.
void ReactiveVenue::show_quote(Market& market) {
    model::Quote quote;
    for (const Side side : {Side::buy, Side::sell}) {
        const auto& levels = market.engine.book().ladder(side);
        for (book::Rank rank = levels.best(); rank != book::no_rank; rank = levels.behind(rank)) {
            const Ticks tick = book::to_tick(side, rank);
            const Lots lots = levels.at(rank).lots - hidden_at(market, side, tick);
            if (lots == 0) { continue; }
            (side == Side::buy ? quote.bid : quote.ask) = market.recorded.scale().price(tick);
            (side == Side::buy ? quote.bid_size : quote.ask_size) = Quantity{lots};
            break;
        }
    }
    const model::Quote& was = market.quote;
    if (quote.bid == was.bid && quote.ask == was.ask && quote.bid_size == was.bid_size &&
        quote.ask_size == was.ask_size) {
        return;
    }
    market.quote = quote;
    emit(market, EventKind::quote).quote = quote;
}

}  // namespace walras::backtest
