#include "walras/book/order_book.hpp"

namespace walras::book {

std::size_t OrderBook::depth(model::OrderSide side, std::span<TickDepth> out) const {
    const Ladder& levels = ladder(side);
    std::size_t n = 0;
    for (Rank rank = levels.best(); rank != no_rank && n < out.size(); rank = levels.behind(rank)) {
        const OrderLevel& level = levels.at(rank);
        out[n++] = {to_tick(side, rank), level.lots, level.orders};
    }
    return n;
}

std::size_t OrderBook::level_count(model::OrderSide side) const {
    const Ladder& levels = ladder(side);
    std::size_t n = 0;
    for (Rank rank = levels.best(); rank != no_rank; rank = levels.behind(rank)) { ++n; }
    return n;
}

Lots OrderBook::ahead_of(Slot slot) const {
    Lots ahead = 0;
    for (Slot s = nodes_[slot].previous; s != no_slot; s = nodes_[s].previous) { ahead += nodes_[s].leaves; }
    return ahead;
}

}  // namespace walras::book
