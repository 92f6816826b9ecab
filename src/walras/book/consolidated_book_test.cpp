#include "walras/book/consolidated_book.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::book;
using model::BookAction;
using model::BookDelta;
using model::OrderSide;

TEST_CASE("the total is the sum of the venues, whatever orders do, faulty ones too") {
    core::Random random(core::RandomKey{.seed = 11});
    ConsolidatedBook book(3, {});
    constexpr std::array actions{BookAction::add,    BookAction::add,  BookAction::update,     BookAction::remove,
                                 BookAction::reduce, BookAction::fill, BookAction::fill_notice};
    for (int i = 0; i < 20'000; ++i) {
        BookDelta delta;
        delta.order = 1 + random.below(40);  // few ids: duplicates and unknown ones are frequent
        delta.action = random.below(500) == 0 ? BookAction::clear : actions[random.below(actions.size())];
        delta.side = random.below(2) == 0 ? OrderSide::buy : OrderSide::sell;
        delta.price = Price{10'000'000 * static_cast<std::int64_t>(9'990 + random.below(20))};
        delta.size = Quantity{static_cast<std::int64_t>(1 + random.below(9))};
        book.apply(random.below(3), delta);
        if (i % 50 != 0) { continue; }
        for (const OrderSide side : {OrderSide::buy, OrderSide::sell}) {
            std::array<Lots, 3> lots{};
            for (Ticks tick = 9'980; tick < 10'020; ++tick) {
                book.lots_by_venue(side, tick, lots);
                REQUIRE(book.total().lots_at(side, tick) == lots[0] + lots[1] + lots[2]);
            }
        }
    }
}

TEST_CASE("a venue that there is not is refused") {
    ConsolidatedBook book(2, {});
    CHECK_THROWS_AS(book.apply(2, model::Quote{}), DataError);
    CHECK_THROWS_AS(ConsolidatedBook(0, {}), ConfigError);
}
