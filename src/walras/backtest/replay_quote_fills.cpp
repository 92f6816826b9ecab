// Fills against quotes.
#include "walras/backtest/replay_venue.hpp"

#include <algorithm>

#include "walras/backtest/replay_rules.hpp"

namespace walras::backtest {

using model::FillRule;
using model::LiquiditySide;
using model::OrderStep;
using model::Reason;
using model::TimeInForce;

bool ReplayVenue::fill_quote(Market& market) {
    for (const std::uint32_t slot : market.orders) {
        if (try_quote(orders_[slot], slot, market)) { return true; }
    }
    return false;
}

// Returns true if something happened to the order.
bool ReplayVenue::try_quote(VenueOrder& order, std::uint32_t slot, Market& market) {
    const bool buy = order.is_buy();
    const Price price = buy ? market.quote.ask : market.quote.bid;
    if (price.is_zero()) { return false; }
    if (model::is_stop(order.terms.type) && !order.triggered) {
        if (!reaches_trigger(buy, price, order.terms.trigger)) {
            if (model::is_trailing(order.terms.type)) { move_trailing(order, price); }
            return false;
        }
        trigger(order, price);
        if (!is_market_like(order)) {
            if (order.marketable && order.terms.post_only) { refuse_to_take(slot, market); }
            return true;
        }
    }
    const TimeInForce tif = order.terms.time_in_force;
    const bool immediate = tif == TimeInForce::ioc || tif == TimeInForce::fok;
    const auto give_up = [&] {
        report(order, OrderStep::canceled, tif == TimeInForce::fok ? Reason::fok_not_fillable : Reason::ioc_remainder);
        remove(slot, market);
        return true;
    };
    const bool limited = !is_market_like(order);
    if (limited && !within_limit(buy, price, order.terms.price)) { return immediate ? give_up() : false; }
    Quantity& size = buy ? market.quote.ask_size : market.quote.bid_size;
    const bool sized =
        config_.quote_size_limits && size.lots != 0;  // 0: the source has no sizes; -1: all of it is taken
    if (sized && size.lots < 0) { return immediate ? give_up() : false; }
    if (sized && tif == TimeInForce::fok && size < order.leaves()) { return give_up(); }
    const Quantity quantity = sized ? std::min(size, order.leaves()) : order.leaves();
    const bool resting = limited && !order.marketable;
    const Quantity filled = order.filled;
    const bool done = execute(slot, market,
                              {resting ? order.terms.price : price, quantity, FillRule::quote,
                               resting ? LiquiditySide::maker : LiquiditySide::taker, !limited});
    const Quantity taken = order.filled - filled;
    if (sized) { size = size == taken ? Quantity{-1} : size - taken; }
    return done;
}

}  // namespace walras::backtest
