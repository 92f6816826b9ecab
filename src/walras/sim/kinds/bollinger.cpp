// Bollinger traders: what leaves its bands comes back.
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class Bollinger final : public AgentKind {
public:
    explicit Bollinger(const core::Parameters& p)
        : period_(p.integer("period")), deviations_(p.number("deviations")), size_(p.integer("size")) {}

    void start(const StartContext& context) override {
        constexpr std::size_t percent_b_output = 1;
        percent_b_ = context.signals.request(
            "bollinger_shape", {{"period", std::int64_t{period_}}, {"deviations", deviations_}}, percent_b_output);
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        const auto side = [&](const Trader&, std::uint32_t s) {
            const double percent_b = view.signal(s, percent_b_);
            return (percent_b <= 0) - (percent_b >= 1);
        };
        trade_now(view, awake.size(), entrance, side, [this](Trader&) { return size_; });
    }

private:
    int period_;
    double deviations_;
    Lots size_;
    SignalId percent_b_ = 0;
};

}  // namespace

KindSpec bollinger_kind() {
    return {.name = "bollinger",
            .title = "Bollinger trader",
            .rule =
                "Buys `size` at the market while the last candle closed at or below the lower band (%B <= 0), sells "
                "while at or above the upper one (%B >= 1). Bands: mean of `period` candles -+ `deviations` "
                "deviations.",
            .defaults = quantitative("bollinger"),
            .parameters = {{"period", std::int64_t{12}, 2, 10'000, "candles", "Window of the bands."},
                           {"deviations", 2.0, .01, 100, "deviations", "Half width of the bands."},
                           {"size", std::int64_t{15}, 1, 1e9, "shares", "Size of an order."}},
            .make = [](const core::Parameters& p) { return std::make_unique<Bollinger>(p); }};
}

}  // namespace walras::sim
