// The order manager between a scripted router and reports made by hand.
#include "walras/exec/order_manager_test.hpp"

#include <doctest/doctest.h>

#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::exec::tests;
using exec::OrderManager;

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
