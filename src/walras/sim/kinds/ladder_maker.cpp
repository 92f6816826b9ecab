// Makers with a ladder of quotes that is as wide as the market's spread and as deep as a share of its volume: the
// adaptive percentage-of-volume maker of ABIDES (T. Spooner, J. Fearnley, R. Savani, A. Koukorinis, "Market making via
// reinforcement learning", AAMAS 2018, for ladders in general).
#include <cmath>

#include "walras/core/error.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

constexpr std::uint32_t most_levels = 10;

class LadderMaker final : public AgentKind {
public:
    explicit LadderMaker(const core::Parameters& p)
        : levels_(static_cast<std::uint32_t>(p.integer("levels"))),
          share_(p.number("share")),
          memory_(p.number("memory")),
          spacing_(p.number("spacing")),
          least_(p.integer("least")) {}

    void start(const StartContext& context) override { states_.assign(context.group.size(), {}); }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const SymbolView& symbol = view.symbols[trader.symbol()];
            State& state = states_[trader.index()];
            const double seen = symbol.has_both() ? static_cast<double>(symbol.ask - symbol.bid) : state.spread;
            state.spread = state.spread <= 0 ? seen : memory_ * seen + (1 - memory_) * state.spread;
            const double spread = std::max(1.0, state.spread);
            const auto traded = static_cast<double>(symbol.total_volume - state.volume);
            state.volume = symbol.total_volume;
            const Lots lots = std::max(least_, static_cast<Lots>(std::floor(share_ * traded + .5)));
            const auto half = static_cast<Ticks>(std::ceil(.5 * spread));
            const auto step = static_cast<Ticks>(std::ceil(spacing_ * spread));
            const Ticks bid = symbol.at_most(symbol.mid) - half;
            const Ticks ask = symbol.at_least(symbol.mid) + half;
            for (std::uint32_t k = 0; k < levels_; ++k) {
                const Ticks away = step * static_cast<Ticks>(k);
                if (bid > away) { trader.buy(bid - away, lots, 0, k); }
                trader.sell(ask + away, lots, 0, most_levels + k);
            }
        }
    }

    void save(core::ArchiveWriter& out) const override { out.array(states_); }
    void load(core::ArchiveReader& in) override {
        const std::size_t size = states_.size();
        in.array(states_);
        if (states_.size() != size) {
            throw DataError("This checkpoint is of another population; restore its own config.");
        }
    }

private:
    struct State {
        double spread = 0;  // in ticks, averaged
        Lots volume = 0;    // of the symbol, when it last looked
    };
    std::uint32_t levels_;
    double share_, memory_, spacing_;
    Lots least_;
    std::vector<State> states_;
};

}  // namespace

KindSpec ladder_maker_kind() {
    return {.name = "ladder_maker",
            .title = "Adaptive ladder maker",
            .rule =
                "Quotes `levels` prices on each side: the first half an average spread away from mid, the others "
                "`spacing` spreads apart; at each `share` of the volume traded since it last looked, `least` at "
                "least (ABIDES' adaptive percentage-of-volume maker).",
            .tickets = 2 * most_levels,
            .defaults = {.kind = "ladder_maker",
                         .cash = Money::of(10'000'000),
                         .shares = 0,
                         .max_long = 100'000,
                         .max_short = 100'000,
                         .wake = Wake{60, 1},
                         .order_life = 0},
            .parameters = {{"levels", std::int64_t{10}, 1, most_levels, "prices", "Quotes on each side."},
                           {"share", .025, 0, 1, "of the volume", "Size of each quote."},
                           {"memory", .75, 0, 1, "", "Weight of the newest spread in the average."},
                           {"spacing", 5.0, .01, 1000, "spreads", "Between two quotes."},
                           {"least", std::int64_t{1}, 1, 1e9, "shares", "Smallest quote."}},
            .make = [](const core::Parameters& p) { return std::make_unique<LadderMaker>(p); }};
}

}  // namespace walras::sim
