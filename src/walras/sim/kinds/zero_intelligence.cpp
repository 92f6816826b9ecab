// Zero-intelligence traders: random orders that know nothing but the best prices. D. K. Gode, S. Sunder, "Allocative
// efficiency of markets with zero-intelligence traders" (Journal of Political Economy 101, 1993); J. D. Farmer, P.
// Patelli, I. I. Zovko, "The predictive power of zero intelligence in financial markets" (PNAS 102, 2005).
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class ZeroIntelligence final : public AgentKind {
public:
    explicit ZeroIntelligence(const core::Parameters& p)
        : market_(p.number("market")),
          withdraw_(p.number("withdraw")),
          band_(p.number("band")),
          offset_exponent_(p.number("offset_exponent")),
          is_uniform_(p.text("offsets") == "uniform"),
          sizes_(SizeLaw::of(p)) {}

    void start(const StartContext&) override {}

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const SymbolView& symbol = view.symbols[trader.symbol()];
            const bool is_buy = trader.uniform() < .5;
            const double what = trader.uniform();
            if (trader.is_working() && what < withdraw_) {
                trader.cancel();
                continue;
            }
            core::Random& random = trader.random();
            const Lots size = sizes_.draw(random);
            if (random.uniform() < market_) {
                if (is_buy) {
                    trader.buy_now(symbol, size);
                } else {
                    trader.sell_now(symbol, size);
                }
                continue;
            }
            // Away from the other side's best price, by a tick at least.
            const double band = std::max(1.0, band_ * symbol.mid / symbol.tick_size);
            const double offset = is_uniform_
                                      ? 1 + std::floor(random.uniform() * band)
                                      : std::min(std::floor(power_law(random.uniform(), 1, offset_exponent_)), band);
            const Ticks last = symbol.nearest(symbol.mid);
            if (is_buy) {
                const Ticks from = symbol.ask != no_price ? symbol.ask : last;
                trader.buy(std::max<Ticks>(1, from - static_cast<Ticks>(offset)), size);
            } else {
                const Ticks from = symbol.bid != no_price ? symbol.bid : last;
                trader.sell(from + static_cast<Ticks>(offset), size);
            }
        }
    }

private:
    double market_, withdraw_, band_, offset_exponent_;
    bool is_uniform_;
    SizeLaw sizes_;
};

}  // namespace

KindSpec zero_intelligence_kind() {
    std::vector<core::Parameter> parameters{
        {"market", .15, 0, 1, "probability", "Of a market order in place of a limit order."},
        {"withdraw", .3, 0, 1, "probability", "Of canceling the order that works and sending none."},
        {"offsets", std::string{"power_law"}, 0, 0, "", "Law of a limit's distance.", {"uniform", "power_law"}},
        {"offset_exponent", .6, .01, 10, "", "Of the power law: P(offset >= x ticks) = x^-exponent."},
        {"band", .05, 1e-9, .99, "fraction", "Largest distance, of mid."}};
    std::ranges::move(SizeLaw::parameters("power_law", 5), std::back_inserter(parameters));
    return {.name = "zero_intelligence",
            .title = "Zero-intelligence trader",
            .rule =
                "Buys or sells by a coin: with `market` at the market, else with a limit 1 tick or more from the other "
                "side's best price, by a power law or uniform over `band`; a new order replaces the old one, which "
                "with `withdraw` is only canceled. Sizes by their own power law.",
            .defaults = {.kind = "zero_intelligence",
                         .cash = Money::of(100'000),
                         .shares = 300,
                         .max_long = 1200,
                         .max_short = 300,
                         .wake = Wake{1, .05},
                         .order_life = 200},
            .parameters = std::move(parameters),
            .make = [](const core::Parameters& p) { return std::make_unique<ZeroIntelligence>(p); }};
}

}  // namespace walras::sim
