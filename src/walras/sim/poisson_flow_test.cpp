// A market of nothing but zero-intelligence flow, against values computed independently (docs/concepts/simulation.md):
// unit limit orders of density 1 per unit of price and time within 12 behind the other side, market orders at rate 1 on
// each side, a price tick of .02; time-weighted mean spread and mean size at the best ask, by rate of cancels.
//
// There time is continuous; here `step` units pass in a tick, in which at most one order of each of the four sorts
// arrives and all see the book of the tick before. At .005 about .26 orders and as many cancels fall into a tick, and
// two that would meet at the best price in one of a hundred. WALRAS_PROVE=1: long runs of all four rates at .001.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "walras/sim/market_test.hpp"

namespace walras::sim {
namespace {

struct Row {
    double cancel, spread, ask_lots;
};

struct Estimate {
    double mean = 0, error = 0;  // one standard error, from the means of batches
};
Estimate estimate(const std::vector<double>& batches) {
    double sum = 0, squares = 0;
    for (const double x : batches) {
        sum += x;
        squares += x * x;
    }
    const auto n = static_cast<double>(batches.size());
    const double mean = sum / n;
    return {mean, std::sqrt((squares / n - mean * mean) / (n - 1))};
}

void compare(const Row& row, double units, double step) {
    MarketConfig config;
    SymbolConfig symbol{.name = "AAA"};
    symbol.initial_price = Price::of(10'000);
    symbol.tick_size = Price::of(.02);
    symbol.shares_outstanding = Quantity{1'000'000'000};
    config.symbols = {symbol};
    config.borrow_pool = Rate::of(1);
    config.borrow_rate = {};
    config.news.enabled = false;
    config.groups = {{.kind = "poisson_flow",
                      .name = "flow",
                      .count = 2,
                      .parameters = {{"cancel", row.cancel}, {"step", step}},
                      .cash = Money::of(1e15)}};
    Market market(config);
    const auto ticks = [step](double t) { return static_cast<std::int64_t>(t / step); };
    for (std::int64_t t = ticks(10 / row.cancel); t > 0; --t) { market.step(); }
    constexpr int batches = 40;
    std::vector<double> spreads, sizes;
    for (int b = 0; b < batches; ++b) {
        double spread = 0, size = 0;
        const std::int64_t n = ticks(units / batches);
        for (std::int64_t t = 0; t < n; ++t) {
            market.step();
            const SymbolView& view = market.view().symbols[0];
            REQUIRE(view.has_both());
            spread += view.price(view.ask - view.bid);
            size += static_cast<double>(view.ask_lots);
        }
        spreads.push_back(spread / static_cast<double>(n));
        sizes.push_back(size / static_cast<double>(n));
    }
    const Estimate spread = estimate(spreads);
    const Estimate size = estimate(sizes);
    CAPTURE(row.cancel);
    CAPTURE(spread.mean);
    CAPTURE(spread.error);
    CAPTURE(size.mean);
    CAPTURE(size.error);
    // The table's own error is .001.
    CHECK(std::abs(spread.mean - row.spread) < 3 * std::hypot(spread.error, .001));
    CHECK(std::abs(size.mean - row.ask_lots) < 3 * std::hypot(size.error, .001));
    for (const std::uint64_t refused : market.totals().refusals) { CHECK(refused == 0); }
    if (std::getenv("WALRAS_PRINT") != nullptr) {
        MESSAGE(row.cancel, ": spread ", spread.mean, " +- ", spread.error, " (", row.spread, "), size ", size.mean,
                " +- ", size.error, " (", row.ask_lots, ")");
    }
}

TEST_CASE("zero-intelligence flow has the spread and the depth of the independent table") {
    if (std::getenv("WALRAS_PROVE") == nullptr) {
        compare({.2, .769, 1.028}, 4000, .005);
        return;
    }
    for (const Row& row : {Row{.05, .559, 1.076}, Row{.1, .635, 1.045}, Row{.2, .769, 1.028}, Row{.4, 1.003, 1.017}}) {
        compare(row, 20000, .001);
    }
}

}  // namespace
}  // namespace walras::sim
