#include "walras/book/analytics.hpp"

#include <algorithm>
#include <limits>

namespace walras::book {

using Side = model::OrderSide;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double price_of(const MarketBook& book, Side side) { return book.best_price(side).to_double(); }

}  // namespace

double mid_price(const MarketBook& book) {
    return book.has_both() ? (price_of(book, Side::buy) + price_of(book, Side::sell)) / 2 : nan;
}

double micro_price(const MarketBook& book) {
    if (!book.has_both()) { return nan; }
    const auto bid_lots = static_cast<double>(book.best_lots(Side::buy));
    const auto ask_lots = static_cast<double>(book.best_lots(Side::sell));
    return (price_of(book, Side::buy) * ask_lots + price_of(book, Side::sell) * bid_lots) / (bid_lots + ask_lots);
}

Ticks spread_ticks(const MarketBook& book) {
    return book.has_both() ? book.best_tick(Side::sell) - book.best_tick(Side::buy) : 0;
}

double spread_bps(const MarketBook& book) {
    if (!book.has_both()) { return nan; }
    return (price_of(book, Side::sell) - price_of(book, Side::buy)) / mid_price(book) * 1e4;
}

double imbalance(const MarketBook& book, std::size_t levels) {
    const auto sum = [&](Side side) {
        double lots = 0;
        std::size_t left = levels;
        book.visit(side, [&](Ticks, const OrderLevel& level) {
            lots += static_cast<double>(level.lots);
            return --left > 0;
        });
        return lots;
    };
    if (!book.has_both() || levels == 0) { return nan; }
    const double bids = sum(Side::buy);
    const double asks = sum(Side::sell);
    return (bids - asks) / (bids + asks);
}

Lots depth_within(const MarketBook& book, Side side, double fraction) {
    if (!book.has_both()) { return 0; }
    const double mid = mid_price(book);
    const double border = side == Side::buy ? mid * (1 - fraction) : mid * (1 + fraction);
    Lots lots = 0;
    book.visit(side, [&](Ticks tick, const OrderLevel& level) {
        const double price = book.scale().price(tick).to_double();
        if (side == Side::buy ? price < border : price > border) { return false; }
        lots += level.lots;
        return true;
    });
    return lots;
}

TradeCost cost_to_trade(const MarketBook& book, Side taker, Lots lots) {
    TradeCost cost;
    double paid = 0;
    book.visit(model::opposite(taker), [&](Ticks tick, const OrderLevel& level) {
        const Lots here = std::min(lots - cost.filled, level.lots);
        if (here <= 0) { return false; }
        cost.filled += here;
        cost.worst = book.scale().price(tick);
        paid += static_cast<double>(here) * cost.worst.to_double();
        return cost.filled < lots;
    });
    cost.average = cost.filled > 0 ? paid / static_cast<double>(cost.filled) : nan;
    const double mid = mid_price(book);
    const double worse = taker == Side::buy ? cost.average - mid : mid - cost.average;
    cost.slippage_bps = worse / mid * 1e4;
    return cost;
}

Lots OrderFlowImbalance::update(const MarketBook& book) {
    if (!book.has_both()) {
        has_before_ = false;
        return 0;
    }
    const Ticks bid = book.best_tick(Side::buy);
    const Ticks ask = book.best_tick(Side::sell);
    const Lots bid_lots = book.best_lots(Side::buy);
    const Lots ask_lots = book.best_lots(Side::sell);
    Lots flow = 0;
    if (has_before_) {
        flow += bid >= bid_ ? bid_lots : 0;
        flow -= bid <= bid_ ? bid_lots_ : 0;
        flow -= ask <= ask_ ? ask_lots : 0;
        flow += ask >= ask_ ? ask_lots_ : 0;
    }
    bid_ = bid;
    ask_ = ask;
    bid_lots_ = bid_lots;
    ask_lots_ = ask_lots;
    has_before_ = true;
    value_ += flow;
    return flow;
}

}  // namespace walras::book
