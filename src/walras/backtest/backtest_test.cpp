// Whole runs in C++: what the equity curve shows, and that a run's journal is enough to run it again.
#include "walras/backtest/backtest.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "walras/portfolio/shares_test.hpp"

using namespace walras;
using strategy::ClosedBar;
using strategy::Context;

namespace {

constexpr TimeNs start{1'704'067'200'000'000'000};
TimeNs minute(int n) { return start + seconds(std::int64_t{60} * n); }

struct OnBars final : strategy::Strategy {
    std::function<void(Context&, int)> act;  // with the number of the timestamp: 1, 2, 3, ...
    std::function<void(Context&)> begin;
    int seen = 0;
    void on_start(Context& c) override {
        if (begin) { begin(c); }
    }
    void on_bars(Context& c, std::span<const ClosedBar>) override { act(c, ++seen); }
};

struct World : tests::Shares {
    std::vector<data::BarSeries> bars;
    backtest::RunConfig config;

    World() { config.session.accounts = {account}; }
    // Minutes without a gap: the N-th bar opens at the time at which the one before it closes.
    void candles(std::initializer_list<std::pair<double, double>> open_close) {
        std::vector<data::TimedBar> rows;
        int n = 0;
        for (const auto& [open, close] : open_close) {
            const Price o = Price::of(open);
            const Price c = Price::of(close);
            rows.push_back({minute(n + 1), {minute(n), o, std::max(o, c), std::min(o, c), c, 1'000}});
            ++n;
        }
        bars.emplace_back(a, rows, data::SeriesOptions{});
    }
    backtest::Result run(strategy::Strategy& strategy) {
        const std::array<strategy::Strategy*, 1> strategies{&strategy};
        backtest::Data data;
        for (const auto& series : bars) { data.bars.push_back(&series); }
        return backtest::run(universe, data, strategies, config);
    }
};

}  // namespace

TEST_CASE("the equity at a close does not know the open that follows at the same time") {
    World w;
    w.candles({{100, 100}, {110, 120}, {130, 140}});
    OnBars strategy;
    SUBCASE("as a quantity") {
        strategy.act = [&](Context& c, int n) {
            if (n == 1) { c.buy(w.a, Quantity{10}); }
            if (n == 2) { c.sell(w.a, Quantity{10}); }
        };
    }
    SUBCASE("as an intent, whose price marks the position") {
        strategy.act = [&](Context& c, int n) {
            model::Request target;
            target.terms.instrument = w.a;
            target.size.kind = model::SizeKind::target_lots;
            target.size.lots = n == 1 ? 10 : 0;
            c.place(target);
        };
    }
    const auto result = w.run(strategy);
    REQUIRE(result.fills.size() == 2);
    REQUIRE(result.fills[0].ts == minute(1));  // at 110, the open
    REQUIRE(result.fills[1].ts == minute(2));  // at 130
    CHECK(result.equity.ts == std::vector{minute(1).ns, minute(2).ns, minute(3).ns});
    CHECK(result.equity.equity == std::vector{10'000.0, 10'100.0, 10'200.0});
    CHECK(result.equity.cash == std::vector{10'000.0, 8'900.0, 10'200.0});
    CHECK(result.equity.gross_exposure == std::vector{0.0, 1'200.0, 0.0});
    CHECK(result.equity.benchmark[0] == doctest::Approx(1.0));  // the close over the first close
    CHECK(result.equity.benchmark[1] == doctest::Approx(1.1));  // 1.2 of A, 1 of B, which has no price
}

TEST_CASE("a strategy starts when the first bar opens, and what it sends then is there in time") {
    World w;
    w.candles({{100, 100}, {110, 120}});
    w.config.replay.latency = model::constant_latency(milliseconds(5), {});
    OnBars strategy;
    strategy.act = [](Context&, int) {};
    strategy.begin = [&](Context& c) {
        CHECK(c.now() == minute(0));
        model::Request all;
        all.terms.instrument = w.a;
        all.size.kind = model::SizeKind::percent;
        all.size.percent = Rate::of(1);
        c.place(all);
    };
    const auto result = w.run(strategy);
    REQUIRE(result.fills.size() == 1);
    CHECK(result.orders[0].ts_init == minute(0));
    CHECK(result.fills[0].ts == minute(0));
    CHECK(result.fills[0].price == Price::of(100));
}

TEST_CASE("the equity curve follows an exchange rate while nothing is held") {
    World w;
    model::Instrument pair;
    pair.symbol = "EURUSD";
    pair.venue = "FX";
    pair.kind = model::InstrumentKind::currency_pair;
    pair.currency = w.universe.currency("USD");
    pair.base = w.universe.currency("EUR");
    pair.validate();
    w.a = w.universe.add(pair);
    w.config.session.accounts.front().balances.push_back({*pair.base, Money::of(1'000)});
    w.candles({{1.1, 1.1}, {1.1, 1.2}, {1.2, 1.25}});
    OnBars idle;
    idle.act = [](Context&, int) {};
    const auto result = w.run(idle);
    CHECK(result.equity.equity == std::vector{11'100.0, 11'200.0, 11'250.0});
    CHECK(result.equity.cash == std::vector{10'000.0, 10'000.0, 10'000.0});
}

TEST_CASE("the equity at a close knows what trades at that close") {
    World w;
    w.candles({{100, 100}, {110, 120}});
    w.config.replay.fill_at = backtest::FillAt::this_close;
    OnBars strategy;
    strategy.act = [&](Context& c, int n) {
        if (n == 1) { c.buy(w.a, Quantity{10}); }
    };
    const auto result = w.run(strategy);
    CHECK(result.equity.cash == std::vector{9'000.0, 9'000.0});
    CHECK(result.equity.equity == std::vector{10'000.0, 10'200.0});
}
