// Moving-average crosses: one strategy over two kinds of average.
#include <fmt/format.h>

#include "walras/core/error.hpp"
#include "walras/features/moving_average.hpp"
#include "walras/strategy/library.hpp"
#include "walras/strategy/sizing.hpp"

namespace walras::strategy {
namespace {

// Long while the fast average is above the slow one, otherwise flat or short. Acts on a change of side only.
template <class Average>
class Cross final : public Strategy {
public:
    Cross(int fast, int slow, double invested, bool allow_short)
        : fast_(fast), slow_(slow), invested_(invested), allow_short_(allow_short) {
        if (fast >= slow) {
            throw ConfigError(fmt::format("cross: fast = {} must be smaller than slow = {}.", fast, slow));
        }
    }

    void on_start(Context& context) override {
        const std::size_t n = context.universe().size();
        state_.reserve(n);
        for (std::size_t i = 0; i < n; ++i) { state_.push_back({Average(fast_), Average(slow_), 0}); }
        share_ = invested_ / static_cast<double>(n);
    }

    void on_bars(Context& context, std::span<const ClosedBar> bars) override {
        free_.begin_timestamp();
        for (const ClosedBar& bar : bars) { on_bar(context, bar); }
    }

    void on_bar(Context& context, const ClosedBar& bar) override {
        State& state = state_[bar.instrument.value];
        const double price = bar.bar.close.to_double();
        const double fast = state.fast.update(price);
        const double slow = state.slow.update(price);
        if (!state.slow.is_ready() || fast == slow) { return; }
        const int side = fast > slow ? 1 : (allow_short_ ? -1 : 0);
        if (side == state.side) { return; }
        state.side = side;
        context.target_percent(bar.instrument, Rate::of(side * free_.take(context, side == 0 ? 0 : share_)));
    }

private:
    struct State {
        Average fast;
        Average slow;
        int side;
    };
    int fast_;
    int slow_;
    double invested_;
    bool allow_short_;
    double share_ = 0;
    FreeShare free_;
    std::vector<State> state_;
};

template <class Average>
Description describe_cross(std::string name, std::string title, const std::string& average) {
    return {
        std::move(name),
        std::move(title),
        "Holds an instrument while the " + average +
            " of the last `fast` closes is above that of the last `slow` closes. It bets that trends persist: it "
            "gains in long moves and pays for every false cross (Brock, Lakonishok, LeBaron 1992). Each instrument may "
            "take an equal share of equity, as far as that is free.",
        {{"fast", std::int64_t{10}, 1, 10'000, "bars", "Length of the fast average."},
         {"slow", std::int64_t{30}, 2, 10'000, "bars", "Length of the slow average; larger than fast."},
         {"invested", 0.99, 0.01, 10.0, "fraction of equity", "Sum of the sizes when every instrument is held."},
         {"allow_short", false, 0, 1, "", "Go short instead of flat below the slow average."}},
        [](const Parameters& p) {
            return std::make_unique<Cross<Average>>(p.integer("fast"), p.integer("slow"), p.number("invested"),
                                                    p.flag("allow_short"));
        }};
}

}  // namespace

Description describe_sma_cross() {
    return describe_cross<features::Sma>("sma_cross", "Simple moving-average cross", "simple average");
}

Description describe_ema_cross() {
    return describe_cross<features::Ema>("ema_cross", "Exponential moving-average cross", "exponential average");
}

}  // namespace walras::strategy
