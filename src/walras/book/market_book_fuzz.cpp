// Arbitrary bytes as deltas of one book. A DataError is fine; a crash, another exception or levels that are not the sum
// of their orders are bugs.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "walras/book/market_book.hpp"
#include "walras/core/error.hpp"

using namespace walras;

namespace {

constexpr std::size_t record = 20;  // action, side, flags, order, price (8), size (8)

void require(bool holds) {
    if (!holds) { std::abort(); }
}

void check(const book::MarketBook& book) {
    std::size_t orders = 0;
    for (const auto side : {model::OrderSide::buy, model::OrderSide::sell}) {
        std::size_t levels = 0;
        book.visit(side, [&](book::Ticks, const book::OrderLevel& level) {
            ++levels;
            require(level.lots >= 0);
            if (!book.is_by_order()) { return true; }
            book::Lots sum = 0;
            for (book::Slot slot = level.head; slot != book::no_slot; slot = book.orders().node(slot).next) {
                sum += book.orders().node(slot).leaves;
                ++orders;
            }
            require(sum == level.lots);
            return true;
        });
        require(levels == book.level_count(side));
    }
    if (book.is_by_order()) { require(orders == book.order_count()); }
    (void)book.is_crossed();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) { return 0; }
    const bool wide = (data[0] & 1) != 0;  // any price and size; else small ones, which meet
    book::MarketBook book({Price{(data[0] & 2) != 0 ? 1 : 10'000'000}, 64, 8});
    for (++data, --size; size >= record; data += record, size -= record) {
        model::BookDelta d;
        d.action = static_cast<model::BookAction>(data[0] % 8);
        d.side = (data[1] & 1) != 0 ? model::OrderSide::buy : model::OrderSide::sell;
        d.order = data[3];
        std::int64_t price = 0;
        std::int64_t lots = 0;
        std::memcpy(&price, data + 4, sizeof price);
        std::memcpy(&lots, data + 12, sizeof lots);
        d.price = Price{wide ? price : (price % 1000) * 10'000'000};
        d.size = Quantity{wide ? lots : lots % 100};
        try {
            book.apply(d, data[2]);
        } catch (const DataError&) {}
        check(book);
    }
    return 0;
}
