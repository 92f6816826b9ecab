#include "walras/portfolio/fx.hpp"

#include <algorithm>

namespace walras::portfolio {

ConversionGraph::ConversionGraph(const model::Universe& universe)
    : currencies_(universe.currency_count()), hops_(currencies_ * currencies_) {}

void ConversionGraph::add(const model::Instrument& pair) {
    // A pair with a multiplier quotes something else than the price of one unit of its base currency.
    if (pair.kind != model::InstrumentKind::currency_pair || pair.multiplier != core::fixed_scale) { return; }
    const Edge edge{pair.id, *pair.base, pair.currency};
    const auto place = std::ranges::lower_bound(edges_, edge.pair, {}, &Edge::pair);
    if (place != edges_.end() && place->pair == edge.pair) { return; }
    edges_.insert(place, edge);
    for (std::size_t to = 0; to < currencies_; ++to) { search(CurrencyId{static_cast<std::uint16_t>(to)}); }
}

// Breadth first from the target, so that each currency reached knows its first step towards it.
void ConversionGraph::search(CurrencyId to) {
    const auto at = [&](CurrencyId from) -> Hop& { return hops_[from.value * currencies_ + to.value]; };
    for (std::size_t from = 0; from < currencies_; ++from) { at(CurrencyId{static_cast<std::uint16_t>(from)}) = Hop{}; }
    std::vector<CurrencyId> reached{to};
    for (std::size_t i = 0; i < reached.size(); ++i) {
        const CurrencyId here = reached[i];
        const auto reach = [&](CurrencyId from, const Edge& edge, bool base_to_quote) {
            if (from == to || at(from).pair != no_instrument) { return; }
            at(from) = Hop{edge.pair, here, base_to_quote};
            reached.push_back(from);
        };
        for (const Edge& edge : edges_) {
            if (edge.quote == here) { reach(edge.base, edge, true); }
            if (edge.base == here) { reach(edge.quote, edge, false); }
        }
    }
}

}  // namespace walras::portfolio
