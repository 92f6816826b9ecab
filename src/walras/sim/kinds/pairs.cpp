// Pairs traders: two symbols that belong together, the spread of their prices, and its return.
#include <cmath>
#include <vector>

#include "walras/features/rolling.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

// Of one pair, as the candles have it.
struct Spread {
    double hedge = 0;  // shares of the second symbol against one of the first
    double z = 0;      // how many deviations the spread is away from its mean
    bool is_ready = false;
};

// What is measured in a tick, kept for the next one. A window is full of new values after `lookback` of them.
struct Scratch {
    explicit Scratch(int lookback = 1) : x(lookback), y(lookback), residuals(lookback) {}
    features::Window x, y, residuals;
    std::vector<Spread> spreads;
};

class Pairs final : public AgentKind {
public:
    explicit Pairs(const core::Parameters& p)
        : lookback_(p.integer("lookback")),
          enter_(p.number("enter")),
          leave_(p.number("leave")),
          leg_(p.integer("leg")) {}

    void start(const StartContext&) override {}

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        // Pieces decide in parallel: each thread has its own.
        thread_local Scratch scratch;
        if (scratch.x.capacity() != static_cast<std::size_t>(lookback_)) { scratch = Scratch(lookback_); }
        std::vector<Spread>& spreads = scratch.spreads;
        spreads.clear();
        for (std::size_t s = 0; s + 1 < view.symbols.size(); s += 2) { spreads.push_back(measure(view, s, scratch)); }
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const Spread& spread = spreads[trader.symbol(0) / 2];
            if (!spread.is_ready) { continue; }
            const bool is_in = trader.position(0) != 0 || trader.position(1) != 0;
            if (is_in && std::abs(spread.z) < leave_) {
                move(trader, view, 0, -trader.position(0));
                move(trader, view, 1, -trader.position(1));
            } else if (!is_in && std::abs(spread.z) > enter_ && spread.hedge > 0) {
                // The larger leg has `leg` shares. A high spread: the first symbol is dear, the second cheap.
                const double scale = static_cast<double>(leg_) / std::max(1.0, spread.hedge);
                const auto first = static_cast<Lots>(std::floor(scale + .5));
                const auto second = static_cast<Lots>(std::floor(scale * spread.hedge + .5));
                const Lots sign = spread.z > 0 ? -1 : 1;
                move(trader, view, 0, sign * first);
                move(trader, view, 1, -sign * second);
            }
        }
    }

private:
    // y = intercept + hedge * x over the last closes, by least squares; z is the last residual over their deviation.
    [[nodiscard]] Spread measure(const MarketView& view, std::size_t s, Scratch& scratch) const {
        const std::vector<Candle>& first = view.candles[s];
        const std::vector<Candle>& second = view.candles[s + 1];
        const auto n = static_cast<std::size_t>(lookback_);
        Spread out;
        if (first.size() < n || second.size() < n) { return out; }
        features::Window& x = scratch.x;
        features::Window& y = scratch.y;
        features::Window& residuals = scratch.residuals;
        for (std::size_t i = 0; i < n; ++i) {
            y.push(first[first.size() - n + i].close);
            x.push(second[second.size() - n + i].close);
        }
        const features::Line line = features::regress(x, y);
        for (std::size_t i = 0; i < n; ++i) { residuals.push(y[i] - line.intercept - line.slope * x[i]); }
        const double deviation = residuals.deviation();
        if (deviation <= 0) { return out; }
        out = {line.slope, residuals.newest() / deviation, true};
        return out;
    }

    static void move(Trader& trader, const MarketView& view, std::uint32_t leg, Lots lots) {
        const SymbolView& symbol = view.symbols[trader.symbol(leg)];
        if (lots > 0) { trader.buy_now(symbol, lots, leg, leg); }
        if (lots < 0) { trader.sell_now(symbol, -lots, leg, leg); }
    }

    int lookback_;
    double enter_, leave_;
    Lots leg_;
};

}  // namespace

KindSpec pairs_kind() {
    return {.name = "pairs",
            .title = "Pairs trader",
            .rule =
                "Regresses the closes of its first symbol on those of its second over `lookback` candles; z = last "
                "residual / deviation of the residuals. |z| > `enter`: sells the dear one and buys the cheap one at "
                "the market, the larger leg `leg` shares, the other by the hedge ratio. |z| < `leave`: closes both.",
            .reach = Reach::pair,
            .tickets = 2,
            .defaults = {.kind = "pairs",
                         .cash = Money::of(100'000),
                         .shares = 0,
                         .max_long = 1200,
                         .max_short = 300,
                         .wake = Wake{},
                         .order_life = 0},
            // The view keeps 200 candles.
            .parameters = {{"lookback", std::int64_t{100}, 3, 200, "candles", "Window of the regression."},
                           {"enter", 2.0, 0, 100, "deviations", "Enters beyond it."},
                           {"leave", .5, 0, 100, "deviations", "Leaves within it."},
                           {"leg", std::int64_t{100}, 1, 1e6, "shares", "The larger leg."}},
            .make = [](const core::Parameters& p) { return std::make_unique<Pairs>(p); }};
}

}  // namespace walras::sim
