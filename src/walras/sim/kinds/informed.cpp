// Informed traders: they see what the fair value will be, with noise, before others do (A. Kyle, "Continuous auctions
// and insider trading", Econometrica 53, 1985, in spirit: who knows, trades while the price does not).
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class Informed final : public AgentKind {
public:
    explicit Informed(const core::Parameters& p)
        : noise_(p.number("noise")), edge_(p.number("edge")), size_(p.integer("size")) {}

    void start(const StartContext&) override {}

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const SymbolView& symbol = view.symbols[trader.symbol()];
            double known = symbol.fair_ahead;
            if (noise_ > 0) { known *= std::max(.01, 1 + noise_ * trader.random().normal()); }
            // It pays up to where the edge is used up.
            const Ticks highest = symbol.at_most(known / (1 + edge_));
            const Ticks lowest = symbol.at_least(known * (1 + edge_));
            if (symbol.ask != no_price && symbol.ask <= highest) {
                trader.take(OrderSide::buy, highest, size_);
            } else if (symbol.bid != no_price && symbol.bid >= lowest) {
                trader.take(OrderSide::sell, lowest, size_);
            }
        }
    }

private:
    double noise_, edge_;
    Lots size_;
};

}  // namespace

KindSpec informed_kind() {
    return {.name = "informed",
            .title = "Informed trader",
            .rule =
                "Knows the fair value `preview` ticks ahead (NewsConfig) times 1 + noise * N(0, 1); buys `size` at "
                "once up to known / (1 + edge), sells down to known * (1 + edge).",
            .defaults = {.kind = "informed",
                         .cash = Money::of(100'000),
                         .shares = 0,
                         .max_long = 1200,
                         .max_short = 300,
                         .wake = Wake{1, .2},
                         .order_life = 0},
            .parameters = {{"noise", .005, 0, 1, "fraction", "Deviation of what it knows."},
                           {"edge", .01, 0, 1, "fraction", "Profit that it wants."},
                           {"size", std::int64_t{15}, 1, 1e9, "shares", "Size of an order."}},
            .make = [](const core::Parameters& p) { return std::make_unique<Informed>(p); }};
}

}  // namespace walras::sim
