// What several kinds share: luck that an agent has for life, sizes, and what money can buy.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "walras/core/math.hpp"
#include "walras/core/random.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/kind.hpp"

namespace walras::sim {

// Draws of agent `index` of the group that hold for its life: they come out the same at every start.
inline core::Random life_draws(const StartContext& context, std::uint32_t index) {
    return core::Random({context.config.seed, context.group.stream, index, 0});
}

inline double draw_between(core::Random& random, double least, double most) {
    return least + (most - least) * random.uniform();
}

// As many as the agent's free cash pays at `limit`, fees of up to 1 % included, and not more than `lots`.
inline Lots affordable(const Trader& trader, const SymbolView& view, Ticks limit, Lots lots) {
    const double each = view.price(limit) * 1.01;
    return std::clamp<Lots>(static_cast<Lots>(trader.free_cash().to_double() / each), 0, lots);
}

// Whole shares whose mean is `shares`: the fraction becomes one more with its probability.
inline Lots round_by_chance(double shares, double uniform) {
    const double whole = std::floor(shares);
    return static_cast<Lots>(whole) + (uniform < shares - whole ? 1 : 0);
}

// A Pareto draw: P(x >= s) = (s / least)^-exponent.
inline double power_law(double uniform, double least, double exponent) {
    return least * core::math::exp(-core::math::log(1 - uniform) / exponent);
}

// At the market, where `side(trader, symbol)` is above 0 a purchase, below 0 a sale; of `size(trader)` shares.
template <class Side, class Size>
void trade_now(const MarketView& view, std::size_t awake, Entrance& entrance, Side side, Size size) {
    for (std::size_t i = 0; i < awake; ++i) {
        Trader trader = entrance.trader(i);
        const std::uint32_t s = trader.symbol();
        const int wanted = side(trader, s);
        if (wanted == 0) { continue; }
        const Lots lots = size(trader);
        if (wanted > 0) {
            trader.buy_now(view.symbols[s], lots);
        } else {
            trader.sell_now(view.symbols[s], lots);
        }
    }
}

// What the quantitative agents of the ancestor begin with.
inline GroupConfig quantitative(const char* kind) {
    return {.kind = kind,
            .cash = Money::of(100'000),
            .shares = 0,
            .max_long = 1200,
            .max_short = 300,
            .wake = Wake{},
            .order_life = 0};
}

// How many shares an order has.
struct SizeLaw {
    enum class Shape : std::uint8_t {
        fixed,      // `size`
        uniform,    // 1 .. size
        power_law,  // Pareto from `size` on, P(x >= s) = (s / size)^-exponent
        // Of ABIDES' agents: a lognormal part, and normal ones around whole hundreds.
        mixture,
    };
    Shape shape = Shape::fixed;
    Lots size = 1;
    double exponent = 1.5;
    Lots most = 1000;

    [[nodiscard]] Lots draw(core::Random& random) const;

    static std::vector<core::Parameter> parameters(const std::string& shape, std::int64_t size);
    static SizeLaw of(const core::Parameters& p);
};

}  // namespace walras::sim
