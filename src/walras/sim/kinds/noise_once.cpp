// Noise agents of ABIDES: each trades once, at a time of its own.
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"
#include "walras/sim/wake_index.hpp"

namespace walras::sim {
namespace {

class NoiseOnce final : public AgentKind {
public:
    explicit NoiseOnce(const core::Parameters& p)
        : until_(static_cast<std::uint64_t>(p.integer("until"))), sizes_(SizeLaw::of(p)) {}

    void start(const StartContext& context) override {
        for (std::uint32_t i = 0; i < context.group.size(); ++i) {
            core::Random random = life_draws(context, i);
            const std::uint64_t when = 1 + random.below(until_);
            context.wake_index.apply({context.group.begin + i, true, {.on = WakeOn::at_tick, .when = when}});
        }
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const SymbolView& symbol = view.symbols[trader.symbol()];
            if (!symbol.has_both()) { continue; }
            const Lots size = sizes_.draw(trader.random());
            if (trader.uniform() < .5) {
                trader.buy(symbol.ask, size);
            } else {
                trader.sell(symbol.bid, size);
            }
        }
    }

private:
    std::uint64_t until_;
    SizeLaw sizes_;
};

}  // namespace

KindSpec noise_once_kind() {
    std::vector<core::Parameter> parameters{
        {"until", std::int64_t{23'400}, 1, 2e9, "ticks", "Each agent's tick is one of the first so many."}};
    std::ranges::move(SizeLaw::parameters("mixture", 15), std::back_inserter(parameters));
    return {
        .name = "noise_once",
        .title = "Noise agent that trades once",
        .tier = 2,
        .rule =
            "At a tick of its own, uniform over the first `until`: a limit order at the other side's best price, to "
            "buy or to sell by a coin (ABIDES).",
        .defaults = {.kind = "noise_once",
                     .cash = Money::of(1'000'000),
                     .shares = 0,
                     .max_long = 10'000,
                     .max_short = 10'000,
                     .wake = Wake{},
                     .order_life = 0},
        .parameters = std::move(parameters),
        .make = [](const core::Parameters& p) { return std::make_unique<NoiseOnce>(p); }};
}

}  // namespace walras::sim
