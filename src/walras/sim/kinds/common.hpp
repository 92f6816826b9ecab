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
