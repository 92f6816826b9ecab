// One book over several venues of an instrument: each venue's own MarketBook, and one more that holds their sum, so
// that the whole market's depth costs what one book's does and who stands behind a level can be asked.
//
// One thread. All venues share the tick size and count the same lots. Invariant: a level of `total()` is the sum of the
// venues' levels at its price. The sum may be crossed where no venue is: that is what `Opportunities` looks for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "walras/book/market_book.hpp"

namespace walras::book {

class ConsolidatedBook {
public:
    using Side = model::OrderSide;

    // Throws ConfigError without venues.
    ConsolidatedBook(std::size_t venues, const MarketBookConfig& config);

    // A change of one venue's book, by order or by price. Throws as MarketBook::apply does, and DataError for a venue
    // that there is not.
    void apply(std::size_t venue, const model::BookDelta& delta, std::uint8_t flags = 0);
    // A feed of best prices: they are the venue's whole book. 0 = that side is empty. Throws DataError off the grid.
    void apply(std::size_t venue, const model::Quote& quote);

    [[nodiscard]] std::size_t size() const { return venues_.size(); }
    [[nodiscard]] const MarketBook& venue(std::size_t index) const { return venues_.at(index); }
    // All levels of all venues, merged by price.
    [[nodiscard]] const MarketBook& total() const { return total_; }
    // Lots of each venue at a price; `out` has one place a venue.
    void lots_by_venue(Side side, Ticks tick, std::span<Lots> out) const;
    // The venue with the most at the best price, the first of equals; nothing where the side is empty.
    [[nodiscard]] std::optional<std::size_t> best_venue(Side side) const;

private:
    MarketBook& at(std::size_t venue);
    void add(Side side, Ticks tick, Lots lots);
    void remove_all(const MarketBook& venue);
    void set_only(MarketBook& venue, Side side, Price price, Quantity size);

    std::vector<MarketBook> venues_;
    MarketBook total_;
};

}  // namespace walras::book
