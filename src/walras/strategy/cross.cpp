// Moving-average crosses: one strategy over two kinds of average.
#include <fmt/format.h>

#include "walras/core/error.hpp"
#include "walras/features/moving_average.hpp"
#include "walras/strategy/sides.hpp"

namespace walras::strategy {
namespace {

// Long while the fast average is above the slow one, otherwise flat or short. Acts on a change of side only.
template <class Average>
class Cross final : public SideStrategy {
public:
    Cross(const std::string& name, const Parameters& p)
        : SideStrategy(p), fast_(p.integer("fast")), slow_(p.integer("slow")) {
        if (fast_ >= slow_) {
            throw ConfigError(fmt::format("{}: fast = {} must be smaller than slow = {}.", name, fast_, slow_));
        }
    }

    void on_bar(Context& context, const ClosedBar& bar) override {
        State& state = state_[bar.instrument.value];
        const double price = bar.bar.close.to_double();
        const double fast = state.fast.update(price);
        const double slow = state.slow.update(price);
        if (!state.slow.is_ready() || fast == slow) { return; }
        move(context, bar.instrument, fast > slow, state.side);
    }

private:
    struct State {
        Average fast;
        Average slow;
        int side = 0;
    };

    void prepare(std::size_t instruments) override {
        state_.reserve(instruments);
        for (std::size_t i = 0; i < instruments; ++i) { state_.push_back({Average(fast_), Average(slow_)}); }
    }

    int fast_;
    int slow_;
    std::vector<State> state_;
};

template <class Average>
Description describe_cross(const std::string& name, std::string title, const std::string& average) {
    return {
        name,
        std::move(title),
        "Holds an instrument while the " + average +
            " of the last `fast` closes is above that of the last `slow` closes. It bets that trends persist: it "
            "gains in long moves and pays for every false cross (Brock, Lakonishok, LeBaron 1992). Each instrument may "
            "take an equal share of equity, as far as that is free.",
        {{"fast", std::int64_t{10}, 1, 10'000, "bars", "Length of the fast average."},
         {"slow", std::int64_t{30}, 2, 10'000, "bars", "Length of the slow average; larger than fast."},
         invested_parameter(),
         short_parameter("Go short instead of flat below the slow average.")},
        [name](const Parameters& p) { return std::make_unique<Cross<Average>>(name, p); }};
}

}  // namespace

Description describe_sma_cross() {
    return describe_cross<features::Sma>("sma_cross", "Simple moving-average cross", "simple average");
}

Description describe_ema_cross() {
    return describe_cross<features::Ema>("ema_cross", "Exponential moving-average cross", "exponential average");
}

}  // namespace walras::strategy
