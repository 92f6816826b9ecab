// Value agents: each keeps its own estimate of a fundamental value that reverts to its mean, and trades towards it.
//
// The estimate is that of ABIDES' value agents: Wah, Wright and Wellman, "Welfare effects of market making in
// continuous double auctions" (JAIR 59, 2017). The value is taken as r' = (1 - kappa) r + kappa r_bar + noise; between
// two looks d ticks apart, with c = (1 - kappa)^d, the estimate r and its variance v become
//     r' = (1 - c) r_bar + c r,    v' = c^2 v + (1 - c^2) / (1 - (1 - kappa)^2) shock^2
// and a look with variance n = noise^2 moves them to r = (n r' + v' look) / (n + v'), v = n v' / (n + v').
#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class Value final : public AgentKind {
public:
    explicit Value(const core::Parameters& p)
        : kappa_(p.number("kappa")),
          noise_(p.number("noise")),
          shock_(p.number("shock")),
          aggressive_(p.number("aggressive")),
          depth_(p.number("depth")),
          sizes_(SizeLaw::of(p)) {}

    void start(const StartContext& context) override {
        estimates_.clear();
        estimates_.reserve(context.group.size());
        for (std::uint32_t i = 0; i < context.group.size(); ++i) {
            const std::uint32_t s = context.group.symbol_of(context.group.begin + i, 0);
            estimates_.push_back({context.config.symbols[s].initial_price.to_double(), 0, 0});
        }
        mean_.resize(context.config.symbols.size());
        for (std::size_t s = 0; s < mean_.size(); ++s) {
            mean_[s] = context.config.symbols[s].initial_price.to_double();
        }
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const std::uint32_t s = trader.symbol();
            const SymbolView& symbol = view.symbols[s];
            const double value = look(estimates_[trader.index()], view.tick, mean_[s], symbol.fair, trader.random());
            const bool is_buy = value >= symbol.mid;
            double price = value;
            if (symbol.has_both()) {
                // At the other side's best price or up to `depth` spreads short of it.
                const double spread = symbol.price(symbol.ask - symbol.bid);
                const double back = trader.uniform() < aggressive_ ? 0 : trader.uniform() * depth_ * spread;
                price = is_buy ? symbol.price(symbol.ask) - back : symbol.price(symbol.bid) + back;
            }
            const Lots size = sizes_.draw(trader.random());
            if (is_buy) {
                trader.buy(symbol.at_most(price), size);
            } else {
                trader.sell(symbol.at_least(price), size);
            }
        }
    }

    void save(core::ArchiveWriter& out) const override { out.array(estimates_); }
    void load(core::ArchiveReader& in) override {
        const std::size_t size = estimates_.size();
        in.array(estimates_);
        if (estimates_.size() != size) {
            throw DataError("This checkpoint is of another population; restore its own config.");
        }
    }

private:
    struct Estimate {
        double value = 0;
        double variance = 0;
        std::uint64_t tick = 0;  // of the last look
    };

    double look(Estimate& e, std::uint64_t tick, double mean, double fair, core::Random& random) const {
        const double stay =
            kappa_ < 1 ? core::math::exp(static_cast<double>(tick - e.tick) * core::math::log(1 - kappa_)) : 0;
        const double looks =
            kappa_ > 0 ? (1 - stay * stay) / (1 - (1 - kappa_) * (1 - kappa_)) : static_cast<double>(tick - e.tick);
        const double shock = shock_ * mean;
        const double noise = noise_ * mean;
        const double expected = (1 - stay) * mean + stay * e.value;
        const double variance = stay * stay * e.variance + looks * shock * shock;
        const double seen = fair + (noise > 0 ? noise * random.normal() : 0);
        const double total = noise * noise + variance;
        // Who sees without noise, believes it; who has no doubt, does not need to look.
        const double trust = noise <= 0 ? 1 : variance / total;
        e = {expected + trust * (seen - expected), noise <= 0 ? 0 : noise * noise * variance / total, tick};
        return e.value;
    }

    double kappa_, noise_, shock_, aggressive_, depth_;
    SizeLaw sizes_;
    std::vector<Estimate> estimates_;
    std::vector<double> mean_;  // by symbol
};

}  // namespace

KindSpec value_kind() {
    std::vector<core::Parameter> parameters{
        {"kappa", .0005, 0, 1, "per tick", "Reversion of the fundamental value to its mean, as it believes."},
        {"noise", .01, 0, 1, "fraction", "Deviation of one look at the fair value, over the initial price."},
        {"shock", .001, 0, 1, "fraction", "Deviation of the value's move in a tick, as it believes."},
        {"aggressive", .1, 0, 1, "probability", "Of paying the other side's best price at once."},
        {"depth", 2.0, 0, 1000, "spreads", "How far short of that price other orders are, at most."}};
    std::ranges::move(SizeLaw::parameters("fixed", 15), std::back_inserter(parameters));
    return {.name = "value",
            .title = "Value agent",
            .rule =
                "Sees the fair value with noise, updates its estimate of an Ornstein-Uhlenbeck value with mean = the "
                "initial price (ABIDES), buys if it is at or above mid, else sells: with `aggressive` at the other "
                "side's best price, else U(0, depth) spreads short of it.",
            .defaults = {.kind = "value",
                         .cash = Money::of(100'000),
                         .shares = 0,
                         .max_long = 1200,
                         .max_short = 300,
                         .wake = Wake{1, .05},
                         .order_life = 100},
            .parameters = std::move(parameters),
            .make = [](const core::Parameters& p) { return std::make_unique<Value>(p); }};
}

}  // namespace walras::sim
