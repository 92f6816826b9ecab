#include "walras/book/consolidated_book.hpp"

#include <fmt/format.h>

#include <array>

#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::book {

ConsolidatedBook::ConsolidatedBook(std::size_t venues, const MarketBookConfig& config)
    : venues_(venues, MarketBook(config)), total_(config) {
    if (venues == 0) { throw ConfigError("A consolidated book has no venues; give one at least."); }
}

MarketBook& ConsolidatedBook::at(std::size_t venue) {
    if (venue >= venues_.size()) {
        throw DataError(
            fmt::format("the venue {} is beyond the {} that there are; raise `venues`", venue, venues_.size()));
    }
    return venues_[venue];
}

void ConsolidatedBook::add(Side side, Ticks tick, Lots lots) {
    if (lots != 0) { total_.set_level(side, tick, total_.lots_at(side, tick) + lots); }
}

void ConsolidatedBook::remove_all(const MarketBook& venue) {
    for (const Side side : {Side::buy, Side::sell}) {
        venue.visit(side, [&](Ticks tick, const OrderLevel& level) {
            add(side, tick, -level.lots);
            return true;
        });
    }
}

void ConsolidatedBook::apply(std::size_t venue, const model::BookDelta& delta, std::uint8_t flags) {
    MarketBook& book = at(venue);
    if (delta.action == model::BookAction::clear) {
        remove_all(book);
        book.apply(delta, flags);
        return;
    }
    // What a delta can touch: the level that it names, and the one where its order rests. What has changed there is the
    // change, whatever the delta turns out to mean.
    struct Touched {
        Side side;
        Ticks tick;
        Lots before;
    };
    std::array<Touched, 3> touched{};
    std::size_t count = 0;
    const auto touch = [&](Side side, Ticks tick) {
        for (std::size_t i = 0; i < count; ++i) {
            if (touched[i].side == side && touched[i].tick == tick) { return; }
        }
        touched[count++] = {side, tick, book.lots_at(side, tick)};
    };
    Ticks tick = 0;
    const bool has_tick = book.scale().to_ticks(delta.price, tick);
    if (const OrderNode* order = book.order(delta.order)) {
        touch(order->side, order->tick());
        if (has_tick) { touch(order->side, tick); }
    }
    if (has_tick) { touch(delta.side, tick); }
    book.apply(delta, flags);
    for (std::size_t i = 0; i < count; ++i) {
        const Touched& t = touched[i];
        add(t.side, t.tick, book.lots_at(t.side, t.tick) - t.before);
    }
}

// The venue's side becomes this one level.
void ConsolidatedBook::set_only(MarketBook& venue, Side side, Price price, Quantity size) {
    Ticks tick = 0;
    if (!venue.scale().to_ticks(price, tick)) {
        throw DataError(fmt::format("the price {} is not a multiple of the tick size {}; set the tick size",
                                    core::format_fixed(price.raw), core::format_fixed(venue.config().tick_size.raw)));
    }
    const bool is_empty = price.is_zero() || size.lots <= 0;
    while (true) {
        std::optional<Ticks> other;
        venue.visit(side, [&](Ticks t, const OrderLevel&) {
            if (is_empty || t != tick) { other = t; }
            return !other;
        });
        if (!other) { break; }
        add(side, *other, venue.set_level(side, *other, 0));
    }
    if (!is_empty) { add(side, tick, venue.set_level(side, tick, size.lots)); }
}

void ConsolidatedBook::apply(std::size_t venue, const model::Quote& quote) {
    MarketBook& book = at(venue);
    set_only(book, Side::buy, quote.bid, quote.bid_size);
    set_only(book, Side::sell, quote.ask, quote.ask_size);
}

void ConsolidatedBook::lots_by_venue(Side side, Ticks tick, std::span<Lots> out) const {
    for (std::size_t v = 0; v < venues_.size() && v < out.size(); ++v) { out[v] = venues_[v].lots_at(side, tick); }
}

std::optional<std::size_t> ConsolidatedBook::best_venue(Side side) const {
    if (!total_.has(side)) { return std::nullopt; }
    const Ticks best = total_.best_tick(side);
    std::optional<std::size_t> found;
    Lots most = 0;
    for (std::size_t v = 0; v < venues_.size(); ++v) {
        const Lots lots = venues_[v].lots_at(side, best);
        if (lots > most) {
            most = lots;
            found = v;
        }
    }
    return found;
}

}  // namespace walras::book
