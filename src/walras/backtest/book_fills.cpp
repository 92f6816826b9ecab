// What the feed does to orders that rest: queues move, trades reach them, prices pass them, triggers are touched.
#include <algorithm>
#include <cmath>

#include "walras/backtest/book_venue.hpp"
#include "walras/backtest/replay_rules.hpp"

namespace walras::backtest {

using book::BookChange;
using book::Lots;
using book::Ticks;
using model::BookAction;
using model::EventKind;
using model::FillRule;
using model::LiquiditySide;
using model::OrderStep;
using Side = model::OrderSide;

namespace {

std::size_t index(Side side) { return side == Side::buy ? 0 : 1; }

// A price that is better for its owner's place: a buyer's higher one, a seller's lower one.
bool is_better(Side side, Ticks a, Ticks b) { return book::to_rank(side, a) > book::to_rank(side, b); }

}  // namespace

// One tick of the feed at the exchange.
void BookVenue::apply(Market& market, const model::Tick& tick) {
    book::MarketBook& book = *market.book;
    switch (tick.kind) {
        case EventKind::book_delta: {
            if (!market.has_deltas) [[unlikely]] {
                market.has_deltas = true;
                if (book.has(Side::buy) || book.has(Side::sell)) {  // what quotes were: a book of another kind
                    const book::MarketBookConfig config = book.config();
                    market.book.emplace(config);
                }
            }
            const BookChange change = book.apply(tick);
            if (market.orders.empty() && market.taken.empty() && market.wanted.empty()) [[likely]] { return; }
            if (change.traded > 0) { on_fill_of_others(market, change, tick.delta.price); }
            on_change(market, change);
            break;
        }
        case EventKind::quote:
            if (market.has_deltas) { return; }
            apply_quote(market, tick.quote);
            break;
        case EventKind::trade:
            if (market.orders.empty()) { return; }
            on_trade(market, tick.trade);
            break;
        default: return;
    }
    if (tick.has(model::flag_last) || tick.kind != EventKind::book_delta) { end_packet(market); }
}

// Best quotes alone are a book of one level a side.
void BookVenue::apply_quote(Market& market, const model::Quote& quote) {
    set_quoted_level(market, Side::buy, quote.bid, quote.bid_size);
    set_quoted_level(market, Side::sell, quote.ask, quote.ask_size);
}

void BookVenue::set_quoted_level(Market& market, Side side, Price price, Quantity size) {
    model::BookDelta delta;
    delta.action = BookAction::update;
    delta.side = side;
    book::MarketBook& book = *market.book;
    if (book.has(side) && book.best_price(side) != price) {
        delta.price = book.best_price(side);
        on_change(market, book.apply(delta, 0));
    }
    if (price.is_zero()) { return; }
    delta.price = price;
    delta.size = size.is_zero() ? Quantity{unknown_size} : size;  // 0: the source has no sizes
    on_change(market, book.apply(delta, 0));
}

void BookVenue::on_change(Market& market, const BookChange& change) {
    if (!market.taken.empty()) {
        shrink_taken(market, change.side, change.tick, market.book->lots_at(change.side, change.tick));
    }
    if (market.orders.empty()) { return; }
    if (!market.book->is_by_order()) {
        on_level(market, change.side, change.tick, change.lots);
        return;
    }
    if (change.lots < 0) { on_queue(market, change.side, change.tick, change.sequence, change.lots); }
    if (change.old_lots < 0) { on_queue(market, change.side, change.old_tick, change.old_sequence, change.old_lots); }
}

// By price: the level was reported. What it lost beyond what was traded was canceled, before us or behind us.
void BookVenue::on_level(Market& market, Side side, Ticks tick, Lots change) {
    const auto now = static_cast<double>(market.book->lots_at(side, tick));
    const double before = now - static_cast<double>(change);
    for (Resting& order : market.orders) {
        if (order.tick != tick || order.terms.side != side || order.is_dormant || order.is_held) { continue; }
        const double canceled = before - now - order.traded;
        order.traded = 0;
        const double was = order.ahead;
        if (canceled >= 0) {
            const double unit = static_cast<double>(universe_.at(order.terms.instrument).lot_size) / 1e9;
            order.ahead = config_.queue->ahead_after(order.ahead * unit, canceled * unit, before * unit) / unit;
        }
        order.ahead = std::min(order.ahead, now);
        if (order.ahead != was) { note(order, NoteKind::canceled_ahead, tick, was - order.ahead); }
    }
}

// By order: somebody who arrived as `arrival` left the queue by -`lots`.
void BookVenue::on_queue(Market& market, Side side, Ticks tick, std::uint64_t arrival, Lots lots) {
    for (Resting& order : market.orders) {
        if (order.tick != tick || order.terms.side != side || order.is_dormant || order.is_held) { continue; }
        if (arrival >= order.arrival) { continue; }
        order.ahead += static_cast<double>(lots);
        note(order, NoteKind::canceled_ahead, tick, -static_cast<double>(lots));
    }
}

// By order: somebody else's order traded. Ours would have been first where it has a better price than was paid, or the
// same price and an earlier arrival. Who paid another price than the one at which he rests was the aggressor (CME lists
// a changed order as it was until its trades are over), or traded in an auction: he tells nothing of his queue.
void BookVenue::on_fill_of_others(Market& market, const BookChange& change, Price price) {
    Lots left = change.traded;
    Ticks paid = change.tick;
    if (!price.is_zero() && !market.book->scale().to_ticks(price, paid)) { return; }
    for (Resting& order : market.orders) {
        if (order.terms.side != change.side || order.is_dormant || order.is_held || order.is_over) { continue; }
        if (is_better(change.side, order.tick, paid)) {
            pass(market, order, paid, FillRule::trade);
        } else if (order.tick == paid && change.tick == paid && order.arrival <= change.sequence && left > 0) {
            note(order, NoteKind::reached, paid, static_cast<double>(left));
            left -= meet(market, order, left);
        }
    }
    sweep_out(market);
}

// A trade print. In books by order those at our own price are told by fills; only what passes us counts.
void BookVenue::on_trade(Market& market, const model::Trade& trade) {
    Ticks tick = 0;
    if (!market.book->scale().to_ticks(trade.price, tick)) { return; }  // between ticks: a hidden or negotiated trade
    const bool by_order = market.book->is_by_order();
    Lots left[2] = {trade.size.lots, trade.size.lots};
    for (Resting& order : market.orders) {
        if (order.is_dormant || order.is_held || order.is_over) { continue; }
        const Side side = order.terms.side;
        const model::AggressorSide hits =
            side == Side::buy ? model::AggressorSide::seller : model::AggressorSide::buyer;
        if (trade.aggressor != hits && trade.aggressor != model::AggressorSide::none) { continue; }
        if (is_better(side, order.tick, tick)) {
            pass(market, order, tick, FillRule::trade);
            continue;
        }
        if (order.tick != tick || by_order) { continue; }
        const auto lots = static_cast<double>(left[index(side)]);
        order.ahead -= lots;
        order.traded += lots;
        const auto reached = static_cast<Lots>(std::llround(-order.ahead));
        if (reached <= 0) {
            note(order, NoteKind::advanced, tick, lots);
            continue;
        }
        order.ahead = 0;
        note(order, NoteKind::reached, tick, static_cast<double>(reached));
        left[index(side)] -= std::min(left[index(side)], meet(market, order, reached));
    }
    sweep_out(market);
}

// A trade of `lots` has come to the front of the queue, where the order is. Returns what it took of the order. The next
// part of an iceberg joins the back: behind what others still show. A trade that finds nobody else goes on with it.
Lots BookVenue::meet(Market& market, Resting& order, Lots lots) {
    const Lots before = order.filled.lots;
    const auto took = [&] { return order.filled.lots - before; };
    if (!config_.partial_fills) {
        execute(market, order, {order.tick, order.leaves().lots, LiquiditySide::maker, FillRule::trade});
        return took();
    }
    for (;;) {
        const Lots part = std::min(lots - took(), order.shown);
        if (!execute(market, order, {order.tick, part, LiquiditySide::maker, FillRule::trade})) { break; }
        order.shown -= part;
        if (!order.is_iceberg() || order.shown > 0 || order.is_over) { break; }
        // What was traded at this price is in a level until it is reported.
        const Lots others = market.book->lots_at(order.terms.side, order.tick);
        order.shown = std::min(order.leaves().lots, order.terms.display_quantity.lots);
        order.arrival = market.book->next_arrival();
        order.ahead = std::max(0.0, static_cast<double>(others) - order.traded);
        note(order, NoteKind::joined, order.tick, static_cast<double>(order.shown));
        if (market.book->is_by_order() || order.ahead > 0) { break; }
    }
    return took();
}

// The market went through the order's price: it fills whole.
void BookVenue::pass(Market& market, Resting& order, Ticks tick, FillRule rule) {
    note(order, NoteKind::passed, tick, 0);
    execute(market, order, {order.tick, order.leaves().lots, LiquiditySide::maker, rule});
}

// The book is whole again after a packet: what it says now may fill, trigger and price.
void BookVenue::end_packet(Market& market) {
    if (is_idle(market)) { return; }
    for (const Side side : {Side::buy, Side::sell}) {
        const book::Rank best =
            market.book->has(side) ? book::to_rank(side, market.book->best_tick(side)) : book::no_rank;
        book::Rank& seen = market.best[index(side)];
        if (best == seen) { continue; }
        seen = best;
        if (best != book::no_rank) { check_best(market, model::opposite(side)); }
    }
    check_triggers(market);
    if (!market.wanted.empty()) {
        const auto id = static_cast<std::uint32_t>(&market - markets_.data());
        announce(InstrumentId{id}, market);
    }
}

// Resting orders that the other side's best price has come to are filled, whole.
void BookVenue::check_best(Market& market, Side resting) {
    const Ticks best = market.book->best_tick(model::opposite(resting));
    for (Resting& order : market.orders) {
        if (order.terms.side != resting || order.is_dormant || order.is_held || order.is_over) { continue; }
        if (!is_better(resting, best, order.tick)) { pass(market, order, best, FillRule::quote); }
    }
    sweep_out(market);
}

// The price at which the order would trade touches the trigger.
bool BookVenue::is_touched(const Market& market, Resting& order) const {
    const Side other = model::opposite(order.terms.side);
    if (!market.book->has(other)) { return false; }
    const Price price = market.book->best_price(other);
    const bool buy = order.is_buy();
    if (model::is_if_touched(order.terms.type)) { return reaches_trigger(!buy, price, order.terms.trigger); }
    if (!order.terms.trigger.is_zero() && reaches_trigger(buy, price, order.terms.trigger)) { return true; }
    if (model::is_trailing(order.terms.type)) {
        const bool better = order.best.is_zero() || (buy ? price < order.best : price > order.best);
        if (better) {
            order.best = price;
            const Price distance{trailing_distance(order.terms, price)};
            order.terms.trigger = buy ? price + distance : price - distance;
        }
    }
    return false;
}

void BookVenue::check_triggers(Market& market) {
    for (Resting& order : market.orders) {
        if (order.is_over) { continue; }
        if (order.is_held) {
            order.is_held = false;
            enter(market, order);
        } else if (order.is_dormant && is_touched(market, order)) {
            order.is_dormant = false;
            note(order, NoteKind::triggered, order.tick, 0);
            if (order.terms.type == model::OrderType::trailing_stop_limit) {
                const Price offset{order.terms.limit_offset};
                order.terms.price = order.is_buy() ? order.terms.trigger + offset : order.terms.trigger - offset;
            }
            if (model::has_limit(order.terms.type)) { report(order, OrderStep::triggered); }
            enter(market, order);
        }
    }
    sweep_out(market);
}

}  // namespace walras::backtest
