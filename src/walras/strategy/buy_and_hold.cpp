#include "walras/core/error.hpp"
#include "walras/strategy/library.hpp"

namespace walras::strategy {
namespace {

// Buys every instrument at its first bar, equal shares of equity, and keeps it.
class BuyAndHold final : public Strategy {
public:
    explicit BuyAndHold(double invested) : invested_(invested) {}

    void on_start(Context& context) override { bought_.assign(context.universe().size(), false); }

    void on_bars(Context& context, std::span<const ClosedBar> bars) override {
        const Rate share = Rate::of(invested_ / static_cast<double>(context.universe().size()));
        for (const ClosedBar& bar : bars) {
            if (bought_[bar.instrument.value]) { continue; }
            bought_[bar.instrument.value] = true;
            context.target_percent(bar.instrument, share);
        }
    }

private:
    double invested_;
    std::vector<bool> bought_;
};

}  // namespace

Description describe_buy_and_hold() {
    return {
        "buy_and_hold",
        "Buy and hold",
        "Buys every instrument after its first bar with an equal share of equity and never trades again. The "
        "benchmark that every other strategy has to beat after costs.",
        {{"invested", 0.99, 0.01, 1.0, "fraction of equity", "How much of equity is invested; the rest covers costs."}},
        [](const Parameters& p) { return std::make_unique<BuyAndHold>(p.number("invested")); }};
}

}  // namespace walras::strategy
