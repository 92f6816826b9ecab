// Zero-intelligence order flow as the literature solves it: unit limit orders of one side at constant density over a
// band, market orders and cancels at constant rates. E. Smith, J. D. Farmer, L. Gillemot, S. Krishnamurthy,
// "Statistical theory of the continuous double auction" (Quantitative Finance 3, 2003).
//
// An agent is one side of one symbol's flow: agents 2k and 2k + 1 of a symbol sell and buy. Time is in ticks of the
// market: rates are per unit of time, `step` units pass in a tick, and at most one order of each sort arrives in it.
// Lives of orders are drawn when they are sent: an exponential law is the same as a constant rate of cancels.
#include <algorithm>
#include <cmath>
#include <functional>

#include "walras/core/error.hpp"
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

constexpr std::uint32_t most_working = 512;

class PoissonFlow final : public AgentKind {
public:
    explicit PoissonFlow(const core::Parameters& p)
        : density_(p.number("density")),
          market_(p.number("market")),
          cancel_(p.number("cancel")),
          band_(p.number("band")),
          step_(p.number("step")),
          size_(p.integer("size")) {}

    void start(const StartContext& context) override {
        symbols_ = context.group.symbols;
        levels_.clear();
        for (const SymbolConfig& symbol : context.config.symbols) {
            const double tick = symbol.tick_size.to_double();
            levels_.push_back(static_cast<std::uint64_t>(std::floor(band_ / tick + .5)));
            // The chance that at least one arrives in a tick of the market, had they come one by one.
            const double mean = density_ * tick * static_cast<double>(levels_.back()) * step_;
            if (mean > .5 || market_ * step_ > .5) {
                throw ConfigError("poisson_flow: more than one order in two ticks; lower step.");
            }
        }
        lives_.assign(context.group.size(), {});
        for (Lives& lives : lives_) { lives.ends.reserve(most_working); }
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const std::uint32_t s = trader.symbol();
            const SymbolView& symbol = view.symbols[s];
            Lives& lives = lives_[trader.index()];
            end_lives(lives, trader, view.tick);
            const bool is_seller = trader.index() / symbols_ % 2 == 0;
            const double limits = density_ * symbol.tick_size * static_cast<double>(levels_[s]) * step_;
            const bool has_market = trader.uniform() < market_ * step_;
            const bool has_limit = trader.uniform() < limits;
            if (has_market) {
                const std::uint32_t ticket = free_ticket(lives, trader);
                if (is_seller) {
                    trader.sell_now(symbol, size_, 0, ticket);
                } else {
                    trader.buy_now(symbol, size_, 0, ticket);
                }
            }
            if (has_limit) { send_limit(lives, trader, view, is_seller); }
        }
    }

    void save(core::ArchiveWriter& out) const override {
        for (const Lives& lives : lives_) {
            out.value(lives.next);
            out.array(lives.ends);
        }
    }
    void load(core::ArchiveReader& in) override {
        for (Lives& lives : lives_) {
            in.value(lives.next);
            in.array(lives.ends);
            if (lives.next >= most_working) { throw DataError("A checkpoint names a ticket that does not exist."); }
        }
    }

private:
    struct End {
        std::uint64_t tick = 0;
        OrderId order{};
        std::uint32_t ticket = 0;
        std::uint32_t padding = 0;
        friend bool operator>(const End& a, const End& b) {
            return a.tick != b.tick ? a.tick > b.tick : a.order.value > b.order.value;
        }
    };
    struct Lives {
        std::vector<End> ends;   // a heap, the first end on top
        std::uint32_t next = 0;  // where to look for a free ticket
    };

    static void end_lives(Lives& lives, Trader& trader, std::uint64_t tick) {
        while (!lives.ends.empty() && lives.ends.front().tick <= tick) {
            const End end = lives.ends.front();
            std::ranges::pop_heap(lives.ends, std::greater{});
            lives.ends.pop_back();
            const Ticket& ticket = trader.ticket(end.ticket);
            if (ticket.is_working() && ticket.id == end.order) { trader.cancel(end.ticket); }
        }
    }

    static std::uint32_t free_ticket(Lives& lives, const Trader& trader) {
        for (std::uint32_t tried = 0; tried < most_working; ++tried) {
            lives.next = (lives.next + 1) % most_working;
            if (!trader.is_working(lives.next)) { return lives.next; }
        }
        throw ConfigError("poisson_flow: more than 512 orders work at once; raise cancel or lower density.");
    }

    void send_limit(Lives& lives, Trader& trader, const MarketView& view, bool is_seller) {
        const std::uint32_t s = trader.symbol();
        const SymbolView& symbol = view.symbols[s];
        core::Random& random = trader.random();
        const auto offset = static_cast<Ticks>(1 + random.below(levels_[s]));
        const Ticks last = symbol.last;
        const std::uint32_t ticket = free_ticket(lives, trader);
        const bool is_sent = is_seller
                                 ? trader.sell((symbol.bid != no_price ? symbol.bid : last) + offset, size_, 0, ticket)
                                 : trader.buy((symbol.ask != no_price ? symbol.ask : last) - offset, size_, 0, ticket);
        if (!is_sent || cancel_ <= 0) { return; }
        const double life = random.exponential() / (cancel_ * step_);
        lives.ends.push_back(
            {view.tick + 1 + static_cast<std::uint64_t>(std::min(life, 1e15)), trader.ticket(ticket).id, ticket, 0});
        std::ranges::push_heap(lives.ends, std::greater{});
    }

    double density_, market_, cancel_, band_, step_;
    Lots size_;
    std::uint32_t symbols_ = 1;
    std::vector<std::uint64_t> levels_;  // of the band, by symbol
    std::vector<Lives> lives_;
};

}  // namespace

KindSpec poisson_flow_kind() {
    return {.name = "poisson_flow",
            .title = "One side of a Poisson order flow",
            .rule =
                "Limit orders at each price up to `band` behind the other side's best one with `density` per unit of "
                "price and time, market orders at rate `market`, each working order canceled at rate `cancel`; "
                "`step` units of time are a tick (Smith, Farmer, Gillemot, Krishnamurthy 2003). The first agent of a "
                "symbol sells, the second buys.",
            .tickets = most_working,
            .defaults = {.kind = "poisson_flow",
                         .cash = Money::of(1'000'000'000),
                         .shares = 0,
                         .max_long = 1'000'000'000,
                         .max_short = 1'000'000'000,
                         .wake = Wake{},
                         .order_life = 0},
            .parameters = {{"density", 1.0, 0, 1e6, "per money and unit", "Limit orders of the side."},
                           {"market", 1.0, 0, 1e6, "per unit", "Market orders of the side."},
                           {"cancel", .2, 0, 1e6, "per unit", "Rate at which each working order is canceled."},
                           {"band", 12.0, 1e-9, 1e9, "money", "Limit orders lie within it."},
                           {"step", .01, 1e-12, 1e6, "units", "Time that passes in a tick."},
                           {"size", std::int64_t{1}, 1, 1e9, "shares", "Size of an order."}},
            .make = [](const core::Parameters& p) { return std::make_unique<PoissonFlow>(p); }};
}

}  // namespace walras::sim
