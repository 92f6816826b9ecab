#include <cmath>

#include "walras/features/range_volatility.hpp"
#include "walras/strategy/library.hpp"

namespace walras::strategy {
namespace {

// Holds every instrument in a size that would have had the target's volatility over the last `lookback` bars.
class VolatilityTarget final : public Strategy {
public:
    VolatilityTarget(int lookback, int hold, double target, double band, double most, double periods_per_year)
        : lookback_(lookback),
          hold_(hold),
          target_(target),
          band_(band),
          most_(most),
          periods_per_year_(periods_per_year) {}

    void on_start(Context& context) override {
        const std::size_t n = context.universe().size();
        state_.assign(n, {features::CloseVolatility(lookback_, periods_per_year_), features::not_ready, 0, 0});
        share_ = 1.0 / static_cast<double>(n);
    }

    void on_bars(Context& context, std::span<const ClosedBar> bars) override {
        for (const ClosedBar& bar : bars) { on_bar(context, bar); }
    }

    void on_bar(Context& context, const ClosedBar& bar) override {
        State& state = state_[bar.instrument.value];
        state.volatility = state.measure.update(bar.bar.close.to_double());
        if (std::isnan(state.volatility) || state.age++ % hold_ != 0) { return; }
        const double cap = most_ * share_;
        const double weight = state.volatility > 0 ? std::min(cap, target_ / state.volatility * share_) : cap;
        if (std::abs(weight - state.weight) <= band_ * state.weight) { return; }
        state.weight = weight;
        context.target_percent(bar.instrument, Rate::of(weight));
    }

private:
    struct State {
        features::CloseVolatility measure;
        double volatility;
        double weight;
        int age;
    };
    int lookback_, hold_;
    double target_, band_, most_, periods_per_year_;
    double share_ = 1;
    std::vector<State> state_;
};

}  // namespace

Description describe_volatility_target() {
    return {"volatility_target",
            "Volatility targeting",
            "Holds each of n instruments with weight min(most, target / volatility) / n, where volatility is the "
            "annualised sample "
            "deviation of the last `lookback` log returns, looked at every `hold` bars and changed when it is off by "
            "more than "
            "`band`. Steady risk instead of steady money: less in turmoil, more in calm (Moreira, Muir 2017; Harvey et "
            "al. 2018).",
            {{"lookback", std::int64_t{20}, 2, 10'000, "bars", "Bars of the volatility."},
             {"hold", std::int64_t{5}, 1, 10'000, "bars", "Bars between decisions."},
             {"target", 0.10, 0.001, 10.0, "per year", "Volatility that each position should have."},
             {"band", 0.10, 0.0, 10.0, "fraction", "Relative change of a weight that is not worth an order."},
             {"most", 0.97, 0.01, 10.0, "fraction of equity", "Largest weight; above 1 it needs a margin account."},
             {"periods_per_year", 252.0, 1.0, 1e7, "bars", "Bars in a year: 252 for daily bars, 52 for weekly ones."}},
            [](const Parameters& p) {
                return std::make_unique<VolatilityTarget>(p.integer("lookback"), p.integer("hold"), p.number("target"),
                                                          p.number("band"), p.number("most"),
                                                          p.number("periods_per_year"));
            }};
}

}  // namespace walras::strategy
