// Splitters of large orders, from which the signs of market orders have their long memory: F. Lillo, S. Mike, J. D.
// Farmer, "Theory for long memory in supply and demand" (Physical Review E 71, 066122, 2005). Parents whose length has
// a tail x^-alpha give an autocorrelation of signs that falls as k^-(alpha - 1).
#include "walras/core/error.hpp"
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class MetaorderSplitter final : public AgentKind {
public:
    explicit MetaorderSplitter(const core::Parameters& p)
        : alpha_(p.number("alpha")), most_(p.integer("most")), slice_(p.integer("slice")) {}

    void start(const StartContext& context) override { left_.assign(context.group.size(), 0); }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        for (std::size_t i = 0; i < awake.size(); ++i) {
            Trader trader = entrance.trader(i);
            const SymbolView& symbol = view.symbols[trader.symbol()];
            std::int32_t& left = left_[trader.index()];
            if (left == 0) {
                const double length = std::min(power_law(trader.uniform(), 1, alpha_), static_cast<double>(most_));
                left = static_cast<std::int32_t>(length);
                if (trader.uniform() < .5) { left = -left; }
            }
            const bool is_sent = left > 0 ? trader.buy_now(symbol, slice_) : trader.sell_now(symbol, slice_);
            // A parent for which there is no money, or no room, is given up.
            if (is_sent) {
                left += left > 0 ? -1 : 1;
            } else {
                left = 0;
            }
        }
    }

    void save(core::ArchiveWriter& out) const override { out.array(left_); }
    void load(core::ArchiveReader& in) override {
        const std::size_t size = left_.size();
        in.array(left_);
        if (left_.size() != size) {
            throw DataError("This checkpoint is of another population; restore its own config.");
        }
    }

private:
    double alpha_;
    int most_;
    Lots slice_;
    std::vector<std::int32_t> left_;  // slices of the parent, positive to buy
};

}  // namespace

KindSpec metaorder_splitter_kind() {
    return {.name = "metaorder_splitter",
            .title = "Meta-order splitter",
            .rule =
                "Has a parent order of L slices, P(L >= x) = x^-alpha, to buy or to sell; sends one slice at the "
                "market each time it is awake, then takes the next parent (Lillo, Mike, Farmer 2005).",
            .defaults = {.kind = "metaorder_splitter",
                         .cash = Money::of(1'000'000),
                         .shares = 5'000,
                         .max_long = 20'000,
                         .max_short = 0,
                         .wake = Wake{1, .2},
                         .order_life = 0},
            .parameters = {{"alpha", 1.5, .1, 10, "", "Exponent of the tail of the parents' length."},
                           {"most", std::int64_t{10'000}, 1, 1e9, "slices", "Longest parent."},
                           {"slice", std::int64_t{10}, 1, 1e9, "shares", "Size of a child order."}},
            .make = [](const core::Parameters& p) { return std::make_unique<MetaorderSplitter>(p); }};
}

}  // namespace walras::sim
