#include "walras/features/rolling.hpp"
#include "walras/strategy/sides.hpp"

namespace walras::strategy {
namespace {

// Time-series momentum: the sign of the return over `lookback` bars, looked at every `hold` bars.
class Momentum final : public SideStrategy {
public:
    explicit Momentum(const Parameters& p)
        : SideStrategy(p), lookback_(p.integer("lookback")), hold_(p.integer("hold")) {}

    void on_bar(Context& context, const ClosedBar& bar) override {
        State& state = state_[bar.instrument.value];
        state.closes.push(bar.bar.close.to_double());
        if (!state.closes.is_full() || state.age++ % hold_ != 0) { return; }
        move(context, bar.instrument, state.closes.newest() > state.closes[0], state.side);
    }

private:
    struct State {
        features::Window closes;
        int age = 0;
        int side = 0;
    };

    void prepare(std::size_t instruments) override {
        for (std::size_t i = 0; i < instruments; ++i) { state_.push_back({features::Window(lookback_ + 1)}); }
    }

    int lookback_;
    int hold_;
    std::vector<State> state_;
};

}  // namespace

Description describe_momentum() {
    return {
        "momentum",
        "Time-series momentum",
        "Holds what has risen over the last `lookback` bars, decided anew every `hold` bars: sign(P_t / P_{t-lookback} "
        "- 1). Past winners tended to go on for up to a year (Moskowitz, Ooi, Pedersen 2012).",
        {{"lookback", std::int64_t{252}, 1, 10'000, "bars", "Bars over which the return is measured."},
         {"hold", std::int64_t{21}, 1, 10'000, "bars", "Bars between decisions."},
         invested_parameter(),
         short_parameter("Go short what has fallen.")},
        [](const Parameters& p) { return std::make_unique<Momentum>(p); }};
}

}  // namespace walras::strategy
