// Momentum traders of the ancestor: the relative strength index as a signal.
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class Momentum final : public AgentKind {
public:
    explicit Momentum(const core::Parameters& p)
        : period_(p.integer("period")),
          oversold_(p.number("oversold")),
          overbought_(p.number("overbought")),
          size_(p.integer("size")) {}

    void start(const StartContext& context) override {
        rsi_ = context.signals.request("rsi", {{"period", std::int64_t{period_}}});
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        const auto side = [&](const Trader&, std::uint32_t s) {
            const double rsi = view.signal(s, rsi_);
            return (rsi < oversold_) - (rsi > overbought_);
        };
        trade_now(view, awake.size(), entrance, side, [this](Trader&) { return size_; });
    }

private:
    int period_;
    double oversold_, overbought_;
    Lots size_;
    SignalId rsi_ = 0;
};

}  // namespace

KindSpec momentum_kind() {
    return {.name = "momentum",
            .title = "RSI momentum",
            .rule =
                "Buys `size` at the market while RSI(period) of the candles is below `oversold`, sells while it is "
                "above `overbought`.",
            .defaults = quantitative("momentum"),
            .parameters = {{"period", std::int64_t{8}, 2, 1000, "candles", "Window of the RSI."},
                           {"oversold", 30.0, 0, 100, "points", "Buys below it."},
                           {"overbought", 70.0, 0, 100, "points", "Sells above it."},
                           {"size", std::int64_t{15}, 1, 1e9, "shares", "Size of an order."}},
            .make = [](const core::Parameters& p) { return std::make_unique<Momentum>(p); }};
}

}  // namespace walras::sim
