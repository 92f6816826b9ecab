// Run a strategy: a class of our own over bars that are made here. `walras/data/load.hpp` reads files instead.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "walras/backtest/backtest.hpp"
#include "walras/core/random.hpp"

using namespace walras;

namespace {

// Holds the instrument after a day that fell, and nothing after a day that rose.
class DipBuyer final : public strategy::Strategy {
public:
    void on_bar(strategy::Context& context, const strategy::ClosedBar& bar) override {
        const auto past = context.history(bar.instrument, 2);
        if (past.size() < 2) { return; }
        const bool fell = bar.bar.close < past[0].bar.close;
        context.target_percent(bar.instrument, Rate::of(fell ? 0.95 : 0.0));
    }
};

// A random walk of daily bars. The same seed gives the same walk on every machine.
data::BarSeries make_walk(InstrumentId instrument, int length) {
    core::Random random{core::RandomKey{.seed = 7}};
    std::vector<data::TimedBar> rows;
    double close = 100;
    for (int day = 0; day < length; ++day) {
        const double open = close;
        close = open * (1 + 0.01 * random.normal());
        data::TimedBar row;
        row.value.open_time = from_civil(2020, 1, 1) + days(day);
        row.ts = row.value.open_time + seconds(8 * 3600);
        row.value.open = Price::of(open);
        row.value.close = Price::of(close);
        row.value.high = std::max(row.value.open, row.value.close);
        row.value.low = std::min(row.value.open, row.value.close);
        rows.push_back(row);
    }
    return data::BarSeries{instrument, std::move(rows)};
}

}  // namespace

int main() {
    model::Universe universe;
    model::Instrument share;
    share.symbol = "DEMO";
    share.venue = "XSIM";
    share.currency = universe.currency("USD");
    share.tick_size = Price{1};
    const InstrumentId id = universe.add(share);

    const data::BarSeries bars = make_walk(id, 1000);
    DipBuyer strategy;

    backtest::RunConfig config;
    portfolio::AccountConfig account;
    account.base_currency = share.currency;
    account.balances = {{share.currency, Money::of(100'000)}};
    config.session.accounts = {account};
    config.replay.fees = model::rate_fees(Rate::bps(5), Rate::bps(5));
    config.replay.slippage = backtest::spread_slippage(0.0001);

    const std::array<strategy::Strategy*, 1> strategies{&strategy};
    const auto run = [&] { return backtest::run(universe, {.bars = {&bars}}, strategies, config); };
    const backtest::Result result = run();

    fmt::print("orders {}, fills {}\n", result.orders.size(), result.fills.size());
    fmt::print("final equity {:.2f}\n", result.final_equity.to_double());
    fmt::print("signature {:016x}\n", result.signature);
    return run().signature == result.signature && !result.fills.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}
