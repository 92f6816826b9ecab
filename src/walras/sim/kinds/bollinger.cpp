// Bollinger traders: what leaves its bands comes back.
#include "walras/sim/entrance.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class Bollinger final : public AgentKind {
public:
    explicit Bollinger(const core::Parameters& p)
        : period_(p.integer("period")), deviations_(p.number("deviations")), size_(p.integer("size")) {}

    void start(const StartContext& context) override {
        constexpr std::size_t percent_b_output = 1;
        percent_b_ = context.signals.request(
            "bollinger_shape", {{"period", std::int64_t{period_}}, {"deviations", deviations_}}, percent_b_output);
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const std::uint32_t s = trader.symbol();
            const double percent_b = view.signal(s, percent_b_);
            if (percent_b <= 0) {
                trader.buy_now(view.symbols[s], size_);
            } else if (percent_b >= 1) {
                trader.sell_now(view.symbols[s], size_);
            }
        }
    }

private:
    int period_;
    double deviations_;
    Lots size_;
    SignalId percent_b_ = 0;
};

}  // namespace

KindSpec bollinger_kind() {
    return {.name = "bollinger",
            .title = "Bollinger trader",
            .rule =
                "Buys `size` at the market while the last candle closed at or below the lower band (%B <= 0), sells "
                "while at or above the upper one (%B >= 1). Bands: mean of `period` candles -+ `deviations` "
                "deviations.",
            .defaults = {.kind = "bollinger",
                         .cash = Money::of(100'000),
                         .shares = 0,
                         .max_long = 1200,
                         .max_short = 300,
                         .wake = Wake{},
                         .order_life = 0},
            .parameters = {{"period", std::int64_t{12}, 2, 10'000, "candles", "Window of the bands."},
                           {"deviations", 2.0, .01, 100, "deviations", "Half width of the bands."},
                           {"size", std::int64_t{15}, 1, 1e9, "shares", "Size of an order."}},
            .make = [](const core::Parameters& p) { return std::make_unique<Bollinger>(p); }};
}

}  // namespace walras::sim
