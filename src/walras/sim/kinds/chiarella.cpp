// Traders of the extended Chiarella model: A. Majewski, S. Ciliberti, J.-P. Bouchaud, "Co-existence of trend and value
// in financial markets" (Journal of Economic Dynamics and Control 112, 2020; arXiv 1807.11751). Demand is the sum of
// what fundamentalists, trend followers and noise traders want; here each agent has weights of its own for the three.
#include <cmath>

#include "walras/core/math.hpp"
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

double tanh(double x) { return 1 - 2 / (core::math::exp(2 * x) + 1); }

class Chiarella final : public AgentKind {
public:
    explicit Chiarella(const core::Parameters& p)
        : kappa_(p.number("kappa")),
          kappa3_(p.number("kappa3")),
          beta_(p.number("beta")),
          gamma_(p.number("gamma")),
          sigma_(p.number("sigma")),
          period_(p.integer("period")),
          size_(p.integer("size")),
          is_mixed_(p.flag("mixed")) {}

    void start(const StartContext& context) override {
        average_ = context.signals.request("ema", {{"period", std::int64_t{period_}}});
        weights_.resize(context.group.size());
        for (std::uint32_t i = 0; i < weights_.size(); ++i) {
            core::Random random = life_draws(context, i);
            for (float& w : weights_[i].of) { w = is_mixed_ ? static_cast<float>(random.exponential()) : 1; }
        }
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const std::uint32_t s = trader.symbol();
            const SymbolView& symbol = view.symbols[s];
            const std::array<float, 3>& weight = weights_[trader.index()].of;
            const double mispricing = core::math::log(symbol.fair / symbol.mid);
            // The average of moves is the move of the average: both are linear.
            double trend = (view.signal(s, average_) - view.signal_before(s, average_)) / symbol.mid;
            if (!std::isfinite(trend)) { trend = 0; }
            double demand = static_cast<double>(weight[0]) *
                                (kappa_ * mispricing + kappa3_ * mispricing * mispricing * mispricing) +
                            static_cast<double>(weight[1]) * beta_ * tanh(gamma_ * trend);
            if (sigma_ > 0) { demand += static_cast<double>(weight[2]) * sigma_ * trader.random().normal(); }
            const Lots lots =
                round_by_chance(std::min(std::abs(demand), 1e6) * static_cast<double>(size_), trader.uniform());
            if (lots == 0) { continue; }
            if (demand > 0) {
                trader.buy_now(symbol, lots);
            } else {
                trader.sell_now(symbol, lots);
            }
        }
    }

private:
    struct Weights {
        std::array<float, 3> of;  // of value, trend, noise
    };
    double kappa_, kappa3_, beta_, gamma_, sigma_;
    int period_;
    Lots size_;
    bool is_mixed_;
    SignalId average_ = 0;
    std::vector<Weights> weights_;
};

}  // namespace

KindSpec chiarella_kind() {
    return {.name = "chiarella",
            .title = "Chartist of the extended Chiarella model",
            .rule =
                "Trades size * |D| at the market, buying if D > 0: D = w1 (kappa x + kappa3 x^3) + w2 beta tanh(gamma "
                "M) + w3 sigma N(0, 1), x = ln(fair / mid), M = exponential average of the candles' relative moves "
                "(Majewski, Ciliberti, Bouchaud 2020). Weights w: exponential of mean 1, drawn once an agent.",
            .defaults = {.kind = "chiarella",
                         .cash = Money::of(100'000),
                         .shares = 0,
                         .max_long = 1200,
                         .max_short = 300,
                         .wake = Wake{1, .1},
                         .order_life = 0},
            .parameters = {{"kappa", 10.0, 0, 1e4, "per log price", "Strength of value."},
                           {"kappa3", 0.0, 0, 1e6, "per log price^3", "Strength of value where it is far off."},
                           {"beta", 1.0, 0, 1e4, "", "Strength of the trend."},
                           {"gamma", 200.0, 0, 1e6, "per move", "Saturation of the trend."},
                           {"sigma", .5, 0, 1e4, "", "Strength of noise."},
                           {"period", std::int64_t{8}, 1, 10'000, "candles", "Memory of the trend."},
                           {"size", std::int64_t{15}, 1, 1e6, "shares", "Shares for a demand of 1."},
                           {"mixed", true, 0, 0, "", "Agents differ in their weights; else all weights are 1."}},
            .make = [](const core::Parameters& p) { return std::make_unique<Chiarella>(p); }};
}

}  // namespace walras::sim
