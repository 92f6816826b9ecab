// The recorded flow by order, as orders of nobody's.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "walras/backtest/reactive_venue.hpp"
#include "walras/core/error.hpp"

namespace walras::backtest {

using book::BookChange;
using book::Lots;
using book::Ticks;
using model::BookAction;
using model::EventKind;
using model::Tick;

// One tick of the recorded feed.
void ReactiveVenue::apply(Market& market, const Tick& tick) {
    packet_flags_ = tick.flags & model::flag_snapshot;
    switch (tick.kind) {
        case EventKind::book_delta:
            if (tick.delta.action == BookAction::clear || market.feed == Feed::quotes) {
                clear(market, tick);
            } else if (tick.delta.action == BookAction::state) {
                market.recorded.apply(tick);
            } else if (tick.delta.order != 0) {
                market.feed = Feed::by_order;
                apply_order(market, tick);
            } else {
                market.feed = Feed::by_price;
                apply_level(market, market.recorded.apply(tick));
            }
            break;
        case EventKind::quote:
            if (market.feed == Feed::unknown) { market.feed = Feed::quotes; }
            if (market.feed == Feed::quotes) {
                apply_quote(market, tick.quote);
            } else if (!is_disturbed(market)) {
                emit(market, EventKind::quote).quote = tick.quote;
            }
            break;
        case EventKind::trade: apply_trade(market, tick); break;
        default: return;
    }
    const bool is_over = tick.kind != EventKind::book_delta && market.feed != Feed::by_order;
    if (is_over || tick.has(model::flag_last)) { end_packet(market); }
    packet_flags_ = 0;
}

// Both sides are empty, of others.
void ReactiveVenue::clear(Market& market, const Tick& tick) {
    if (market.feed == Feed::quotes) {  // deltas have come: quotes were not all there is
        market.recorded = book::MarketBook(market.recorded.config());
        market.feed = tick.delta.order != 0 ? Feed::by_order : Feed::by_price;
    }
    strike(market);
    for (const OrderId id : market.engine.orders()) {
        if (id.value < own_order) { market.engine.cancel(id, log_); }
    }
    log_.events.clear();  // said by the clear
    market.waiting.clear();
    market.told.clear();
    market.gone.clear();
    if (market.own.empty()) { market.is_apart = false; }
    model::BookDelta delta;
    delta.action = BookAction::clear;
    show(market, delta);
    for (const Own& own : market.own.all()) {
        book::MatchEvent event;
        event.order = OrderId{own_order + own.order.id.value};
        event.price = own.order.terms.price;
        event.side = own.order.terms.side;
        show_order(market, event.order.value, event);
    }
    const BookChange change = market.recorded.apply(tick);
    if (tick.delta.action == BookAction::clear) { return; }
    if (market.feed == Feed::by_price) {
        apply_level(market, change);
    } else if (const book::OrderNode* order = market.recorded.order(tick.delta.order)) {
        come(market, {order->id, order->side, order->tick(), order->leaves});
    }
}

void ReactiveVenue::apply_order(Market& market, const Tick& tick) {
    const model::BookDelta& delta = tick.delta;
    const std::uint64_t id = delta.order;
    if (id >= own_order) [[unlikely]] {
        throw DataError(fmt::format("the recorded order id {} is above {}; renumber the orders", id, own_order));
    }
    const book::OrderNode* was = market.recorded.order(id);
    const Lots before = was == nullptr ? 0 : was->leaves;
    const Side side = was == nullptr ? delta.side : was->side;
    const Ticks at = was == nullptr ? 0 : was->tick();
    const BookChange change = market.recorded.apply(tick);
    const book::OrderNode* is = market.recorded.order(id);
    // Who paid another price than the one at which he rests took, or traded in an auction: nobody hits his level.
    const bool is_hit = delta.price.is_zero() || delta.price == market.recorded.scale().price(at);
    switch (delta.action) {
        case BookAction::add:
            if (before > 0) { cancel_other(market, id); }
            if (is != nullptr) { come(market, {id, is->side, is->tick(), is->leaves}); }
            break;
        case BookAction::update: {
            const bool keeps = was != nullptr && change.old_lots == 0 && change.sequence != 0 && side == delta.side &&
                               at == change.tick && change.lots <= 0;
            if (keeps) {
                reduce(market, id, -change.lots - take_told(market, id, side, at, -change.lots));
                break;
            }
            // A new place: of the new size, less what has traded here and not in the record.
            strike(market);
            Lots missing = 0;
            if (before > 0) {
                const auto order = market.engine.order(OrderId{id});
                const auto waits = std::ranges::find(market.waiting, id, &Waiting::id);
                const Lots left =
                    order ? (order->quantity - order->filled).lots : (waits != market.waiting.end() ? waits->lots : 0);
                missing = before - left;
                cancel_other(market, id);
            }
            if (is != nullptr && is->leaves > missing) {
                come(market, {id, is->side, is->tick(), is->leaves - missing});
            } else if (is != nullptr) {
                reactions_.gone += is->leaves;
            }
            break;
        }
        case BookAction::remove: reduce(market, id, before - take_told(market, id, side, at, before)); break;
        case BookAction::reduce:
            reduce(market, id, -change.lots - take_told(market, id, side, at, -change.lots));
            break;
        case BookAction::fill:
            if (is_hit && is_disturbed(market) && !is_waiting(market, id)) {
                hit(market, side, at, change.traded);
            } else {
                reduce(market, id, change.traded);
            }
            break;
        case BookAction::fill_notice:
            if (is_hit && is_disturbed(market) && !is_waiting(market, id) && change.traded > 0) {
                hit(market, side, at, change.traded);
                market.told.push_back({id, side, at, change.traded});
            }
            break;
        default: break;
    }
    if (was != nullptr && market.recorded.lots_at(side, at) == 0) { lose_level(market, side, at); }
}

// Of lots that now leave the record, those that an aggressor has traded already.
Lots ReactiveVenue::take_told(Market& market, std::uint64_t id, Side side, Ticks tick, Lots most) {
    Lots sum = 0;
    for (Told& told : market.told) {
        if (told.id != id || told.side != side || told.tick != tick) { continue; }
        const Lots lots = std::min(told.lots, most - sum);
        told.lots -= lots;
        sum += lots;
    }
    std::erase_if(market.told, [](const Told& told) { return told.lots == 0; });
    return sum;
}

bool ReactiveVenue::is_waiting(const Market& market, std::uint64_t id) {
    return std::ranges::find(market.waiting, id, &Waiting::id) != market.waiting.end();
}

// Lots of a recorded order are canceled, as many as are still there.
void ReactiveVenue::reduce(Market& market, std::uint64_t id, Lots lots) {
    if (lots <= 0) { return; }
    strike(market);
    if (const auto it = std::ranges::find(market.waiting, id, &Waiting::id); it != market.waiting.end()) {
        it->lots -= std::min(it->lots, lots);
        if (it->lots == 0) { market.waiting.erase(it); }
        return;
    }
    const auto order = market.engine.order(OrderId{id});
    const Lots left = order ? (order->quantity - order->filled).lots : 0;
    if (left < lots) { reactions_.gone += lots - left; }
    if (left == 0) { return; }
    if (left <= lots) {
        market.engine.cancel(OrderId{id}, log_);
    } else {
        model::Replace smaller;
        smaller.order = OrderId{id};
        smaller.quantity = order->quantity - Quantity{lots};
        market.engine.replace(smaller, log_);
    }
    digest(market);
}

void ReactiveVenue::cancel_other(Market& market, std::uint64_t id) {
    std::erase_if(market.waiting, [&](const Waiting& order) { return order.id == id; });
    if (market.engine.order(OrderId{id})) {
        market.engine.cancel(OrderId{id}, log_);
        digest(market);
    }
}

// A recorded order arrives. While the record's own book is crossed (an auction is on, or an aggressor is listed before
// its trades) what crosses waits, as it does there.
void ReactiveVenue::come(Market& market, const Waiting& order) {
    strike(market);
    const Side other = model::opposite(order.side);
    const bool crosses =
        market.recorded.has(other) &&
        book::to_rank(order.side, order.tick) + book::to_rank(other, market.recorded.best_tick(other)) >= 0;
    if (crosses || !market.waiting.empty()) {
        market.waiting.push_back(order);
    } else {
        enter(market, order);
    }
}

void ReactiveVenue::enter(Market& market, const Waiting& order) {
    book::NewOrder request;
    request.id = OrderId{order.id};
    request.terms.instrument = market.id;
    request.terms.side = order.side;
    request.terms.type = model::OrderType::limit;
    request.terms.price = market.recorded.scale().price(order.tick);
    request.terms.quantity = Quantity{std::min(order.lots, market.engine.config().max_quantity.lots)};
    market.engine.submit(request, log_);
    for (const book::MatchEvent& event : log_.events) {
        if (event.step != model::OrderStep::filled) { continue; }
        if (event.order == request.id) { reactions_.crossed += event.quantity.lots; }
    }
    digest(market);
}

// Recorded trades in a row against one side are one aggressor.
void ReactiveVenue::hit(Market& market, Side resting, Ticks tick, Lots lots) {
    if (lots <= 0) { return; }
    const Side aggressor = model::opposite(resting);
    if (market.aggressor_lots > 0 && market.aggressor != aggressor) { strike(market); }
    const bool is_farther = book::to_rank(aggressor, tick) > book::to_rank(aggressor, market.aggressor_tick);
    if (market.aggressor_lots == 0 || is_farther) { market.aggressor_tick = tick; }
    market.aggressor = aggressor;
    market.aggressor_lots += lots;
    market.has_fills = true;
}

// The aggressor meets whoever is first.
void ReactiveVenue::strike(Market& market) {
    if (market.aggressor_lots == 0) { return; }
    book::NewOrder request;
    request.id = OrderId{own_order};
    request.terms.instrument = market.id;
    request.terms.side = market.aggressor;
    request.terms.type = model::OrderType::limit;
    request.terms.time_in_force = model::TimeInForce::ioc;
    request.terms.price = market.recorded.scale().price(market.aggressor_tick);
    request.terms.quantity = Quantity{market.aggressor_lots};
    market.aggressor_lots = 0;
    market.engine.submit(request, log_);
    for (const book::MatchEvent& event : log_.events) {
        if (event.order == request.id && event.step == model::OrderStep::canceled) {
            reactions_.unmet += event.quantity.lots;
        }
    }
    digest(market);
}

void ReactiveVenue::lose_level(Market& market, Side side, Ticks tick) {
    if (is_disturbed(market)) { market.gone.push_back({side, tick}); }
}

// The record is whole again: what waited comes, what it has no level for goes.
void ReactiveVenue::end_packet(Market& market) {
    strike(market);
    if (!market.has_fills || market.feed != Feed::by_order) {
        for (const Tick& print : market.prints) { emit(market, EventKind::trade).trade = print.trade; }
    }
    market.prints.clear();
    market.has_fills = false;
    for (const Level& level : market.gone) {
        if (market.recorded.lots_at(level.side, level.tick) > 0) { continue; }
        cancel_from_back(market, level.side, level.tick, INT64_MAX, reactions_.healed);
    }
    market.gone.clear();
    if (!market.waiting.empty() && !market.recorded.is_crossed()) {
        const std::vector<Waiting> waiting = std::exchange(market.waiting, {});
        for (const Waiting& order : waiting) { enter(market, order); }
    }
    if (market.feed != Feed::quotes && market.recorded.state() != market.shown.state()) {
        model::BookDelta delta;
        delta.action = BookAction::state;
        delta.order = static_cast<std::uint64_t>(market.recorded.state());
        const std::uint8_t flags = std::exchange(packet_flags_, std::uint8_t{0});
        show(market, delta);
        packet_flags_ = flags;
    }
    ++reactions_.packets;
    reactions_.packets_apart += compare(market);
    if (!market.wanted.empty()) { announce(market); }
}

// How far from the record we are now; whether the best prices are others.
bool ReactiveVenue::compare(Market& market) {
    if (market.feed == Feed::quotes) { show_quote(market); }
    if (market.recorded.is_crossed() || !is_disturbed(market)) { return false; }
    const book::TopOfBook top = market.engine.top();
    ImpactRow row{now_,
                  market.id,
                  market.recorded.best_price(Side::buy),
                  market.recorded.best_price(Side::sell),
                  top.bid ? top.bid->price : Price{},
                  top.ask ? top.ask->price : Price{}};
    const ImpactRow& was = market.impact;
    const bool moved = row.bid - row.recorded_bid != was.bid - was.recorded_bid ||
                       row.ask - row.recorded_ask != was.ask - was.recorded_ask;
    if (moved) {
        impact_.push_back(row);
        market.impact = row;
    }
    return row.bid != row.recorded_bid || row.ask != row.recorded_ask;
}

}  // namespace walras::backtest
