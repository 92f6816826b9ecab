// Sector rotators: on news they move money to the sectors that are spoken well of.
#include <array>
#include <cmath>

#include "walras/core/error.hpp"
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"
#include "walras/sim/wake_index.hpp"

namespace walras::sim {
namespace {

class SectorRotator final : public AgentKind {
public:
    explicit SectorRotator(const core::Parameters& p)
        : tilt_(p.number("tilt")),
          least_(p.number("least")),
          most_(p.number("most")),
          drift_(p.number("drift")),
          pause_(static_cast<std::uint64_t>(p.integer("pause"))),
          slippage_(p.number("slippage")) {
        if (least_ > most_) { throw ConfigError("least lies above most; exchange them."); }
    }

    void start(const StartContext& context) override {
        last_.assign(context.group.size(), 0);
        for (Agent a = context.group.begin; a < context.group.end; ++a) {
            for (std::uint32_t s = 0; s < context.group.symbols; ++s) {
                context.wake_index.apply({a, true, {.on = WakeOn::news, .symbol = s}});
            }
        }
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        const std::vector<double> target = targets(view);
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            std::uint64_t& last = last_[trader.index()];
            if (last != 0 && view.tick - last < pause_) { continue; }
            if (rebalance(trader, view, target)) { last = view.tick; }
        }
    }

    void save(core::ArchiveWriter& out) const override { out.array(last_); }
    void load(core::ArchiveReader& in) override {
        const std::size_t size = last_.size();
        in.array(last_);
        if (last_.size() != size) {
            throw DataError("This checkpoint is of another population; restore its own config.");
        }
    }

private:
    // Share of the wealth by symbol: that of its sector, split evenly.
    [[nodiscard]] std::vector<double> targets(const MarketView& view) const {
        std::array<double, sector_count> symbols{};
        std::array<double, sector_count> sentiment{};
        for (std::size_t s = 0; s < view.symbols.size(); ++s) {
            const auto sector = static_cast<std::size_t>(view.sectors[s]);
            symbols[sector] += 1;
            sentiment[sector] += view.symbols[s].sentiment;
        }
        double sectors = 0;
        for (const double n : symbols) { sectors += n > 0 ? 1 : 0; }
        std::array<double, sector_count> weight{};
        double sum = 0;
        for (std::size_t k = 0; k < sector_count; ++k) {
            if (symbols[k] == 0) { continue; }
            weight[k] = std::clamp(1 / sectors + tilt_ * sentiment[k] / symbols[k], least_, most_);
            sum += weight[k];
        }
        std::vector<double> out(view.symbols.size());
        for (std::size_t s = 0; s < out.size(); ++s) {
            const auto sector = static_cast<std::size_t>(view.sectors[s]);
            out[s] = sum > 0 ? weight[sector] / sum / symbols[sector] : 0;
        }
        return out;
    }

    bool rebalance(Trader& trader, const MarketView& view, std::span<const double> target) const {
        double wealth = trader.cash().to_double();
        std::array<double, sector_count> gap{};
        for (std::uint32_t s = 0; s < target.size(); ++s) {
            wealth += static_cast<double>(trader.position(s)) * view.symbols[s].last_price;
        }
        if (wealth <= 0) { return false; }
        for (std::uint32_t s = 0; s < target.size(); ++s) {
            const double held = static_cast<double>(trader.position(s)) * view.symbols[s].last_price;
            gap[static_cast<std::size_t>(view.sectors[s])] += target[s] - held / wealth;
        }
        bool is_sent = false;
        for (std::uint32_t s = 0; s < target.size(); ++s) {
            if (std::abs(gap[static_cast<std::size_t>(view.sectors[s])]) <= drift_) { continue; }
            const SymbolView& symbol = view.symbols[s];
            const auto wanted = static_cast<Lots>(std::floor(target[s] * wealth / symbol.last_price));
            const Lots lots = wanted - trader.position(s);
            if (lots > 0) {
                const double from = symbol.ask != no_price ? symbol.price(symbol.ask) : symbol.last_price;
                const Ticks limit = symbol.at_most(from * (1 + slippage_));
                const Lots paid = affordable(trader, symbol, limit, lots);
                is_sent = (paid > 0 && trader.take(OrderSide::buy, limit, paid, s, s)) || is_sent;
            } else if (lots < 0) {
                const double from = symbol.bid != no_price ? symbol.price(symbol.bid) : symbol.last_price;
                is_sent = trader.take(OrderSide::sell, symbol.at_least(from * (1 - slippage_)), -lots, s, s) || is_sent;
            }
        }
        return is_sent;
    }

    double tilt_, least_, most_, drift_;
    std::uint64_t pause_;
    double slippage_;
    std::vector<std::uint64_t> last_;  // tick of the last trade
};

}  // namespace

KindSpec sector_rotator_kind() {
    return {.name = "sector_rotator",
            .title = "Sector rotator",
            .tier = 2,
            .rule =
                "On news: each sector's target = 1 / sectors + tilt * its mean sentiment, within `least` to `most`, "
                "normalised, split evenly over its symbols; trades the sectors that are more than `drift` of the "
                "wealth away, at most every `pause` ticks.",
            .reach = Reach::all,
            .defaults = {.kind = "sector_rotator",
                         .cash = Money::of(100'000),
                         .shares = 0,
                         .max_long = 1200,
                         .max_short = 0,
                         .wake = Wake{},
                         .order_life = 0},
            .parameters = {{"tilt", .2, 0, 10, "fraction", "Share of the wealth that a sentiment of 1 moves."},
                           {"least", .05, 0, 1, "fraction", "Smallest target of a sector."},
                           {"most", .4, 0, 1, "fraction", "Largest target of a sector."},
                           {"drift", .03, 0, 1, "fraction", "What is nearer to its target is left alone."},
                           {"pause", std::int64_t{10}, 1, 1e9, "ticks", "Between two trades."},
                           {"slippage", .01, 0, .5, "fraction", "How far beyond the best price it trades."}},
            .make = [](const core::Parameters& p) { return std::make_unique<SectorRotator>(p); }};
}

}  // namespace walras::sim
