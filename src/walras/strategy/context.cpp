#include "walras/strategy/context.hpp"

#include <vector>

namespace walras::strategy {

using model::OrderSide;

namespace {

model::Request market_order(InstrumentId instrument, OrderSide side, Quantity quantity) {
    model::Request request;
    request.terms.instrument = instrument;
    request.terms.side = side;
    request.terms.quantity = quantity;
    return request;
}

}  // namespace

OrderId Context::buy(InstrumentId instrument, Quantity quantity) {
    return place(market_order(instrument, OrderSide::buy, quantity));
}

OrderId Context::sell(InstrumentId instrument, Quantity quantity) {
    return place(market_order(instrument, OrderSide::sell, quantity));
}

OrderId Context::close(InstrumentId instrument) {
    const Quantity held = position(instrument);
    if (held.is_zero()) { return OrderId{}; }
    return held.lots > 0 ? sell(instrument, held) : buy(instrument, -held);
}

OrderId Context::target_percent(InstrumentId instrument, Rate percent) {
    model::Request request = market_order(instrument, OrderSide::buy, Quantity{});
    request.size.kind = model::SizeKind::target_percent;
    request.size.percent = percent;
    return place(request);
}

OrderId Context::target_quantity(InstrumentId instrument, Quantity quantity) {
    model::Request request = market_order(instrument, OrderSide::buy, Quantity{});
    request.size.kind = model::SizeKind::target_lots;
    request.size.lots = quantity.lots;
    return place(request);
}

void Context::cancel_all(InstrumentId instrument) {
    const auto open = open_orders();
    for (const OrderId id : std::vector<OrderId>(open.begin(), open.end())) {
        const model::Order* order = host_.order(id);
        if (order != nullptr && order->strategy == self_ && order->terms.instrument == instrument) { cancel(id); }
    }
}

}  // namespace walras::strategy
