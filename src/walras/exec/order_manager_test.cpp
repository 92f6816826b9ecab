// The order manager between a scripted router and reports made by hand.
#include "walras/exec/order_manager.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "walras/core/error.hpp"
#include "walras/portfolio/shares_test.hpp"

using namespace walras;
using exec::OrderManager;
using model::Event;
using model::EventKind;
using model::Order;
using model::OrderSide;
using model::OrderStatus;
using model::OrderStep;
using model::OrderType;
using model::Reason;
using model::Request;

namespace {

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

struct House : tests::Shares {
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

Request request(InstrumentId instrument, OrderSide side, std::int64_t lots) {
    Request r;
    r.terms.instrument = instrument;
    r.terms.side = side;
    r.terms.quantity = Quantity{lots};
    return r;
}

Request limit_request(InstrumentId instrument, OrderSide side, std::int64_t lots, double price) {
    Request r = request(instrument, side, lots);
    r.terms.type = OrderType::limit;
    r.terms.price = Price::of(price);
    return r;
}

Request sized(InstrumentId instrument, model::SizeKind kind, double percent) {
    Request r = request(instrument, OrderSide::buy, 0);
    r.size.kind = kind;
    r.size.percent = Rate::of(percent);
    return r;
}

constexpr auto buy = OrderSide::buy;
constexpr auto sell = OrderSide::sell;

}  // namespace

TEST_CASE("orders are numbered in the order of their creation, legs after their parent, stop before target") {
    House h;
    Request r = request(h.a, buy, 10);
    r.take_profit.emplace().price = Price::of(110);
    r.stop_loss.emplace().price = Price::of(90);
    CHECK(h.orders.place(r, first, now) == OrderId{1});
    CHECK(h.orders.find(OrderId{2})->terms.type == OrderType::stop);
    CHECK(h.orders.find(OrderId{3})->terms.type == OrderType::limit);
    CHECK(h.orders.place(request(h.b, buy, 1), second, now) == OrderId{4});
    CHECK(h.wire.take() == Log{"submit 1 10", "submit 4 1"});
    CHECK(h.orders.find(OrderId{9}) == nullptr);
    CHECK(h.orders.find(OrderId{}) == nullptr);
}

TEST_CASE("a refused order never reaches the wire and its strategy hears of it") {
    House h;
    h.orders.place(request(h.a, buy, 101), first, now);
    CHECK(h.wire.take().empty());
    CHECK(h.status(1) == OrderStatus::denied);
    REQUIRE(h.orders.outbox().size() == 1);
    CHECK(h.orders.outbox()[0].report.reason == Reason::buying_power);
    REQUIRE(h.orders.refusal(OrderId{1}) != nullptr);
    CHECK(h.orders.refusal(OrderId{1})->value == doctest::Approx(10'100));
    CHECK(h.orders.open_orders().empty());
}

TEST_CASE("partial fills add up and the order is done with the last of them") {
    House h;
    h.orders.place(request(h.a, buy, 10), first, now);
    h.accept(1);
    CHECK(h.fill(1, 4, 100)->status == OrderStatus::partially_filled);
    CHECK(h.orders.open_orders().size() == 1);
    CHECK(h.fill(1, 6, 101)->status == OrderStatus::filled);
    CHECK(h.orders.open_orders().empty());
    CHECK(h.book.quantity(h.a, first) == Quantity{10});
}

TEST_CASE("a duplicate, a late, an overfilling and an unknown report are anomalies and change nothing") {
    House h;
    h.orders.place(request(h.a, buy, 10), first, now);
    h.accept(1);
    const Event once = h.fill_event(1, 4);
    CHECK(h.report(once) != nullptr);
    CHECK(h.report(once) == nullptr);  // the same trade again
    CHECK(h.orders.anomalies().back().error == model::LifecycleError::duplicate_fill);
    CHECK(h.fill(1, 7) == nullptr);  // more than is left
    CHECK(h.orders.anomalies().back().error == model::LifecycleError::overfill);
    CHECK(h.book.quantity(h.a, first) == Quantity{4});
    CHECK(h.fill(1, 6) != nullptr);
    CHECK(h.fill(1, 1) == nullptr);  // after the end
    CHECK(h.orders.anomalies().back().error == model::LifecycleError::illegal_step);
    CHECK(h.accept(1) == nullptr);
    CHECK(h.report(h.event(77, OrderStep::accepted)) == nullptr);
    CHECK(h.orders.anomalies().back().error == model::LifecycleError::wrong_order);
    CHECK(h.orders.anomalies().size() == 5);
    CHECK(h.book.quantity(h.a, first) == Quantity{10});
}

TEST_CASE("an older trade that comes again after others is still a duplicate") {
    House h;
    h.orders.place(request(h.a, buy, 10), first, now);
    const Event one = h.fill_event(1, 2);
    h.report(one);
    h.fill(1, 3);
    CHECK(h.report(one) == nullptr);
    CHECK(h.book.quantity(h.a, first) == Quantity{5});
}

TEST_CASE("the same trade id of another venue is another trade") {
    House h;
    h.orders.place(request(h.a, buy, 10), first, now);
    Event one = h.fill_event(1, 2);
    h.report(one);
    one.source = SourceId{2};
    // The lifecycle compares with the last trade of this order only, which came under the same number.
    h.fill(1, 1);
    CHECK(h.report(one) != nullptr);
    CHECK(h.book.quantity(h.a, first) == Quantity{5});
}

TEST_CASE("a fill that crossed our cancel on the wire counts") {
    House h;
    h.orders.place(limit_request(h.a, buy, 10, 99), first, now);
    h.accept(1);
    h.orders.cancel(OrderId{1}, now);
    h.orders.cancel(OrderId{1}, now);  // asking twice sends one
    CHECK(h.wire.take() == Log{"submit 1 10", "cancel 1"});
    h.report(h.event(1, OrderStep::canceled));
    CHECK(h.status(1) == OrderStatus::canceled);
    CHECK(h.fill(1, 10) != nullptr);
    CHECK(h.status(1) == OrderStatus::filled);
    CHECK(h.book.quantity(h.a, first) == Quantity{10});
    CHECK(h.orders.anomalies().empty());
}

TEST_CASE("a rejected cancel leaves the order working") {
    House h;
    h.orders.place(limit_request(h.a, buy, 10, 99), first, now);
    h.accept(1);
    h.orders.cancel(OrderId{1}, now);
    CHECK(h.orders.find(OrderId{1})->pending == model::Pending::cancel);
    h.report(h.event(1, OrderStep::cancel_rejected));
    CHECK(h.orders.find(OrderId{1})->pending == model::Pending::none);
    CHECK(h.status(1) == OrderStatus::accepted);
}

TEST_CASE("a replace is applied when the venue says so, and its refusal reaches the strategy") {
    House h;
    h.orders.place(limit_request(h.a, buy, 10, 99), first, now);
    h.accept(1);
    h.orders.replace({OrderId{1}, Quantity{20}, {}, {}}, now);
    CHECK(h.orders.find(OrderId{1})->terms.quantity == Quantity{10});
    Event done = h.event(1, OrderStep::replaced);
    done.report.quantity = Quantity{20};
    CHECK(h.report(done)->terms.quantity == Quantity{20});
    CHECK(h.orders.find(OrderId{1})->revision == 1);
    h.wire.take();
    h.orders.outbox().clear();
    h.orders.replace({OrderId{1}, Quantity{1'000}, {}, {}}, now);
    CHECK(h.wire.take().empty());
    REQUIRE(h.orders.outbox().size() == 1);
    CHECK(h.orders.outbox()[0].report.step == OrderStep::replace_rejected);
    CHECK(h.orders.outbox()[0].report.reason == Reason::buying_power);
}

TEST_CASE("bracket legs wait for the fill, cover what is filled and grow with it") {
    House h;
    Request r = request(h.a, buy, 10);
    r.stop_loss.emplace().distance = Rate::of(0.05);
    r.take_profit.emplace().distance = Rate::of(0.10);
    h.orders.place(r, first, now);
    CHECK(h.wire.take() == Log{"submit 1 10"});
    h.fill(1, 4, 100);
    CHECK(h.wire.take() == Log{"submit 2 4", "submit 3 4"});
    CHECK(h.orders.find(OrderId{2})->terms.trigger == Price::of(95));
    CHECK(h.orders.find(OrderId{3})->terms.price == Price::of(110));
    h.accept(2);
    h.accept(3);
    h.fill(1, 6, 100);
    CHECK(h.wire.take() == Log{"replace 2 10", "replace 3 10"});
}

TEST_CASE("a stop that fills takes its target along, a target that fills in part shrinks the stop") {
    House h;
    Request r = request(h.a, buy, 10);
    r.stop_loss.emplace().price = Price::of(95);
    r.take_profit.emplace().price = Price::of(110);
    h.orders.place(r, first, now);
    h.fill(1, 10);
    h.accept(2);
    h.accept(3);
    h.wire.take();
    h.fill(3, 4, 110);
    CHECK(h.wire.take() == Log{"replace 2 6"});
    Event done = h.event(2, OrderStep::replaced);
    done.report.quantity = Quantity{6};
    h.report(done);
    h.fill(2, 6, 95);
    CHECK(h.wire.take() == Log{"cancel 3"});
    Event gone = h.event(3, OrderStep::canceled);
    gone.report.reason = Reason::user_request;
    CHECK(h.report(gone)->reason == Reason::contingency);
}

TEST_CASE("a leg on the wrong side of its entry refuses the bracket with both prices") {
    House h;  // A stands at 100
    const auto verdict = [&](Request r, double stop, double target) {
        if (stop > 0) { r.stop_loss.emplace().price = Price::of(stop); }
        if (target > 0) { r.take_profit.emplace().price = Price::of(target); }
        const OrderId id = h.orders.place(r, first, now);
        return h.orders.find(id)->reason;
    };
    CHECK(verdict(request(h.a, buy, 1), 99, 101) == Reason::none);
    CHECK(verdict(request(h.a, buy, 1), 100, 101) == Reason::leg_on_wrong_side);
    CHECK(verdict(request(h.a, buy, 1), 99, 100) == Reason::leg_on_wrong_side);
    CHECK(verdict(request(h.a, sell, 1), 101, 99) == Reason::none);
    CHECK(verdict(request(h.a, sell, 1), 99, 0) == Reason::leg_on_wrong_side);
    CHECK(verdict(limit_request(h.a, buy, 1, 90), 95, 0) == Reason::leg_on_wrong_side);
    CHECK(verdict(limit_request(h.a, buy, 1, 90), 85, 95) == Reason::none);
    const auto denied = OrderId{4};  // its legs are 5 and 6
    REQUIRE(h.orders.refusal(denied) != nullptr);
    CHECK(risk::describe(*h.orders.refusal(denied)).find("given 100, entry 100") != std::string::npos);
    CHECK(h.status(5) == OrderStatus::canceled);
    CHECK(h.status(6) == OrderStatus::canceled);
}

TEST_CASE("an exit that begins while its entry is partly filled ends the entry") {
    House h;
    Request r = limit_request(h.a, buy, 10, 100);
    r.stop_loss.emplace().price = Price::of(95);
    r.take_profit.emplace().price = Price::of(110);
    h.orders.place(r, first, now);
    h.accept(1);
    h.fill(1, 4);
    h.accept(2);
    h.accept(3);
    h.wire.take();
    h.fill(3, 1, 110);
    CHECK(h.wire.take() == Log{"cancel 1", "replace 2 3"});
    Event gone = h.event(1, OrderStep::canceled);
    gone.report.reason = Reason::user_request;
    CHECK(h.report(gone)->reason == Reason::contingency);
    CHECK(h.book.quantity(h.a, first) == Quantity{3});
    CHECK(h.status(2) == OrderStatus::accepted);  // what was bought stays protected
    CHECK(h.status(3) == OrderStatus::partially_filled);
}

TEST_CASE("legs that have closed a part cover only what the entry fills beyond it") {
    House h;
    Request r = limit_request(h.a, buy, 10, 100);
    r.stop_loss.emplace().price = Price::of(95);
    r.take_profit.emplace().price = Price::of(110);
    h.orders.place(r, first, now);
    h.fill(1, 4);
    h.accept(2);
    h.accept(3);
    h.fill(3, 1, 110);
    h.wire.take();
    h.fill(1, 2);                                               // crossed the cancel
    CHECK(h.wire.take() == Log{"replace 2 5", "replace 3 6"});  // five are held; the target has filled one of its six
}

TEST_CASE("an entry that fills on after its exit was complete gets new legs") {
    House h;
    Request r = limit_request(h.a, buy, 10, 100);
    r.stop_loss.emplace().price = Price::of(95);
    r.take_profit.emplace().price = Price::of(110);
    h.orders.place(r, first, now);
    h.fill(1, 4);
    h.accept(2);
    h.accept(3);
    h.fill(2, 4, 95);
    h.report(h.event(3, OrderStep::canceled));
    CHECK(h.wire.take() == Log{"submit 1 10", "submit 2 4", "submit 3 4", "cancel 1", "cancel 3"});
    h.fill(1, 6, 94);  // crossed the cancel
    CHECK(h.wire.take() == Log{"submit 4 6", "submit 5 6"});
    CHECK(h.orders.find(OrderId{4})->terms.trigger == Price::of(95));
    CHECK(h.orders.find(OrderId{5})->terms.price == Price::of(110));
}

TEST_CASE("an entry that fills after it was cancelled gets the legs that ended with it") {
    House h;
    Request r = limit_request(h.a, buy, 10, 100);
    r.stop_loss.emplace().distance = Rate::of(0.05);
    r.take_profit.emplace().price = Price::of(110);
    h.orders.place(r, first, now);
    h.accept(1);
    h.orders.cancel(OrderId{1}, now);
    h.report(h.event(1, OrderStep::canceled));
    CHECK(h.status(2) == OrderStatus::canceled);
    h.wire.take();
    CHECK(h.fill(1, 4, 100)->status == OrderStatus::canceled);  // crossed the cancel
    CHECK(h.wire.take() == Log{"submit 4 4", "submit 5 4"});
    CHECK(h.orders.find(OrderId{4})->terms.trigger == Price::of(95));
    CHECK(h.orders.find(OrderId{5})->terms.price == Price::of(110));
    h.accept(4);
    h.accept(5);
    h.fill(1, 3, 100);  // and another one
    CHECK(h.wire.take() == Log{"replace 4 7", "replace 5 7"});
    h.fill(1, 3, 100);  // the last: nothing more can come
    CHECK(h.status(1) == OrderStatus::filled);
    CHECK(h.wire.take() == Log{"replace 4 10", "replace 5 10"});
}

TEST_CASE("legs grow with an entry that fills on after its cancel") {
    House h;
    Request r = limit_request(h.a, buy, 10, 100);
    r.stop_loss.emplace().price = Price::of(95);
    h.orders.place(r, first, now);
    h.fill(1, 4);
    h.accept(2);
    h.orders.cancel(OrderId{1}, now);
    h.report(h.event(1, OrderStep::canceled));
    h.wire.take();
    h.fill(1, 6);
    CHECK(h.wire.take() == Log{"replace 2 10"});
}

TEST_CASE("every set of new legs replaces the one before it") {
    House h;
    Request r = limit_request(h.a, buy, 10, 100);
    r.stop_loss.emplace().price = Price::of(95);
    h.orders.place(r, first, now);
    h.fill(1, 4);
    h.fill(2, 4, 95);
    h.wire.take();
    h.fill(1, 2, 94);
    CHECK(h.wire.take() == Log{"submit 3 2"});
    h.fill(3, 2, 94);
    h.fill(1, 4, 93);
    CHECK(h.wire.take() == Log{"submit 4 4"});
}

TEST_CASE("a leg that its strategy has cancelled does not come back") {
    House h;
    Request r = limit_request(h.a, buy, 10, 100);
    r.stop_loss.emplace().price = Price::of(95);
    r.take_profit.emplace().price = Price::of(110);
    h.orders.place(r, first, now);
    h.orders.cancel(OrderId{3}, now);
    h.orders.cancel(OrderId{1}, now);
    h.report(h.event(1, OrderStep::canceled));
    h.wire.take();
    h.fill(1, 10);
    CHECK(h.wire.take() == Log{"submit 4 10"});
    CHECK(h.orders.find(OrderId{4})->terms.trigger == Price::of(95));
}

TEST_CASE("siblings at a venue that does not link them may both fill while our cancel travels: both count") {
    House h;
    Request one = limit_request(h.a, buy, 10, 95);
    one.list = h.orders.new_list();
    one.contingency = model::Contingency::oco;
    Request other = limit_request(h.a, buy, 10, 94);
    other.list = one.list;
    other.contingency = model::Contingency::oco;
    h.orders.place(one, first, now);
    h.orders.place(other, first, now);
    h.fill(1, 10, 95);
    h.fill(2, 10, 94);  // crossed the cancel
    h.report(h.event(2, OrderStep::cancel_rejected));
    CHECK(h.status(2) == OrderStatus::filled);
    CHECK(h.book.quantity(h.a, first) == Quantity{20});
    CHECK(h.orders.anomalies().empty());
}

TEST_CASE("legs end with a parent that never fills, and with a position that another order closes") {
    House h;
    Request r = limit_request(h.a, buy, 10, 99);
    r.stop_loss.emplace().price = Price::of(95);
    h.orders.place(r, first, now);
    h.report(h.event(1, OrderStep::canceled));
    CHECK(h.status(2) == OrderStatus::canceled);
    h.orders.place(r, first, now);
    h.fill(3, 10, 99);
    h.accept(4);
    h.wire.take();
    h.orders.place(request(h.a, sell, 10), first, now);
    h.fill(5, 10, 98);
    CHECK(h.wire.take() == Log{"submit 5 10", "cancel 4"});
}

TEST_CASE("one cancels the other: any fill cancels the sibling") {
    House h;
    Request r = limit_request(h.a, buy, 10, 95);
    r.list = h.orders.new_list();
    r.contingency = model::Contingency::oco;
    h.orders.place(r, first, now);
    r.terms.price = Price::of(90);
    h.orders.place(r, first, now);
    h.wire.take();
    h.fill(1, 1, 95);
    CHECK(h.wire.take() == Log{"cancel 2"});
}

TEST_CASE("one triggers the other: the second waits for the whole of the first") {
    House h;
    h.orders.place(limit_request(h.a, buy, 10, 99), first, now);
    Request r = limit_request(h.a, sell, 10, 105);
    r.after = OrderId{1};
    h.orders.place(r, first, now);
    CHECK(h.wire.take() == Log{"submit 1 10"});
    h.fill(1, 5, 99);
    CHECK(h.wire.take().empty());
    h.fill(1, 5, 99);
    CHECK(h.wire.take() == Log{"submit 2 10"});
    r.after = OrderId{1};  // filled already: goes at once
    r.terms.quantity = Quantity{1};
    h.orders.place(r, first, now);
    CHECK(h.wire.take() == Log{"submit 3 1"});
    r.after = OrderId{99};
    h.orders.place(r, first, now);
    CHECK(h.status(4) == OrderStatus::denied);
}

TEST_CASE("an intent becomes a quantity at the mark that prices it") {
    House h;
    h.orders.place(sized(h.a, model::SizeKind::percent, 0.5), first, now);
    CHECK(h.wire.take() == Log{"price 1"});
    h.orders.release_intents(now);  // nothing is priced yet
    CHECK(h.wire.take().empty());
    model::Mark mark;
    mark.price = Price::of(125);
    h.orders.on_mark(h.b, mark);  // another instrument
    h.orders.release_intents(now);
    CHECK(h.wire.take().empty());
    h.orders.on_mark(h.a, mark);
    h.orders.release_intents(now);
    CHECK(h.wire.take() == Log{"submit 1 40"});
    CHECK_FALSE(h.orders.has_waiting());
}

TEST_CASE("a mark that names an intent prices no other") {
    House h;
    h.orders.place(sized(h.a, model::SizeKind::percent, 0.1), first, now);
    h.orders.place(sized(h.a, model::SizeKind::percent, 0.2), first, now);
    h.wire.take();
    model::Mark mark;
    mark.price = Price::of(100);
    mark.order = OrderId{1};
    h.orders.on_mark(h.a, mark);
    h.orders.release_intents(now);
    CHECK(h.wire.take() == Log{"submit 1 10"});
    CHECK(h.orders.has_waiting());
}

TEST_CASE("a newer target replaces an older one of the same strategy and instrument only") {
    House h;
    h.orders.place(sized(h.a, model::SizeKind::target_percent, 0.5), first, now);
    h.orders.place(sized(h.a, model::SizeKind::target_percent, 0.4), second, now);
    h.orders.place(sized(h.b, model::SizeKind::target_percent, 0.3), first, now);
    h.orders.place(sized(h.a, model::SizeKind::target_percent, 0.2), first, now);
    CHECK(h.status(1) == OrderStatus::canceled);
    CHECK(h.orders.find(OrderId{1})->reason == Reason::superseded);
    CHECK(h.status(2) == OrderStatus::initialized);
    CHECK(h.status(3) == OrderStatus::initialized);
    CHECK(h.status(4) == OrderStatus::initialized);
}

TEST_CASE("reductions go first and increases wait for them and for a new price") {
    House h;
    h.orders.place(request(h.a, buy, 100), first, now);
    h.fill(1, 100);
    h.wire.take();
    h.orders.place(sized(h.b, model::SizeKind::target_percent, 1.0), first, now);
    h.orders.place(sized(h.a, model::SizeKind::target_percent, 0.0), first, now);
    h.wire.take();
    model::Mark mark;
    mark.price = Price::of(100);
    h.orders.on_mark(h.a, mark);
    mark.price = Price::of(50);
    h.orders.on_mark(h.b, mark);
    h.orders.release_intents(now);
    CHECK(h.wire.take() == Log{"submit 3 100"});
    h.orders.on_mark(h.b, mark);  // somebody else's price
    h.orders.release_intents(now);
    CHECK(h.wire.take().empty());
    h.fill(3, 100);
    h.orders.release_intents(now);
    CHECK(h.wire.take() == Log{"price 2"});
    h.orders.on_mark(h.b, mark);
    h.orders.release_intents(now);
    CHECK(h.wire.take() == Log{"submit 2 200"});
}

TEST_CASE("a target that is reached needs no order, a size below one lot is refused") {
    House h;
    h.orders.place(sized(h.a, model::SizeKind::target_percent, 0.0), first, now);
    h.orders.place(sized(h.a, model::SizeKind::percent, 0.001), first, now);
    h.wire.take();
    model::Mark mark;
    mark.price = Price::of(100);
    h.orders.on_mark(h.a, mark);
    h.orders.release_intents(now);
    CHECK(h.status(1) == OrderStatus::canceled);
    CHECK(h.status(2) == OrderStatus::denied);
    CHECK(h.orders.find(OrderId{2})->reason == Reason::zero_size);
    CHECK(h.wire.take().empty());
}

TEST_CASE("a size keeps the buffer for costs free") {
    House h;
    OrderManager buffered{h.universe, h.book, h.gate, h.wire, {Rate::of(0.01)}};
    buffered.place(sized(h.a, model::SizeKind::percent, 1.0), first, now);
    h.wire.take();
    model::Mark mark;
    mark.price = Price::of(100);
    buffered.on_mark(h.a, mark);
    buffered.release_intents(now);
    CHECK(h.wire.take() == Log{"submit 1 99"});  // 10,000 / 1.01 = 9,900.99
}

TEST_CASE("at the end every open order is cancelled with that reason, and a waiting one can be cancelled before") {
    House h;
    h.orders.place(limit_request(h.a, buy, 1, 99), first, now);
    h.orders.place(sized(h.a, model::SizeKind::percent, 0.1), first, now);
    h.orders.place(sized(h.a, model::SizeKind::percent, 0.1), first, now);
    h.orders.cancel(OrderId{2}, now);
    CHECK(h.orders.find(OrderId{2})->reason == Reason::user_request);
    h.orders.finish(now);
    CHECK(h.orders.find(OrderId{1})->reason == Reason::end_of_run);
    CHECK(h.orders.find(OrderId{3})->reason == Reason::end_of_run);
    CHECK(h.orders.open_orders().empty());
    CHECK_FALSE(h.orders.has_waiting());
}

TEST_CASE("a negative sizing buffer is refused before anything is divided by it") {
    House h;
    CHECK_THROWS_AS((OrderManager{h.universe, h.book, h.gate, h.wire, {Rate::of(-1)}}), ConfigError);
}
