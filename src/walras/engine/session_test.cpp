// The session between a small venue and strategies made for each test.
#include "walras/engine/session.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>

#include "walras/core/error.hpp"
#include "walras/engine/playback.hpp"
#include "walras/portfolio/shares_test.hpp"

using namespace walras;
using engine::Session;
using engine::SessionConfig;
using model::Event;
using model::EventKind;
using model::Order;
using model::OrderReport;
using model::OrderStatus;
using model::OrderStep;
using strategy::ClosedBar;
using strategy::Context;

namespace {

constexpr TimeNs start{1'704'067'200'000'000'000};
TimeNs at(int s) { return start + seconds(s); }

// Plays what it was given, and fills market orders at the last close at once. Limits rest.
class TinyVenue final : public model::Venue {
public:
    void add_bar(InstrumentId instrument, int second, double price) {
        Event e{EventKind::bar, instrument, at(second), at(second)};
        e.bar = {at(second - 1), Price::of(price), Price::of(price), Price::of(price), Price::of(price), 0};
        events.push_back(e);
    }
    void submit(const model::Approved<Order>& order, TimeNs now) override {
        now_ = std::max(now_, now);
        ++submitted;
        report(*order, OrderStep::accepted);
        if (order->terms.type != model::OrderType::market || !fills) { return; }
        Event e = make(*order, OrderStep::filled);
        e.report.quantity = order->terms.quantity;
        e.report.price = last_;
        e.report.side = order->terms.side;
        e.report.trade = TradeId{++trades_};
        push(e);
        if (duplicate) { push(e); }
        if (overfill) {
            e.report.trade = TradeId{++trades_};
            push(e);
        }
    }
    void replace(const model::Approved<model::Replace>&, TimeNs) override {}
    void cancel(OrderId order, TimeNs now) override {
        now_ = std::max(now_, now);
        Event e{EventKind::order, InstrumentId{0}, now_, now_};
        e.report.order = order;
        e.report.step = OrderStep::canceled;
        e.report.reason = model::Reason::user_request;
        push(e);
    }
    void request_price(InstrumentId instrument, OrderId, TimeNs now) override {
        Event e{EventKind::mark, instrument, now, now};
        e.flags = model::flag_executable;
        e.mark.price = last_;
        push(e);
    }
    TimeNs next_time() override {
        const TimeNs report = reports_.empty() ? time_max : reports_.front().ts_init;
        return std::min(report, events.empty() ? time_max : events.front().ts_init);
    }
    std::size_t poll(std::span<Event> out) override {
        auto& from = !reports_.empty() && (events.empty() || reports_.front().ts_init <= events.front().ts_init)
                         ? reports_
                         : events;
        if (from.empty()) { return 0; }
        out.front() = from.front();
        from.pop_front();
        out.front().source = source();
        out.front().sequence = ++sequence_;
        if (out.front().kind == EventKind::bar) { last_ = out.front().bar.close; }
        now_ = out.front().ts_init;
        return 1;
    }

    std::deque<Event> events;
    bool fills = true;
    bool duplicate = false;
    bool overfill = false;
    int submitted = 0;

private:
    Event make(const Order& order, OrderStep step) const {
        Event e{EventKind::order, order.terms.instrument, now_, now_};
        e.report.order = order.id;
        e.report.strategy = order.strategy;
        e.report.step = step;
        return e;
    }
    void report(const Order& order, OrderStep step) { push(make(order, step)); }
    void push(const Event& e) { reports_.push_back(e); }

    std::deque<Event> reports_;
    TimeNs now_ = time_min;
    Price last_ = Price::of(100);
    std::uint64_t sequence_ = 0;
    std::uint64_t trades_ = 0;
};

// Callbacks as functions.
struct Script final : strategy::Strategy {
    std::function<void(Context&)> start_f, stop_f;
    std::function<void(Context&, std::span<const ClosedBar>)> bars_f;
    std::function<void(Context&, const Order&, const OrderReport&)> order_f;
    std::function<void(Context&, TimerId)> timer_f;
    std::size_t warm = 0;
    [[nodiscard]] std::size_t warm_up() const override { return warm; }
    void on_start(Context& c) override {
        if (start_f) { start_f(c); }
    }
    void on_bars(Context& c, std::span<const ClosedBar> b) override {
        if (bars_f) { bars_f(c, b); }
    }
    void on_order(Context& c, const Order& o, const OrderReport& r) override {
        if (order_f) { order_f(c, o, r); }
    }
    void on_timer(Context& c, TimerId t) override {
        if (timer_f) { timer_f(c, t); }
    }
    void on_stop(Context& c) override {
        if (stop_f) { stop_f(c); }
    }
};

struct Stage : tests::Shares {
    TinyVenue venue;
    model::ReplayClock clock;
    SessionConfig config;

    Stage() { config.accounts = {account}; }
    void closes(std::initializer_list<double> prices) {
        int second = 1;
        for (const double p : prices) { venue.add_bar(a, second++, p); }
    }
    std::unique_ptr<Session> session(std::vector<strategy::Strategy*> strategies) {
        const std::array<model::Venue*, 1> venues{&venue};
        return std::make_unique<Session>(universe, clock, venues, strategies, config);
    }
};

model::Request limit_buy(InstrumentId instrument, std::int64_t lots, double price) {
    model::Request r;
    r.terms.instrument = instrument;
    r.terms.quantity = Quantity{lots};
    r.terms.type = model::OrderType::limit;
    r.terms.price = Price::of(price);
    return r;
}

}  // namespace

TEST_CASE("all bars of one timestamp arrive together, in the order of the instruments") {
    Stage s;
    s.venue.add_bar(s.b, 1, 50);
    s.venue.add_bar(s.a, 1, 100);
    s.venue.add_bar(s.a, 2, 101);
    std::vector<std::size_t> sizes;
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar> bars) {
        sizes.push_back(bars.size());
        CHECK(bars[0].instrument == s.a);
        CHECK(c.now() == bars[0].ts);
    };
    s.session({&script})->run_until(time_max);
    CHECK(sizes == std::vector<std::size_t>{2, 1});
}

TEST_CASE("history holds the newest bar last, and yesterday's bar is history(2)[0]") {
    Stage s;
    s.closes({100, 101, 102, 103});
    Script script;
    double expected = 100;
    script.bars_f = [&](Context& c, std::span<const ClosedBar> bars) {
        const auto two = c.history(s.a, 2);
        CHECK(two.back().bar.close == bars[0].bar.close);
        if (two.size() == 2) { CHECK(two[0].bar.close.to_double() == expected++); }
        CHECK(c.history(s.b, 5).empty());
        CHECK_THROWS_AS(static_cast<void>(c.history(s.a, 10'000)), ConfigError);
    };
    s.session({&script})->run_until(time_max);
    CHECK(expected == 103);
}

TEST_CASE("a long run keeps exactly the bars that were promised") {
    Stage s;
    s.config.history = 4;
    for (int i = 1; i <= 50; ++i) { s.venue.add_bar(s.a, i, i); }
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar> bars) {
        const auto h = c.history(s.a, 4);
        for (std::size_t i = 0; i < h.size(); ++i) {
            CHECK(h[i].bar.close.to_double() == bars[0].bar.close.to_double() - static_cast<double>(h.size() - 1 - i));
        }
    };
    s.session({&script})->run_until(time_max);
}

TEST_CASE("warm-up bars are recorded but not shown, and a late instrument does not hide the others") {
    Stage s;
    s.closes({100, 101, 102, 103, 104});
    s.venue.events.clear();
    for (int i = 1; i <= 6; ++i) {
        s.venue.add_bar(s.a, i, 100 + i);
        if (i >= 4) { s.venue.add_bar(s.b, i, 50); }
    }
    std::vector<std::size_t> sizes;
    Script script;
    script.warm = 2;
    script.bars_f = [&](Context& c, std::span<const ClosedBar> bars) {
        if (sizes.empty()) { CHECK(c.history(s.a, 3).size() == 3); }
        sizes.push_back(bars.size());
    };
    s.session({&script})->run_until(time_max);
    CHECK(sizes == std::vector<std::size_t>{1, 1, 1, 2});  // seconds 3, 4, 5 and 6
}

TEST_CASE("timers fire once, in the order of their times, and a cancelled one never") {
    Stage s;
    s.closes({100, 101, 102});
    std::vector<std::uint64_t> fired;
    Script script;
    script.start_f = [&](Context& c) {
        c.wake_at(at(2) + milliseconds(500));                  // 1
        c.wake_at(at(1) + milliseconds(500));                  // 2
        c.cancel_timer(c.wake_at(at(1) + milliseconds(600)));  // 3
        c.wake_after(milliseconds(250));                       // 4: from the first event
        c.wake_at(at(1) + milliseconds(500));                  // 5: the same time as 2, set later
    };
    script.timer_f = [&](Context& c, TimerId t) {
        fired.push_back(t.value);
        if (t.value == 4) { CHECK(c.now() == at(1) + milliseconds(250)); }
        if (t.value == 2) { CHECK(c.now() == at(1) + milliseconds(500)); }
    };
    auto session = s.session({&script});
    session->run_until(time_max);
    CHECK(fired == std::vector<std::uint64_t>{4, 2, 5, 1});
}

TEST_CASE("strategies start at the time of the first event") {
    Stage s;
    s.closes({100, 101});
    Script script;
    OrderId id{};
    script.start_f = [&](Context& c) {
        CHECK(c.now() == at(1));
        id = c.place(limit_buy(s.a, 1, 90));
    };
    auto session = s.session({&script});
    session->run_until(time_max);
    CHECK(session->orders().find(id)->ts_init == at(1));
}

TEST_CASE("a timer that is set anew each time it fires ends with the data") {
    Stage s;
    s.closes({100, 101, 102});
    int fired = 0;
    Script script;
    script.start_f = [](Context& c) { c.wake_after(milliseconds(500)); };
    script.timer_f = [&](Context& c, TimerId) {
        ++fired;
        c.wake_after(milliseconds(500));
    };
    s.session({&script})->run_until(time_max);
    CHECK(fired == 3);  // 1.5, 2.0 after the bar of 2, 2.5; at 3.0 the world is over
}

TEST_CASE("an order sent from inside a fill is handled after the callback has returned") {
    Stage s;
    s.closes({100, 101});
    std::vector<std::uint64_t> fills;
    bool inside = false;
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar>) {
        if (fills.empty()) { c.buy(s.a, Quantity{10}); }
    };
    script.order_f = [&](Context& c, const Order& o, const OrderReport& r) {
        CHECK_FALSE(inside);
        inside = true;
        if (r.step == OrderStep::filled) {
            fills.push_back(o.id.value);
            if (o.id.value == 1) {
                CHECK(c.position(s.a) == Quantity{10});  // the ledger has the fill already
                c.sell(s.a, Quantity{10});
                CHECK(c.position(s.a) == Quantity{10});
            }
        }
        inside = false;
    };
    auto session = s.session({&script});
    session->run_until(time_max);
    CHECK(fills == std::vector<std::uint64_t>{1, 2});
    CHECK(session->portfolio().quantity(s.a, StrategyId{0}).is_zero());
}

TEST_CASE("two strategies on one account are attributed apart and hear only of their own orders") {
    Stage s;
    s.closes({100, 110, 120});
    Script one;
    Script two;
    int heard_one = 0;
    int heard_two = 0;
    int n = 0;
    one.bars_f = [&](Context& c, std::span<const ClosedBar>) {
        if (++n == 1) { c.buy(s.a, Quantity{10}); }
    };
    one.order_f = [&](Context& c, const Order& o, const OrderReport&) {
        ++heard_one;
        CHECK(o.strategy == c.self());
    };
    two.bars_f = [&](Context& c, std::span<const ClosedBar>) {
        if (n == 2 && c.position(s.a).is_zero()) { c.sell(s.a, Quantity{4}); }
    };
    two.order_f = [&](Context& c, const Order& o, const OrderReport&) {
        ++heard_two;
        CHECK(o.strategy == c.self());
    };
    auto session = s.session({&one, &two});
    session->run_until(time_max);
    const auto& p = session->portfolio();
    CHECK(p.quantity(s.a, StrategyId{0}) == Quantity{10});
    CHECK(p.quantity(s.a, StrategyId{1}) == Quantity{-4});
    CHECK(p.net_quantity(s.a) == Quantity{6});
    CHECK(p.strategy_profit(StrategyId{0}) == Money::of(200));
    CHECK(p.strategy_profit(StrategyId{1}) == Money::of(-40));
    CHECK(p.equity() == Money::of(10'160));
    CHECK(heard_one == 2);
    CHECK(heard_two == 2);
}

TEST_CASE("a cancel in on_stop takes effect, and what is still open ends with the run") {
    Stage s;
    s.closes({100, 101});
    OrderId id{};
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar>) {
        if (id.is_none()) {
            id = c.place(limit_buy(s.a, 1, 90));
            c.place(limit_buy(s.a, 1, 80));
        }
    };
    script.stop_f = [&](Context& c) { c.cancel(id); };
    auto session = s.session({&script});
    session->run_until(time_max);
    session->finish();
    CHECK(session->orders().find(id)->reason == model::Reason::user_request);
    CHECK(session->orders().find(OrderId{2})->reason == model::Reason::end_of_run);
    CHECK(session->orders().open_orders().empty());
}

TEST_CASE("a refusal reaches the strategy with its reason, and without having reached the venue") {
    Stage s;
    s.closes({100});
    model::Reason heard{};
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar>) { c.buy(s.a, Quantity{1'000}); };
    script.order_f = [&](Context&, const Order& o, const OrderReport& r) {
        heard = r.reason;
        CHECK(o.status == OrderStatus::denied);
    };
    s.session({&script})->run_until(time_max);
    CHECK(heard == model::Reason::buying_power);
    CHECK(s.venue.submitted == 0);
}

TEST_CASE("answering each refusal with a new refused order ends with an error that says so") {
    Stage s;
    s.closes({100});
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar>) { c.buy(s.a, Quantity{1'000}); };
    script.order_f = [&](Context& c, const Order&, const OrderReport&) { c.buy(s.a, Quantity{1'000}); };
    auto session = s.session({&script});
    CHECK_THROWS_AS(session->run_until(time_max), OrderError);
}

TEST_CASE("an exception in a callback leaves the session unchanged in kind") {
    struct Mine {
        int code;
    };
    Stage s;
    s.closes({100});
    Script script;
    script.bars_f = [](Context&, std::span<const ClosedBar>) { throw Mine{42}; };
    auto session = s.session({&script});
    try {
        session->run_until(time_max);
        FAIL("nothing was thrown");
    } catch (const Mine& mine) { CHECK(mine.code == 42); }
}

TEST_CASE("stop ends the run after the event that asked for it") {
    Stage s;
    s.closes({100, 101, 102, 103});
    int bars = 0;
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar>) {
        if (++bars == 2) { c.stop(); }
    };
    auto session = s.session({&script});
    session->run_until(time_max);
    session->finish();
    CHECK(bars == 2);
}

TEST_CASE("a margin call cancels what is open and closes the positions, past orders that still count") {
    Stage s;
    s.config.accounts[0].initial_margin = Rate::of(0.5);
    s.config.accounts[0].maintenance_margin = Rate::of(0.25);
    s.closes({100, 90, 70, 60, 60});
    int n = 0;
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar>) {
        if (++n == 1) { c.buy(s.a, Quantity{200}); }
        if (n == 2) {  // a target that would also sell everything
            model::Request r = limit_buy(s.a, 200, 150);
            r.terms.side = model::OrderSide::sell;
            c.place(r);
        }
    };
    auto session = s.session({&script});
    session->run_until(time_max);
    // At 70: equity 4,000 against 3,500. At 60: 2,000 against 3,000.
    CHECK(session->margin_calls() == 1);
    CHECK(session->portfolio().net_quantity(s.a).is_zero());
    CHECK(session->portfolio().equity() == Money::of(2'000));
    CHECK(session->orders().find(OrderId{2})->reason == model::Reason::margin_call);
}

TEST_CASE("duplicate and overfilling reports are counted and never touch the ledger") {
    Stage s;
    s.closes({100, 101});
    s.venue.duplicate = true;
    s.venue.overfill = true;
    int fills = 0;
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar>) {
        if (fills == 0) { c.buy(s.a, Quantity{10}); }
    };
    script.order_f = [&](Context&, const Order&, const OrderReport& r) {
        fills += r.step == OrderStep::filled ? 1 : 0;
    };
    auto session = s.session({&script});
    session->run_until(time_max);
    CHECK(fills == 1);
    CHECK(session->orders().anomalies().size() == 2);
    CHECK(session->portfolio().quantity(s.a, StrategyId{0}) == Quantity{10});
    CHECK(session->portfolio().cash() == Money::of(9'000));
}

namespace {

// The bytes of one side of a journal.
std::vector<unsigned char> bytes_of(const engine::JournalMemory& journal, codec::JournalSide side) {
    std::vector<unsigned char> out;
    for (std::size_t i = 0; i < journal.events().size(); ++i) {
        if (journal.sides()[i] != side) { continue; }
        const Event& e = journal.events()[i];
        const auto* bytes = reinterpret_cast<const unsigned char*>(&e);
        out.insert(out.end(), bytes, bytes + model::event_header_size + model::payload_size(e.kind));
    }
    return out;
}

void busy(Script& script, InstrumentId a) {
    script.start_f = [a](Context& c) {
        c.target_percent(a, Rate::of(0.1));
        c.wake_after(milliseconds(1'500));
    };
    script.timer_f = [a](Context& c, TimerId) {
        c.buy(a, Quantity{100'000});  // refused
        c.target_percent(a, Rate::of(0.5));
        c.wake_after(seconds(3));
    };
    script.stop_f = [a](Context& c) { c.buy(a, Quantity{1}); };
    script.bars_f = [a](Context& c, std::span<const ClosedBar> bars) {
        if (bars[0].bar.close.to_double() > 103) { c.close(a); }
        if (c.open_orders().empty()) { c.place(limit_buy(a, 1, 50)); }
    };
}

}  // namespace

TEST_CASE("replaying the inbound journal reproduces the outbound journal byte for byte, and the signature") {
    Stage s;
    for (int i = 1; i <= 40; ++i) { s.venue.add_bar(s.a, i, 100 + (i * 7) % 5); }
    Script script;
    busy(script, s.a);
    engine::JournalMemory recording;
    auto session = s.session({&script});
    session->set_journal(&recording);
    constexpr auto outbound = codec::JournalSide::outbound;
    TimeNs end = time_max;
    SUBCASE("of a whole run") {}
    SUBCASE("of a run that ends between two events, after a timer") { end = at(30) + milliseconds(600); }
    session->run_until(end);
    session->finish(true);
    REQUIRE(recording.events().size() > 50);
    REQUIRE(bytes_of(recording, outbound).size() > 1'000);

    engine::Tape tape{recording.events(), recording.sides()};
    Script again;
    busy(again, s.a);
    const std::array<strategy::Strategy*, 1> strategies{&again};
    model::ReplayClock clock;
    Session second{s.universe, clock, tape.venues(), strategies, s.config};
    engine::JournalMemory copy;
    second.set_journal(&copy);
    second.run_until(time_max);
    second.finish(true);
    CHECK(tape.is_over());
    CHECK(bytes_of(copy, outbound) == bytes_of(recording, outbound));
    CHECK(second.signature() == session->signature());
    CHECK(second.outbound_signature() == session->outbound_signature());
}

TEST_CASE("a playback says when the session decided otherwise, and when the journal is not one of a run") {
    Stage s;
    s.closes({100, 101, 102});
    Script script;
    script.bars_f = [&](Context& c, std::span<const ClosedBar>) { c.buy(s.a, Quantity{1}); };
    engine::JournalMemory recording;
    auto session = s.session({&script});
    session->set_journal(&recording);
    session->run_until(time_max);
    session->finish();

    engine::Tape tape{recording.events(), recording.sides()};
    Script idle;
    const std::array<strategy::Strategy*, 1> strategies{&idle};
    model::ReplayClock clock;
    Session second{s.universe, clock, tape.venues(), strategies, s.config};
    second.run_until(time_max);
    second.finish();
    CHECK_FALSE(tape.is_over());

    const auto headless = std::span{recording.events()}.subspan(1);
    CHECK_THROWS_AS((engine::Tape{headless, std::span{recording.sides()}.subspan(1)}), DataError);
}

TEST_CASE("a session without venues or with a wrong map of venues is a configuration error") {
    Stage s;
    Script script;
    const std::array<strategy::Strategy*, 1> strategies{&script};
    CHECK_THROWS_AS(Session(s.universe, s.clock, std::span<model::Venue* const>{}, strategies, s.config), ConfigError);
    s.config.venue_of_instrument = {0};
    CHECK_THROWS_AS(s.session({&script}), ConfigError);
}
