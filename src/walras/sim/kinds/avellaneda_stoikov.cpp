// Makers after M. Avellaneda and S. Stoikov, "High-frequency trading in a limit order book" (Quantitative Finance 8,
// 2008): equations (3.8) and (3.18). With s the mid price, q the inventory in orders, T - t what is left of the
// session:
//     reservation price r = s - q gamma sigma^2 (T - t)
//     spread              = gamma sigma^2 (T - t) + (2 / gamma) ln(1 + gamma / k), half of it on each side of r.
#include "walras/core/math.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class AvellanedaStoikov final : public AgentKind {
public:
    explicit AvellanedaStoikov(const core::Parameters& p)
        : gamma_(p.number("gamma")),
          sigma_(p.number("sigma")),
          k_(p.number("k")),
          session_(static_cast<std::uint64_t>(p.integer("session"))),
          size_(p.integer("size")),
          constant_(2 / gamma_ * core::math::log(1 + gamma_ / k_)) {}

    void start(const StartContext& context) override { target_ = context.group.shares; }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        const double left = 1 - static_cast<double>((view.tick - 1) % session_) / static_cast<double>(session_);
        const double risk = gamma_ * sigma_ * sigma_ * left;
        const double half = .5 * (risk + constant_);
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const SymbolView& symbol = view.symbols[trader.symbol()];
            const double inventory = static_cast<double>(trader.position() - target_) / static_cast<double>(size_);
            const double reservation = symbol.mid - inventory * risk;
            const Ticks bid = symbol.at_most(reservation - half);
            const Ticks ask = std::max(bid + 1, symbol.at_least(reservation + half));
            trader.buy(bid, size_, 0, 0);
            trader.sell(ask, size_, 0, 1);
        }
    }

private:
    double gamma_, sigma_, k_;
    std::uint64_t session_;
    Lots size_;
    double constant_;  // the part of the spread that stays
    Lots target_ = 0;  // holdings that count as no inventory
};

}  // namespace

KindSpec avellaneda_stoikov_kind() {
    return {.name = "avellaneda_stoikov",
            .title = "Avellaneda-Stoikov maker",
            .rule =
                "Quotes `size` at r -+ half a spread: r = mid - q gamma sigma^2 (T - t), spread = gamma sigma^2 (T - "
                "t) + (2 / gamma) ln(1 + gamma / k) (Avellaneda, Stoikov 2008); q = orders held beyond what it "
                "started with, T - t = what is left of the session, from 1 to 0, again and again.",
            .tickets = 2,
            .defaults = {.kind = "avellaneda_stoikov",
                         .cash = Money::of(200'000),
                         .shares = 500,
                         .max_long = 1500,
                         .max_short = 500,
                         .wake = Wake{},
                         .order_life = 0},
            .parameters = {{"gamma", .1, 1e-6, 1e3, "per money", "Aversion to risk."},
                           {"sigma", 2.0, 0, 1e6, "money", "Deviation of the price over a session."},
                           {"k", 1.5, 1e-6, 1e6, "per money", "How fast fills become rarer with the distance."},
                           {"session", std::int64_t{200}, 1, 1e9, "ticks", "Length of a session."},
                           {"size", std::int64_t{10}, 1, 1e9, "shares", "Size of each quote."}},
            .make = [](const core::Parameters& p) { return std::make_unique<AvellanedaStoikov>(p); }};
}

}  // namespace walras::sim
