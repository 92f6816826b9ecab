// Noise traders: now and then an order near a private idea of the fair value.
#include "walras/sim/entrance.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class Noise final : public AgentKind {
public:
    explicit Noise(const core::Parameters& p)
        : bias_(p.number("bias")), spread_(p.number("spread")), size_(p.integer("size")) {}

    void start(const StartContext& context) override {
        trait_.resize(context.group.size());
        for (std::uint32_t i = 0; i < trait_.size(); ++i) {
            core::Random random({context.config.seed, context.group.stream, i, 0});
            trait_[i] = static_cast<float>(1 + bias_ * (2 * random.uniform() - 1));
        }
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const SymbolView& symbol = view.symbols[trader.symbol()];
            const double price =
                symbol.fair * static_cast<double>(trait_[trader.index()]) * (1 + spread_ * (2 * trader.uniform() - 1));
            if (trader.uniform() < .5) {
                trader.buy(symbol.nearest(price), size_);
            } else {
                trader.sell(symbol.nearest(price), size_);
            }
        }
    }

private:
    double bias_, spread_;
    Lots size_;
    std::vector<float> trait_;  // 1 + bias, by agent of the group
};

}  // namespace

KindSpec noise_kind() {
    return {.name = "noise",
            .title = "Noise trader",
            .rule =
                "With the group's chance a tick: buys or sells `size` at fair * (1 + b) * (1 + U(-spread, spread)), "
                "b = U(-bias, bias) drawn once an agent.",
            .defaults = {.kind = "noise",
                         .cash = Money::of(100'000),
                         .shares = 0,
                         .max_long = 600,
                         .max_short = 0,
                         .wake = Wake{1, .3},
                         .order_life = 20},
            .parameters = {{"bias", .3, 0, .99, "fraction", "Private bias of the fair value, at most."},
                           {"spread", .03, 0, .99, "fraction", "Width of the price around it."},
                           {"size", std::int64_t{15}, 1, 1e9, "shares", "Size of an order."}},
            .make = [](const core::Parameters& p) { return std::make_unique<Noise>(p); }};
}

}  // namespace walras::sim
