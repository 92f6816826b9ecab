// Which marked currency pair leads from one currency towards another. Chains are as short as possible; among equals the
// pair that the universe lists first wins. One portfolio owns the graph; it holds no prices.
#pragma once

#include <vector>

#include "walras/model/instrument.hpp"

namespace walras::portfolio {

// One step of a chain: convert at `pair`'s price, from its base to its quote currency or back.
struct Hop {
    InstrumentId pair = no_instrument;  // no_instrument: no chain leads there
    CurrencyId next{};
    bool base_to_quote = true;
};

class ConversionGraph {
public:
    explicit ConversionGraph(const model::Universe& universe);

    // `pair` has a price from now on: chains may lead through it. Other instruments than pairs are ignored.
    void add(const model::Instrument& pair);
    [[nodiscard]] const Hop& hop(CurrencyId from, CurrencyId to) const {
        return hops_[from.value * currencies_ + to.value];
    }

private:
    void search(CurrencyId to);

    struct Edge {
        InstrumentId pair;
        CurrencyId base, quote;
    };
    std::size_t currencies_;
    std::vector<Edge> edges_;  // in the universe's order
    std::vector<Hop> hops_;    // [from][to]: the first step
};

}  // namespace walras::portfolio
