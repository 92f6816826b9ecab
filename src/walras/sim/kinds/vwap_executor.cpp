// Executors: a parent order in slices, not far from the volume-weighted average price.
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class VwapExecutor final : public AgentKind {
public:
    explicit VwapExecutor(const core::Parameters& p)
        : side_(p.text("side") == "buy" ? OrderSide::buy : OrderSide::sell),
          target_(p.integer("target")),
          slice_(p.integer("slice")),
          tolerance_(p.number("tolerance")) {}

    void start(const StartContext& context) override { at_start_ = context.group.shares; }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const SymbolView& symbol = view.symbols[trader.symbol()];
            const bool is_buy = side_ == OrderSide::buy;
            const Lots done = is_buy ? trader.position() - at_start_ : at_start_ - trader.position();
            const double vwap = symbol.vwap();
            const Ticks limit =
                is_buy ? symbol.at_most(vwap * (1 + tolerance_)) : symbol.at_least(vwap * (1 - tolerance_));
            Lots lots = std::min(slice_, target_ - done);
            if (is_buy) { lots = affordable(trader, symbol, limit, std::max<Lots>(lots, 0)); }
            if (lots > 0) { trader.take(side_, limit, lots); }
        }
    }

private:
    OrderSide side_;
    Lots target_, slice_;
    double tolerance_;
    Lots at_start_ = 0;
};

}  // namespace

KindSpec vwap_executor_kind() {
    return {.name = "vwap_executor",
            .title = "VWAP executor",
            .rule =
                "Buys (or sells) `target` shares in slices of at most `slice`, one each time it is awake; takes what "
                "there is no further than `tolerance` beyond the market's volume-weighted average price.",
            .defaults = {.kind = "vwap_executor",
                         .cash = Money::of(100'000),
                         .shares = 0,
                         .max_long = 1200,
                         .max_short = 0,
                         .wake = Wake{10, 1},
                         .order_life = 0},
            .parameters = {{"side", std::string{"buy"}, 0, 0, "", "What it does.", {"buy", "sell"}},
                           {"target", std::int64_t{1000}, 1, 1e9, "shares", "The parent order."},
                           {"slice", std::int64_t{100}, 1, 1e9, "shares", "Largest child order."},
                           {"tolerance", .002, 0, 1, "fraction", "How far beyond the VWAP it pays."}},
            .make = [](const core::Parameters& p) { return std::make_unique<VwapExecutor>(p); }};
}

}  // namespace walras::sim
