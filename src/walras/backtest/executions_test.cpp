// Parent orders worked on books, bars and random markets.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "walras/backtest/wandering_market_test.hpp"
#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::tests;
using backtest::Result;
using model::AggressorSide;
using model::ExecutionAlgorithm;
using model::ExecutionRequest;
using model::ExecutionState;
using model::ExecutionStatus;
using model::Urgency;

namespace {

ExecutionRequest request(ExecutionAlgorithm algorithm, std::int64_t lots, std::int64_t duration_ms,
                         Urgency urgency = Urgency::passive) {
    ExecutionRequest r;
    r.algorithm = algorithm;
    r.quantity = Quantity{lots};
    r.duration = milliseconds(duration_ms);
    r.urgency = urgency;
    return r;
}

struct Desk : TickWorld {
    ExecutionId id{};

    void execute(std::int64_t ms, ExecutionRequest r) {
        r.instrument = a;
        act(ms, [this, r](strategy::Context& c) { id = c.execute(r); });
    }
    // Nothing happens, but time goes on.
    void quiet(std::int64_t from, std::int64_t to, std::int64_t step = 10) {
        for (std::int64_t t = from; t <= to; t += step) { level(t, Side::buy, 99.90, 5 + t % 2); }
    }
};

// Lots of the children in the order in which they were sent.
std::vector<std::int64_t> children(const Result& result) {
    std::vector<std::int64_t> out;
    for (const model::Order& order : result.orders) {
        if (!order.execution.is_none()) { out.push_back(order.terms.quantity.lots); }
    }
    return out;
}

std::int64_t filled(const Result& result) {
    std::int64_t sum = 0;
    for (const auto& fill : result.fills) { sum += fill.quantity.lots; }
    return sum;
}

}  // namespace

TEST_CASE("a TWAP takes equal slices at equal intervals, and they sum to the quantity") {
    Desk w;
    w.usual_book();
    for (int i = 0; i < 120; ++i) { w.level(10 + 10 * i, Side::sell, 100.01, 10 + i % 2); }
    auto r = request(ExecutionAlgorithm::twap, 10, 1000, Urgency::aggressive);
    r.slices = 4;
    w.execute(5, r);
    const Result result = w.run();
    CHECK(children(result) == std::vector<std::int64_t>{2, 3, 2, 3});  // floor(10 k / 4): 2, 5, 7, 10
    REQUIRE(result.fills.size() == 4);
    for (int i = 0; i < 4; ++i) {
        CHECK(result.fills[static_cast<std::size_t>(i)].ts == at_ms(5 + 250 * i));
        CHECK(result.orders[static_cast<std::size_t>(i)].execution == ExecutionId{1});
    }
    REQUIRE(result.executions.size() == 1);
    const ExecutionState& state = result.executions[0];
    CHECK(state.status == ExecutionStatus::filled);
    CHECK(state.filled == Quantity{10});
    CHECK(state.children == 4);
    CHECK(state.arrival == Price::of(100.00));
    CHECK(state.average_price(core::fixed_scale) == doctest::Approx(100.01));
    CHECK(state.slippage_bps(core::fixed_scale) == doctest::Approx(1.0));
    CHECK(state.shortfall_bps(core::fixed_scale) == doctest::Approx(1.0));
}

TEST_CASE("a passive TWAP rests at the near touch, follows it when it moves away, and sweeps at the end") {
    Desk w;
    w.usual_book();
    w.level(300, Side::buy, 100.00, 7);  // the touch leaves us behind
    w.quiet(400, 1300);
    auto r = request(ExecutionAlgorithm::twap, 8, 1000);
    r.slices = 2;
    r.sweep = true;
    w.execute(100, r);
    const Result result = w.run();
    CHECK(children(result) == std::vector<std::int64_t>{4, 4, 8});
    CHECK(result.orders[0].terms.price == Price::of(100.00));
    CHECK(result.orders[0].revision == 1);
    CHECK(result.orders[0].status == model::OrderStatus::canceled);
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].ts == at_ms(1100));
    CHECK(result.fills[0].price == Price::of(100.01));
    CHECK(result.executions[0].status == ExecutionStatus::filled);
}

TEST_CASE("a passive TWAP survives partial fills, and without a sweep what is left expires") {
    Desk w;
    w.usual_book();
    w.trade(200, 99.99, 12, AggressorSide::seller);  // 10 before us, 2 of 4 for us
    w.quiet(300, 1300);
    auto r = request(ExecutionAlgorithm::twap, 8, 1000);
    r.slices = 2;
    w.execute(100, r);
    const Result result = w.run();
    CHECK(children(result) == std::vector<std::int64_t>{4, 4});
    CHECK(result.executions[0].status == ExecutionStatus::expired);
    CHECK(result.executions[0].filled == Quantity{2});
    CHECK(result.executions[0].finished == at_ms(1100));
    for (const auto& order : result.orders) { CHECK_FALSE(order.is_open()); }
}

TEST_CASE("randomised slices come later by less than their interval and still sum to the quantity") {
    const auto even = exec::Schedule::equal(Quantity{1'000}, at_ms(0), at_ms(10'000), 10, 0, 1);
    const auto moved = exec::Schedule::equal(Quantity{1'000}, at_ms(0), at_ms(10'000), 10, 0.8, 1);
    const auto again = exec::Schedule::equal(Quantity{1'000}, at_ms(0), at_ms(10'000), 10, 0.8, 1);
    bool is_moved = false;
    for (std::size_t i = 0; i < 10; ++i) {
        const auto late = moved.steps()[i].when - even.steps()[i].when;
        CHECK(late.ns >= 0);
        CHECK(late.ns < 800'000'000);
        is_moved = is_moved || late.ns > 0;
        CHECK(moved.steps()[i].when == again.steps()[i].when);
        CHECK(moved.steps()[i].due == even.steps()[i].due);
    }
    CHECK(is_moved);
    CHECK(moved.steps().back().due == Quantity{1'000});
    CHECK(even.due(at_ms(-1)) == Quantity{0});
    CHECK(even.next(at_ms(9'000)) == time_max);
}

TEST_CASE("a VWAP sends what its curve says") {
    Desk w;
    w.usual_book();
    w.level(1, Side::sell, 100.01, 1'000);
    w.quiet(10, 1300);
    auto r = request(ExecutionAlgorithm::vwap, 100, 1000, Urgency::aggressive);
    r.curve = {1, 4, 3, 2};
    w.execute(100, r);
    const Result result = w.run();
    CHECK(children(result) == std::vector<std::int64_t>{10, 40, 30, 20});
    CHECK(result.executions[0].status == ExecutionStatus::filled);
}

TEST_CASE("a curve is read between its points, and its last step is the whole quantity") {
    const std::array<double, 2> weights{1, 3};
    const auto fine = exec::Schedule::curve(Quantity{80}, at_ms(0), at_ms(100), 4, weights);
    REQUIRE(fine.steps().size() == 4);
    CHECK(fine.steps()[0].due == Quantity{10});
    CHECK(fine.steps()[1].due == Quantity{20});
    CHECK(fine.steps()[2].due == Quantity{50});
    CHECK(fine.steps()[3].due == Quantity{80});
    const auto coarse = exec::Schedule::curve(Quantity{80}, at_ms(0), at_ms(100), 1, weights);
    CHECK(coarse.steps()[0].due == Quantity{80});
}

TEST_CASE("a learnt curve follows the volume of the same minutes on earlier days") {
    exec::VolumeProfile profile;
    const TimeNs day = tick_start;
    for (int d = 0; d < 2; ++d) {
        const TimeNs begin = day + days(d) + seconds(std::int64_t{9} * 3600);
        profile.add(begin, 100);
        profile.add(begin + seconds(61), 300);
        profile.add_bar(begin + seconds(120), begin + seconds(240), 400);  // two minutes, 200 each
    }
    const TimeNs start = day + days(2) + seconds(std::int64_t{9} * 3600);
    const auto w = profile.weights(start, start + seconds(240), 4);
    CHECK(w == std::vector<double>{100, 300, 200, 200});
    // Minutes never seen are like the mean.
    const auto later = profile.weights(start + seconds(3600), start + seconds(3600 + 60), 1);
    CHECK(later.front() == doctest::Approx(200));
    CHECK(exec::VolumeProfile{}.weights(start, start + seconds(60), 3) == std::vector<double>{1, 1, 1});
}

TEST_CASE("POV follows the volume, in clips, and stops when the market does") {
    Desk w;
    w.usual_book();
    w.level(1, Side::sell, 100.01, 1'000);
    for (int i = 0; i < 10; ++i) { w.trade(100 + 10 * i, 100.01, 10, AggressorSide::buyer); }
    w.quiet(300, 2'000);
    auto r = request(ExecutionAlgorithm::pov, 1'000, 0, Urgency::aggressive);
    r.rate = 0.2;
    r.min_clip = Quantity{5};
    r.max_clip = Quantity{50};
    w.execute(50, r);
    const Result result = w.run();
    CHECK(children(result) == std::vector<std::int64_t>{6, 6, 6});  // after 30, 60, 90 traded lots; then 2 are due
    const ExecutionState& state = result.executions[0];
    CHECK(state.status == ExecutionStatus::canceled);
    CHECK(state.reason == model::Reason::end_of_run);
    CHECK(state.market_volume == 100);
    CHECK(state.market_vwap() == doctest::Approx(100.01));
    CHECK(state.participation() == doctest::Approx(0.18));
}

TEST_CASE("an iceberg never shows more than its display, and each piece goes to the back of the queue") {
    Desk w;
    w.usual_book();
    w.trade(200, 99.99, 13, AggressorSide::seller);  // 10 before us, then 3
    w.level(201, Side::buy, 99.99, 10);              // others refill the queue: the next piece is behind them
    w.trade(300, 99.99, 9, AggressorSide::seller);
    w.trade(400, 99.99, 4, AggressorSide::seller);
    w.quiet(500, 600);
    auto r = request(ExecutionAlgorithm::iceberg, 7, 0);
    r.display = Quantity{3};
    r.limit = Price::of(99.99);
    w.execute(100, r);
    const Result result = w.run();
    CHECK(children(result) == std::vector<std::int64_t>{3, 3, 1});
    REQUIRE(result.fills.size() >= 2);
    CHECK(result.fills[0].ts == at_ms(200));
    CHECK(result.fills[1].ts == at_ms(400));
    CHECK(filled(result) == 6);
    for (const auto& order : result.orders) { CHECK(order.terms.quantity.lots <= 3); }
}

TEST_CASE("canceling a parent cancels its children, and its strategy hears both") {
    Desk w;
    w.usual_book();
    w.quiet(100, 1'000);
    auto r = request(ExecutionAlgorithm::twap, 10, 800);
    w.execute(100, r);
    w.act(350, [&](strategy::Context& c) { c.cancel_execution(w.id); });
    const Result result = w.run();
    const ExecutionState& state = result.executions[0];
    CHECK(state.status == ExecutionStatus::canceled);
    CHECK(state.reason == model::Reason::user_request);
    CHECK(state.finished == at_ms(350));
    CHECK(state.children == 4);  // at 100, 180, 260, 340
    for (const auto& order : result.orders) { CHECK(order.status == model::OrderStatus::canceled); }
    CHECK(std::ranges::count(w.script.steps, "4 canceled") == 1);
}

TEST_CASE("a refused child is sent again later, and later still") {
    Desk w;
    w.usual_book();
    w.quiet(100, 9'000, 50);
    w.config.session.limits.max_order_quantity = Quantity{2};
    auto r = request(ExecutionAlgorithm::twap, 5, 8'000, Urgency::aggressive);
    r.slices = 1;
    w.execute(100, r);
    const Result result = w.run();
    const ExecutionState& state = result.executions[0];
    CHECK(state.refused == 4);  // at 0.1 s, 1.1 s, 3.1 s and 7.1 s
    CHECK(state.status == ExecutionStatus::expired);
    CHECK(state.filled == Quantity{0});
}

TEST_CASE("nothing is sent beyond the limit, and what becomes possible is done") {
    Desk w;
    w.usual_book();
    w.level(500, Side::sell, 100.00, 3);
    w.level(600, Side::sell, 100.00, 9);
    w.quiet(700, 2'500);
    auto r = request(ExecutionAlgorithm::twap, 6, 2'000, Urgency::aggressive);
    r.slices = 1;
    r.limit = Price::of(100.004);  // 100.00 on the grid
    w.execute(100, r);
    const Result result = w.run();
    CHECK(filled(result) == 6);
    for (const auto& fill : result.fills) { CHECK(fill.price == Price::of(100.00)); }
    CHECK(result.fills[0].ts == at_ms(500));
}

TEST_CASE("an execution waits while its book is resyncing") {
    Desk w;
    w.usual_book();
    say_state(w, 50, model::BookState::resyncing);
    w.level(200, Side::buy, 99.99, 11);
    say_state(w, 400, model::BookState::valid);
    w.quiet(500, 900);
    auto r = request(ExecutionAlgorithm::twap, 6, 600, Urgency::aggressive);
    r.slices = 1;
    w.execute(100, r);
    const Result result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].ts == at_ms(400));
}

TEST_CASE("requests without sense are configuration errors that say why") {
    TickWorld w;
    const auto refuses = [&](ExecutionRequest r) {
        r.instrument = w.a;
        CHECK_THROWS_AS(exec::validate(r, at_ms(0)), ConfigError);
    };
    refuses(request(ExecutionAlgorithm::twap, 0, 100));
    refuses(request(ExecutionAlgorithm::twap, 5, 0));
    auto pov = request(ExecutionAlgorithm::pov, 5, 0);
    pov.sweep = true;
    refuses(pov);
    pov.sweep = false;
    pov.max_rate = 0.05;
    refuses(pov);
    refuses(request(ExecutionAlgorithm::iceberg, 5, 0));
    auto late = request(ExecutionAlgorithm::twap, 5, 100);
    late.start = at_ms(-5);
    refuses(late);
    auto curve = request(ExecutionAlgorithm::vwap, 5, 100);
    curve.curve = {0, 0};
    refuses(curve);
}

namespace {

ExecutionRequest random_request(std::uint64_t seed) {
    core::Random random{{seed, 8, 0, 0}};
    auto r = request(static_cast<ExecutionAlgorithm>(random.below(4)), 1 + static_cast<std::int64_t>(random.below(300)),
                     500 + static_cast<std::int64_t>(random.below(6'000)));
    r.side = random.below(2) == 0 ? Side::buy : Side::sell;
    if (r.algorithm != ExecutionAlgorithm::iceberg && random.below(2) == 0) { r.urgency = Urgency::aggressive; }
    if (random.below(2) == 0) {
        r.limit = Price::of(100.0 + (r.side == Side::buy ? 0.01 : -0.01) * static_cast<double>(random.below(5)));
    }
    r.sweep = r.algorithm != ExecutionAlgorithm::pov && random.below(2) == 0;
    r.slices = static_cast<int>(random.below(20));
    r.randomize = random.uniform();
    if (random.below(2) == 0) { r.curve = {1, 0, 5, 2, 2}; }
    r.rate = 0.05 + 0.5 * random.uniform();
    r.min_clip = Quantity{1 + static_cast<std::int64_t>(random.below(4))};
    r.max_clip = Quantity{r.min_clip.lots + static_cast<std::int64_t>(random.below(20))};
    r.display = Quantity{1 + static_cast<std::int64_t>(random.below(10))};
    return r;
}

// In every stretch of time: what was filled against what others traded.
void check_rate(const Desk& w, const Result& result, const ExecutionRequest& r) {
    const ExecutionState& state = result.executions[0];
    for (const auto& from : result.fills) {
        double ours = 0;
        for (const auto& to : result.fills) {
            if (to.ts < from.ts) { continue; }
            ours += static_cast<double>(to.quantity.lots);
            double market = 0;
            for (const auto& tick : w.feed.ticks) {
                if (tick.kind != model::EventKind::trade) { continue; }
                const bool is_within = tick.ts_init >= from.ts && tick.ts_init <= to.ts && tick.ts_init >= state.start;
                if (is_within) { market += static_cast<double>(tick.trade.size.lots); }
            }
            CHECK(ours <= r.rate * market + static_cast<double>(r.max_clip.lots) + 1e-9);
        }
    }
    CHECK(static_cast<double>(state.filled.lots) <= r.rate * state.market_volume + 1e-9);
}

}  // namespace

TEST_CASE(
    "on random markets no algorithm trades too much, beyond its limit, faster than its rate or more than it shows") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        CAPTURE(seed);
        const ExecutionRequest r = random_request(seed);
        const auto prepare = [&](Desk& world) {
            wander(world, seed, 800);
            constexpr DurationNs delay = milliseconds(7);
            if (seed % 3 == 1) { world.config.replay.latency = model::constant_latency(delay, delay); }
            if (seed % 5 == 1) { world.config.session.limits.max_order_quantity = Quantity{20}; }
            world.execute(55, r);
        };
        Desk w;
        prepare(w);
        const Result result = w.run();
        REQUIRE(result.executions.size() == 1);
        const ExecutionState& state = result.executions[0];
        CHECK(model::is_final(state.status));
        CHECK(state.filled.lots == filled(result));
        CHECK(state.filled <= r.quantity);
        CHECK((state.status == ExecutionStatus::filled) == (state.filled == r.quantity));
        for (const auto& fill : result.fills) {
            if (r.limit.is_zero()) { break; }
            CHECK((r.side == Side::buy ? fill.price <= r.limit : fill.price >= r.limit));
        }
        for (const auto& order : result.orders) {
            CHECK_FALSE(order.is_open());
            CHECK(order.execution == state.id);
            if (r.algorithm == ExecutionAlgorithm::iceberg && !state.request.sweep) {
                CHECK(order.terms.quantity <= r.display);
            }
        }
        if (r.algorithm == ExecutionAlgorithm::pov) { check_rate(w, result, r); }
        Desk twin;
        prepare(twin);
        CHECK(twin.run().signature == result.signature);
    }
}
