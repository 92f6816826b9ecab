// Per call: mark, quantity, equity with few and many positions, fills, a round trip in the trade log; and the whole
// table of statistics over a million rows.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include "walras/core/random.hpp"
#include "walras/portfolio/statistics.hpp"

using namespace walras;
using namespace walras::portfolio;

namespace {

struct Desk {
    model::Universe universe;
    CurrencyId usd = universe.currency("USD");

    explicit Desk(int instruments) {
        for (int i = 0; i < instruments; ++i) {
            model::Instrument share;
            share.symbol = fmt::format("S{}", i);
            share.venue = "XNAS";
            share.currency = usd;
            universe.add(share);
        }
    }
    Portfolio make() const {
        AccountConfig account;
        account.base_currency = usd;
        account.balances = {{usd, Money::of(1e9)}};
        return Portfolio{universe, {account}, 1};
    }
};

model::Event fill(std::uint32_t instrument, model::OrderSide side, std::int64_t lots) {
    model::Event e{model::EventKind::order, InstrumentId{instrument}, TimeNs{1}, TimeNs{1}};
    e.report.step = model::OrderStep::filled;
    e.report.side = side;
    e.report.quantity = Quantity{lots};
    e.report.price = Price::of(101.25);
    e.report.fee = Money::of(0.35);
    return e;
}

Portfolio with_positions(const Desk& desk, std::int64_t count) {
    Portfolio p = desk.make();
    for (std::int64_t i = 0; i < count; ++i) {
        p.apply(fill(static_cast<std::uint32_t>(i), model::OrderSide::buy, 100));
    }
    return p;
}

void mark(benchmark::State& state) {
    const Desk desk{32};
    Portfolio p = with_positions(desk, 1);
    std::int64_t price = 100'000'000'000;
    for (auto _ : state) {
        p.mark(InstrumentId{static_cast<std::uint32_t>(price & 31)}, Price{price}, TimeNs{price});
        ++price;
        benchmark::ClobberMemory();
    }
}
BENCHMARK(mark);

void equity(benchmark::State& state) {
    const Desk desk{static_cast<int>(state.range(0)) + 1};
    const Portfolio p = with_positions(desk, state.range(0));
    for (auto _ : state) { benchmark::DoNotOptimize(p.equity()); }
}
BENCHMARK(equity)->Arg(0)->Arg(1)->Arg(20)->Arg(500);

void quantity(benchmark::State& state) {
    const Desk desk{32};
    const Portfolio p = with_positions(desk, 1);
    for (auto _ : state) { benchmark::DoNotOptimize(p.quantity(InstrumentId{0}, StrategyId{0})); }
}
BENCHMARK(quantity);

// Opens, adds, closes half, flips through zero and closes: each kind of fill.
void apply_fill(benchmark::State& state) {
    const Desk desk{1};
    Portfolio p = desk.make();
    const model::Event events[] = {fill(0, model::OrderSide::buy, 100), fill(0, model::OrderSide::buy, 50),
                                   fill(0, model::OrderSide::sell, 75), fill(0, model::OrderSide::sell, 175),
                                   fill(0, model::OrderSide::buy, 100)};
    for (auto _ : state) {
        for (const model::Event& e : events) { p.apply(e); }
    }
    state.SetItemsProcessed(state.iterations() * 5);
}
BENCHMARK(apply_fill);

void trade_log(benchmark::State& state) {
    const Desk desk{1};
    const Portfolio p = with_positions(desk, 1);
    const model::Event entry = fill(0, model::OrderSide::buy, 100);
    const model::Event exit = fill(0, model::OrderSide::sell, 100);
    TradeLog log;
    for (auto _ : state) {
        log.apply(entry, p);
        log.apply(exit, p);
        if (log.closed().size() >= 100'000) { log = TradeLog{}; }
    }
    state.SetItemsProcessed(state.iterations() * 2);
}
BENCHMARK(trade_log);

void statistics(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    core::Random random{{.seed = 1}};
    std::vector<double> equity(n);
    std::vector<TimeNs> times(n);
    double value = 1e6;
    for (std::size_t i = 0; i < n; ++i) {
        value *= 1 + 0.001 * random.normal();
        equity[i] = value;
        times[i] = from_civil(2000, 1, 3) + seconds(60 * static_cast<std::int64_t>(i));
    }
    for (auto _ : state) { benchmark::DoNotOptimize(stats::summarize({.equity = equity, .times = times})); }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(statistics)->Arg(2'500)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
