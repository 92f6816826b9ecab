// Match orders: a small market, alone. Two sellers, a buyer who takes both, and a cancel.
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "walras/book/matching_engine.hpp"

using walras::OrderId;
using walras::Price;
using walras::Quantity;
using walras::book::MatchEvent;
using walras::model::OrderSide;
using walras::model::OrderStep;
using walras::model::OrderType;

namespace {

// Receives events from inside the call that causes them.
struct Printer final : walras::book::MatchSink {
    int fills = 0;

    void on_match(const MatchEvent& event) override {
        if (event.step == OrderStep::filled) {
            ++fills;
            fmt::print("  order {} takes {} from order {} at {}\n", event.order.value, event.quantity.lots,
                       event.maker.value, event.price.to_double());
        } else {
            fmt::print("  order {} is {}\n", event.order.value, walras::model::to_string(event.step));
        }
    }
};

walras::book::NewOrder limit(OrderSide side, double price, std::int64_t lots) {
    walras::book::NewOrder order;
    order.terms.side = side;
    order.terms.type = OrderType::limit;
    order.terms.price = Price::of(price);
    order.terms.quantity = Quantity{lots};
    return order;
}

}  // namespace

int main() {
    walras::book::MatchingEngine engine;
    Printer printer;
    walras::book::MatchSink& out = printer;

    fmt::print("two sellers at 100.01, the first one first\n");
    engine.submit(limit(OrderSide::sell, 100.01, 5), out);
    engine.submit(limit(OrderSide::sell, 100.01, 5), out);
    fmt::print("a buyer of 7 at 100.02\n");
    engine.submit(limit(OrderSide::buy, 100.02, 7), out);

    for (const auto& level : engine.depth(OrderSide::sell, 5)) {
        fmt::print("left at {}: {} lots in {} order\n", level.price.to_double(), level.quantity.lots, level.orders);
    }
    fmt::print("the second seller goes\n");
    engine.cancel(OrderId{2}, out);
    return printer.fills == 2 && engine.order_count() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
