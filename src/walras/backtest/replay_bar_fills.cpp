// Fills against bars: which orders a bar fills, at which price, by which rule.
#include "walras/backtest/replay_venue.hpp"

#include <algorithm>
#include <array>

#include "walras/backtest/replay_rules.hpp"

namespace walras::backtest {

using model::FillRule;
using model::LiquiditySide;
using model::OrderStep;
using model::OrderType;
using model::Reason;
using model::TimeInForce;

bool ReplayVenue::is_market_like(const VenueOrder& order) const {
    const OrderType type = order.terms.type;
    return type == OrderType::market ||
           (order.triggered && (type == OrderType::stop || type == OrderType::trailing_stop));
}

// At one price: gapped stops first (worst case), then market orders, then limits. One fill a call.
// `market_rule` none: market orders do not trade here. `only_point`: the bar has no other price (closes only).
bool ReplayVenue::fill_at_point(Market& market, Price price, FillRule market_rule, bool only_point) {
    const auto stop_rule = only_point ? FillRule::next_close : FillRule::stop_gap;
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        if (!model::is_stop(order.terms.type) || order.triggered) { continue; }
        if (!reaches_trigger(order.is_buy(), price, order.terms.trigger)) { continue; }
        trigger(order, price);
        if (is_market_like(order)) {
            static_cast<void>(execute(slot, market, {price, order.leaves(), stop_rule}));
        } else if (order.marketable && order.terms.post_only) {
            refuse_to_take(slot, market);
        }
        return true;
    }
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        const TimeInForce tif = order.terms.time_in_force;
        if (!is_market_like(order) || !eligible(order) || tif == TimeInForce::at_the_close) { continue; }
        // An order for the open trades there, whatever other market orders wait for.
        const FillRule rule = tif == TimeInForce::at_the_open && !only_point ? FillRule::next_open : market_rule;
        if (rule != FillRule::none && execute(slot, market, {price, order.leaves(), rule})) { return true; }
    }
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        const bool is_limit =
            order.terms.type == OrderType::limit || (order.triggered && model::has_limit(order.terms.type));
        if (!is_limit || !within_limit(order.is_buy(), price, order.terms.price) ||
            order.terms.time_in_force == TimeInForce::at_the_close) {
            continue;
        }
        const auto side = order.marketable ? LiquiditySide::taker : LiquiditySide::maker;
        const auto rule = only_point ? FillRule::next_close
                                     : (price == order.terms.price ? FillRule::limit_level : FillRule::limit_gap);
        if (execute(slot, market, {price, order.leaves(), rule, side, false})) { return true; }
    }
    return false;
}

// Between open and close, worst case first: what can be stopped is stopped, then limits are reached.
bool ReplayVenue::fill_range(Market& market) {
    const model::Bar& bar = market.current->value;
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        if (!model::is_stop(order.terms.type) || order.triggered) { continue; }
        if (!reaches_trigger(order.is_buy(), order.is_buy() ? bar.high : bar.low, order.terms.trigger)) { continue; }
        const Price level = order.terms.trigger;
        market.at = level;
        trigger(order, level);
        if (is_market_like(order)) {
            static_cast<void>(execute(slot, market, {level, order.leaves(), FillRule::stop_level}));
        } else if (order.marketable && order.terms.post_only) {
            refuse_to_take(slot, market);
        } else if (within_limit(order.is_buy(), level, order.terms.price)) {
            static_cast<void>(
                execute(slot, market, {level, order.leaves(), FillRule::stop_level, LiquiditySide::taker, false}));
        } else {
            // Past its limit: it rests there. Whether the price came back inside this bar only the close can prove.
            order.mid_bar = !within_limit(order.is_buy(), bar.close, order.terms.price);
        }
        return true;
    }
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        const bool is_limit =
            order.terms.type == OrderType::limit || (order.triggered && model::has_limit(order.terms.type));
        if (!is_limit || order.terms.time_in_force == TimeInForce::at_the_open ||
            order.terms.time_in_force == TimeInForce::at_the_close) {
            continue;
        }
        const Price limit = order.terms.price;
        // An order that arrived inside the bar counts only if the close itself is past its price.
        const Price best = order.mid_bar ? bar.close : (order.is_buy() ? bar.low : bar.high);
        const bool reached =
            within_limit(order.is_buy(), best, limit) && (config_.limit_fill == LimitFill::touch || best != limit);
        if (!reached) { continue; }
        market.at = limit;
        if (execute(slot, market, {limit, order.leaves(), FillRule::limit_level, LiquiditySide::maker, false})) {
            return true;
        }
    }
    return false;
}

// Along the assumed path: open, the nearer extreme, the other one, close. Orders fill in the order in which the path
// meets them; trailing stops move with it.
bool ReplayVenue::fill_path(Market& market) {
    const model::Bar& bar = market.current->value;
    const bool high_first = bar.high.raw - bar.open.raw <= bar.open.raw - bar.low.raw;
    const std::array<Price, 3> points{high_first ? bar.high : bar.low, high_first ? bar.low : bar.high, bar.close};
    while (market.leg < 3) {
        const Price to = points[static_cast<std::size_t>(market.leg)];
        const bool up = to > market.at;
        std::uint32_t first = no_slot;
        Price level{};
        for (const std::uint32_t slot : market.orders) {
            VenueOrder& order = orders_[slot];
            const bool waiting_stop = model::is_stop(order.terms.type) && !order.triggered;
            const bool limit = !order.mid_bar && (order.terms.type == OrderType::limit ||
                                                  (order.triggered && model::has_limit(order.terms.type)));
            Price at{};
            if (waiting_stop && order.is_buy() == up) {
                at = order.terms.trigger;
            } else if (limit && order.is_buy() != up && order.terms.time_in_force != TimeInForce::at_the_open &&
                       order.terms.time_in_force != TimeInForce::at_the_close) {
                at = order.terms.price;
            } else {
                continue;
            }
            // Between where we are and where the leg ends; a price already passed trades at once.
            if (up ? at > to : at < to) { continue; }
            at = up ? std::max(at, market.at) : std::min(at, market.at);
            if (limit && config_.limit_fill == LimitFill::cross && at == to) { continue; }
            if (first == no_slot || (up ? at < level : at > level)) {
                first = slot;
                level = at;
            }
        }
        if (first != no_slot) {
            VenueOrder& order = orders_[first];
            const bool was_stop = model::is_stop(order.terms.type) && !order.triggered;
            // Trailing stops of the other side have moved with the path up to here.
            move_trailing_stops(market, std::max(market.at, level), std::min(market.at, level));
            market.at = level;
            if (was_stop) {
                trigger(order, level);
                const bool limited = !is_market_like(order);
                if (order.marketable && order.terms.post_only) {
                    refuse_to_take(first, market);
                } else if (!limited || within_limit(order.is_buy(), level, order.terms.price)) {
                    static_cast<void>(execute(
                        first, market, {level, order.leaves(), FillRule::stop_level, LiquiditySide::taker, !limited}));
                }
                return true;
            }
            if (execute(first, market, {level, order.leaves(), FillRule::limit_level, LiquiditySide::maker, false})) {
                return true;
            }
            return false;  // the bar's volume is used up
        }
        move_trailing_stops(market, std::max(market.at, to), std::min(market.at, to));
        market.at = to;
        ++market.leg;
        if (fill_market_orders(market, to, FillRule::path_market, false)) { return true; }
    }
    return false;
}

// Market orders at one price. `at_close`: also those that want the close.
bool ReplayVenue::fill_market_orders(Market& market, Price price, FillRule rule, bool at_close) {
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        const bool wants_close = order.terms.time_in_force == TimeInForce::at_the_close;
        const bool limit_on_close = wants_close && order.terms.type == OrderType::limit && at_close &&
                                    within_limit(order.is_buy(), price, order.terms.price);
        if (!is_market_like(order) && !limit_on_close) { continue; }
        if (rule == FillRule::next_close && !wants_close && fill_at(market) != FillAt::next_close &&
            fill_at(market) != FillAt::this_close) {
            continue;
        }
        if (order.terms.time_in_force == TimeInForce::at_the_open) { continue; }
        if (wants_close && !at_close) { continue; }
        // On the path an order meets the next point; elsewhere it must have been there when the stage began.
        if (rule != FillRule::path_market && !eligible(order)) { continue; }
        if (execute(slot, market, {price, order.leaves(), rule, LiquiditySide::taker, !limit_on_close})) {
            return true;
        }
    }
    return false;
}

void ReplayVenue::trigger(VenueOrder& order, Price price) {
    order.triggered = true;
    if (order.terms.type == OrderType::trailing_stop_limit) {
        const Price offset{order.terms.limit_offset};
        order.terms.price = order.is_buy() ? order.terms.trigger + offset : order.terms.trigger - offset;
    }
    if (is_market_like(order)) { return; }
    order.marketable = within_limit(order.is_buy(), price, order.terms.price);  // it takes what triggered it
    report(order, OrderStep::triggered);
}

// A stop-limit that may only make found its limit past the market when it was triggered.
void ReplayVenue::refuse_to_take(std::uint32_t slot, Market& market) {
    report(orders_[slot], OrderStep::canceled, Reason::post_only_would_take);
    remove(slot, market);
}

// A trailing trigger follows the best price and never steps back.
void ReplayVenue::move_trailing(VenueOrder& order, Price favourable) const {
    if (favourable.is_zero()) { return; }
    const bool better = order.best.is_zero() || (order.is_buy() ? favourable < order.best : favourable > order.best);
    if (!better) { return; }
    order.best = favourable;
    const Price distance{trailing_distance(order.terms, favourable)};
    order.terms.trigger = order.is_buy() ? favourable + distance : favourable - distance;
}

void ReplayVenue::move_trailing_stops(Market& market, Price high, Price low) {
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        if (model::is_trailing(order.terms.type) && !order.triggered && !order.mid_bar) {
            move_trailing(order, order.is_buy() ? low : high);
        }
    }
}

// Immediate orders have had their chance; orders for the open or the close only are over after it.
void ReplayVenue::end_immediate(Market& market, bool after_open) {
    for (std::size_t i = 0; i < market.orders.size();) {
        const std::uint32_t slot = market.orders[i];
        const VenueOrder& order = orders_[slot];
        const TimeInForce tif = order.terms.time_in_force;
        const bool immediate = tif == TimeInForce::ioc || tif == TimeInForce::fok;
        const bool over = (immediate && eligible(order) && (after_open || market.closes_only)) ||
                          (tif == TimeInForce::at_the_open && stage_ == Stage::opening && eligible(order)) ||
                          (tif == TimeInForce::at_the_close && stage_ == Stage::closing && eligible(order));
        // Market orders that wait for a close are not over at the open.
        const bool later = stage_ == Stage::opening && immediate && order.terms.type == OrderType::market &&
                           (fill_at(market) == FillAt::next_close || fill_at(market) == FillAt::this_close);
        const bool waiting_stop = model::is_stop(order.terms.type) && !order.triggered;
        if (!over || later || waiting_stop) {
            ++i;
            continue;
        }
        const Reason reason = tif == TimeInForce::fok   ? Reason::fok_not_fillable
                              : tif == TimeInForce::ioc ? Reason::ioc_remainder
                                                        : Reason::time_in_force;
        report(order, immediate ? OrderStep::canceled : OrderStep::expired, reason);
        remove(slot, market);  // the next one takes its place
    }
}

}  // namespace walras::backtest
