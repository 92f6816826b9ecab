#include "walras/features/rolling.hpp"
#include "walras/strategy/library.hpp"
#include "walras/strategy/sizing.hpp"

namespace walras::strategy {
namespace {

// Time-series momentum: the sign of the return over `lookback` bars, looked at every `hold` bars.
class Momentum final : public Strategy {
public:
    Momentum(int lookback, int hold, double invested, bool allow_short)
        : lookback_(lookback), hold_(hold), invested_(invested), allow_short_(allow_short) {}

    void on_start(Context& context) override {
        const std::size_t n = context.universe().size();
        for (std::size_t i = 0; i < n; ++i) { state_.push_back({features::Window(lookback_ + 1), 0, 0}); }
        share_ = invested_ / static_cast<double>(n);
    }

    void on_bars(Context& context, std::span<const ClosedBar> bars) override {
        free_.begin_timestamp();
        for (const ClosedBar& bar : bars) { on_bar(context, bar); }
    }

    void on_bar(Context& context, const ClosedBar& bar) override {
        State& state = state_[bar.instrument.value];
        state.closes.push(bar.bar.close.to_double());
        if (!state.closes.is_full() || state.age++ % hold_ != 0) { return; }
        const bool rose = state.closes.newest() > state.closes[0];
        const int side = rose ? 1 : (allow_short_ ? -1 : 0);
        if (side == state.side) { return; }
        state.side = side;
        context.target_percent(bar.instrument, Rate::of(side * free_.take(context, side == 0 ? 0 : share_)));
    }

private:
    struct State {
        features::Window closes;
        int age;
        int side;
    };
    int lookback_;
    int hold_;
    double invested_;
    bool allow_short_;
    double share_ = 0;
    FreeShare free_;
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
         {"invested", 0.99, 0.01, 10.0, "fraction of equity", "Sum of the sizes when every instrument is held."},
         {"allow_short", false, 0, 1, "", "Go short what has fallen."}},
        [](const Parameters& p) {
            return std::make_unique<Momentum>(p.integer("lookback"), p.integer("hold"), p.number("invested"),
                                              p.flag("allow_short"));
        }};
}

}  // namespace walras::strategy
