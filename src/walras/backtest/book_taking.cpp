// Orders that enter the market: they take what is there, and what is left of them joins a queue.
#include <algorithm>
#include <cmath>

#include "walras/backtest/book_venue.hpp"
#include "walras/backtest/replay_rules.hpp"

namespace walras::backtest {

using book::Lots;
using book::Ticks;
using model::FillRule;
using model::LiquiditySide;
using model::OrderStep;
using model::OrderType;
using model::Reason;
using model::TimeInForce;
using Side = model::OrderSide;

namespace {

bool takes_any_price(const model::OrderTerms& terms) { return !model::has_limit(terms.type); }

}  // namespace

bool BookVenue::is_marketable(const Market& market, const Resting& order) const {
    const Side other = model::opposite(order.terms.side);
    if (!market.book->has(other)) { return false; }
    return takes_any_price(order.terms) ||
           within_limit(order.is_buy(), market.book->best_price(other), order.terms.price);
}

// The order is in market.orders, or will not be: nothing of it is in a queue yet.
void BookVenue::enter(Market& market, Resting& order) {
    if (order.is_dormant) { return; }
    if (is_idle(market)) {
        order.is_held = true;
        return;
    }
    const TimeInForce tif = order.terms.time_in_force;
    if (is_marketable(market, order)) {
        if (order.terms.post_only) {
            end(order, OrderStep::canceled, Reason::post_only_would_take);
            return;
        }
        if (tif == TimeInForce::fok && config_.partial_fills && fillable(market, order) < order.leaves().lots) {
            end(order, OrderStep::canceled, Reason::fok_not_fillable);
            return;
        }
        take(market, order);
    } else if (tif == TimeInForce::fok) {
        end(order, OrderStep::canceled, Reason::fok_not_fillable);
    }
    if (order.is_over) { return; }
    if (tif == TimeInForce::ioc) {
        end(order, OrderStep::canceled, Reason::ioc_remainder);
    } else if (takes_any_price(order.terms) &&
               (order.terms.type != OrderType::market_to_limit || order.filled.is_zero())) {
        end(order, OrderStep::canceled, Reason::no_liquidity);
    } else {
        join_queue(market, order);
    }
}

void BookVenue::take(Market& market, Resting& order) {
    const Side other = model::opposite(order.terms.side);
    if (!config_.partial_fills || at_end_) {
        const FillRule rule = at_end_ ? FillRule::end_of_data : FillRule::book;
        execute(market, order, {market.book->best_tick(other), order.leaves().lots, LiquiditySide::taker, rule});
        return;
    }
    Ticks last = 0;
    market.book->visit(other, [&](Ticks tick, const book::OrderLevel& level) {
        const Price price = market.book->scale().price(tick);
        if (!takes_any_price(order.terms) && !within_limit(order.is_buy(), price, order.terms.price)) { return false; }
        const Lots lots = std::min(order.leaves().lots, left_at(market, other, tick, level.lots));
        if (lots > 0) {
            last = tick;
            const Lots before = order.filled.lots;
            execute(market, order, {tick, lots, LiquiditySide::taker, FillRule::book});
            const Lots took = order.filled.lots - before;
            if (config_.remember_consumed && took > 0 && level.lots < unknown_size) {
                const auto it = std::ranges::find_if(market.taken,
                                                     [&](const Taken& t) { return t.side == other && t.tick == tick; });
                if (it == market.taken.end()) {
                    market.taken.push_back({other, tick, took});
                } else {
                    it->lots += took;
                }
            }
        }
        return !order.is_over;
    });
    if (order.terms.type == OrderType::market_to_limit && !order.filled.is_zero()) {
        order.terms.price = market.book->scale().price(last);
    }
}

// Lots that an order could take at once.
Lots BookVenue::fillable(const Market& market, const Resting& order) const {
    const Side other = model::opposite(order.terms.side);
    Lots sum = 0;
    market.book->visit(other, [&](Ticks tick, const book::OrderLevel& level) {
        const Price price = market.book->scale().price(tick);
        if (!takes_any_price(order.terms) && !within_limit(order.is_buy(), price, order.terms.price)) { return false; }
        sum += left_at(market, other, tick, level.lots);
        return sum < order.leaves().lots;
    });
    return sum;
}

// Of a level's lots, those that we have not taken already.
Lots BookVenue::left_at(const Market& market, Side side, Ticks tick, Lots lots) const {
    for (const Taken& taken : market.taken) {
        if (taken.side == side && taken.tick == tick) { return std::max<Lots>(0, lots - taken.lots); }
    }
    return lots;
}

// The level is `lots` large now: what we took cannot be more.
void BookVenue::shrink_taken(Market& market, Side side, Ticks tick, Lots lots) {
    for (Taken& taken : market.taken) {
        if (taken.side == side && taken.tick == tick) { taken.lots = std::min(taken.lots, lots); }
    }
    std::erase_if(market.taken, [](const Taken& taken) { return taken.lots == 0; });
}

// Behind all that rests at its price.
void BookVenue::join_queue(Market& market, Resting& order) {
    static_cast<void>(market.book->scale().to_ticks(order.terms.price, order.tick));
    order.ahead = static_cast<double>(market.book->lots_at(order.terms.side, order.tick));
    order.traded = 0;
    order.arrival = market.book->next_arrival();
    order.shown =
        order.is_iceberg() ? std::min(order.leaves().lots, order.terms.display_quantity.lots) : order.leaves().lots;
    note(order, NoteKind::joined, order.tick, static_cast<double>(order.leaves().lots));
}

Quantity& BookVenue::held(const Resting& order, Market& market) {
    for (Held& one : market.held) {
        if (one.strategy == order.strategy && one.position == order.position) { return one.quantity; }
    }
    return market.held.emplace_back(order.strategy, order.position, Quantity{}).quantity;
}

// One execution. False if the order may not trade: reduce-only orders never go beyond the position that they close.
bool BookVenue::execute(Market& market, Resting& order, const Fill& fill) {
    Lots lots = std::min(fill.lots, order.leaves().lots);
    Quantity& position = held(order, market);
    if (order.terms.reduce_only) {
        const Lots room = order.is_buy() ? -position.lots : position.lots;
        if (room <= 0) {
            end(order, OrderStep::canceled, Reason::reduce_only_would_increase);
            return false;
        }
        lots = std::min(lots, room);
    }
    if (lots <= 0) { return false; }
    const auto& instrument = universe_.at(order.terms.instrument);
    const Price price = market.book->scale().price(fill.tick);
    const Quantity quantity{lots};
    const bool is_first = order.filled.is_zero();
    order.filled += quantity;
    position += order.is_buy() ? quantity : -quantity;
    note(order, fill.liquidity == LiquiditySide::taker ? NoteKind::took : NoteKind::filled, fill.tick,
         static_cast<double>(lots));
    if (!order.list.is_none()) { limit_siblings(market, order); }
    const std::uint64_t told = line_.report_fill({instrument, order.terms, order.id, order.strategy, order.position,
                                                  order.revision, price, quantity, is_first, fill.liquidity, fill.rule},
                                                 *config_.fees, source(), now_);
    if (!order.list.is_none()) { links_.add(order.list, {told, order.id, order.terms.instrument, quantity}); }
    if (order.leaves().is_zero()) {
        order.is_over = true;
    } else if (order.terms.reduce_only && position.is_zero()) {
        end(order, OrderStep::canceled, Reason::reduce_only_would_increase);
    }
    return true;
}

// Intents that wait get both best prices; without both they wait on.
void BookVenue::announce(InstrumentId id, Market& market) {
    if (!market.book->has_both() || is_idle(market)) { return; }
    line_.announce(id, market.book->best_price(Side::sell), market.book->best_price(Side::buy), market.wanted, source(),
                   now_);
    wanted_ -= market.wanted.size();
    market.wanted.clear();
}

}  // namespace walras::backtest
