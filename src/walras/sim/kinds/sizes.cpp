// Laws of order sizes.
#include <array>

#include "walras/core/error.hpp"
#include "walras/sim/kinds/common.hpp"

namespace walras::sim {
namespace {

// Weight and mean of the parts of ABIDES' OrderSizeModel behind its lognormal(2.9, 1.2) of weight .2; each has a
// deviation of .15.
struct Part {
    double weight, mean;
};
constexpr std::array<Part, 10> hundreds{{{.7, 100},
                                         {.06, 200},
                                         {.004, 300},
                                         {.0329, 400},
                                         {.001, 500},
                                         {.0006, 600},
                                         {.0004, 700},
                                         {.0005, 800},
                                         {.0003, 900},
                                         {.0003, 1000}}};

double draw_mixture(core::Random& random) {
    double u = random.uniform();
    if (u < .2) { return core::math::exp(2.9 + 1.2 * random.normal()); }
    u -= .2;
    for (const Part& part : hundreds) {
        if (u < part.weight) { return part.mean + .15 * random.normal(); }
        u -= part.weight;
    }
    return 100;
}

}  // namespace

Lots SizeLaw::draw(core::Random& random) const {
    double x = static_cast<double>(size);
    switch (shape) {
        case Shape::fixed: return size;
        case Shape::uniform: return 1 + static_cast<Lots>(random.below(static_cast<std::uint64_t>(size)));
        case Shape::power_law: x = power_law(random.uniform(), x, exponent); break;
        case Shape::mixture: x = draw_mixture(random); break;
    }
    const auto limit = static_cast<double>(most);
    return std::clamp<Lots>(static_cast<Lots>(std::floor(std::min(x, limit) + .5)), 1, most);
}

std::vector<core::Parameter> SizeLaw::parameters(const std::string& shape, std::int64_t size) {
    return {{"sizes", shape, 0, 0, "", "Law of order sizes.", {"fixed", "uniform", "power_law", "mixture"}},
            {"size", size, 1, 1e9, "shares", "Fixed size, most of the uniform law, least of the power law."},
            {"size_exponent", 1.5, .1, 10, "", "Of the power law: P(size >= s) = (s / least)^-exponent."},
            {"most", std::int64_t{1000}, 1, 1e9, "shares", "Largest size of the power law and the mixture."}};
}

SizeLaw SizeLaw::of(const core::Parameters& p) {
    SizeLaw law;
    const std::string& name = p.text("sizes");
    law.shape = name == "uniform"     ? Shape::uniform
                : name == "power_law" ? Shape::power_law
                : name == "mixture"   ? Shape::mixture
                                      : Shape::fixed;
    law.size = p.integer("size");
    law.exponent = p.number("size_exponent");
    law.most = std::max<Lots>(p.integer("most"), 1);
    if (law.shape == Shape::power_law && law.size > law.most) {
        throw ConfigError("size, the least of the power law, lies above most; raise most.");
    }
    return law;
}

}  // namespace walras::sim
