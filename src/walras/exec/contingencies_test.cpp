// Brackets, OCO, OUO and OTO between a scripted router and reports made by hand.
#include "walras/exec/order_manager_test.hpp"

#include <doctest/doctest.h>

using namespace walras;
using namespace walras::exec::tests;

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
