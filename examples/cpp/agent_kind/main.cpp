// A kind of agents of our own, in one file: bargain hunters bid below the fair value, inside a market of makers and
// noise.
#include <walras/sim/entrance.hpp>
#include <walras/sim/kind.hpp>
#include <walras/sim/market.hpp>

#include <cstdio>
#include <memory>
#include <span>

namespace {

using namespace walras;

// One object for all agents of a group: it reads the market as the last tick left it, and each agent that is awake acts
// through its `Trader`, who keeps it within its money and its limits.
class BargainHunter final : public sim::AgentKind {
public:
    explicit BargainHunter(const core::Parameters& p) : discount_(p.number("discount")), size_(p.integer("size")) {}

    void start(const sim::StartContext&) override {}

    void decide(const sim::MarketView& view, std::span<const sim::Agent> awake, sim::Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            sim::Trader trader = entrance.trader(i);
            const sim::SymbolView& symbol = view.symbols[trader.symbol()];
            if (trader.position() < 100) { trader.buy(symbol.at_most(symbol.fair * (1 - discount_)), size_); }
        }
    }

private:
    double discount_;
    sim::Lots size_;
};

sim::KindSpec bargain_hunter() {
    sim::KindSpec spec;
    spec.name = "bargain_hunter";
    spec.title = "Bargain hunter";
    spec.rule = "Bids `size` at `discount` below the fair value until it holds 100.";
    spec.defaults.kind = spec.name;
    spec.defaults.cash = Money::of(50'000);
    spec.defaults.max_long = 200;
    spec.parameters = {{"discount", .01, 0, .5, "fraction", "How far below the fair value it bids."},
                       {"size", std::int64_t{10}, 1, 1e6, "shares", "Size of an order."}};
    spec.make = [](const core::Parameters& p) { return std::make_unique<BargainHunter>(p); };
    return spec;
}

sim::GroupConfig group(const char* kind, std::uint32_t count) {
    sim::GroupConfig out;
    out.kind = kind;
    out.count = count;
    return out;
}

}  // namespace

int main() {
    sim::register_kind(bargain_hunter());
    sim::MarketConfig config;
    config.symbols.push_back({.name = "AAA"});
    config.groups = {group("market_maker", 20), group("noise", 500), group("bargain_hunter", 50)};
    sim::Market market(config, 2);
    for (int i = 0; i < 200; ++i) { market.step(); }
    const sim::Group& hunters = market.population().groups.back();
    sim::Lots held = 0;
    for (sim::Agent a = hunters.begin; a < hunters.end; ++a) {
        held += market.population().holdings_of(hunters, a)[0].position;
    }
    std::printf("%llu ticks, AAA at %.2f, %u bargain hunters hold %lld shares\n",
                static_cast<unsigned long long>(market.tick()), market.view().symbols[0].last_price, hunters.size(),
                static_cast<long long>(held));
    return held > 0 ? 0 : 1;
}
