// A house of an order manager, a portfolio and a gate between a scripted wire and reports made by hand.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "walras/exec/order_manager.hpp"
#include "walras/portfolio/shares_test.hpp"

namespace walras::exec::tests {

using model::Event;
using model::EventKind;
using model::Order;
using model::OrderSide;
using model::OrderStatus;
using model::OrderStep;
using model::OrderType;
using model::Reason;
using model::Request;

constexpr TimeNs now{1'704'067'200'000'000'000};
constexpr StrategyId first{0};
constexpr StrategyId second{1};

class Wire final : public exec::Router {
public:
    void submit(const model::Approved<Order>& order) override {
        log_.push_back("submit " + std::to_string(order->id.value) + " " + std::to_string(order->terms.quantity.lots));
    }
    void replace(const model::Approved<model::Replace>& change, const Order& order) override {
        log_.push_back("replace " + std::to_string(order.id.value) + " " + std::to_string(change->quantity.lots));
    }
    void cancel(const Order& order) override { log_.push_back("cancel " + std::to_string(order.id.value)); }
    void request_price(InstrumentId, OrderId order) override { log_.push_back("price " + std::to_string(order.value)); }
    std::vector<std::string> take() { return std::exchange(log_, {}); }

private:
    std::vector<std::string> log_;
};

using Log = std::vector<std::string>;

struct House : walras::tests::Shares {
    portfolio::Portfolio book{universe, {account}, 2};
    risk::RiskGate gate;
    Wire wire;
    OrderManager orders;
    std::uint64_t trades = 0;

    explicit House(risk::RiskLimits limits = {}) : gate(universe, limits), orders(universe, book, gate, wire) {
        book.mark(a, Price::of(100), now);
        book.mark(b, Price::of(50), now);
    }
    // A report as the venue sends it, folded as the session does.
    const Order* report(Event event) {
        const Order* order = orders.on_report(event);
        if (order == nullptr) { return nullptr; }
        if (event.report.step == OrderStep::filled) { book.apply(event); }
        orders.follow_up(event);
        return orders.find(event.report.order);
    }
    Event event(std::uint64_t id, OrderStep step) {
        Event e{EventKind::order, a, now, now};
        e.source = SourceId{1};
        e.report.order = OrderId{id};
        e.report.step = step;
        if (const Order* order = orders.find(OrderId{id})) {
            e.instrument = order->terms.instrument;
            e.report.strategy = order->strategy;
            e.report.side = order->terms.side;
        }
        return e;
    }
    Event fill_event(std::uint64_t id, std::int64_t lots, double price = 100) {
        Event e = event(id, OrderStep::filled);
        e.report.quantity = Quantity{lots};
        e.report.price = Price::of(price);
        e.report.trade = TradeId{++trades};
        return e;
    }
    const Order* fill(std::uint64_t id, std::int64_t lots, double price = 100) {
        return report(fill_event(id, lots, price));
    }
    const Order* accept(std::uint64_t id) { return report(event(id, OrderStep::accepted)); }
    OrderStatus status(std::uint64_t id) { return orders.find(OrderId{id})->status; }
};

inline Request request(InstrumentId instrument, OrderSide side, std::int64_t lots) {
    Request r;
    r.terms.instrument = instrument;
    r.terms.side = side;
    r.terms.quantity = Quantity{lots};
    return r;
}

inline Request limit_request(InstrumentId instrument, OrderSide side, std::int64_t lots, double price) {
    Request r = request(instrument, side, lots);
    r.terms.type = OrderType::limit;
    r.terms.price = Price::of(price);
    return r;
}

inline Request sized(InstrumentId instrument, model::SizeKind kind, double percent) {
    Request r = request(instrument, OrderSide::buy, 0);
    r.size.kind = kind;
    r.size.percent = Rate::of(percent);
    return r;
}

constexpr auto buy = OrderSide::buy;
constexpr auto sell = OrderSide::sell;

}  // namespace walras::exec::tests
