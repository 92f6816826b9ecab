// Per call: mark, quantity, equity with few and many positions, fills, a round trip in the trade log; and the whole
// table of statistics over a million rows.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include "walras/core/random.hpp"
#include "walras/portfolio/bootstrap.hpp"
#include "walras/portfolio/columns.hpp"
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

std::vector<double> walk(std::size_t n, std::uint64_t seed) {
    core::Random random{{.seed = seed}};
    std::vector<double> out(n);
    double value = 1e6;
    for (double& x : out) { x = value *= 1 + 0.001 * random.normal(); }
    return out;
}

// The whole table of a run without trades; `range(1)` is 1 with a benchmark and exposure, as a backtest has them.
void statistics(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto equity = walk(n, 1);
    const auto held = walk(n, 2);
    std::vector<TimeNs> times(n);
    for (std::size_t i = 0; i < n; ++i) {
        times[i] = from_civil(2000, 1, 3) + seconds(60 * static_cast<std::int64_t>(i));
    }
    stats::Performance performance{.equity = equity, .times = times};
    if (state.range(1) == 1) {
        performance.benchmark = held;
        performance.gross = equity;
    }
    for (auto _ : state) { benchmark::DoNotOptimize(stats::summarize(performance)); }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(statistics)
    ->ArgsProduct({{2'500, 1'000'000}, {0, 1}})
    ->ArgNames({"rows", "benchmark"})
    ->Unit(benchmark::kMillisecond);

// Every metric of returns, 2,500 days of 1,000 columns as NumPy has them, on one core.
void columns(benchmark::State& state) {
    constexpr std::size_t rows = 2'500;
    constexpr std::size_t count = 1'000;
    core::Random random{{.seed = 1}};
    std::vector<double> returns(rows * count);
    for (double& r : returns) { r = 0.0005 + 0.01 * random.normal(); }
    std::vector<const stats::Metric*> wanted;
    for (const stats::Metric& each : stats::metrics()) {
        if (each.needs == stats::Needs::returns) { wanted.push_back(&each); }
    }
    std::vector<double> out(wanted.size() * count);
    for (auto _ : state) {
        stats::measure_columns({returns.data(), rows, count, static_cast<std::ptrdiff_t>(count), 1}, {}, {}, wanted,
                               {.periods_per_year = 252}, out, 1);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}
BENCHMARK(columns)->Unit(benchmark::kMillisecond);

// A thousand Sharpe ratios of ten years of days.
void bootstrap(benchmark::State& state) {
    core::Random random{{.seed = 1}};
    std::vector<double> returns(2'500);
    for (double& r : returns) { r = 0.0005 + 0.01 * random.normal(); }
    for (auto _ : state) {
        benchmark::DoNotOptimize(stats::bootstrap(returns, {}, stats::metric("sharpe"), {.periods_per_year = 252},
                                                  {.samples = 1'000, .threads = 1}));
    }
    state.SetItemsProcessed(state.iterations() * 1'000);
}
BENCHMARK(bootstrap)->Unit(benchmark::kMillisecond);

}  // namespace
