// The recorded flow by price, of quotes, and recorded trades, as orders of nobody's.
#include <algorithm>
#include <ranges>

#include "walras/backtest/reactive_venue.hpp"

namespace walras::backtest {

using book::BookChange;
using book::Lots;
using book::Ticks;
using model::EventKind;
using model::Tick;

// A level grew: somebody came. It shrank by more than was traded: the last to come went.
void ReactiveVenue::apply_level(Market& market, const BookChange& change) {
    strike(market);
    Lots net = change.lots;
    if (is_disturbed(market)) { net += take_told(market, 0, change.side, change.tick, INT64_MAX); }
    if (net > 0) {
        // Not before the packet is over: the other side may move away in it.
        market.waiting.push_back({market.next_id++, change.side, change.tick, net});
    } else if (net < 0) {
        for (Waiting& order : std::views::reverse(market.waiting)) {
            if (order.side != change.side || order.tick != change.tick) { continue; }
            const Lots lots = std::min(order.lots, -net);
            order.lots -= lots;
            net += lots;
        }
        std::erase_if(market.waiting, [](const Waiting& order) { return order.lots == 0; });
        Lots canceled = 0;
        cancel_from_back(market, change.side, change.tick, -net, canceled);
        reactions_.gone += -net - canceled;
    }
    if (change.lots < 0 && market.recorded.lots_at(change.side, change.tick) == 0) {
        lose_level(market, change.side, change.tick);
    }
}

// Best quotes alone are a book of one level a side.
void ReactiveVenue::apply_quote(Market& market, const model::Quote& quote) {
    const auto set = [&](Side side, Price price, Quantity size) {
        model::BookDelta delta;
        delta.action = model::BookAction::update;
        delta.side = side;
        if (market.recorded.has(side) && market.recorded.best_price(side) != price) {
            delta.price = market.recorded.best_price(side);
            apply_level(market, market.recorded.apply(delta, 0));
        }
        if (price.is_zero()) { return; }
        delta.price = price;
        // 0: the source has no sizes; as many as an order may have.
        delta.size = size.is_zero() ? market.engine.config().max_quantity : size;
        apply_level(market, market.recorded.apply(delta, 0));
    };
    set(Side::buy, quote.bid, quote.bid_size);
    set(Side::sell, quote.ask, quote.ask_size);
}

// A recorded trade. By order, fills say who traded, and the trade is told again unless there are any.
void ReactiveVenue::apply_trade(Market& market, const Tick& tick) {
    if (!is_disturbed(market)) {
        emit(market, EventKind::trade).trade = tick.trade;
        if (market.feed == Feed::by_order) { return; }
    } else if (market.feed == Feed::by_order) {
        market.prints.push_back(tick);
        return;
    }
    Ticks at = 0;
    model::AggressorSide aggressor = tick.trade.aggressor;
    if (aggressor == model::AggressorSide::none && market.recorded.has_both()) {
        if (tick.trade.price >= market.recorded.best_price(Side::sell)) { aggressor = model::AggressorSide::buyer; }
        if (tick.trade.price <= market.recorded.best_price(Side::buy)) { aggressor = model::AggressorSide::seller; }
    }
    // Between ticks, or nobody's: a hidden or a negotiated trade.
    const bool is_on_tick = market.recorded.scale().to_ticks(tick.trade.price, at);
    if (!is_disturbed(market)) { return; }
    if (!is_on_tick || aggressor == model::AggressorSide::none) {
        market.prints.push_back(tick);
        return;
    }
    const Side resting = aggressor == model::AggressorSide::buyer ? Side::sell : Side::buy;
    hit(market, resting, at, tick.trade.size.lots);
    if (market.recorded.lots_at(resting, at) > 0) { market.told.push_back({0, resting, at, tick.trade.size.lots}); }
}

// Lots of others leave a level, the last to come first.
void ReactiveVenue::cancel_from_back(Market& market, Side side, Ticks tick, Lots lots, Lots& counter) {
    while (lots > 0) {
        const book::OrderLevel* level = market.engine.book().ladder(side).find(book::to_rank(side, tick));
        if (level == nullptr) { return; }
        book::Slot slot = level->tail;
        while (slot != book::no_slot && market.engine.book().node(slot).id > own_order) {
            slot = market.engine.book().node(slot).previous;
        }
        if (slot == book::no_slot) { return; }
        const book::OrderNode order = market.engine.book().node(slot);
        const Lots part = std::min(lots, order.leaves);
        lots -= part;
        counter += part;
        if (part == order.leaves) {
            market.engine.cancel(OrderId{order.id}, log_);
        } else {
            model::Replace smaller;
            smaller.order = OrderId{order.id};
            smaller.quantity = Quantity{order.quantity - part};
            market.engine.replace(smaller, log_);
        }
        digest(market);
    }
}

}  // namespace walras::backtest
