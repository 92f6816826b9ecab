// All books of a day of ITCH, kept from its bytes alone: no ticks on the way, and each order is looked up once.
//
//   ItchBooks books;
//   while (!source.is_end()) { source.consume(books.read(source.view(1), false)); }
//   books.book(0).queue_ahead(order);
//
// Where there are many books, the memory of messages to come is fetched ahead. The books are what MarketBook::apply
// makes of the ticks of codec::itch::make_decoder, in each order and each fault, as long as order numbers are the day's
// own and messages name the stock of their order. One grid holds for all: `tick_size` 0.0001 fits stocks below a dollar
// too, and narrow windows leave room for many books in the cache. One thread. After warm-up nothing allocates.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "walras/book/market_book.hpp"
#include "walras/codec/tick_decoder.hpp"

namespace walras::engine {

class ItchBooks {
public:
    explicit ItchBooks(codec::TickOptions options = {}, const book::MarketBookConfig& config = {.window_ticks = 1024});
    ~ItchBooks();

    // Reads the whole messages at the front of `bytes`, about `messages` of them at most, and returns how many bytes
    // they were; what is cut off comes again with what follows. `is_end`: nothing follows. Throws DataError.
    std::size_t read(std::span<const std::byte> bytes, bool is_end, std::size_t messages = SIZE_MAX);

    // In the order in which they first appeared.
    [[nodiscard]] const std::vector<std::string>& symbols() const;
    // Of symbols()[index].
    [[nodiscard]] const book::MarketBook& book(std::size_t index) const;
    [[nodiscard]] std::uint64_t messages() const;  // read so far

private:
    class Listener;
    std::unique_ptr<Listener> listener_;
};

}  // namespace walras::engine
