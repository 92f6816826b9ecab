// How much worse than the reference price a taker trades. Models are immutable and shareable. Limit orders never slip:
// a limit price holds. The reference price lies inside the bar; slippage comes on top and is reported apart.
#pragma once

#include <memory>
#include <string>

#include "walras/model/enums.hpp"
#include "walras/model/instrument.hpp"

namespace walras::backtest {

struct SlippageFacts {
    const model::Instrument& instrument;
    Price price;            // reference
    Quantity quantity;      // positive
    double volume = 0;      // of the bar, units; NaN or 0 where unknown
    double volatility = 0;  // of one bar, as a fraction of price: Parkinson's from high and low; 0 where unknown
};

class SlippageModel {
public:
    SlippageModel() = default;
    SlippageModel(const SlippageModel&) = delete;
    SlippageModel& operator=(const SlippageModel&) = delete;
    virtual ~SlippageModel() = default;
    // Fraction of price, >= 0: 0.0001 is one basis point.
    [[nodiscard]] virtual double cost(const SlippageFacts& facts) const = 0;
    // True: the same cost whatever the facts, so that nobody has to look them up.
    [[nodiscard]] virtual bool is_constant() const { return false; }
    [[nodiscard]] virtual std::string describe() const = 0;
};

using SlippageModelPtr = std::shared_ptr<const SlippageModel>;

SlippageModelPtr no_slippage();
// Half of a constant spread: `half_spread` = 0.0001 pays one basis point per side.
SlippageModelPtr spread_slippage(double half_spread);
// impact * share^2, share = quantity / volume, at most `limit` (LEAN's volume-share model: limit 0.025, impact 0.1).
// Where the volume is unknown the share counts as `limit`.
SlippageModelPtr volume_share_slippage(double limit, double impact);
// coefficient * volatility * sqrt(quantity / volume): the square-root law of impact (Almgren et al. 2005; Toth et al.
// 2011). Where the volume is unknown the ratio counts as 1.
SlippageModelPtr square_root_slippage(double coefficient);

}  // namespace walras::backtest
