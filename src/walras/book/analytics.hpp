// What traders read off a book: prices, imbalances, depth and what a size would cost. Pure functions of a MarketBook in
// doubles and lots; NaN where a side that is needed is empty. Definitions with sources: docs/concepts/book.md.
#pragma once

#include <cstddef>

#include "walras/book/market_book.hpp"

namespace walras::book {

// (bid + ask) / 2 in price units.
double mid_price(const MarketBook& book);
// (bid * ask_size + ask * bid_size) / (bid_size + ask_size): the mid, drawn to the side that is about to give way.
double micro_price(const MarketBook& book);
// ask - bid in ticks; negative where the feed has crossed its book. 0 where a side is empty: ask has_both first.
Ticks spread_ticks(const MarketBook& book);
// (ask - bid) / mid in basis points.
double spread_bps(const MarketBook& book);
// (bid lots - ask lots) / (bid lots + ask lots) over the best `levels` of each side; -1 to 1.
double imbalance(const MarketBook& book, std::size_t levels = 1);
// Lots of a side within `fraction` of the mid (0.001 = 0.1 %), the border included.
Lots depth_within(const MarketBook& book, model::OrderSide side, double fraction);

// What a market order would meet, level by level.
struct TradeCost {
    Lots filled = 0;          // lots that are there, at most what was asked for
    double average = 0;       // price units; NaN where nothing is there
    Price worst{};            // the last level that it would reach
    double slippage_bps = 0;  // of the average against the mid; positive is worse for the taker
};
TradeCost cost_to_trade(const MarketBook& book, model::OrderSide taker, Lots lots);

// Order-flow imbalance of Cont, Kukanov and Stoikov (2014): what the best quotes' changes add to demand less supply,
// in lots. Call `update` after each packet; `value` is the sum since the last `reset`.
class OrderFlowImbalance {
public:
    // The packet's own contribution; 0 for the first and while a side is empty.
    Lots update(const MarketBook& book);
    [[nodiscard]] Lots value() const { return value_; }
    void reset() { value_ = 0; }

private:
    Ticks bid_ = 0, ask_ = 0;
    Lots bid_lots_ = 0, ask_lots_ = 0;
    Lots value_ = 0;
    bool has_before_ = false;
};

}  // namespace walras::book
