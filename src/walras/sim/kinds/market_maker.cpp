// Market makers: a bid and an ask around a reference price, leaning against what they hold.
#include <algorithm>

#include "walras/sim/entrance.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class MarketMaker final : public AgentKind {
public:
    explicit MarketMaker(const core::Parameters& p)
        : half_spread_(p.number("half_spread")),
          skew_(p.number("skew")),
          fair_weight_(p.number("fair_weight")),
          bias_(p.number("bias")),
          size_(p.integer("size")),
          most_skewed_(p.integer("most_skewed")) {}

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
            const double reference = (1 - fair_weight_) * symbol.mid +
                                     fair_weight_ * symbol.fair * static_cast<double>(trait_[trader.index()]);
            const auto inventory = static_cast<double>(std::clamp(trader.position(), -most_skewed_, most_skewed_));
            const double lean = -skew_ * inventory;
            const Ticks bid = symbol.at_most(reference * (1 - half_spread_ + lean));
            const Ticks ask = std::max(bid + 1, symbol.at_least(reference * (1 + half_spread_ + lean)));
            trader.buy(bid, size_, 0, 0);
            trader.sell(ask, size_, 0, 1);
        }
    }

private:
    double half_spread_, skew_, fair_weight_, bias_;
    Lots size_, most_skewed_;
    std::vector<float> trait_;  // 1 + bias of the fair value, by agent of the group
};

}  // namespace

KindSpec market_maker_kind() {
    return {.name = "market_maker",
            .title = "Market maker",
            .rule =
                "Quotes `size` each tick at reference * (1 -+ half_spread + lean); reference = (1 - fair_weight) * "
                "mid + fair_weight * fair * (1 + b), b = U(-bias, bias) drawn once an agent; lean = -skew * "
                "inventory, of `most_skewed` shares at most.",
            .tickets = 2,
            .defaults = {.kind = "market_maker",
                         .cash = Money::of(100'000),
                         .shares = 800,
                         .max_long = 1500,
                         .max_short = 0,
                         .wake = Wake{},
                         .order_life = 0},
            .parameters = {{"half_spread", .0005, 0, .5, "fraction", "Distance of each quote from the reference."},
                           {"skew", .0001, 0, 1, "fraction a share", "How far the quotes lean per share held."},
                           {"fair_weight", .3, 0, 1, "fraction", "Weight of the fair value against mid."},
                           {"bias", .2, 0, .99, "fraction", "Private bias of the fair value, at most."},
                           {"size", std::int64_t{60}, 1, 1e9, "shares", "Size of each quote."},
                           {"most_skewed", std::int64_t{1500}, 0, 1e9, "shares", "Inventory that the lean counts."}},
            .make = [](const core::Parameters& p) { return std::make_unique<MarketMaker>(p); }};
}

}  // namespace walras::sim
